# SPDX-License-Identifier: ISC
"""The Tab key: what bash, zsh and fish offer to somebody who types a command of mta-stsctl."""
import os
import pathlib
import re
import subprocess

import pytest

from conftest import SCALE
from host import MTA_STSCTL
from wait import DEADLINE

pytestmark = [pytest.mark.once, pytest.mark.skipif(SCALE < 1, reason='shells see nothing else in a sanitizer build, only slower')]

TOP = pathlib.Path(__file__).parents[2]
FILES = {'bash': 'mta-stsctl.bash', 'zsh': '_mta-stsctl', 'fish': 'mta-stsctl.fish'}

# Each takes the file and the words, the last of them at the cursor, and prints what is offered, one per line.
SCRIPTS = {
    'bash': '''
        source "$0"
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _mta_stsctl "$1" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
        printf '%s\\n' "${COMPREPLY[@]}"''',
    # With what stands for the line editor.
    'zsh': '''
        words=("$@") CURRENT=$# PREFIX="${@[-1]}"
        IPREFIX=
        compadd() { [[ $1 != -- ]] || shift; print -rl -- $IPREFIX${^@} }
        compset() { local rest=${PREFIX##${~2}}; IPREFIX+=${PREFIX%$rest} PREFIX=$rest }
        _describe() { print -rl -- ${${(P)2}%%:*} }
        _files() { print -rl -- $PREFIX*(N) }
        source "$0" ''',
    'fish': '''
        source $argv[1]
        complete -C "$argv[2..]"''',
}


def offered(shell, *words, socket='/nonexistent'):
    """What Tab offers behind these words, the last of them unfinished; nothing may be said besides."""
    environment = dict(os.environ, MTA_STSCTL_SOCKET=str(socket))
    if shell == 'bash':  # takes "=" for a word
        words = [part for word in words for part in re.split('(=)', word) if part or not word]
    options = {'bash': ['--norc'], 'zsh': ['-f'], 'fish': ['--no-config']}[shell]
    done = subprocess.run([shell, *options, '-c', SCRIPTS[shell], TOP / 'completion' / FILES[shell], MTA_STSCTL, *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE, check=False,
                          env=environment)
    assert done.stderr == ''
    beginning = words[-1].rpartition('=')[2]
    lines = [line.partition('\t')[0].rpartition('=')[2] for line in done.stdout.splitlines()]
    lines = [line for line in lines if line and line.startswith(beginning)]
    assert len(set(lines)) == len(lines), lines
    return sorted(lines)


def found(file, pattern):
    """The words of one of the client's tables."""
    words = re.findall(pattern, (TOP / 'ctl' / 'cli' / file).read_text(), re.MULTILINE)
    assert words
    return sorted(set(words))


def helped(*command):
    """The options that the help of a command names."""
    done = subprocess.run([MTA_STSCTL, *command, '--help'], capture_output=True, text=True, timeout=DEADLINE, check=True)
    return sorted(re.findall(r'^  (--[a-z-]+)', done.stdout, re.MULTILINE))


COMMANDS = found('commands.c', r'^\t\{ "([a-z ]+)", ')


@pytest.fixture(params=FILES)
def shell(request, needs_tools):
    needs_tools(request.param)
    return request.param


def test_every_command_is_offered_word_for_word(shell):
    assert offered(shell, '') == sorted({command.split()[0] for command in COMMANDS})
    for command in COMMANDS:
        *before, last = command.split()
        assert last in offered(shell, *before, last[:2])


def test_every_option_is_offered_behind_the_commands_that_take_it(shell):
    seen = set()
    for command in COMMANDS:
        assert offered(shell, *command.split(), '--') == helped(*command.split()), command
        seen.update(helped(*command.split()))
    assert sorted(seen) == ['--' + name for name in found('options.c', r'\[OPTION_[A-Z_]+\] = \{ "([a-z-]+)"')]


def test_commands_are_offered_behind_help(shell):
    assert offered(shell, 'help', '') == sorted({command.split()[0] for command in COMMANDS})
    assert offered(shell, 'help', 'sta') == ['status']


@pytest.mark.parametrize('command, option', [('txt', '--format'), ('wait', '--until')])
def test_values_are_offered_that_the_client_takes(shell, command, option):
    values = offered(shell, command, option, '')
    assert len(values) == 2
    assert offered(shell, command, f'{option}={values[0][0]}') == values[:1]
    for value in values:
        done = subprocess.run([MTA_STSCTL, '--socket', '/nonexistent', command, option, value, 'example.test'],
                              capture_output=True, timeout=DEADLINE, check=False)
        assert done.returncode != 2


def test_files_are_offered_where_a_file_is_wanted(shell, place):
    (place / 'list-of-domains').touch()
    assert offered(shell, 'none', '--file', f'{place}/list') == [f'{place}/list-of-domains']


def test_domains_are_those_of_the_running_daemon(shell, host):
    for name in ('alpha.test', 'alpine.test', 'beta.test'):
        host.domain(name)
    host.start()
    assert offered(shell, 'show', 'al', socket=host.socket) == ['alpha.test', 'alpine.test']
    assert offered(shell, 'none', '--format', 'zone', 'beta.test', '', socket=host.socket) == \
        ['alpha.test', 'alpine.test', 'beta.test']
    assert offered(shell, '--socket', str(host.socket), 'check', 'b') == ['beta.test']
    assert offered(shell, 'list', '--match', 'b', socket=host.socket) == ['beta.test']
    assert offered(shell, 'status', 'b', socket=host.socket) == []


def test_domains_are_names_whatever_else_the_list_says(shell, host):
    host.domain('alpha.test', mode='none')
    host.domain('next.test')
    host.start()
    assert 'next, alpha.test' in host.ctl('list').stdout
    assert offered(shell, 'show', '', socket=host.socket) == ['alpha.test', 'next.test']
    assert offered(shell, 'show', 'next', socket=host.socket) == ['next.test']


def test_exceptions_are_offered_behind_each_comma(shell, host):
    for name in ('alpha.test', 'alpine.test', 'beta.test'):
        host.domain(name)
    host.start()
    assert offered(shell, 'none', '--all', '--except', 'al', socket=host.socket) == ['alpha.test', 'alpine.test']
    last = [word.rpartition(',')[2] for word in offered(shell, 'none', '--all', '--except', 'alpha.test,b', socket=host.socket)]
    assert last == ['beta.test']


def test_entries_are_offered_and_to_undo_those_that_it_takes_back(shell, host):
    host.domain('example.test')
    host.start()
    host.ctl('none', 'example.test')
    numbers = [(str(entry['number']), entry['command']) for entry in host.get('/v1/audit')['entries']]
    orders = [number for number, command in numbers if command == 'none']
    assert orders and len(orders) < len(numbers)
    assert offered(shell, 'undo', '', socket=host.socket) == orders
    assert offered(shell, 'audit', '', socket=host.socket) == [number for number, _ in numbers]
    assert offered(shell, 'audit', '--before', '', socket=host.socket) == [number for number, _ in numbers]


def test_of_many_domains_some_letters_choose(shell, host):
    names = [f'd{number:04d}.test' for number in range(1001)]
    host.file('many.conf', 'mode = "testing"; max_age = 86400; mx = [ "mail.test" ]; domains = [ '
              + ', '.join(f'"{name}"' for name in names) + ' ];\n')
    host.start()
    assert offered(shell, 'show', 'd', socket=host.socket) == []
    assert offered(shell, 'show', 'd100', socket=host.socket) == ['d1000.test']


def test_nothing_is_said_when_the_daemon_does_not_answer(shell):
    assert offered(shell, 'show', '') == []
    assert offered(shell, 'show', 'exa') == []
    assert offered(shell, 'status', 'x') == []
