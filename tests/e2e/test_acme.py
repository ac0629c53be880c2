# SPDX-License-Identifier: ISC
"""Certificates come from an authority by one command, for keys that only the daemon has."""
import concurrent.futures
import datetime
import json
import os
import re
import shutil
import ssl
import subprocess

import pytest

import client
import host as host_module
from conftest import SCALE
from pebble import BLOCKED, DIRECTORY, Pebble
from test_disk import Fault
from wait import until

pytestmark = pytest.mark.once

DOMAIN, OTHER = 'example.test', 'other.test'
TEXT = client.policy('enforce', ['mail.example.test'])
AGREED = '--agree', '--email', 'postmaster@example.test'


@pytest.fixture
def acme(needs_tools, namespace, host, place, authority):
    """A host without a certificate where everybody looks for it, and the authority, not started yet."""
    needs_tools('uacme', 'pebble', 'pebble-challtestsrv')
    host.prefix = host.operator_prefix = namespace.enter
    host.inside = namespace.inside
    host.configure(listen=['127.0.0.1:443'])
    host.domain(DOMAIN)
    host.domain(OTHER)
    host.start()
    return Pebble(namespace, place, authority, tls_port=443)


def obtain(host, *arguments, status=0, prefix=None):
    return host.ctl('cert', 'obtain', '--directory', DIRECTORY, '--account', host.place / 'acme', *arguments,
                    status=status, prefix=prefix)


def serial(host, domain=DOMAIN):
    return host.fetch(domain).certificate['serialNumber']


def public_key(host):
    """Of what is installed for the domain."""
    one = next(one for one in host.get('/v1/certificates')['certificates'] if one['names'] == ['mta-sts.' + DOMAIN])
    return subprocess.run(['openssl', 'x509', '-noout', '-pubkey', '-in', one['file']], text=True, capture_output=True,
                          check=True, timeout=60).stdout


def keys_outside(host):
    """The files with a private key that are not in the state directory, nor the authority's own."""
    own = host.place / 'pebble.key'
    return sorted(str(path.relative_to(host.place)) for path in host.place.rglob('*')
                  if path.is_file() and path != own and host.state not in path.parents and
                  b'PRIVATE KEY' in path.read_bytes())


def test_one_command_brings_a_certificate_that_the_world_gets(host, acme):
    host.authority = acme.start()
    with pytest.raises(ssl.SSLError):
        host.fetch(DOMAIN)

    said = obtain(host, *AGREED, DOMAIN, OTHER).stdout

    host.serves(DOMAIN, TEXT)
    assert f'{DOMAIN}: obtained, valid until ' in said and f'{OTHER}: obtained, valid until ' in said
    assert f'next: mta-stsctl check {DOMAIN} ' in said
    assert host.get('/v1/certificates')['uncovered'] == 0
    assert host.get('/v1/challenges') == {'challenges': []}
    assert keys_outside(host) == ['acme/private/key.pem']
    assert sorted(os.listdir(host.place / 'acme')) == ['authorities', ledger(host).name, 'lock', 'private']


def test_a_renewal_is_the_same_command_and_has_another_key(host, acme):
    host.authority = acme.start()
    obtain(host, *AGREED, DOMAIN)
    before, key = serial(host), public_key(host)

    obtain(host, DOMAIN)

    assert serial(host) != before
    assert public_key(host) != key


def test_an_rsa_key_stands_beside_the_other(host, acme):
    host.authority = acme.start()

    obtain(host, *AGREED, DOMAIN)
    obtain(host, '--rsa', DOMAIN)

    assert sorted(one['key'] for one in host.get('/v1/certificates')['certificates']) == ['ecdsa', 'rsa']


def test_the_terms_are_shown_before_they_are_agreed_to(host, acme):
    acme.start()
    said = obtain(host, DOMAIN, status=1).stderr
    assert f'no account at {DIRECTORY} yet, and it requires agreement to its terms: data:text/plain,' in said
    assert 'add --agree, and --email ADDRESS if' in said


def test_agreeing_once_begins_with_every_domain(host, acme):
    """What an account needs stands in the settings, and nobody is named."""
    host.configure(listen=['127.0.0.1:443'], acme={'directory': DIRECTORY, 'key': 'rsa'})
    host.reload()
    host.authority = acme.start()

    said = host.ctl('cert', 'obtain', '--account', host.place / 'acme', '--agree').stdout

    assert f'there is an account at {DIRECTORY}; its terms: data:text/plain,' in said
    assert f'{DOMAIN}: obtained, ' in said and f'{OTHER}: obtained, ' in said
    assert [one['key'] for one in host.get('/v1/certificates')['certificates']] == ['rsa', 'rsa']
    assert 'nothing is ordered now' in host.ctl('cert', 'obtain', '--account', host.place / 'acme', '--due').stdout


def test_settings_of_ordering_are_shown_as_they_are_loaded(host, acme):
    assert acme
    real, staging = (f'https://acme-{which}v02.api.letsencrypt.org/directory' for which in ('', 'staging-'))
    assert host.get('/v1/acme') == {'directory': real, 'directories': [real], 'key': 'ecdsa', 'addresses': [], 'http': False}
    host.configure(listen=['127.0.0.1:443'], acme={'directory': 'staging', 'addresses': ['192.0.2.1', '2001:db8::1']})
    host.reload()
    assert host.get('/v1/acme') == {'directory': staging, 'directories': [staging], 'key': 'ecdsa',
                                    'addresses': ['192.0.2.1', '2001:db8::1'], 'http': False}


def test_an_authority_that_is_down_leaves_the_old_certificate(host, acme):
    host.authority = acme.start()
    obtain(host, *AGREED, DOMAIN)
    before = serial(host)
    acme.stop()

    said = obtain(host, DOMAIN, status=1).stderr

    assert f'the authority cannot be asked, and nothing is ordered: {DIRECTORY}: ' in said
    assert serial(host) == before


def test_an_authority_that_is_down_from_the_beginning_is_named(host, acme):
    said = obtain(host, *AGREED, DOMAIN, status=1).stderr
    assert acme and f'the authority cannot be asked, and nothing is ordered: {DIRECTORY}: ' in said


def test_what_the_authority_refuses_is_in_its_words_and_the_others_have_their_turn(host, acme):
    acme.point('mta-sts.' + OTHER, '127.0.0.9')
    host.domain(BLOCKED)
    host.reload()
    host.authority = acme.start()

    said = obtain(host, *AGREED, BLOCKED, DOMAIN, OTHER, status=1).stdout

    host.serves(DOMAIN, TEXT)
    assert f'{BLOCKED}: NOT obtained: ' in said and 'urn:ietf:params:acme:error:rejectedIdentifier' in said
    assert f'{OTHER}: NOT obtained: ' in said and 'Failed to connect to 127.0.0.9:443 for the tls-alpn-01 challenge' in said
    assert f'again for {BLOCKED} {OTHER}\n' in said
    assert host.get('/v1/challenges') == {'challenges': []}
    assert sorted(host.get('/v1/certificates')['uncovered_domains']) == [BLOCKED, OTHER]


def test_a_domain_that_is_not_served_is_nobody_elses_business(host, acme):
    said = obtain(host, *AGREED, 'unknown.test', status=1).stdout
    assert acme and 'unknown.test: NOT obtained: ' in said
    assert not (host.place / 'acme' / 'private').exists()


@pytest.fixture
def waiting(host, acme):
    """A run whose uacme waits for ever, and that uacme's process."""
    acme.start()
    bin_, started = host.place / 'bin', host.place / 'started'
    bin_.mkdir()
    (bin_ / 'uacme').write_text(f'#!/bin/sh\necho $$ >{started}.new; mv {started}.new {started}\nexec sleep 86400\n')
    (bin_ / 'uacme').chmod(0o755)
    before, host.operator_prefix = host.operator_prefix, [*acme.namespace.enter, 'env', f'PATH={bin_}:{os.environ["PATH"]}']
    run = host.spawn_ctl('cert', 'obtain', '--directory', DIRECTORY, '--account', host.place / 'acme', *AGREED, DOMAIN)
    host.operator_prefix = before
    until(started.exists, lambda: f'uacme to be run: {run.log}')
    yield run, int(started.read_text())
    if run.runs:
        run.kill()


def runs(pid):
    return os.path.exists(f'/proc/{pid}')


def test_of_two_runs_at_once_one_is_told(host, waiting):
    run, _ = waiting
    said = obtain(host, *AGREED, DOMAIN, status=1).stderr
    assert run.runs and 'another mta-stsctl cert obtain is running' in said


def test_what_is_killed_leaves_nothing_behind_that_keeps_the_next_one(host, acme, waiting):
    run, uacme = waiting
    run.kill()
    until(lambda: not runs(uacme), 'uacme to end, too')

    host.authority = acme.start()
    obtain(host, *AGREED, DOMAIN)

    host.serves(DOMAIN, TEXT)
    assert sorted(os.listdir(host.place / 'acme')) == ['authorities', ledger(host).name, 'lock', 'private']


def test_without_uacme_it_says_what_to_install(host, acme):
    prefix = [*acme.namespace.enter, 'env', 'PATH=/nonexistent']
    said = obtain(host, *AGREED, DOMAIN, status=1, prefix=prefix).stderr
    assert 'is not installed: apt install uacme' in said
    assert not (host.place / 'acme').exists()


def test_credentials_of_a_customer_come_from_a_file_that_nobody_else_reads(host, acme):
    acme.require_credentials('kid-1', 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W')
    host.authority = acme.start()
    file = host.place / 'eab'
    file.write_text('kid-1:zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W\n')
    file.chmod(0o640)

    assert 'add --eab FILE' in obtain(host, *AGREED, DOMAIN, status=1).stderr
    assert 'others may read it' in obtain(host, *AGREED, '--eab', file, DOMAIN, status=1).stderr
    assert '--eab requires --agree' in obtain(host, '--eab', file, DOMAIN, status=2).stderr
    file.chmod(0o600)
    obtain(host, *AGREED, '--eab', file, DOMAIN)

    host.serves(DOMAIN, TEXT)
    obtain(host, DOMAIN)
    for wrong in ('', 'kid-1', ':abc', 'kid-1:', 'kid-1:a=b', 'kid 1:ab', 'kid-1:ab\n\n', 'x' * 2000):
        file.write_text(wrong)
        assert "eab' cannot be used: " in obtain(host, *AGREED, '--eab', file, DOMAIN, status=1).stderr


def due(host, *arguments, status=0):
    return obtain(host, '--due', *arguments, status=status)


def ledger(host):
    (file,) = (host.place / 'acme').glob('ledger*')
    return file


def planned(host):
    return {row['domain']: row for row in json.loads(due(host, '--dry-run', '--json').stdout)['domains']}


def test_a_dry_run_says_what_would_be_ordered_when_and_changes_nothing(host, acme):
    acme.start()
    said = due(host, '--dry-run').stdout.splitlines()
    assert said[0].split() == ['DOMAIN', 'ORDER', 'WHY', 'HELD', 'BY']
    assert sorted(line.split()[:2] for line in said[1:]) == [[DOMAIN, 'now'], [OTHER, 'now']]
    assert all('no certificate' in line for line in said[1:])
    assert not (host.place / 'acme').exists()
    assert host.get('/v1/certificates')['uncovered'] == 2


def test_whoever_lacks_a_certificate_gets_one_where_mail_is_refused_first(host, acme):
    host.domain(DOMAIN, mode='testing')
    host.reload()
    host.authority = acme.start()

    said = due(host, *AGREED).stdout

    assert said.index(f'{OTHER}: obtained') < said.index(f'{DOMAIN}: obtained')
    assert host.get('/v1/certificates')['uncovered'] == 0
    assert {row['renewal'] for row in planned(host).values()} == {True}
    assert all(f' issued mta-sts.{domain}\n' in ledger(host).read_text() for domain in (DOMAIN, OTHER))

    before = serial(host)
    assert due(host).stdout.startswith('nothing is ordered now; the next order: ')
    assert serial(host) == before


def test_a_domain_that_fails_is_not_asked_again_at_once(host, acme):
    acme.point('mta-sts.' + OTHER, '127.0.0.9')
    host.authority = acme.start()

    said = due(host, *AGREED, status=4).stdout
    assert f'{DOMAIN}: obtained' in said and f'{OTHER}: NOT obtained: ' in said
    assert f'tries again by itself, and at once mta-stsctl cert obtain {OTHER}\n' in said
    assert f' failed mta-sts.{OTHER}\n' in ledger(host).read_text()
    again = planned(host)[OTHER]
    assert again['why'] == 'again'

    assert due(host).stdout == f'nothing is ordered now; the next order: {again["at"]}\n'
    assert host.get('/v1/certificates')['uncovered_domains'] == [OTHER]


def test_an_order_that_is_cut_off_is_not_forgotten(host, acme):
    never = host.place / 'bin'
    never.mkdir()
    started = host.place / 'started'
    # It has an account, and its orders take for ever.
    (never / 'uacme').write_text(f'#!/bin/sh\ncase "$*" in *issue*) touch {started}; exec sleep 86400;; esac\n'
                                 'exec /usr/bin/uacme "$@"\n')
    (never / 'uacme').chmod(0o755)
    host.authority = acme.start()
    before, host.operator_prefix = host.operator_prefix, [*acme.namespace.enter, 'env', f'PATH={never}:{os.environ["PATH"]}']
    run = host.spawn_ctl('cert', 'obtain', '--due', '--directory', DIRECTORY, '--account', host.place / 'acme', *AGREED)
    host.operator_prefix = before
    until(started.exists, lambda: f'uacme to be run: {run.log}')
    run.kill()

    assert 'nothing is ordered now' not in (said := due(host).stdout)
    assert f'{OTHER}: obtained' in said and f'{DOMAIN}: obtained' not in said
    assert planned(host)[DOMAIN]['why'] == 'again'


def test_what_is_named_is_in_the_ledger_and_not_ordered_when_a_limit_refuses_it(quick):
    for _ in range(5):
        obtain(quick, *AGREED, DOMAIN)
    assert ledger(quick).read_text().count(f' issued mta-sts.{DOMAIN}\n') == 5

    said = obtain(quick, DOMAIN, OTHER, status=1).stdout

    week = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=7)
    assert (f'{DOMAIN}: NOT obtained: not ordered: the authority would refuse it before {week:%Y-%m-%d}T' in said
            and 'by its limit of certificates of the same name' in said)
    assert f'{OTHER}: obtained' in said
    assert len(orders(quick)) == 6
    assert ledger(quick).read_text().count(' new ') == 2 and ledger(quick).read_text().count(' renewal ') == 4


def test_a_ledger_that_cannot_be_read_stops_all_orders(host, acme):
    host.authority = acme.start()
    due(host, *AGREED)
    file = ledger(host)
    file.write_text(file.read_text() + 'nonsense\n')
    host.domain('third.test')
    host.reload()

    said = due(host, status=1).stderr

    assert re.search(rf'{file}:[0-9]+: .*nonsense', said)
    assert host.get('/v1/certificates')['uncovered_domains'] == ['third.test']
    due(host, '--dry-run', status=1)
    obtain(host, 'third.test', status=1)
    assert host.get('/v1/certificates')['uncovered_domains'] == ['third.test']


def test_what_another_program_renews_is_left_to_it(host, acme):
    host.certify(DOMAIN)
    host.reload()
    acme.start()
    rows = planned(host)
    assert rows[DOMAIN]['renewal'] is False and rows[DOMAIN]['at'] > rows[OTHER]['at']


PRODUCTION = '--directory', 'https://acme-v02.api.letsencrypt.org/directory'


def test_after_a_trial_a_real_certificate_is_due_at_once(host, acme):
    host.authority = acme.start()
    due(host, *AGREED)
    assert ' maker CN=Pebble%20Intermediate%20CA' in ledger(host).read_text()
    assert {row['why'] for row in planned(host).values()} == {'renewal'}

    said = json.loads(host.ctl('cert', 'obtain', '--due', '--dry-run', '--json', *PRODUCTION).stdout)

    assert [(row['renewal'], row['why']) for row in said['domains']] == 2 * [(False, 'no_certificate')]


def test_a_certificate_of_another_real_authority_stays_until_it_has_to_be_renewed(host, acme, authority):
    asked = host.must('POST', '/v1/certificates/request', {'domains': [DOMAIN]})
    host.must('POST', '/v1/certificates', {'certificate': authority.sign(asked['request'])})
    acme.start()
    said = json.loads(host.ctl('cert', 'obtain', '--due', '--dry-run', '--json', *PRODUCTION).stdout)['domains']
    assert [(row['domain'], row['renewal'], row['why']) for row in said] == [
        (OTHER, False, 'no_certificate'), (DOMAIN, False, 'renewal')]


@pytest.mark.parametrize('arguments, said', [
    (['--due', DOMAIN], 'domains by name and --due exclude each other'),
    (['--due', '--rsa'], '--rsa goes with domains by name'),
    ([DOMAIN, '--dry-run'], '--dry-run requires --due'),
    ([], 'cert obtain requires domains: name them, or give --due')])
def test_due_goes_alone(host, acme, arguments, said):
    assert acme and said in obtain(host, *arguments, status=2).stderr


def test_root_orders_as_the_owner_of_the_account(needs_root, host, acme):
    host.stop()
    host.configure(certifier_group='news')
    host.start()
    host.authority = acme.start()
    (host.place / 'acme').mkdir(mode=0o700)
    shutil.chown(host.place / 'acme', 'news', 'news')

    obtain(host, *AGREED, DOMAIN)
    obtain(host, '--due')

    host.serves(DOMAIN, TEXT)
    made = [path for path in (host.place / 'acme').rglob('*')]
    assert {path.name for path in made} >= {'key.pem', 'authorities'}
    assert {(path.owner(), path.group()) for path in made} == {('news', 'news')}
    audit = host.get('/v1/audit')['entries']
    assert {entry['by'] for entry in audit if entry['command'] == 'cert install'} == {'news (uid 9)'}


def test_an_owner_who_brings_no_certificates_is_refused_by_the_daemon(needs_root, host, acme):
    acme.start()
    (host.place / 'acme').mkdir(mode=0o700)
    shutil.chown(host.place / 'acme', 'news', 'news')

    assert 'ermission' in obtain(host, *AGREED, DOMAIN, status=1).stdout

    assert [path.name for path in (host.place / 'acme').iterdir()] == ['lock']


def with_uacme(host, acme, issue):
    """From now on mta-stsctl finds a uacme of which accounts are the real one's and orders run this script."""
    bin_ = host.place / 'bin'
    bin_.mkdir()
    (bin_ / 'uacme').write_text(f'#!/bin/sh\ncase "$*" in *issue*) {issue};; esac\nexec /usr/bin/uacme "$@"\n')
    (bin_ / 'uacme').chmod(0o755)
    host.operator_prefix = [*acme.namespace.enter, 'env', f'PATH={bin_}:{os.environ["PATH"]}']


def test_a_certificate_for_another_name_is_not_called_obtained(host, acme, authority):
    acme.start()
    other = authority.place / 'other.ext'
    other.write_text(f'subjectAltName = DNS:mta-sts.{OTHER}\nextendedKeyUsage = serverAuth\n')
    with_uacme(host, acme, 'while [ $# -gt 1 ]; do shift; done; exec openssl x509 -req -in "$1" '
                           f'-CA {authority.file} -CAkey {authority.place}/ca.key -days 30 -extfile {other} '
                           '-out "${1%.pem}-cert.pem"')

    run = due(host, *AGREED, status=1)

    assert f'{DOMAIN}: NOT obtained: refused, nothing was changed' in run.stdout and 'no key waits for it here' in run.stdout
    assert 'nothing more is ordered in this round' in run.stderr
    assert ledger(host).read_text().count(f' lost mta-sts.{DOMAIN}\n') == 1
    assert f'{DOMAIN}: NOT obtained: refused' in obtain(host, DOMAIN, status=1).stdout
    assert ledger(host).read_text().count(f' lost mta-sts.{DOMAIN}\n') == 2


def test_a_nonce_that_was_not_known_is_tried_again_and_nothing_else(host, acme):
    host.authority = acme.start()
    once, runs_ = host.place / 'once', host.place / 'runs'
    say = 'echo "\\"type\\": \\"urn:ietf:params:acme:error:%s\\"" >&2; exit 1'
    with_uacme(host, acme, f'echo >>{runs_}; if [ ! -e {once} ]; then touch {once}; {say % "badNonce"}; fi; '
                           f'[ -e {once}.on ] && {{ {say % "badNonce"}; }}; '
                           f'[ -e {once}.off ] && {{ echo urn:ietf:params:acme:error:badNonce; {say % "dns"}; }}')
    obtain(host, *AGREED, DOMAIN)
    host.serves(DOMAIN, TEXT)

    for ending, tries in (('on', 4), ('off', 1)):
        runs_.write_text('')
        (host.place / f'once.{ending}').touch()
        obtain(host, DOMAIN, status=1)
        assert runs_.read_text().count('\n') == tries
        (host.place / f'once.{ending}').unlink()


@pytest.mark.parametrize('words', ['curl failed', 'urn:ietf:params:acme:error:serverInternal',
                                   'urn:ietf:params:acme:error:accountDoesNotExist'])
def test_an_authority_that_fails_for_all_is_left_alone_for_a_while(host, acme, words):
    for i in range(5):
        host.domain(f'd{i}.test')
    host.reload()
    acme.start()
    with_uacme(host, acme, f'echo "{words}" >&2; exit 1')

    run = host.ctl('cert', 'obtain', '--due', '--directory', DIRECTORY, '--account', host.place / 'acme', *AGREED, status=1)

    assert run.stdout.count('NOT obtained') == 3
    assert '3 orders in a row failed before the authority said why' in run.stderr
    assert due(host).stdout.startswith('nothing is ordered now; the next order: ')
    untried = [row for row in planned(host).values() if row['why'] == 'no_certificate']
    assert [row['limit'] for row in untried] == 4 * ['asked']


def test_a_round_waits_for_a_limit_that_ends_in_it(host, acme):
    host.authority = acme.start()
    due(host, *AGREED)
    host.domain('third.test')
    host.reload()
    now = datetime.datetime.now(datetime.timezone.utc)
    until_ = now + datetime.timedelta(seconds=3)
    with open(ledger(host), 'a') as file:
        file.write(f'{now:%Y-%m-%dT%H:%M:%SZ} wait {until_:%Y-%m-%dT%H:%M:%SZ}\n')

    assert 'third.test: obtained' in due(host).stdout

    assert datetime.datetime.now(datetime.timezone.utc) >= until_.replace(microsecond=0)


def test_with_agreement_an_account_that_the_authority_has_lost_is_made_anew(host, acme):
    host.authority = acme.start()
    obtain(host, *AGREED, DOMAIN)
    acme.stop()
    host.authority = acme.start()
    assert f'{DOMAIN}: NOT obtained' in obtain(host, DOMAIN, status=1).stdout

    obtain(host, *AGREED, DOMAIN)

    host.serves(DOMAIN, TEXT)


def test_of_two_rounds_at_once_one_is_told_and_content(host, waiting):
    run, _ = waiting
    assert run.runs and 'another mta-stsctl cert obtain is running' in due(host).stderr


def test_what_cannot_be_printed_is_ordered_all_the_same(host, acme):
    host.authority = acme.start()
    line = ' '.join(map(str, [host_module.MTA_STSCTL, '--socket', host.socket, 'cert', 'obtain', '--due', '--directory', DIRECTORY,
                              '--account', host.place / 'acme', *AGREED]))
    run = subprocess.run([*acme.namespace.enter, 'sh', '-c', f'{line} >/dev/full'], text=True, capture_output=True, timeout=60,
                         check=False)
    assert run.returncode == 1 and 'cannot write the output' in run.stderr
    assert host.get('/v1/certificates')['uncovered'] == 0


def kept(host):
    return sorted(path.name for path in (host.place / 'acme').glob('kept/*'))


def orders(host):
    """The fake authority's serial numbers, of each certificate that it has made."""
    made = host.place / 'made'
    return made.read_text().split() if made.exists() else []


@pytest.fixture
def quick(host, acme, authority):
    """An authority that signs whatever uacme is asked for, and counts; there is no account to be made."""
    host.authority = authority
    acme.start()
    sign = (f'openssl x509 -req -in "$1" -CA {authority.file} -CAkey {authority.place}/ca.key -days 30 -copy_extensions copy '
            '-subj /CN=quick '
            '-out "${1%.pem}-new" 2>/dev/null')
    with_uacme(host, acme, f'while [ $# -gt 1 ]; do shift; done; {sign}; '
                           f'openssl x509 -in "${{1%.pem}}-new" -noout -serial | cut -d= -f2 >>{host.place}/made; '
                           'mv "${1%.pem}-new" "${1%.pem}-cert.pem"; exit;; *new*) exit 0')
    return host


def test_a_chain_that_cannot_be_installed_is_kept_and_not_ordered_again(needs_root, needs, quick):
    needs(shutil.which('strace'), 'strace is missing')
    quick.must('POST', '/v1/certificates/request', {'domains': [DOMAIN]})
    started, go_on = quick.place / 'started', quick.place / 'go_on'
    os.mkfifo(go_on)
    wrapped = quick.place / 'bin' / 'openssl'
    wrapped.write_text(f'#!/bin/sh\n[ "$2" = -req ] && {{ touch {started}; read -r _ <{go_on}; }}\nexec /usr/bin/openssl "$@"\n')
    wrapped.chmod(0o755)
    with concurrent.futures.ThreadPoolExecutor() as beside:
        run = beside.submit(obtain, quick, *AGREED, DOMAIN, status=1)
        until(started.exists, 'the order')
        with Fault(quick, 'fsync,fdatasync:error=ENOSPC'):
            go_on.write_text('\n')
            said = run.result().stdout
    wrapped.unlink()
    assert 'the authority has made it, it is kept, and the next run installs it' in said
    assert (kept(quick), len(orders(quick))) == (['1'], 1)

    said = due(quick, *AGREED).stdout

    assert f'{DOMAIN}: obtained' in said and f'{OTHER}: obtained' in said
    assert serial(quick) == orders(quick)[0] and len(orders(quick)) == 2
    assert f' issued mta-sts.{DOMAIN}\n' in ledger(quick).read_text()
    assert not (quick.place / 'acme' / 'kept').exists()


def test_a_chain_is_kept_while_the_daemon_is_stopped_and_brought_by_name(quick):
    (quick.place / 'bin' / 'openssl').write_text(f'#!/bin/sh\n[ "$1" = x509 ] && kill {quick.process.popen.pid}\n'
                                                 'exec /usr/bin/openssl "$@"\n')
    (quick.place / 'bin' / 'openssl').chmod(0o755)
    said = due(quick, *AGREED, status=1)
    assert 'a certificate was made that is not installed: nothing more is ordered in this round' in said.stderr
    first = orders(quick)
    assert len(first) == 1 and ' lost ' not in ledger(quick).read_text()
    (quick.place / 'bin' / 'openssl').unlink()
    quick.process.wait()
    quick.start()

    said = obtain(quick, OTHER, DOMAIN).stdout

    assert said.count(': obtained, valid until ') == 2
    assert len(orders(quick)) == 2 and first[0] in (serial(quick), serial(quick, OTHER))
    assert kept(quick) == []


def test_a_kept_chain_that_is_refused_for_good_is_removed_and_said(quick):
    obtain(quick, *AGREED, DOMAIN)
    (quick.place / 'acme' / 'kept' / '1').mkdir(parents=True)
    one = quick.place / 'acme' / 'kept' / '1'
    (one / 'order').write_text(f'mta-sts.{OTHER} ecdsa {DIRECTORY}\n')
    (one / 'request-cert.pem').write_text(quick.authority.issue('mta-sts.' + OTHER).chain)

    said = due(quick, status=4).stdout

    assert f'{OTHER}: NOT obtained: refused' in said and 'no key waits for it here' in said
    assert f' lost mta-sts.{OTHER}\n' in ledger(quick).read_text()
    assert kept(quick) == []


@pytest.mark.parametrize('note', ['', 'nonsense\n', 'mta-sts.example.test ecdsa\n', 'EXAMPLE.test ecdsa https://a/\n',
                                  '../x ecdsa https://a/\n', 'mta-sts.example.test ecdsa https://a/\nmore\n'])
def test_what_is_no_kept_chain_is_removed_and_said(quick, note):
    one = quick.place / 'acme' / 'kept' / '1'
    one.mkdir(parents=True)
    (quick.place / 'acme').chmod(0o700)
    (one / 'order').write_text(note)
    (one / 'request-cert.pem').write_text('x')
    assert '/kept/1 is not a certificate that was ordered here: it is removed' in obtain(quick, *AGREED, DOMAIN).stderr
    assert kept(quick) == []


def test_one_that_uacme_had_no_time_to_name_is_taken_when_it_is_whole(quick):
    obtain(quick, *AGREED, DOMAIN)
    with_ending = 'mv "${1%.pem}-new" "${1%.pem}-cert.pem"'
    uacme = quick.place / 'bin' / 'uacme'
    script = uacme.read_text()
    uacme.write_text(script.replace(with_ending, with_ending + '.tmp; kill -9 $$'))
    assert f'{DOMAIN}: obtained' in obtain(quick, DOMAIN).stdout
    assert serial(quick) == orders(quick)[1]

    uacme.write_text(script.replace(with_ending, 'head -c 300 ' + with_ending[3:].replace('" "', '" >"') + '.tmp; kill -9 $$'))
    assert 'uacme was killed' in obtain(quick, DOMAIN, status=1).stdout
    assert serial(quick) == orders(quick)[1] and kept(quick) == []


def obtain_afresh(host):
    """With nothing spent, so that no limit keeps one more."""
    for file in (host.place / 'acme').glob('ledger*'):
        file.unlink()
    obtain(host, *AGREED, DOMAIN)


@pytest.mark.parametrize('call', ['fsync,fdatasync', 'renameat,renameat2', 'unlinkat', 'mkdirat', 'sendto', 'recvfrom', 'wait4'])
def test_no_kill_loses_a_chain_that_was_made(needs_root, needs, quick, call):
    needs(shutil.which('strace'), 'strace is missing')
    prefix = [*quick.operator_prefix, 'strace', '-o', quick.place / 'strace', '-e', f'trace={call}']
    obtain_afresh(quick)
    for killed in range(1, 60, 1 if SCALE >= 1 else 7):
        before = len(orders(quick))
        run = subprocess.run([*map(str, prefix), '-e', f'inject={call}:signal=KILL:when={killed}', str(host_module.MTA_STSCTL),
                              '--socket', quick.socket, 'cert', 'obtain', '--directory', DIRECTORY, '--account',
                              str(quick.place / 'acme'), *AGREED, DOMAIN], capture_output=True, timeout=60, check=False)
        if run.returncode == 0:
            break
        made = len(orders(quick))
        was_made = made > before and serial(quick) != orders(quick)[-1]
        obtain_afresh(quick)
        assert len(orders(quick)) == made if was_made else made <= len(orders(quick)) <= made + 1
        assert serial(quick) == orders(quick)[-1]
        assert not (quick.place / 'acme' / 'kept').exists() and not (quick.place / 'acme' / 'work').exists()
    assert 1 < killed < 59


def orders_of(host):
    return {one['domain']: one for one in host.get('/v1/certificates')['orders']}


def test_what_keeps_a_certificate_is_told_by_the_daemon(host, acme):
    host.domain(BLOCKED)
    host.reload()
    host.authority = acme.start()

    due(host, *AGREED, status=4)

    assert list(orders_of(host)) == [BLOCKED]
    assert orders_of(host)[BLOCKED]['state'] == 'failed'
    assert orders_of(host)[BLOCKED]['detail'].startswith('rejectedIdentifier: Order included an identifier ')
    assert host.get('/v1/status')['certificates']['ordering']['problem'] is None

    due(host)
    assert orders_of(host)[BLOCKED]['detail'].startswith('rejectedIdentifier: Order included an identifier ')
    assert (orders_of(host)[BLOCKED]['state'], host.get('/v1/status')['certificates']['uncovered']) == ('failed', 1)


def test_what_keeps_all_certificates_is_told_by_the_daemon(host, acme):
    acme.start()
    due(host, *AGREED)
    host.domain('new.test')
    host.reload()
    acme.stop()

    due(host, status=1)

    ordering = host.get('/v1/status')['certificates']['ordering']
    assert ordering['problem'] == 'authority_silent' and 'connect' in ordering['detail']
    assert orders_of(host)['new.test']['state'] == 'due'


def test_why_a_round_has_no_account_is_not_guessed(host, acme):
    """Nobody agreed, or somebody did and the authority has another reason."""
    acme.require_credentials('one', 'bm9ib2R5IGtub3dzIHRoaXMga2V5IGJ1dCBwZWJibGU')
    acme.start()

    due(host, status=1)
    assert host.get('/v1/status')['certificates']['ordering']['problem'] == 'no_account'

    due(host, *AGREED, status=1)
    assert host.get('/v1/status')['certificates']['ordering']['problem'] == 'other'
