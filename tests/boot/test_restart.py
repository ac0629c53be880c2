# SPDX-License-Identifier: ISC
"""Nobody who connects is turned away while the service comes and goes: the sockets stay with systemd."""
import pathlib
import subprocess
import sys
import time

from load import Load
from wait import until

E2E = pathlib.Path(__file__).parent.parent / 'e2e'
ENOUGH = 200  # fetches on either side of the event


def more(load):
    """Wait until there are many fetches more."""
    goal = len(load.tries) + ENOUGH
    until(lambda: len(load.tries) >= goal, 'fetches to go on')


def test_restarts_under_load_lose_no_fetch(serving, authority):
    with Load(serving, authority, 'example.org') as load:
        more(load)
        for how in ('restart', 'try-restart', 'restart'):
            before = serving.pid()
            serving.run('systemctl', how, 'mta-stsd.service')
            assert serving.pid() not in (before, 0)
            more(load)

    assert [one.error for one in load.failed] == []


def test_a_stuck_service_is_killed_and_loses_only_whom_it_was_answering(serving, authority):
    serving.write('/etc/systemd/system/mta-stsd.service.d/soon.conf', '[Service]\nWatchdogSec=2\n')
    serving.run('systemctl', 'daemon-reload')
    serving.run('systemctl', 'restart', 'mta-stsd.service')
    stuck = serving.pid()

    with Load(serving, authority, 'example.org') as load:
        more(load)
        serving.sh('kill -STOP "$0"', str(stuck))
        until(lambda: serving.pid() not in (stuck, 0), 'the watchdog to bring a new process')
        killed = time.monotonic()
        more(load)

    # Those whom the old process had accepted are lost with it; all who wait behind them are not.
    assert [one for one in load.failed if one.began > killed] == []
    assert len(load.failed) <= 8
    assert serving.property('mta-stsd.service', 'NRestarts') == '1'
    assert 'watchdog' in serving.journal('-u', 'mta-stsd.service').lower()


def test_a_stuck_worker_is_noticed_too(serving, authority):
    serving.write('/etc/systemd/system/mta-stsd.service.d/soon.conf', '[Service]\nWatchdogSec=2\n')
    serving.run('systemctl', 'daemon-reload')
    serving.run('systemctl', 'restart', 'mta-stsd.service')
    assert serving.fetch(authority, 'example.org').status == 200
    old = serving.pid()

    with subprocess.Popen([sys.executable, E2E / 'freeze.py', serving.thread(old, 'worker 0')], stdout=subprocess.PIPE,
                          text=True) as freezer:
        assert freezer.stdout.readline() == 'frozen\n'
        until(lambda: serving.pid() not in (old, 0), 'the watchdog to bring a new process')

    assert serving.fetch(authority, 'example.org').status == 200
    assert serving.property('mta-stsd.service', 'NRestarts') == '1'
