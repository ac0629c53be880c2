# SPDX-License-Identifier: ISC
"""
No memory at the n-th allocation of each order, once or from there on: judged as errors are, and a library that ends the
daemon over it is counted apart, for a restart must find all well then.
"""
import collections

import faults
import points
import preload
from orders import TABLE
from proof import Result


class Point(collections.namedtuple('Point', 'state order number on')):
    def __str__(self):
        return f"{self.state}/{self.order}/{self.number}{'+' if self.on else ''}"


def count(prepared, state, order):
    """The allocations of the order's thread when none fails."""
    strike = points.Strike(prepared[state][0], order)
    strike.arm_below(preload.MEMORY, 0)
    strike.run(settle=False)
    found = strike.world.preload.count
    strike.end()
    return found


def enumerate_points(proof, prepared):
    orders = [(state, order.name) for state in prepared for order in TABLE]
    for (state, order), found in proof.each(orders, lambda pair: count(prepared, *pair)):
        for number in range(1, found + 1):
            yield Point(state, order, number, False)
            yield Point(state, order, number, True)


def strike(prepared, point):
    """Returns what is wrong, and who ended the daemon, if anybody did."""
    state, facts = prepared[point.state]
    strike = points.Strike(state, point.order)
    strike.arm_below(preload.MEMORY, point.number, point.on)
    strike.run(faults.PATIENCE)
    lines = strike.world.process.lines
    complaints, status = faults.judge(strike, facts, ended)
    return complaints, culprit(lines) or (status and f'status {status}')


def culprit(lines):
    """
    Which library ended the program, as preload.c tells; the daemon itself, if it is none.  What died in libc was
    called wrongly, but for its look-up of users.
    """
    frames = next((line.split()[2:] for line in lines if line.startswith('proof: ')), [])
    names = [frame.partition('.')[0] for frame in frames
             if not frame.startswith(('preload.so', 'libc.so', 'libgcc')) or ':__nss_' in frame]
    return names[0] if names else None


def ended(process, order, status):
    """The daemon may refuse to start without memory; all else is for libraries that cannot say no."""
    who = culprit(process.lines)
    if who and not who.startswith('mta-stsd'):
        return
    if status is not None and status < 0:
        yield f'died of signal {-status}: {last(process)}'
    elif order.name not in ('start', 'stop'):
        yield f'ended with status {status}: {last(process)}'


def last(process):
    """Its last words."""
    return process.lines[-1] if process.lines else 'without a word'


def run(proof):
    prepared = points.begin(proof, ['calm'])
    chosen = proof.sample(enumerate_points(proof, prepared))
    proof.say(f'{len(chosen)} allocations to fail')
    ends = collections.Counter()
    for point, (complaints, end) in proof.each(chosen, lambda point: strike(prepared, point)):
        if end:
            ends[point.order, end] += 1
        if complaints:
            proof.wrong(point, '; '.join(complaints))
    proof.say('ended by: ' + (', '.join(f'{end} in {order} {times} times' for (order, end), times
                                        in sorted(ends.items())) or 'nobody'))
    return Result(len(chosen), len(proof.wrongs))
