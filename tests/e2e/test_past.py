# SPDX-License-Identifier: ISC
"""What a host before this one published is not known, until somebody finds out or says so."""
import re

import pytest

DOMAIN, OTHER = 'example.test', 'customer.test'
YEAR, WEEK, DAY, HOUR = 31557600, 604800, 86400, 3600


@pytest.fixture
def newcomer(site, world, clock):
    """Two domains whose files were just written; nobody said where they come from."""
    for domain in (DOMAIN, OTHER):
        site.domain(domain, mx=['mx.' + domain], max_age=WEEK)
    site.certify(DOMAIN, OTHER, days=800)
    site.start()
    clock.move(hours=1)
    return site


def publish(host, world, domain):
    world.txt(domain, host.show(domain)['txt']['value'])


def told_of(host, *command):
    return ' '.join(host.ctl(*command).stdout.split())


def test_nobody_knows_and_everybody_is_told(newcomer, world, clock):
    assert f'if none did: mta-stsctl adopt --nothing-before {DOMAIN}' in told_of(newcomer, 'show', DOMAIN)
    told = told_of(newcomer, 'none', DOMAIN)
    assert 'at least 365 days 7 hours after the new record' in told
    assert ('What a host before this one published is not known, and counts as a year of enforce; '
            f'if there was none: mta-stsctl adopt --nothing-before {DOMAIN}') in told
    publish(newcomer, world, DOMAIN)
    told = told_of(newcomer, 'dns', DOMAIN)
    end = clock.text(seconds=YEAR + DAY + HOUR)
    assert f'draining until {end} (what a host before this one published is not known: counts as enforce, a year)' in told
    own = clock.text(seconds=WEEK + DAY + HOUR)
    assert f'nobody holds anything after {own}, and mta-stsctl adopt --nothing-before {DOMAIN} says so' in told
    assert f'draining: senders may hold what a host before this one published until {end[:10]}' in told_of(
        newcomer, 'show', DOMAIN)
    held = newcomer.show(DOMAIN)['retirement']['held']
    assert (held['id'], held['mode'], held['max_age'], held['unknown_before']) == ('', 'enforce', YEAR, True)


def test_the_word_of_the_operator_is_noted_and_counts(newcomer, world, clock):
    newcomer.ctl('none', DOMAIN)
    publish(newcomer, world, DOMAIN)
    newcomer.ctl('dns', DOMAIN)
    own = clock.text(seconds=WEEK + DAY + HOUR)
    told = newcomer.ctl('adopt', '--nothing-before', DOMAIN, '--dry-run').stdout
    assert 'dry run: nothing was changed' in told and newcomer.show(DOMAIN)['unknown_before']
    told = newcomer.ctl('adopt', '--nothing-before', DOMAIN, '--reason', 'ours from the start').stdout
    assert re.search(rf'^{DOMAIN} +none +7 days 1 hour$', told, re.M)
    entry = re.search(r'noted as your word, in entry (\d+) of the audit trail', told)[1]
    assert newcomer.show(DOMAIN)['retirement']['safe_at'] == own and not newcomer.show(DOMAIN)['unknown_before']
    told = newcomer.ctl('audit', entry).stdout
    assert 'nothing-before' in told and DOMAIN in told and 'ours from the start' in told
    assert 'what was before is known already' in newcomer.ctl('adopt', '--nothing-before', DOMAIN).stdout
    assert newcomer.show(OTHER)['unknown_before']
    newcomer.process.kill()
    newcomer.start()
    assert newcomer.show(DOMAIN)['retirement']['safe_at'] == own


def test_a_look_before_the_record_is_there_finds_out(newcomer, world):
    newcomer.ctl('dns', DOMAIN, status=1)
    publish(newcomer, world, OTHER)
    newcomer.ctl('dns', OTHER)
    assert (newcomer.show(DOMAIN)['unknown_before'], newcomer.show(OTHER)['unknown_before']) == (False, True)
    assert 'at least 7 days 1 hour after' in told_of(newcomer, 'none', DOMAIN)


def test_an_id_that_somebody_published_counts_beside_the_word(newcomer, world, clock):
    world.txt(DOMAIN, 'v=STSv1; id=theirs;')
    newcomer.ctl('dns', DOMAIN, status=1)
    newcomer.ctl('adopt', '--nothing-before', DOMAIN, OTHER)
    assert not newcomer.show(DOMAIN)['unknown_before'] and not newcomer.show(OTHER)['unknown_before']
    newcomer.ctl('none', DOMAIN)
    publish(newcomer, world, DOMAIN)
    told = told_of(newcomer, 'dns', DOMAIN)
    assert 'id theirs was in DNS, this host never published it: counts as enforce, a year' in told
    typo = clock.text(seconds=WEEK + DAY + HOUR)
    assert f'if that id was only a typo, nobody holds anything after {typo}' in told_of(newcomer, 'show', DOMAIN)


def test_what_it_says_of_all_is_said_of_all(newcomer):
    assert 'policy of 2 domains' in newcomer.ctl('adopt', '--nothing-before', '--all').stdout
    assert not newcomer.show(OTHER)['unknown_before']
    for wrong, why in (['adopt', '--all'], '--nothing-before only'), (
            ['adopt', '--nothing-before', DOMAIN, '--into', newcomer.domains], '--into cannot be used with'):
        assert why in newcomer.ctl(*wrong, status=2).stderr
