# SPDX-License-Identifier: ISC
"""A domain is taken down: from enforce over none to nothing, and never a moment too early."""
import datetime
import re
import shutil

import pytest

from client import policy
from clock import parse
from dns_world import NS1, NS2
from wait import until

DOMAIN = 'example.test'
DAY, HOUR = 86400, 3600
WEEK = 7 * DAY
ENFORCE = policy('enforce', ['mx.example.test'], WEEK)
NONE = policy('none', (), DAY)


class Way:
    """The operator and his domain on the way."""

    def __init__(self, site, world, clock):
        self.site, self.world, self.clock = site, world, clock

    def begin(self, max_age=WEEK):
        """In enforce, as it was for long."""
        self.site.domain(DOMAIN, mx=['mx.' + DOMAIN], max_age=max_age)
        self.site.certify(DOMAIN, days=800)
        self.site.start()
        self.site.was_nobodys(DOMAIN)
        self.publish()

    def restart(self):
        self.site.stop()
        self.site.start()

    def crash(self):
        self.site.process.kill()
        self.site.start()

    def show(self):
        return self.site.show(DOMAIN)

    def safe_at(self):
        when = self.show()['retirement']['safe_at']
        return parse(when) if when else None

    def publish(self, at=None, **more):
        """Put the record that belongs to what is served into DNS."""
        self.world.txt(DOMAIN, self.show()['txt']['value'], at=at, **more)

    def look(self, right=True):
        return self.site.ctl('dns', DOMAIN, status=0 if right else 1).stdout

    def fetch(self, text):
        """Somebody fetches the policy, and it is counted."""
        before = self.show()['fetches']
        self.site.serves(DOMAIN, text)
        until(lambda: self.show()['fetches'] == before + 1, 'the fetch to be counted')

    def stands(self, state, text, next_step):
        """Whoever asks, and however, hears the same."""
        retirement = self.show()['retirement']
        assert (retirement['state'], retirement['text']) == (state, text)
        assert next_step in retirement['next']
        for command in ['status'], ['list', '--retiring'], ['show', DOMAIN]:
            told = ' '.join(self.site.ctl(*command).stdout.split())
            assert (state if command[0] == 'list' else text) in told, command
        # Who has to wait only finds that out by asking for the domain.
        for command in [['show', DOMAIN]] + [['status']] * (state != 'draining'):
            assert next_step in ' '.join(self.site.ctl(*command).stdout.split()), command
        counts = self.site.get('/v1/status')['retiring']
        assert counts[state] == 1
        assert [row['domain'] for row in counts['domains']] == [DOMAIN]

    def refuses_to_forget(self, *words):
        done = self.site.ctl('forget', DOMAIN, '--yes', status=1)
        assert all(word in done.stderr for word in words), done.stderr
        assert self.show()['mode'] == 'none'

    def drained(self):
        """The moment after the horizon."""
        self.clock.set(self.show()['retirement']['safe_at'])


@pytest.fixture
def way(site, world, clock):
    return Way(site, world, clock)


@pytest.fixture
def draining(way):
    """An enforce policy of seven days that was fetched, replaced, and is seen nowhere any more."""
    way.begin()
    way.look()
    way.fetch(ENFORCE)
    way.clock.move(hours=1)
    way.site.ctl('none', DOMAIN)
    way.clock.move(minutes=10)
    way.publish()
    way.look()
    assert way.show()['retirement']['state'] == 'draining'
    return way



def after(when, span):
    return parse(when) + datetime.timedelta(seconds=span)


def test_the_whole_way_from_enforce_to_nothing(way):
    site, world, clock = way.site, way.world, way.clock
    way.begin()
    way.fetch(ENFORCE)
    fetched = clock.text()
    assert way.show()['retirement'] is None
    assert DOMAIN not in site.ctl('list', '--retiring').stdout
    site.ctl('forget', DOMAIN, '--yes', status=1)
    old = way.show()['id']

    clock.move(hours=1)
    done = site.ctl('none', DOMAIN, '--reason', 'moved to another house').stdout
    assert way.show()['txt']['value'] in done
    site.serves(DOMAIN, NONE)
    way.stands('publishing', 'publishing', f'mta-stsctl dns {DOMAIN}')
    way.refuses_to_forget('nobody looked into DNS')
    assert way.show()['retirement']['safe_at'] is None

    clock.move(minutes=1)
    way.publish(at=[NS1])
    told = way.look(right=False)
    assert 'old id' in told and NS2 in told
    way.stands('waiting', f'waiting for DNS (old id still at {NS2})', f'mta-stsctl dns {DOMAIN}')
    way.refuses_to_forget('DNS')
    site.ctl('wait', DOMAIN, '--until', 'dns', '--timeout', '1', status=1)

    clock.move(minutes=1)
    seen = clock.text()
    way.publish()
    site.ctl('wait', DOMAIN, '--until', 'dns', '--timeout', '30')
    way.look()
    row = way.show()
    assert (row['dns']['verdict'], row['dns']['seen_since']) == ('right', seen)
    # The old record was seen once, with a TTL of five minutes.
    end = clock.text(seconds=300 + WEEK + HOUR)
    assert row['retirement']['safe_at'] == end
    assert row['retirement']['wait'] == WEEK + HOUR
    assert row['retirement']['held'] == {'id': old, 'mode': 'enforce', 'max_age': WEEK, 'last_served_at': fetched,
                                             'foreign': False, 'elsewhere': False, 'unknown_before': False}
    way.stands('draining', f'draining until {end} (enforce, 7 days, last fetched {fetched})', 'keep')
    timeline = site.ctl('show', DOMAIN).stdout
    assert re.search(rf'enforce +7 days +id {old} +served 1 time.*\n.*\n.* none +1 day +id {row["id"]} .*\n'
                     r'.* until .*\n.* safe to remove\n', timeline), timeline
    way.refuses_to_forget(end)
    site.ctl('wait', DOMAIN, '--until', 'safe', '--timeout', '1', status=1)

    clock.set(end)
    clock.move(seconds=-1)
    way.look()
    assert way.show()['retirement']['state'] == 'draining'
    way.refuses_to_forget(end)
    clock.move(seconds=1)
    assert way.show()['retirement']['state'] == 'confirming'
    assert 'confirming' in site.ctl('show', DOMAIN).stdout
    way.refuses_to_forget('DNS')
    clock.move(minutes=1)
    way.look()
    way.stands('safe', 'safe to remove', f'mta-stsctl forget {DOMAIN}')
    site.ctl('wait', DOMAIN, '--until', 'safe', '--timeout', '30')

    # Its file would bring it back: never forgotten before that is gone.
    named = site.domains / f'{DOMAIN}.conf'
    for force in [], ['--force']:
        assert str(named) in site.ctl('forget', DOMAIN, '--yes', *force, status=1).stderr
    named.unlink()
    site.reload()
    site.serves(DOMAIN, NONE)
    way.stands('safe', 'safe to remove', f'mta-stsctl forget {DOMAIN}')
    site.ctl('forget', DOMAIN, '--dry-run')
    site.serves(DOMAIN, NONE)
    site.ctl('forget', DOMAIN, '--yes')

    assert site.fetch(DOMAIN).status == 404
    assert site.api('GET', '/v1/domains/' + DOMAIN)[0] == 404
    site.ctl('show', DOMAIN, status=1)
    assert DOMAIN not in site.ctl('list').stdout
    way.restart()
    assert site.fetch(DOMAIN).status == 404
    history = site.get('/v1/history/' + DOMAIN)
    assert (history['published'], [one['mode'] for one in history['revisions']]) == (False, ['enforce', 'none'])
    told = site.ctl('history', DOMAIN).stdout
    assert all(one['id'] in told for one in history['revisions'])
    world.txt(DOMAIN)


def test_a_domain_that_comes_back_gets_an_id_that_it_never_had(draining):
    site, clock = draining.site, draining.clock
    history = site.get('/v1/history/' + DOMAIN)['revisions']
    (site.domains / f'{DOMAIN}.conf').unlink()
    site.reload()
    draining.drained()
    draining.look()
    site.ctl('forget', DOMAIN, '--yes')
    clock.set(history[0]['published_at'])  # of which its first id was made
    site.domain(DOMAIN, mx=['mx.' + DOMAIN])
    site.reload()
    assert draining.show()['id'] not in [one['id'] for one in history]
    assert draining.show()['retirement'] is None
    site.serves(DOMAIN, ENFORCE)


def test_without_a_look_at_the_old_record_its_ttl_may_have_been_a_day(way):
    way.begin()
    way.site.ctl('none', DOMAIN)
    way.publish()
    way.clock.move(hours=2)
    way.look()
    assert way.show()['retirement']['safe_at'] == way.clock.text(seconds=DAY + WEEK + HOUR)


def test_the_ttl_that_the_old_record_had_is_waited_for(way):
    way.begin()
    way.publish(ttl=2 * DAY)
    way.look()
    way.site.ctl('none', DOMAIN)
    way.publish()
    way.clock.move(hours=2)
    way.look()
    assert way.show()['retirement']['safe_at'] == way.clock.text(seconds=2 * DAY + WEEK + HOUR)


def test_a_short_max_age_of_enforce_counts_as_seven_days(way):
    way.begin(max_age=DAY)
    way.look()
    way.site.ctl('none', DOMAIN)
    way.publish()
    way.look()
    assert way.show()['retirement']['safe_at'] == way.clock.text(seconds=300 + WEEK + HOUR)


def test_of_several_old_policies_the_one_held_longest_counts(way):
    way.begin(max_age=90 * DAY)
    way.look()
    way.fetch(policy('enforce', ['mx.' + DOMAIN], 90 * DAY))
    long_one = way.show()['id']
    way.clock.move(days=1)
    way.site.domain(DOMAIN, mx=['mx.' + DOMAIN], max_age=WEEK)
    way.site.reload()
    way.publish()
    way.look()
    seen = way.clock.text()
    way.clock.move(days=10)
    way.site.ctl('none', DOMAIN)
    way.publish()
    way.look()

    # The long one is renewed by nobody since the short one was visible everywhere, ten days ago.
    retirement = way.show()['retirement']
    assert parse(retirement['safe_at']) == after(seen, 300 + 90 * DAY + HOUR)
    assert (retirement['held']['id'], retirement['held']['max_age']) == (long_one, 90 * DAY)
    assert 'enforce, 90 days' in retirement['text']


def test_an_id_that_was_seen_and_is_gone_again_starts_anew(draining):
    first = draining.safe_at()
    draining.clock.move(days=3)
    old = draining.site.get('/v1/history/' + DOMAIN)['revisions'][0]['id']
    draining.world.txt(DOMAIN, f'v=STSv1; id={old};', at=[NS2])
    draining.look(right=False)
    draining.stands('waiting', f'waiting for DNS (old id still at {NS2})', 'mta-stsctl dns')
    assert draining.safe_at() is None

    draining.clock.move(hours=1)
    draining.publish()
    draining.look()
    assert draining.safe_at() == first + datetime.timedelta(days=3, hours=1)


def test_a_name_server_that_does_not_answer_does_not_start_anew_and_is_never_safe(draining):
    first = draining.safe_at()
    draining.clock.move(days=1)
    draining.world.servers[NS2].stop()
    draining.look(right=False)
    assert draining.safe_at() == first
    draining.drained()
    draining.look(right=False)
    assert draining.show()['retirement']['state'] == 'confirming'
    draining.refuses_to_forget('DNS')
    draining.world.servers[NS2].start()
    draining.look()
    assert draining.show()['retirement']['state'] == 'safe'


def test_a_record_removed_after_all_is_safe_does_not_start_anew(draining):
    draining.drained()
    draining.look()
    assert draining.show()['retirement']['state'] == 'safe'
    draining.clock.move(hours=1)
    draining.world.txt(DOMAIN)
    draining.look(right=False)
    (draining.site.domains / f'{DOMAIN}.conf').unlink()
    draining.site.reload()
    draining.site.ctl('forget', DOMAIN, '--yes')


@pytest.mark.parametrize('moment', ['before none', 'before DNS', 'while it drains'])
def test_a_crash_makes_no_horizon_earlier(way, moment):
    def crash(at):
        if at == moment:
            before = way.safe_at() if at == 'while it drains' else None
            way.clock.move(days=2)
            way.crash()
            assert before is None or way.safe_at() >= before

    way.begin()
    way.look()
    way.site.serves(DOMAIN, ENFORCE)  # and dies, perhaps, before that is written down
    crash('before none')
    way.site.ctl('none', DOMAIN)
    crash('before DNS')
    way.publish()
    way.look()
    seen = way.clock.text()
    crash('while it drains')
    assert way.safe_at() >= after(seen, 300 + WEEK + HOUR)
    assert way.show()['retirement']['held']['last_served_at']


def test_what_was_fetched_before_a_crash_may_have_been_fetched_until_the_restart(way):
    """DNS shows the new id, but another machine may serve the old policy: the last fetch counts."""
    way.begin()
    way.look()
    way.site.serves(DOMAIN, ENFORCE)
    way.clock.move(days=4)
    way.crash()
    (revision,) = way.site.get('/v1/history/' + DOMAIN)['revisions']
    assert revision['last_served_at'] == way.clock.text()


def test_after_a_restart_it_is_safe_only_after_another_look(draining):
    draining.drained()
    draining.look()
    assert draining.show()['retirement']['state'] == 'safe'
    draining.clock.move(hours=1)
    draining.restart()
    assert draining.show()['retirement']['state'] == 'confirming'
    draining.clock.move(seconds=1)
    draining.look()
    assert draining.show()['retirement']['state'] == 'safe'


class Copy:
    """A copy of the state directory, as a backup takes it, and the day on which it is put back."""

    def __init__(self, way, running=True):
        self._way = way
        self._copy = way.site.place / 'copy'
        if not running:
            way.site.stop()
        shutil.copytree(way.site.state, self._copy)
        if not running:
            way.site.start()

    def restore(self):
        self._way.site.stop()
        shutil.rmtree(self._way.site.state)
        shutil.copytree(self._copy, self._way.site.state)
        self._way.site.start()


@pytest.mark.parametrize('running', [True, False], ids=['of a running host', 'of a stopped host'])
def test_a_restored_copy_that_knows_less_makes_no_horizon_earlier(draining, running):
    """It was taken while it drained; since then the old policy was back for a while."""
    copy = Copy(draining, running)
    first = draining.safe_at()
    draining.clock.move(days=3)
    draining.site.ctl('reset', DOMAIN)
    draining.publish()
    draining.look()
    draining.fetch(ENFORCE)
    draining.clock.move(days=3)
    draining.site.ctl('none', DOMAIN)
    draining.publish()
    draining.look()
    true = draining.safe_at()
    assert true > first

    draining.clock.move(minutes=1)
    copy.restore()
    assert draining.safe_at() >= first
    draining.drained()
    assert draining.show()['retirement']['state'] == 'confirming'
    draining.refuses_to_forget('DNS')
    draining.look(right=False)  # it shows an id that the copy never heard of
    assert draining.show()['retirement']['state'] == 'waiting'
    draining.publish()
    draining.look()
    assert draining.safe_at() >= true


def test_a_restored_copy_of_the_time_before_none_uses_no_id_twice(way):
    way.begin()
    copy = Copy(way)
    way.clock.move(hours=1)
    way.site.ctl('none', DOMAIN)
    way.publish()
    way.look()
    used = {one['id'] for one in way.site.get('/v1/history/' + DOMAIN)['revisions']}
    true = way.safe_at()

    way.clock.move(hours=1)
    copy.restore()
    way.site.serves(DOMAIN, ENFORCE)
    way.site.ctl('none', DOMAIN)
    assert way.show()['id'] not in used
    way.look(right=False)
    way.publish()
    way.look()
    assert way.safe_at() >= true


@pytest.mark.parametrize('running', [True, False], ids=['of a running host', 'of a stopped host'])
def test_a_restored_copy_of_a_safe_moment_is_not_safe_without_a_look(draining, running):
    """What a running host had not counted yet when the copy was taken may have been fetched until now."""
    draining.drained()
    draining.look()
    copy = Copy(draining, running)
    draining.clock.move(minutes=1)
    copy.restore()
    assert draining.show()['retirement']['state'] == ('draining' if running else 'confirming')
    draining.refuses_to_forget()


def test_a_clock_that_is_set_back_makes_no_horizon_earlier(draining):
    first = draining.safe_at()
    draining.clock.move(days=-2)
    assert draining.safe_at() >= first
    draining.look()
    assert draining.safe_at() >= first
    draining.restart()
    assert draining.safe_at() >= first
    assert draining.show()['retirement']['state'] == 'draining'


def test_none_ordered_by_a_clock_that_was_set_back_waits_as_long(way):
    way.begin()
    way.look()
    way.fetch(ENFORCE)
    fetched = way.clock.text()
    way.clock.move(days=-1, hours=-12)
    way.site.ctl('none', DOMAIN)
    way.publish()
    way.look()
    assert way.safe_at() >= after(fetched, WEEK + HOUR)


def test_a_look_of_a_time_that_never_came_is_no_confirmation(draining):
    """The clock ran ahead, and is right again after a restart: what was seen then was seen by another run."""
    end = draining.show()['retirement']['safe_at']
    draining.clock.set(end)
    draining.clock.move(days=10)
    draining.look()
    assert draining.show()['retirement']['state'] == 'safe'
    draining.clock.set(end)
    draining.clock.move(days=1)
    draining.restart()
    assert draining.show()['retirement']['state'] == 'confirming'
