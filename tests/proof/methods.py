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
    mutant: str
    tries: int = 100  # points in which the mutant must be caught

    def exists(self):
        return importlib.util.find_spec(self.module) is not None

    def load(self):
        return importlib.import_module(self.module)


TABLE = [
    #      name      title                                   full  short  needs               module    mutant
    Method('kill',   'kill -9 at each system call',          3000, 100, ('strace', 'openssl'), 'kill',
           'acknowledge-before-commit', 400),
    Method('faults', 'an error at each system call',         2000, 100, ('strace', 'cc', 'openssl'), 'faults',
           'failed-commit-is-done', 200),
    Method('memory', 'no memory at each allocation',         2000, 100, ('cc', 'openssl'), 'memory',
           'missing-memory-passed-over', 200),
    Method('power',  'power cuts, by replay of writes',      1000, 40, ('strace', 'openssl'), 'power',
           'ignored-fsync', 100),
    Method('linear', 'histories of many clients',            1000, 20, ('openssl',), 'linear', 'half-visible-bulk'),
    Method('model',  'random orders against a model',        10000, 200, ('openssl',), 'model', 'ids-not-looked-up'),
    Method('damage', 'damaged state files',                  500, 40, ('openssl',), 'damage', 'damage-not-checked'),
    Method('fuzz',   'any bytes at every parser',            1, 1, ('clang',), 'fuzz', 'fuzz'),
    Method('soak',   'a long life under load',               1, 1, ('openssl',), 'soak', 'soak'),
]
