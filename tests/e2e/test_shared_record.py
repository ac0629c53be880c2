# SPDX-License-Identifier: ISC
"""Many domains, one TXT record behind their CNAMEs (RFC 8461, section 8.2): the id belongs to the record."""
import contextlib
import json
import sqlite3

import pytest

from dns_world import NS1

RECORD = 'record.provider.test'
A, B, C = 'customer.test', 'example.test', 'many.test'
WEEK = 604800


@pytest.fixture
def provider(site, world):
    """A host with three domains, of which nobody knows yet that two of them are CNAMEs for one record."""
    for domain in (A, B, C):
        site.domain(domain, mx=['mx.' + domain], max_age=WEEK)
    site.certify(A, B, C)
    site.start()
    site.was_nobodys()
    for domain in (A, B):
        world.put('_mta-sts.' + domain, 'CNAME', RECORD + '.')
    world.serve()
    return site


def share(host, world):
    """Let the daemon learn where the record is, publish its id, and see it right."""
    host.ctl('dns', A, B, status=1)
    show(world, host.show(A)['id'])
    host.ctl('dns', A, B)


def show(world, record_id):
    world.put(RECORD, 'TXT', f'"v=STSv1; id={record_id};"')
    world.serve()


def look(host, *domains, status=0):
    answer = json.loads(host.ctl('--json', 'dns', *domains, status=status).stdout)
    return {one['domain']: one for one in answer['domains']}


def records(text):
    return [line.split()[0] for line in text.splitlines() if ' IN TXT ' in line]


def test_a_record_is_told_of_once_at_its_real_name(provider, world):
    told = provider.ctl('dns', A, B, status=1).stdout
    assert f'its record is at {RECORD}., shared with {B}' in told
    assert records(provider.ctl('txt', '--all').stdout) == [f'{RECORD}.', f'_mta-sts.{C}.']
    script = provider.ctl('txt', '--all', '--format', 'nsupdate').stdout
    assert f'_mta-sts.{A}' not in script and script.count(f'update add {RECORD}. ') == 1
    row = provider.show(A)
    assert (row['record_domains'], row['shares_with']) == (2, [B])
    assert row['txt'] == provider.show(B)['txt']
    assert f'shared with {B}' in provider.ctl('show', A).stdout


def test_one_of_them_changes_and_the_others_keep_their_policy(provider, world):
    share(provider, world)
    old, text = provider.show(A)['id'], provider.show(B)['policy']
    told = provider.ctl('none', A).stdout
    assert f'{RECORD}. also serves 1 other domain' in told
    assert records(told) == [f'{RECORD}.']
    new = provider.show(A)['id']
    assert new != old and provider.show(B)['id'] == new
    assert provider.show(B)['policy'] == text and provider.show(B)['revisions_total'] == 1
    # The older id is right for the one that did not change, and wrong for the other.
    seen = look(provider, A, B, status=1)
    assert (seen[A]['dns']['verdict'], seen[B]['dns']['verdict']) == ('old_id', 'right')
    show(world, new)
    seen = look(provider, A, B)
    assert seen[A]['retirement']['state'] == 'draining' and seen[B]['dns']['verdict'] == 'right'


def test_another_order_does_not_set_a_take_down_back(provider, world, clock):
    share(provider, world)
    provider.ctl('none', A)
    show(world, provider.show(A)['id'])
    safe_at = look(provider, A)[A]['retirement']['safe_at']
    assert provider.show(A)['retirement']['held']['max_age'] == WEEK
    clock.move(days=1)
    provider.ctl('testing', B)
    for _ in range(2):  # before the record has the new id, and after
        seen = look(provider, A)[A]
        assert (seen['dns']['verdict'], seen['retirement']['safe_at']) == ('right', safe_at)
        show(world, provider.show(B)['id'])
    clock.move(days=7)
    assert look(provider, A)[A]['retirement']['state'] == 'safe'


def test_who_leaves_takes_only_the_cname_along(provider, world, clock):
    share(provider, world)
    provider.ctl('none', A, B)
    show(world, provider.show(A)['id'])
    look(provider, A, B)
    clock.move(days=9)
    assert 'the CNAME at _mta-sts.' + A + ' (its record serves 1 other)' in look(provider, A)[A]['retirement']['next']
    (provider.domains / f'{A}.conf').unlink()
    provider.ctl('reload')
    told = provider.ctl('forget', '--yes', A).stdout
    assert f'the CNAME at _mta-sts.{A}' in told and f'     {RECORD}.' not in told
    look(provider, B)
    (provider.domains / f'{B}.conf').unlink()
    provider.ctl('reload')
    told = provider.ctl('forget', '--yes', B).stdout
    assert f'the CNAME at _mta-sts.{B}' in told and f'     {RECORD}.' in told


def test_a_file_declares_the_record_and_dns_contradicts_it(provider, world):
    share(provider, world)
    provider.domain(C, mx=['mx.' + C], max_age=WEEK, record=RECORD.upper() + '.')
    told = provider.ctl('reload').stdout
    assert 'its record is elsewhere now' in told and records(told) == [f'{RECORD}.']
    assert provider.show(C)['txt'] == provider.show(A)['txt']
    world.txt(C, 'v=STSv1; id=1;')
    provider.ctl('dns', C, status=1)
    status = provider.ctl('status').stdout
    assert f'{C}.conf' in status and 'record is somewhere else in DNS' in status and f'_mta-sts.{C}' in status


def test_it_is_known_after_a_restart(provider, world):
    share(provider, world)
    provider.ctl('none', A)
    before = [provider.show(domain) for domain in (A, B)]
    provider.stop()
    provider.start()
    for old in before:
        new = provider.show(old['domain'])
        assert all(new[field] == old[field] for field in ('id', 'txt', 'record_domains', 'right_ids'))


def test_a_cname_for_the_record_of_another_domain(provider, world):
    world.put('_mta-sts.' + A, 'CNAME', f'_mta-sts.{C}.')
    world.serve()
    world.txt(C, provider.show(C)['txt']['value'])
    provider.ctl('dns', A)
    assert provider.show(C)['record_domains'] == provider.show(A)['record_domains'] == 2
    provider.ctl('none', C)
    assert provider.show(A)['txt'] == provider.show(C)['txt']
    world.txt(C, provider.show(C)['txt']['value'])
    seen = look(provider, A, C)
    assert {one['dns']['verdict'] for one in seen.values()} == {'right'}


def test_who_comes_later_needs_a_new_id_and_the_others_do_not(provider, world, clock):
    share(provider, world)
    clock.move(hours=1)
    old = provider.show(A)['id']
    provider.domain('new.provider.test', mx=['mx.provider.test'])
    world.put('_mta-sts.new.provider.test', 'CNAME', RECORD + '.')
    world.serve()
    provider.ctl('reload')
    seen = look(provider, 'new.provider.test', A, B, status=1)
    assert [seen[domain]['dns']['verdict'] for domain in ('new.provider.test', A, B)] == ['old_id', 'right', 'right']
    new = provider.show('new.provider.test')['id']
    assert new != old and provider.show(A)['id'] == new
    assert {provider.show(domain)['right_ids'][-1] for domain in (A, B)} == {old}
    show(world, new)
    assert {one['dns']['verdict'] for one in look(provider, 'new.provider.test', A, B).values()} == {'right'}
    # The id that it had found there was one of ours: nobody holds an older policy of it for a year.
    provider.ctl('none', 'new.provider.test')
    show(world, provider.show(A)['id'])
    assert look(provider, 'new.provider.test')['new.provider.test']['retirement']['held']['foreign'] is False


def test_a_wildcard_leads_to_no_record(provider, world):
    world.put('*.' + C, 'CNAME', RECORD + '.')
    show(world, '1')
    assert look(provider, C, status=1)[C]['txt']['name'] == f'_mta-sts.{C}.'
    world.txt(C, provider.show(C)['txt']['value'])
    assert look(provider, C)[C]['record_domains'] == 1


def test_two_servers_lead_to_different_names(provider, world):
    share(provider, world)
    world.put('_mta-sts.' + A, 'CNAME', f'_mta-sts.{C}.', at=[NS1])
    world.serve()
    world.txt(C, 'v=STSv1; id=1;')
    seen = look(provider, A, status=1)[A]
    assert (seen['dns']['verdict'], seen['joined'], seen['txt']['name']) == ('old_id', False, f'{RECORD}.')


def test_a_copy_from_before_the_record_was_known(provider, world):
    copy = provider.place / 'copy.db'
    with contextlib.closing(sqlite3.connect(provider.state / 'mta-stsd.db')) as connection:
        connection.execute('VACUUM INTO ?', [str(copy)])
    share(provider, world)
    provider.ctl('none', A)
    used = {one['id'] for domain in (A, B) for one in provider.show(domain)['revisions']}
    seen = provider.show(A)['id']
    show(world, seen)
    look(provider, A, B)
    provider.stop()
    assert provider.check('--restore', copy).returncode == 0
    provider.start()
    assert provider.show(A)['mode'] == 'enforce' and provider.show(A)['record_domains'] == 2
    new = provider.show(A)['id']
    assert new == provider.show(B)['id'] and new not in used
    answer = look(provider, A, B, status=1)
    assert (answer[A]['dns']['verdict'], answer[B]['dns']['verdict']) == ('old_id', 'right')
    show(world, new)
    assert {one['dns']['verdict'] for one in look(provider, A, B).values()} == {'right'}


def test_who_comes_back_begins_at_its_own_name(provider, world, clock):
    share(provider, world)
    used = {provider.show(A)['id']}
    (provider.domains / f'{A}.conf').unlink()
    provider.ctl('reload')
    provider.ctl('forget', '--yes', '--force', A)
    assert provider.show(B)['record_domains'] == 1
    provider.domain(A, mx=['mx.' + A])
    provider.ctl('reload')
    first = provider.show(A)
    assert first['txt']['name'] == f'_mta-sts.{A}.' and first['id'] not in used
    provider.stop()
    provider.start()
    assert provider.show(A)['txt'] == first['txt']
    provider.ctl('dns', A, B, status=1)
    assert provider.show(A)['txt'] == provider.show(B)['txt'] and provider.show(A)['record_domains'] == 2
