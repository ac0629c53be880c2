# SPDX-License-Identifier: ISC
"""A running daemon seen, slowed down or killed at its system calls, by strace(1); or its clerk stopped."""
import contextlib
import os
import pathlib
import subprocess
import sys

from wait import until

FREEZE = pathlib.Path(__file__).parent / 'freeze.py'

# The leak detector cannot work below it.
NO_LEAKS = 'ASAN_OPTIONS=' + ':'.join(filter(None, [os.environ.get('ASAN_OPTIONS'), 'detect_leaks=0']))


def clerk(host):
    """The number of the clerk's thread."""
    (thread,) = [task.name for task in pathlib.Path(f'/proc/{host.process.popen.pid}/task').iterdir()
                 if (task / 'comm').read_text() == 'clerk\n']
    return thread


@contextlib.contextmanager
def traced(host, *options):
    """With these options of strace, until the end of the block: the file that the calls are written to."""
    said, calls = host.place / 'strace.err', host.place / 'strace'
    calls.unlink(missing_ok=True)
    with open(said, 'w', encoding='ascii') as lines:
        with subprocess.Popen(['strace', '-o', calls, *options], stdin=subprocess.DEVNULL, stderr=lines) as strace:
            try:
                until(lambda: 'attached' in said.read_text(), 'strace to attach')
                yield calls
            finally:
                strace.kill()


def slowed(host, call, seconds):
    """Each such system call of the running daemon takes so much longer, until the end of the block."""
    return traced(host, '-f', '-e', f'trace={call}', '-e', f'inject={call}:delay_enter={int(seconds * 1000000)}',
                  '-p', str(host.process.popen.pid))


@contextlib.contextmanager
def frozen(host):
    """The clerk does nothing until the end of the block."""
    with subprocess.Popen([sys.executable, FREEZE, clerk(host)], stdout=subprocess.PIPE, text=True) as freezer:
        assert freezer.stdout.readline() == 'frozen\n'
        try:
            yield
        finally:
            freezer.kill()
