# SPDX-License-Identifier: ISC
"""Certificates that senders cannot use."""
import json

import pytest

from authority import SERVER
from client import policy

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


def write(host, stem, pair):
    pair.write(host.certs / f'{stem}.crt', host.certs / f'{stem}.key')


def complaints(host):
    return [one['text'] for one in host.get('/v1/status')['complaints']]


@odd
def test_an_install_is_refused_with_the_reason_and_changes_nothing(example, extensions, word):
    before, listed = serial(example), example.ctl('--json', 'cert', 'list').stdout
    chain, key = example.place / 'new.pem', example.place / 'new.key'
    example.authority.issue(NAME, days=90, extensions=extensions).write(chain, key)

    for more in (['--dry-run'], []):
        said = example.ctl('cert', 'install', chain, key, *more, status=1)
        assert word in said.stdout + said.stderr, said
    status, answer = example.api('POST', '/v1/certificates', {'certificate': chain.read_text(), 'key': key.read_text()})
    assert (status, word in json.dumps(answer)) == (409, True), answer

    assert serial(example) == before
    assert example.ctl('--json', 'cert', 'list').stdout == listed
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


def test_one_that_is_self_signed_serves_until_there_is_another(host):
    host.domain(DOMAIN)
    write(host, 'a', host.authority.issue(NAME, days=900, self_signed=True))
    host.start()
    assert host.get('/v1/status')['certificates']['uncovered'] == 0
    assert any('self-signed' in complaint for complaint in complaints(host))

    write(host, 'b', host.authority.issue(NAME, days=7))
    host.ctl('reload')
    host.serves(DOMAIN, TEXT)
