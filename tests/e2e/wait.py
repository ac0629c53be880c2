# SPDX-License-Identifier: ISC
"""Waiting for a condition, never for a time."""
import time

DEADLINE = 60  # seconds: generous, because sanitizers are slow and it only matters when something is broken


def until(condition, what, seconds=DEADLINE):
    """Ask until the answer is true, and return it; what it is, as text or a function, is for the failure."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < end, f'waited {seconds} s in vain for: {what() if callable(what) else what}'
        time.sleep(0.005)
