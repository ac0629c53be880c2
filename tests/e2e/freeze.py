# SPDX-License-Identifier: ISC
"""Stop one thread, and no other of its process, until it is killed: freeze.py TID.  Says "frozen"."""
import ctypes
import os
import sys

PTRACE_SEIZE = 0x4206
PTRACE_INTERRUPT = 0x4207
WALL = 0x40000000  # wait for threads, too

tid = int(sys.argv[1])
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
    if ptrace(request, tid, None, None) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
os.waitpid(tid, WALL)
print('frozen', flush=True)
os.waitpid(tid, WALL)
