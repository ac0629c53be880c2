# SPDX-License-Identifier: ISC
"""Certificates come, are renewed, and go wrong, the way ACME clients leave them."""
import ssl

import pytest

import client
from client import Connection, policy

NAME = 'mta-sts.example.test'
TEXT = policy('enforce', ['mail.example.test'])


def certbot(host, pair):
    """live/NAME holds links into archive/NAME, flipped one by one."""
    live, archive = host.certs / 'live' / NAME, host.certs / 'archive' / NAME
    number = len(list(archive.glob('fullchain*'))) + 1 if archive.exists() else 1
    pair.write(archive / f'fullchain{number}.pem', archive / f'privkey{number}.pem')
    live.mkdir(parents=True, exist_ok=True)
    (host.certs / 'live' / 'README').write_text('This directory contains your keys and certificates.\n')
    for what in ('privkey', 'fullchain'):
        new = live / 'new'
        new.symlink_to(f'../../archive/{NAME}/{what}{number}.pem')
        new.replace(live / f'{what}.pem')


def lego(host, pair):
    place = host.certs / 'certificates'
    pair.write(place / f'{NAME}.crt', place / f'{NAME}.key')
    (place / f'{NAME}.issuer.crt').write_text(host.authority.file.read_text())
    (place / f'{NAME}.json').write_text('{}\n')


def uacme(host, pair):
    pair.write(host.certs / NAME / 'cert.pem', host.certs / 'private' / NAME / 'key.pem')
    # The key of the account, which belongs to no certificate.
    host.authority.issue('account.test').write(host.place / 'unused.pem', host.certs / 'private' / 'key.pem')


def plain(host, pair):
    pair.write(host.certs / f'{NAME}.crt', host.certs / f'{NAME}.key')


def directory(host, pair):
    pair.write(host.certs / NAME / 'fullchain.pem', host.certs / NAME / 'privkey.pem')


def combined(host, pair):
    path = host.certs / f'{NAME}.pem'
    pair.write(path, path)


LAYOUTS = [certbot, lego, uacme, plain, directory, combined]


def serial(host):
    return host.fetch('example.test').certificate['serialNumber']


@pytest.mark.parametrize('layout', LAYOUTS)
def test_every_layout_is_found_and_its_renewal_taken(host, layout):
    host.domain('example.test')
    layout(host, host.authority.issue(NAME))
    host.start()
    host.serves('example.test', TEXT)
    before = serial(host)
    assert host.get('/v1/status')['certificates']['pairs'] == 1
    assert host.show('example.test')['certificate'] is True

    layout(host, host.authority.issue(NAME))
    host.ctl('reload')
    assert serial(host) != before


def test_one_certificate_serves_many_names_and_an_exact_name_goes_first(host):
    for name in ('a.test', 'b.test', 'c.test'):
        host.domain(name)
    host.certify('a.test', 'b.test', 'c.test')
    wild = host.authority.issue('*.c.test')
    wild.write(host.certs / 'wild.crt', host.certs / 'wild.key')
    host.start()
    for name in ('a.test', 'b.test', 'c.test'):
        host.serves(name, policy('enforce', [f'mail.{name}']))

    (host.certs / 'mta-sts.a.test.crt').unlink()
    (host.certs / 'mta-sts.a.test.key').unlink()
    host.certify('a.test', 'b.test')
    host.ctl('reload')
    assert ('DNS', '*.c.test') in client.ask(host.addresses[0], host.authority, 'mta-sts.c.test',
                                             client.request('mta-sts.c.test')).certificate['subjectAltName']


def test_a_renewed_certificate_drops_no_connection(example):
    old = serial(example)
    with Connection(example.addresses[0], NAME, example.authority) as early:
        example.certify('example.test')
        example.ctl('reload')
        assert serial(example) != old
        early.send(client.request(NAME))
        answer = early.read()
    assert (answer.status, answer.body) == (200, TEXT)
    assert answer.certificate['serialNumber'] == old


def test_a_pair_that_does_not_match_leaves_the_last_good_one(example):
    old = serial(example)
    chain = example.certs / f'{NAME}.crt'
    chain.write_text(example.authority.issue(NAME).chain)  # of another key: renewed half-way
    done = example.ctl('reload', status=1)
    assert f'/{NAME}.crt' in done.stdout + done.stderr
    assert serial(example) == old
    assert any(one['file'] == str(chain) for one in example.get('/v1/status')['complaints'])


@pytest.mark.parametrize('text', ['', '-----BEGIN CERTIFICATE-----\nMIIB', 'no certificate at all\n'])
def test_a_half_written_certificate_leaves_the_last_good_one(example, text):
    old = serial(example)
    (example.certs / f'{NAME}.crt').write_text(text)
    example.ctl('reload', status=1)
    assert serial(example) == old


def test_a_key_that_others_may_read_is_not_used(host):
    host.domain('example.test')
    host.certify('example.test')
    (host.certs / f'{NAME}.key').chmod(0o644)
    host.configure()
    done = host.check('--check')
    assert done.returncode == 78
    assert f'/{NAME}.key' in done.stdout + done.stderr


def test_a_domain_without_certificate_gets_the_alert_until_there_is_one(host):
    host.domain('example.test')
    host.start()
    assert host.show('example.test')['certificate'] is False
    assert host.get('/v1/status')['certificates']['uncovered_domains'] == ['example.test']
    with pytest.raises(ssl.SSLError) as failure:
        host.fetch('example.test')
    assert 'UNRECOGNIZED_NAME' in failure.value.reason

    host.certify('example.test')
    host.ctl('reload')
    host.serves('example.test', TEXT)
    assert host.get('/v1/status')['certificates']['uncovered'] == 0


def test_a_refused_reload_takes_renewed_certificates_all_the_same(host):
    """The orphan guard is about domain files; a certificate that is about to expire cannot wait for it."""
    for number in range(30):
        host.domain(f'd{number}.test')
    host.domain('example.test')
    host.start()
    for path in host.domains.glob('d*.test.conf'):
        path.unlink()
    host.certify('example.test')

    host.ctl('reload', status=1)

    host.serves('example.test', policy('enforce', ['mail.example.test']))


def test_a_chain_too_large_for_a_handshake_is_refused(host):
    host.domain('example.test')
    host.certify('example.test', *(f'customer-with-a-long-name-{i}.example' for i in range(420)))
    host.start()
    assert any('chain has more than 12288 bytes in DER' in one['text'] for one in host.get('/v1/status')['complaints'])
