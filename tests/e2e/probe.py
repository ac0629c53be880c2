# SPDX-License-Identifier: ISC
"""What processes cost, as the kernel counts it."""
import os
import pathlib
import time


def children(pid):
    path = pathlib.Path(f'/proc/{pid}/task')
    return [int(child) for task in path.iterdir() for child in (task / 'children').read_text().split()]


def family(pid):
    """A process and what it has started, parents first."""
    found = [pid]
    for one in found:
        found += children(one)
    return found


def cpu_us(pids):
    """Time on a processor so far, of all threads that live."""
    tasks = [task for pid in pids for task in pathlib.Path(f'/proc/{pid}/task').iterdir()]
    return sum(int((task / 'schedstat').read_text().split()[0]) for task in tasks) / 1000


def busy_ms(pids, seconds):
    """Milliseconds on a processor for each of some seconds, in which nobody should want anything."""
    before = cpu_us(pids)
    time.sleep(seconds)
    return (cpu_us(pids) - before) / 1000 / seconds


def memory_kib(pids):
    """Resident memory that they share with nobody."""
    def one(pid):
        lines = pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith('Private_'))
    return sum(one(pid) for pid in pids)


def kernel_kib():
    """What the kernel of this machine holds for everybody: small objects, and pages with bytes on their way in TCP."""
    fields = [line.split() for line in pathlib.Path('/proc/meminfo').read_text().splitlines()]
    (slab,) = [int(field[1]) for field in fields if field[0] == 'Slab:']
    (tcp,) = [line.split() for line in pathlib.Path('/proc/net/sockstat').read_text().splitlines()
              if line.startswith('TCP:')]
    return slab, int(tcp[tcp.index('mem') + 1]) * os.sysconf('SC_PAGE_SIZE') // 1024


def descriptors(pids):
    return sum(len(list(pathlib.Path(f'/proc/{pid}/fd').iterdir())) for pid in pids)
