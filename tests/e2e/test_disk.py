# SPDX-License-Identifier: ISC
"""The disk, or the machine, fails at a chosen system call of an order."""
import http.client
import shutil
import sqlite3
import subprocess

import pytest

from wait import DEADLINE, until

DOMAIN = 'example.test'


class Fault:
    """strace(1) at a running daemon, which puts a fault into its system calls until the end of the block."""

    def __init__(self, host, fault):
        self._command = ['strace', '-f', '-o', str(host.place / 'strace'), '-e', 'trace=all', '-e', f'inject={fault}',
                         '-p', str(host.process.popen.pid)]
        self._lines = host.place / 'strace.err'

    def __enter__(self):
        with open(self._lines, 'w', encoding='ascii') as lines:
            self._strace = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stderr=lines)
        until(lambda: 'attached' in self._lines.read_text(), 'strace to attach')
        return self

    def __exit__(self, *_):
        # Not politely: strace may wait for ever for a thread that its own fault has killed.
        self._strace.kill()
        self._strace.wait(DEADLINE)


def published(host):
    row = host.show(DOMAIN)
    host.serves(DOMAIN, row['policy'].encode())
    return {key: row[key] for key in ('mode', 'max_age', 'id')}


def order(host, max_age):
    """Give an order; returns its status and answer, or None when the daemon died before it answered."""
    try:
        return host.api('POST', '/v1/switch', {'mode': 'none', 'domains': [DOMAIN], 'max_age': max_age})
    except (OSError, ValueError, http.client.HTTPException):
        return None


@pytest.fixture
def traced(example, needs_root, needs):
    needs(shutil.which('strace'), 'strace is missing')
    return example


def kill_at(host, call, number, before):
    """Kill the daemon at one system call of an order; returns what is served then, or None when it never came to it."""
    max_age = before['max_age'] % 100000 + 1
    with Fault(host, f'{call}:signal=KILL:when={number}'):
        answer = order(host, max_age)
    if answer and host.answers():  # else the kill came behind the answer
        return None
    host.process.wait()
    host.start()

    after = published(host)
    if answer:
        assert after == answer[1]['changes'][0]['after']
    assert after == before or after['max_age'] == max_age
    return after


# What an order is made of: its request, locks and the log of the database, the answer.
@pytest.mark.parametrize('call, least', [('recvfrom', 1), ('fcntl', 5), ('pwrite64', 8), ('fdatasync', 1),
                                         ('sendto,sendmsg,write,writev', 1)])
def test_a_kill_at_any_system_call_of_an_order_loses_nothing_acknowledged(traced, call, least):
    before = published(traced)
    killed = 0
    while killed < 100:
        after = kill_at(traced, call, killed + 1, before)
        if not after:
            break
        killed += 1
        before = after
    assert least <= killed < 100


def test_a_sync_that_fails_once_is_made_good(traced):
    with Fault(traced, 'fdatasync,fsync:error=EIO:when=1'):
        status, answer = order(traced, 1234)

    after = published(traced)
    if status == 200:
        assert after == answer['changes'][0]['after']
    else:
        assert (answer['error']['code'], after['mode']) == ('not_written', 'enforce')
    traced.stop()
    traced.start()
    assert published(traced) == after


def test_a_disk_that_cannot_be_written_changes_nothing(traced):
    before = published(traced)
    with Fault(traced, 'pwrite64:error=EIO'):
        status, answer = order(traced, 1234)
        assert (status, answer['error']['code']) in ((500, 'not_written'), (500, 'unknown'))
        assert published(traced) == before
    assert traced.ctl('none', DOMAIN).returncode == 0
    assert published(traced)['mode'] == 'none'


def test_files_that_cannot_be_looked_at_are_not_called_gone(traced):
    with Fault(traced, 'newfstatat,stat,statx:error=EIO'):
        status, answer = order(traced, 1234)
        assert (status, answer['error']['code']) == (500, 'not_written')
        assert f'{traced.state} cannot be looked at' in traced.process.log
        assert 'is gone' not in traced.process.log
    until(lambda: traced.get('/v1/status')['store'] == 'ok', 'the store to be readable')
    assert order(traced, 1234)[0] == 200


def test_syncs_that_go_on_failing_are_called_unknown_and_cleared_up_later(traced):
    before = published(traced)
    with Fault(traced, 'fdatasync,fsync:error=EIO'):
        run = traced.ctl('none', DOMAIN, '--max-age', 1234, status=3)
        assert 'unknown' in run.stderr
        assert published(traced) == before
        assert traced.get('/v1/status')['store'] == 'doubtful'

    # The disk is well again: the daemon finds out by itself what it holds, and serves that.
    until(lambda: traced.get('/v1/status')['store'] == 'ok', 'the store to be readable')
    after = published(traced)
    assert after == before or after['max_age'] == 1234
    traced.stop()
    traced.start()
    assert published(traced) == after


def test_beside_a_reader_of_the_database_a_no_is_a_no(traced):
    """Somebody backs the database up while a sync fails: what was written before must not come to life after a crash."""
    before = published(traced)
    reader = sqlite3.connect(f'file:{traced.state}/mta-stsd.db?mode=ro', uri=True, isolation_level=None)
    reader.execute('BEGIN')
    reader.execute('SELECT count(*) FROM revision').fetchone()
    with Fault(traced, 'fdatasync,fsync:error=EIO:when=1'):
        status, answer = order(traced, 5555)
    traced.process.kill()
    reader.close()
    traced.start()

    after = published(traced)
    if status == 200:
        assert after == answer['changes'][0]['after']
    elif answer['error']['code'] == 'not_written':
        assert after == before
    else:
        assert answer['error']['code'] == 'unknown'
