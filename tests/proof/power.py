# SPDX-License-Identifier: ISC
"""
Power cuts, by replay: the daemon's life until after an order is traced, and cut anywhere in the order; on what a disk
may have then (disk.py) a daemon is started, and judged.
"""
import collections
import shutil

import disk
import points
from orders import BY_NAME, TABLE
from proof import Result
from tracer import gather
from world import Outcome, World, judge, reports

ORDERS = [order.name for order in TABLE if order.thread == 'clerk']
TURNS = 8  # cuts after each step of an order, and so many times more of the last one

Recording = collections.namedtuple('Recording', 'place root steps first answered before outcome')


class Cut(collections.namedtuple('Cut', 'state order step turn')):
    def __str__(self):
        return '/'.join(map(str, self))


def record(proof, prepared, state, name):
    """Give an order, and keep what was written, what its client knew, and the files."""
    kept = proof.place / 'recorded' / f'{state}-{name}'
    strike = points.Strike(prepared[state][0], name)
    world = strike.world
    trace = world.place / 'trace'
    before = strike.arm_whole(path=trace, **disk.TRACE)
    strike.run()
    strike.end()
    gather(trace)
    for part in ('domains.d', 'certs'):
        shutil.copytree(world.place / part, kept / part)
    shutil.copytree(prepared[state][0].place / 'state', kept / 'state')
    first = sum(1 for _ in disk.steps(before, world.state))
    steps = list(disk.steps(trace, world.state))
    answers = [number for number, (call, _) in enumerate(steps[first:], first + 1) if call == 'answer']
    return Recording(kept, world.state, steps, first, answers[0] if answers else len(steps),
                     strike.before or prepared[state][1], strike.outcome)


def enumerate_cuts(recordings):
    for (state, order), recording in recordings.items():
        last = len(recording.steps)
        for step in range(recording.first, last + 1):
            for turn in range(TURNS if step < last else TURNS * TURNS):
                yield Cut(state, order, step, turn)


def strike(proof, recording, cut):
    """Returns what is wrong with a daemon that is started after the cut."""
    forgetful = disk.Disk(recording.place / 'state', recording.root)
    for step in recording.steps[:cut.step]:
        forgetful.do(*step)
    world = World(proof, like=recording.place)
    shutil.rmtree(world.state)
    forgetful.write(world.state, proof.chance(cut))
    outcome = recording.outcome if cut.step >= recording.answered else Outcome('unknown')
    world.start()
    wrong = [*judge(world, recording.before, BY_NAME[cut.order], outcome), *reports(world)]
    world.kill()
    return wrong


def run(proof):
    prepared = points.begin(proof)
    wanted = [(state, order) for state in prepared for order in ORDERS]
    recordings = dict(proof.each(wanted, lambda pair: record(proof, prepared, *pair)))
    chosen = proof.sample(enumerate_cuts(recordings), most=4000)
    proof.say(f'{len(chosen)} cuts in {len(recordings)} orders')
    for cut, complaints in proof.each(chosen, lambda cut: strike(proof, recordings[cut.state, cut.order], cut)):
        if complaints:
            proof.wrong(cut, '; '.join(complaints))
    return Result(len(chosen), len(proof.wrongs))
