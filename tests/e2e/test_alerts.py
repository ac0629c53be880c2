# SPDX-License-Identifier: ISC
"""After a fatal alert, whoever sent it, there is the end of the stream and nothing else; and a client's alert is known as one."""
import shutil
import socket
import ssl

import pytest

import client
import gnutls
import hello as tls
from client import policy
from conftest import new_place
from hello import Alert, Content, Wire, record
from host import Host
from tls_cases import ASK, CCS, GOOD_12, GOOD_13
from wait import DEADLINE, until

TEXT = policy('enforce', ['mail.example.test'])
NAME = 'mta-sts.example.test'
TLS_1_3 = 'NORMAL:-VERS-ALL:+VERS-TLS1.3'
TLS_1_2 = 'NORMAL:-VERS-ALL:+VERS-TLS1.2'
OF_VERSION = {GOOD_13: '1.3', GOOD_12: '1.2', ASK: '1.3, asked again'}


@pytest.fixture(scope='module')
def running(authority):
    """One daemon for all, with deadlines so late that nothing ends by them, and a line for everything."""
    host = Host(new_place(), authority)
    host.configure(handshake_timeout=600, request_timeout=600, max_log_lines=100000)
    host.domain('example.test')
    host.certify('example.test')
    yield host.start()
    host.clean_up()
    shutil.rmtree(host.place)


@pytest.fixture
def door(running):
    """Where strangers knock; after each of them an honest client must be served."""
    yield running.addresses[0]
    running.serves('example.test', TEXT)


@pytest.fixture
def counted(running):
    """Wait until one more handshake has failed for a reason, and for its line."""
    def failures():
        return running.get('/v1/status')['counters']['tls_handshake_failures_total']
    before, lines = failures(), len(running.process.lines)

    def wait(reason, words):
        until(lambda: failures()[reason] == before[reason] + 1, lambda: f'one more {reason}: {before}, {failures()}')
        assert {**failures(), reason: before[reason]} == before
        running.process.wait_for_line(rf'handshake failed \({words}\)', lines)
    return wait


def alert(*content, version=tls.TLS_1_2):
    return record(bytes(content), Content.ALERT, version)


def answered(wire):
    """As far as the server goes before it waits for its client."""
    return wire.has(tls.Message.SERVER_HELLO_DONE) or any(kind == Content.APPLICATION_DATA for kind, _ in wire.records) \
        or any(body[2:34] == tls.RETRY for _, body in wire.messages)


def said_after(door, before, data):
    """What comes after the flight for a ClientHello, until the orderly end."""
    with Wire(door) as wire:
        wire.send(before)
        had = len(wire.read_until(answered).records)
        wire.send(data)
        return [(kind, content if kind == Content.ALERT else len(content))
                for kind, content in wire.read_to_end().records[had:]]


UNKNOWN_CA = alert(tls.FATAL, Alert.UNKNOWN_CA)


@pytest.mark.parametrize('before', OF_VERSION, ids=OF_VERSION.values())
@pytest.mark.parametrize('data, words', [
    (UNKNOWN_CA, "client's alert: CA is unknown"),
    (alert(tls.FATAL, Alert.BAD_CERTIFICATE), "client's alert: Certificate is bad"),
    (alert(tls.FATAL, 200), "client's alert: number 200"),
    (alert(tls.FATAL, Alert.CLOSE_NOTIFY), "client's alert: Close notify"),
    (UNKNOWN_CA + UNKNOWN_CA, "client's alert: CA is unknown"),
    (UNKNOWN_CA + record(bytes(40), Content.APPLICATION_DATA, tls.TLS_1_2), "client's alert: CA is unknown"),
], ids=['unknown_ca', 'bad_certificate', 'unknown alert', 'close_notify', 'twice', 'with more behind it'])
def test_a_fatal_alert_in_clear_is_counted_and_not_answered(door, counted, before, data, words):
    assert said_after(door, before, data) == []
    counted('client_alert', words)


@pytest.mark.parametrize('data, words', [
    (alert(tls.WARNING, Alert.BAD_CERTIFICATE), "client's alert: Certificate is bad"),
    (alert(tls.WARNING, Alert.USER_CANCELED) + alert(tls.WARNING, Alert.CLOSE_NOTIFY), "client's alert: User canceled"),
    (CCS + UNKNOWN_CA, "client's alert: CA is unknown"),
    (alert(tls.FATAL, Alert.UNKNOWN_CA, version=tls.TLS_1_0), "client's alert: CA is unknown"),
    (alert(tls.FATAL, Alert.UNKNOWN_CA, version=tls.TLS_1_3), "client's alert: CA is unknown"),
], ids=['warning', 'canceled', 'after a change of cipher', 'record of TLS 1.0', 'record of TLS 1.3'])
def test_under_tls_1_3_every_alert_but_one_is_fatal(door, counted, data, words):
    assert said_after(door, GOOD_13, data) == []
    counted('client_alert', words)


def test_an_alert_in_clear_may_come_byte_by_byte(door, counted):
    with Wire(door) as wire:
        wire.send(GOOD_13)
        had = len(wire.read_until(answered).records)
        wire.send(UNKNOWN_CA, 1)
        assert wire.read_to_end().records[had:] == []
    counted('client_alert', "client's alert: CA is unknown")


@pytest.mark.parametrize('before, goodbye', [
    (GOOD_13, (Content.APPLICATION_DATA, 19)),
    (GOOD_12, (Content.ALERT, bytes([tls.WARNING, Alert.CLOSE_NOTIFY]))),
    (ASK, (Content.ALERT, bytes([tls.WARNING, Alert.CLOSE_NOTIFY]))),
], ids=OF_VERSION.values())
def test_a_client_that_closes_in_the_handshake_gets_one_close_notify(door, counted, before, goodbye):
    assert said_after(door, before, alert(tls.WARNING, Alert.CLOSE_NOTIFY)) == [goodbye]
    counted('client_gone', 'client gave up')


@pytest.mark.parametrize('content', [b'', b'\2', b'\2\x30\0', b'\1\x5a\2\x30', b'\0\x30', b'\3\x30'],
                         ids=['empty', 'half', 'a byte behind it', 'two', 'level 0', 'level 3'])
def test_what_is_no_alert_under_tls_1_3_is_a_broken_record(door, counted, content):
    assert said_after(door, GOOD_13, alert(*content)) == [(Content.APPLICATION_DATA, 19)]
    counted('malformed', '.*')


@pytest.mark.parametrize('content', [b'', b'\2'], ids=['empty', 'half'])
def test_what_is_no_alert_under_tls_1_2_gets_one_alert(door, counted, content):
    assert said_after(door, GOOD_12, alert(*content)) == [
        (Content.ALERT, bytes([tls.FATAL, Alert.UNEXPECTED_MESSAGE]))]
    counted('malformed', '.*')


def test_a_flood_of_warnings_gets_one_alert(door, counted):
    assert said_after(door, GOOD_12, alert(tls.WARNING, Alert.UNRECOGNIZED_NAME) * 100) == [
        (Content.ALERT, bytes([tls.FATAL, Alert.UNEXPECTED_MESSAGE]))]
    counted('malformed', 'too many warnings')


@pytest.mark.parametrize('version', [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_that_does_not_know_our_authority_is_counted_as_such(door, counted, version):
    """OpenSSL says so in clear, under TLS 1.3, too."""
    context = ssl.create_default_context()
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(door, DEADLINE) as plain:
        with pytest.raises(ssl.SSLCertVerificationError):
            context.wrap_socket(plain, server_hostname=NAME)
    counted('client_alert', "client's alert: CA is unknown")


# In the request, where all is sealed: a record of an alert has 19 bytes under TLS 1.3 and 26 under 1.2.

def sealed_after(door, priority, action):
    """The types and lengths of what comes after something was done within a session, until the end of the stream."""
    with gnutls.Client(door, NAME, priority) as session:
        action(session)
        return [(kind, len(content)) for kind, content in Wire(door, session.detach()).read_to_end().records]


def flood(action, count=20000):
    def act(session):
        for _ in range(count):
            if action(session) < 0:
                return
    return act


@pytest.mark.parametrize('priority', [TLS_1_3, TLS_1_2], ids=['1.3', '1.2'])
@pytest.mark.parametrize('level, description', [
    (tls.FATAL, Alert.UNKNOWN_CA),
    (tls.FATAL, Alert.CLOSE_NOTIFY),
])
def test_a_fatal_alert_within_a_session_is_not_answered(door, priority, level, description):
    assert sealed_after(door, priority, lambda session: session.alarm(level, description)) == []


def test_a_warning_within_a_session_of_tls_1_3_is_fatal(door):
    assert sealed_after(door, TLS_1_3, lambda session: session.alarm(tls.WARNING, Alert.UNKNOWN_CA)) == []


@pytest.mark.parametrize('priority, size', [(TLS_1_3, 19), (TLS_1_2, 26)], ids=['1.3', '1.2'])
def test_close_notify_within_a_session_is_answered_once(door, priority, size):
    ((_, length),) = sealed_after(door, priority, lambda session: session.alarm(tls.WARNING, Alert.CLOSE_NOTIFY))
    assert length == size


@pytest.mark.parametrize('priority, action, size', [
    (TLS_1_3, lambda session: session.send(b''), 19),
    (TLS_1_2, lambda session: session.alarm(tls.WARNING, Alert.NO_RENEGOTIATION), 26),
], ids=['empty records', 'warnings'])
def test_our_fatal_alert_within_a_session_is_our_last_word(door, priority, action, size):
    ((_, length),) = sealed_after(door, priority, flood(action))
    assert length == size


@pytest.mark.parametrize('priority, size', [(TLS_1_3, 19), (TLS_1_2, 26)], ids=['1.3', '1.2'])
def test_a_broken_record_within_a_session_gets_one_alert(door, priority, size):
    def act(session):
        session.detach().sendall(record(bytes(40), Content.APPLICATION_DATA, tls.TLS_1_2))
    ((_, length),) = sealed_after(door, priority, act)
    assert length == size


def test_an_alert_in_clear_within_a_session_is_a_broken_record(door):
    def act(session):
        session.detach().sendall(UNKNOWN_CA)
    ((_, length),) = sealed_after(door, TLS_1_3, act)
    assert length == 19


def test_a_request_after_all_this_is_answered(door):
    with gnutls.Client(door, NAME) as session:
        session.send(client.request(NAME))
        answer, result = session.read()
    assert (client.parse(answer).body, result) == (TEXT, 0)
