# SPDX-License-Identifier: ISC
"""
A small world to break: a few domains, a throw-away certificate, a daemon, an operator and a sender; facts about it, and
judge(), which says what must hold after a restart.

What the daemon reads is named from its working directory, so that a world can be copied: nothing in it knows where it is.
"""
import collections
import contextlib
import functools
import http.client
import json
import os
import re
import shutil
import sqlite3
import ssl

import client
import host
import preload
from authority import Authority
from host import REPORT, Host

HERE = '/proc/self/cwd/'
SINGLES = ['one.test', 'file.test', 'dull.test']  # switched alone, changed by its file, and never touched
OFF = 'off.test'  # switched to none already, by the newest order
GONE = 'gone.test'  # its file has disappeared
BULK = [f'b{number:02}.test' for number in range(12)]
FILL = 'fill.test'  # has a long history, if any
CONFIGURED = [*SINGLES, OFF, FILL, *BULK]
MAX_AGE = 604800

# answer of an order: 'done', 'refused' (which promises that nothing has changed) or 'unknown'
Outcome = collections.namedtuple('Outcome', 'kind status answer', defaults=(None, None))
Entry = collections.namedtuple('Entry', 'number command who changes')  # changes: {domain: (before, after)}


@functools.cache
def authority(place):
    """The one of a run, which also has the pairs of all its worlds."""
    place = place / 'authority'
    if not place.exists():
        place.mkdir()
        return Authority(place)
    known = Authority.__new__(Authority)  # made by another process
    known.place, known.file, known._key = place, place / 'ca.pem', place / 'ca.key'
    return known


class World(Host):
    def __init__(self, proof, place=None, like=None, **settings):
        super().__init__(place or proof.fresh(), authority(proof.place))
        self.proof = proof
        self.preload = None  # below the daemon, if anything is
        self.asked = collections.Counter()  # fetches by domain
        if like:
            shutil.copytree(like, self.place, dirs_exist_ok=True)
        self.configure(domains=HERE + 'domains.d', certificates=[HERE + 'certs'], state=HERE + 'state', workers=1,
                       **settings)

    @property
    def daemon(self):
        return self.proof.daemon

    def command(self, *arguments):
        return [*self.prefix, self.daemon, '--config', HERE + 'mta-stsd.conf', *arguments]

    def spawn(self, command=None, environment=None, **more):
        below = self.preload.environment if self.preload else {}
        process = super().spawn(command, environment={**(environment or {}), **below}, cwd=self.place, **more)
        self.proof.started(process)
        return process

    def wait_until_ready(self):
        """After spawn()."""
        self.process.wait_for_line(host.READY)
        self.addresses = [host.address(text) for text in self.get('/v1/status')['listen']]

    @property
    def pid(self):
        return self.process.popen.pid

    @property
    def worker(self):
        """The thread that talks to the world."""
        return self.thread(lambda name: name != 'clerk')

    @property
    def clerk(self):
        """The thread that gives orders."""
        return self.thread(lambda name: name == 'clerk')

    def thread(self, fits):
        tids = [int(name) for name in os.listdir(f'/proc/{self.pid}/task') if int(name) != self.pid]
        (tid,) = [tid for tid in tids if fits(open(f'/proc/{self.pid}/task/{tid}/comm').read().strip())]
        return tid

    def kill(self):
        """End it without a word; a report of a sanitizer is a failure."""
        self.process.kill()

    def order(self, method, path, body=None):
        """Ask for it, and tell what is known then."""
        try:
            status, answer = self.api(method, path, body)
        except (OSError, ValueError, http.client.HTTPException):  # it died before it answered, or while
            return Outcome('unknown')
        if status == 200:
            return Outcome('done', status, answer)
        code = answer.get('error', {}).get('code')
        return Outcome('unknown' if code in ('unknown', 'unreadable') or not code else 'refused', status, answer)

    def certificate(self, domain):
        """The serial number of the certificate that a sender gets."""
        with client.Connection(self.addresses[0], 'mta-sts.' + domain, self.authority) as connection:
            return connection.tls.getpeercert()['serialNumber']

    def text(self, domain):
        """The policy that a sender gets, or None."""
        self.asked[domain] += 1
        answer = self.fetch(domain)
        return answer.body.decode() if answer.status == 200 else None


class Prepared:
    """A state of a small world that is made once, and copied for each point."""

    def __init__(self, proof, name):
        self.name = name
        self._proof = proof
        self.place = proof.place / name
        made = small_world(proof, brim=name == 'brimming')
        if name == 'calm':
            made.stop()
        else:
            made.kill()
        for part in ('domains.d', 'certs', 'state'):
            shutil.copytree(made.place / part, self.place / part)
        (self.place / 'state' / 'reserve').unlink(missing_ok=True)  # large, and made again at each start

    def world(self):
        world = World(self._proof, like=self.place)
        world.preload = preload.Preload(self._proof, world.place)
        return world


STATES = ['calm', 'crashed', 'brimming']


def fill(world):
    """
    Make the log of the store so long that the next order writes it back into the database, which SQLite does after
    1000 pages; there is the newest order to come, and a start.
    """
    log = world.state / 'mta-stsd.db-wal'
    age = 1000
    while log.stat().st_size < 978 * 4120:
        age += 1
        world.switch('none', FILL, max_age=age)


def small_world(proof, place=None, brim=False):
    """Every kind of standing that an order can meet, made in a way that orders make it."""
    world = World(proof, place)
    for domain in [*CONFIGURED, GONE]:
        world.domain(domain, max_age=MAX_AGE)
    world.certify(*CONFIGURED, GONE)
    world.start()
    os.unlink(world.domains / f'{GONE}.conf')
    world.reload()
    install(world, world.authority.issue('mta-sts.one.test', days=10))
    for domain in (SINGLES[2], OFF):
        world.fetch(domain)
    if brim:
        fill(world)
    world.switch('none', OFF, reason='before')
    return world


def install(world, pair):
    return world.must('POST', '/v1/certificates', {'certificate': pair.chain, 'key': pair.key, 'from': 'proof'})


class Facts:
    """What a world is like: what the daemon says, and what its store holds, which must agree."""

    def __init__(self, world):
        self.status = world.get('/v1/status')
        self.served = {row['domain']: row for row in world.must('POST', '/v1/query', {'all': True})['domains']}
        with contextlib.closing(database(world)) as base:
            base.execute('BEGIN')  # one moment of it: a recovery may be writing
            self._read(base)
        self.left = sorted(path.name for path in (world.state / 'certificates').glob('.*'))  # half written

    def _read(self, base):
        self.revisions = collections.defaultdict(list)  # of each domain (id, text, is current), the oldest first
        self.fetches = {}
        for name, ident, text, until, fetches, seen in base.execute(
                'SELECT name, revision.id, text, superseded_at, fetches, seen_at FROM revision'
                ' JOIN domain ON domain.id = domain ORDER BY number'):
            self.revisions[name].append((ident, text, until is None))
            self.fetches[name, ident] = (fetches, seen is not None)
        self.published = {name: (ident, text) for name, rows in self.revisions.items()
                          for ident, text, current in rows if current}
        self.switched = {name for (name,) in base.execute(
            'SELECT name FROM switch JOIN domain ON domain.id = domain')}
        self.entries = [Entry(number, command, who, {}) for number, command, who in base.execute(
            'SELECT number, command, who FROM audit ORDER BY number')]
        by_number = {entry.number: entry for entry in self.entries}
        for number, name, before, after in base.execute(
                'SELECT audit, name, before, after FROM audit_change JOIN domain ON domain.id = domain'):
            by_number[number].changes[name] = (before, after or None)
        self.observed = dict(base.execute(
            'SELECT name, verdict FROM observation JOIN domain ON domain.id = domain'))
        self.sound = [row for (row,) in base.execute('PRAGMA integrity_check')] == ['ok']


def database(world):
    """The store, beside the daemon that has it."""
    return sqlite3.connect(f'file:{world.state}/mta-stsd.db?mode=ro', uri=True, timeout=10)


def in_doubt(facts):
    return facts.status['store'] != 'ok'


def agree(facts, settled=True):
    """What the daemon serves is what its store holds, unless it says that it does not know."""
    if in_doubt(facts) and not settled:
        return
    for name in sorted(facts.served.keys() | facts.published.keys()):
        row, (ident, text) = facts.served.get(name), facts.published.get(name, (None, None))
        if not row or not text or row['id'] != ident or f"mode: {row['mode']}\r\n" not in text:
            yield f"{name} is served as {row and (row['id'], row['mode'])}, its store holds {(ident, text)}"
        elif (row['switch'] is not None) != (name in facts.switched):
            yield f"{name} is shown as {row['standing']}, and its store has {'a' if name in facts.switched else 'no'} switch"


def keep_ids(facts):
    """No id twice, no text twice in a row, and never two that are current."""
    if not facts.sound:
        yield 'the database is not sound'
    for name, rows in facts.revisions.items():
        ids = [ident for ident, _, _ in rows]
        if len(set(ids)) < len(ids):
            yield f'{name} had an id twice: {ids}'
        if any(one[1] == other[1] for one, other in zip(rows, rows[1:])):
            yield f'{name} had one text under two ids: {rows}'
        if sum(current for _, _, current in rows) > 1 or any(current for _, _, current in rows[:-1]):
            yield f'{name} has a revision that is current and not the newest: {rows}'


def stay(before, after, but=()):
    """What nobody asked to be changed is as it was, and nothing stands in its history that nobody said."""
    for name in sorted(before.revisions.keys() | after.revisions.keys()):
        if name not in but and before.revisions.get(name) != after.revisions.get(name):
            yield f'{name} was changed, and nobody ordered it: {after.revisions.get(name)}'
    if before.entries != after.entries[:len(before.entries)]:
        yield f'the audit trail lost entries: {after.entries}'


def audited(before, after, order, new):
    """An entry exactly if it was done."""
    entries = after.entries[len(before.entries):]
    if not new or not order.commands:
        if entries and not (order.may_leave_entry and len(entries) == 1):
            yield f'audit has what was not done: {entries}'
        return
    if len(entries) != 1 or entries[0].command not in order.commands:
        yield f'it was done, and audit says {entries}'
        return
    wanted = {name: (before.published.get(name, [None])[0], after.published.get(name, [None])[0])
              for name in order.domains}
    if entries[0].changes != wanted:
        yield f'audit says {entries[0].changes} of {wanted}'


def well(before, after):
    """Nothing is missing after a restart that was there before."""
    for name in ('store', 'complaints', 'complaints_lost'):
        if after.status[name] != before.status[name]:
            yield f'status says {name}: {after.status[name]}'
    for name in ('orphaned', 'refused'):
        if after.status['domains'][name] > before.status['domains'][name]:
            yield f"{after.status['domains'][name]} domains are {name}"
    if after.status['certificates']['uncovered'] > before.status['certificates']['uncovered']:
        yield f"{after.status['certificates']['uncovered']} domains have no certificate"
    if after.left:
        yield f'beside the certificates stands {after.left}'
    if after.status['retiring'] is None:
        yield 'the state of retirements cannot be read'


def seen(world, before, facts, names):
    """A sender gets what the operator is shown, unless that is a complaint about certificates."""
    lost = facts.status['certificates']['uncovered'] > before.status['certificates']['uncovered']
    if in_doubt(facts) or (lost and facts.status['complaints']):
        return
    for name in names:
        try:
            text = world.text(name)
        except (OSError, ssl.SSLError, AssertionError, ValueError) as error:
            yield f'{name} cannot be fetched: {type(error).__name__}: {error}'
            continue
        held = facts.published.get(name, (None, None))[1]
        if text != held and text != Facts(world).published.get(name, (None, None))[1]:  # made up for meanwhile
            yield f'{name} is fetched as {text!r}, its store holds {held!r}'


def wrongly_served(world, before, order):
    """Of a state that cannot be read, nothing is served but what was published, or what the order wanted."""
    for name in before.published:
        text = quietly(world.text, name)
        if text and name not in order.domains and text != before.published[name][1]:
            yield f'{name} is served as {text!r}, was {before.published[name][1]!r}'


def judge(world, before, order, outcome, settled=True, after=None):
    """
    What is wrong with a running daemon after an order, as texts: none when all is well.

    @param before   facts from before the order
    @param outcome  what its client knows of it
    @param settled  after a restart without further faults, which must leave nothing open
    @param after    facts from now, if they are known already
    """
    after = after or Facts(world)
    new = order.is_new(world, before, after)
    return [*([new] if isinstance(new, str) else told(order, outcome, new, after, settled)),
            *agree(after, settled), *keep_ids(after), *stay(before, after, order.domains),
            *audited(before, after, order, new), *acknowledged(order, outcome, after),
            *(well(before, after) if settled else ()), *seen(world, before, after, [*order.domains[:2], SINGLES[2]])]


def told(order, outcome, new, after, settled):
    """What the client was told is so; a start and a recovery do on their own what the files say."""
    unasked = new and order.settles and after.entries[-1].who in ('start', 'recovery')
    if outcome.kind == 'done' and not new:
        yield 'acknowledged, and not done'
    if outcome.kind == 'refused' and new and not unasked:
        yield f'refused ({outcome.answer}), and done'
    if settled and order.settles and not new:
        yield 'a start did not take what the files say'


def acknowledged(order, outcome, after):
    """The ids that were told are those that are published."""
    changes = outcome.answer.get('changes', []) if outcome.kind == 'done' and outcome.answer else []
    for change in changes:
        if after.published.get(change['domain'], [None])[0] != change['after']['id']:
            yield f"{change['domain']} was acknowledged as {change['after']['id']}, and is {after.published[change['domain']]}"


def reports(world):
    """What the log must never have."""
    return [line for line in world.process.lines if REPORT.search(line) or re.search(r'Assertion .* failed', line)]


def dump(facts):
    return json.dumps({name: ident for name, (ident, _) in facts.published.items()}, sort_keys=True)


@contextlib.contextmanager
def patience(seconds):
    """How long operators and senders wait for an answer."""
    before = host.DEADLINE
    host.DEADLINE = client.DEADLINE = seconds
    try:
        yield
    finally:
        host.DEADLINE = client.DEADLINE = before


def quietly(call, *arguments):
    """Of which nothing is expected: the daemon may die over it."""
    try:
        return call(*arguments)
    except (OSError, ValueError, AssertionError):
        return None
