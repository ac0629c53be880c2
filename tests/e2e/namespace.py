# SPDX-License-Identifier: ISC
"""A network of a test's own: a loopback, and a name server at 127.0.0.1 if the test starts one."""
import ctypes
import itertools
import os
import pathlib
import shutil
import subprocess
import threading

from host import Process
from wait import DEADLINE

CLONE_NEWNET = 0x40000000
NUMBERS = itertools.count(1)


class Namespace:
    def __init__(self):
        self.name = f'mta-stsd-{os.getpid()}-{next(NUMBERS)}'
        self.etc = pathlib.Path('/etc/netns') / self.name
        self.enter = ['ip', 'netns', 'exec', self.name]
        self.processes = []

    def open(self):
        self.etc.mkdir(parents=True)
        (self.etc / 'resolv.conf').write_text('nameserver 127.0.0.1\n')
        subprocess.run(['ip', 'netns', 'add', self.name], check=True)
        self.run('ip', 'link', 'set', 'lo', 'up')

    def add(self, *addresses):
        """Give the loopback more IPv6 addresses; of IPv4 it has all in 127.0.0.0/8."""
        for address in addresses:
            self.run('ip', 'address', 'add', f'{address}/128', 'dev', 'lo', 'nodad')

    def run(self, *command, status=0, **more):
        done = subprocess.run([*self.enter, *map(str, command)], text=True, capture_output=True, timeout=DEADLINE,
                              check=False, **more)
        assert status is None or done.returncode == status, (command, done.returncode, done.stdout, done.stderr)
        return done

    def start(self, *command, **more):
        process = Process([*self.enter, *command], **more)
        self.processes.append(process)
        return process

    def inside(self, call, *arguments):
        """Call a function in a thread whose new sockets belong to this network, and return what it returns."""
        answer = []

        def work():
            try:
                with open(f'/run/netns/{self.name}', 'rb') as file:
                    if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), 'setns')
                answer.append((call(*arguments), None))
            except BaseException as error:  # pylint: disable=broad-except; the caller gets it
                answer.append((None, error))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        ((value, error),) = answer
        if error:
            raise error
        return value

    def close(self):
        for process in reversed(self.processes):
            if process.runs:
                process.kill()
        subprocess.run(['ip', 'netns', 'del', self.name], check=False)
        shutil.rmtree(self.etc, ignore_errors=True)
