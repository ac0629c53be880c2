# SPDX-License-Identifier: ISC
"""Hundreds of clients that get stuck on their way, and those who do not."""
import contextlib
import pathlib
import re

import pytest

import probe
from client import policy
from host import MTA_STSD
from stall import KINDS, at, wait_until_open
from wait import until

ENFORCE = policy('enforce', ['mail.example.test'])
NEVER_READS = 'reader that never reads'
STAYING = [kind for kind in KINDS if kind != NEVER_READS]
FETCHES = 20
QUIET_MS = 200  # on a processor in a second; a loop that spins takes 1000
MEMORY_KIB = 40
TIMEOUT, GRACE = 2, 20  # seconds; the second is for slow machines
HAS_SANITIZER = re.search(rb'__[at]san_init', pathlib.Path(MTA_STSD).read_bytes())


@pytest.fixture
def patient(host):
    """A host that closes nothing while a test looks, and whose workers have served."""
    host.configure(handshake_timeout=600, request_timeout=600)
    return serving(host)


def serving(host):
    host.domain('example.test')
    host.certify('example.test')
    host.start()
    for _ in range(FETCHES):  # each worker has served then, and has what it takes once
        host.serves('example.test', ENFORCE)
    wait_until_open(host, 0)
    return host


def settle(host, count):
    """Wait until that many connections are open, and nothing is left to do."""
    wait_until_open(host, count)
    until(lambda: probe.busy_ms([host.process.popen.pid], 0.3) < QUIET_MS, 'an idle processor')


def memory_kib(host):
    return probe.memory_kib([host.process.popen.pid])


@pytest.mark.parametrize('kind', STAYING)
def test_stalled_clients_cost_little_and_hold_nobody_up(patient, rounds, kind):
    count = rounds(500)
    before = memory_kib(patient)
    with at(patient, kind) as stalled:
        stalled.add(count)
        settle(patient, count)
        memory = memory_kib(patient) - before
        assert HAS_SANITIZER or memory <= count * MEMORY_KIB, f'{memory / count:.1f} KiB a connection'
        for _ in range(FETCHES):
            patient.serves('example.test', ENFORCE)
        wait_until_open(patient, count)
        assert stalled.closed() == []
    settle(patient, 0)


def test_readers_that_never_read_are_left_alone_with_what_they_do_not_read(patient, rounds):
    with at(patient, NEVER_READS) as stalled:
        stalled.add(rounds(500))
        for _ in range(FETCHES):
            patient.serves('example.test', ENFORCE)
        settle(patient, 0)


def test_all_stalled_clients_are_gone_by_their_deadline(host, rounds):
    host.configure(handshake_timeout=TIMEOUT, request_timeout=TIMEOUT, response_timeout=TIMEOUT)
    serving(host)
    with contextlib.ExitStack() as stack:
        stalled = {kind: stack.enter_context(at(host, kind)).add(rounds(100)) for kind in KINDS}
        host.serves('example.test', ENFORCE)
        wait_until_open(host, 0, TIMEOUT + GRACE)
        for kind in STAYING:
            assert stalled[kind].closed() == list(range(rounds(100))), kind
    host.serves('example.test', ENFORCE)
