# SPDX-License-Identifier: ISC
"""Certificates come, are renewed, and go wrong, the way ACME clients leave them."""
import ssl

import pytest

import client
from authority import put
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


def dehydrated(host, pair):
    """Every version stays, and links of the plain names lead to the one in use."""
    place = host.certs / 'certs' / NAME
    date = 1700000000 + len(list(place.glob('cert-*.pem')))
    parts = {'cert': pair.chain, 'chain': host.authority.file.read_text(), 'fullchain': pair.chain, 'privkey': pair.key}
    for what, text in parts.items():
        put(place / f'{what}-{date}.pem', text)
        (place / 'new').symlink_to(f'{what}-{date}.pem')
        (place / 'new').replace(place / f'{what}.pem')


def mod_md(host, pair):
    put(host.certs / 'md_store.json', '{}\n')
    put(host.certs / 'accounts' / 'ACME-0000' / 'account.pem', host.authority.issue('account.test').key)
    pair.write(host.certs / 'domains' / NAME / 'pubcert.pem', host.certs / 'domains' / NAME / 'privkey.pem')


def laid_out(**files):
    """Files by their names, where '__' is a dot; each holds the certificate, the key, its issuer, or something else."""
    def layout(host, pair):
        parts = {'c': pair.chain, 'k': pair.key, 'i': host.authority.file.read_text(), 'w': 'some words\n',
                 'd': '-----BEGIN DH PARAMETERS-----\n-----END DH PARAMETERS-----\n'}
        for name, what in files.items():
            put(host.certs / name.replace('__', '.'), ''.join(parts[part] for part in what))
    return layout


# The rest of what ACME clients, hosting panels and people leave.
OTHERS = {
    'acme.sh': laid_out(ca__cer='i', fullchain__cer='ci', certs__key='k', certs__cer='c', certs__conf='w'),
    'Caddy': laid_out(a__crt='c', a__key='k', a__json='w'),
    'cPanel': laid_out(combined='kci'),
    'DirectAdmin': laid_out(a__cert='c', a__key='k', a__cacert='i', a__cert__combined='ci', a__conf='w'),
    'Hestia': laid_out(a__crt='c', a__key='k', a__ca='i', a__pem='ci'),
    'Hestia without issuers': laid_out(a__crt='c', a__key='k', a__pem='c'),
    'ISPConfig': laid_out(a__crt='c', a__key='k', a__bundle='i', a__csr='w'),
    'Kubernetes': laid_out(tls__crt='c', tls__key='k', ca__crt='i'),
    'lego 5': laid_out(a__crt='ci', a__key='k', a__issuer__crt='i', a__json='w', a__pem='cik', a__pfx='w'),
    'people': laid_out(cert__pem='c', key__pem='k', ca__pem='i', dhparam__pem='d', README='w'),
    'people of other names': laid_out(server__cer='ci', secret='k'),
    'Plesk': laid_out(scfQx71ab='kc'),
    'Virtualmin': laid_out(ssl__cert='c', ssl__key='k', ssl__ca='i', ssl__combined='ci', ssl__everything='kci'),
}

LAYOUTS = [certbot, dehydrated, lego, mod_md, uacme, plain, directory, combined, *OTHERS.values()]
NAMES = [layout.__name__ for layout in LAYOUTS[:-len(OTHERS)]] + list(OTHERS)


def complaints(host):
    return [one['text'] for one in host.get('/v1/status')['complaints']]


def serial(host):
    return host.fetch('example.test').certificate['serialNumber']


@pytest.mark.parametrize('layout', LAYOUTS, ids=NAMES)
def test_every_layout_is_found_and_its_renewal_taken(host, layout):
    host.domain('example.test')
    layout(host, host.authority.issue(NAME))
    host.start()
    host.serves('example.test', TEXT)
    before = serial(host)
    assert host.get('/v1/status')['certificates']['pairs'] in (1, 2)  # lego 5 may write the same one twice
    assert host.show('example.test')['certificate'] is True
    assert complaints(host) == []

    layout(host, host.authority.issue(NAME))
    host.ctl('reload')
    assert serial(host) != before
    assert complaints(host) == []


def test_many_certificates_and_keys_of_any_names_in_one_directory(host):
    texts = {}
    for number in range(6):
        name = f'd{number}.test'
        host.domain(name)
        pair = host.authority.issue(f'mta-sts.{name}')
        put(host.certs / f'{number}.cer', pair.chain)
        put(host.certs / f'secret{9 - number}', pair.key)
        texts[name] = policy('enforce', [f'mail.{name}'])
    host.start()
    for name, text in texts.items():
        host.serves(name, text)
    assert complaints(host) == []


def test_a_directory_of_which_nothing_can_be_used_is_named_once(host):
    host.domain('example.test')
    pair = host.authority.issue(NAME)
    put(host.certs / 'panel' / 'a.cer', pair.chain)
    put(host.certs / 'panel' / 'b.cer', host.authority.file.read_text())
    put(host.certs / 'panel' / 'a.p12', '0')
    host.start()
    (complaint,) = complaints(host)
    assert complaint.startswith(f'{host.certs}/panel: warning: directory has no certificate with its private key (a.cer and ')

    put(host.certs / 'panel' / 'private', pair.key)
    host.ctl('reload')
    host.serves('example.test', TEXT)
    assert complaints(host) == []


def test_files_that_are_used_through_links_are_no_complaint(host):
    """Certificates lie in one directory and keys in another, as in a home of cPanel, and links bring them together."""
    host.domain('example.test')
    host.authority.issue(NAME).write(host.certs / 'ssl' / 'certs' / 'x_1700.crt', host.certs / 'ssl' / 'keys' / 'y_1700.key')
    for part, target in (('crt', 'ssl/certs/x_1700.crt'), ('key', 'ssl/keys/y_1700.key')):
        (host.certs / f'{NAME}.{part}').symlink_to(target)
    (host.certs / 'current').symlink_to('ssl/certs')
    host.start()
    host.serves('example.test', TEXT)
    assert complaints(host) == []


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
