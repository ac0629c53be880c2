# SPDX-License-Identifier: ISC
"""The orders under test: what is asked, which domains it changes, and how to see whether it was done."""
import os
import signal
import subprocess
import threading

import client
import world as small

NEW_AGE = 1209600
OFF_TEXT = client.policy('none', max_age=86400).decode()


def old_text(domain):
    return client.policy('enforce', [f'mail.{domain}'], small.MAX_AGE).decode()


class Order:
    """
    One row.  Its domains change all or none; is_new() returns which, or what is wrong as text.
    """
    domains = []
    commands = ()  # as audit may name it; none: it leaves no entry
    settles = False  # a start does it as well
    may_leave_entry = False  # audit may have it without its being done
    thread = 'clerk'

    def __init__(self, name):
        self.name = name

    def __str__(self):
        return self.name

    def arm(self, world):
        """What happens before, unharmed."""

    def run(self, world):
        """Ask for it, and return the Outcome."""
        raise NotImplementedError

    def is_new(self, world, before, after):
        new = {self.compare(name, before, after) for name in self.domains}
        return new.pop() if len(new) == 1 else next((one for one in new if isinstance(one, str)),
                                                    f'half done: {small.dump(after)}')

    def compare(self, name, before, after):
        """Whether it was done to a domain, or what is wrong."""
        old, now = before.revisions[name], after.revisions[name]
        if now == old:
            return False
        return self.is_next(name, old, now) or f'{name} has revisions that nobody ordered: {now}'

    def is_next(self, name, old, now):
        """One revision more, and nothing else."""
        kept = [row[:2] for row in now[:-1]] == [row[:2] for row in old]
        return kept and len(now) == len(old) + 1 and now[-1][1] == self.wanted(name) and now[-1][2]

    def wanted(self, name):
        """The text of the policy when it was done."""
        raise NotImplementedError


class Switch(Order):
    commands = ('none',)

    def __init__(self, name, domains):
        super().__init__(name)
        self.domains = domains

    def run(self, world):
        return world.order('POST', '/v1/switch', {'mode': 'none', 'domains': self.domains, 'reason': self.name})

    def wanted(self, name):
        return OFF_TEXT


class Mixed(Switch):
    """A switch while senders fetch, with the fault in the thread that answers them."""
    thread = 'worker'

    def run(self, world):
        fetching = threading.Thread(target=small.quietly, args=(world.text, self.domains[0]))
        fetching.start()
        outcome = super().run(world)
        fetching.join()
        return outcome


class Back(Order):
    """Reset and undo: off.test as its file says."""
    domains = [small.OFF]

    def run(self, world):
        body = {} if self.name == 'undo' else {'domains': self.domains}
        return world.order('POST', f'/v1/{self.name}', body)

    @property
    def commands(self):
        return (self.name,)

    def wanted(self, name):
        return old_text(name)


class Reload(Order):
    domains = ['file.test']
    commands = ('reload',)
    settles = True

    def arm(self, world):
        world.domain(self.domains[0], max_age=NEW_AGE)

    def run(self, world):
        outcome = world.order('POST', '/v1/reload', {})
        if outcome.kind == 'done' and outcome.answer['errors']:
            return small.Outcome('unknown', 200, outcome.answer)  # it says what it did not take
        return outcome

    def wanted(self, name):
        return client.policy('enforce', [f'mail.{name}'], NEW_AGE).decode()


class Start(Reload):
    """A start with a changed file; the daemon is started by whoever runs the point."""

    def run(self, world):
        raise NotImplementedError


class Forget(Order):
    domains = [small.GONE]
    commands = ('forget',)

    def run(self, world):
        return world.order('POST', '/v1/forget', {'domains': self.domains, 'force': True})

    def is_next(self, name, old, now):
        return [row[:2] for row in now] == [row[:2] for row in old] and not now[-1][2]


class Dns(Order):
    """What was seen in DNS, which changes no policy."""

    def arm(self, world):
        self.record = f"v=STSv1; id={world.show(small.OFF)['id']};"

    def run(self, world):
        server = {'server': 'ns.test', 'address': '192.0.2.1', 'texts': [self.record], 'ttl': 300}
        return world.order('POST', '/v1/dns', {'observations': [{'domain': small.OFF, 'servers': [server]}]})

    def is_new(self, world, before, after):
        observed = after.observed.get(small.OFF) == 'right'
        noted = after.fetches[small.OFF, after.published[small.OFF][0]][1]
        return observed if observed == noted else f'half done: observed {observed}, noted {noted}'


class Install(Order):
    """A certificate, in place of an installed one."""
    commands = ('cert install',)
    may_leave_entry = True

    def run(self, world):
        chain, key = (path.read_text() for path in pair(world.authority))
        return world.order('POST', '/v1/certificates', {'certificate': chain, 'key': key})

    def is_new(self, world, before, after):
        got = world.certificate('one.test')
        files = [name for name in os.listdir(world.state / 'certificates') if not name.startswith('.')]
        if len(files) != 1:
            return f'installed certificates are {files}'
        return f'serial={got}' == serial(pair(world.authority)[0])


def pair(authority):
    """The files of the one that Install hands over, made once in a run, valid longer than what is installed."""
    places = authority.place / 'one.crt', authority.place / 'one.key'
    if not places[0].exists():
        authority.issue('mta-sts.one.test', days=30).write(*places)
    return places


def serial(path):
    return subprocess.run(['openssl', 'x509', '-noout', '-serial', '-in', path], check=True, text=True,
                          capture_output=True).stdout.strip()


class Unchanged(Order):
    """Something that publishes nothing."""

    def is_new(self, world, before, after):
        return False


class Fetch(Unchanged):
    thread = 'worker'

    def run(self, world):
        small.quietly(world.text, small.SINGLES[2])
        return small.Outcome('unknown')


class Flush(Order):
    """The minute's counting of fetches: time passes, and a question wakes the daemon."""
    fetches = 2

    def arm(self, world):
        for _ in range(self.fetches):
            assert world.text(small.SINGLES[2])
        world.asked.clear()

    def run(self, world):
        world.preload.pass_time(61)
        world.order('GET', '/v1/status')
        return small.Outcome('unknown')

    def is_new(self, world, before, after):
        """All of them were counted or none; what a judge has fetched since may be counted with them."""
        key = small.SINGLES[2], after.published[small.SINGLES[2]][0]
        was, now = before.fetches[key][0], after.fetches[key][0]
        if now == was or 0 <= now - was - self.fetches <= world.asked[small.SINGLES[2]]:
            return now > was
        return f'{was} fetches, {self.fetches} and at most {world.asked[small.SINGLES[2]]} made {now}: {world.process.log}'


class Stop(Unchanged):
    def arm(self, world):
        world.fetch(small.SINGLES[2])

    def run(self, world):
        os.kill(world.pid, signal.SIGTERM)
        return small.Outcome('unknown')


TABLE = [
    Switch('switch', ['one.test']),
    Switch('bulk', small.BULK),
    Back('undo'),
    Back('reset'),
    Reload('reload'),
    Forget('forget'),
    Dns('dns'),
    Install('install'),
    Start('start'),
    Stop('stop'),
    Flush('flush'),
    Fetch('fetch'),
    Mixed('mixed', small.BULK),
]
BY_NAME = {order.name: order for order in TABLE}
