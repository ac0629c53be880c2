# SPDX-License-Identifier: ISC
"""Certificates that senders cannot use, directories that are none for certificates, and state that others may write."""
import base64
import json
import os
import subprocess
import textwrap

import pytest

from authority import RSA, SERVER, Pair
from client import policy
from wait import until

DOMAIN = 'example.test'
NAME = 'mta-sts.example.test'
TEXT = policy('enforce', ['mail.example.test'])
LEAF = SERVER[0]

# What makes a certificate useless, and the word of the complaint.
ODD = {
    'key encipherment alone': ((LEAF, 'keyUsage=keyEncipherment'), 'may not sign'),
    'key agreement alone': ((LEAF, 'keyUsage=critical,keyAgreement'), 'may not sign'),
    "a CA's": (('basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'), 'may not sign'),
    'for clients': ((LEAF, 'extendedKeyUsage=clientAuth'), 'is not for a server'),
    'unknown critical extension': ((*SERVER, '1.2.3.4.5=critical,DER:05:00'), 'critical extension'),
    'precertificate': ((*SERVER, '1.3.6.1.4.1.11129.2.4.3=critical,DER:05:00'), 'precertificate'),
    'must-staple': ((*SERVER, 'tlsfeature=status_request'), 'stapled'),
}
odd = pytest.mark.parametrize('extensions, word', ODD.values(), ids=ODD.keys())


def serial(host):
    return host.fetch(DOMAIN).certificate['serialNumber']


def listed(host):
    """What is loaded and what is served, but for the days left, which pass."""
    certificates = json.loads(host.ctl('--json', 'cert', 'list').stdout)['certificates']
    return serial(host), [(one['file'], one['not_after'], one['used']) for one in certificates]


def write(host, stem, pair):
    pair.write(host.certs / f'{stem}.crt', host.certs / f'{stem}.key')


def complaints(host):
    return [one['text'] for one in host.get('/v1/status')['complaints']]


def damaged(pair):
    """The same with an RSA key that looks whole and signs wrongly: one bit of its private exponent is another."""
    der = bytearray(subprocess.run(['openssl', 'rsa', '-traditional', '-outform', 'DER'], input=pair.key.encode(),
                                   check=True, capture_output=True, timeout=60).stdout)
    at = 4 + 3  # behind the SEQUENCE's head and the version
    for _ in range(2):  # the modulus and the public exponent
        at += 4 + int.from_bytes(der[at + 2:at + 4], 'big') if der[at + 1] == 0x82 else 2 + der[at + 1]
    der[at + 100] ^= 4
    lines = '\n'.join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return Pair(pair.chain, f'-----BEGIN RSA PRIVATE KEY-----\n{lines}\n-----END RSA PRIVATE KEY-----\n')


@odd
def test_an_install_is_refused_with_the_reason_and_changes_nothing(example, extensions, word):
    before = listed(example)
    chain, key = example.place / 'new.pem', example.place / 'new.key'
    example.authority.issue(NAME, days=90, extensions=extensions).write(chain, key)

    for more in (['--dry-run'], []):
        said = example.ctl('cert', 'install', chain, key, *more, status=1)
        assert word in said.stdout + said.stderr, said
    status, answer = example.api('POST', '/v1/certificates', {'certificate': chain.read_text(), 'key': key.read_text()})
    assert (status, word in json.dumps(answer)) == (409, True), answer

    assert listed(example) == before
    assert not (example.state / 'certificates').exists()


@odd
def test_one_that_lasts_longer_does_not_take_the_place_of_a_good_one(example, extensions, word):
    before = serial(example)
    write(example, 'a', example.authority.issue(NAME, days=90, extensions=extensions))

    assert word in example.ctl('reload', status=1).stdout
    assert serial(example) == before
    example.stop()
    example.start()
    assert serial(example) == before
    (complaint,) = complaints(example)
    assert word in complaint and f'{example.certs}/a.crt' in complaint


@odd
def test_without_another_the_domain_lacks_a_certificate_and_the_watchdog_is_fed(host, notified, extensions, word):
    host.domain(DOMAIN)
    write(host, NAME, host.authority.issue(NAME, extensions=extensions))
    host.start(environment={'NOTIFY_SOCKET': str(notified.path), 'WATCHDOG_USEC': '600000'})

    notified.wait_for('WATCHDOG=1', times=4)
    assert host.get('/v1/status')['certificates']['uncovered_domains'] == [DOMAIN]
    assert any(word in complaint for complaint in complaints(host))
    assert 'does not answer' not in host.process.log


def test_a_covered_domain_that_cannot_be_fetched_is_a_finding_and_the_watchdog_is_fed(host, notified):
    host.domain(DOMAIN)
    write(host, NAME, damaged(host.authority.issue(NAME, newkey=RSA)))
    host.start(environment={'NOTIFY_SOCKET': str(notified.path), 'WATCHDOG_USEC': '600000'})

    notified.wait_for('WATCHDOG=1', times=4)
    (complaint,) = complaints(host)
    assert complaint.startswith(f'{host.certs}/{NAME}.crt: own fetch of a policy fails with this certificate ({NAME}: ')
    assert len([line for line in host.process.lines if complaint in line]) == 1
    assert complaint in host.ctl('status').stdout
    assert 'does not answer' not in host.process.log

    host.certify(DOMAIN)
    host.ctl('reload')
    notified.wait_for('WATCHDOG=1', times=len(notified.heard('WATCHDOG=1')) + 2)
    assert complaints(host) == []


def test_one_that_is_self_signed_serves_until_there_is_another(host):
    host.domain(DOMAIN)
    write(host, 'a', host.authority.issue(NAME, days=900, self_signed=True))
    host.start()
    assert host.get('/v1/status')['certificates']['uncovered'] == 0
    assert any('self-signed' in complaint for complaint in complaints(host))

    write(host, 'b', host.authority.issue(NAME, days=7))
    host.ctl('reload')
    host.serves(DOMAIN, TEXT)


@pytest.mark.parametrize('target', ['/', '/proc', '/sys', '..', '.'])
def test_a_link_out_of_the_directory_keeps_nobody_from_being_served(host, target):
    """Certificates of others may be found there, who have other authorities: so the domain is no one else's."""
    domain = f'of-{os.getpid()}.test'
    host.domain(domain)
    host.certify(domain)
    (host.certs / 'a').symlink_to(target)
    host.start()
    host.serves(domain, policy('enforce', [f'mail.{domain}']))
    if target in ('/', '..'):
        assert any(f'{host.certs}/a: link points to a directory that contains it' in complaint
                   for complaint in complaints(host))


def test_a_state_directory_that_others_may_write_to_is_complained_about(example):
    example.state.chmod(0o777)
    example.ctl('reload')
    assert any(f'{example.state}: ' in complaint and 'may be written by other users (0777): chmod' in complaint
               for complaint in complaints(example))
    example.process.wait_for_line('may be written by other users')

    example.state.chmod(0o700)
    example.ctl('reload')
    assert complaints(example) == []
