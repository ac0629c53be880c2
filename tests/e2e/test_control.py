# SPDX-License-Identifier: ISC
"""The operator's socket: who may use it, and what it makes of nonsense."""
import grp
import json
import pathlib
import re
import shutil
import socket
import stat
import subprocess

import pytest

import host as host_module
from client import policy
from wait import DEADLINE

ENFORCE = policy('enforce', ['mail.example.test'])
NOBODY = 65534
HAS_SANITIZER = re.search(rb'__[at]san_init', pathlib.Path(host_module.MTA_STSD).read_bytes())
MANUAL = pathlib.Path(__file__).parents[2] / 'man' / 'mta-stsd-api.7'


def raw(host, data):
    """Send any bytes to the control socket and read what comes back."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(60)
        sock.connect(str(host.socket))
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        except BrokenPipeError:
            pass
        answer = b''
        while True:
            try:
                part = sock.recv(65536)
            except ConnectionResetError:
                return answer
            if not part:
                return answer
            answer += part


def test_strangers_may_not_even_connect(example):
    mode = example.socket.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert not mode & stat.S_IRWXO


def test_status_list_and_show_tell_what_is(example):
    status = example.ctl('status').stdout
    assert 'enforce' in status and example.get('/v1/status')['version'] in status
    assert 'example.test' in example.ctl('list').stdout
    shown = example.ctl('show', 'example.test').stdout
    assert example.show('example.test')['id'] in shown
    assert 'mail.example.test' in shown


def test_a_list_of_any_length_is_complete(example):
    """Of a longer one the rows come, and are printed, one by one."""
    names = [f'd{number:04}.test' for number in range(2500)]
    example.file('many.conf', f'mode = "testing"; max_age = 86400; mx = [ "mx.test" ]; domains = {host_module.libconfig(names)};\n')
    example.reload()
    rows = example.get('/v1/domains')
    assert [row['domain'] for row in rows['domains']] == [*names, 'example.test']
    assert json.loads(example.ctl('--json', 'list').stdout) == rows
    assert json.loads(example.ctl('--json', 'list', '--match', 'd001*').stdout)['domains'] == rows['domains'][10:20]
    lines = example.ctl('list').stdout.splitlines()
    assert [line.split()[0] for line in lines] == ['DOMAIN', *names, 'example.test']
    assert json.loads(example.ctl('--json', 'list', '--except', 'd0*').stdout)['domains'] == rows['domains'][1000:]
    answer = raw(example, b'GET /v1/domains HTTP/1.0\r\n\r\n')
    assert json.loads(answer.partition(b'\r\n\r\n')[2]) == rows



@pytest.mark.parametrize('path, body', [
    ('/v1/switch', {'mode': 'none', 'domains': ['example.test'], 'colour': 1}),
    ('/v1/switch', {'mode': 'off', 'domains': ['example.test']}),
    ('/v1/switch', {'mode': 1, 'domains': ['example.test']}),
    ('/v1/switch', {'domains': ['example.test']}),
    ('/v1/switch', {'mode': 'none'}),
    ('/v1/switch', {'mode': 'none', 'domains': 'example.test'}),
    ('/v1/switch', {'mode': 'none', 'domains': [1]}),
    ('/v1/switch', {'mode': 'none', 'domains': ['example.test'], 'all': True}),
    ('/v1/switch', {'mode': 'none', 'domains': ['example.test'], 'match': '*'}),
    ('/v1/switch', {'mode': 'none', 'all': 'yes'}),
    ('/v1/switch', {'mode': 'enforce', 'domains': ['example.test'], 'max_age': 0}),
    ('/v1/switch', {'mode': 'none', 'domains': ['example.test'], 'max_age': '86400'}),
    ('/v1/switch', {'mode': 'none', 'domains': ['example.test'], 'max_age': 1.5}),
    ('/v1/switch', {'mode': 'none', 'domains': ['example.test'], 'reason': 'x' * 501}),
    ('/v1/switch', {'mode': 'none', 'domains': ['not a name']}),
    ('/v1/reset', {'domains': ['example.test'], 'mode': 'none'}),
    ('/v1/reload', {'force': 1}),
    ('/v1/query', {}),
    ('/v1/switch', '{"mode": "none", "mode": "testing", "domains": ["example.test"]}'),
    ('/v1/switch', '{"mode": "none", "domains": ["example.test"]'),
    ('/v1/switch', '{"mode": "none", "domains": ["example.test"]} {}'),
    ('/v1/switch', '["none"]'),
    ('/v1/switch', ''),
    ('/v1/switch', b'\0\1\2\xff\xfe'),
    ('/v1/switch', '{"mode": "none\\u0000", "domains": ["example.test"]}'),
    ('/v1/switch', '[' * 100000),
])
def test_nonsense_is_400_and_changes_nothing(example, path, body):
    before = example.show('example.test')
    status, answer = example.api('POST', path, body)
    assert (status, answer['error']['code']) == (400, 'bad_request')
    assert answer['error']['message']
    assert example.show('example.test') == before
    example.serves('example.test', ENFORCE)


def test_what_is_not_there_is_said_so(example):
    for method, path, body, status, code in [
            ('GET', '/v1/nothing', None, 404, 'unknown_route'),
            ('GET', '/', None, 404, 'unknown_route'),
            ('GET', '/v1/domains/unknown.test', None, 404, 'unknown_domain'),
            ('POST', '/v1/switch', {'mode': 'none', 'domains': ['unknown.test']}, 404, 'unknown_domain'),
            ('POST', '/v1/query', {'domains': ['example.test', 'unknown.test']}, 404, 'unknown_domain'),
            ('GET', '/v1/switch', None, 405, 'wrong_method'),
            ('POST', '/v1/status', {}, 405, 'wrong_method')]:
        got, answer = example.api(method, path, body)
        assert (got, answer['error']['code']) == (status, code), path


def test_an_over_long_body_is_413(example):
    answer = raw(example, b'POST /v1/switch HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16777217\r\n\r\n' +
                 b'{"mode": "none", "all": true}')
    assert answer.startswith(b'HTTP/1.1 413 ')
    assert example.show('example.test')['mode'] == 'enforce'


@pytest.mark.parametrize('data', [
    b'\0' * 1000, b'GET\r\n\r\n', b'GET /v1/status HTTP/1.1\r\n', b'\x16\x03\x01\x02\0\x01',
    b'POST /v1/switch HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
], ids=['zeros', 'no version', 'half a head', 'TLS', 'negative length'])
def test_garbage_harms_nobody(example, data):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.connect(str(example.socket))
        sock.sendall(data)
        assert example.show('example.test')['mode'] == 'enforce'
    example.ctl('status')


def test_a_stale_socket_is_replaced(example):
    example.process.kill()
    assert example.socket.exists()
    example.start()
    example.serves('example.test', ENFORCE)


def test_a_file_in_the_sockets_place_is_left_alone(host):
    host.socket.write_text('precious\n')
    host.domain('example.test')
    host.spawn()
    assert host.process.wait() != 0
    assert str(host.socket) in host.process.log
    assert host.socket.read_text() == 'precious\n'


@pytest.mark.parametrize('moved', ['state', 'control'])
def test_a_second_daemon_on_the_same_state_or_socket_does_not_start(example, moved):
    other = example.place / 'other'
    example.configure(**{moved: str(other)})
    if moved == 'state':
        other.mkdir()
    done = example.check()
    assert done.returncode not in (0, 64, 78)
    assert str(example.socket if moved == 'state' else example.state) in done.stderr
    assert example.get('/v1/status')['pid'] == example.process.popen.pid
    example.serves('example.test', ENFORCE)


def test_without_a_daemon_the_client_says_so(host):
    done = host.ctl('status', status=1)
    assert str(host.socket) in done.stderr


def fields(answer):
    """The names of all fields of an answer, at any depth."""
    if isinstance(answer, list):
        return set().union(*map(fields, answer))
    if isinstance(answer, dict):
        return set(answer).union(*map(fields, answer.values()))
    return set()


OPERATORS, OBSERVERS, CERTIFIERS, OTHERS = 'games', 'news', 'proxy', 'man'  # groups that every Debian has, for these roles
BODY = b'Host: x\r\nContent-Length: %d\r\n\r\n' % (15 << 20)
HALF_A_BODY = b'POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{'


def acting(uid, group):
    return ['setpriv', f'--reuid={uid}', f'--regid={grp.getgrnam(group).gr_gid}', '--clear-groups']


class Hog:
    """Many connections of one user, each with these bytes, so many blanks, and then nothing."""

    def __init__(self, host, uid, group, number, data=b'', blanks=0):
        self.process = subprocess.Popen([*acting(uid, group), '/usr/bin/python3', '-c', HOG, str(host.socket),
                                         str(number), data.hex(), str(blanks)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        assert self.process.stdout.readline() == 'idle\n'

    def held(self):
        """How many of them the daemon has not closed."""
        self.process.stdin.write('\n')
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.process.stdin.close()
        self.process.wait(DEADLINE)
        self.process.stdout.close()


HOG = """
import socket, sys
def connect():
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(5)
    sock.connect(sys.argv[1])
    try:
        sock.sendall(bytes.fromhex(sys.argv[3]) + b' ' * int(sys.argv[4]))
    except OSError:
        pass
    return sock
def is_open(sock):
    sock.setblocking(False)
    try:
        while sock.recv(65536):
            pass
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False
held = [connect() for _ in range(int(sys.argv[2]))]
print('idle', flush=True)
for line in sys.stdin:
    print(sum(map(is_open, held)), flush=True)
"""


@pytest.fixture
def shared(needs_root, needs_tools, host):
    """A host whose socket is open to an operator group, an observer group and, for a 403, to everybody."""
    needs_tools('setpriv')
    host.configure(operator_group=OPERATORS, observer_group=OBSERVERS, certifier_group=CERTIFIERS)
    host.domain('example.test')
    host.certify('example.test')
    program = host.place / 'mta-stsctl'  # where everybody may run it
    shutil.copy(host_module.MTA_STSCTL, program)
    program.chmod(0o755)
    host.as_user = lambda uid, group, *arguments, status=0: host.ctl(*arguments, status=status, program=program,
                                                                      prefix=acting(uid, group))
    return host.start()


def test_groups_may_order_or_look(shared):
    shared.as_user(NOBODY, OTHERS, 'status', status=1)
    shared.as_user(NOBODY, OTHERS, 'none', 'example.test', status=1)
    assert 'example.test' in shared.as_user(NOBODY, OBSERVERS, 'list').stdout
    shared.as_user(NOBODY, OBSERVERS, 'none', 'example.test', status=1)
    shared.as_user(NOBODY, OBSERVERS, 'reload', status=1)
    shared.serves('example.test', ENFORCE)
    shared.as_user(NOBODY, OPERATORS, 'none', 'example.test')
    shared.serves('example.test', policy('none', (), 86400))
    assert str(NOBODY) in shared.show('example.test')['switch']['by']


@pytest.mark.parametrize('group, share', [(OTHERS, 0), (OBSERVERS, 16), (CERTIFIERS, 8), (OPERATORS, 48)])
@pytest.mark.parametrize('data', [b'', b'G', b'GET /v1/status HTTP/1.1\r\n', HALF_A_BODY],
                         ids=['silent', 'a byte', 'half a head', 'half a body'])
def test_who_holds_200_connections_keeps_nobody_out(shared, group, share, data):
    with Hog(shared, 1, group, 200, data) as hog:
        shared.ctl('status')
        shared.ctl('none', 'example.test')
        shared.ctl('reset', 'example.test')
        shared.as_user(2, OPERATORS, 'none', 'example.test')
        shared.as_user(2, OBSERVERS, 'list')
        shared.as_user(2, OTHERS, 'list', status=1)
        if group != OTHERS:  # whose time is over soon
            assert hog.held() == share
            shared.as_user(1, group, 'list')
            assert hog.held() == share - 1


def test_several_observers_together_keep_nobody_out(shared):
    with Hog(shared, 1, OBSERVERS, 100), Hog(shared, 2, OBSERVERS, 100), Hog(shared, 3, OBSERVERS, 100), \
            Hog(shared, 4, OPERATORS, 100), Hog(shared, 5, OPERATORS, 100), Hog(shared, 7, CERTIFIERS, 100), \
            Hog(shared, 8, CERTIFIERS, 100), Hog(shared, 9, CERTIFIERS, 100):
        shared.ctl('none', 'example.test')
        shared.as_user(6, OPERATORS, 'reset', 'example.test')
        shared.as_user(6, OBSERVERS, 'list')


def peak_kib(pid):
    status = pathlib.Path(f'/proc/{pid}/status').read_text()
    return int(re.search(r'VmHWM:\s+(\d+) kB', status)[1])


@pytest.mark.parametrize('line, code', [(b'POST /v1/switch', 'forbidden'), (b'POST /v1/reload', 'forbidden'),
                                        (b'POST /v1/query', 'too_large'), (b'GET /v1/status', 'too_large'),
                                        (b'POST /v1/nothing', 'unknown_route')])
def test_bodies_of_observers_cost_nothing(shared, line, code):
    pid = shared.process.popen.pid
    pathlib.Path(f'/proc/{pid}/clear_refs').write_text('5')
    before = peak_kib(pid)
    run = subprocess.run([*acting(1, OBSERVERS), '/usr/bin/python3', '-c', BODIES, str(shared.socket),
                          (line + b' HTTP/1.1\r\n' + BODY).hex(), '60', str(15 << 20)], capture_output=True, text=True,
                         check=True, timeout=DEADLINE)
    answers = json.loads(run.stdout)
    assert HAS_SANITIZER or peak_kib(pid) - before < 4096
    assert len(answers) == 60 and code in {json.loads(answer)['error']['code'] for answer in answers if answer}
    shared.ctl('status')


# So many requests at a time, each with a body of so many bytes; prints the bodies of their answers.
BODIES = """
import json, socket, sys, threading
def send(place):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(30)
    sock.connect(sys.argv[1])
    try:
        sock.sendall(bytes.fromhex(sys.argv[2]))
        for _ in range(int(sys.argv[4]) // 65536):
            sock.sendall(b'x' * 65536)
    except OSError:
        pass
    answer = b''
    try:
        while part := sock.recv(65536):
            answer += part
    except OSError:
        pass
    answers[place] = answer.partition(b'\\r\\n\\r\\n')[2].decode()
answers = [''] * int(sys.argv[3])
threads = [threading.Thread(target=send, args=[place]) for place in range(len(answers))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps(answers))
"""


def test_bodies_of_operators_together_are_bounded(shared):
    pid = shared.process.popen.pid
    pathlib.Path(f'/proc/{pid}/clear_refs').write_text('5')
    before = peak_kib(pid)
    with Hog(shared, 1, OPERATORS, 30, b'POST /v1/switch HTTP/1.1\r\n' + BODY, 14 << 20) as hog:
        assert HAS_SANITIZER or peak_kib(pid) - before < 128 << 10
        assert hog.held() < 10
        shared.ctl('none', 'example.test')
        shared.as_user(2, OPERATORS, 'reset', 'example.test')


def test_a_file_name_that_is_no_text_harms_no_answer(example):
    with open(bytes(example.domains) + b'/caf\xe9.conf', 'w', encoding='ascii') as file:
        file.write('mode = "none"; max_age = 86400; domain = "cafe.test";')
    with open(bytes(example.domains) + b'/caf\xe9.odd', 'w', encoding='ascii') as file:
        file.write('?')

    assert any('caf' in complaint['text'] for complaint in example.reload()['complaints'])
    assert 'caf' in example.show('cafe.test')['file']
    assert example.get('/v1/status')['complaints']


def test_every_field_of_every_answer_is_in_the_manual(example):
    with open(MANUAL, encoding='ascii') as file:
        described = set(re.findall(r'\w+(?:\.\w+)*', file.read()))
    example.file('broken.test.conf', 'mode = ')
    answers = [example.reload(), example.switch('none', 'example.test', reason='a test'), example.show('example.test'),
               example.get('/v1/status'), example.get('/v1/domains'), example.reset('example.test', dry_run=True),
               example.must('POST', '/v1/query', {'all': True}),
               example.api('POST', '/v1/query', {'domains': ['unknown.test']})[1]]
    for answer in answers:
        assert fields(answer) <= described, fields(answer) - described


def test_any_language_can_drive_it(example):
    answer = raw(example, b'GET /v1/domains?match=*.test HTTP/1.1\r\nHost: x\r\n\r\n')
    head, _, body = answer.partition(b'\r\n\r\n')
    assert head.startswith(b'HTTP/1.1 200 ')
    assert b'application/json' in head.lower()
    assert [row['domain'] for row in json.loads(body)['domains']] == ['example.test']
