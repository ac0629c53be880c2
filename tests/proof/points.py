# SPDX-License-Identifier: ISC
"""A point: one system call of one order in one prepared state.  What all methods that strike at one share."""
import collections
import os
import re

import world as small
from host import READY, address
from orders import BY_NAME, TABLE
from tracer import Tracer, begin_put_off, calls, go_on
from wait import until

ACCEPTED = re.compile(r'^accept4\(.* = \d')
NEVER = {'exit_group', 'exit', 'rt_sigreturn', 'restart_syscall', 'execve'}  # begin or end of all


class Point(collections.namedtuple('Point', 'state order call number fault', defaults=(None,))):
    def __str__(self):
        return '/'.join(map(str, self[:4] if self.fault is None else self))


class Strike:
    """One order, up to the moment when its client knows all it ever will."""

    def __init__(self, prepared, name):
        self.order = BY_NAME[name]
        self.world = prepared.world()
        self.before = None
        self.outcome = small.Outcome('unknown')
        self._tracer = None

    def arm(self, environment=None, **trace):
        """Come as far as the moment before the order, and attach to the thread that it is about."""
        world, order = self.world, self.order
        if order.name == 'start':
            order.arm(world)
            world.configure()
            begin_put_off(world)
            self._tracer = Tracer(world.pid, **trace)
            return
        world.start(environment=environment)
        self.before = small.Facts(world)
        order.arm(world)
        self._tracer = Tracer(world.pid if order.thread == 'main' else world.worker, **trace)

    def run(self):
        """Give the order, and wait until the thread is through with it or the daemon has ended."""
        world, order = self.world, self.order
        if order.name == 'start':
            go_on(world)
            until(lambda: not world.process.runs or any(READY.search(line) for line in world.process.lines),
                  'a start or a death')
        else:
            self.outcome = order.run(world)
        if order.name == 'stop':
            world.process.wait()
        else:
            self._settle()

    def _settle(self):
        """One question more, which is answered only when the order is over and done; else the daemon is dead."""
        outcome = self.world.order('GET', '/v1/status')
        if outcome.kind == 'done':
            self.world.addresses = [address(text) for text in outcome.answer['listen']]
        if self.order.thread == 'worker' and outcome.kind == 'done':
            small.quietly(self.world.text, small.SINGLES[2])
            outcome = self.world.order('GET', '/v1/status')
        if not outcome.status:
            self.world.process.wait()

    def detach(self):
        self._tracer.detach()

    def end(self):
        """Kill it unless it is dead; return the status with which it ended by itself, or None."""
        status = self.world.process.popen.poll()
        self.world.kill()
        self._tracer.wait()
        return status

    def judge(self, facts):
        """Start again, and say what is wrong then, as texts."""
        self.world.start()
        complaints = [*small.judge(self.world, self.before or facts, self.order, self.outcome),
                      *small.reports(self.world)]
        self.world.kill()
        return complaints


def begin(proof, states=tuple(small.STATES)):
    """The prepared states by name, each with the facts that are true of it."""
    prepared = {}
    small.authority(proof.place)
    for name in states:
        state = small.Prepared(proof, name)
        world = state.world().start()
        prepared[name] = state, small.Facts(world)
        world.kill()
    return prepared


def baseline(proof, prepared, state, order):
    """The calls of the order's thread, in turn, when nothing happens to it."""
    trace = proof.fresh() / 'trace'
    strike = Strike(prepared[state][0], order.name)
    strike.arm(path=trace)
    strike.run()
    strike.end()
    found = list(calls(trace))
    if order.name == 'start':
        return found
    accepted = [place for place, (_, line) in enumerate(found) if ACCEPTED.match(line)]
    return found[:accepted[-1]] if order.name != 'stop' and accepted else found  # without the question of settle()


def enumerate_points(proof, prepared):
    """Every call of every order in every state, as points."""
    for state in prepared:
        for order in TABLE:
            counts = collections.Counter()
            for name, _ in baseline(proof, prepared, state, order):
                counts[name] += 1
                if name not in NEVER:
                    yield Point(state, order.name, name, counts[name])


def cores():
    return os.cpu_count() or 1
