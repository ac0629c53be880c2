# SPDX-License-Identifier: ISC
"""The table of methods: what each does at least, what it needs, and the mutant that it must see."""
import importlib
import importlib.util
from dataclasses import dataclass


@dataclass
class Method:
    name: str
    title: str
    full: int  # points at least
    short: int  # the same in make check
    needs: tuple  # programs, or 'root'
    module: str
    mutant: str  # or several
    tries: int = 100  # points in which the mutant must be caught

    def exists(self):
        return importlib.util.find_spec(self.module) is not None

    def load(self):
        return importlib.import_module(self.module)


TABLE = [
    #      name      title                                   full  short  needs               module    mutant
    Method('kill',   'kill -9 at each system call',          3000, 100, ('strace', 'cc', 'openssl'), 'kill',
           'acknowledge-before-commit', 400),
    Method('faults', 'an error at each system call',         2000, 100, ('strace', 'cc', 'openssl'), 'faults',
           'failed-commit-is-done', 200),
    Method('memory', 'no memory at each allocation',         20000, 100, ('cc', 'openssl'), 'memory',
           'missing-memory-passed-over', 200),
    Method('power',  'power cuts, by replay of writes',      1000, 40, ('strace', 'cc', 'openssl'), 'power',
           'ignored-fsync', 100),
    Method('linear', 'what many clients see, with kills',    50000, 3000, ('openssl',), 'linear', 'half-visible-bulk', 30000),
    Method('model',  'random steps beside the rules',        20000, 500, ('openssl', 'faketime'), 'model',
           'ids-not-looked-up floor-of-a-week-gone', 1500),
    Method('damage', 'damaged state',                        500, 50, ('openssl',), 'damage', 'damaged-switch-passed-over', 300),
    Method('fuzz',   'any bytes at every parser',            1000000, 250, ('clang',), 'fuzz', 'id-one-byte-too-long', 10),
    Method('soak',   'a long life under load',               3600, 60, ('openssl',), 'soak', 'file-left-open', 10),
]
