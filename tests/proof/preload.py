# SPDX-License-Identifier: ISC
"""The other end of preload.c: what happens to the daemon below its libc."""
import mmap
import os
import pathlib
import struct
import subprocess

SHARED = struct.Struct('=iiqqqqq')  # as in preload.c
FIRST_THREAD = -1
OPTIONS = 'verify_asan_link_order=0:detect_leaks=0'  # leaks cannot be looked for under strace; the stories do
MEMORY, WRITE, PWRITE64, SENDTO, CLOSE = range(5)


def library(place):
    """Compile it once for a run."""
    path = place / 'preload.so'
    if not path.exists():
        source = pathlib.Path(__file__).with_name('preload.c')
        subprocess.run(['cc', '-shared', '-fPIC', '-O1', '-w', '-o', path, source], check=True)
    return path


class Preload:
    def __init__(self, proof, place):
        path = place / 'preload'
        path.write_bytes(bytes(SHARED.size))
        options = filter(None, [os.environ.get('ASAN_OPTIONS'), OPTIONS])
        self.environment = {'LD_PRELOAD': str(library(proof.place)), 'PROOF_PRELOAD': str(path),
                            'ASAN_OPTIONS': ':'.join(options)}
        with path.open('r+b') as file:
            self._shared = mmap.mmap(file.fileno(), SHARED.size)
        self._ahead = 0

    def _tell(self, *fields):
        SHARED.pack_into(self._shared, 0, *fields, self._ahead)

    def arm(self, thread, kind, at=0, on=False, error=0):
        """Count what a thread does from now on, and strike at one, or each from there on; at 0 only counts."""
        self._tell(0, kind, 0, at, on, error)
        self._shared[:4] = struct.pack('=i', thread)

    def disarm(self):
        self._shared[:4] = bytes(4)

    @property
    def count(self):
        return SHARED.unpack_from(self._shared)[2]

    def pass_time(self, seconds):
        """Set the steady clock ahead."""
        self._ahead += seconds
        self._shared[SHARED.size - 8:] = struct.pack('=q', self._ahead)
