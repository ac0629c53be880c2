# SPDX-License-Identifier: ISC
"""Linearizability: whoever fetches or lists while operators order and the machine fails sees one history.

Operators order single domains and all of them at once, take orders back, reset and reload; senders fetch and operators
list meanwhile; now and then the daemon is killed and started again.  Every operation is written down with the time when
it began and ended, all by one steady clock.

The audit trail numbers the transactions of the daemon, so the order in which it says that it wrote is known, and each
revision has an id of its own.  That makes the check near-linear: the state after transaction N is version N, what a read
saw was so from one version to another, and a history that is linearizable has for each read a version that
 - is not older than a transaction that was acknowledged before the read began,
 - is not newer than one that began after the read had ended,
 - is not older than what a read saw that had ended before this one began.
A list sees all domains at one version.  Two fetches, one after the other, of two domains of one order therefore never see
its half.  A transaction nobody was answered about may have happened or not: the trail decides, and later reads with it.
"""
import bisect
import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter

from proof import Result
from world import World

DOMAINS = [f'{letter}.test' for letter in 'abcdef']
ROUND = 1500  # operations that one daemon with one history is asked
KILLS = 3  # of them in a round
SENDERS, OPERATORS = 6, 3
LOST = (OSError, ValueError, http.client.HTTPException, AssertionError)  # what a client meets when the daemon dies


class Odd(Exception):
    """An answer that came whole, and is wrong."""


class Operation:
    def __init__(self, kind, begin):
        self.kind = kind
        self.begin = begin
        self.end = None  # never, as long as nobody was answered
        self.seen = {}  # what a read saw: domain → id of a list, text of a fetch, None when it is not served
        self.changes = []  # what an order said it did: (domain, id before, id after)


class Trail:
    """Every operation of a round, each counted when it began."""

    def __init__(self, limit):
        self.operations = []
        self.limit = limit
        self.counts = Counter()
        self.failures = []
        self._lock = threading.Lock()

    def begin(self, kind):
        """None when there were enough."""
        with self._lock:
            if len(self.operations) >= self.limit:
                return None
            operation = Operation(kind, time.monotonic())
            operation.number = len(self.operations)
            self.operations.append(operation)
            self.counts[kind] += 1
            return operation

    @property
    def full(self):
        return len(self.operations) >= self.limit


class Round:
    def __init__(self, proof, number, limit):
        self.world = World(proof)
        self.seed = f'{proof.seed}-{number}'
        self.trail = Trail(limit)
        self.max_age = itertools.count(100000)
        self.files = threading.Lock()
        self.up = threading.Event()
        self.generation = 0  # how often it was started

    def prepare(self):
        for domain in DOMAINS:
            self.world.domain(domain, max_age=next(self.max_age))
        self.world.certify(*DOMAINS)
        self.world.configure(max_connections_per_client=1000, workers=2)
        self.start()

    def start(self):
        self.world.start()
        self.generation += 1
        self.up.set()

    # What an operator and a sender do

    def try_to(self, operation, call, *arguments):
        """Call, and note when it was answered; what a kill cuts off has no end."""
        self.up.wait()
        generation = self.generation
        try:
            call(operation, *arguments)
        except Odd as failure:
            self.trail.failures.append(f'{operation.kind} {operation.number} was answered {failure}')
            return
        except LOST as failure:
            if self.up.is_set() and generation == self.generation:
                self.trail.failures.append(f'{operation.kind} {operation.number} failed without a kill: {failure!r}')
            return
        operation.end = time.monotonic()

    def fetch(self, operation, domain):
        answer = self.world.fetch(domain)
        if answer.status != 200:
            raise Odd(f'status {answer.status} for {domain}')
        operation.seen[domain] = answer.body.decode()

    def list(self, operation):
        operation.seen.update((row['domain'], row['id']) for row in self.ask(operation, 'GET', '/v1/domains')['domains'])

    def ask(self, operation, method, path, body=None):
        status, answer = self.world.api(method, path, body)
        if status == 409:  # a guard said no, and that is nothing to read
            return {'domains': [], 'changes': []}
        if status != 200:
            raise Odd(f'{status}: {answer}')
        return answer

    def order(self, operation, path, body):
        answer = self.ask(operation, 'POST', path, {**body, 'reason': f'operation {operation.number}'})
        self.note_changes(operation, answer)

    def reload(self, operation):
        self.note_changes(operation, self.ask(operation, 'POST', '/v1/reload', {}))

    def note_changes(self, operation, answer):
        for change in answer['changes']:
            before = change['before'] and change['before']['id']
            operation.changes.append((change['domain'], before, change['after']['id']))

    # Threads

    def send(self, chance):
        """One domain after another: who saw one half of an order must see the other."""
        while not self.trail.full:
            for domain in chance.sample(DOMAINS, 2):
                operation = self.trail.begin('fetch')
                if operation:
                    self.try_to(operation, self.fetch, domain)

    def operate(self, chance):
        while not self.trail.full:
            kind = chance.choices(('list', 'none', 'all', 'mode', 'reset', 'undo', 'reload'), (6, 4, 4, 2, 2, 2, 1))[0]
            domains = {'domains': [chance.choice(DOMAINS)]} if chance.random() < 0.6 else {'all': True}
            if kind == 'reload':
                with self.files:
                    self.world.domain(chance.choice(DOMAINS), mode=chance.choice(('enforce', 'testing')),
                                      max_age=next(self.max_age))
            operation = self.trail.begin(kind)
            if not operation:
                return
            none = {'mode': 'none', 'max_age': next(self.max_age), 'keep_mx': chance.random() < 0.5}
            self.try_to(operation, *{
                'list': (self.list,), 'reload': (self.reload,),
                'none': (self.order, '/v1/switch', {**domains, **none}),
                'all': (self.order, '/v1/switch', {'all': True, **none}),
                'mode': (self.order, '/v1/switch', {**domains, 'mode': chance.choice(('enforce', 'testing'))}),
                'reset': (self.order, '/v1/reset', domains), 'undo': (self.order, '/v1/undo', {}),
            }[kind])

    def kill_now_and_then(self, chance):
        marks = sorted(chance.sample(range(50, max(51 + KILLS, self.trail.limit - 50)), KILLS))
        for mark in marks:
            while len(self.trail.operations) < mark and not self.trail.full:
                time.sleep(0.001)
            self.up.clear()
            self.world.process.kill()
            self.start()

    def guarded(self, call, chance):
        try:
            call(chance)
        except Exception as failure:  # a thread's own exceptions are lost
            self.trail.failures.append(f'{call.__name__} ended: {failure!r}')
            self.trail.limit = len(self.trail.operations)

    def run(self):
        self.prepare()
        work = [self.send] * SENDERS + [self.operate] * OPERATORS + [self.kill_now_and_then]
        threads = [threading.Thread(target=self.guarded, args=(call, random.Random(f'{self.seed}-{number}')))
                   for number, call in enumerate(work)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in DOMAINS:  # what is there in the end
            self.trail.limit += 1
            self.try_to(self.trail.begin('list'), self.list)
        histories = {domain: self.world.get('/v1/history/' + domain)['revisions'] for domain in DOMAINS}
        self.world.stop()
        return self.trail.failures + Checker(self.trail.operations, histories).check()


class Version:
    """One transaction, as the trail has it."""

    def __init__(self, audit):
        self.audit = audit
        self.begin = float('-inf')  # not before; what nobody claims may have begun at any time
        self.end = float('inf')  # acknowledged


class Checker:
    def __init__(self, operations, histories):
        self.operations = operations
        self.histories = histories
        self.wrong = []
        self.audits = []  # numbers of the transactions, in their order
        self.spans = {}  # (domain, id) → first and last place in it at which the id is published
        self.texts = {}  # (domain, text) → ids

    def complain(self, operation, what):
        self.wrong.append(f'{operation.kind} {operation.number} of {operation.begin:.6f} to {operation.end or 0:.6f} {what}')

    def check(self):
        self.read_histories()
        self.claim_orders()
        self.check_order()
        self.check_reads()
        return self.wrong

    def read_histories(self):
        rows = [(domain, row) for domain, revisions in self.histories.items() for row in revisions]
        self.audits = sorted({row['audit'] for _, row in rows})
        self.versions = [Version(audit) for audit in self.audits]
        place = {audit: number for number, audit in enumerate(self.audits)}
        by_reason = {row['reason']: place[row['audit']] for _, row in rows if row['reason']}
        self.claimed = {int(reason.split()[1]): number for reason, number in by_reason.items()}
        for domain, revisions in self.histories.items():
            last = len(self.audits)
            for row in reversed(revisions):
                first = place[row['audit']]
                if (domain, row['id']) in self.spans:
                    self.wrong.append(f'{domain} has the id {row["id"]} twice')
                self.spans[domain, row['id']] = (first, last - 1)
                self.texts.setdefault((domain, row['policy']), []).append(row['id'])
                last = first

    def claim_orders(self):
        """Each transaction gets the times of the order that made it."""
        for operation in self.operations:
            changed = [(domain, before, after) for domain, before, after in operation.changes if before != after]
            places = {self.spans[domain, after][0] for domain, _, after in changed if (domain, after) in self.spans}
            for domain, before, after in changed:
                if (domain, after) not in self.spans:
                    self.complain(operation, f'was acknowledged, and its {after} of {domain} is gone')
                elif self.spans.get((domain, before), (0, -1))[1] != self.spans[domain, after][0] - 1:
                    self.complain(operation, f'says that {before} came before {after} of {domain}')
            if len(places) > 1:
                self.complain(operation, f'was made in {len(places)} transactions')
            if operation.number in self.claimed:
                places.add(self.claimed[operation.number])
            for number in places:
                self.versions[number].begin = operation.begin
                if operation.end is not None:
                    self.versions[number].end = operation.end

    def check_order(self):
        """Transactions are numbered as they happened: none is older than one that was acknowledged before it began."""
        self.latest_begin = list(itertools.accumulate((version.begin for version in self.versions), max))
        ends = [version.end for version in self.versions]
        self.first_end = list(itertools.accumulate(reversed(ends), min))[::-1]  # of a version and all later ones
        for number, version in enumerate(self.versions):
            if self.latest_begin[number] > version.end:
                self.wrong.append(f'transaction {version.audit} had ended before an earlier one began')

    def check_reads(self):
        """In the order of their ends; a read takes the oldest version that it can, and so leaves most to later ones."""
        reads = sorted((one for one in self.operations if one.end and (one.seen or one.changes)), key=lambda one: one.end)
        ends, floors = [], []  # of the reads that are done: the end, and the newest version that was seen by then
        for read in reads:
            done = bisect.bisect_left(ends, read.begin)
            oldest = max(self.acknowledged_before(read.begin), floors[done - 1] if done else 0)
            newest = bisect.bisect_left(self.latest_begin, read.end) - 1
            at = self.place(read, oldest, newest)
            ends.append(read.end)
            floors.append(max(at, floors[-1] if floors else 0))

    def acknowledged_before(self, begin):
        """The newest version that was acknowledged before a time."""
        return bisect.bisect_left(self.first_end, begin) - 1

    def place(self, read, oldest, newest):
        """The oldest version at which all that was seen was published."""
        spans = [self.spans_of(read, domain, what) for domain, what in read.seen.items()]
        spans += [[self.spans[domain, after]] for domain, _, after in read.changes if (domain, after) in self.spans]
        at = oldest
        for _ in range(len(spans) + 1):
            firsts = [next((max(first, at) for first, last in sorted(choices) if last >= at), None) for choices in spans]
            if None in firsts:
                break
            if max(firsts, default=at) == at:
                break
            at = max(firsts)
        else:
            firsts = [None]
        if None in firsts or at > newest:
            self.complain(read, f'saw what no moment of it had: {json.dumps(read.seen or read.changes)[:300]} '
                                f'(versions {oldest} to {newest}: {self.audit(oldest)} to {self.audit(newest)})')
            return oldest
        return at

    def audit(self, number):
        return f'transaction {self.audits[number]}' if 0 <= number < len(self.audits) else 'none'

    def spans_of(self, read, domain, what):
        ids = [what] if (domain, what) in self.spans else self.texts.get((domain, what), [])
        if not ids:
            self.complain(read, f'saw what was never published: {domain} {what!r}')
        return [self.spans[domain, one] for one in ids]


def run(proof):
    counts, wrong = Counter(), 0
    for number in [int(proof.only)] if proof.only else range(-(-proof.points // ROUND)):
        one = Round(proof, number, ROUND)
        for what in one.run():
            wrong += 1
            proof.wrong(number, what)
        counts += one.trail.counts
        counts['kill'] += KILLS
        proof.tidy()
    proof.say(', '.join(f'{kind} {count}' for kind, count in sorted(counts.items())))
    return Result(sum(count for kind, count in counts.items() if kind != 'kill'), wrong)
