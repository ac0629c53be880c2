# SPDX-License-Identifier: ISC
"""The rules of ids, standing, orders, undo, forget and the horizon, once more, from the manual pages alone.

Pure: no daemon, no clock, no file.  model.py walks the daemon and these rules side by side.
"""
import contextlib
import copy
import dataclasses
import time
from dataclasses import dataclass, field

DAY = 86400
YEAR = 31557600  # the longest max_age
FLOORS = {'testing': 7 * DAY, 'enforce': 7 * DAY}  # senders raise a short max_age to that
MARGIN = 3600
TTL_UNKNOWN = DAY
TTL_MOST = 7 * DAY
ORPHANS_FEW, ORPHANS_SHARE = 10, 10
WORD = 'nothing-before'
ORDERS = ('none', 'testing', 'enforce', 'reset', 'undo')
VERDICTS = ('right', 'unreachable', 'missing', 'malformed', 'other_text', 'two_records', 'old_id')  # each worse


class Refused(Exception):
    """A guard says no: 409."""


class Unknown(Exception):
    """There is no such domain or entry: 404."""


@dataclass(frozen=True)
class Policy:
    mode: str
    max_age: int
    mx: tuple = ()

    @property
    def text(self):
        lines = ['version: STSv1', f'mode: {self.mode}', *(f'mx: {name}' for name in self.mx), f'max_age: {self.max_age}']
        return ''.join(line + '\r\n' for line in lines)


@dataclass(frozen=True)
class Configured:
    """What a file says of a domain."""
    policy: Policy
    id: str = ''


@dataclass(frozen=True)
class Switch:
    mode: str
    max_age: int = 0  # with mode none
    keep_mx: bool = False

    def apply(self, policy):
        if self.mode != 'none':
            return dataclasses.replace(policy, mode=self.mode)
        return Policy('none', self.max_age, policy.mx if self.keep_mx else ())


@dataclass
class Revision:
    id: str
    policy: Policy
    published_at: int
    superseded_at: int = 0
    first_served: int = 0
    last_served: int = 0
    seen_at: int = 0
    ttl: int = 0


@dataclass
class Foreign:
    """What DNS showed and this host never published: every id, and the last one, under which senders may hold a policy."""
    id: str
    last_at: int
    ttl: int
    ids: set


@dataclass
class Look:
    at: int
    id: str
    verdict: str
    right_at: int


@dataclass
class Domain:
    history: list = field(default_factory=list)  # oldest first
    switch: Switch = None
    foreign: Foreign = None
    look: Look = None
    stranger: Revision = None  # before it another host may have published what nobody knows
    recorded: bool = False  # DNS showed a record since then
    sourced: bool = False  # it came from a file, and nobody has accepted that it has none any more

    @property
    def published(self):
        return self.history[-1] if self.history and not self.history[-1].superseded_at else None

    def used(self, id):
        return any(one.id == id for one in self.history) or (self.foreign and id in self.foreign.ids)


@dataclass
class Entry:
    command: str
    changes: list  # (domain, id before, id after, switch before)


@dataclass
class Change:
    name: str
    before: Revision
    policy: Policy
    id: str
    publishes: bool
    switch: Switch
    switches: bool
    wait: int = 0


@dataclass
class Stored:
    """What survives a restart, and what a backup copies."""
    domains: dict = field(default_factory=dict)
    audit: list = field(default_factory=list)  # entry number N is audit[N - 1]
    lapses: list = field(default_factory=list)
    running: bool = False
    counted_at: int = 0


def next_id(now, last):
    by_time = time.strftime('%Y%m%d%H%M%S', time.gmtime(now))
    if last.isdigit() and int(by_time) <= int(last):
        counted = str(int(last) + 1).rjust(len(last), '0')
        if len(counted) <= 32:
            return counted
    return by_time


class Rules:
    def __init__(self, now):
        self.now = now
        self.stored = Stored()
        self.files = {}  # name of a file → {domain: Configured}, or None when it is broken
        self.names_of = {}  # name of a file → the domains that come from it, broken or not
        self.configured = {}  # as of the last load: domain → Configured, or None: refused
        self.unread = True  # no load was done since the start
        self.started_at = 0

    # Looking

    @property
    def served(self):
        return {name: one for name, one in sorted(self.stored.domains.items()) if one.published}

    def is_orphan(self, name):
        return name not in self.configured

    def standing(self, name):
        if self.stored.domains[name].switch:
            return 'switched'
        if self.is_orphan(name):
            return 'orphaned'
        return 'refused' if self.configured[name] is None else 'configured'

    # What one domain comes to

    def choose_id(self, domain, configured, switch):
        wished = configured.id if configured and not switch else ''
        if wished:
            if domain.used(wished):
                raise Refused(f'id {wished} was used')
            return wished
        id = domain.published.id if domain.published else ''
        while True:
            id = next_id(self.now, id)
            if not domain.used(id):
                return id

    def plan(self, name, configured, switch, exact=None):
        domain = self.stored.domains.get(name) or Domain()
        published = domain.published
        policy = exact or (configured.policy if configured else published.policy)
        if switch and not exact:
            policy = switch.apply(policy)
        if policy.mode != 'none' and not policy.mx:
            raise Refused('mx is missing')
        wished = configured.id if configured and not switch else ''
        change = Change(name, published, policy, published.id if published else '', False, switch, switch != domain.switch)
        if not published or published.policy != policy or wished not in ('', published.id):
            change.id = self.choose_id(domain, configured, switch)
            change.publishes = True
        change.wait = self.wait(name, change.publishes) if published else 0
        return change

    def commit(self, command, changes, more=False):
        """The number of the audit entry, or None when there was nothing to do."""
        changes = [one for one in changes if one.publishes or one.switches]
        if not changes and not more:
            return None
        rows = []
        for one in changes:
            domain = self.stored.domains.setdefault(one.name, Domain())
            rows.append((one.name, one.before and one.before.id, one.id, domain.switch))
            if one.publishes:
                if one.before:
                    one.before.superseded_at = self.now
                domain.history.append(Revision(one.id, one.policy, self.now))
                if not one.before:
                    domain.stranger, domain.recorded = domain.published, bool(domain.stranger)
            domain.switch = one.switch
        self.stored.audit.append(Entry(command, rows))
        return len(self.stored.audit)

    def plan_all(self, names, plan):
        """All of the domains are tried; one that is refused refuses all."""
        if any(name not in self.served for name in names):
            raise Unknown
        changes, refused = [], None
        for name in sorted(set(names)):
            try:
                changes.append(plan(name))
            except Refused as why:
                refused = why
        if refused:
            raise refused
        return changes

    # Orders

    def order(self, names, switch, dry_run):
        changes = self.plan_all(names, lambda name: self.plan(name, self.configured.get(name), switch))
        return (None if dry_run else self.commit(switch.mode, changes)), changes

    def plan_reset(self, name):
        domain = self.stored.domains[name]
        configured = self.configured.get(name)
        if not domain.switch:
            return self.plan(name, None, None)  # only a reload publishes what the file says by now
        if configured is None:
            raise Refused('there is nothing to go back to')
        return self.plan(name, configured, None)

    def reset(self, names, dry_run):
        changes = self.plan_all(names, self.plan_reset)
        return (None if dry_run else self.commit('reset', changes)), changes

    def plan_undo(self, number, name, before, was):
        domain = self.stored.domains[name]
        configured = self.configured.get(name)
        newest = max(place for place, entry in enumerate(self.stored.audit, 1)
                     if entry.command != WORD and any(row[0] == name for row in entry.changes))
        if not domain.published or newest != number or before is None:
            raise Refused('something newer stands in the way')
        policy = next(one.policy for one in domain.history if one.id == before)
        if not was and configured and configured.policy != policy:
            raise Refused('its file says something else')
        return self.plan(name, configured, was, policy)

    def undo(self, number):
        number = number or len(self.stored.audit)
        if not 1 <= number <= len(self.stored.audit):
            raise Unknown
        entry = self.stored.audit[number - 1]
        if entry.command not in ORDERS:
            raise Refused('no order')
        changes, refused = [], None
        for name, before, _, was in sorted(entry.changes, key=lambda row: row[0]):
            try:
                changes.append(self.plan_undo(number, name, before, was))
            except Refused as why:
                refused = why
        if refused:
            raise refused
        return self.commit('undo', changes), changes

    def word(self, names):
        """No other host ever published anything, says the operator."""
        if any(name not in self.served for name in names):
            raise Unknown
        domains = [(name, self.stored.domains[name]) for name in sorted(set(names))]
        if not any(domain.stranger for _, domain in domains):
            return None
        for _, domain in domains:
            domain.stranger = None
        self.stored.audit.append(Entry(WORD, [(name, domain.published.id, domain.published.id, domain.switch)
                                              for name, domain in domains]))
        return len(self.stored.audit)

    def forget(self, names, force):
        if any(name not in self.served for name in names):
            raise Unknown
        if any(self.retirement(name)['state'] != 'safe' and not force or not self.is_orphan(name) for name in names):
            raise Refused
        rows = []
        for name in sorted(set(names)):
            domain = self.stored.domains[name]
            rows.append((name, domain.published.id, None, domain.switch))
            domain.published.superseded_at = self.now
            domain.switch = domain.look = None
            domain.sourced = False
        if rows:
            self.stored.audit.append(Entry('forget', rows))
        return len(self.stored.audit)

    # Files

    def is_named(self, name):
        sourced = self.stored.domains[name].sourced
        return any(name in self.names_of[file] if content is None and sourced else name in (content or ())
                   for file, content in self.files.items())

    def new_orphans(self, nameless):
        if self.unread:
            return [name for name in nameless if self.stored.domains[name].sourced]
        return [name for name in nameless if not self.is_orphan(name)]

    def reload(self, force=False):
        nameless = [name for name in self.served if not self.is_named(name)]
        missed = [name for name in nameless if self.stored.domains[name].sourced]
        live = [name for name, one in self.served.items() if one.published.policy.mode != 'none']
        lost = [name for name in missed if name in live]
        if not force and len(lost) > ORPHANS_FEW and len(lost) > len(live) // ORPHANS_SHARE:
            raise Refused('too many files are gone')
        new_orphans = self.new_orphans(nameless)
        said = {name: one for file in self.files.values() if file for name, one in file.items()}
        refused = {name for name in self.served if name not in said and self.is_named(name)}
        changes = []
        for name, configured in sorted(said.items()):
            try:
                changes.append(self.plan(name, configured, self.stored.domains.get(name, Domain()).switch))
            except Refused:
                refused.add(name)
        found = [one.name for one in changes if not self.stored.domains.get(one.name, Domain()).sourced]
        accepted = missed if force else []
        self.commit('reload', changes, bool(accepted or found))
        for name in [one.name for one in changes] + accepted:
            self.stored.domains[name].sourced = name not in accepted
        self.configured = {name: None if name in refused else said[name] for name in self.served
                           if name in refused or name in said}
        self.unread = False
        return {'published': sum(one.publishes for one in changes), 'new_orphans': len(new_orphans),
                'orphaned': sum(self.is_orphan(name) for name in self.served), 'refused':
                sum(self.configured.get(name, 1) is None for name in self.served)}

    # Life

    def start(self):
        if self.stored.running:
            times = self.stored.counted_at, self.now
            self.stored.lapses.append((min(times), max(times)))
        for domain in self.stored.domains.values():
            if domain.look:
                domain.look.right_at = 0
        self.stored.running = True
        self.stored.counted_at = self.started_at = self.now
        self.unread = True
        self.configured = dict.fromkeys(self.served)
        with contextlib.suppress(Refused):
            self.reload()

    def stop(self):
        self.stored.running = False
        self.stored.counted_at = self.now

    def copy(self):
        return copy.deepcopy(self.stored)

    # Evidence

    def fetch(self, name):
        published = self.served[name].published if name in self.served else None
        if published:
            published.first_served = published.first_served or self.now
            published.last_served = max(published.last_served, self.now)
            self.stored.counted_at = self.now
        return published

    @staticmethod
    def verdict(server, published):
        if server.get('error'):
            return 'unreachable'
        if not server['ids']:
            return 'missing'
        if len(server['ids']) > 1:
            return 'two_records'
        return 'right' if server['ids'][0] == published else 'old_id'

    def observe(self, name, servers):
        domain = self.stored.domains[name]
        published = domain.published
        verdict = max((self.verdict(server, published.id) for server in servers), key=VERDICTS.index)
        keeps = verdict == 'unreachable' or (verdict == 'missing' and self.retirement(name, 0)['state'] in ('confirming', 'safe'))
        domain.recorded = domain.recorded or any(server['ids'] and not server.get('error') for server in servers)
        if verdict == 'missing' and not domain.recorded and not any(server.get('error') for server in servers):
            domain.stranger = None
        old = domain.look
        right_at = self.now if verdict == 'right' else old.right_at if keeps and old and old.id == published.id else 0
        domain.look = Look(self.now, published.id, verdict, right_at)
        for server in servers:
            for id in server['ids']:
                self.note_id(domain, id, min(server['ttl'], TTL_MOST))
        if verdict == 'right':
            published.seen_at = published.seen_at or self.now
        elif not keeps:
            published.seen_at = 0

    def note_id(self, domain, id, ttl):
        place = next((place for place, one in enumerate(domain.history) if one.id == id), None)
        if place is not None:
            domain.history[place].ttl = max(domain.history[place].ttl, ttl)
        if id != domain.published.id:  # somebody holds what was published under it still: nothing younger covers it
            if place is not None:  # but nothing older was renewed since a younger one was everywhere
                one = domain.history[place]
                one.seen_at = one.seen_at or min((newer.seen_at for newer in domain.history[place + 1:] if newer.seen_at), default=0)
            for one in domain.history[place + 1 if place is not None else 0:]:
                one.seen_at = 0
        if place is None:
            old = domain.foreign or Foreign(id, 0, 0, set())
            domain.foreign = Foreign(id, max(old.last_at, self.now), max(old.ttl, ttl), old.ids | {id})

    def last_served(self, one):
        """After a crash it may have been fetched until the restart."""
        superseded = one.superseded_at
        lapses = [until for since, until in self.stored.lapses
                  if until >= min(one.published_at, superseded or one.published_at)
                  and since <= max(one.published_at, superseded or since)]
        return max([one.last_served, *lapses])

    @staticmethod
    def older(domain):
        """What senders may have got, the newest first; with what nobody knows in its place."""
        revisions = domain.history[::-1]
        if domain.stranger:
            place = next(place for place, one in enumerate(revisions, 1) if one is domain.stranger)
            fetches = [one.first_served for one in revisions[:place] if one.first_served]
            at = max(domain.stranger.published_at, min(fetches, default=0))
            revisions.insert(place, Revision('', Policy('enforce', YEAR), at, at))
        return revisions

    def horizon(self, name, replaced=False):
        """When no sender can hold anything older, the longest wait, and what is held longest."""
        domain = self.stored.domains[name]
        older = self.older(domain)
        newest = Revision('', Policy('none', 1), 0) if replaced else older.pop(0)
        covered = max(newest.seen_at, newest.published_at) if newest.seen_at else 0
        safe_at, ttl, wait, end, held = covered, newest.ttl, 0, 0, None
        if domain.foreign:
            at = domain.foreign.last_at
            older = [*older, Revision(domain.foreign.id, Policy('enforce', YEAR), at, at, ttl=domain.foreign.ttl)]
        for one in older:
            hold = max(one.policy.max_age, FLOORS[one.policy.mode]) if one.policy.mode != 'none' else 0
            visible = max(covered or self.now, one.published_at, one.superseded_at)
            served = 0 if not one.id or domain.foreign and one.id == domain.foreign.id else self.last_served(one)
            until = max(visible + max(ttl, one.ttl or TTL_UNKNOWN), served) + hold + MARGIN
            if hold and until > self.now:
                wait = max(wait, hold + MARGIN)
                if until > end:
                    end, held = until, one.id
            if newest.seen_at and hold:
                safe_at = max(safe_at, until)
            if one.seen_at:
                seen = max(one.seen_at, one.published_at)
                covered = min(covered or seen, seen)
            ttl = max(ttl, one.ttl)
        return safe_at, wait, held

    def wait(self, name, replaced):
        return self.horizon(name, replaced)[1]

    def retirement(self, name, since=None):
        domain = self.stored.domains[name]
        if domain.published.policy.mode != 'none':
            return {'state': None}
        safe_at, wait, held = self.horizon(name)
        look = domain.look if domain.look and domain.look.id == domain.published.id else None
        if not look:
            state = 'publishing'
        elif not safe_at:
            state = 'waiting'
        elif self.now < safe_at:
            state = 'draining'
        elif look.right_at < max(safe_at, self.started_at if since is None else since) or look.right_at > self.now:
            state = 'confirming'
        else:
            state = 'safe'
        return {'state': state, 'safe_at': safe_at, 'wait': wait, 'held': held}
