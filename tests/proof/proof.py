# SPDX-License-Identifier: ISC
"""What a method gets: a seed, places to work in, both cores, and somewhere to say what is wrong."""
import atexit
import collections
import concurrent.futures
import itertools
import multiprocessing
import os
import pathlib
import random
import shlex
import shutil
import traceback
from dataclasses import dataclass


A_CORE = 4  # points at a time: they mostly wait, for the disk or for a daemon that cannot answer


class Caught(Exception):
    """A mutant was seen: no further point is needed."""


@dataclass
class Result:
    points: int  # that were run, each to its end
    wrong: int


class Proof:
    def __init__(self, title, place, seed, *, points, full=False, only=None, replay='', daemon=None, mutant=None):
        self.title = title
        self.place = place  # of this run; what is made there goes with it
        self.seed = seed
        self.random = random.Random(seed)
        self.points = points  # to be run at least
        self.full = full  # all that there are, where they can be counted
        self.only = only  # the name of the one point to replay, or None
        self.daemon = str(daemon or os.environ['MTA_STSD'])
        self.client = os.environ['MTA_STSCTL']
        self.source = pathlib.Path(os.environ.get('srcdir', '.')).resolve()
        self.mutant = mutant  # its name, or None
        self.wrongs = []
        self._replay = replay
        self._fresh = []
        self._started = []
        self._numbers = itertools.count()
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o755)
        atexit.register(self.tidy)

    def started(self, process):
        """To be ended by tidy(), should nobody else."""
        self._started.append(process)

    def fresh(self):
        """A new directory for a point, its path short enough for Unix sockets."""
        path = self.place / f'{os.getpid()}-{next(self._numbers)}'
        path.mkdir()
        path.chmod(0o755)
        self._fresh.append(path)
        return path

    def say(self, text):
        print(f'{self.title}: {text}', flush=True)

    def wrong(self, point, what):
        """Note that a point is wrong, and tell how to see it again; of a mutant the first one is enough."""
        what = what if len(what) < 600 else what[:600] + '...'
        if self.mutant:
            raise Caught(f'{point}: {what}')
        self.wrongs.append((point, what))
        self.say(f'WRONG: {point}: {what}\n    again: {self._replay} {shlex.quote(str(point))}')

    def chance(self, point):
        """The random numbers of a point, the same whenever it is run."""
        return random.Random(f'{self.seed}/{point}')

    def sample(self, points, most=None):
        """
        Which of all points to run, each of which str() names: the one that is replayed; all, or at most so many, in
        full; else so many as were asked for.  By chance, and of each order, if points have one, about as many.
        """
        points = sorted(points, key=str)
        if self.only:
            return [point for point in points if str(point) == self.only]
        self.random.shuffle(points)
        before = collections.Counter()
        turns = {}
        for point in points:
            kind = getattr(point, 'order', None)
            turns[point] = before[kind]
            before[kind] += 1
        points.sort(key=turns.get)
        return points[:most if self.full and not self.mutant else self.points]

    def each(self, points, judge, a_core=A_CORE):
        """
        Yield each point with what judge(point) returned, many at a time; judge runs in another process.  An exception
        in it is a wrong point, which is not yielded.
        """
        context = multiprocessing.get_context('fork')
        points = list(points)
        workers = min(a_core * (os.cpu_count() or 1), len(points)) or 1
        with concurrent.futures.ProcessPoolExecutor(workers, context, _enter, (self, judge)) as pool:
            try:
                running = {pool.submit(_judge, point): point for point in points}
                for future in concurrent.futures.as_completed(running):
                    result, broken = future.result()
                    if broken:
                        self.wrong(running[future], broken)
                    else:
                        yield running[future], result
            finally:
                pool.shutdown(cancel_futures=True)

    def tidy(self):
        """End what was started since the last time, and take away what fresh() gave."""
        for process in self._started:
            if process.runs:
                process.popen.kill()
                process.popen.wait()
        self._started.clear()
        for path in self._fresh:
            shutil.rmtree(path, ignore_errors=True)
        self._fresh.clear()


_here = None


def _enter(proof, judge):
    """In each process of a pool, once."""
    global _here
    _here = proof, judge
    proof._fresh, proof._started = [], []


def _judge(point):
    proof, judge = _here
    try:
        return judge(point), None
    except Exception as error:  # whatever it is, the point is not right
        last = traceback.extract_tb(error.__traceback__)[-1]
        return None, f'{type(error).__name__}: {error} ({os.path.basename(last.filename)}:{last.lineno})'
    finally:
        proof.tidy()
