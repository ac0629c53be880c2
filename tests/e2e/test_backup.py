# SPDX-License-Identifier: ISC
"""A backup of the state and of the installed certificates, put back here or on another machine."""
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess

import pytest

from conftest import SCALE
from host import MTA_STSCTL, Host
from wait import DEADLINE

DOMAIN = 'example.test'
NAME = 'mta-sts.' + DOMAIN
FILE = f'{NAME}-ecdsa.pem'
OTHER = 'other.test'
INDEX = pathlib.Path('mta-stsd.db-shm')


def install(host, pair):
    return host.must('POST', '/v1/certificates', {'certificate': pair.chain, 'key': pair.key})


@pytest.fixture
def served(host):
    """A domain that was ordered to none, under a certificate that was installed."""
    host.domain(DOMAIN)
    host.domain(OTHER)
    host.start()
    install(host, host.authority.issue(NAME, days=60))
    host.switch('none', DOMAIN)
    return host


@pytest.fixture
def machine(place, authority):
    """Another machine, with nothing on it yet."""
    other = place / 'other'
    other.mkdir()
    made = Host(other, authority)
    made.configure()
    yield made
    made.clean_up()


def backups(host):
    directory = host.place / 'backups'
    return sorted(directory.glob('mta-stsd-*')) if directory.exists() else []


def run(host, *arguments, status=0, prefix=()):
    command = [*prefix, *host.command(*arguments)]
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, text=True, capture_output=True,
                          timeout=DEADLINE, check=False)
    assert status in (None, done.returncode), (done.returncode, done.stderr)
    return done


def name_apart(host):
    """The name of a backup is its second: give those that are there names of days long gone."""
    for number, path in enumerate(backups(host)):
        path.rename(path.with_name(f'mta-stsd-20200101T{number:06}Z'))


def backup(host, *more, status=0):
    name_apart(host)
    return run(host, '--backup', host.place / 'backups', *more, status=status).stderr


def made(host):
    """The newest one."""
    backup(host)
    return backups(host)[-1]


def restore(host, path, status=0):
    return run(host, '--restore', path, status=status).stderr


def contents(host):
    return {path.relative_to(host.state): path.read_bytes() for path in sorted(host.state.rglob('*')) if path.is_file()}


def row(host):
    shown = host.show(DOMAIN)
    host.serves(DOMAIN, shown['policy'].encode())
    return {key: shown[key] for key in ('mode', 'max_age', 'id', 'published_at')}


def serial(host):
    return host.fetch(DOMAIN).certificate['serialNumber']


def fnv(data):
    total = 14695981039346656037
    for byte in data:
        total = (total ^ byte) * 1099511628211 % (1 << 64)
    return total


def relist(path):
    """Write the list of a backup anew, for files that were changed on purpose."""
    head = (path / 'manifest').read_text().splitlines()[:3]
    names = ['mta-stsd.db', *(f'certificates/{file.name}' for file in sorted((path / 'certificates').iterdir()))]
    lines = head + [f'file {len(data)} {fnv(data):016x} {name}' for name in names for data in [(path / name).read_bytes()]]
    text = '\n'.join(lines) + '\n'
    (path / 'manifest').write_text(f'{text}end {fnv(text.encode()):016x}\n')


def test_another_machine_goes_on_with_the_same_ids_and_certificates(served, machine):
    said = backup(served)

    path, = backups(served)
    assert f'{path} (domains: 2, revisions: 3, certificates: 1; older backups removed: 0)' in said
    assert 'not in it: settings, domain files' in said
    settings, command = re.search(r'run: mta-stsd --config (\S+) --restore (\S+)$', said, re.M).groups()
    assert (settings, command) == (str(served.conf), str(path))
    for name in served.domains.iterdir():
        shutil.copy(name, machine.domains)
    assert 'certificates (from the backup: 1,' in restore(machine, command)
    machine.start()
    assert row(machine) == row(served)
    assert serial(machine) == serial(served)
    assert machine.get('/v1/status')['store'] == 'ok'
    assert machine.get('/v1/audit')['entries'][0]['command'] in ('restore', 'reload')


def test_a_shared_record_keeps_its_id_on_a_machine_that_had_no_domain(served, machine):
    machine.start()
    machine.stop()
    for name in (DOMAIN, OTHER):
        served.domain(name, record='_mta-sts.all.test')
    served.must('POST', '/v1/reload', {})
    served.switch('testing', OTHER)
    for name in served.domains.iterdir():
        shutil.copy(name, machine.domains)
    assert 'domains that differ and get a new id: 0;' in restore(machine, made(served))
    machine.start()
    assert row(machine) == row(served)
    assert machine.ctl('txt', OTHER).stdout == served.ctl('txt', OTHER).stdout


def test_nobody_else_may_read_it(served):
    path = made(served)
    for one in (path.parent, path, path / 'certificates'):
        assert one.stat().st_mode & 0o7777 == 0o700, one
    files = [one for one in path.rglob('*') if one.is_file()]
    assert sorted(file.name for file in files) == ['manifest', FILE, 'mta-stsd.db']
    assert {file.stat().st_mode & 0o7777 for file in files} == {0o600}


def test_a_running_daemon_is_not_disturbed(served):
    lines = len(served.process.lines)
    for mode in ('testing', 'none'):
        backup(served)
        served.switch(mode, DOMAIN)
    assert not [line for line in served.process.lines[lines:] if 'store' in line], served.process.log
    assert served.get('/v1/status')['store'] == 'ok'


def test_a_state_that_nobody_uses_stays_as_it_is(served):
    for end in (served.stop, lambda: served.process.kill()):  # of the process that runs then
        end()
        before = contents(served)
        made(served)
        after = contents(served)
        for one in (before, after):
            one.pop(INDEX, None)  # it is made anew whenever the database is opened
        assert after == before
        served.start()


def test_no_state_or_the_wrong_directory_is_refused(served, machine):
    assert 'is not there' in run(machine, '--backup', machine.place / 'backups', status=66).stderr
    assert not list((machine.place / 'backups').iterdir())
    for place in served.state, served.state / 'sub', served.state / 'certificates':
        assert 'is the state directory' in run(served, '--backup', place, status=78).stderr
    assert not (served.state / 'sub').exists()
    both = run(served, '--backup', served.place / 'backups', '--restore', served.place, status=64).stderr
    assert "'--restore' does not go with --backup" in both
    (served.place / 'file').write_text('')
    assert 'Not a directory' in run(served, '--backup', served.place / 'file', status=71).stderr


def test_a_file_that_is_not_the_state_is_no_backup(served):
    """Nor is one made while another database lies in its place, or one that is damaged."""
    made(served)
    name_apart(served)
    old = backups(served)[0] / 'mta-stsd.db'
    served.switch('testing', DOMAIN)
    for name in ('mta-stsd.db', 'mta-stsd.db-wal', 'mta-stsd.db-shm'):
        (served.state / name).rename(served.place / name)
    shutil.copyfile(old, served.state / 'mta-stsd.db')
    assert 'has seen less than mta-stsd has written' in backup(served, '--keep', 1, status=78)
    data = bytearray(old.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    (served.state / 'mta-stsd.db').write_bytes(data)
    assert 'When the state is damaged' in backup(served, '--keep', 1, status=78)
    assert len(backups(served)) == 1


def test_the_last_seven_are_kept_and_others_are_left_alone(served):
    directory = served.place / 'backups'
    directory.mkdir()
    (directory / 'mine').write_text('mine')
    for _ in range(7):
        backup(served, '--keep', 7)
    assert len(backups(served)) == 7
    assert 'older backups removed: 1)' in backup(served, '--keep', 7)
    assert len(backups(served)) == 7
    assert (directory / 'mine').read_text() == 'mine'
    (served.state / 'mta-stsd.db').rename(served.place / 'gone')
    backup(served, '--keep', 1, status=66)
    assert len(backups(served)) == 7


def test_a_backup_named_ahead_by_a_wrong_clock_does_not_remove_the_new_one(served):
    made(served).rename(served.place / 'backups' / 'mta-stsd-29991231T000000Z')
    said = run(served, '--backup', served.place / 'backups', '--keep', 1).stderr
    path, = backups(served)
    assert str(path) in said and '2999' not in path.name


# A fault at any moment

# They cannot be looked for under strace; the other stories do.
NO_LEAKS = 'ASAN_OPTIONS=' + ':'.join(filter(None, [os.environ.get('ASAN_OPTIONS'), 'detect_leaks=0']))


@pytest.fixture
def traced(served, needs):
    needs(shutil.which('strace'), 'strace is missing')
    return served


def faults(host, fault, *arguments):
    """Run it with a fault in each call in turn (with sanitizers each third), until one is not reached; yields what came of each."""
    for number in range(1, 400, 1 if SCALE >= 1 else 3):
        trace = host.place / 'trace'
        trace.write_text('')
        done = run(host, *arguments, status=None,
                   prefix=['strace', '-E', NO_LEAKS, '-f', '-o', trace, '-e', 'inject=' + fault.format(number)])
        if 'INJECTED' not in trace.read_text() and 'SIGKILL' not in trace.read_text():
            assert done.returncode == 0, done.stderr
            return
        yield done
    raise AssertionError('it does not end')


CALLS = ['openat', 'write', 'pwrite64', 'fsync,fdatasync', 'rename,renameat,renameat2', 'mkdir,mkdirat']


@pytest.mark.parametrize('calls', CALLS)
@pytest.mark.parametrize('what', ['signal=KILL', 'error=ENOSPC'])
def test_no_half_backup_has_the_name_of_one(traced, machine, calls, what):
    made(traced)
    name_apart(traced)
    whole, = backups(traced)
    count = 0
    for done in faults(traced, f'{calls}:{what}:when={{}}', '--backup', whole.parent, '--keep', '2'):
        count += 1
        assert whole.exists()
        for path in backups(traced):
            if path != whole:
                restore(machine, path)
                assert (machine.state / 'certificates' / FILE).read_bytes() == (path / 'certificates' / FILE).read_bytes()
                shutil.rmtree(path)
        assert done.returncode != 0 or calls == 'write' or 'backup, done' in done.stderr  # the log is written, too
    assert count > 0
    assert not [path for path in whole.parent.iterdir() if path.name.startswith('.')]
    assert row(traced)['mode'] == 'none'


@pytest.mark.parametrize('calls', CALLS + ['unlink,unlinkat'])
@pytest.mark.parametrize('what', ['signal=KILL', 'error=ENOSPC'])
def test_a_restore_is_done_wholly_or_not_at_all(traced, calls, what):
    """Policies and certificates of before, or both of the backup, and never one without the other."""
    path = made(traced)
    traced.switch('testing', DOMAIN)
    (path / 'certificates' / FILE).rename(path / 'certificates' / 'later.pem')
    pair = traced.authority.issue(NAME, days=90)
    (path / 'certificates' / 'later.pem').write_text(pair.chain + pair.key)
    relist(path)
    traced.stop()
    saved = traced.place / 'saved'
    shutil.copytree(traced.state, saved)
    count = 0
    for done in faults(traced, f'{calls}:{what}:when={{}}', '--restore', path):
        count += 1
        assert done.returncode != 0 or calls == 'write' or 'restore, done: start' in done.stderr  # the log is written, too
        check = run(traced, '--restore', '/nowhere', status=None).stderr  # finishes what is to be finished, as a start does
        assert '/nowhere' in check
        mode = published_mode(traced)
        names = sorted(one.name for one in (traced.state / 'certificates').iterdir())
        assert (mode, names) in (('testing', [FILE]), ('none', ['later.pem', FILE])), (done.stderr, check)
        if done.returncode == 0:
            assert mode == 'none'
        shutil.rmtree(traced.state)
        shutil.copytree(saved, traced.state)
    assert count > 0


def published_mode(host):
    connection = sqlite3.connect(host.state / 'mta-stsd.db')
    text, = connection.execute('SELECT text FROM revision JOIN domain ON domain.id = revision.domain '
                               'WHERE superseded_at IS NULL AND name = ?', (DOMAIN,)).fetchone()
    connection.close()
    return re.search('mode: (\\w+)', text).group(1)


# What is put back

def damage(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize('harm', [damage, lambda path: path.unlink(), lambda path: os.truncate(path, 10),
                                  lambda path: path.write_bytes(path.read_bytes() + b'x')])
@pytest.mark.parametrize('name', ['manifest', 'mta-stsd.db', 'certificates/' + FILE])
def test_a_damaged_backup_changes_nothing(served, harm, name):
    path = made(served)
    served.switch('testing', DOMAIN)
    served.stop()
    before = contents(served)
    harm(path / name)
    said = restore(served, path, 78)
    assert str(path) in said and ('take another one' in said or 'is not a backup' in said)
    assert contents(served) == before


def test_a_backup_of_a_newer_version_is_refused_with_the_way_out(served):
    path = made(served)
    connection = sqlite3.connect(path / 'mta-stsd.db')
    connection.execute('PRAGMA user_version = 99')
    connection.commit()
    connection.close()
    relist(path)
    served.stop()
    before = contents(served)
    said = restore(served, path, 78)
    assert 'made by a newer mta-stsd' in said and 'To an older version' in said
    assert contents(served) == before
    text = (path / 'manifest').read_text().replace('mta-stsd-backup 1', 'mta-stsd-backup 2')
    (path / 'manifest').write_text(text)
    assert 'newer mta-stsd: restore it with that version' in restore(served, path, 78)


def test_a_running_daemon_is_not_overwritten(served):
    path = made(served)
    assert 'another mta-stsd runs' in restore(served, path, 69)
    assert row(served)['mode'] == 'none'


def test_a_certificate_is_not_replaced_by_one_that_expires_earlier(served):
    path = made(served)
    install(served, served.authority.issue(NAME, days=80))
    install(served, served.authority.issue('mta-sts.' + OTHER, days=30))
    newer = serial(served)
    served.stop()
    said = restore(served, path)
    assert re.search(f'certificate {FILE} stays .installed: [^,]+, in the backup: [^)]+.: that of the backup is not used', said)
    assert 'from the backup: 0, that stay since they expire later: 1, that the backup does not have: 1' in said
    served.start()
    assert serial(served) == newer
    assert (served.state / 'certificates' / f'mta-sts.{OTHER}-ecdsa.pem').exists()


def test_a_certificate_that_expires_later_comes_back_and_what_was_there_is_kept(served):
    good = serial(served)
    path = made(served)
    file = served.state / 'certificates' / FILE
    short = served.authority.issue(NAME, days=5)
    served.stop()
    file.write_text(short.chain + short.key)
    assert f'certificate {FILE} is that of the backup' in restore(served, path)
    assert (served.state / 'before-restore.certificates' / FILE).read_text() == short.chain + short.key
    served.start()
    assert serial(served) == good
    served.stop()
    file.write_text('spoiled')
    assert 'installed: cannot be used' in restore(served, path)
    assert (served.state / 'before-restore.certificates' / FILE).read_text() == 'spoiled'


def test_what_root_restores_belongs_to_the_owner_of_the_state(served, needs_root):
    path = made(served)
    served.stop()
    for one in [served.state, *served.state.rglob('*')]:
        os.chown(one, 65534, 65534)
    restore(served, path)
    wrong = [one for one in served.state.rglob('*') if one.stat().st_uid != 65534]
    assert not wrong
    os.chown(path.parent, 65534, 65534)
    again = made(served)
    assert {one.stat().st_uid for one in [again, *again.rglob('*')]} == {65534}


def test_the_database_of_a_backup_alone_can_be_restored_too(served):
    path = made(served)
    served.switch('testing', DOMAIN)
    served.stop()
    restore(served, path / 'mta-stsd.db')
    served.start()
    assert row(served)['mode'] == 'none'


# The chapter of the manual, step by step

TOP = pathlib.Path(__file__).resolve().parents[2]


def chapter(name):
    """The section of the manual: its text and its commands, in their order."""
    text = (TOP / 'man' / 'mta-stsd.8').read_text(encoding='ascii')
    text = text.split('.Sh BACKUPS\n')[1].split('\n.Sh ')[0]
    return text.split(f'.Ss {name}\n')[1].split('\n.Ss ')[0]


def commands(text):
    return re.findall(r'^\.Dl (.*)$', text, re.M)


class Shell:
    """A shell on a machine whose places are those of the test, and systemctl starts and stops its daemon."""

    def __init__(self, host, kept):
        self.host = host
        self.kept = kept  # /var/backups/mta-stsd

    def run(self, command):
        if command.startswith('systemctl '):
            return self.systemctl(*command.split()[1:])
        command = command.replace('/var/backups/mta-stsd', str(self.kept)).replace('/var/lib/mta-stsd', str(self.host.state))
        if '--restore' in command:
            newest = sorted(self.kept.glob('mta-stsd-2*'))[-1].name
            command = re.sub(r'mta-stsd-\d{8}T\d{6}Z', newest, command)
        programs = f'mta-stsd() {{ "{self.host.command()[0]}" --config "{self.host.conf}" "$@"; }}\n' \
                   f'mta-stsctl() {{ "{MTA_STSCTL}" --socket "{self.host.socket}" "$@"; }}\n'
        done = subprocess.run(['bash', '-o', 'pipefail', '-c', programs + command], stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def systemctl(self, verb, *units):
        if 'mta-stsd-backup.service' in units:
            return self.unit() if verb == 'start' else None
        if verb in ('stop', 'disable'):
            return self.host.stop() if self.host.process and self.host.process.runs else None
        return self.host.start() if verb == 'start' else None

    def unit(self):
        """What the service runs, where this machine has it."""
        text = (TOP / 'systemd' / 'mta-stsd-backup.service.in').read_text()
        words = re.search('^ExecStart=(.*)$', text, re.M).group(1).replace('%S/mta-stsd-backups', str(self.kept)).split()
        assert words[:3] == ['@sbindir@/mta-stsd', '--config', '@sysconfdir@/mta-stsd/mta-stsd.conf']
        name_apart(self.host)
        run(self.host, *words[3:])


@pytest.fixture
def shell(served):
    return Shell(served, served.place / 'backups')


def test_the_manual_makes_backups_and_restores_one(served, shell):
    for command in commands(chapter('A backup every day')):
        name_apart(served)
        shell.run(command)
    assert len(backups(served)) == 2
    before = row(served)
    served.switch('testing', DOMAIN)
    lines = commands(chapter('To restore a backup'))
    assert [line.split()[0] for line in lines] == ['systemctl', 'mta-stsd', 'systemctl', 'mta-stsctl', 'mta-stsctl', 'mta-stsctl']
    for command in lines[:-1]:  # the last one asks DNS
        shell.run(command)
    after = row(served)
    assert after['mode'] == before['mode'] == 'none' and after['id'] > before['id']


def test_the_manual_moves_to_another_machine(served, machine, shell):
    items = chapter('To another machine').split('.It\n')[1:]
    machines = {'On the new machine': [Shell(machine, shell.kept)], 'On the old machine': [shell],
                'On both machines': [shell, Shell(machine, shell.kept)], 'After that time, on the old machine': [shell]}
    before = row(served)
    lists = []
    machine.start()  # as the package does when it is installed: there is a state, and nothing in it
    for item in items:
        if 'and with it' in item:  # by hand: what is in /etc
            for name in served.domains.iterdir():
                shutil.copy(name, machine.domains)
        for command in commands(item):
            where = machines[next(one for one in machines if item.startswith(one))]
            said = [one.run(command) for one in where]
            if command == 'mta-stsctl list':
                lists = said
                assert row(served) == row(machine) == before  # both serve
    assert len(lists) == 2 and lists[0] == lists[1]
    assert not served.process.runs and row(machine) == before
    assert serial(machine)
    assert int(machine.switch('testing', DOMAIN)['changes'][0]['after']['id']) > int(before['id'])


def test_the_manual_comes_back_from_a_newer_version(served, shell):
    command, = commands(chapter('To an older version'))
    shell.run(command)
    before = row(served)
    served.stop()
    connection = sqlite3.connect(served.state / 'mta-stsd.db')
    connection.execute('PRAGMA user_version = 99')
    connection.commit()
    connection.close()
    refused = run(served, status=78).stderr
    assert 'made by a newer mta-stsd' in refused and '"To an older version" in mta-stsd(8)' in refused
    for command in commands(chapter('To restore a backup'))[1:3]:
        shell.run(command)
    assert row(served) == before
