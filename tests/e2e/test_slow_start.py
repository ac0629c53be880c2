# SPDX-License-Identifier: ISC
"""A start on a machine that has no time for it: the service manager hears often enough that it goes on."""
import shutil

import pytest

import many
from tracing import NO_LEAKS

EXTENDED = 'EXTEND_TIMEOUT_USEC=60000000'
STATE_TAKES, FILES_TAKE = 12, 4  # seconds: more than the ten after which patience is asked for, and less


@pytest.fixture
def slow(host, needs):
    """Its disk stands still once in the middle of the state, in the look for damage, and once before a domain file."""
    needs(shutil.which('strace'), 'strace is missing')
    many.configure(host, many.names(3000))
    host.certify(many.names(1)[0])
    host.start()
    host.stop()
    many.configure(host, many.names(3001))
    host.prefix = ['strace', '-E', NO_LEAKS, '-D', '-f', '-qq', '-o', host.place / 'strace', '-P', host.state / 'mta-stsd.db',
                   '-P', host.domains / 'own.conf', '-e', 'trace=pread64,read',
                   '-e', f'inject=pread64:delay_enter={STATE_TAKES * 1000000}:when=100',
                   '-e', f'inject=read:delay_enter={FILES_TAKE * 1000000}:when=1']
    return host


def places_of(notified, assignment):
    """Where among the messages those are that say it."""
    return [place for place, lines in enumerate(notified.messages) if assignment in lines]


def test_a_start_that_waits_for_its_disk_is_waited_for(slow, notified):
    slow.spawn(environment={'NOTIFY_SOCKET': str(notified.path), 'WATCHDOG_USEC': '3000000'})
    assert notified.wait_for('READY=1')[1].startswith('STATUS=domains: 3001,')
    notified.wait_for('WATCHDOG=1', times=len(notified.heard('WATCHDOG=1')) + 2)

    asked, fed, (ready,) = (places_of(notified, said) for said in (EXTENDED, 'WATCHDOG=1', 'READY=1'))
    assert notified.messages[asked[0]] == [EXTENDED, 'STATUS=starting; what was published before is being read']
    assert asked[0] < fed[0] < ready  # the watchdog is fed while files are read, and not before
    assert asked[-1] < ready
