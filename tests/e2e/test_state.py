# SPDX-License-Identifier: ISC
"""A state that is not what it was: files that were taken away or overwritten, copies put back, bytes that changed."""
import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile

import pytest

from host import MTA_STSCTL
from wait import until

DOMAIN = 'example.test'
OTHER = 'other.test'


@pytest.fixture
def pair(host):
    """Two domains whose files say enforce; one was ordered to none."""
    host.domain(DOMAIN)
    host.domain(OTHER)
    host.certify(DOMAIN, OTHER)
    host.start()
    host.switch('none', DOMAIN)
    host.stop()  # so that the log holds but a part of the state
    host.start()
    return host


def database(host):
    return host.state / 'mta-stsd.db'


def log(host):
    return host.state / 'mta-stsd.db-wal'


def backup(host, name='copy.db'):
    """As the manual says: sqlite3 mta-stsd.db .backup"""
    path = host.place / name
    source, target = sqlite3.connect(database(host)), sqlite3.connect(path)
    source.backup(target)
    source.close()
    target.close()
    return path


def mode(host, domain=DOMAIN):
    """What the world sees."""
    answer = host.fetch(domain)
    assert answer.status == 200, answer
    return answer.body.split(b'mode: ')[1].split(b'\r\n')[0].decode()


def complaints(host):
    return ' '.join(complaint['text'] for complaint in host.get('/v1/status')['complaints'])


def checkpoint(host):
    """Stop the daemon, so that all is in the database and there is no log."""
    host.stop()
    assert not log(host).exists()


def sql(host, *statements):
    connection = sqlite3.connect(database(host))
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def flip(host, old, new, which=0):
    """Change bytes of the database file, as a disk would."""
    data = bytearray(database(host).read_bytes())
    at = -1
    for _ in range(which + 1):
        at = data.index(old, at + 1)
    data[at:at + len(old)] = new
    database(host).write_bytes(data)


# What can happen to the files under a running daemon

def delete_database(host):
    database(host).unlink()


def delete_log(host):
    log(host).unlink()


def delete_all(host):
    for path in host.state.iterdir():
        if path.is_file():
            path.unlink()


def truncate_database(host):
    os.truncate(database(host), 4096)


def truncate_log(host):
    os.truncate(log(host), 0)


def replace_database(host):
    os.replace(backup(host), database(host))


def overwrite_database(host):
    shutil.copyfile(host.old, database(host))


def replace_directory(host):
    host.state.rename(host.place / 'moved')
    host.state.mkdir()


def restore_in_place(host):
    """With sqlite3's own .restore, through its locks: another state all the same."""
    source, target = sqlite3.connect(host.old), sqlite3.connect(database(host))
    source.backup(target)
    source.close()
    target.close()


@pytest.mark.parametrize('harm', [delete_database, delete_log, delete_all, truncate_database, truncate_log, replace_database,
                                  overwrite_database, replace_directory, restore_in_place])
def test_an_order_is_not_acknowledged_when_the_files_are_not_the_same_any_more(pair, harm):
    pair.old = backup(pair)
    pair.switch('none', OTHER)
    harm(pair)

    status, answer = pair.api('POST', '/v1/reset', {'domains': [DOMAIN]})
    assert mode(pair, OTHER) == 'none'
    if status == 200:  # all that was taken away is in the log still: then it is on disk again
        assert harm in (replace_database, overwrite_database)
        pair.process.kill()
        pair.start()
        assert mode(pair) == 'enforce' and mode(pair, OTHER) == 'none' and pair.get('/v1/status')['store'] == 'ok'
        return
    assert (status, answer['error']['code']) == (500, 'not_written')
    assert mode(pair) == 'none'
    assert pair.get('/v1/status')['store'] == 'doubtful'
    assert str(pair.state) in complaints(pair)
    assert 'DOUBTFUL' in pair.ctl('status').stdout
    status, answer = pair.api('POST', '/v1/reset', {'domains': [DOMAIN]})
    assert (status, answer['error']['code']) == (500, 'not_written')


def test_a_state_that_is_refused_is_left_alone_and_nothing_else_is_said_of_it(pair):
    checkpoint(pair)
    sql(pair, 'PRAGMA user_version = 999')
    before = database(pair).read_bytes()
    process = pair.spawn()
    assert process.wait() != 0
    assert 'replaced' not in process.log, process.log
    assert database(pair).read_bytes() == before


def test_a_history_that_cannot_be_read_is_not_called_empty(pair):
    checkpoint(pair)
    sql(pair, 'ALTER TABLE revision RENAME COLUMN fetches TO fetched')
    pair.start()
    shown = pair.show(OTHER)
    assert (shown['history_readable'], shown['revisions'], shown['fetches']) == (False, [], 0)
    printed = pair.ctl('show', OTHER).stdout
    assert 'unknown: the history cannot be read' in printed and 'never' not in printed and 'Revisions' not in printed


def test_what_is_put_back_is_taken_again(pair):
    aside = pair.place / 'aside'
    pair.state.rename(aside)
    assert pair.get('/v1/status')['store'] == 'doubtful'
    aside.rename(pair.state)
    until(lambda: pair.get('/v1/status')['store'] == 'ok', 'the state to be taken again')
    pair.reset(DOMAIN)
    assert mode(pair) == 'enforce'
    pair.stop()
    pair.start()
    assert mode(pair) == 'enforce'


def test_a_copy_of_the_same_state_is_taken_again(pair):
    shutil.copytree(pair.state, pair.place / 'copied')
    shutil.rmtree(pair.state)
    assert pair.get('/v1/status')['store'] == 'doubtful'
    # Another directory is not locked by the daemon, so only its files may come back.
    (pair.place / 'copied').rename(pair.state)
    assert pair.api('POST', '/v1/reset', {'domains': [DOMAIN]})[1]['error']['code'] == 'not_written'


def test_a_reader_and_a_backup_disturb_nobody(pair):
    backup(pair)
    pair.reset(DOMAIN)
    backup(pair)
    assert pair.get('/v1/status')['store'] == 'ok'


def test_another_writer_is_noticed_and_what_it_wrote_is_read(pair):
    sql(pair, "UPDATE domain SET source = '/elsewhere' WHERE name = 'other.test'")
    pair.reset(DOMAIN)
    assert mode(pair) == 'enforce'
    assert 'written to by another program' in pair.process.log
    assert pair.get('/v1/status')['store'] == 'ok'


def test_a_second_daemon_is_refused_though_the_lock_was_deleted(pair):
    (pair.state / 'lock').unlink()
    second = pair.check()
    assert second.returncode == 69, second.stderr
    assert 'another mta-stsd runs' in second.stderr
    pair.reset(DOMAIN)
    pair.stop()
    pair.start()
    assert mode(pair) == 'enforce'


# What a start finds

@pytest.mark.parametrize('lose', [delete_database, delete_log, lambda host: os.truncate(database(host), 0)])
def test_a_state_that_lost_its_database_is_no_first_start(pair, lose):
    pair.process.kill()
    assert log(pair).stat().st_size > 0
    if lose is delete_log:
        database(pair).unlink()
    else:
        lose(pair)
    run = pair.check()
    assert run.returncode == 78, run.stderr
    assert 'mta-stsd --restore FILE' in run.stderr and 'mta-stsd.db' in run.stderr


def test_a_lost_database_is_missed_after_a_clean_stop_too(pair):
    pair.stop()
    database(pair).unlink()
    for left in ('reserve', 'lock'):
        run = pair.check()
        assert run.returncode == 78, run.stderr
        (pair.state / left).unlink()
    pair.start()  # what the message says: without a trace it is a first start
    assert mode(pair) == 'enforce'


def test_a_copy_over_a_log_that_does_not_fit_is_never_called_ok(pair):
    old = backup(pair)
    for number in range(40):
        pair.domain(f'd{number}.test')
    pair.reload()
    pair.switch('none', OTHER)
    pair.process.kill()
    assert log(pair).stat().st_size > 0
    shutil.copyfile(old, database(pair))
    shutil.copyfile(log(pair), pair.place / 'log')

    pair.spawn().wait_for_line('mta-stsd, ready ')
    status = pair.get('/v1/status')
    if status['store'] == 'ok':  # all that the copy lacked is in the log: then it is the state, whole
        assert pair.show(OTHER)['mode'] == 'none' and status['domains']['total'] == 42
    else:
        assert status['store'] == 'damaged' and 'restore' in complaints(pair)
        assert pair.api('POST', '/v1/reset', {'domains': [DOMAIN]})[0] == 500


def test_an_older_copy_put_back_by_hand_is_said(pair):
    old = backup(pair)
    pair.switch('none', OTHER)
    pair.stop()
    shutil.copyfile(old, database(pair))
    pair.start()
    assert 'older than when it was last in use' in complaints(pair)


def damage_pages(host):
    data = bytearray(database(host).read_bytes())
    for page in range(1, len(data) // 4096):
        if page % 3 == 0:
            data[page * 4096:(page + 1) * 4096] = bytes(4096)
    database(host).write_bytes(data)


@pytest.mark.parametrize('harm', [damage_pages, lambda host: os.truncate(database(host), database(host).stat().st_size // 2)])
def test_damaged_pages_never_bring_back_what_was_turned_off(pair, harm):
    checkpoint(pair)
    harm(pair)
    pair.spawn()
    until(lambda: not pair.process.runs or 'mta-stsd, ready' in pair.process.log, 'a start or its end')
    if pair.process.runs:
        pair.addresses = [(name, int(port)) for name, _, port in
                          (text.rpartition(':') for text in pair.get('/v1/status')['listen'])]
        assert pair.get('/v1/status')['store'] == 'damaged'
        assert 'state is damaged' in complaints(pair)
        for method, path, body in (('GET', '/v1/domains/unknown.test', None),
                                   ('POST', '/v1/switch', {'domains': ['unknown.test'], 'mode': 'none'})):
            status, answer = pair.api(method, path, body)
            assert (status, answer['error']['code']) == (500, 'unreadable')  # for nobody knows
        assert pair.get('/v1/domains')['partial']
        assert 'there may be more domains' in pair.ctl('list').stdout
        for domain in (DOMAIN, OTHER):
            answer = pair.fetch(domain)
            assert answer.status in (200, 503)
            if domain == DOMAIN and answer.status == 200:
                assert b'mode: none' in answer.body
        pair.domain('new.test')
        assert pair.api('POST', '/v1/reload', {})[0] == 500
    else:
        pair.process.wait()  # and for its last lines
        assert 'damaged' in pair.process.log or 'refused' in pair.process.log, pair.process.log


def test_a_damaged_policy_of_an_orphan_is_said_and_not_a_silent_404(pair):
    (pair.domains / f'{OTHER}.conf').unlink()
    pair.reload()
    checkpoint(pair)
    flip(pair, b'mx: mail.other.test', b'mx: evil.other.test')
    pair.start()
    assert pair.fetch(OTHER).status == 503
    status = pair.get('/v1/status')
    assert status['store'] == 'ok' and status['unreadable_domains'] == [OTHER]
    assert f'{OTHER}: its stored revision is damaged' in complaints(pair)
    listed = pair.ctl('list').stdout
    assert f'{OTHER}: unreadable' in listed and 'there may be more' not in listed
    assert pair.api('GET', '/v1/domains/' + OTHER)[1]['error']['code'] == 'unreadable'
    assert pair.api('GET', '/v1/domains/unknown.test')[1]['error']['code'] == 'unknown_domain'
    assert mode(pair) == 'none'

    pair.domain(OTHER)
    pair.reload()
    assert mode(pair, OTHER) == 'enforce'
    assert pair.get('/v1/status')['unreadable_domains'] == []
    revisions = pair.get(f'/v1/history/{OTHER}')['revisions']
    assert [revision['readable'] for revision in revisions] == [False, True]
    assert len({revision['id'] for revision in revisions}) == 2


def test_a_damaged_policy_that_was_ordered_comes_back_as_it_was_ordered(pair):
    checkpoint(pair)
    flip(pair, b'mode: none', b'mode: nope')
    pair.start()
    assert mode(pair) == 'none'
    assert f'published anew under id ({pair.show(DOMAIN)["id"]})' in complaints(pair)


def test_a_damaged_switch_leaves_what_is_published(pair):
    checkpoint(pair)
    sql(pair, "UPDATE switch SET mode = 'testing'")
    pair.start()
    assert mode(pair) == 'none'
    assert 'its stored switch is damaged' in complaints(pair)
    pair.reload()
    assert mode(pair) == 'none'
    pair.switch('none', DOMAIN)
    assert 'switch' not in complaints(pair)
    pair.stop()
    pair.start()
    assert mode(pair) == 'none' and 'switch' not in complaints(pair)


def test_what_is_damaged_as_a_whole_is_not_published_from_the_files(pair):
    checkpoint(pair)
    sql(pair, "UPDATE switch SET mode = 'testing'", "UPDATE revision SET text = replace(text, 'none', 'testing')")
    pair.start()
    assert pair.fetch(DOMAIN).status == 503
    assert 'nobody knows whether it was turned off' in complaints(pair)


def test_a_name_that_changed_stops_everything_that_would_publish(pair):
    checkpoint(pair)
    flip(pair, f'{DOMAIN}{pair.domains}'.encode(), f'exbmple.test{pair.domains}'.encode())
    pair.start()
    assert pair.get('/v1/status')['store'] == 'damaged'
    assert pair.fetch(DOMAIN).status == 503
    assert mode(pair, OTHER) == 'enforce'


def test_a_switch_that_is_missing_is_missed(pair):
    checkpoint(pair)
    sql(pair, 'DELETE FROM switch')
    pair.start()
    assert pair.get('/v1/status')['store'] == 'damaged'
    assert 'switches are missing' in complaints(pair)
    assert mode(pair) == 'none'


@pytest.mark.parametrize('table', ['audit_change', 'lapse', 'observation'])
def test_a_table_that_is_missing_is_missed(pair, table):
    checkpoint(pair)
    sql(pair, f'DROP TABLE {table}')
    pair.start()
    assert pair.get('/v1/status')['store'] == 'damaged'
    assert mode(pair) == 'none' and mode(pair, OTHER) == 'enforce'


def test_a_log_that_lost_its_end_is_said(pair):
    pair.switch('none', OTHER)
    pair.process.kill()
    data = bytearray(log(pair).read_bytes())
    data[-100] ^= 1
    log(pair).write_bytes(data)
    pair.start()
    assert 'state is older than when it was last in use' in complaints(pair)


def test_one_bad_byte_makes_one_row_unreadable(pair):
    pair.switch('none', OTHER)
    checkpoint(pair)
    connection = sqlite3.connect(database(pair))
    connection.execute("UPDATE switch SET who = CAST(x'726f6fff74' AS TEXT) WHERE domain = 1")
    connection.execute("UPDATE audit SET reason = CAST(x'ff' AS TEXT), who = CAST(x'fe' AS TEXT)")
    connection.execute("UPDATE domain SET source = CAST(x'ff' AS TEXT) WHERE id = 1")
    connection.commit()
    connection.close()
    pair.start()
    assert {row['mode'] for row in pair.get('/v1/domains')['domains']} == {'none'}
    assert pair.get('/v1/status')['retiring']['publishing'] == 2
    assert pair.get('/v1/audit')['entries'][0]['by'] == '\\xfe'
    pair.ctl('list')
    pair.ctl('audit')
    pair.ctl('history', DOMAIN)


def with_null(host, statement):
    """Run it as if no column were NOT NULL, which only damage can do."""
    with contextlib.closing(sqlite3.connect(database(host))) as connection:
        schema = connection.execute('SELECT sql, name FROM sqlite_schema WHERE sql IS NOT NULL').fetchall()
    sql(host, 'PRAGMA writable_schema = ON', "UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '')")
    sql(host, statement)
    with contextlib.closing(sqlite3.connect(database(host))) as connection:
        connection.execute('PRAGMA writable_schema = ON')
        connection.executemany('UPDATE sqlite_schema SET sql = ? WHERE name = ?', schema)
        connection.commit()


@pytest.mark.parametrize('lost', ['observation SET id = NULL', 'observation SET error = NULL', 'observation_server SET said = NULL',
                                  'audit SET who = NULL', 'audit_change SET after = NULL', 'revision SET text = NULL'])
def test_a_row_that_lost_a_value_takes_no_answer_along(pair, lost):
    server = {'server': 'ns.example', 'address': '192.0.2.1', 'ttl': 300, 'texts': ['v=STSv1; id=elsewhere;']}
    pair.must('POST', '/v1/dns', {'observations': [{'domain': DOMAIN, 'servers': [server]}]})
    checkpoint(pair)
    with_null(pair, f'UPDATE {lost}')
    pair.start()
    assert pair.get('/v1/status')['store'] == 'damaged'
    for path in ('/v1/domains', '/v1/audit', f'/v1/history/{DOMAIN}'):
        assert pair.get(path)
    assert 'revision' in lost or mode(pair, OTHER) == 'enforce'


def test_a_damaged_old_revision_counts_as_the_longest_that_it_may_have_said(pair):
    checkpoint(pair)
    sql(pair, "UPDATE revision SET text = replace(text, '604800', '104800') WHERE superseded_at IS NOT NULL")
    pair.start()
    assert pair.show(DOMAIN)['retirement']['wait'] > 31557600


def test_a_state_that_may_only_be_read_is_served_and_said(pair, needs_root):
    checkpoint(pair)
    for path in [pair.place, *pair.place.rglob('*')]:
        os.chown(path, 65534, 65534)
        if path.is_dir():
            path.chmod(0o755)
    database(pair).chmod(0o444)
    os.chown(database(pair), 0, 0)
    for directory in list(pair.place.parents)[:-1]:
        if not directory.stat().st_mode & 1:
            pytest.skip('the place of the test is not open to others')
    pair.start(user=65534, group=65534, extra_groups=[])
    assert mode(pair) == 'none' and mode(pair, OTHER) == 'enforce'
    assert pair.get('/v1/status')['store'] == 'read-only'
    assert 'cannot be written' in complaints(pair)
    assert pair.api('POST', '/v1/reset', {'domains': [DOMAIN]})[1]['error']['code'] == 'not_written'
    assert 'READ-ONLY' in pair.ctl('status').stdout


# To put a copy back

def restore(host, path, status=0):
    run = host.check('--restore', path)
    assert run.returncode == status, run.stderr
    return run.stderr


def test_only_who_gets_a_new_id_is_counted_as_such(pair):
    old = backup(pair)
    pair.domain('new.test')
    pair.reload()
    pair.switch('none', OTHER, reason='after the copy')
    pair.process.kill()

    said = restore(pair, old)
    assert 'get a new id: 1;' in said
    assert 'not in the copy and not published before a file names them: 1' in said


def test_a_copy_is_put_back_whole_and_noted(pair):
    old = backup(pair)
    pair.switch('none', OTHER, reason='after the copy')
    ids = {row['id'] for row in pair.get('/v1/domains')['domains']}
    pair.process.kill()  # so that there is a log that belongs to another state

    said = restore(pair, old)
    assert f'{OTHER} differs (published: none, in the copy: enforce)' in said
    assert 'domains that were none and are not in the copy: 1' in said
    assert (pair.state / 'before-restore.db').exists() and 'what was there before is before-restore.db' in said
    assert 'is not known' not in said
    pair.start()
    assert pair.get('/v1/status')['store'] == 'ok'
    assert mode(pair) == 'none' and mode(pair, OTHER) == 'enforce'
    assert pair.show(DOMAIN)['id'] in ids and pair.show(OTHER)['id'] not in ids
    assert [revision['id'] in ids for revision in pair.get(f'/v1/history/{OTHER}')['revisions']] == [False, True, False]
    assert 'older' not in complaints(pair)
    last = pair.get('/v1/audit')['entries'][-1]
    assert last['command'] == 'restore' and str(old) in last['reason']
    pair.switch('none', OTHER)
    assert pair.show(OTHER)['id'] not in ids


def test_where_no_state_was_it_is_said_and_what_was_published_since_is_not_known(pair):
    old = backup(pair)
    pair.stop()
    shutil.rmtree(pair.state)
    pair.state.mkdir()

    said = restore(pair, old)
    assert '(no state was there before)' in said and 'before-restore' not in said
    assert 'what was published after the copy was made is not known' in said
    assert not (pair.state / 'before-restore.db').exists()


def test_a_damaged_row_of_a_copy_is_not_believed_for_being_restored(pair):
    old = backup(pair)
    connection = sqlite3.connect(old)
    connection.execute("UPDATE revision SET text = replace(text, 'mail.', 'evil.')")
    connection.commit()
    connection.close()
    pair.stop()
    restore(pair, old)
    pair.start()
    assert mode(pair) == 'none'
    assert b'mx: mail.other.test' in pair.fetch(OTHER).body
    assert f'{OTHER}: ' in complaints(pair) and 'damaged' in complaints(pair)


def test_a_restore_can_be_taken_back(pair):
    old = backup(pair)
    pair.switch('none', OTHER)
    pair.stop()
    restore(pair, old)
    before = pair.state / 'before-restore.db'
    restore(pair, '/etc/passwd', 78)
    assert before.exists() and not (pair.state / 'restore.part').exists()
    restore(pair, before)
    pair.start()
    assert mode(pair, OTHER) == 'none'


def test_a_copy_may_lie_on_another_file_system(pair, needs):
    needs(os.stat('/dev/shm').st_dev != os.stat(pair.state).st_dev, 'there is no other file system here')
    old = backup(pair)
    pair.reset(DOMAIN)
    pair.stop()
    with tempfile.NamedTemporaryFile(dir='/dev/shm') as elsewhere:
        shutil.copyfile(old, elsewhere.name)
        restore(pair, elsewhere.name)
    pair.start()
    assert mode(pair) == 'none'


def test_an_older_state_put_back_whole_after_a_kill_is_said(pair):
    for name in ('mta-stsd.db', 'mta-stsd.db-wal'):
        shutil.copyfile(pair.state / name, pair.place / name)
    pair.switch('none', OTHER)
    pair.process.kill()
    for name in ('mta-stsd.db', 'mta-stsd.db-wal'):
        shutil.copyfile(pair.place / name, pair.state / name)
    pair.start()
    assert 'older than when it was last in use' in complaints(pair)


def test_a_damaged_switch_publishes_nothing_else(pair):
    before = pair.show(DOMAIN)
    checkpoint(pair)
    sql(pair, 'UPDATE switch SET keep_mx = 1')
    pair.start()
    after = pair.show(DOMAIN)
    assert (after['id'], after['policy']) == (before['id'], before['policy'])


def test_a_copy_of_files_comes_with_its_log(pair):
    copy = pair.place / 'raw.db'
    shutil.copyfile(database(pair), copy)
    shutil.copyfile(log(pair), pair.place / 'raw.db-wal')
    pair.reset(DOMAIN)
    pair.stop()
    restore(pair, copy)
    pair.start()
    assert mode(pair) == 'none'


def test_nothing_is_put_back_under_a_running_daemon(pair):
    old = backup(pair)
    assert 'another mta-stsd runs' in restore(pair, old, 69)
    pair.reset(DOMAIN)
    assert mode(pair) == 'enforce'


def no_database(path):
    path.write_bytes(b'not a database, by far\n' * 400)


def empty(path):
    path.write_bytes(b'')


def torn(path):
    os.truncate(path, path.stat().st_size // 8192 * 4096)


def foreign(path):
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute('CREATE TABLE revision (text TEXT)')
    connection.commit()
    connection.close()


def newer(path):
    connection = sqlite3.connect(path)
    connection.execute('PRAGMA user_version = 99')
    connection.commit()
    connection.close()


@pytest.mark.parametrize('spoil', [no_database, empty, torn, foreign, newer, lambda path: path.unlink()])
def test_a_copy_that_is_none_changes_nothing(pair, spoil):
    old = backup(pair)
    pair.reset(DOMAIN)
    pair.stop()
    before = database(pair).read_bytes()
    spoil(old)
    run = pair.check('--restore', old)
    assert run.returncode in (74, 78) and 'restore, not done' in run.stderr, run.stderr
    assert database(pair).read_bytes() == before
    pair.start()
    assert mode(pair) == 'enforce'


@pytest.mark.parametrize('steps', range(4))
def test_a_restore_that_was_interrupted_is_finished_by_the_start(pair, steps):
    old = backup(pair)
    pair.reset(DOMAIN)
    pair.process.kill()
    shutil.copyfile(old, pair.state / 'restore.db')
    moves = [('mta-stsd.db-wal', 'before-restore.db-wal'), ('mta-stsd.db-shm', 'gone'),
             ('mta-stsd.db', 'before-restore.db')]
    for name, to in moves[:steps]:
        (pair.state / name).rename(pair.state / to)
    pair.start()
    assert mode(pair) == 'none'
    assert pair.get('/v1/status')['store'] == 'ok'
    assert not (pair.state / 'restore.db').exists()


def test_a_restore_that_ended_before_its_copy_was_complete_changes_nothing(pair):
    pair.reset(DOMAIN)
    pair.process.kill()
    (pair.state / 'restore.part').write_bytes(b'half')
    pair.start()
    assert mode(pair) == 'enforce'


def test_a_restore_belongs_to_the_owner_of_the_directory(pair, needs_root):
    old = backup(pair)
    pair.stop()
    os.chown(pair.state, 65534, 65534)
    restore(pair, old)
    for name in ('mta-stsd.db', 'lock'):
        assert (pair.state / name).stat().st_uid == 65534, name
    left = {path.name for path in pair.state.iterdir()}
    assert not left & {'mta-stsd.db-wal', 'restore.part', 'restore.db'}


# The chapter of the manual, step by step

MANUAL = os.path.join(os.environ.get('srcdir', '.'), 'man', 'mta-stsd.8')


def chapter():
    """The commands of "When the state is damaged", in their order."""
    with open(MANUAL, encoding='ascii') as file:
        text = file.read().split('.Ss When the state is damaged\n')[1].split('\n.S')[0]
    return re.findall(r'^\.Dl (.*)$', text.replace(r'\(dq', '"'), re.M)


class Night:
    """A shell where the state is that of the test, and systemctl starts and stops its daemon."""

    def __init__(self, host, copy):
        self.host = host
        self.places = {'/var/lib/mta-stsd.damaged': str(host.place / 'damaged'),
                       '/var/lib/mta-stsd': str(host.state), '/path/to/copy.db': str(copy),
                       'example.org': DOMAIN}

    def run(self, command):
        for place, real in self.places.items():
            command = command.replace(place, real)
        words = command.split()
        if words[:2] == ['systemctl', 'stop']:
            return self.host.stop()
        if words[:2] == ['systemctl', 'start']:
            return self.host.start()
        programs = f'mta-stsd() {{ "{self.host.command()[0]}" --config "{self.host.conf}" "$@"; }}\n' \
                   f'mta-stsctl() {{ "{MTA_STSCTL}" --socket "{self.host.socket}" "$@"; }}\n'
        run = subprocess.run(['bash', '-o', 'pipefail', '-c', programs + command], stdin=subprocess.DEVNULL, text=True,
                             capture_output=True, timeout=60, check=False)
        assert run.returncode == 0, (command, run.stdout, run.stderr)
        return run.stdout


@pytest.mark.parametrize('has_copy', [True, False])
def test_the_manual_can_be_followed_at_night(pair, has_copy):
    copy = backup(pair)
    pair.switch('none', OTHER)
    checkpoint(pair)
    data = database(pair).read_bytes()
    in_index = re.search(b'(?<!mail[.])(?<!/)' + OTHER.encode() + b'(?![./])', data).start()
    database(pair).write_bytes(data[:in_index] + b'p' + data[in_index + 1:])
    pair.start()
    assert pair.get('/v1/status')['store'] == 'damaged'
    night = Night(pair, copy)
    commands = chapter()
    assert [command.split()[0] for command in commands] == [
        'mta-stsctl', 'mta-stsctl', 'systemctl', 'cp', 'mta-stsd', 'mta-stsd', 'systemctl', 'mta-stsctl', 'mta-stsctl', 'mta-stsctl',
        'mta-stsctl']
    skipped = commands[5:6] if has_copy else commands[4:5]
    for command in commands[:-1]:  # the last one asks DNS
        if command not in skipped:
            night.run(command)
    assert pair.get('/v1/status')['store'] == 'ok'
    assert mode(pair) == 'none'
    assert mode(pair, OTHER) == ('enforce' if has_copy else 'none')


def test_the_signal_for_a_reload_publishes_nothing_into_a_lost_state(pair):
    pair.domain('new.test')
    delete_all(pair)
    pair.process.popen.send_signal(signal.SIGHUP)
    pair.process.wait_for_line('reload, not done')
    assert pair.api('GET', '/v1/domains/new.test')[0] == 404
