# SPDX-License-Identifier: ISC
"""
Daemons with one promise broken, made in seconds: the .c files of a patch are copied, patched, compiled as the build
directory compiles them, and linked in front of its library.
"""
import os
import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ASK = 'include Makefile\n$(info COMPILE $(COMPILE))\n' \
      '$(info LINK $(mta_stsd_LINK))\n$(info OBJECTS $(mta_stsd_OBJECTS))\n' \
      '$(info LIBRARIES $(mta_stsd_LDADD) $(LIBS))\nnothing:\n\t@:\n'


class Stale(Exception):
    """A mutant that cannot be made from the tree as it is now."""


def run(command, **more):
    done = subprocess.run(command, text=True, capture_output=True, check=False, **more)
    if done.returncode:
        raise Stale(f'{command if isinstance(command, str) else " ".join(map(str, command))} failed:\n'
                    f'{done.stdout}{done.stderr}')
    return done.stdout


def commands(build):
    """How the build directory compiles and links the daemon."""
    lines = run(['make', '-s', '-f', '-', 'nothing'], input=ASK, cwd=build).splitlines()
    return {word: rest for word, _, rest in (line.partition(' ') for line in lines)
            if word in ('COMPILE', 'LINK', 'OBJECTS', 'LIBRARIES')}


def build(name, place):
    """Make the mutant of mutants/NAME.patch below place; return the path of its daemon."""
    source = pathlib.Path(os.environ.get('srcdir', '.')).resolve()
    directory = pathlib.Path(os.environ['MTA_STSD']).resolve().parent
    patch = HERE / 'mutants' / f'{name}.patch'
    files = re.findall(r'^\+\+\+ b/(\S+)', patch.read_text(), re.M)
    if not files or not all(path.endswith('.c') for path in files):
        raise Stale(f'{patch} must change .c files of the daemon, and nothing else')
    work = place / f'mutant-{name}'
    for path in files:
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_bytes((source / path).read_bytes())
    run(['patch', '-p1', '--force', '--no-backup-if-mismatch', '--fuzz=0', '-i', patch], cwd=work)
    how = commands(directory)
    objects = []
    for path in files:
        objects.append(str(work / path.replace('/', '-')) + '.o')
        run(f'{how["COMPILE"]} -Wno-error -c -o {objects[-1]} {work / path}', shell=True, cwd=directory)
    daemon = work / 'mta-stsd'
    run(f'{how["LINK"]} {daemon} {how["OBJECTS"]} {" ".join(objects)} {how["LIBRARIES"]}',
        shell=True, cwd=directory)
    return daemon
