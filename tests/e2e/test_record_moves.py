# SPDX-License-Identifier: ISC
"""Domains that come to a record, leave it, or find theirs renamed: what senders saw before stays known."""
import contextlib
import json
import sqlite3

import pytest

RECORD, OTHER = 'record.provider.test', 'other.provider.test'
A, B, C = 'customer.test', 'example.test', 'many.test'


@pytest.fixture
def provider(site, world, clock):
    """A host whose files say that two of three domains have one record; the third one has its own."""
    for domain in (A, B):
        site.domain(domain, record=RECORD)
    site.domain(C)
    site.certify(A, B, C)
    site.start()
    for domain in (A, B):
        world.put('_mta-sts.' + domain, 'CNAME', RECORD + '.')
    show(world, RECORD, site.show(A)['id'])
    clock.move(hours=1)
    return site


def show(world, name, record_id):
    world.put(name, 'TXT', f'"v=STSv1; id={record_id};"')
    world.serve()


def lead(world, domain, target):
    world.put('_mta-sts.' + domain, 'CNAME', target + '.')
    world.serve()


def change(host, domain, **more):
    host.domain(domain, mx=['new.' + domain], **more)
    return host.ctl('reload', status=None)


def look(host, *domains):
    answer = json.loads(host.ctl('--json', 'dns', *domains, status=None).stdout)
    return [(one['dns']['verdict'], one['id']) for one in answer['domains']]


def assert_settled(host, *domains):
    """Every domain has an id under which it is right, those of a record the same, now and after a restart."""
    rows = [host.show(domain) for domain in domains]
    for row in rows:
        assert row['id'] in row['right_ids'], rows
        assert {row['id']} == {other['id'] for other in rows if other['txt']['name'] == row['txt']['name']}
    host.process.kill()
    host.start()
    for row in rows:
        new = host.show(row['domain'])
        assert all(new[field] == row[field] for field in ('id', 'txt', 'right_ids', 'record_domains'))


def test_ids_of_a_record_stay_used_for_who_leaves_it(provider, world, clock):
    change(provider, B, record=RECORD, id='777')
    show(world, RECORD, '777')
    look(provider, A, B)
    clock.move(hours=1)
    provider.domain(A)
    provider.ctl('reload')
    for comes_back in (False, True):
        told = change(provider, A, id='777')
        assert told.returncode == 1 and 'id was used for its record, or for one that it had before (777)' in told.stdout
        if comes_back:
            break
        (provider.domains / f'{A}.conf').unlink()
        provider.ctl('reload')
        provider.ctl('forget', '--yes', '--force', A)


def test_the_newest_id_of_a_record_was_one_of_the_former(provider, world, clock):
    provider.domain(C, record=OTHER)
    provider.ctl('reload')
    change(provider, B, record=RECORD, id='3')
    clock.move(hours=1)
    change(provider, A, record=RECORD, mode='none')
    clock.move(hours=1)
    change(provider, C, record=OTHER, id='3')
    clock.move(hours=1)
    provider.domain(A, mx=['new.' + A], mode='none', record=OTHER)
    provider.ctl('reload')
    lead(world, A, OTHER)
    show(world, OTHER, '3')
    (verdict, wanted), = look(provider, A)
    assert verdict == 'old_id' and wanted != '3'
    assert_settled(provider, A, B, C)


def test_one_joins_and_another_publishes_its_id_at_once(provider, clock):
    change(provider, C, id='777')
    clock.move(hours=1)
    change(provider, C, id='778')
    provider.domain(C, mx=['third.' + C], id='779', record=RECORD)
    change(provider, B, record=RECORD, id='777')
    assert_settled(provider, A, B, C)


def test_three_ids_for_one_record_at_once(provider):
    for domain, one in ((A, '300'), (B, '200'), (C, '300')):
        provider.domain(domain, mx=['new.' + domain], record=RECORD, id=one)
    provider.ctl('reload')
    assert_settled(provider, A, B, C)


def test_a_cname_gives_way_to_a_record_with_the_same_text(provider, world, clock):
    provider.domain(A)
    provider.ctl('reload')
    change(provider, B, record=RECORD)
    new = provider.show(B)['id']
    show(world, RECORD, new)
    assert {verdict for verdict, _ in look(provider, A, B)} == {'right'}
    clock.move(hours=1)
    world.put('_mta-sts.' + A, 'CNAME')
    show(world, '_mta-sts.' + A, new)
    assert look(provider, A)[0][0] == 'right' and new in provider.show(A)['right_ids']
    provider.ctl('none', A)
    show(world, '_mta-sts.' + A, provider.show(A)['id'])
    look(provider, A)
    assert provider.show(A)['retirement']['held']['foreign'] is False


def test_a_record_is_renamed_and_seen_domain_by_domain(provider, world, clock):
    for domain in (A, B):
        provider.domain(domain)
    provider.ctl('reload')
    change(provider, B)
    new = provider.show(B)['id']
    show(world, RECORD, new)
    look(provider, A, B)
    clock.move(hours=1)
    show(world, OTHER, new)
    for domain in (A, B):
        lead(world, domain, OTHER)
        assert look(provider, domain) == [('right', new)]
    assert_settled(provider, A, B)


@pytest.mark.parametrize('first', [A, C])
def test_an_id_was_seen_before_it_was_given_out(provider, world, clock, first):
    for domain in (A, C):
        provider.domain(domain)
    provider.ctl('reload')
    world.put('_mta-sts.' + A, 'CNAME')
    show(world, '_mta-sts.' + A, '105')
    look(provider, A)
    clock.move(hours=1)
    change(provider, C, id='105')
    show(world, OTHER, '105')
    for domain in (first, C if first == A else A):
        world.put('_mta-sts.' + domain, 'TXT')
        lead(world, domain, OTHER)
        look(provider, domain)
    assert '105' not in provider.show(A)['right_ids'] + provider.show(C)['right_ids']
    assert_settled(provider, A, C)


def test_a_copy_does_not_bring_back_that_an_id_was_right(provider, world, clock):
    provider.ctl('none', A)
    change(provider, C, id='100')
    clock.move(hours=1)
    provider.domain(A, mx=['new.' + A], id='100', record=RECORD)
    provider.ctl('reset', A)
    show(world, RECORD, '100')
    look(provider, A, B)
    copy = provider.place / 'copy.db'
    with contextlib.closing(sqlite3.connect(provider.state / 'mta-stsd.db')) as connection:
        connection.execute('VACUUM INTO ?', [str(copy)])
    clock.move(hours=1)
    lead(world, C, RECORD)
    assert look(provider, C)[0][0] == 'right'
    wanted = provider.show(A)['id']
    assert '100' not in provider.show(A)['right_ids'] and wanted != '100'
    provider.stop()
    assert provider.check('--restore', copy).returncode == 0
    provider.start()
    assert provider.show(A)['id'] == wanted and '100' not in provider.show(A)['right_ids']
    assert_settled(provider, A, B, C)
