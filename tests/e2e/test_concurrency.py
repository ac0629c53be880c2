# SPDX-License-Identifier: ISC
"""Two hundred senders fetch while the operator switches a thousand times."""
import collections
import multiprocessing
import re
import threading

from wait import DEADLINE, until

DOMAIN = 'example.test'
PROCESSES, THREADS = 4, 50
FIRST_MAX_AGE = 100000  # of the first switch; each later one announces a second more, so that all texts differ
MAX_AGE = re.compile(rb'max_age: (\d+)\r\n')

fork = multiprocessing.get_context('fork')


class Shared:
    """What the operator and the senders know of each other."""

    def __init__(self):
        self.acknowledged = fork.Value('l', -1)  # the latest switch the operator was told is done
        self.fetches = fork.Value('l', 0)
        self.followed = fork.Value('l', -1)  # the latest switch that a finished fetch had begun after
        self.stop = fork.Event()
        self.reports = fork.Queue()


class Senders:
    """One process of senders: what they saw, and what was wrong with it."""

    def __init__(self, host, shared):
        self.host = host
        self.shared = shared
        self.seen = collections.Counter()
        self.wrong = []

    def run(self):
        threads = [threading.Thread(target=self.fetch_until_stopped) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.shared.reports.put((self.seen, self.wrong))

    def fetch_until_stopped(self):
        while not self.shared.stop.is_set():
            acknowledged = self.shared.acknowledged.value  # before the connection begins
            try:
                body = self.host.fetch(DOMAIN).body
            except Exception as failure:  # told to the test: a thread's own exceptions are lost
                self.wrong.append(repr(failure))
                return
            self.seen[body] += 1
            switch = int(MAX_AGE.search(body).group(1)) - FIRST_MAX_AGE
            if switch < acknowledged:
                self.wrong.append(f'switch {switch} was seen after {acknowledged} was acknowledged')
            with self.shared.fetches.get_lock():
                self.shared.fetches.value += 1
                self.shared.followed.value = max(self.shared.followed.value, acknowledged)


def test_every_body_is_a_published_revision_and_none_is_older_than_what_was_acknowledged(host, rounds):
    host.configure(max_connections_per_client=2 * PROCESSES * THREADS)
    host.domain(DOMAIN, max_age=FIRST_MAX_AGE - 1)
    host.certify(DOMAIN)
    host.start()
    published = {host.show(DOMAIN)['policy'].encode()}
    shared = Shared()
    senders = [fork.Process(target=Senders(host, shared).run, daemon=True) for _ in range(PROCESSES)]
    for process in senders:
        process.start()
    until(lambda: shared.fetches.value >= PROCESSES * THREADS, 'the first fetches')

    for switch in range(rounds(1000)):
        # Texts of two lengths, so that a mixture of two would not look like either.
        answer = host.switch('none', DOMAIN, max_age=FIRST_MAX_AGE + switch, keep_mx=switch % 2 == 0)
        published.add(answer['changes'][0]['policy'].encode())
        shared.acknowledged.value = switch
        # A fetch among so many takes longer than many switches: now and then one must end before the next switch begins.
        if switch % 10 == 9:
            until(lambda done=switch: shared.followed.value >= done, 'a fetch begun after the acknowledgement')

    shared.stop.set()
    reports = [shared.reports.get(timeout=DEADLINE) for _ in senders]
    for process in senders:
        process.join(DEADLINE)
    seen = sum((report for report, _ in reports), collections.Counter())
    assert not [wrong for _, report in reports for wrong in report]
    assert set(seen) <= published
    assert len(published) == rounds(1000) + 1
    assert len(seen) > rounds(1000) // 20, 'the senders saw too few revisions to prove anything'
