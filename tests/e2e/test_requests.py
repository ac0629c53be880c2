# SPDX-License-Identifier: ISC
"""Keys that are made here never leave: an authority gets a request, and its chain finds the key."""
import grp
import http.client
import json
import os
import re
import shutil
import ssl
import stat
import subprocess
import time

import pytest

import client
from authority import Pair
from test_disk import Fault
from test_install import serial_of
from wait import until

DOMAIN, OTHER = 'example.test', 'example.net'
NAME = 'mta-sts.example.test'
TEXT = client.policy('enforce', ['mail.example.test'])
THUMBPRINT = '9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI'
MONTH = 30 * 86400
NOBODY = 65534


@pytest.fixture
def bare(host):
    """A running host with two domains and no certificate at all."""
    host.domain(DOMAIN)
    host.domain(OTHER)
    return host.start()


def ask(host, *domains, **more):
    return host.must('POST', '/v1/certificates/request', {'domains': domains, **more})


def install(host, chain, **more):
    return host.must('POST', '/v1/certificates', {'certificate': chain, **more})


def refused(host, chain):
    status, answer = host.api('POST', '/v1/certificates', {'certificate': chain})
    assert (status, answer['error']['code']) == (409, 'refused'), answer
    assert 'no key waits for it here' in answer['error']['details'][0]


def files(host, folder):
    return sorted(path.name for path in (host.state / folder).glob('*'))


def openssl(text, *arguments):
    return subprocess.run(['openssl', *arguments], input=text, text=True, capture_output=True, check=True,
                          timeout=60).stdout


def public_key(request):
    return openssl(request, 'req', '-noout', '-pubkey')


def test_a_chain_finds_the_key_of_its_request(bare):
    asked = ask(bare, DOMAIN)
    assert (asked['names'], asked['key']) == ([NAME], 'ecdsa')
    shown = openssl(asked['request'], 'req', '-noout', '-text', '-verify')
    assert f'DNS:{NAME}\n' in shown and 'prime256v1' in shown
    assert files(bare, 'requests') == [f'{NAME}-ecdsa.pem']
    path = bare.state / 'requests' / f'{NAME}-ecdsa.pem'
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    with pytest.raises(ssl.SSLError):
        bare.fetch(DOMAIN)

    done = install(bare, bare.authority.sign(asked['request']), **{'from': 'an authority'})

    bare.serves(DOMAIN, TEXT)
    assert (done['covers'], done['certificate']['source'], done['audit'] > 0) == ([DOMAIN], 'installed', True)
    assert files(bare, 'requests') == []
    bare.process.kill()
    bare.start()
    bare.serves(DOMAIN, TEXT)


def test_no_answer_and_no_log_holds_a_key(bare):
    asked = ask(bare, DOMAIN)
    chain = bare.authority.sign(asked['request'])
    done = install(bare, chain)
    bare.stop()
    secret = (bare.state / 'certificates' / f'{NAME}-ecdsa.pem').read_text().split('PRIVATE KEY-----')[1].split()[1]
    assert len(secret) > 40
    assert secret not in str(asked) + str(done) + bare.process.log


def test_asked_again_it_gives_a_request_for_the_same_key_also_after_a_restart(bare):
    first = ask(bare, DOMAIN)
    bare.process.kill()
    bare.start()
    again = ask(bare, DOMAIN)
    assert public_key(again['request']) == public_key(first['request'])
    assert again['since'] == first['since']

    # After its certificate came, the next one gets another key.
    install(bare, bare.authority.sign(again['request']))
    assert public_key(ask(bare, DOMAIN)['request']) != public_key(first['request'])


def test_rsa_waits_beside_ecdsa(bare):
    ecdsa, rsa = ask(bare, DOMAIN), ask(bare, DOMAIN, key='rsa')
    assert 'Public-Key: (2048 bit)' in openssl(rsa['request'], 'req', '-noout', '-text')
    assert files(bare, 'requests') == [f'{NAME}-ecdsa.pem', f'{NAME}-rsa.pem']
    install(bare, bare.authority.sign(rsa['request']))
    assert files(bare, 'requests') == [f'{NAME}-ecdsa.pem']
    install(bare, bare.authority.sign(ecdsa['request']))
    assert {one['key'] for one in bare.get('/v1/certificates')['certificates']} == {'ecdsa', 'rsa'}


def test_one_request_has_the_policy_hosts_of_several_domains(bare):
    asked = ask(bare, DOMAIN, OTHER)
    assert asked['names'] == [f'mta-sts.{OTHER}', NAME]
    done = install(bare, bare.authority.sign(asked['request']))
    assert done['covers'] == [OTHER, DOMAIN]
    assert files(bare, 'requests') == []


def test_a_chain_for_another_key_is_refused(bare):
    asked = ask(bare, DOMAIN)
    refused(bare, bare.authority.issue(NAME).chain)
    refused(bare, 'nonsense')
    assert files(bare, 'requests') == [f'{NAME}-ecdsa.pem']
    install(bare, bare.authority.sign(asked['request']))
    # Nor does one that was replaced by another key come back.
    refused(bare, bare.authority.issue(NAME).chain)


def test_the_same_chain_again_changes_nothing(bare):
    chain = bare.authority.sign(ask(bare, DOMAIN)['request'])
    assert install(bare, chain, dry_run=True)['audit'] is None
    assert files(bare, 'requests') == [f'{NAME}-ecdsa.pem']
    install(bare, chain)
    assert install(bare, chain)['audit'] is None
    # Nor does it where a new request waits for its own.
    ask(bare, DOMAIN)
    assert install(bare, chain)['audit'] is None
    assert files(bare, 'requests') == [f'{NAME}-ecdsa.pem']


# What it takes to make a request, and to install its chain.
@pytest.mark.parametrize('call', ['openat', 'fsync', 'rename', 'unlink', 'sendto,sendmsg,write,writev'])
def test_a_kill_at_any_system_call_leaves_a_way_on(needs_root, needs, bare, call):
    needs(shutil.which('strace'), 'strace is missing')
    domain, served, killed, days = {'domains': [DOMAIN]}, None, {'request': 0, 'install': 0}, 10

    def attempt(step, path, body):
        with Fault(bare, f'{call}:signal=KILL:when={killed[step] + 1}'):
            try:
                answer = bare.api('POST', path, body)
            except (OSError, ValueError, http.client.HTTPException):
                answer = None
        if answer and bare.answers():
            return False
        bare.process.wait()
        bare.start()
        killed[step] += 1
        return True

    while attempt('request', '/v1/certificates/request', domain):
        assert len(files(bare, 'requests')) <= 1
    while True:
        days += 1
        chain = bare.authority.sign(ask(bare, DOMAIN)['request'], days=days)
        if not attempt('install', '/v1/certificates', {'certificate': chain}):
            break
        if bare.get('/v1/certificates')['certificates']:
            assert bare.fetch(DOMAIN).certificate['serialNumber'] in (served, serial_of(Pair(chain, '')))
        install(bare, chain)
        served = bare.fetch(DOMAIN).certificate['serialNumber']
        assert served == serial_of(Pair(chain, ''))
        assert files(bare, 'requests') == []
        assert bare.get('/v1/status')['complaints'] == []
    assert killed['install'] >= 1
    assert sum(killed.values()) < 60


def test_a_disk_that_fails_costs_no_key(needs_root, needs, bare):
    needs(shutil.which('strace'), 'strace is missing')
    with Fault(bare, 'write:error=ENOSPC:when=1'):
        status, answer = bare.api('POST', '/v1/certificates/request', {'domains': [DOMAIN]})
    assert (status, answer['error']['code']) == (500, 'not_written')
    assert files(bare, 'requests') == []
    chain = bare.authority.sign(ask(bare, DOMAIN)['request'])
    with Fault(bare, 'write:error=ENOSPC:when=1'):
        assert bare.api('POST', '/v1/certificates', {'certificate': chain})[0] == 500
    install(bare, chain)
    bare.serves(DOMAIN, TEXT)


def test_a_key_waits_for_thirty_days(bare):
    ask(bare, DOMAIN)
    ask(bare, OTHER)
    old, young = (bare.state / 'requests' / f'mta-sts.{domain}-ecdsa.pem' for domain in (DOMAIN, OTHER))
    now = time.time()
    os.utime(old, (now, now - MONTH - 60))
    os.utime(young, (now, now - MONTH + 3600))
    bare.reload()
    assert files(bare, 'requests') == [young.name]
    bare.process.wait_for_line(re.escape(f'key removed ({old}): no certificate came for it in 30 days'))


def test_a_damaged_key_is_made_anew(bare):
    first = ask(bare, DOMAIN)
    path = bare.state / 'requests' / f'{NAME}-ecdsa.pem'
    path.write_text(path.read_text()[:100])
    again = ask(bare, DOMAIN)
    assert public_key(again['request']) != public_key(first['request'])
    refused(bare, bare.authority.sign(first['request']))
    install(bare, bare.authority.sign(again['request']))


@pytest.mark.parametrize('body, status', [
    ({}, 400),
    ({'domains': []}, 400),
    ({'domains': ['nobody.test']}, 404),
    ({'domains': [DOMAIN, 'nobody.test']}, 404),
    ({'domains': [DOMAIN], 'key': 'dsa'}, 400),
    ({'domains': [DOMAIN], 'names': [NAME]}, 400),
    ({'all': True}, 400),
    ({'domains': '../x'}, 400),
    ({'domains': ['../x']}, 400)])
def test_a_request_that_is_wrong_makes_no_key(bare, body, status):
    assert bare.api('POST', '/v1/certificates/request', body)[0] == status
    assert files(bare, 'requests') == []


def test_no_request_has_more_names_than_twenty_five(host):
    for i in range(26):
        host.domain(f'd{i:02}.test')
    host.start()
    every = [f'd{i:02}.test' for i in range(26)]
    assert host.api('POST', '/v1/certificates/request', {'domains': every})[0] == 400
    assert len(ask(host, *every[1:])['names']) == 25


def challenge(**more):
    return {'host': NAME, 'type': 'tls-alpn-01', 'token': 'one', 'authorization': f'one.{THUMBPRINT}', **more}


def open_tokens(host):
    return [one['token'] for one in host.get('/v1/challenges')['challenges']]


def test_a_challenge_lives_until_it_is_ended(bare):
    done = bare.must('POST', '/v1/challenges', challenge())
    assert (done['host'], done['type'], done['token']) == (NAME, 'tls-alpn-01', 'one')
    assert bare.get('/v1/challenges') == {'challenges': [done]}
    bare.must('POST', '/v1/challenges', challenge(token='two', authorization=f'two.{THUMBPRINT}'))
    assert bare.must('DELETE', '/v1/challenges/one') == {'removed': 1}
    assert open_tokens(bare) == ['two']
    assert bare.must('DELETE', '/v1/challenges/one') == {'removed': 0}

    bare.process.kill()
    bare.start()
    assert open_tokens(bare) == ['two']


def test_a_challenge_ends_by_itself(bare):
    bare.must('POST', '/v1/challenges', challenge(lifetime=1))
    bare.must('POST', '/v1/challenges', challenge(token='two', authorization=f'two.{THUMBPRINT}'))
    until(lambda: open_tokens(bare) == ['two'], 'the end of the first')


@pytest.mark.parametrize('more, status', [
    ({'host': 'mta-sts.nobody.test'}, 404),
    ({'host': DOMAIN}, 404),
    ({'host': 'x y'}, 400),
    ({'type': 'http-01'}, 400),
    ({'token': ''}, 400),
    ({'token': 'on/e'}, 400),
    ({'token': 'a' * 129, 'authorization': f'{"a" * 129}.{THUMBPRINT}'}, 400),
    ({'token': 'one\0'}, 400),
    ({'authorization': 'one'}, 400),
    ({'authorization': f'two.{THUMBPRINT}'}, 400),
    ({'authorization': f'one.{THUMBPRINT}x'}, 400),
    ({'lifetime': 0}, 400),
    ({'lifetime': 86401}, 400),
    ({'lifetime': '60'}, 400)])
def test_a_challenge_that_is_wrong_is_not_opened(bare, more, status):
    assert bare.api('POST', '/v1/challenges', challenge(**more))[0] == status
    assert open_tokens(bare) == []


def test_an_end_has_no_body_and_one_token(bare):
    bare.must('POST', '/v1/challenges', challenge())
    assert bare.api('DELETE', '/v1/challenges/one', {})[0] == 400
    assert bare.api('DELETE', '/v1/challenges')[0] == 405
    assert bare.api('DELETE', '/v1/challenges/')[0] == 404
    assert bare.api('DELETE', '/v1/status')[0] == 405
    assert open_tokens(bare) == ['one']


def test_certifiers_bring_certificates_and_change_no_policy(needs_root, needs_tools, host):
    needs_tools('curl')
    host.configure(certifier_group='news')
    host.domain(DOMAIN)
    host.start()

    def as_certifier(method, path, body=None):
        sent = host.place / 'body.json'
        sent.write_text(json.dumps(body))
        sent.chmod(0o644)
        run = subprocess.run(['setpriv', f'--reuid={NOBODY}', f'--regid={grp.getgrnam("news").gr_gid}', '--clear-groups',
                              'curl', '-s', '-w', '%{http_code}', '-X', method, '--unix-socket', str(host.socket),
                              *(['--data-binary', f'@{sent}'] if body else []), f'http://localhost{path}'],
                             text=True, capture_output=True, timeout=60, check=True)
        return int(run.stdout[-3:]), json.loads(run.stdout[:-3])

    status, asked = as_certifier('POST', '/v1/certificates/request', {'domains': [DOMAIN]})
    assert status == 200
    assert as_certifier('POST', '/v1/challenges', challenge())[0] == 200
    assert as_certifier('DELETE', '/v1/challenges/one') == (200, {'removed': 1})
    chain = host.authority.sign(asked['request'])
    assert as_certifier('POST', '/v1/certificates', {'certificate': chain})[0] == 200
    assert as_certifier('GET', '/v1/status')[0] == 200
    for path, body in (('/v1/switch', {'all': True, 'mode': 'none'}), ('/v1/reload', {}), ('/v1/reset', {'all': True}),
                       ('/v1/dns', {'observations': []}), ('/v1/undo', {}), ('/v1/forget', {'retiring': True})):
        status, answer = as_certifier('POST', path, body)
        assert (status, answer['error']['code']) == (403, 'forbidden'), path
    host.serves(DOMAIN, TEXT)
    assert f'(uid {NOBODY})' in host.get('/v1/audit')['entries'][-1]['by']
