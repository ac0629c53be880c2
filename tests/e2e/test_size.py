# SPDX-License-Identifier: ISC
"""Very many domains: what is promised of one is kept for all, and costs what it has to."""
import collections
import contextlib
import http.client
import itertools
import json
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import threading

import pytest

import many
from client import policy
from conftest import SCALE
from host import MTA_STSCTL
from tracing import NO_LEAKS, clerk, slowed, traced
from wait import DEADLINE, until

MAX_AGE = 86400
ALL_TO_NONE = {'mode': 'none', 'all': True}
PLACES = 128  # of the control socket


@pytest.fixture
def can_trace(needs, needs_root):
    needs(shutil.which('strace'), 'strace is missing')


# A reload of one file among thousands

class Senders:
    """Fetch a domain all the time; its max_age tells which version of its file an answer is of."""

    def __init__(self, host, domain, texts, threads=6):
        self.written = self.acknowledged = 0  # version
        self.beside_a_reload = 0  # answers
        self.wrong = []
        self._host, self._domain, self._texts = host, domain, texts
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._fetch_until_stopped) for _ in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _fetch_until_stopped(self):
        while not self._stop.is_set():
            oldest = self.acknowledged
            try:
                answer = self._host.fetch(self._domain)
                version = self._texts.index(answer.body)
            except Exception as failure:  # told to the test: a thread's own exceptions are lost
                self.wrong.append(repr(failure))
                return
            newest = self.written
            if not oldest <= version <= newest or answer.status != 200:
                self.wrong.append(f'{version}, and not {oldest} to {newest}')
            self.beside_a_reload += oldest < newest


def test_a_reload_of_one_file_among_thousands_is_seen_whole_by_all_who_fetch(host):
    names = many.names(4000)
    changed, other = names[1234], names[1235]
    versions = [{'mx': [many.MX, 'backup.test'][:version % 2 + 1], 'max_age': MAX_AGE + version} for version in range(200)]
    texts = [policy('enforce', **version) for version in versions]
    for name in names:
        host.domain(name, **versions[0])
    host.certify(changed, other)
    host.start()
    before = many.published(host)

    with Senders(host, changed, texts) as senders:
        for version in range(1, len(versions)):
            senders.written = version
            host.domain(changed, **versions[version])
            assert [change['domain'] for change in host.reload()['changes']] == [changed]
            senders.acknowledged = version
            host.serves(changed, texts[version])
            host.serves(other, texts[0])
            if senders.wrong or (version >= 10 and senders.beside_a_reload > 100):
                break
    assert not senders.wrong
    assert senders.beside_a_reload > 100

    after = many.published(host)
    assert [name for name in names if after[name] != before[name]] == [changed]
    assert many.count(host, 'revision') == len(names) + version


# An order of all, and the machine fails

def calls_of(trace):
    """The system calls that were traced, in their order: name, and how often that thread had made it by then."""
    counts = collections.Counter()
    for thread, name in re.findall(r'^(\d+) +(\w+)\(', trace.read_text(), re.M):
        counts[thread, name] += 1
        yield name, counts[thread, name]


def moments(calls):
    """Where to strike: before the commit, at it, and after it; the first thread to count so far is struck."""
    synced = next(place for place, (name, _) in enumerate(calls)
                  if name == 'fdatasync' and place > 1)  # the first may be of the head of a log that begins anew
    writes = [call for call in calls[:synced] if call[0] == 'pwrite64']
    told = next(call for call in calls[synced:] if call[0] == 'write')
    struck = [writes[0], writes[len(writes) // 2], writes[-1]]
    assert [writes.index(call) for call in struck] == [0, len(writes) // 2, len(writes) - 1]
    return [*struck, calls[synced], told]


def order_until_killed(host, call, which):
    """Whether the order was acknowledged, of the daemon that is killed when its clerk makes that call, or the thread
    on which that has it commit."""
    with traced(host, '-e', f'trace={call}', '-e', f'inject={call}:signal=KILL:when={which}', '-f',
                '-p', clerk(host)):
        try:
            status, _ = host.api('POST', '/v1/switch', ALL_TO_NONE)
        except (OSError, ValueError, http.client.HTTPException):
            status = None
        assert host.process.wait() == -signal.SIGKILL
    return status == 200


def judge(host, before, sharing):
    """Whether all were switched, and not a part of them."""
    after = many.published(host)
    size = len(before)
    assert list(after) == list(before)
    changed = [domain for domain in before if after[domain] != before[domain]]
    assert len(changed) in (0, size)
    orders = 1 if changed else 0
    assert {mode for mode, _ in after.values()} == {'none' if changed else 'enforce'}
    assert not changed or not {id for _, id in after.values()} & {id for _, id in before.values()}
    assert len({after[domain][1] for domain in sharing}) == 1  # that of the record

    assert many.count(host, 'revision') == size * (1 + orders)
    assert many.count(host, '(SELECT domain FROM revision GROUP BY domain HAVING count(*) = 1 + ' + str(orders) + ')') == size
    assert many.count(host, 'revision WHERE superseded_at IS NULL') == size
    assert many.count(host, 'switch') == size * orders
    assert many.count(host, "audit WHERE command = 'none'") == orders
    assert many.count(host, "audit_change JOIN audit ON audit = number WHERE command = 'none'") == size * orders
    return bool(changed)


def test_an_order_of_all_that_is_killed_is_done_for_all_or_for_none(host, can_trace, rounds):
    own, sharing = many.names(rounds(4500)), [f's{number:05}.test' for number in range(500)]
    many.configure(host, own, sharing)
    host.certify(own[0], sharing[-1])
    host.start()
    before = many.published(host)
    assert len(before) == len(own) + len(sharing), host.process.log
    host.stop()
    prepared = host.place / 'prepared'
    shutil.copytree(host.state, prepared)
    host.start()
    with traced(host, '-e', 'trace=pwrite64,fdatasync,write', '-f', '-p', clerk(host)) as trace:
        host.must('POST', '/v1/switch', ALL_TO_NONE)
    calls = list(calls_of(trace))

    outcomes = []
    for call, which in moments(calls):
        host.process.kill()
        shutil.rmtree(host.state)
        shutil.copytree(prepared, host.state)
        host.start()
        acknowledged = order_until_killed(host, call, which)
        host.start()
        outcomes.append(judge(host, before, sharing))
        assert outcomes[-1] or not acknowledged
        for domain in own[0], sharing[-1]:
            host.serves(domain, many.NONE if outcomes[-1] else many.TEXT)
    assert outcomes == [False, False, False, True, True]

    host.process.kill()
    host.start()
    assert judge(host, before, sharing)


# A list that is read while all it tells of changes

class RawReader:
    """A client that takes of an answer what it is told to, and no more."""

    def __init__(self, host, path='/v1/domains'):
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._sock.settimeout(DEADLINE)
        self._sock.connect(str(host.socket))
        self._sock.sendall(f'GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n'.encode())
        self._got = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._sock.close()

    def read(self, size):
        """Read so many bytes, or fewer when there are no more."""
        end = len(self._got) + size
        while len(self._got) < end:
            part = self._sock.recv(end - len(self._got))
            if not part:
                return False
            self._got += part
        return True

    def rows(self):
        """How many rows, of domains, it has read something of."""
        return self._got.count(b'{"domain":')

    def finish(self):
        """The answer, which must be whole."""
        while self.read(1 << 20):
            pass
        return json.loads(unchunked(self._got))

    def was_cut_off(self):
        """Whether the daemon has closed it, so that what is left to be read is not the end."""
        self._sock.settimeout(None)
        flags = socket.MSG_DONTWAIT
        try:
            while part := self._sock.recv(1 << 20, flags):
                self._got += part
        except BlockingIOError:
            return False
        except ConnectionResetError:
            pass
        return not self._got.endswith(b'\r\n0\r\n\r\n')


class CtlReader:
    """mta-stsctl, whose output is read so."""

    def __init__(self, host):
        self._run = subprocess.Popen([MTA_STSCTL, '--socket', str(host.socket), '--json', 'list'], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE)
        self._got = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._run.kill()
        self._run.communicate()

    def read(self, size):
        self._got += self._run.stdout.read(size)

    def rows(self):
        return self._got.count(b'"domain":')

    def finish(self):
        self._got += self._run.stdout.read()
        assert self._run.wait(DEADLINE) == 0
        return json.loads(self._got)


def unchunked(raw):
    """The body of an answer in chunks (RFC 9112, section 7.1), all of it."""
    head, _, rest = raw.partition(b'\r\n\r\n')
    assert head.startswith(b'HTTP/1.1 200 ') and b'\r\nTransfer-Encoding: chunked' in head, head
    body = []
    while True:
        size, _, rest = rest.partition(b'\r\n')
        if int(size, 16) == 0:
            assert rest == b'\r\n'
            return b''.join(body)
        body.append(rest[:int(size, 16)])
        rest = rest[int(size, 16) + 2:]


@pytest.mark.parametrize('reader', [RawReader, CtlReader])
def test_a_list_that_is_read_while_all_are_switched_has_each_row_whole(host, can_trace, reader):
    names = many.names(6000)
    many.configure(host, names)
    host.start()
    before = many.rows(host)

    with reader(host) as reading:
        reading.read(100000)
        with slowed(host, 'pwrite64', 0.01) as trace:
            ordered = host.spawn_ctl('none', '--all', '--yes')
            until(lambda: trace.read_text().count('pwrite64') > 3 or not ordered.runs, 'the order to be written')
            for _ in range(10):
                reading.read(100000)
            assert ordered.runs, ordered.log
            begun = reading.rows()
        assert ordered.wait() == 0, ordered.log
        read = reading.finish()
    after = many.rows(host)

    listed = {row['domain']: row for row in read['domains']}
    assert list(listed) == names and len(read['domains']) == len(names)
    assert not read['partial'] and read['unreadable'] == []
    assert not set(map(str, before.values())) & set(map(str, after.values()))
    switched = next(place for place, name in enumerate(names) if listed[name] == after[name])
    assert switched >= begun > 100
    assert [name for name in names[:switched] if listed[name] != before[name]] == []
    assert [name for name in names[switched:] if listed[name] != after[name]] == []


# Who reads slowly

def resident(host):
    """Bytes of memory that the daemon has."""
    status = pathlib.Path(f'/proc/{host.process.popen.pid}/status').read_text(encoding='ascii')
    return int(re.search(r'VmRSS:\s+(\d+) kB', status).group(1)) * 1024


def test_who_reads_a_long_list_slowly_costs_a_piece_of_it_and_keeps_nobody_waiting(host):
    names = many.names(20000)
    many.configure(host, names)
    host.certify(names[0])
    host.start()
    length = len(json.dumps(host.get('/v1/domains')))
    before = resident(host)

    with contextlib.ExitStack() as stack:
        reader, *others = [stack.enter_context(RawReader(host)) for _ in range(15)]
        for one in reader, *others:
            one.read(1)
        assert resident(host) - before < len(others) * length / 4  # a piece of each would be much less, and all of it more

        host.serves(names[0], many.TEXT)
        reader.read(1)
        assert list(many.rows(host)) == names
        reader.read(1)
        host.switch('none', names[0])
        host.serves(names[0], many.NONE)
        reader.read(1)
        assert [row['domain'] for row in reader.finish()['domains']] == names


def test_who_takes_nothing_of_a_long_list_makes_room_for_others(host):
    names = many.names(5000)
    many.configure(host, names)
    host.start()

    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(RawReader(host)) for _ in range(PLACES)]
        for one in idle:
            one.read(1)
        until(host.answers, 'a place')
        until(idle[0].was_cut_off, 'the first to be cut off')
        assert host.switch('none', names[-1])['changes']


def memory_of(host):
    """In KiB."""
    return int(re.search(r'^VmRSS:\s*(\d+)', pathlib.Path(f'/proc/{host.process.popen.pid}/status').read_text(), re.M).group(1))


def test_reloads_leave_nothing_behind(host):
    if SCALE < 1:
        pytest.skip('sanitizers keep what was freed')
    names = many.names(2000)
    many.configure(host, names)
    file = host.domains / 'own.conf'
    said = file.read_text()
    host.domain('changed.test', max_age=MAX_AGE)
    host.certify('changed.test')
    host.start()

    memory = []
    for version in range(1, 301):
        host.file('own.conf', said + '#' * version)
        host.domain('changed.test', max_age=MAX_AGE + version)
        if version % 10 == 0:
            host.certify('changed.test')
        assert [change['domain'] for change in host.reload()['changes']] == ['changed.test']
        memory.append(memory_of(host))
    # What one reload leaves is there 200 times: 84 when this was written, 472 with one list of 2 KiB left each time.
    assert memory[-1] - memory[99] < 250, memory

# What it costs

def commits(host):
    """How many transactions the log of the store holds since it last began anew, by its frames that end one."""
    data = (host.state / 'mta-stsd.db-wal').read_bytes()
    salts, page = data[16:24], struct.unpack_from('>I', data, 8)[0]
    frames = [data[at:at + 24] for at in range(32, len(data), 24 + page)]
    valid = list(itertools.takewhile(lambda head: head[8:16] == salts, frames))
    return len([head for head in valid if head[4:8] != bytes(4)])


def cost(host, body):
    """The transactions of an order, and its system calls by name."""
    before = (host.state / 'mta-stsd.db-wal').read_bytes()[16:24], commits(host)
    with traced(host, '-e', 'trace=pwrite64,fdatasync,fsync', '-f', '-p', clerk(host)) as trace:
        host.must('POST', '/v1/switch', body)
    renewed = (host.state / 'mta-stsd.db-wal').read_bytes()[16:24] != before[0]
    calls = collections.Counter(name for name, _ in calls_of(trace))
    return commits(host) - (0 if renewed else before[1]), calls['fdatasync'] + calls['fsync'], calls['pwrite64']


def test_an_order_of_all_is_one_transaction_and_one_commit_on_disk(host, can_trace, rounds):
    size = rounds(20000)
    names = many.names(size)
    many.configure(host, names)
    host.start()
    before = {what: many.count(host, what) for what in ('revision', 'switch', 'audit', 'audit_change')}

    one = cost(host, {'mode': 'none', 'domains': names[:1]})
    every = cost(host, ALL_TO_NONE)
    assert one[0] == every[0] == 1
    # The commit; and where the log began anew or was written back, once for its head, and for each of both files.
    assert 1 <= one[1] <= 4 and 1 <= every[1] <= 4
    assert every[2] < size
    grown = {what: many.count(host, what) - rows for what, rows in before.items()}
    assert grown == {'revision': size, 'switch': size, 'audit': 2, 'audit_change': size}


class Looks:
    """What a reload looked at of the directory of certificates: each file, and the directory itself."""

    def __init__(self, host):
        with traced(host, '-y', '-e', 'trace=%file,getdents64', '-p', clerk(host)) as trace:
            self.answer = host.reload()
        calls = trace.read_text()
        self.files = collections.Counter(re.findall(r'([^/"]+\.(?:crt|key))"', calls))
        self.listed = re.search(rf'getdents64\(\d+<{re.escape(str(host.certs))}>', calls) is not None


def test_a_reload_looks_once_at_each_certificate_file_and_lists_no_large_directory_again(host, can_trace):
    names = many.names(20)
    many.configure(host, names)
    for name in names:
        host.certify(name)
    host.start()
    files = {path.name for path in host.certs.iterdir()}
    until(lambda: not Looks(host).listed, 'the directory to have been left alone for long enough')

    looks = Looks(host)
    assert not looks.listed and looks.answer['certificates_changed'] == 0
    assert looks.files == {file: 1 for file in files}

    host.certify(names[3])  # in place: no name comes or goes
    looks = Looks(host)
    assert looks.answer['certificates_changed'] == 1 and set(looks.files) == files
    host.serves(names[3], many.TEXT)

    host.certify('new.test')
    assert Looks(host).answer['certificates_changed'] == 1
    for path in host.certs.glob(f'mta-sts.{names[5]}.*'):
        path.unlink()
    looks = Looks(host)
    assert looks.listed
    assert [complaint['what'] for complaint in host.get('/v1/status')['complaints']] == [
        'certificate or key is gone, the ones loaded before stay in use']
    host.serves(names[5], many.TEXT)


# A state of an older version

# What is not in the schema of version 6, and is in that of today
BEFORE_7 = """
    ALTER TABLE domain DROP COLUMN unknown_before;
    ALTER TABLE domain DROP COLUMN restored_at;
    ALTER TABLE foreign_seen DROP COLUMN mode;
    ALTER TABLE foreign_seen DROP COLUMN max_age;
    PRAGMA user_version = 6;
"""

# The whole schema of version 1
VERSION_1 = """
    PRAGMA application_id = 1834177619;
    CREATE TABLE store (generation INTEGER NOT NULL) STRICT;
    CREATE TABLE domain (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL) STRICT;
    CREATE TABLE revision (number INTEGER PRIMARY KEY AUTOINCREMENT, domain INTEGER NOT NULL REFERENCES domain,
        id TEXT NOT NULL, text TEXT NOT NULL, published_at INTEGER NOT NULL, superseded_at INTEGER, UNIQUE (domain, id)) STRICT;
    CREATE UNIQUE INDEX revision_current ON revision (domain) WHERE superseded_at IS NULL;
    CREATE TABLE switch (domain INTEGER PRIMARY KEY REFERENCES domain, mode TEXT NOT NULL, max_age INTEGER NOT NULL,
        keep_mx INTEGER NOT NULL, since INTEGER NOT NULL, who TEXT NOT NULL) STRICT;
    CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, uid INTEGER, who TEXT NOT NULL,
        command TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
    CREATE TABLE audit_change (audit INTEGER NOT NULL REFERENCES audit, domain INTEGER NOT NULL REFERENCES domain, before TEXT,
        after TEXT NOT NULL, PRIMARY KEY (audit, domain)) STRICT, WITHOUT ROWID;
"""


def take_back(state):
    """Make it what the version before wrote."""
    with contextlib.closing(sqlite3.connect(state)) as connection:
        connection.executescript(BEFORE_7)


def write_anew(state):
    """Make it what the first version wrote, of the same domains, revisions, switches and orders."""
    old, new = state.with_name('old.db'), state.with_name('new.db')
    state.rename(old)
    with contextlib.closing(sqlite3.connect(new)) as connection:
        connection.executescript(VERSION_1)
        connection.execute('ATTACH ? AS old', (str(old),))
        for table in 'store', 'domain', 'revision', 'switch', 'audit', 'audit_change':
            columns = ', '.join(row[1] for row in connection.execute(f'PRAGMA main.table_info({table})'))
            connection.execute(f'INSERT INTO main.{table} SELECT {columns} FROM old.{table}')
        connection.execute('PRAGMA user_version = 1')
        connection.commit()
    old.unlink()
    new.rename(state)


def told(host, pragma):
    with contextlib.closing(sqlite3.connect(host.state / 'mta-stsd.db')) as connection:
        return connection.execute(f'PRAGMA {pragma}').fetchone()[0]


def start_counted(host):
    """How often it made something durable before it was ready."""
    trace = host.place / 'strace'
    host.prefix = ['strace', '-E', NO_LEAKS, '-D', '-f', '-qq', '-o', trace, '-e', 'trace=fdatasync,fsync']
    host.start()
    host.prefix = []
    return len(re.findall(r'f(?:data)?sync\(', trace.read_text()))


@pytest.mark.parametrize('make_older, version', [(take_back, 6), (write_anew, 1)])
def test_an_upgrade_serves_all_under_the_same_ids_and_is_done_once(host, needs, rounds, make_older, version):
    needs(shutil.which('strace'), 'strace is missing')
    names = many.names(rounds(20000))
    many.configure(host, names)
    host.certify(names[0], names[-1])
    host.start()
    host.switch('none', names[-1])
    before, text = many.published(host), host.show(names[-1])['policy']
    current = told(host, 'user_version')
    counts = {what: many.count(host, what) for what in ('domain', 'revision', 'switch', 'audit', 'audit_change')}
    host.stop()
    make_older(host.state / 'mta-stsd.db')
    assert told(host, 'user_version') == version

    syncs = start_counted(host)
    assert host.get('/v1/status')['store'] == 'ok'
    assert told(host, 'user_version') == current
    assert many.published(host) == before
    host.serves(names[0], many.TEXT)
    host.serves(names[-1], text.encode())
    assert {what: many.count(host, what) for what in counts} == counts
    assert syncs <= 6 + 2 * (current - version)  # of a start, and two for each step

    schema = told(host, 'schema_version')
    host.stop()
    assert start_counted(host) <= syncs
    assert told(host, 'schema_version') == schema
    assert many.published(host) == before and {what: many.count(host, what) for what in counts} == counts
