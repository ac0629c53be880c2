# SPDX-License-Identifier: ISC
"""The watchdog is fed by fetches of the daemon's own, through each worker, and by nothing else."""
import pathlib
import subprocess
import sys

import pytest

import stall
from wait import until

SECONDS = 3
FREEZE = pathlib.Path(__file__).parent / 'freeze.py'


def start(host, notified):
    return host.start(environment={'NOTIFY_SOCKET': str(notified.path), 'WATCHDOG_USEC': str(SECONDS * 1000000)})


def counts(counters, *path):
    """The counters that are not 0."""
    for name, value in counters.items():
        if isinstance(value, dict):
            yield from counts(value, *path, name)
        elif value != 0:
            yield (*path, name, value)


@pytest.fixture
def watched(host, notified):
    host.domain('example.test')
    host.certify('example.test')
    return start(host, notified)


def test_it_is_fed_while_all_is_well(watched, notified):
    notified.wait_for('WATCHDOG=1', times=2)
    assert 'watchdog' not in watched.process.log


def test_it_is_fed_without_any_domain(host, notified):
    start(host, notified)
    notified.wait_for('WATCHDOG=1', times=2)
    assert 'watchdog' not in host.process.log


def test_it_is_fed_when_the_domain_that_was_asked_for_has_gone(watched, notified):
    notified.wait_for('WATCHDOG=1')
    (watched.domains / 'example.test.conf').unlink()
    watched.ctl('reload')
    watched.ctl('forget', 'example.test', '--force', '--yes')
    heard = len(notified.heard('WATCHDOG=1'))

    notified.wait_for('WATCHDOG=1', times=heard + 2)


def test_its_fetches_are_not_counted(watched, notified):
    notified.wait_for('WATCHDOG=1', times=3)

    assert watched.show('example.test')['fetches'] == 0
    assert list(counts(watched.get('/v1/status')['counters'])) == []


def test_it_is_fed_while_strangers_hold_every_place(host, notified):
    host.configure(max_connections=16)
    host.domain('example.test')
    host.certify('example.test')
    start(host, notified)

    with stall.at(host, 'half a request').add(16):
        stall.wait_until_open(host, 16)
        heard = len(notified.heard('WATCHDOG=1'))
        notified.wait_for('WATCHDOG=1', times=heard + 2)


def test_a_worker_that_is_stuck_starves_it(watched, notified):
    notified.wait_for('WATCHDOG=1')
    (thread,) = [task.name for task in pathlib.Path(f'/proc/{watched.process.popen.pid}/task').iterdir()
                 if (task / 'comm').read_text() == 'worker 1\n']

    with subprocess.Popen([sys.executable, FREEZE, thread], stdout=subprocess.PIPE, text=True) as freezer:
        assert freezer.stdout.readline() == 'frozen\n'
        watched.process.wait_for_line(r'watchdog, worker 1 does not answer \(no handshake\)')
        fed = len(notified.heard('WATCHDOG=1'))
        after = len(watched.process.log)
        until(lambda: 'worker 1 does not answer' in watched.process.log[after:], 'the next round to fail')

        assert len(notified.heard('WATCHDOG=1')) == fed
        watched.process.popen.kill()
    watched.process.wait()
