# SPDX-License-Identifier: ISC
"""A long life under ordinary load: nothing may grow but the history, and that by no more than what was published.

Senders fetch, some of them fail in the handshake or go away; operators order, reload, install certificates and tell what
they saw in DNS.  Once a second a sample is taken: resident memory, sizes of database and log of the store, lines of the
log; and in the middle and at the end, while nobody is connected, the open descriptors.  What counts is the second half:
by then every cache, pool and arena has its size.  "Flat" means:

 memory       a straight line through the second half rises by no more than NOISE_KB in all, whatever was done meanwhile:
              SQLite's cache of pages may fill up to 2,000 KiB, as the database grows, and malloc keeps arenas.  In the
              hour of the full form that is 8 bytes a fetch, and the smallest thing that can leak is 32.
 descriptors  as many at the end as in the middle.
 database     at most BYTES_A_REVISION for each revision: its row and text, one of audit and of audit_change, and their
              indexes; and what the store's log held in the middle.  A history is kept for ever, so it grows.
 store's log  never over LOG_BYTES: SQLite writes it back at 1,000 pages of 4 KiB, and an order of this load has few.
 log          at most LINES_AN_ORDER for each thing that an operator did, one of them for each domain, and
              LINES_OF_STRANGERS a second, whatever they do: their lines are limited, to 5 of a kind in ten seconds.

Seconds are points: each of them has its sample.
"""
import contextlib
import itertools
import math
import os
import random
import socket
import ssl
import threading
import time
from collections import Counter, namedtuple

import client
from proof import Result
from wait import until
from world import World, database, install

DOMAINS = [f'{letter}.test' for letter in 'abcdefgh']
SENDERS = 2
PAUSE = 0.002  # seconds between two fetches of one sender, to leave the machine to others
PAUSE_OF_OPERATORS = 0.1
NOISE_KB = 3000
BYTES_A_REVISION = 2000
LOG_BYTES = 8 << 20
LINES_AN_ORDER = len(DOMAINS) + 4
LINES_OF_STRANGERS = 5
SAMPLES_OF_DESCRIPTORS = 30

Sample = namedtuple('Sample', 'memory_kb database log lines operations orders revisions')


class Life:
    def __init__(self, proof):
        self.world = World(proof)
        self.random = random.Random(proof.seed)
        self.max_age = itertools.count(100000)
        self.done = Counter()
        self.orders = 0
        self.failures = []
        self.stop = threading.Event()
        self.samples = []
        self.descriptors = []

    def open(self):
        for name in DOMAINS:
            self.world.domain(name)
        self.world.certify(*DOMAINS)
        self.pairs = [self.world.authority.issue('mta-sts.' + DOMAINS[0], days=days) for days in (10, 11, 12, 13)]
        self.world.configure(workers=2)
        self.world.start()

    # What the world does

    def guarded(self, call, seed):
        chance = random.Random(seed)
        while not self.stop.is_set():
            try:
                call(chance)
            except Exception as failure:  # a thread's own exceptions are lost
                self.failures.append(f'{call.__name__}: {failure!r}')
                self.stop.set()

    def send(self, chance):
        kind = chance.choices((self.fetch, self.no_name, self.noise, self.gone), (12, 1, 1, 1))[0]
        kind(chance)
        self.done[kind.__name__] += 1
        time.sleep(PAUSE)

    def fetch(self, chance):
        assert self.world.fetch(chance.choice(DOMAINS)).status == 200

    def no_name(self, _):
        try:
            with client.Connection(self.world.addresses[0], 'mta-sts.unknown.test', self.world.authority):
                raise AssertionError('an unknown name was served')
        except ssl.SSLError:
            pass

    def noise(self, chance):
        with socket.create_connection(self.world.addresses[0]) as stranger:
            stranger.sendall(chance.randbytes(100))

    def gone(self, _):
        with client.Connection(self.world.addresses[0], 'mta-sts.' + DOMAINS[0], self.world.authority) as connection:
            connection.send(b'GET /')

    def operate(self, chance):
        kind = chance.choices((self.order, self.reload, self.install, self.dns, self.look), (4, 2, 1, 3, 4))[0]
        kind(chance)
        self.done[kind.__name__] += 1
        self.orders += 1
        time.sleep(PAUSE_OF_OPERATORS)

    def order(self, chance):
        if chance.random() < 0.3:
            self.world.reset(*DOMAINS)
        else:
            self.world.switch('none', chance.choice(DOMAINS), max_age=next(self.max_age))

    def reload(self, chance):
        self.world.domain(chance.choice(DOMAINS), max_age=next(self.max_age))
        self.world.reload()

    def install(self, chance):
        install(self.world, chance.choice(self.pairs))

    def dns(self, chance):
        name = chance.choice(DOMAINS)
        server = {'server': 'ns.example', 'address': '192.0.2.1', 'ttl': 300,
                  'texts': [f'v=STSv1; id={self.world.show(name)["id"]};']}
        self.world.must('POST', '/v1/dns', {'observations': [{'domain': name, 'servers': [server]}]})

    def look(self, chance):
        self.world.get(chance.choice(('/v1/status', '/v1/domains', '/v1/audit', '/v1/certificates')))

    # What it costs

    def sample(self):
        with open(f'/proc/{self.world.pid}/status', encoding='ascii') as file:
            (memory,) = [int(line.split()[1]) for line in file if line.startswith('VmRSS')]
        with contextlib.closing(database(self.world)) as base:
            ((revisions,),) = base.execute('SELECT count(*) FROM revision')
        sizes = [size(self.world.state / name) for name in ('mta-stsd.db', 'mta-stsd.db-wal')]
        self.samples.append(Sample(memory, *sizes, len(self.world.process.lines), sum(self.done.values()), self.orders,
                                   revisions))

    def live(self, seconds):
        """Load for so long, a sample a second; then, with nobody connected, count the descriptors."""
        self.stop.clear()
        threads = [threading.Thread(target=self.guarded, args=(call, self.random.random()))
                   for call in [self.send] * SENDERS + [self.operate]]
        for thread in threads:
            thread.start()
        begin = time.monotonic()
        for second in range(1, seconds + 1):
            if self.stop.wait(max(0, begin + second - time.monotonic())):
                break
            self.sample()
        self.stop.set()
        for thread in threads:
            thread.join()
        until(lambda: self.world.get('/v1/status')['connections']['open'] == 0, 'every connection to be closed')
        self.descriptors.append(fewest_descriptors(self.world.pid))

    def run(self, seconds):
        """Yields what is wrong."""
        self.open()
        self.live(seconds // 2)
        self.half = len(self.samples) - 1
        if not self.failures:
            self.live(seconds - seconds // 2)
        self.world.stop()
        yield from self.failures
        if len(self.samples) >= seconds:
            yield from self.judge()

    def judge(self):
        second = self.samples[self.half:]
        first, last = second[0], second[-1]
        operations, orders = last.operations - first.operations, last.orders - first.orders
        rise = slope(second, 'memory_kb') * operations
        if rise > NOISE_KB:
            yield f'memory rose by {rise:.0f} KiB in {operations} operations'
        if self.descriptors[1] > self.descriptors[0]:
            yield f'{self.descriptors[0]} descriptors became {self.descriptors[1]}'
        if last.database - first.database > BYTES_A_REVISION * (last.revisions - first.revisions) + first.log:
            yield f'the database grew from {first.database} to {last.database} by {last.revisions - first.revisions} revisions'
        if max(one.log for one in self.samples) > LOG_BYTES:
            yield f"the store's log had {max(one.log for one in self.samples)} bytes"
        if last.lines - first.lines > LINES_AN_ORDER * orders + LINES_OF_STRANGERS * len(second):
            yield f'the log had {last.lines - first.lines} lines of {orders} orders in {len(second)} s'

    def summary(self):
        first, last = self.samples[self.half], self.samples[-1]
        return (f'{", ".join(f"{what} {count}" for what, count in sorted(self.done.items()))}; in the second half '
                f'memory {first.memory_kb} to {last.memory_kb} KiB, descriptors {self.descriptors}, '
                f'revisions {first.revisions} to {last.revisions}, database {first.database} to {last.database}, '
                f"store's log at most {max(one.log for one in self.samples)}, lines {first.lines} to {last.lines}")


def fewest_descriptors(pid):
    """In a few seconds: the last connection, counted as closed or our own of the question, has its descriptor for a moment."""
    fewest = math.inf
    for _ in range(SAMPLES_OF_DESCRIPTORS):
        fewest = min(fewest, len(os.listdir(f'/proc/{pid}/fd')))
        time.sleep(0.1)
    return fewest


def size(path):
    return path.stat().st_size if path.exists() else 0


def slope(samples, what):
    """Of the straight line that is nearest to the samples, an operation."""
    points = [(one.operations, getattr(one, what)) for one in samples]
    middle = [sum(column) / len(points) for column in zip(*points)]
    wide = sum((x - middle[0]) ** 2 for x, _ in points)
    return sum((x - middle[0]) * (y - middle[1]) for x, y in points) / wide if wide else 0


def run(proof):
    life = Life(proof)
    wrong = list(life.run(proof.points))
    for what in wrong:
        proof.wrong('all', what)
    proof.say(life.summary() if len(life.descriptors) == 2 else 'it ended early')
    return Result(len(life.samples), len(wrong))
