# SPDX-License-Identifier: ISC
"""kill -9 at each system call of each order."""
import signal

import points
from proof import Result


def strike(proof, prepared, point):
    """Kill there, start again; returns whether it was reached, and what is wrong."""
    state, facts = prepared[point.state]
    strike = points.Strike(state, point.order)
    strike.arm(inject=f'{point.call}:signal=KILL:when={point.number}')
    strike.run()
    return strike.end() == -signal.SIGKILL, strike.judge(facts)


def run(proof):
    prepared = points.begin(proof)
    chosen = proof.sample(points.enumerate_points(proof, prepared))
    proof.say(f'{len(chosen)} calls to kill at')
    reached = 0
    for point, (dead, complaints) in proof.each(chosen, lambda point: strike(proof, prepared, point)):
        reached += dead
        for complaint in complaints[:1]:
            proof.wrong(point, complaint)
    proof.say(f'{reached} of {len(chosen)} killed it; the others came later than its last call')
    return Result(len(chosen), len(proof.wrongs))
