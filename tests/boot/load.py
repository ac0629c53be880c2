# SPDX-License-Identifier: ISC
"""Senders that fetch one policy without a pause, from inside a machine's network."""
import threading
import time
from dataclasses import dataclass

from client import fetch


@dataclass
class Try:
    began: float  # time.monotonic()
    ended: float
    error: Exception  # None: the whole policy came


class Load:
    """A few threads that fetch until the end of the block."""

    def __init__(self, machine, authority, domain, threads=8):
        self.tries = []
        self._machine = machine
        self._what = (('127.0.0.1', 443), authority, domain)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(threads)]

    def _work(self):
        self._machine.enter()
        while not self._over.is_set():
            began, error = time.monotonic(), None
            try:
                assert fetch(*self._what).status == 200
            except (OSError, AssertionError) as wrong:
                error = wrong
            self.tries.append(Try(began, time.monotonic(), error))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def failed(self):
        return [one for one in self.tries if one.error]
