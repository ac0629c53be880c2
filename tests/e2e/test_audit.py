# SPDX-License-Identifier: ISC
"""Who ordered what, when and why; and how an order is taken back."""
import json
import os
import pwd
import signal

import pytest

from client import policy

DOMAIN = 'example.test'
ENFORCE = policy('enforce', ['mail.example.test'])
NONE = policy('none', (), 86400)
ME = pwd.getpwuid(os.geteuid()).pw_name


def entries(host):
    return host.get('/v1/audit')['entries']


def row(host, domain=DOMAIN):
    return host.show(domain)


@pytest.fixture
def three(host):
    for name in ('a.test', 'b.test', DOMAIN):
        host.domain(name)
    host.certify('a.test', 'b.test', DOMAIN)
    return host.start()


def test_every_order_says_who_what_when_and_why(three):
    before = row(three)['id']
    three.ctl('none', DOMAIN, 'a.test', '--reason', 'the mail moved to "another" house')
    after = row(three)['id']
    entry = entries(three)[-1]
    assert (entry['command'], entry['uid'], entry['domains']) == ('none', os.geteuid(), 2)
    assert ME in entry['by'] and entry['reason'] == 'the mail moved to "another" house'
    assert entry['at'] == row(three)['published_at']
    assert [change['domain'] for change in entry['changes']] == ['a.test', DOMAIN]
    assert entry['changes'][1] == {'domain': DOMAIN, 'before': before, 'after': after}
    assert three.get(f"/v1/audit/{entry['number']}") == entry

    told = ' '.join(three.ctl('audit', entry['number']).stdout.split())
    for word in (entry['at'], ME, 'none', 'the mail moved to "another" house', DOMAIN, before, after):
        assert word in told
    listed = three.ctl('audit').stdout
    assert str(entry['number']) in listed and 'none' in listed and 'the mail moved' in listed
    assert json.loads(three.ctl('--json', 'audit').stdout) == three.get('/v1/audit')


def test_only_what_changes_something_leaves_a_row(three):
    count = len(entries(three))
    three.ctl('none', DOMAIN, '--dry-run')
    three.ctl('none', 'unknown.test', status=1)
    three.ctl('reset', DOMAIN)
    assert len(entries(three)) == count
    three.ctl('none', DOMAIN)
    three.ctl('none', DOMAIN)
    three.domain('a.test', max_age=86400)
    three.reload()
    assert [one['command'] for one in entries(three)[count:]] == ['none', 'reload']


def test_a_reload_by_signal_names_its_sender(three):
    three.domain('a.test', max_age=86400)
    three.process.popen.send_signal(signal.SIGHUP)
    three.process.wait_for_line('reload, done')
    entry = entries(three)[-1]
    assert (entry['command'], entry['uid']) == ('reload', os.geteuid())
    assert entry['by'].startswith('SIGHUP of ') and ME in entry['by']


def test_it_is_kept_and_read_page_by_page(three, rounds):
    for _ in range(rounds(65)):
        three.switch('none', DOMAIN)
        three.reset(DOMAIN)
    last = entries(three)[-1]['number']
    assert last == 2 * rounds(65) + 1  # the first one is of the files that it began with
    seen, before = [], ''
    while True:
        page = three.get('/v1/audit' + before)['entries']
        if not page:
            break
        assert len(page) <= 100
        seen = [one['number'] for one in page] + seen
        before = f'?before={seen[0]}'
    assert seen == list(range(1, last + 1))
    assert str(last - 1) in three.ctl('audit', '--before', last).stdout
    three.ctl('audit', last + 1, status=1)

    whole = three.get('/v1/audit')
    three.stop()
    three.start()
    assert three.get('/v1/audit') == whole
    three.process.kill()
    three.start()
    assert three.get('/v1/audit') == whole


def test_many_domains_are_one_entry(host, rounds):
    names = [f'd{number:04}.test' for number in range(rounds(2000))]
    host.file('many.conf', 'mode = "enforce"; max_age = 604800; mx = [ "mail.example.test" ];\ndomains = [ '
              + ', '.join(f'"{name}"' for name in names) + ' ];')
    host.start()
    host.ctl('none', '--all', '--yes')
    entry = entries(host)[-1]
    assert (entry['command'], entry['domains'], len(entry['changes'])) == ('none', len(names), 10)
    whole = host.get(f"/v1/audit/{entry['number']}")['changes']
    assert [change['domain'] for change in whole] == names
    host.ctl('undo')
    assert {one['mode'] for one in host.get('/v1/domains')['domains']} == {'enforce'}


def test_history_tells_every_policy_and_why(example):
    example.ctl('none', DOMAIN, '--reason', 'moved')
    example.ctl('testing', DOMAIN)
    example.ctl('reset', DOMAIN)
    history = example.get('/v1/history/' + DOMAIN)
    assert history['published']
    revisions = history['revisions']
    assert [one['mode'] for one in revisions] == ['enforce', 'none', 'testing', 'enforce']
    assert [one['command'] for one in revisions][1:] == ['none', 'testing', 'reset']
    assert [one['reason'] for one in revisions][1:] == ['moved', '', '']
    assert revisions[1]['policy'].encode() == NONE
    assert [one['superseded_at'] for one in revisions] == [one['published_at'] for one in revisions[1:]] + [None]
    assert revisions[-1]['id'] == row(example)['id']
    told = example.ctl('history', DOMAIN).stdout
    for one in revisions:
        assert one['id'] in told and one['published_at'] in told
    assert 'moved' in told and 'mx: mail.example.test' in told
    example.ctl('history', 'unknown.test', status=1)
    example.stop()
    example.start()
    assert example.get('/v1/history/' + DOMAIN)['revisions'] == revisions


def test_undo_is_a_new_revision_with_a_new_id(example):
    first = row(example)['id']
    example.ctl('none', DOMAIN)
    second = row(example)['id']
    done = example.ctl('undo', '--reason', 'too early').stdout
    now = row(example)
    assert now['txt']['value'] in done
    assert now['id'] not in (first, second)
    assert (now['standing'], now['switch']) == ('configured', None)
    example.serves(DOMAIN, ENFORCE)
    order, undo = entries(example)[-2:]
    assert (undo['command'], undo['undoes'], undo['reason']) == ('undo', order['number'], 'too early')
    assert undo['changes'] == [{'domain': DOMAIN, 'before': second, 'after': now['id']}]
    example.reload()
    example.stop()
    example.start()
    assert row(example)['id'] == now['id']
    example.serves(DOMAIN, ENFORCE)


def test_undo_takes_a_switch_back_to_the_switch_before(example):
    example.ctl('testing', DOMAIN)
    example.ctl('none', DOMAIN, '--max-age', 3600)
    example.ctl('undo')
    assert row(example)['standing'] == 'switched'
    example.serves(DOMAIN, policy('testing', ['mail.example.test']))
    example.reload()
    example.serves(DOMAIN, policy('testing', ['mail.example.test']))
    number = entries(example)[-1]['number']
    refused = example.ctl('undo', status=1).stderr
    assert f'mta-stsctl undo {number} does again what that did' in refused
    assert json.loads(example.ctl('--json', 'undo', status=1).stdout)['error']['code'] == 'refused'
    example.serves(DOMAIN, policy('testing', ['mail.example.test']))
    assert f'undo {number + 1} does again what entry {number} did' in example.ctl('undo', number).stdout
    example.serves(DOMAIN, policy('none', (), 3600))


def test_undo_of_an_entry_that_is_not_the_last(three):
    three.ctl('none', 'a.test')
    number = entries(three)[-1]['number']
    three.ctl('none', 'b.test')
    three.ctl('undo', number)
    assert [row(three, name)['mode'] for name in ('a.test', 'b.test')] == ['enforce', 'none']


def test_undo_is_refused_when_something_newer_stands_in_the_way(three):
    three.ctl('none', 'a.test', 'b.test')
    number = entries(three)[-1]['number']
    three.ctl('testing', 'b.test')
    before = {name: row(three, name)['id'] for name in ('a.test', 'b.test')}
    refused = three.ctl('undo', number, status=1).stderr
    assert 'b.test' in refused and str(number + 1) in refused
    assert before == {name: row(three, name)['id'] for name in before}

    three.ctl('undo')  # what stands in the way
    three.ctl('undo', number, status=1)


def test_undo_tries_without_doing(example):
    example.ctl('none', DOMAIN)
    before = row(example)
    count = len(entries(example))
    told = example.ctl('undo', '--dry-run').stdout
    assert DOMAIN in told and 'enforce' in told
    assert (row(example), len(entries(example))) == (before, count)
    example.serves(DOMAIN, NONE)


def test_undo_has_nothing_to_undo(example):
    example.ctl('undo', status=1)
    example.ctl('undo', 4711, status=1)
    example.ctl('undo', 'yesterday', status=2)
    example.serves(DOMAIN, ENFORCE)


def test_undo_does_not_bring_back_what_a_file_no_longer_says(example):
    example.ctl('none', DOMAIN)
    example.domain(DOMAIN, mode='testing')
    example.reload()
    assert f'{DOMAIN}.conf' in example.ctl('undo', status=1).stderr
    example.serves(DOMAIN, NONE)


def test_records_of_what_changed_lately_are_printed(three):
    """Every domain changed at the start, a moment ago; a day ago is before that, tomorrow is not."""
    three.ctl('none', DOMAIN)
    lines = three.ctl('txt', '--all', '--changed-since', '24h', '--format', 'zone').stdout.splitlines()
    assert len(lines) == 3
    when = row(three)['published_at']
    assert row(three)['txt']['value'] in three.ctl('txt', '--all', '--changed-since', when).stdout
    for moment in ('2999-01-01', '2999-01-01T00:00:00Z'):
        assert three.ctl('txt', '--all', '--changed-since', moment, '--format', 'zone').stdout == ''
    for moment in ('yesterday', '2026-13-01', '24', '-1h', '99999999d'):
        three.ctl('txt', '--all', f'--changed-since={moment}', status=2)
