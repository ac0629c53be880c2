# SPDX-License-Identifier: ISC
"""Certificates come over the control socket, as a hook of an ACME client brings them."""
import grp
import http.client
import json
import os
import shutil
import ssl
import stat
import subprocess
from unittest.mock import ANY

import pytest

import client
from test_disk import Fault

DOMAIN = 'example.test'
NAME = 'mta-sts.example.test'
NOBODY = 65534
TEXT = client.policy('enforce', ['mail.example.test'])


@pytest.fixture
def bare(host):
    """A running host with a domain and no certificate at all."""
    host.domain(DOMAIN)
    return host.start()


def body(pair, **more):
    return {'certificate': pair.chain, 'key': pair.key, **more}


def install(host, pair, **more):
    return host.must('POST', '/v1/certificates', body(pair, **more))


def refused(host, pair, word):
    status, answer = host.api('POST', '/v1/certificates', body(pair))
    assert (status, answer['error']['code']) == (409, 'refused'), answer
    assert any(word in line for line in answer['error']['details']), answer


def serial(host):
    return host.fetch(DOMAIN).certificate['serialNumber']


def serial_of(pair):
    run = subprocess.run(['openssl', 'x509', '-noout', '-serial'], input=pair.chain, text=True, capture_output=True,
                         check=True, timeout=60)
    return run.stdout.strip().removeprefix('serial=')


def files(host):
    return sorted(path.name for path in (host.state / 'certificates').iterdir())


def test_an_installed_pair_is_in_the_next_handshake(bare):
    with pytest.raises(ssl.SSLError):
        bare.fetch(DOMAIN)
    assert bare.get('/v1/certificates') == {'certificates': [], 'uncovered': 1, 'uncovered_domains': [DOMAIN], 'orders': []}

    done = install(bare, bare.authority.issue(NAME, days=90), **{'from': 'certbot'}, reason='first one')

    bare.serves(DOMAIN, TEXT)
    path = bare.state / 'certificates' / f'{NAME}-ecdsa.pem'
    one = done['certificate']
    assert (one['file'], one['source'], one['names'], one['key']) == (str(path), 'installed', [NAME], 'ecdsa')
    assert (one['stage'], one['used'], one['issuer']) == ('fine', True, 'CN=mta-stsd test authority')
    assert 88 <= one['days_left'] <= 90
    assert (done['replaced'], done['covers'], done['covers_count']) == ([], [DOMAIN], 1)
    assert (done['uncovered'], done['complaints'], done['dry_run']) == (0, [], False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert bare.get('/v1/certificates') == {'certificates': [{**one, 'days_left': ANY}], 'uncovered': 0, 'uncovered_domains': [],
                                           'orders': []}
    status = bare.get('/v1/status')['certificates']
    assert (status['pairs'], status['uncovered'], status['expiring']) == (1, 0, [])
    assert status['stages'] == {'fine': 1, 'soon': 0, 'urgent': 0, 'expired': 0}
    assert status['next_expiry']['file'] == str(path)

    (entry,) = [entry for entry in bare.get('/v1/audit')['entries'] if entry['number'] == done['audit']]
    assert entry['command'] == 'cert install'
    assert entry['reason'] == f'{NAME} until {one["not_after"]}, from certbot: first one'


def test_a_renewal_replaces_and_survives(bare):
    first = install(bare, bare.authority.issue(NAME, days=5))['certificate']['file']
    old = serial(bare)

    done = install(bare, bare.authority.issue(NAME, days=90))

    new = serial(bare)
    assert new != old
    assert done['replaced'] == [first]
    assert files(bare) == [f'{NAME}-ecdsa.pem']
    bare.reload()
    assert serial(bare) == new
    bare.process.kill()
    bare.start()
    assert serial(bare) == new
    bare.stop()
    assert bare.check('--check').returncode == 0


def written(path):
    """Which file it is, and when it was last changed in any way; reading it moves st_atime alone."""
    status = os.stat(path)
    return status.st_ino, status.st_size, status.st_mode, status.st_mtime_ns, status.st_ctime_ns


def lasting(answer):
    """What the certificate of an answer has in the next second, too."""
    return {name: value for name, value in answer['certificate'].items() if name != 'days_left'}


def test_the_same_pair_again_writes_nothing(bare):
    pair = bare.authority.issue(NAME)
    done = install(bare, pair)
    before = written(done['certificate']['file'])

    again = install(bare, pair)

    assert (again['replaced'], again['audit'], lasting(again)) == ([], None, lasting(done))
    assert written(done['certificate']['file']) == before
    assert bare.get('/v1/audit')['entries'][-1]['number'] == done['audit']
    bare.serves(DOMAIN, TEXT)


def test_a_dry_run_changes_nothing_and_tells_what_would_be(bare):
    pair = bare.authority.issue(NAME)
    would = install(bare, pair, dry_run=True)

    assert (would['dry_run'], would['audit'], would['covers'], would['uncovered']) == (True, None, [DOMAIN], 0)
    assert not (bare.state / 'certificates').exists()
    assert bare.get('/v1/certificates')['certificates'] == []
    assert lasting(install(bare, pair)) == lasting(would)


def test_what_is_wrong_is_refused_and_changes_nothing(bare):
    authority = bare.authority
    pair, other = authority.issue(NAME), authority.issue(NAME)
    install(bare, pair)
    before, listed = serial(bare), files(bare)

    pair.key, other.key = other.key, pair.key
    refused(bare, pair, 'does not match the key')
    other.chain = 'no certificate'
    refused(bare, other, 'no certificate')
    other.chain, other.key = pair.chain, pair.chain
    refused(bare, other, 'no private key')
    other.key = 'x' * 70000
    refused(bare, other, '65536')
    for wrong in ({'from': 'x' * 65}, {'from': 'cert\nbot'}, {'reason': 'x' * 501}):
        status, answer = bare.api('POST', '/v1/certificates', body(pair, **wrong))
        assert (status, answer['error']['code']) == (400, 'bad_request')

    assert (serial(bare), files(bare)) == (before, listed)


def test_an_older_pair_is_taken_and_does_not_get_in_the_way(bare):
    install(bare, bare.authority.issue(NAME, days=90))
    before = serial(bare)

    done = install(bare, bare.authority.issue(NAME, days=30))

    assert (done['certificate']['used'], done['replaced']) == (False, [])
    assert [one['severity'] for one in done['complaints']] == ['warning']
    assert done['certificate']['file'].endswith(f'/{NAME}-ecdsa-2.pem')
    assert serial(bare) == before
    assert sum(bare.get('/v1/status')['certificates']['stages'].values()) == 1
    # The next renewal clears both away.
    assert len(install(bare, bare.authority.issue(NAME, days=91))['replaced']) == 2
    assert files(bare) == [f'{NAME}-ecdsa.pem']


def test_a_pair_with_a_name_that_the_new_one_misses_stays(bare):
    bare.domain('other.test')
    bare.reload()
    install(bare, bare.authority.issue(NAME, 'mta-sts.other.test', days=30))

    done = install(bare, bare.authority.issue(NAME, days=90))

    assert (done['replaced'], done['uncovered']) == ([], 0)
    for domain in (DOMAIN, 'other.test'):
        bare.serves(domain, client.policy('enforce', [f'mail.{domain}']))
    bare.stop()
    bare.start()
    for domain in (DOMAIN, 'other.test'):
        bare.serves(domain, client.policy('enforce', [f'mail.{domain}']))


def test_directories_and_installed_pairs_go_together(example):
    example.certify(DOMAIN, days=1000)
    example.reload()
    before = serial(example)
    done = install(example, example.authority.issue('*.example.test', days=30))

    assert serial(example) == before
    assert done['certificate']['file'].endswith('/_.example.test-ecdsa.pem')
    assert sorted(one['source'] for one in example.get('/v1/certificates')['certificates']) == ['directory', 'installed']
    for path in example.certs.iterdir():
        path.unlink()
    example.stop()
    example.start()
    assert ('DNS', '*.example.test') in client.ask(example.addresses[0], example.authority, NAME, client.request(NAME)
                                                   ).certificate['subjectAltName']


def test_a_broken_file_leaves_the_installed_pair_in_use(bare):
    path = install(bare, bare.authority.issue(NAME))['certificate']['file']
    before = serial(bare)
    with open(path, 'w', encoding='ascii') as file:
        file.write('-----BEGIN CERTIFICATE-----\nMIIB')

    assert bare.reload()['errors'] + bare.reload()['warnings'] > 0

    assert serial(bare) == before
    # And the next install mends it.
    install(bare, bare.authority.issue(NAME, days=8))
    assert bare.reload()['errors'] == 0


def test_observers_may_look_and_not_install(needs_root, needs_tools, host):
    needs_tools('curl')
    host.configure(observer_group='news')
    host.domain(DOMAIN)
    host.start()
    pair = host.authority.issue(NAME)

    request = host.place / 'request.json'
    request.write_text(json.dumps(body(pair)))
    request.chmod(0o644)

    def as_observer(*more):
        run = subprocess.run(['setpriv', f'--reuid={NOBODY}', f'--regid={grp.getgrnam("news").gr_gid}', '--clear-groups',
                              'curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '--unix-socket', str(host.socket),
                              *more, 'http://localhost/v1/certificates'], text=True, capture_output=True, timeout=60,
                             check=True)
        return run.stdout

    assert as_observer() == '200'
    assert as_observer('--data-binary', f'@{request}') == '403'
    assert not (host.state / 'certificates').exists()


def test_expiring_pairs_are_told_and_warned_of(clock, host):
    host.prefix = clock.enter
    host.domain(DOMAIN)
    host.start()
    host.must('POST', '/v1/certificates', body(host.authority.issue(NAME, days=30)))
    mark = len(host.process.lines)
    clock.move(days=20)
    host.reload()
    host.process.wait_for_line(rf'{NAME}, certificate expires soon', mark)
    status = host.get('/v1/status')['certificates']
    assert status['stages'] == {'fine': 0, 'soon': 1, 'urgent': 0, 'expired': 0}
    assert [one['names'] for one in status['expiring']] == [[NAME]]
    clock.move(days=6)
    host.reload()
    host.process.wait_for_line(rf'{NAME}, certificate expires within days', mark)
    clock.move(days=3)
    host.reload()
    host.process.wait_for_line(rf'{NAME}, certificate has expired', mark)
    assert host.get('/v1/certificates')['uncovered_domains'] == [DOMAIN]
    assert host.get('/v1/certificates')['certificates'][0]['days_left'] < 0
    assert not host.show(DOMAIN)['certificate']


@pytest.fixture
def traced(bare, needs_root, needs):
    needs(shutil.which('strace'), 'strace is missing')
    return bare


def attempt(host, pair):
    try:
        return host.api('POST', '/v1/certificates', body(pair))
    except (OSError, ValueError, http.client.HTTPException):
        return None


@pytest.mark.parametrize('fault', ['write:error=ENOSPC:when=1', 'fsync:error=EIO:when=2'])
def test_a_disk_that_fails_changes_nothing(traced, fault):
    install(traced, traced.authority.issue(NAME))
    before, listed = serial(traced), files(traced)

    with Fault(traced, fault):
        status, answer = attempt(traced, traced.authority.issue(NAME, days=30))

    assert (status, answer['error']['code']) == (500, 'not_written')
    assert (serial(traced), files(traced)) == (before, listed)
    traced.stop()
    traced.start()
    assert serial(traced) == before


def test_what_has_its_entry_in_the_audit_trail_is_installed_by_the_next_start(traced):
    install(traced, traced.authority.issue(NAME))
    before = serial(traced)
    renewed = traced.authority.issue(NAME, days=30)

    with Fault(traced, 'rename:error=EIO'):
        status, answer = attempt(traced, renewed)

    assert (status, answer['error']['code']) == (500, 'unknown')
    assert serial(traced) == before
    assert traced.get('/v1/audit')['entries'][-1]['command'] == 'cert install'
    traced.stop()
    traced.start()
    assert serial(traced) != before
    assert 'install finished' in traced.process.log


# What an install is made of: its file, its entry in the audit trail, the answer.
@pytest.mark.parametrize('call, least', [('openat', 3), ('fsync', 3), ('pwrite64', 4), ('fdatasync', 1), ('rename', 1),
                                         ('unlink', 1), ('sendto,sendmsg,write,writev', 2)])
def test_a_kill_at_any_system_call_leaves_the_old_pair_or_the_new_one(traced, call, least):
    days = 10
    install(traced, traced.authority.issue(NAME, days=days))
    before, killed = serial(traced), 0
    while killed < 40:
        days += 1
        pair = traced.authority.issue(NAME, days=days)
        with Fault(traced, f'{call}:signal=KILL:when={killed + 1}'):
            answer = attempt(traced, pair)
        if answer and traced.answers():
            break
        traced.process.wait()
        traced.start()
        killed += 1
        after = serial(traced)
        if answer and answer[0] == 200:
            assert after == serial_of(pair)
        assert after in (before, serial_of(pair))
        assert files(traced) == [f'{NAME}-ecdsa.pem']
        assert traced.get('/v1/status')['complaints'] == []
        before = after
    assert least <= killed < 40
