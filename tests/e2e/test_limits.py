# SPDX-License-Identifier: ISC
"""More clients than there is room for."""
import resource
import time

import pytest

import probe
from client import policy
from stall import at, wait_until_open
from wait import until

ENFORCE = policy('enforce', ['mail.example.test'])
NONE = policy('none', (), 86400)
STRANGERS = ['silent', 'half a ClientHello', 'whole ClientHello']  # have not shaken hands
QUIET_MS = 200  # on a processor in a second
PLACES = 64
SHARE = 64  # of one client, if the configuration says nothing
NO_DESCRIPTORS = 'not accepted for a moment'


def serving(host, **settings):
    """A host that does not tire of those who stall."""
    host.configure(**{'handshake_timeout': 600, 'request_timeout': 600, **settings})
    host.domain('example.test')
    host.certify('example.test')
    return host.start()


def assert_calm(host, line):
    """No spinning, which takes 1000 ms of a second, and not a line for each one who comes."""
    pids = [host.process.popen.pid]
    first = probe.busy_ms(pids, 2)
    assert 1 <= host.process.log.count(line) <= 5
    until(lambda: first < QUIET_MS or probe.busy_ms(pids, 1) < QUIET_MS, 'an idle processor')


@pytest.mark.parametrize('kind', STRANGERS)
def test_when_all_places_are_taken_the_oldest_stranger_goes_first(host, kind):
    serving(host, workers=1, max_connections=PLACES)  # another worker would have an oldest of its own
    with at(host, 'half a request') as known, at(host, kind) as strangers:
        known.add(10)
        strangers.add(PLACES - 10)
        wait_until_open(host, PLACES)

        host.serves('example.test', ENFORCE)
        assert strangers.closed() == [0]

        wait_until_open(host, PLACES - 1)
        strangers.add(8)
        until(lambda: strangers.closed() == list(range(8)), lambda: f'the first 8 to go, not {strangers.closed()}')
        assert known.closed() == []


@pytest.mark.parametrize('kind', STRANGERS)
def test_a_flood_of_strangers_keeps_nobody_out(host, kind):
    serving(host, max_connections=PLACES)
    with at(host, kind) as strangers:
        strangers.add(2 * PLACES)
        for _ in range(10):
            strangers.add(PLACES // 2)
            host.serves('example.test', ENFORCE)
        with_share = PLACES + PLACES // 2  # of a worker that had none to close
        assert host.get('/v1/status')['connections']['open'] <= with_share


def test_one_ipv4_address_cannot_take_the_places_of_others(host):
    serving(host)
    with at(host, 'silent') as hog, at(host, 'silent') as neighbours:
        hog.add(SHARE + 36, lambda _: '127.9.9.9')
        until(lambda: len(hog.closed()) == 36, lambda: f'36 to be refused, not {len(hog.closed())}')
        neighbours.add(SHARE, lambda _: '127.9.9.10')
        host.serves('example.test', ENFORCE)
        wait_until_open(host, 2 * SHARE)

        hog.leave()
        wait_until_open(host, SHARE)
        hog.add(SHARE, lambda _: '127.9.9.9')
        wait_until_open(host, 2 * SHARE)
        assert (hog.closed(), neighbours.closed()) == ([], [])


def test_one_ipv6_network_cannot_take_the_places_of_others(host, namespace):
    """A /64 is what one customer has; whoever connects to a local address comes from that one."""
    namespace.add(*(f'fd00:0:0:1::{one}' for one in range(1, 5)), 'fd00:0:0:2::1', 'fd00:0:0:3::1')
    host.prefix = namespace.enter
    host.inside = namespace.inside
    serving(host, listen=['[fd00:0:0:3::1]:443'])
    with at(host, 'silent') as hog, at(host, 'silent') as neighbours:
        namespace.inside(hog.add, SHARE + 36, lambda number: f'fd00:0:0:1::{number % 4 + 1}')
        until(lambda: len(hog.closed()) == 36, lambda: f'36 to be refused, not {len(hog.closed())}')
        namespace.inside(neighbours.add, SHARE, lambda _: 'fd00:0:0:2::1')
        host.serves('example.test', ENFORCE)
        wait_until_open(host, 2 * SHARE)
        assert neighbours.closed() == []


def test_of_few_descriptors_some_are_kept_for_the_operator(host):
    """At a limit of 100 open files there is no place for 200; strangers go first, and those who have to wait do."""
    host.prefix = ['prlimit', '--nofile=100:100']
    serving(host, workers=1)  # another worker would have an oldest of its own
    with at(host, 'half a request') as known, at(host, 'silent') as strangers:
        known.add(30)
        until(lambda: sum(host.get('/v1/status')['counters']['tls_handshakes_total'].values()) == 30,
              'the handshakes to be over on both sides')
        strangers.add(170)
        assert_calm(host, 'others need the place')
        host.serves('example.test', ENFORCE)
        host.ctl('none', 'example.test')
        host.serves('example.test', NONE)
        assert known.closed() == []


def test_without_any_descriptor_nothing_spins_and_all_goes_on_when_there_are_some(host):
    """Such as when the administrator lowers the limit, or the machine has no more."""
    serving(host)
    pid = host.process.popen.pid
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (probe.descriptors([pid]) + 30, 4096))
    with at(host, 'half a request') as known, at(host, 'silent') as strangers:
        known.add(20)
        strangers.add(100)
        order = host.spawn_ctl('none', 'example.test')
        host.process.wait_for_line(NO_DESCRIPTORS)
        assert_calm(host, NO_DESCRIPTORS)
        left = time.monotonic()
    host.serves('example.test', NONE)
    assert order.wait() == 0
    assert time.monotonic() - left < 10
