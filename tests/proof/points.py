# SPDX-License-Identifier: ISC
"""A point: one system call of one order in one prepared state.  What all methods that strike at one share."""
import collections
import os
import re
import shutil
import subprocess

import world as small
from host import READY, address
from orders import BY_NAME, TABLE, pair
from tracer import Tracer, begin_put_off, calls, gather, go_on
from wait import DEADLINE, until

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
        self.before = None  # facts, or None for a daemon that does not run yet
        self.outcome = small.Outcome('unknown')
        self._tracer = None

    def arm(self, **trace):
        """Come as far as the moment before the order, and attach to the thread that it is about."""
        self._tracer = Tracer(self._reach(), **trace)

    def arm_whole(self, path, **trace):
        """The same, but traced from the daemon's first call on; return what of the trace was before the order."""
        world, order = self.world, self.order
        before = path.with_suffix('.before')
        if order.name == 'start':
            self.arm(path=path, whole=True, **trace)
            before.touch()
            return before
        begin_put_off(world)
        self._tracer = Tracer(world.pid, path=path, whole=True, **trace)
        go_on(world)
        world.wait_until_ready()
        self.before = small.Facts(world)
        order.arm(world)
        gather(path)
        shutil.copyfile(path, before)
        return before

    def arm_below(self, *what):
        """The same, without strace, as preload.arm() does it."""
        self.world.preload.arm(self._reach(), *what)

    def _reach(self):
        """The thread."""
        world, order = self.world, self.order
        if order.name == 'start':
            order.arm(world)
            world.configure()
            begin_put_off(world)
            return world.pid
        world.start()
        self.before = small.Facts(world)
        order.arm(world)
        return world.clerk if order.thread == 'clerk' else world.worker

    def run(self, patience=DEADLINE, settle=True):
        """Give the order, and wait until the thread is through with it, the daemon has ended, or patience has."""
        world, order = self.world, self.order
        with small.patience(patience):
            if order.name == 'start':
                go_on(world)
                self._wait_for_start(patience)
            else:
                self.outcome = order.run(world)
            if order.name == 'stop' or (settle and not self.settle()):
                self._wait(patience)

    def _wait_for_start(self, patience):
        process = self.world.process
        try:
            until(lambda: not process.runs or any(READY.search(line) for line in process.lines), 'a start or a death',
                  patience)
        except AssertionError:
            if patience == DEADLINE:
                raise  # else it may be that it cannot write its log

    def settle(self):
        """One question more, which is answered only when the order is over and done; whether it was."""
        outcome = self.world.order('GET', '/v1/status')
        if outcome.kind == 'done':
            self.world.addresses = [address(text) for text in outcome.answer['listen']]
        if self.order.thread == 'worker' and outcome.kind == 'done':
            small.quietly(self.world.text, small.SINGLES[2])
            outcome = self.world.order('GET', '/v1/status')
        return outcome.status is not None

    def _wait(self, patience):
        try:
            self.world.process.popen.wait(patience)
            self.world.process.wait()
        except subprocess.TimeoutExpired:
            pass

    def detach(self):
        """No further fault."""
        self.world.preload.disarm()
        if self._tracer:
            self._tracer.detach()
            self._tracer = None

    def end(self):
        """Kill it unless it is dead; return the status with which it ended by itself, or None."""
        status = self.world.process.popen.poll()
        self.world.kill()
        if self._tracer:
            self._tracer.wait()
        self.world.preload.disarm()
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
    pair(small.authority(proof.place))
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
