# SPDX-License-Identifier: ISC
"""The machine's clock jumps while the daemon runs."""
import os
import re
import time

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


def said(host):
    return [complaint['text'].split('warning: ')[1] for complaint in host.get('/v1/status')['complaints'] if 'clock' in complaint['what']]


def test_a_clock_that_was_set_is_said_until_it_is_set_right(timed, clock):
    assert said(timed) == []
    clock.move(days=400)
    assert said(timed)[0].startswith('the clock was set while mta-stsd ran (forward by 34560000 s): check the clock')
    assert 'the clock was set while mta-stsd ran' in timed.ctl('status').stdout
    assert said(timed) and timed.get('/v1/status')['clock_jumps'] == 1
    clock.move(days=-410)
    assert 'back by 864000 s' in said(timed)[0]
    clock.move(days=10)
    assert said(timed) == []
    assert 'mta_stsd_clock_jumps_total 3\n' in timed.ctl('metrics').stdout
    clock.move(seconds=30)  # as corrections are
    assert said(timed) == []
    told = [line for line in timed.process.lines if line.startswith('clock, ')]
    assert [re.search('set (.*?):', line).group(1) for line in told] == [
        'forward by 34560000 s', 'back by 35424000 s', 'forward by 864000 s']


def test_a_start_says_that_the_clock_is_behind_what_was_written(host):
    host.domain(DOMAIN)
    host.start()
    host.stop()
    ahead = time.time() + 86400
    os.utime(host.state / 'lock', (ahead, ahead))
    host.start()
    assert said(host)[0].startswith('the clock shows a time before the state was written (now: ')
    assert [line for line in host.process.lines if line.startswith('clock, behind what was written last')]
    assert host.show(DOMAIN)['mode'] == 'enforce'
