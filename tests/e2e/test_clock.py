# SPDX-License-Identifier: ISC
"""The machine's clock jumps while the daemon runs."""
import pytest

from client import Connection, request

DOMAIN = 'example.test'
NAME = 'mta-sts.' + DOMAIN


@pytest.fixture
def timed(clock, host):
    host.prefix = clock.enter
    host.domain(DOMAIN)
    host.certify(DOMAIN, days=30)
    return host.start()


def id_at(time):
    return ''.join(filter(str.isdigit, time))


def test_ids_and_times_follow_the_clock(timed, clock):
    for mode in ('none', 'testing', 'reset'):
        clock.move(days=3, seconds=7)
        timed.ctl(mode, DOMAIN)
        row = timed.show(DOMAIN)
        assert (row['published_at'], row['id']) == (clock.text(), id_at(clock.text()))


def test_a_clock_that_was_set_back_makes_no_id_smaller(timed, clock):
    clock.move(days=10)
    timed.ctl('none', DOMAIN)
    highest = int(timed.show(DOMAIN)['id'])
    clock.move(days=-11)
    for number, mode in enumerate(('testing', 'none', 'reset'), 1):
        timed.ctl(mode, DOMAIN)
        assert int(timed.show(DOMAIN)['id']) == highest + number


def test_deadlines_do_not_follow_the_clock(timed, clock):
    """A connection that is under way when the clock jumps a day is served, and so is the next."""
    for days in (1, -1):
        with Connection(timed.addresses[0], NAME, timed.authority) as connection:
            clock.move(days=days)
            timed.reload()
            connection.send(request(NAME))
            assert connection.read().status == 200
        assert timed.fetch(DOMAIN).status == 200
