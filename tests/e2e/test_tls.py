# SPDX-License-Identifier: ISC
"""Whatever a client says at the door: it gets its handshake or the alert that says why not, and an orderly end."""
import re
import shutil
import ssl
import subprocess

import pytest

import client
import gnutls
import hello as tls
from client import policy
from conftest import new_place
from hello import Alert, Content, Message, Wire, extension, hello, hello_12, numbers, record
from host import Host
from tls_cases import ASK, BOTH, BROKEN, FORGIVEN, GOOD_12, NAME, REFUSED, SEALED, TAKEN, again
from wait import DEADLINE

TEXT = policy('enforce', ['mail.example.test'])
TLS_1_2_ONLY = 'NORMAL:-VERS-ALL:+VERS-TLS1.2'
EC_KEY, RSA_KEY = bytes.fromhex('06072a8648ce3d0201'), bytes.fromhex('06092a864886f70d010101')  # OIDs, in DER


@pytest.fixture(scope='module')
def running(authority):
    """One daemon for the whole table, with a deadline so late that nothing ends by it."""
    host = Host(new_place(), authority)
    host.configure(handshake_timeout=600)
    for name in ('example.test', 'both.test'):
        host.domain(name)
        host.certify(name)
    add_rsa(host, BOTH.decode())
    yield host.start()
    host.clean_up()
    shutil.rmtree(host.place)


@pytest.fixture
def door(running):
    """Where strangers knock; after each of them an honest client must be served."""
    yield running.addresses[0]
    running.serves('example.test', TEXT)


def add_rsa(host, name):
    ca = host.authority.file
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-CA', ca,
                    '-CAkey', ca.with_suffix('.key'), '-keyout', host.certs / 'rsa.key', '-out', host.certs / 'rsa.crt',
                    '-days', '7', '-subj', f'/CN={name}', '-addext', f'subjectAltName=DNS:{name}',
                    '-addext', 'basicConstraints=critical,CA:FALSE'],
                   check=True, capture_output=True, timeout=DEADLINE)


def cases(table):
    """Parameters of rows (title, what is expected, one hello or one for TLS 1.3 and one for 1.2)."""
    for title, expected, *hellos in table:
        for version, data in zip((' 1.3', ' 1.2') if len(hellos) == 2 else ('',), hellos):
            yield pytest.param(data, expected, id=title + version)


def is_answered(wire):
    """Whether the server goes on with the handshake: its whole flight is there, or the beginning of a sealed one."""
    return wire.has(Message.SERVER_HELLO_DONE) or any(kind == Content.APPLICATION_DATA for kind, _ in wire.records)


def is_asked_again(wire):
    return any(kind == Message.SERVER_HELLO and body[2:34] == tls.RETRY for kind, body in wire.messages)


def assert_refused(wire, expected):
    """One fatal alert, the end, and nothing else: no ServerHello, no certificate."""
    wire.read_until(lambda wire: wire.records)
    ((kind, content),) = wire.records
    assert kind == Content.ALERT
    assert wire.read_to_end().records == [(kind, content)]
    assert content[0] == tls.FATAL
    assert Alert(content[1]) in (expected if isinstance(expected, set) else {expected})


@pytest.mark.parametrize('data, alerts', cases(REFUSED))
def test_what_cannot_be_taken_is_told_why(door, data, alerts):
    with Wire(door) as wire:
        wire.send(data)
        assert_refused(wire, alerts)


@pytest.mark.parametrize('data, size', cases(TAKEN))
def test_what_can_be_taken_is_however_it_comes(door, data, size):
    with Wire(door) as wire:
        wire.send(data, size)
        wire.read_until(is_answered)
        assert not wire.alerts


@pytest.mark.parametrize('data, alert', cases(FORGIVEN))
def test_what_is_forgiven_is_a_handshake_or_the_right_alert(door, data, alert):
    with Wire(door) as wire:
        wire.send(data)
        wire.read_until(lambda wire: is_answered(wire) or wire.alerts)
        if wire.alerts:
            assert_refused(wire, alert)


@pytest.mark.parametrize('shares', [
    tls.shares((tls.X448, b'\5' * 56)),
    tls.shares((tls.MLKEM, bytes(1216))),
    tls.shares(),
], ids=['unknown', 'post-quantum', 'empty'])
@pytest.mark.parametrize('between', [b'', record(b'\1', Content.CHANGE_CIPHER_SPEC)], ids=['at once', 'like TLS 1.2'])
def test_a_client_without_a_good_share_is_asked_for_one(door, shares, between):
    groups = tls.groups(tls.MLKEM, tls.X448, tls.X25519)
    with Wire(door) as wire:
        wire.send(record(hello(groups=groups, shares=shares)))
        wire.read_until(is_asked_again)
        assert extension(51, numbers(tls.X25519)) in wire.messages[0][1]
        wire.send(between + again(groups=groups))
        wire.read_until(is_answered)
        assert not wire.alerts


@pytest.mark.parametrize('alerts, before, data', [pytest.param(*row, id=title) for title, *row in BROKEN])
def test_a_handshake_that_breaks_off_is_told_why(door, alerts, before, data):
    with Wire(door) as wire:
        wire.send(before)
        wire.read_until(is_asked_again if before == ASK else lambda wire: has_spoken(wire, before))
        wire.send(data)
        wire.read_to_end()
        kind, content = wire.records[-1]
        if alerts == SEALED:
            # Two bytes of alert, one of its type, and the seal of 16.
            assert (kind, len(content), wire.alerts) == (Content.APPLICATION_DATA, 19, [])
        else:
            ((level, alert),) = wire.alerts
            assert (kind, level) == (Content.ALERT, tls.FATAL)
            assert alert in (alerts if isinstance(alerts, set) else {alerts})


def has_spoken(wire, before):
    return wire.has(Message.SERVER_HELLO_DONE if before == GOOD_12 else Message.SERVER_HELLO)


@pytest.mark.parametrize('before, data', [
    (GOOD_12, record(b'\2\x28', Content.ALERT, tls.TLS_1_2)),
    (GOOD_12, record(b'\1\0', Content.ALERT, tls.TLS_1_2)),
    (GOOD_12, record(b'\1\x70', Content.ALERT, tls.TLS_1_2) * 1000),
    (ASK, record(b'\2\x28', Content.ALERT, tls.TLS_1_2)),
], ids=['fatal alert', 'close_notify', 'warnings without end', 'fatal alert when asked again'])
def test_a_client_that_gives_up_gets_an_orderly_end(door, before, data):
    with Wire(door) as wire:
        wire.send(before)
        wire.read_until(is_asked_again if before == ASK else is_answered)
        wire.send(data)
        wire.read_to_end()


@pytest.mark.parametrize('version', [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize('offered, chosen', [
    (['h2', 'http/1.1'], 'http/1.1'),
    (['http/1.1'], 'http/1.1'),
    ([], None),
], ids=['among others', 'alone', 'none'])
def test_http_1_1_is_chosen(door, running, version, offered, chosen):
    context = ssl.create_default_context(cafile=str(running.authority.file))
    context.minimum_version = context.maximum_version = version
    if offered:
        context.set_alpn_protocols(offered)
    with Wire(door) as wire, context.wrap_socket(wire.detach(), server_hostname=NAME.decode()) as session:
        assert session.selected_alpn_protocol() == chosen


# Two certificates for one name

@pytest.mark.parametrize('suites, schemes, key', [
    (tls.SUITES_12, (*tls.RSA, *tls.ECDSA), EC_KEY),
    (tls.SUITES_12, tls.ECDSA, EC_KEY),
    (tls.SUITES_12, tls.RSA, RSA_KEY),
    ((0xc02f, 0xc030), (*tls.ECDSA, *tls.RSA), RSA_KEY),
    ((0xc02b, 0xc02c), (*tls.RSA, *tls.ECDSA), EC_KEY),
], ids=['both', 'ECDSA signatures', 'RSA signatures', 'RSA suites', 'ECDSA suites'])
def test_the_certificate_of_tls_1_2_has_a_key_the_client_takes(door, suites, schemes, key):
    with Wire(door) as wire:
        wire.send(record(hello_12(name=tls.names(BOTH), suites=suites, schemes=tls.schemes(*schemes))))
        wire.read_until(is_answered)
        (certificate,) = [body for kind, body in wire.messages if kind == Message.CERTIFICATE]
        assert [one in certificate for one in (EC_KEY, RSA_KEY)] == [key == EC_KEY, key == RSA_KEY]


def signature_type(said):
    return re.search(r'Peer signature type: (\S+)', said).group(1).lower().replace('-', '_')


@pytest.mark.parametrize('schemes, signature', [
    ('rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256', 'ecdsa'),
    ('ecdsa_secp256r1_sha256', 'ecdsa'),
    ('rsa_pss_rsae_sha256', 'rsa_pss'),
], ids=['both', 'ECDSA signatures', 'RSA signatures'])
def test_the_certificate_of_tls_1_3_has_a_key_the_client_takes(door, running, schemes, signature):
    name = BOTH.decode()
    done = subprocess.run(['openssl', 's_client', '-tls1_3', '-sigalgs', schemes, '-verify_return_error', '-CAfile',
                           running.authority.file, '-servername', name, '-verify_hostname', name, '-connect',
                           f'{door[0]}:{door[1]}'],
                          stdin=subprocess.DEVNULL, text=True, capture_output=True, timeout=DEADLINE, check=False)
    assert done.returncode == 0, done.stderr
    # RSA-PSS, or since 3.5 rsa_pss_rsae_sha256.
    assert signature_type(done.stdout).startswith(signature)


# Within a session

def speak(door, priority, count, action):
    """Do something so many times, then ask; returns the answer, the last result and the last alert."""
    with gnutls.Client(door, NAME.decode(), priority) as session:
        for _ in range(count):
            gnutls.must(action(session))
        session.send(client.request(NAME.decode()))
        return *session.read(), session.alert


@pytest.mark.parametrize('priority, count, action', [
    ('NORMAL', 3, gnutls.Client.update_key),
    ('NORMAL', 100, lambda session: session.send(b'')),
    (TLS_1_2_ONLY, 1, lambda session: session.warn(Alert.NO_RENEGOTIATION)),
], ids=['key updates', 'empty records', 'warning'])
def test_what_is_allowed_within_a_session_does_not_disturb_it(door, priority, count, action):
    answer, result, _ = speak(door, priority, count, action)
    assert result == 0
    assert client.parse(answer).body == TEXT


REPROACH = (gnutls.FATAL_RECEIVED, Alert.UNEXPECTED_MESSAGE)


@pytest.mark.parametrize('priority, action, ends', [
    ('NORMAL', gnutls.Client.update_key, [REPROACH]),
    ('NORMAL', lambda session: session.send(b''), [REPROACH]),
    (TLS_1_2_ONLY, lambda session: session.warn(Alert.NO_RENEGOTIATION), [REPROACH]),
], ids=['key updates', 'empty records', 'warnings'])
def test_a_flood_within_a_session_ends_it(door, priority, action, ends):
    answer, *end = speak(door, priority, 20000, action)
    assert answer == b''
    assert tuple(end) in ends


def test_renegotiation_is_declined(door):
    with gnutls.Client(door, NAME.decode(), TLS_1_2_ONLY) as session:
        assert session.shake_hands() == gnutls.WARNING_RECEIVED
        assert session.alert == Alert.NO_RENEGOTIATION
        assert session.read() == (b'', 0)
