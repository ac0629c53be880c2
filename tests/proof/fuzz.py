# SPDX-License-Identifier: ISC
"""Fuzzing: any bytes at every parser of what strangers send, with the address and undefined behaviour sanitizers.

The targets are those of make fuzz (tests/fuzz).  In make check each is run on its corpus alone, which is committed: inputs
that reach all that long runs reached.  In full each goes on from there by chance for SECONDS.  A point is one input.
"""
import os
import pathlib
import re
import shlex
import subprocess

from proof import Result

SECONDS = int(os.environ.get('FUZZ_SECONDS', '600'))  # of each target, in full
ASK = 'include Makefile\n$(info FUZZERS $(FUZZERS))\n$(info FUZZED $(FUZZED))\n$(info FLAGS $(FUZZ_FLAGS))\n' \
      '$(info LIBRARIES $(FUZZ_LIBS))\nnothing:\n\t@:\n'


class Build:
    """How make fuzz builds its targets, asked of the build directory."""

    def __init__(self, proof):
        self.directory = pathlib.Path(os.environ['MTA_STSD']).resolve().parent
        self.source = proof.source
        self.changed = pathlib.Path(proof.daemon).parent if proof.mutant else None  # the sources of a mutant
        self.place = proof.place
        said = subprocess.run(['make', '-s', '-f', '-', 'nothing'], input=ASK, cwd=self.directory, text=True,
                              capture_output=True, check=True).stdout
        words = {word: shlex.split(rest) for word, _, rest in (line.partition(' ') for line in said.splitlines())}
        self.targets, self.files = words['FUZZERS'][::-1], words['FUZZED']
        self.flags, self.libraries = words['FLAGS'], words['LIBRARIES']

    def find(self, path):
        if self.changed and (self.changed / path).exists():
            return self.changed / path
        return self.source / path

    def object(self, path):
        """Compile one file."""
        made = self.place / (path.replace('/', '-') + '.o')
        call(['clang', *self.flags, '-c', self.find(path), '-o', made], self.directory)
        return made

    def link(self, target, objects):
        call(['clang', *self.flags, self.object(f'tests/fuzz/{target}.c'), *objects, *self.libraries, '-o', self.place / target],
             self.directory)
        return self.place / target


def call(command, directory):
    done = subprocess.run(list(map(str, command)), cwd=directory, text=True, capture_output=True, errors='replace', check=False)
    assert done.returncode == 0, failure(done.stderr)
    return done.stderr


def failure(text):
    """What a sanitizer says first, with the input in base 64."""
    lines = [line.strip() for line in text.splitlines() if re.search(r'ERROR: |SUMMARY: |runtime error: |Base64: |error: ', line)]
    return ' | '.join(lines[:4]) or text[-500:]


def fuzz(proof, build, objects, target):
    """How many inputs were run, and how many of them are kept in the tree."""
    program, corpus = build.link(target, objects), proof.source / 'tests' / 'fuzz' / 'corpus' / target
    new = proof.place / f'new-{target}'
    new.mkdir(exist_ok=True)
    how = ['-runs=0'] if not proof.full or proof.mutant else [f'-max_total_time={SECONDS}', f'-seed={proof.seed % (1 << 31) + 1}']
    said = call([program, *how, '-max_len=9000', '-timeout=10', '-print_final_stats=1', f'-artifact_prefix={proof.place}/',
                new, corpus], proof.place)
    return int(re.search(r'stat::number_of_executed_units:\s*(\d+)', said).group(1)), len(list(corpus.iterdir()))


def run(proof):
    build = Build(proof)
    targets = [proof.only] if proof.only else build.targets
    objects = [made for _, made in proof.each(build.files, build.object, a_core=1)]
    done, told = 0, []
    for target, (inputs, kept) in proof.each(targets, lambda target: fuzz(proof, build, objects, target), a_core=1):
        done += inputs
        told.append(f'{target} {inputs} ({kept} kept)')
    proof.say(', '.join(sorted(told)))
    return Result(done, len(proof.wrongs))
