# SPDX-License-Identifier: ISC
"""Damaged state: bytes, pages, rows and files that somebody or something else has changed.

A state with a past is made once.  Each point damages a copy of it, before a start or under the running daemon, and what
may come of that is always the same:
 - the daemon does not start and says why, or it says in its status that something is wrong, or all is as it was;
 - whatever it says, it does not crash;
 - without a word (in status, or of a revision in its history), no domain is served otherwise than before, none is gone, none has another id, no id comes back, and no
   list fails; a domain that was ordered to none is never served as enforce;
 - an order that was acknowledged is there after a kill and a restart;
 - one row that is damaged is one row that cannot be read: the lists around it can be, and whatever else the status says,
   it makes no enforce of an order for none.
"""
import contextlib
import os
import shutil
import sqlite3
import time

from world import World, authority, install, reports
from host import READY, Process, address
from proof import Result
from wait import DEADLINE, until

PLAIN = ['a.test', 'b.test', 'c.test', 'd.test']
OFF = 'off.test'  # ordered to none, though its file says enforce
TESTED = 'tested.test'  # ordered to testing
ORPHAN = 'orphan.test'
FORGOTTEN = 'forgotten.test'
SERVED = [*PLAIN, OFF, TESTED, ORPHAN]
PAGE = 4096
NOBODY = 65534


class State:
    """Made once for a run: an older copy, a later one that was stopped well, and one that was killed."""

    def __init__(self, proof):
        self.proof = proof
        self.place = proof.place / 'damage'
        world = World(proof)
        for name in [*SERVED, FORGOTTEN]:
            world.domain(name)
        world.certify(*SERVED, FORGOTTEN)
        world.start()
        self.give_a_past(world)
        world.stop()
        self.keep(world, 'older')
        world.start()
        world.switch('testing', *PLAIN, reason='later')
        world.switch('none', OFF, max_age=7200)
        self.report(world, OFF)
        world.reset(*PLAIN)
        self.before = Facts(world)
        world.stop()
        self.keep(world, 'calm')
        world.start()
        world.switch('none', 'a.test', max_age=1000)
        world.reset('a.test')
        self.before_crashed = Facts(world)
        world.kill()
        self.keep(world, 'crashed')

    def give_a_past(self, world):
        install(world, world.authority.issue('mta-sts.a.test', days=10))
        for age in range(2):
            for name in PLAIN:
                world.domain(name, max_age=700000 + age)
            world.reload()
            for name in PLAIN:
                world.fetch(name)
        world.switch('none', OFF, ORPHAN, FORGOTTEN, reason='moves')
        world.switch('testing', TESTED)
        for name in (ORPHAN, FORGOTTEN):
            (world.domains / f'{name}.conf').unlink()
        world.reload()
        self.report(world, OFF)
        self.report(world, ORPHAN, 'elsewhere')
        world.must('POST', '/v1/forget', {'domains': [FORGOTTEN], 'force': True})

    @staticmethod
    def report(world, name, id=None):
        text = f'v=STSv1; id={id or world.show(name)["id"]};'
        server = {'server': 'ns.example', 'address': '192.0.2.1', 'ttl': 300, 'texts': [text]}
        world.must('POST', '/v1/dns', {'observations': [{'domain': name, 'servers': [server]}]})

    def keep(self, world, name):
        shutil.copytree(world.place, self.place / name, ignore=lambda _, names: {'control.sock', 'reserve'} & set(names))

    def world(self, name):
        return World(self.proof, like=self.place / name), self.before_crashed if name == 'crashed' else self.before


class Facts:
    """What an operator and a sender see of a sound state."""

    def __init__(self, world):
        self.rows = {row['domain']: row for row in world.get('/v1/domains')['domains']}
        self.texts = {name: world.show(name)['policy'] for name in self.rows}
        self.histories = {name: world.get('/v1/history/' + name)['revisions'] for name in [*self.rows, FORGOTTEN]}
        self.complaints = [one['text'] for one in world.get('/v1/status')['complaints']]

    def ids(self, name):
        return {row['id'] for row in self.histories[name]}


# What is damaged before a start: call(world, chance), which returns a few words about it

def database(world):
    return world.state / 'mta-stsd.db'


def log(world):
    return world.state / 'mta-stsd.db-wal'


def index(world):
    return world.state / 'mta-stsd.db-shm'


def change_bytes(path, offset, data):
    with open(path, 'r+b') as file:
        file.seek(offset)
        file.write(data)


def flip(which):
    def damage(world, chance):
        path = which(world)
        offset = chance.randrange(path.stat().st_size)
        old = path.read_bytes()[offset]
        change_bytes(path, offset, bytes([old ^ (1 << chance.randrange(8))]))
        return f'a bit of byte {offset} of {path.name} is flipped'
    return damage


def flip_text(world, chance):
    """Where it hurts: a letter of a text that is in use."""
    content = database(world).read_bytes()
    word = chance.choice((b'mode: none', b'mode: enforce', b'mx: mail.', b'max_age: ', b'version: STSv1', b'off.test'))
    places = [place for place in range(len(content)) if content.startswith(word, place)]
    offset = chance.choice(places) + chance.randrange(len(word))
    change_bytes(database(world), offset, bytes([content[offset] ^ (1 << chance.randrange(5))]))
    return f'a bit of {word.decode()} at {offset} is flipped'


def cut(which, step):
    def damage(world, chance):
        path = which(world)
        size = chance.randrange(0, path.stat().st_size, step)
        os.truncate(path, size)
        return f'{path.name} is cut to {size}'
    return damage


def overwrite_page(make):
    def damage(world, chance):
        page = chance.randrange(database(world).stat().st_size // PAGE)
        change_bytes(database(world), page * PAGE, make(chance))
        return f'page {page} is overwritten'
    return damage


def swap_pages(world, chance):
    content = database(world).read_bytes()
    one, other = chance.sample(range(1, len(content) // PAGE), 2)
    change_bytes(database(world), one * PAGE, content[other * PAGE:(other + 1) * PAGE])
    return f'page {one} is a copy of page {other}'


def remove(*which):
    def damage(world, _):
        for name in which:
            (world.state / name).unlink(missing_ok=True)
        return f'{" and ".join(which)} are gone'
    return damage


def empty(world, _):
    database(world).write_bytes(b'')
    log(world).unlink(missing_ok=True)
    return 'the database is empty'


def emptied_tables(world, _):
    database(world).unlink()
    log(world).unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(database(world))) as base:
        base.execute('VACUUM')
    return 'the database is an empty one of SQLite'


def not_a_file(world, chance):
    database(world).unlink()
    if chance.random() < 0.5:
        database(world).mkdir()
        return 'the database is a directory'
    database(world).symlink_to(world.place / 'nowhere')
    return 'the database is a link to nowhere'


def older_under_log(state):
    def damage(world, _):
        shutil.copy(state.place / 'older' / 'state' / 'mta-stsd.db', database(world))
        return 'the database is older than its log'
    return damage


def older(state):
    def damage(world, _):
        shutil.copy(state.place / 'older' / 'state' / 'mta-stsd.db', database(world))
        log(world).unlink(missing_ok=True)
        return 'the database is an older copy'
    return damage


def modes(mode):
    """As another user: for root every file can be read."""
    def damage(world, _):
        if os.geteuid() == 0:
            for root, directories, files in os.walk(world.place):
                for name in [root, *(os.path.join(root, one) for one in directories + files)]:
                    os.chown(name, NOBODY, NOBODY)
            world.prefix = ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups']
        database(world).chmod(mode)
        return f'the database has mode {mode:o}'
    return damage


def sql(*statements):
    def damage(world, chance):
        statement = chance.choice(statements)
        with contextlib.closing(sqlite3.connect(database(world))) as base:
            base.execute('PRAGMA ignore_check_constraints = ON')
            base.executescript(statement)
            base.commit()
        return statement
    return damage


OF = '(SELECT id FROM domain WHERE name = "{}")'.format
CURRENT = 'superseded_at IS NULL AND domain = '
TEXTS = [f'UPDATE revision SET text = {text} WHERE {which}' for text in (
    '"version: STSv1"||char(13,10)||"mode: enforce"||char(13,10)||"mx: evil.example"||char(13,10)||"max_age: 1"||char(13,10)',
    '""', '"nothing"', 'substr(text, 1, 20)', 'replace(text, "max_age: 7", "max_age: 8")',
    'replace(text, "mode: none", "mode: enforce")', 'text || "x: y"') for which in (
        CURRENT + OF('a.test'), CURRENT + OF(OFF), CURRENT + OF(ORPHAN), 'domain = ' + OF('b.test'))]
OLD_TEXTS = [f'UPDATE revision SET text = {text} WHERE number = (SELECT min(number) FROM revision WHERE domain = {OF(name)})'
             for text in ('""', '"nothing"', 'text || "x"', 'replace(text, "enforce", "none")') for name in ('a.test', OFF)]
IDS = [f'UPDATE revision SET id = "{id}" WHERE {CURRENT} {OF(name)}' for id in ('', 'not an id', '20200101000000', 'x' * 40)
       for name in ('a.test', OFF, ORPHAN)]
SWITCHES = [*(f'UPDATE switch SET {what} WHERE domain = {OF(OFF)}' for what in (
    'mode = "enforce"', 'mode = "testing"', 'mode = "bad"', 'mode = ""', 'max_age = 0', 'max_age = -1', 'max_age = 99999999999',
    'keep_mx = 1', f'domain = {OF("a.test")}')), f'DELETE FROM switch WHERE domain = {OF(OFF)}', 'DELETE FROM switch']
ROWS = ['DELETE FROM store', 'UPDATE store SET generation = 0', 'INSERT INTO store (generation) VALUES (0)',
        *(f'DELETE FROM revision WHERE {CURRENT} {OF(name)}' for name in ('a.test', OFF, ORPHAN)),
        *(f'UPDATE revision SET superseded_at = 1 WHERE {CURRENT} {OF(name)}' for name in ('a.test', OFF, ORPHAN)),
        f'DELETE FROM revision WHERE domain = {OF("b.test")}', f'DELETE FROM domain WHERE name = "{OFF}"',
        f'UPDATE domain SET name = "other.test" WHERE name = "{OFF}"',
        f'UPDATE domain SET name = "{OFF}x" WHERE name = "{ORPHAN}"',
        'UPDATE domain SET id = id + 100 WHERE name = "a.test"', 'DELETE FROM revision']
TABLES = [f'DROP TABLE {table}' for table in ('switch', 'audit', 'audit_change', 'observation', 'observation_server',
                                              'foreign_seen', 'lapse', 'store', 'record',
                                              'record_id', 'record_former')] + ['DROP INDEX revision_current']
STAMPS = [f'PRAGMA user_version = {version}' for version in (99, -1, 0, 1)] + \
         [f'PRAGMA application_id = {application}' for application in (0, 1, 0x6d535454)]
EVIDENCE = ['UPDATE observation SET verdict = "bad"', 'UPDATE observation SET id = ""', 'UPDATE observation SET error = "x"',
            'UPDATE foreign_seen SET id = ""', 'UPDATE foreign_seen SET mode = "bad"',
            'UPDATE domain SET unknown_before = 99', 'UPDATE domain SET unknown_before = -1', 'UPDATE record SET name = ""',
            'UPDATE audit SET command = "bad"', 'UPDATE audit SET who = ""', 'DELETE FROM lapse',
            'UPDATE audit_change SET was_mode = "bad"', 'UPDATE observation_server SET verdict = "bad"',
            'UPDATE revision SET published_at = -1', 'UPDATE revision SET seen_at = 1']


ONE_ROW = ('flip-text', 'text', 'old-text', 'id', 'switch', 'evidence')  # the rest can be read


def before_start(state):
    """Name, of which state, damage, how many of a hundred points."""
    return [
        ('flip-database', 'calm', flip(database), 16), ('flip-text', 'calm', flip_text, 12),
        ('flip-log', 'crashed', flip(log), 6), ('cut-database', 'calm', cut(database, 1), 3),
        ('cut-database-page', 'calm', cut(database, PAGE), 3), ('cut-log', 'crashed', cut(log, 1), 2),
        ('zero-page', 'calm', overwrite_page(lambda _: bytes(PAGE)), 4), ('swap-pages', 'calm', swap_pages, 3),
        ('noise-page', 'calm', overwrite_page(lambda chance: chance.randbytes(PAGE)), 3),
        ('no-database', 'calm', remove('mta-stsd.db'), 1), ('no-database-crashed', 'crashed', remove('mta-stsd.db'), 1),
        ('only-lock', 'calm', remove('mta-stsd.db', 'mta-stsd.db-wal', 'mta-stsd.db-shm', 'reserve'), 1),
        ('no-log', 'crashed', remove('mta-stsd.db-wal'), 1), ('no-shared-memory', 'crashed', remove('mta-stsd.db-shm'), 1),
        ('no-lock', 'calm', remove('lock'), 1), ('empty', 'calm', empty, 1), ('emptied-tables', 'calm', emptied_tables, 1),
        ('not-a-file', 'calm', not_a_file, 1), ('older-under-log', 'crashed', older_under_log(state), 1),
        ('older', 'calm', older(state), 1), ('mode-0', 'calm', modes(0), 1), ('mode-400', 'calm', modes(0o400), 1),
        ('text', 'calm', sql(*TEXTS), 8), ('old-text', 'calm', sql(*OLD_TEXTS), 3), ('id', 'calm', sql(*IDS), 4),
        ('switch', 'calm', sql(*SWITCHES), 6), ('row', 'calm', sql(*ROWS), 5), ('table', 'calm', sql(*TABLES), 3),
        ('stamp', 'calm', sql(*STAMPS), 3), ('evidence', 'calm', sql(*EVIDENCE), 3),
    ]


def is_gone(what):
    """A row that is not there any more, or somebody else's, as when a name is another, tells nothing of its order."""
    return 'DELETE' in what or 'SET domain' in what or f'a bit of {OFF}' in what


# What is damaged under the running daemon

def replaced(state):
    def damage(world, _):
        shutil.copy(state.place / 'older' / 'state' / 'mta-stsd.db', world.place / 'older.db')
        os.replace(world.place / 'older.db', database(world))
        return 'an older copy was put in the place of the database'
    return damage


def overwritten(state):
    def damage(world, _):
        change_bytes(database(world), 0, (state.place / 'older' / 'state' / 'mta-stsd.db').read_bytes())
        return 'the database was overwritten by an older copy'
    return damage


def moved(world, _):
    os.rename(world.state, world.place / 'moved')
    world.state.mkdir()
    return 'an empty directory was put in the place of the state'


def while_running(state):
    return [('replaced', 'calm', replaced(state), 1), ('overwritten', 'calm', overwritten(state), 1), ('moved', 'calm', moved, 1),
            ('deleted', 'calm', remove('mta-stsd.db'), 1), ('log-deleted', 'calm', remove('mta-stsd.db-wal'), 1),
            ('both-deleted', 'calm', remove('mta-stsd.db', 'mta-stsd.db-wal'), 1),
            ('index-deleted', 'calm', remove('mta-stsd.db-shm'), 1), ('index-cut', 'calm', cut(index, PAGE), 1),
            ('cut-under', 'calm', cut(database, PAGE), 1), ('flipped-under', 'calm', flip(database), 1),
            ('second', 'calm', remove('lock'), 1)]


# What may come of it

class Judge:
    def __init__(self, world, before):
        self.world = world
        self.before = before
        self.outcome = ''

    @staticmethod
    def is_ready(process):
        """Wait until it is, or has ended."""
        until(lambda: not process.runs or any(READY.search(line) for line in process.lines), 'a start, or the end')
        return process.runs

    def start(self):
        """Whether it runs; when not, it must have said why, and not crashed."""
        process = self.world.spawn()
        if not self.is_ready(process):
            status = process.wait()
            assert status > 0, f'it ended with {status}: {process.log}'
            assert process.lines, 'it ended without a word'
            return False
        self.world.addresses = [address(text) for text in self.ask('/v1/status')['listen']]
        return True

    def stop(self):
        """It ends well, however damaged its state is."""
        if self.world.process.runs:
            self.world.stop()

    def ask(self, path):
        status, answer = self.world.api('GET', path)
        if status != 200:
            assert status in (404, 500) and answer['error']['code'], f'{path} got {status}: {answer}'
            return None
        return answer

    def complains(self):
        """Whether the status says that something is wrong that was not before."""
        status = self.ask('/v1/status')
        new = [one['text'] for one in status['complaints'] if one['text'] not in self.before.complaints]
        return status['store'] != 'ok' or bool(new) or status['retiring'] is None

    def differences(self):
        """What is not as it was, as texts."""
        listed = self.ask('/v1/domains')
        if listed is None:
            yield 'the list cannot be read'
            return
        rows = {row['domain']: row for row in listed['domains']}
        for name in rows.keys() - self.before.rows.keys():
            yield f'{name} is new'
        for name, old in self.before.rows.items():
            row = rows.get(name)
            if not row:
                yield f'{name} is gone'
            elif (row['id'], row['mode'], row['standing']) != (old['id'], old['mode'], old['standing']):
                yield f'{name} is {row["id"], row["mode"], row["standing"]}, was {old["id"], old["mode"], old["standing"]}'
            text = self.world.text(name)
            if text != self.before.texts[name]:
                yield f'{name} is served as {text!r}'
        yield from self.lists()

    def lists(self):
        for name in self.before.histories:
            history = self.ask('/v1/history/' + name)
            if history is None:
                yield f'the history of {name} cannot be read'
            elif not self.is_told(history['revisions'], self.before.histories[name]):
                yield f'the history of {name} is another: {", ".join(row["id"] for row in history["revisions"])}'
        for path in ('/v1/audit', '/v1/certificates'):
            if self.ask(path) is None:
                yield f'{path} cannot be read'

    @staticmethod
    def is_told(rows, before):
        """Each revision is as it was, or said to be unreadable, wherever it stands then."""
        readable = [row['id'] for row in rows if row['readable']]
        left = iter(row['id'] for row in before)
        return len(rows) == len(before) and all(ident in left for ident in readable)

    def unreadable(self):
        """Lists that fail as a whole."""
        for path in ('/v1/domains', '/v1/audit', *('/v1/history/' + name for name in self.before.rows)):
            if self.ask(path) is None:
                yield f'one row is damaged, and {path} cannot be read'
        if self.ask('/v1/status')['retiring'] is None:
            yield 'one row is damaged, and the status knows of no retirement'

    def is_off(self):
        """A domain that was ordered to none."""
        return 'mode: enforce' not in (self.world.text(OFF) or '')

    def order(self, name='c.test', max_age=4321):
        """An order, and the id that it was acknowledged with; None when it was not."""
        status, answer = self.world.api('POST', '/v1/switch', {'domains': [name], 'mode': 'none', 'max_age': max_age})
        if status != 200:
            assert answer['error']['code'], answer
            return None
        id = answer['changes'][0]['after']['id']
        return id

    def survives(self, name, id):
        """Kill it, start it, and see whether what was acknowledged is there."""
        self.world.kill()
        if not self.start():
            return f'the order of {id} was acknowledged, and then it does not start: {self.world.process.lines[-1]}'
        row = self.ask('/v1/domains/' + name)
        if not row or row['id'] != id:
            return f'the order of {id} was acknowledged, and is gone after a restart: {row and row["id"]}'
        return None

    def judge_start(self, one_row):
        if not self.start():
            self.outcome = 'refused'
            return
        different = list(self.differences())
        complains = self.complains()  # some damage shows itself only to whoever reads that far
        self.outcome = 'said' if complains else 'as before'
        if not complains:
            yield from different
        if (one_row or not complains) and not self.is_off():
            yield f'{OFF} was ordered to none and is served as enforce'
        if one_row:
            yield from self.unreadable()
        id = self.order()
        if id in self.before.ids('c.test') and not complains:
            yield f'c.test has the id {id} again'
        gone = id and self.survives('c.test', id)
        if gone:
            yield gone

    def judge_running(self, damage, chance, second):
        assert self.start()
        self.order('b.test', 4320)
        what = damage(self.world, chance)
        if second:
            yield from self.judge_second()
        acknowledged = self.order()
        if not self.is_off():
            yield f'{OFF} is served as enforce'
        self.outcome = 'acknowledged' if acknowledged else 'not done'
        if acknowledged:
            gone = self.survives('c.test', acknowledged)
            if gone:
                yield f'{what}: {gone}'
            return
        if not self.complains():
            yield f'{what}: an order was not done, and its status says nothing'
        self.world.kill()
        self.put_back()
        if self.start() and not self.complains():
            yield from (one for one in self.differences() if 'b.test' not in one and 'c.test' not in one)

    def put_back(self):
        """A directory that is empty and was so for ever looks the same: only the daemon that ran there knows better."""
        moved_to = self.world.place / 'moved'
        if moved_to.exists():
            shutil.rmtree(self.world.state)
            moved_to.rename(self.world.state)

    def judge_second(self):
        """Two daemons never have one state."""
        other = self.world.place / 'other.conf'
        other.write_text(self.world.conf.read_text().replace('control.sock', 'other.sock'))
        second = Process([self.world.daemon, '--config', other], cwd=self.world.place)
        try:
            if self.is_ready(second):
                yield 'a second daemon runs on the same state'
        finally:
            second.kill()


def choose(table, points):
    """The points, of each row by its weight, at least one."""
    total = sum(weight for *_, weight in table)
    for name, state, damage, weight in table:
        for number in range(max(1, round(points * weight / total))):
            yield f'{name}-{number}', (name, state, damage)


def judge(proof, state, running, point, row):
    name, which, damage = row
    world, before = state.world(which)
    one, chance = Judge(world, before), proof.chance(point)
    try:
        if name in running:
            wrong = list(one.judge_running(damage, chance, name == 'second'))
        else:
            what = damage(world, chance)
            wrong = [f'{what}: {text}' for text in one.judge_start(name in ONE_ROW and not is_gone(what))]
        one.stop()
        return one.outcome, wrong + [f'the log has: {line}' for line in reports(world)]
    finally:
        if world.process and world.process.runs:
            world.process.popen.kill()
            world.process.popen.wait(DEADLINE)


def run(proof):
    begin = time.monotonic()
    authority(proof.place)
    state = State(proof)
    under = while_running(state)
    points = dict(choose(before_start(state) + [(*row[:3], 1) for row in under], proof.points))
    running = {row[0] for row in under}
    names = [proof.only] if proof.only else list(points)
    outcomes, wrong, done = {}, 0, 0
    for point, (outcome, texts) in proof.each(names, lambda point: judge(proof, state, running, point, points[point])):
        done += 1
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        if texts:
            wrong += 1
            proof.wrong(point, '; '.join(texts[:3]))
    proof.say(f'{", ".join(f"{what} {count}" for what, count in sorted(outcomes.items()))} in {time.monotonic() - begin:.0f} s')
    return Result(done, wrong)
