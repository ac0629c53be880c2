# SPDX-License-Identifier: ISC
"""A domain is given up before its time, because somebody insists."""
import os
import pty
import subprocess

import pytest

from client import policy
from host import MTA_STSCTL
from wait import DEADLINE

DOMAIN = 'example.test'
NONE = policy('none', (), 86400)


@pytest.fixture
def dozen(host):
    """Twelve domains, and another one."""
    host.names = [f'd{number:02}.test' for number in range(12)]
    for name in [*host.names, DOMAIN]:
        host.domain(name)
    host.certify(*host.names, DOMAIN)
    return host.start()


@pytest.fixture
def orphans(dozen):
    """The twelve have lost their files, are turned off, and nobody looks after them in DNS."""
    for name in dozen.names:
        (dozen.domains / f'{name}.conf').unlink()
    dozen.reload(force=True)
    dozen.ctl('none', '--match', 'd*.test', '--yes')
    return dozen


def known(host):
    return [row['domain'] for row in host.get('/v1/domains')['domains']]


def type_in(host, text, *arguments):
    """Run mta-stsctl at a terminal, type a text and Return; its exit status and what stood on the screen."""
    ours, its = pty.openpty()
    try:
        process = subprocess.Popen([MTA_STSCTL, '--socket', str(host.socket), *arguments], stdin=its, stdout=its,
                                   stderr=its)
        os.close(its)
        its = None
        os.write(ours, text.encode() + b'\n')
        screen = b''
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # it has ended
                break
            if not part:
                break
            screen += part
        return process.wait(DEADLINE), screen.decode(errors='replace')
    finally:
        for end in filter(None, (ours, its)):
            os.close(end)


def test_without_force_nobody_is_forgotten(orphans):
    first, second = orphans.names[:2]
    done = orphans.ctl('forget', first, second, status=1)
    assert first in done.stderr and second in done.stderr
    assert len(known(orphans)) == 13
    orphans.serves(first, NONE)


def test_by_force_a_domain_is_forgotten_and_the_audit_says_so(orphans):
    first = orphans.names[0]
    before = orphans.show(first)['id']
    orphans.ctl('forget', first, '--force', '--yes', '--reason', 'sold')
    assert first not in known(orphans)
    assert orphans.fetch(orphans.names[1]).status == 200
    assert orphans.fetch(first).status == 404
    entry = orphans.get('/v1/audit')['entries'][-1]
    assert (entry['command'], entry['reason']) == ('forget', 'sold')
    assert entry['changes'] == [{'domain': first, 'before': before, 'after': None}]
    orphans.reload()
    orphans.stop()
    orphans.start()
    assert first not in known(orphans)
    orphans.ctl('forget', first, status=1)


def test_all_or_none_are_forgotten(orphans):
    done = orphans.ctl('forget', *orphans.names, DOMAIN, '--force', '--yes', status=1)
    assert f'{DOMAIN}.conf' in done.stderr
    assert len(known(orphans)) == 13


def test_a_dry_run_forgets_nobody(orphans):
    told = orphans.ctl('forget', orphans.names[0], '--force', '--dry-run').stdout
    assert orphans.names[0] in told
    assert len(known(orphans)) == 13


@pytest.mark.parametrize('typed, status, left', [('12', 0, 1), ('13', 1, 13), ('yes', 1, 13), ('', 1, 13)])
def test_at_a_terminal_the_count_has_to_be_typed(orphans, typed, status, left):
    done, screen = type_in(orphans, typed, 'forget', '--match', 'd*.test', '--force')
    assert (done, len(known(orphans))) == (status, left), screen
    assert '12' in screen


def test_ten_domains_are_switched_at_a_terminal_without_a_question_and_eleven_are_not(dozen):
    for names, typed, status, text in ((dozen.names[:10], '', 0, 'testing'), (dozen.names[:11], '', 1, 'none'),
                                       (dozen.names[:11], '10', 1, 'none'), (dozen.names[:11], '11', 0, 'none')):
        done, screen = type_in(dozen, typed, text, *names)
        assert done == status, screen
    assert type_in(dozen, '', 'reset', '--all', '--yes')[0] == 0


def test_without_a_terminal_force_takes_yes(orphans):
    orphans.ctl('forget', orphans.names[0], '--force', status=2)
    assert len(known(orphans)) == 13


def test_an_orphan_is_served_until_it_is_forgotten(example):
    (example.domains / f'{DOMAIN}.conf').unlink()
    example.reload()
    example.serves(DOMAIN, policy('enforce', ['mail.example.test']))
    assert 'none' in example.ctl('forget', DOMAIN, status=1).stderr
    example.ctl('forget', DOMAIN, '--force', '--yes')
    assert known(example) == []


def test_a_forgotten_domain_may_come_back(orphans):
    first = orphans.names[0]
    had = orphans.show(first)['id']
    orphans.ctl('forget', first, '--force', '--yes')
    orphans.domain(first)
    orphans.reload()
    assert orphans.show(first)['id'] not in [one['id'] for one in orphans.get('/v1/history/' + first)['revisions']
                                             if one['superseded_at']] + [had]
    orphans.serves(first, policy('enforce', [f'mail.{first}']))
