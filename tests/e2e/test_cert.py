# SPDX-License-Identifier: ISC
"""An administrator brings certificates: by hand, and as certbot's and lego's hooks bring them."""
import json
import os
import pathlib
import subprocess

import pytest

import client
from host import MTA_STSCTL
from wait import DEADLINE

DOMAIN = 'example.test'
NAME = 'mta-sts.example.test'
TEXT = client.policy('enforce', ['mail.example.test'])
HOOK = pathlib.Path(__file__).parents[2] / 'hooks' / 'certbot-deploy'
NOBODY = 65534


@pytest.fixture
def bare(host):
    """A running host with a domain and no certificate at all."""
    host.domain(DOMAIN)
    return host.start()


@pytest.fixture
def lineage(bare):
    """A directory as certbot leaves it, renewed by each call."""
    live = bare.place / 'live' / NAME

    def renew(*names, days=90):
        bare.authority.issue(*(names or [NAME]), days=days).write(live / 'fullchain.pem', live / 'privkey.pem')
        return live
    return renew


def hook(host, *command, status=0, **variables):
    """Run a hook as an ACME client does, with nothing but these variables."""
    environment = {'PATH': f'{pathlib.Path(MTA_STSCTL).parent}:{os.environ["PATH"]}',
                   'MTA_STSCTL_SOCKET': str(host.socket), **{name: str(value) for name, value in variables.items()}}
    run = subprocess.run([*map(str, command)], stdin=subprocess.DEVNULL, text=True, capture_output=True,
                         timeout=DEADLINE, check=False, env=environment)
    assert run.returncode == status, (run.returncode, run.stdout, run.stderr)
    return run


def listed(host):
    return json.loads(host.ctl('--json', 'cert', 'list').stdout)['certificates']


def serial(host):
    return host.fetch(DOMAIN).certificate['serialNumber']


def test_a_newcomer_is_led_from_nothing_to_a_policy(host):
    host.start()
    said = host.ctl('status').stdout
    assert 'next: write a file such as /' in said
    assert '\nthen run: mta-stsctl reload' in said
    assert host.ctl('cert', 'list').stdout == 'no certificate is loaded\n'

    host.domain(DOMAIN)
    host.ctl('reload')
    for command in (['status'], ['cert', 'list']):
        said = host.ctl(*command).stdout
        assert f'next: get a certificate for {NAME}\n  mta-stsctl cert obtain --agree --email postmaster@{DOMAIN}\n' in said
        assert f'\n  certbot certonly --standalone -d {NAME} ' in said

    chain, key = host.place / 'chain.pem', host.place / 'key.pem'
    host.authority.issue(NAME, days=90).write(chain, key)
    would = host.ctl('cert', 'install', chain, key, '--dry-run').stdout
    assert would.startswith('dry run: nothing was changed\n')
    assert listed(host) == []
    said = host.ctl('cert', 'install', chain, key, '--reason', 'first one').stdout
    assert said.startswith(f'installed: {NAME}\n')
    assert f'\n  covers       {DOMAIN}\n' in said
    assert host.state.as_posix() in said
    host.serves(DOMAIN, TEXT)
    assert host.ctl('status').stdout.endswith(f'\nnext: check that DNS has the TXT record: mta-stsctl dns {DOMAIN}\n'
                                              f'where it is missing, this prints it: mta-stsctl txt {DOMAIN}\n')
    assert 'first one' in host.ctl('audit').stdout
    assert host.ctl('cert', 'install', chain, key).stdout.startswith('nothing was changed, it is installed already')


def test_one_file_may_hold_both_and_a_renewal_replaces(bare):
    both = bare.place / 'both.pem'
    bare.authority.issue(NAME, days=30).write(both, both)
    bare.ctl('cert', 'install', both)
    before = serial(bare)
    bare.authority.issue(NAME, days=90).write(both, both)

    assert '\n  in place of  the older one there\n' in bare.ctl('cert', 'install', both).stdout

    assert serial(bare) != before
    assert len(listed(bare)) == 1


def test_what_is_refused_says_why_and_changes_nothing(bare):
    chain, key, other = (bare.place / name for name in ('chain.pem', 'key.pem', 'other.pem'))
    bare.authority.issue(NAME).write(chain, key)
    bare.authority.issue(NAME).write(bare.place / 'unused.pem', other)

    said = bare.ctl('cert', 'install', chain, other, status=1).stderr

    assert 'does not match the key' in said
    assert 'holds no certificate' in bare.ctl('cert', 'install', key, chain, status=1).stderr
    assert 'does not exist' in bare.ctl('cert', 'install', bare.place / 'none', status=1).stderr
    assert 'PRIVATE' not in bare.process.log
    assert listed(bare) == []


def test_without_the_daemon_it_says_how_to_start_it(bare):
    both = bare.place / 'both.pem'
    bare.authority.issue(NAME).write(both, both)
    bare.stop()
    said = bare.ctl('cert', 'install', both, status=1).stderr
    assert 'systemctl start mta-stsd.target;' in said


def test_certbot_hands_over_what_it_renews(bare, lineage):
    live = lineage(NAME, 'example.test')
    done = hook(bare, HOOK, RENEWED_LINEAGE=live, RENEWED_DOMAINS=f'example.test {NAME}')
    assert done.stdout.startswith(f'installed: {NAME} and 1 more\n')
    assert done.stderr == ''
    bare.serves(DOMAIN, TEXT)
    before = serial(bare)

    lineage(NAME, 'example.test', days=91)
    hook(bare, HOOK, RENEWED_LINEAGE=live, RENEWED_DOMAINS=f'example.test {NAME}')

    assert serial(bare) != before
    assert ', from certbot' in bare.ctl('audit').stdout
    # A hook of both kinds runs twice: the second time is no harm.
    again = hook(bare, MTA_STSCTL, 'cert', 'install', '--from-hook', RENEWED_LINEAGE=live, RENEWED_DOMAINS=NAME)
    assert again.stdout.startswith('nothing was changed')


def test_certbot_renews_what_is_not_ours_in_peace(bare, lineage):
    live = lineage('www.example.test', 'example.test')
    done = hook(bare, HOOK, RENEWED_LINEAGE=live, RENEWED_DOMAINS='www.example.test example.test')
    assert done.stdout == ('passed over, no name is that of a policy host (mta-sts.DOMAIN): '
                           'www.example.test example.test\n')
    assert done.stderr == ''
    assert listed(bare) == []


def test_a_refused_renewal_says_how_to_try_again(bare, lineage):
    live = lineage()
    (live / 'privkey.pem').write_text(bare.authority.issue(NAME).key)
    said = hook(bare, HOOK, status=1, RENEWED_LINEAGE=live, RENEWED_DOMAINS=NAME).stderr
    assert 'does not match the key' in said
    assert f'the certificate in {live} is not in use' in said
    assert f"  RENEWED_LINEAGE='{live}' {HOOK}\n" in said

    lineage()
    hook(bare, HOOK, RENEWED_LINEAGE=live)  # as it was told
    bare.serves(DOMAIN, TEXT)


def test_the_hook_alone_knows_what_it_lacks(bare, lineage):
    assert 'RENEWED_LINEAGE' in hook(bare, HOOK, status=2).stderr
    empty = bare.place / 'bin'
    empty.mkdir()
    # After the package was removed.
    done = hook(bare, '/bin/sh', HOOK, PATH=empty, RENEWED_LINEAGE=lineage(), RENEWED_DOMAINS=NAME)
    assert (done.stdout, done.stderr) == ('', '')


def test_lego_hands_over_a_certificate_whose_first_name_is_another(bare):
    chain, key = bare.place / 'example.test.crt', bare.place / 'example.test.key'
    bare.authority.issue('example.test', NAME).write(chain, key)
    done = hook(bare, MTA_STSCTL, 'cert', 'install', '--from-hook', LEGO_CERT_DOMAIN='example.test', LEGO_CERT_PATH=chain,
                LEGO_CERT_KEY_PATH=key, LEGO_ACCOUNT_EMAIL='postmaster@example.test')
    assert f'\n  covers       {DOMAIN}\n' in done.stdout
    bare.serves(DOMAIN, TEXT)
    assert ', from lego' in bare.ctl('audit').stdout


def test_a_key_that_one_may_not_read_and_a_socket_that_one_may_not_use(bare, needs_root, needs_tools):
    needs_tools('setpriv')
    chain, key, both = (bare.place / name for name in ('chain.pem', 'key.pem', 'both.pem'))
    bare.authority.issue(NAME).write(chain, key)
    bare.authority.issue(NAME).write(both, both)
    chain.chmod(0o644)
    both.chmod(0o644)
    nobody = ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups']

    said = bare.ctl('cert', 'install', chain, key, status=1, prefix=nobody).stderr
    assert f"'{key}' may not be read by this user: run it as root\n" in said
    said = bare.ctl('cert', 'install', both, status=1, prefix=nobody).stderr
    assert 'run it as root' in said


def test_a_chain_is_for_the_key_that_the_daemon_made(bare):
    run = bare.ctl('cert', 'request', DOMAIN)
    assert run.stdout.startswith('-----BEGIN') and 'PRIVATE' not in run.stdout
    assert 'stays with the daemon\nnext: have the request signed, then run mta-stsctl cert install CHAIN\n' in run.stderr
    assert bare.ctl('cert', 'request', DOMAIN, '--rsa').stdout != run.stdout
    chain = bare.place / 'chain.pem'
    chain.write_text(bare.authority.sign(run.stdout, days=90))

    said = bare.ctl('cert', 'install', chain).stdout

    assert said.startswith(f'installed: {NAME}\n')
    bare.serves(DOMAIN, TEXT)
    assert ', from files' in bare.ctl('audit').stdout
    assert bare.ctl('cert', 'install', chain).stdout.startswith('nothing was changed, it is installed already: ')


def test_a_chain_for_another_key_is_refused(bare):
    bare.ctl('cert', 'request', DOMAIN)
    chain = bare.place / 'chain.pem'
    chain.write_text(bare.authority.issue(NAME).chain)

    said = bare.ctl('cert', 'install', chain, status=1).stderr

    assert 'key' in said
    assert bare.get('/v1/certificates')['certificates'] == []


def test_a_request_is_for_domains_that_are_served(bare):
    said = bare.ctl('cert', 'request', DOMAIN, 'unknown.test', status=1).stderr
    assert 'unknown.test' in said
    assert 'requires domains' in bare.ctl('cert', 'request', status=2).stderr


def test_what_ends_is_told_with_how_to_renew_it(clock, host):
    host.prefix = host.operator_prefix = clock.enter
    host.domain(DOMAIN)
    host.start()
    both = host.place / 'both.pem'
    host.authority.issue(NAME, days=30).write(both, both)
    host.ctl('cert', 'install', both)
    assert 'renew' not in host.ctl('status').stdout
    for days, stage, left in ((20, 'soon', '8 days left'), (6, 'urgent', '2 days left, URGENT'), (3, 'expired', 'EXPIRED')):
        clock.move(days=days)
        said = host.ctl('status').stdout
        assert f'\nexpiring      {NAME}: {left} (' in said
        assert f'\nnext: renew the certificate of {NAME}, ' in said
        assert '\n  certbot renew\n' in said
        assert f' {stage} ' in host.ctl('cert', 'list').stdout
    assert f'\n  {DOMAIN}\n' in host.ctl('cert', 'list').stdout
