# SPDX-License-Identifier: ISC
"""strace at one thread: what it calls, and what happens to it at one of these calls."""
import os
import re
import signal
import subprocess

from wait import DEADLINE, until

CALL = re.compile(r'^(?:\d+ +)?(\w+)\(')
PUT_OFF = ['sh', '-c', 'kill -STOP $$; exec "$0" "$@"']  # in front of a command: it begins with SIGCONT


class Tracer:
    """
    Attached when it is made.  In strace's words, inject is what to do at which call, such as fsync:signal=KILL:when=2,
    counted in this thread from now on.  The whole process has a trace a thread, which gather() puts together.
    """

    def __init__(self, tid, *, inject=None, calls=None, path='/dev/null', extra=(), whole=False):
        what = [] if not inject else ['-e', f'inject={inject}', '-e', f'trace={inject.split(":")[0]}']
        what += ['-e', f'trace={calls}'] if calls else []
        what += ['-ff', '-ttt'] if whole else []
        self._popen = subprocess.Popen(['strace', '-o', str(path), *what, *extra, '-p', str(tid)],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                       text=True)
        line = self._popen.stderr.readline()
        assert 'attached' in line, f'strace: {line}{self._popen.stderr.read()}'

    def detach(self):
        """Leave the thread to itself; that it has ended is fine."""
        self._popen.terminate()
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            self._popen.kill()
            raise

    def wait(self):
        """Wait until the thread has ended."""
        self._popen.wait(DEADLINE)
        self._popen.stderr.close()


def gather(path):
    """Make one trace of those of all threads, each call at the time at which it began."""
    lines = []
    for part in path.parent.glob(f'{path.name}.[0-9]*'):
        with open(part, encoding='utf-8', errors='replace') as file:
            lines += [line.partition(' ')[::2] for line in file]
    path.write_text(''.join(line for _, line in sorted(lines, key=lambda pair: float(pair[0]))), encoding='utf-8')


def begin_put_off(world):
    """Spawn the daemon in a way that nothing of it runs before go_on()."""
    world.prefix = PUT_OFF
    world.spawn()
    world.prefix = []
    until(lambda: f'State:\tT' in open(f'/proc/{world.pid}/status', encoding='ascii').read(), 'the daemon to wait')


def go_on(world):
    os.kill(world.pid, signal.SIGCONT)


def calls(path):
    """The calls in a trace: (name, line)."""
    with open(path, encoding='utf-8', errors='replace') as file:
        for line in file:
            match = CALL.match(line)
            if match:
                yield match[1], line
