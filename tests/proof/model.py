# SPDX-License-Identifier: ISC
"""The rules against the daemon: chance writes files, gives orders, moves the clock, and both must come to the same.

The clock stands still until a step moves it, so ids and times are known exactly.  After each step the list of all domains
is compared - id, mode, standing, switch, and how far each is on its way out - and some policies are fetched.  Whatever the
rules say, no domain ever gets an id again that it had, or that DNS was seen to show, in the history that the daemon knows.
A step is data, and names ids by what they are ('used 3'), so that the steps before a wrong one can be left out one by one.
"""
import calendar
import copy
import functools
import random
import shutil
import signal
import string
import time
from collections import Counter

from world import World, authority  # makes the modules of the stories known, so it comes first
import clock
import rules
from proof import Result
from rules import Configured, Policy, Refused, Switch, Unknown

SINGLE = [f'{letter}.test' for letter in 'abcde']  # each with a file of its own
MANY = [f'm{number:02}.test' for number in range(12)]  # with one file for all: enough for the guard
ALL = sorted(SINGLE + MANY)
MAX_AGES = (0, 600, 86400, 604800, 2592000, 31557600)
ROUND = 250  # steps that one state sees
SHRINK_SECONDS = 60


class Wrong(Exception):
    """The daemon came to something else than the rules."""


def seconds(text):
    return calendar.timegm(time.strptime(text, '%Y-%m-%dT%H:%M:%SZ')) if text else 0


def expect(what, got, wanted):
    if got != wanted:
        raise Wrong(f'{what} is {got}, by the rules {wanted}')


class Choice:
    """Draws steps by chance, from what there is."""

    def __init__(self, chance, model):
        self.chance = chance
        self.model = model
        self.backups = 0

    def step(self):
        kinds = {'file': 20, 'reload': 14, 'hup': 3, 'order': 16, 'reset': 5, 'undo': 8, 'forget': 5, 'dns': 14, 'fetch': 4,
                 'move': 12, 'restart': 2, 'kill': 1, 'backup': 1, 'restore': 1 if self.backups else 0, 'retire': 4, 'word': 5}
        kind = self.chance.choices(list(kinds), kinds.values())[0]
        return (kind, *getattr(self, kind, tuple)())

    def names(self):
        served = list(self.model.served)
        if self.chance.random() < 0.06 or not served:
            return [self.chance.choice(ALL)]  # it may be unknown
        if self.chance.random() < 0.1:
            return served
        return self.chance.sample(served, min(len(served), self.chance.choice((1, 1, 1, 2, 3))))

    def near(self):
        served = [name for name in self.model.served if name in SINGLE]
        return self.chance.choice(served or SINGLE)

    def id(self):
        letters = string.ascii_letters + string.digits
        return self.chance.choice((
            *[''] * 12, 'published', 'foreign', f'used {self.chance.randrange(9)}', 'lost', str(self.chance.randrange(10**15)),
            '9' * 32, '00' + str(self.chance.randrange(10**4)), ''.join(self.chance.choices(letters, k=20))))

    def file(self):
        many = self.chance.random() < 0.15
        what = self.chance.choices(('policy', 'broken', 'gone'), (14, 2, 1 if many else 5))[0]
        if what == 'policy':
            mode = self.chance.choice(('enforce', 'enforce', 'testing', 'none'))
            mx = self.chance.choice((True, True, mode != 'none'))
            what = (mode, self.chance.choice(MAX_AGES), mx, '' if many else self.id())
        return 'many' if many else self.chance.choice(SINGLE), what

    def reload(self):
        return (self.chance.random() < 0.15,)

    def order(self):
        mode = self.chance.choice(('none', 'none', 'testing', 'enforce'))
        none = (self.chance.choice(MAX_AGES[1:]), self.chance.random() < 0.3) if mode == 'none' else (0, False)
        return self.names(), mode, *none, self.chance.random() < 0.1

    def reset(self):
        return self.names(), self.chance.random() < 0.1

    def undo(self):
        newest = len(self.model.stored.audit)
        return (self.chance.choice((0, 0, self.chance.randint(1, newest + 1), newest, max(1, newest - 1))),)

    def forget(self):
        none = [name for name, one in self.model.served.items() if one.published.policy.mode == 'none']
        return [self.chance.choice(none or ALL)], self.chance.random() < 0.2

    def word(self):
        return (self.names(),)

    def dns(self):
        ttl = self.chance.choice((0, 60, 300, 86400, 10**6))
        said = ['published'] * 9 + [f'used {self.chance.randrange(5)}'] * 2 + ['missing', 'error', 'odd', 'lost', 'both']
        return self.near(), [(self.chance.choice(said), ttl) for _ in range(self.chance.choice((1, 1, 2)))]

    def retire(self):
        """What an operator does, in one step: none, DNS, wait, DNS; so that chance comes that far at all."""
        return self.near(), self.chance.choice((300, 86400)), self.chance.choice((0, 1, 1))

    def fetch(self):
        return (self.near(),)

    def move(self):
        spans = (0, 1, 1, 60, 3600, 3601, 86400, 7 * 86400, 8 * 86400, 40 * 86400, 366 * 86400, -1, -3600, -3 * 86400)
        return (self.chance.choice(spans),)


class Walk:
    """One state, from its first start on, and the rules beside it."""

    def __init__(self, proof):
        self.world = World(proof)
        self.wall = clock.Clock(self.world.place)
        self.base = seconds(self.wall.text())
        self.model = rules.Rules(self.base)
        self.model.names_of = {'many': MANY, **{name: [name] for name in SINGLE}}
        self.world.prefix = self.wall.enter
        self.seen = {name: set() for name in ALL}  # ids that were published or in DNS, as far as the daemon knows
        self.now_published = {}
        self.lost = {name: [] for name in ALL}  # ids that a restored backup does not know
        self.backup_of = None
        self.counts = Counter()
        self.chance = random.Random(1)

    def open(self):
        certificate(self.world.proof).write(self.world.certs / 'all.crt', self.world.certs / 'all.key')
        self.write('many', ('enforce', 604800, True, ''))
        for name in SINGLE[:3]:
            self.write(name, ('enforce', 604800, True, ''))
        self.world.start()
        self.model.start()
        self.compare()

    def close(self):
        if self.world.process and self.world.process.runs:
            self.world.process.popen.kill()
            self.world.process.popen.wait()
        clock.Clock.clean_up()

    def take(self, step):
        kind, *arguments = step
        self.counts[kind] += 1
        getattr(self, kind)(*arguments)
        self.compare()

    # Files

    def resolve(self, name, word):
        """An id by what it is."""
        domain = self.model.stored.domains.get(name)
        kind, _, number = word.partition(' ')
        if kind == 'published':
            return domain.published.id if domain and domain.published else 'none1'
        if kind == 'used':
            return domain.history[int(number) % len(domain.history)].id if domain and domain.history else 'none2'
        if kind == 'foreign':
            return domain.foreign.id if domain and domain.foreign else 'none3'
        if kind == 'lost':
            return self.lost[name][-1] if self.lost[name] else 'elsewhere1'
        return word

    def write(self, file, what):
        path = self.world.domains / f'{file}.conf'
        if what == 'gone':
            path.unlink(missing_ok=True)
            self.model.files.pop(file, None)
            return
        if what == 'broken':
            self.world.file(path.name, 'mode = "enforced";\nmax_age = 1;\n')
            self.model.files[file] = None
            return
        mode, max_age, mx, id = what
        id = self.resolve(file, id)
        more = {'id': id} if id else {}
        if file == 'many':
            more['domains'] = MANY
        hosts = (f'mail.{file}.example',) if mx else ()
        self.world.domain(file, mode=mode, max_age=max_age, mx=list(hosts), **more)
        configured = Configured(Policy(mode, max_age, hosts), id)
        self.model.files[file] = {name: configured for name in self.model.names_of[file]}

    def file(self, file, what):
        self.write(file, what)

    # Orders

    def both(self, what, by_rules, method, path, body):
        """Ask both; the classes of the answers must be the same.  Returns what the rules say and what was answered."""
        try:
            wanted, status = by_rules(), 200
        except Refused:
            wanted, status = None, 409
        except Unknown:
            wanted, status = None, 404
        got, answer = self.world.api(method, path, body)
        if got != status:
            raise Wrong(f'{what} was answered {got} ({answer.get("error")}), by the rules {status}')
        self.counts[f'{what} {status}'] += 1
        return wanted, answer

    def check_order(self, what, wanted, answer):
        if wanted is None:
            return
        audit, changes = wanted
        expect(f'audit entry of {what}', answer['audit'], audit)
        expect(f'what {what} did', [(one['domain'], one['changed'], one['after']['id'], one['policy'], one['wait'])
                                    for one in answer['changes']],
               [(one.name, one.publishes, one.id, one.policy.text, one.wait) for one in changes])

    def order(self, names, mode, max_age, keep_mx, dry_run):
        body = {'domains': names, 'mode': mode, 'dry_run': dry_run}
        if mode == 'none':
            body.update(max_age=max_age, keep_mx=keep_mx)
        wanted, answer = self.both('order', lambda: self.model.order(names, Switch(mode, max_age, keep_mx), dry_run),
                                   'POST', '/v1/switch', body)
        self.check_order(mode, wanted, answer)

    def reset(self, names, dry_run):
        wanted, answer = self.both('reset', lambda: self.model.reset(names, dry_run),
                                   'POST', '/v1/reset', {'domains': names, 'dry_run': dry_run})
        self.check_order('reset', wanted, answer)

    def undo(self, number):
        wanted, answer = self.both('undo', lambda: self.model.undo(number),
                                   'POST', '/v1/undo', {'entry': number} if number else {})
        self.check_order('undo', wanted, answer)

    def forget(self, names, force):
        wanted, answer = self.both('forget', lambda: self.model.forget(names, force),
                                   'POST', '/v1/forget', {'domains': names, 'force': force})
        if wanted is not None:
            expect('audit entry of forget', answer['audit'], wanted)

    def word(self, names):
        wanted, answer = self.both('word', lambda: self.model.word(names), 'POST', '/v1/nothing-before', {'domains': names})
        if answer.get('error') is None:
            expect('audit entry of a word', answer['audit'], wanted)

    def reload(self, force):
        wanted, answer = self.both('reload', lambda: self.model.reload(force), 'POST', '/v1/reload', {'force': force})
        if wanted is not None:
            expect('reload', {key: answer[key] for key in wanted}, wanted)

    def hup(self):
        lines = len(self.world.process.lines)
        try:
            self.model.reload()
        except Refused:
            pass
        self.world.process.popen.send_signal(signal.SIGHUP)
        self.world.process.wait_for_line('mta-stsd, ready', after=lines)

    # Evidence

    def dns(self, name, servers):
        said = []
        for number, (word, ttl) in enumerate(servers):
            ids = {'missing': [], 'error': [], 'odd': ['moved7'], 'both': ['published', 'used 0']}.get(word, [word])
            said.append({'ids': [self.resolve(name, one) for one in ids], 'ttl': ttl, 'error': word == 'error'})
        body = [{'server': f'ns{number}.example', 'address': f'192.0.2.{number}', 'ttl': one['ttl'],
                 **({'error': 'timed out'} if one['error'] else {'texts': [f'v=STSv1; id={id};' for id in one['ids']]})}
                for number, one in enumerate(said)]
        answer = self.world.must('POST', '/v1/dns', {'observations': [{'domain': name, 'servers': body}]})
        expect('domains of a look', len(answer['domains']), int(name in self.model.served))
        if name in self.model.served:
            self.model.observe(name, said)
            self.seen[name].update(id for one in said for id in one['ids'])

    def retire(self, name, ttl, forgets):
        self.order([name], 'none', 86400, False, False)
        for _ in range(2):
            self.compare()
            self.dns(name, [('published', ttl)])
            if name in self.model.served and self.model.served[name].published.policy.mode == 'none':
                safe_at = self.model.retirement(name)['safe_at']
                self.clock_to(max(self.model.now, min(safe_at, self.base + 2900 * 86400)))
        if forgets:
            self.write(name, 'gone')
            self.reload(True)
            self.forget([name], False)

    def fetch(self, name):
        published = self.model.fetch(name)
        answer = self.world.fetch(name)
        expect(f'status of {name}', answer.status, 200 if published else 404)
        if published:
            expect(f'text of {name}', answer.body.decode(), published.policy.text)

    # Time and machine

    def clock_to(self, now):
        self.wall.move(seconds=now - self.model.now)
        self.model.now = now

    def move(self, span):
        self.clock_to(max(self.base, min(self.model.now + span, self.base + 2900 * 86400)))

    def start(self):
        self.world.start()
        self.model.start()

    def restart(self):
        self.world.stop()
        self.model.stop()
        self.start()

    def kill(self):
        self.world.process.kill()
        self.start()

    def backup(self):
        self.world.stop()
        self.model.stop()
        copy_of = self.world.place / 'backup'
        shutil.rmtree(copy_of, ignore_errors=True)
        shutil.copytree(self.world.state, copy_of)
        self.backup_of = self.model.copy(), copy.deepcopy(self.seen), dict(self.now_published)
        self.start()

    def restore(self):
        """The older state comes back: what was published since is not known to it, unless DNS is seen to show it."""
        if not self.backup_of:
            return
        self.world.stop()
        shutil.rmtree(self.world.state)
        shutil.copytree(self.world.place / 'backup', self.world.state)
        known = self.seen
        self.model.stored, self.seen, self.now_published = copy.deepcopy(self.backup_of)
        for name in ALL:
            self.lost[name] += sorted(known[name] - self.seen[name])
        self.start()

    # Comparing

    def compare(self):
        rows = self.world.get('/v1/domains')['domains']
        expect('the list', [row['domain'] for row in rows], list(self.model.served))
        for row in rows:
            self.compare_row(row)
        for name in self.chance.sample(ALL, 1):
            self.fetch(name)
        self.show(self.chance.choice(ALL))

    def compare_row(self, row):
        name = row['domain']
        self.check_id(name, row['id'])
        domain, one = self.model.stored.domains[name], self.model.served[name].published
        expect(name, (row['id'], row['mode'], row['max_age'], seconds(row['published_at']), row['standing'], row['orphaned']),
               (one.id, one.policy.mode, one.policy.max_age, one.published_at, self.model.standing(name),
                self.model.is_orphan(name)))
        switch = row['switch'] and Switch(row['switch']['mode'], row['switch']['max_age'] or 0, row['switch']['keep_mx'])
        expect(f'switch of {name}', switch, domain.switch)
        wanted, got = self.model.retirement(name), row['retirement'] or {'state': None}
        expect(f'state of {name}', got['state'], wanted['state'])
        if got['state']:
            self.counts[got['state']] += 1
            held = got['held'] and got['held']['id']
            expect(f'safe_at, wait and held of {name}', (seconds(got['safe_at']), got['wait'], held),
                   (wanted['safe_at'], wanted['wait'], wanted['held']))

    def check_id(self, name, id):
        """The promise itself, whatever the rules above say."""
        if self.now_published.get(name) != id:
            if id in self.seen[name]:
                raise Wrong(f'{name} has the id {id} again')
            self.seen[name].add(id)
            self.now_published[name] = id

    def show(self, name):
        """Asking for one domain also writes down the fetches that were counted: so none waits for a minute to be over."""
        status, whole = self.world.api('GET', '/v1/domains/' + name)
        expect(f'status of {name}', status, 200 if name in self.model.served else 404)
        if status == 200:
            history = self.model.stored.domains[name].history
            expect(f'text of {name}', whole['policy'], history[-1].policy.text)
            expect(f'revisions of {name}', whole['revisions_total'], len(history))
            expect(f'last fetch of {name}', seconds(whole['last_served_at']), max(map(self.model.last_served, history)))


@functools.cache
def certificate(proof):
    """One for all walks: it is not made in two processes at once."""
    return authority(proof.place).issue(*('mta-sts.' + name for name in ALL), days=3000)


def walk(proof, steps, draw=None):
    """Take steps, or draw so many; returns those that were taken, the last one with what was wrong with it, and counts."""
    taken, one = [], Walk(proof)
    try:
        one.open()
        choice = draw and Choice(random.Random(draw), one.model)
        for number in range(steps if draw else len(steps)):
            if draw:
                choice.backups = one.backup_of is not None
            taken.append(choice.step() if draw else steps[number])
            one.take(taken[-1])
        one.world.stop()
        return taken, None, one.counts
    except (Wrong, AssertionError, OSError, KeyError) as wrong:
        return taken, repr(wrong), one.counts
    finally:
        one.close()


def shrink(proof, steps):
    """Leave out what is not needed for something to be wrong, in ever smaller parts, as long as there is time."""
    end = time.monotonic() + SHRINK_SECONDS
    size = len(steps) // 2
    while size and time.monotonic() < end:
        for begin in range(len(steps) - 1 - size, -1, -size):
            fewer = steps[:begin] + steps[begin + size:]
            taken, wrong, _ = walk(proof, fewer)
            proof.tidy()
            if wrong and time.monotonic() < end:
                steps = taken
        size //= 2
    return steps


def run(proof):
    rounds = [int(proof.only)] if proof.only else range(-(-proof.points // ROUND))
    counts, wrong, done = Counter(), 0, 0
    certificate(proof)
    for number, (steps, failure, more) in proof.each(rounds, lambda number: walk(proof, ROUND, f'{proof.seed}-{number}')):
        done += len(steps)
        counts += more
        if failure:
            wrong += 1
            proof.wrong(number, f'step {len(steps)}, {steps[-1] if steps else "start"}: {failure}')
            proof.say(''.join(f'\n    {step}' for step in shrink(proof, steps)))
    proof.say(', '.join(f'{what} {count}' for what, count in sorted(counts.items())))
    return Result(done, wrong)
