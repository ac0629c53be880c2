# SPDX-License-Identifier: ISC
"""What takes long is done beside the main thread: nobody who does not ask for it waits, and a stop ends it."""
import concurrent.futures
import contextlib
import json
import shutil
import socket

import pytest

import client
from client import policy
from tracing import NO_LEAKS, frozen, slowed
from wait import DEADLINE, until

DOMAIN = 'example.test'
NEW, NOWHERE = 'new.test', 'nowhere.test'
TEXT = policy('enforce', [f'mail.{DOMAIN}'])
MANY = 5000


@pytest.fixture
def watched(host, notified):
    host.domain(DOMAIN)
    host.certify(DOMAIN)
    return host.start(environment={'NOTIFY_SOCKET': str(notified.path), 'WATCHDOG_USEC': '3000000'})


def test_nobody_else_waits_while_the_clerk_is_away(watched, notified):
    with frozen(watched):
        ordered = watched.spawn_ctl('none', DOMAIN, '--yes')
        asked = watched.spawn_ctl('status')
        heard = len(notified.heard('WATCHDOG=1'))

        watched.serves(DOMAIN, TEXT)
        assert watched.api('GET', '/v1/nothing')[0] == 404
        assert watched.api('GET', '/v1/switch')[0] == 405
        notified.wait_for('WATCHDOG=1', times=heard + 2)
        assert asked.runs and ordered.runs
        watched.serves(DOMAIN, TEXT)

    assert ordered.wait() == 0 and asked.wait() == 0
    assert watched.show(DOMAIN)['mode'] == 'none'


def test_hangups_while_a_load_is_waited_for_are_one(watched):
    with frozen(watched):
        for _ in range(20):
            watched.process.popen.send_signal(1)
    until(lambda: watched.process.log.count('reload, done') > 0, 'the reload')
    watched.ctl('reload')
    assert watched.process.log.count('reload, done') <= 4


def test_what_was_published_is_served_before_any_file_is_read(example, notified, needs):
    needs(shutil.which('strace'), 'strace is missing')
    path = example.domain(DOMAIN, mode='testing')
    for name in NEW, NOWHERE:
        example.certify(name)
    example.stop()
    example.domain(NEW)
    example.prefix = ['strace', '-E', NO_LEAKS, '-D', '-f', '-o', example.place / 'strace', '-P', path, '-e', 'trace=openat',
                      '-e', 'inject=openat:delay_enter=12000000']
    example.configure(listen=['{}:{}'.format(*example.addresses[0])])
    example.spawn(environment={'NOTIFY_SOCKET': str(notified.path)})

    until(lambda: serves(example, TEXT), 'what was published')
    patience = notified.wait_for('EXTEND_TIMEOUT_USEC=60000000')
    assert any(line.startswith('STATUS=serving; files are being loaded') for line in patience)
    assert (status(example, NEW), status(example, NOWHERE)) == (503, 503)
    assert not notified.heard('READY=1')

    notified.wait_for('READY=1')
    assert serves(example, policy('testing', [f'mail.{DOMAIN}']))
    assert (status(example, NEW), status(example, NOWHERE)) == (200, 404)
    assert notified.messages[-1][0] == 'READY=1'


def test_a_stop_in_the_first_load_is_the_last_that_is_told(example, notified, needs):
    needs(shutil.which('strace'), 'strace is missing')
    path = example.domain(DOMAIN, mode='testing')
    example.stop()
    example.prefix = ['strace', '-E', NO_LEAKS, '-D', '-f', '-o', example.place / 'strace', '-P', path, '-e', 'trace=openat',
                      '-e', 'inject=openat:delay_enter=4000000']
    example.configure(listen=['{}:{}'.format(*example.addresses[0])])
    process = example.spawn(environment={'NOTIFY_SOCKET': str(notified.path)})
    until(lambda: serves(example, TEXT), 'what was published')

    process.popen.terminate()
    assert process.wait() == 0
    assert notified.heard('STOPPING=1')
    assert notified.messages[-1] == ['STOPPING=1']
    assert 'files not loaded' not in process.log


def test_who_asks_before_anything_was_published_waits_for_the_files(host, needs):
    """The files take a second each, and nobody is told that there is no policy."""
    needs(shutil.which('strace'), 'strace is missing')
    path = host.domain(DOMAIN)
    host.certify(DOMAIN)
    host.prefix = ['strace', '-E', NO_LEAKS, '-D', '-f', '-o', host.place / 'strace', '-P', path, '-e', 'trace=openat',
                   '-e', 'inject=openat:delay_enter=1000000']
    with socket.create_server(('127.0.0.1', 0)) as listening, concurrent.futures.ThreadPoolExecutor(1) as asking:
        asked = asking.submit(client.fetch, listening.getsockname(), host.authority, DOMAIN)
        host.start_activated([('https', listening)])
        assert asked.result(DEADLINE).body == TEXT


def status(host, name):
    return host.fetch(name).status


def serves(host, text):
    try:
        return host.fetch(DOMAIN).body == text
    except OSError:
        return False


def ids(host):
    """The mode and the id of each domain."""
    return {row['domain']: (row['mode'], row['id']) for row in host.get('/v1/domains')['domains']}


@pytest.fixture
def many(host, needs, needs_root):
    """So many domains that an order of all of them takes a while."""
    needs(shutil.which('strace'), 'strace is missing')
    names = ', '.join(f'"d{number}.test"' for number in range(MANY))
    host.file('many.conf', f'mode = "enforce";\nmax_age = 86400;\nmx = [ "mail.test" ];\ndomains = [ {names} ];\n')
    host.start()
    assert len(ids(host)) == MANY, host.process.log
    return host


@contextlib.contextmanager
def being_written(host):
    """An order of all domains, some of which it has written and others not, until the end of the block."""
    with slowed(host, 'pwrite64', 0.05) as trace:
        ordered = host.spawn_ctl('none', '--all', '--yes')
        until(lambda: trace.read_text().count('pwrite64') > 3 or not ordered.runs, 'the order to be written')
        assert ordered.runs, ordered.log
        yield ordered


def test_questions_are_answered_in_the_middle_of_an_order_and_know_nothing_of_it(many):
    before = ids(many)
    with being_written(many) as ordered:
        totals = many.get('/v1/status')['domains']
        listed = ids(many)
        shown = many.show('d0.test')
        history = many.get('/v1/history/d0.test')['revisions']
        orders = many.get('/v1/audit')['entries']
        assert ordered.runs, ordered.log
    assert (totals['enforce'], totals['none']) == (MANY, 0)
    assert listed == before
    assert (shown['mode'], shown['id'], len(history)) == ('enforce', before['d0.test'][1], 1)
    assert 'none' not in {entry['command'] for entry in orders}

    assert ordered.wait() == 0, ordered.log
    after = ids(many)
    assert {mode for mode, _ in after.values()} == {'none'}
    assert not {id for _, id in before.values()} & {id for _, id in after.values()}


@pytest.mark.parametrize('command', ['none', 'reset', 'undo'])
def test_the_reply_to_an_order_of_many_is_told_whole(many, command):
    many.ctl('none', '--all', '--yes')
    if command == 'none':
        many.ctl('undo')
    printed = many.ctl('--json', command, *([] if command == 'undo' else ['--all', '--yes'])).stdout
    told = json.loads(printed)
    assert [row['domain'] for row in told['changes']] == sorted(ids(many))
    assert {(row['after']['mode'], row['after']['id']) for row in told['changes']} == set(ids(many).values())
    assert printed == json.dumps(told, indent=2) + '\n'


@pytest.mark.parametrize('form', [[], ['--format', 'zone']])
def test_an_order_of_many_prints_some_for_people_and_all_for_scripts(many, form):
    told = many.ctl('none', '--all', '--yes', *form)
    records = [line for line in told.stdout.splitlines() if line.startswith('_mta-sts.')]
    assert len(records) == (MANY if form else 10)
    assert f'and {MANY - 10} more' in told.stdout + told.stderr
    if form:
        assert sorted(records) == sorted(many.ctl('txt', '--all').stdout.splitlines())
        assert len(json.loads(many.ctl('--json', 'txt', '--all').stdout)['domains']) == MANY


def test_a_stop_gives_an_order_of_many_up_and_nothing_of_it_is_done(many):
    host, before = many, ids(many)
    with being_written(many) as ordered:
        host.process.popen.terminate()
        until(lambda: not ordered.runs, 'the order to be given up')
    assert ordered.popen.wait(DEADLINE) == 1, ordered.log
    assert host.process.wait() == 0

    host.start()
    assert ids(host) == before
