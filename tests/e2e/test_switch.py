# SPDX-License-Identifier: ISC
"""The operator switches domains, and the world sees it."""
import json
import re

import pytest

from client import policy

ENFORCE = policy('enforce', ['mail.example.test'])
NONE = policy('none', (), 86400)


@pytest.fixture
def three(host):
    for name in ('a.customer.test', 'b.customer.test', 'example.test'):
        host.domain(name)
    host.certify('a.customer.test', 'b.customer.test', 'example.test')
    return host.start()


def ids(host):
    return {row['domain']: row['id'] for row in host.get('/v1/domains')['domains']}


def modes(host):
    return {row['domain']: row['mode'] for row in host.get('/v1/domains')['domains']}


def test_none_and_back(example):
    first = example.show('example.test')['id']
    told = example.ctl('none', 'example.test').stdout
    assert re.search(r'The file of example.test says enforce \(/.*example\.test\.conf:?\d*\)\.', told)
    assert 'go back to the file: mta-stsctl reset example.test' in told
    example.serves('example.test', NONE)
    row = example.show('example.test')
    assert (row['standing'], row['mode'], row['max_age'], row['mx']) == ('switched', 'none', 86400, [])
    assert row['configured']['mode'] == 'enforce'

    example.ctl('testing', 'example.test')
    example.serves('example.test', policy('testing', ['mail.example.test']))
    second = example.show('example.test')['id']
    example.ctl('enforce', '--force', 'example.test')
    example.serves('example.test', ENFORCE)
    third = example.show('example.test')
    assert third['standing'] == 'switched'

    example.ctl('none', 'example.test')
    example.ctl('reset', 'example.test')
    example.serves('example.test', ENFORCE)
    last = example.show('example.test')
    assert (last['standing'], last['switch']) == ('configured', None)
    assert len({first, row['id'], second, third['id'], last['id']}) == 5


def test_the_text_that_came_back_has_an_id_of_its_own(example):
    seen = [example.show('example.test')['id']]
    for _ in range(5):
        seen.append(example.switch('none', 'example.test')['changes'][0]['after']['id'])
        seen.append(example.reset('example.test')['changes'][0]['after']['id'])
    assert len(set(seen)) == len(seen)
    assert all(one.isalnum() and 1 <= len(one) <= 32 for one in seen)


def test_what_is_excepted_stays_as_it_is(three):
    before = modes(three)
    refused = three.ctl('none', '--all', '--except', 'exmaple.test', status=1)
    assert 'mta-stsctl:   exmaple.test\n' in refused.stderr and 'an exception is none' in refused.stderr
    for name in ('mta-sts.example.test', '_mta-sts.example.test'):
        assert 'did you mean example.test?' in three.ctl('none', '--all', '--except', name, status=1).stderr
    hinted = three.ctl('none', '--all', '--except', 'mta-sts.example.test', status=1)
    assert 'did you mean example.test?' in hinted.stderr
    assert 'is given twice: write all' in three.ctl('none', '--all', '--except', 'a', '--except', 'b', status=2).stderr
    assert modes(three) == before
    three.ctl('none', '--all', '--except', 'example.test,b.*')
    assert modes(three) == {**before, 'a.customer.test': 'none'}
    assert 'a.customer.test' not in three.ctl('list', '--except', 'a.customer.test').stdout
    three.ctl('enforce', '--force', '--match', '*.customer.test', '--except', 'b.customer.test')
    assert modes(three) == before


def test_asking_twice_makes_no_second_revision(example):
    example.switch('none', 'example.test')
    first = example.show('example.test')['id']
    answer = example.switch('none', 'example.test')
    assert (answer['changed'], answer['unchanged']) == (0, 1)
    assert example.show('example.test')['id'] == first


def test_none_can_keep_mx_and_announce_another_lifetime(example):
    example.ctl('none', '--max-age', 3600, '--keep-mx', 'example.test')
    example.serves('example.test', policy('none', ['mail.example.test'], 3600))


def test_enforce_can_announce_another_lifetime_until_a_reset(example):
    done = example.ctl('enforce', '--force', '--max-age', 3600, 'example.test')
    assert 'max_age is less than a day (3600)' in done.stdout
    example.serves('example.test', policy('enforce', ['mail.example.test'], 3600))
    assert example.show('example.test')['switch']['max_age'] == 3600
    assert 'enforce with a max_age of 1 hour since' in example.ctl('show', 'example.test').stdout
    example.reload()
    example.serves('example.test', policy('enforce', ['mail.example.test'], 3600))
    example.ctl('none', 'example.test')
    example.ctl('undo')
    example.serves('example.test', policy('enforce', ['mail.example.test'], 3600))
    example.ctl('reset', 'example.test')
    example.serves('example.test', ENFORCE)


def test_keeping_mx_can_be_the_rule(host):
    host.configure(keep_mx=True)
    host.domain('example.test')
    host.certify('example.test')
    host.start()
    host.switch('none', 'example.test')
    host.serves('example.test', policy('none', ['mail.example.test'], 86400))
    host.switch('none', 'example.test', keep_mx=False)
    host.serves('example.test', NONE)


def test_a_dry_run_tells_and_changes_nothing(three):
    before = ids(three)
    for arguments in (['none', '--dry-run', '--all'], ['testing', '--dry-run', 'example.test']):
        assert 'example.test' in three.ctl(*arguments).stdout
    answer = three.switch('none', 'example.test', dry_run=True)
    assert answer['dry_run'] and answer['changes'][0]['policy'] == NONE.decode()
    assert ids(three) == before
    assert set(modes(three).values()) == {'enforce'}
    three.serves('example.test', ENFORCE)
    three.stop()
    three.start()
    assert ids(three) == before


def test_several_domains_are_switched_all_or_not_at_all(three):
    before = ids(three)
    done = three.ctl('none', 'example.test', 'unknown.test', 'a.customer.test', 'other.test', status=1)
    assert 'unknown.test' in done.stderr and 'other.test' in done.stderr
    assert ids(three) == before
    three.serves('example.test', ENFORCE)

    three.ctl('none', 'example.test', 'a.customer.test')
    assert modes(three) == {'a.customer.test': 'none', 'b.customer.test': 'enforce', 'example.test': 'none'}


def test_all_a_glob_and_a_list_select_domains(three):
    three.ctl('none', '--match', '*.customer.test')
    assert modes(three) == {'a.customer.test': 'none', 'b.customer.test': 'none', 'example.test': 'enforce'}
    three.ctl('reset', '--all')
    assert set(modes(three).values()) == {'enforce'}
    names = three.place / 'list'
    names.write_text('# those that moved\nexample.test\n\nB.Customer.Test.\n')
    three.ctl('testing', '--file', names)
    assert modes(three) == {'a.customer.test': 'enforce', 'b.customer.test': 'testing', 'example.test': 'testing'}


def test_the_txt_record_is_ready_to_paste(example):
    done = example.ctl('none', 'example.test')
    now = example.show('example.test')['id']
    zone = example.ctl('txt', 'example.test').stdout.splitlines()
    assert zone[0] in done.stdout.splitlines()
    assert re.fullmatch(rf'_mta-sts\.example\.test\. \d+ IN TXT "v=STSv1; id={now};"', zone[0]), zone
    update = example.ctl('txt', '--format', 'nsupdate', 'example.test').stdout
    assert 'update delete _mta-sts.example.test. ' in update
    assert f'"v=STSv1; id={now};"' in update
    assert update.rstrip().endswith('send')


def test_json_is_the_answer_of_the_control_api(example):
    answer = json.loads(example.ctl('--json', 'none', 'example.test').stdout)
    assert answer['changes'][0]['after']['id'] == example.show('example.test')['id']
    assert answer['changes'][0]['txt']['value'] == f"v=STSv1; id={answer['changes'][0]['after']['id']};"
    rows = json.loads(example.ctl('--json', 'list').stdout)
    assert rows == example.get('/v1/domains')


def test_a_switch_survives_reload_and_restart(example):
    example.ctl('none', 'example.test')
    now = example.show('example.test')
    example.domain('example.test', mode='testing')
    example.ctl('reload')
    example.serves('example.test', NONE)
    example.stop()
    example.start()
    example.serves('example.test', NONE)
    after = example.show('example.test')
    assert (after['id'], after['published_at'], after['standing']) == (now['id'], now['published_at'], 'switched')
    assert after['configured']['mode'] == 'testing'

    example.ctl('reset', 'example.test')
    example.serves('example.test', policy('testing', ['mail.example.test']))


def test_a_restart_changes_no_id(three):
    before = ids(three)
    for _ in range(3):
        three.stop()
        three.start()
        assert ids(three) == before


def test_an_orphan_can_be_switched_to_none(example):
    (example.domains / 'example.test.conf').unlink()
    example.reload()
    example.ctl('none', 'example.test')
    example.serves('example.test', NONE)


def test_a_bound_of_the_lifetime_is_kept(example):
    for max_age in (0, 31557601, 2**63, -1):
        status, answer = example.api('POST', '/v1/switch', {'mode': 'none', 'domains': ['example.test'],
                                                            'max_age': max_age})
        assert (status, answer['error']['code']) == (400, 'bad_request')
    example.ctl('none', '--max-age', '31557601', 'example.test', status=2)
    example.serves('example.test', ENFORCE)
