# SPDX-License-Identifier: ISC
"""Birth, change and death: signals, systemd's protocols, exit codes."""
import fcntl
import os
import signal
import socket
import subprocess

import pytest

import client
from client import Connection, policy
from host import MTA_STSD
from wait import DEADLINE, until

NAME = 'mta-sts.example.test'
ENFORCE = policy('enforce', ['mail.example.test'])


@pytest.fixture
def configured(host):
    host.domain('example.test')
    host.certify('example.test')
    host.configure()
    return host


def test_sigterm_ends_it_with_0_and_takes_the_socket_away(example):
    example.stop()
    assert not example.socket.exists()


def test_sigint_ends_it_with_0(example):
    example.process.popen.send_signal(signal.SIGINT)
    assert example.process.wait() == 0


def test_a_request_in_flight_is_finished_after_sigterm(configured, notified):
    configured.start(environment={'NOTIFY_SOCKET': str(notified.path)})
    data = client.request(NAME)
    with Connection(configured.addresses[0], NAME, configured.authority) as connection:
        connection.send(data[:20])
        configured.process.popen.send_signal(signal.SIGTERM)
        notified.wait_for('STOPPING=1')
        connection.send(data[20:])
        answer = connection.read()
    assert (answer.status, answer.body) == (200, ENFORCE)
    assert configured.process.wait() == 0


def test_a_client_that_never_ends_does_not_keep_it_alive(example):
    with Connection(example.addresses[0], NAME, example.authority) as connection:
        connection.send(b'GET ')
        example.stop()


def test_sighup_reloads(example):
    example.domain('example.test', mode='testing')
    example.process.popen.send_signal(signal.SIGHUP)
    until(lambda: example.show('example.test')['mode'] == 'testing', 'the reload')
    example.serves('example.test', policy('testing', ['mail.example.test']))
    example.file('example.test.conf', 'mode = ')
    example.process.popen.send_signal(signal.SIGHUP)
    example.process.wait_for_line(r'/example\.test\.conf:\d+: ')
    example.serves('example.test', policy('testing', ['mail.example.test']))


def test_systemd_is_told_ready_reloading_and_stopping(configured, notified):
    configured.start(environment={'NOTIFY_SOCKET': str(notified.path)})
    ready = notified.wait_for('READY=1')
    assert any(line.startswith('STATUS=') for message in notified.messages for line in message), ready

    configured.ctl('reload')
    reloading = notified.wait_for('RELOADING=1')
    assert any(line.startswith('MONOTONIC_USEC=') and line.partition('=')[2].isdigit() for line in reloading)
    notified.wait_for('READY=1', times=2)

    configured.stop()
    notified.wait_for('STOPPING=1')


def test_the_watchdog_is_fed_only_when_asked_for(configured, notified):
    configured.start(environment={'NOTIFY_SOCKET': str(notified.path), 'WATCHDOG_USEC': '200000'})
    notified.wait_for('WATCHDOG=1', times=5)
    configured.stop()
    heard = len([message for message in notified.messages if 'WATCHDOG=1' in message])
    configured.start(environment={'NOTIFY_SOCKET': str(notified.path)})
    configured.stop()
    notified.wait_for('STOPPING=1', times=2)
    assert len([message for message in notified.messages if 'WATCHDOG=1' in message]) == heard


def told_of_sockets(host):
    """The settings that systemd's sockets stand in for, and what to do instead."""
    return [(told['value'], told['instead']) for told in host.get('/v1/status')['complaints']
            if told['what'] == 'setting is not used, since systemd passes the sockets']


def test_sockets_of_systemd_are_used_by_name(configured):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control, socket.create_server(('127.0.0.1', 0)) as one, \
            socket.create_server(('::1', 0), family=socket.AF_INET6) as other:
        control.bind(str(configured.socket))
        control.listen(16)
        configured.configure(listen=['192.0.2.1:443'])  # nobody's address: would fail if it were used
        configured.start_activated([('https', one), ('control', control), ('https', other)])
        for sock in (one, other):
            assert client.fetch(sock.getsockname()[:2], configured.authority, 'example.test').body == ENFORCE
        assert told_of_sockets(configured) == [('listen',
                                                'remove it; to listen elsewhere, systemctl edit mta-stsd.socket')]
        configured.configure(listen=['%s:%d' % one.getsockname(), '[%s]:%d' % other.getsockname()[:2]])
        configured.ctl('reload')
        assert told_of_sockets(configured) == []
        configured.configure(listen=['127.0.0.1:1'])
        configured.ctl('reload')
        assert [name for name, _ in told_of_sockets(configured)] == ['listen']
        assert 'restart mta-stsd' not in configured.process.log
        configured.stop()
        assert configured.socket.exists()  # it is systemd's


def test_an_address_that_is_taken_ends_it_with_a_message(configured):
    with socket.create_server(('127.0.0.1', 0)) as taken:
        text = '127.0.0.1:%d' % taken.getsockname()[1]
        configured.configure(listen=[text])
        done = configured.check()
    assert done.returncode == 71
    assert text in done.stderr


def test_a_state_that_cannot_be_made_ends_it_with_a_message(configured):
    configured.state.rmdir()
    configured.state.write_text('no directory\n')
    done = configured.check()
    assert done.returncode in (71, 73, 74)
    assert str(configured.state) in done.stderr


def test_version_and_help_are_told(configured):
    for option, word in (('--version', 'mta-stsd'), ('--help', '--check')):
        done = configured.check(option)
        assert done.returncode == 0
        assert word in done.stdout


def test_a_check_changes_nothing_and_takes_no_order(configured):
    for option in '--backup', '--restore':
        done = configured.check('--check', option, configured.place / 'other')
        assert (done.returncode, done.stdout) == (64, '')
        assert "mta-stsd: '--check' goes neither with --backup nor with --restore" in done.stderr
    assert not (configured.place / 'other').exists()


def test_an_empty_or_missing_value_is_told_what_it_has_to_be(configured):
    for option, what in (('--backup', 'the name of a directory'), ('--restore', 'the name of a backup'),
                         ('--config', 'the name of a file'), ('--keep', 'how many backups to keep')):
        for value in [''], []:
            done = configured.check(option, *value)
            assert (done.returncode, done.stdout) == (64, '')
            assert f"mta-stsd: '{option}' needs {what}" in done.stderr and done.stderr.count('\n') == 1


def test_it_starts_without_a_domain_and_without_a_certificate(host):
    host.start()
    assert host.get('/v1/status')['domains']['total'] == 0


def test_half_a_thousand_idle_clients_do_not_keep_a_sender_out(host):
    host.configure(max_connections=100, max_connections_per_client=1000)
    host.domain('example.test')
    host.certify('example.test')
    host.start()
    idle = []
    try:
        for _ in range(500):
            idle.append(socket.create_connection(host.addresses[0], timeout=DEADLINE))
        host.serves('example.test', ENFORCE)
    finally:
        for sock in idle:
            sock.close()


def test_a_reader_of_the_log_who_stops_to_read_stops_nobody(configured):
    """Standard error is a pipe that nobody empties."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, 1031, 4096)  # F_SETPIPE_SZ: one page
    process = subprocess.Popen([MTA_STSD, '--config', configured.conf], stdin=subprocess.DEVNULL, stderr=writer)
    try:
        until(configured.socket.exists, 'the control socket')
        for number in range(60):
            configured.file(f'bad{number}.example.conf', 'mode = "enforced";')
        configured.ctl('reload', status=1)
        assert configured.show('example.test')['mode'] == 'enforce'
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
    finally:
        process.kill()
        process.wait()
        os.close(writer)
        os.close(reader)


def test_a_sighup_beside_a_sigterm_does_not_keep_the_stop_waiting(example):
    """Both are pending when the daemon looks: it must not begin to read all files now."""
    for number in (signal.SIGSTOP, signal.SIGHUP, signal.SIGTERM, signal.SIGCONT):
        example.process.popen.send_signal(number)
    assert example.process.wait() == 0
    assert 'reload' not in example.process.log


def test_after_the_stop_was_ordered_nobody_waits_for_the_control_socket(configured, notified):
    configured.start(environment={'NOTIFY_SOCKET': str(notified.path)})
    data = client.request(NAME)
    with Connection(configured.addresses[0], NAME, configured.authority) as connection:
        connection.send(data[:20])
        configured.process.popen.send_signal(signal.SIGTERM)
        notified.wait_for('STOPPING=1')
        until(lambda: not configured.socket.exists(), 'the control socket to go')
        assert 'running' in configured.ctl('none', 'example.test', status=1).stderr
        connection.send(data[20:])  # and the workers are still at it
        assert connection.read().status == 200
    assert configured.process.wait() == 0


def test_a_daemon_that_does_not_answer_is_told_of_while_it_is_waited_for(example):
    example.process.popen.send_signal(signal.SIGSTOP)
    try:
        asking = example.spawn_ctl('list')
        asking.wait_for_line('waiting for mta-stsd: it does not answer yet; .*journalctl -u mta-stsd')
        assert asking.runs
    finally:
        example.process.popen.send_signal(signal.SIGCONT)
    assert asking.wait() == 0, asking.log
    assert asking.log.count('waiting for') == 1
