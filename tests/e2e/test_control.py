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

ENFORCE = policy('enforce', ['mail.example.test'])
NOBODY = 65534
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
    ('/v1/switch', {'mode': 'enforce', 'domains': ['example.test'], 'max_age': 1}),
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


def test_groups_may_order_or_look(needs_root, host):
    operators, observers, others = (grp.getgrnam(name).gr_gid for name in ('games', 'news', 'man'))
    host.configure(operator_group='games', observer_group='news')
    host.domain('example.test')
    host.certify('example.test')
    host.start()
    program = host.place / 'mta-stsctl'  # where everybody may run it
    shutil.copy(host_module.MTA_STSCTL, program)
    program.chmod(0o755)

    def ctl(group, *arguments, status):
        return host.ctl(*arguments, status=status, program=program,
                        prefix=['setpriv', f'--reuid={NOBODY}', f'--regid={group}', '--clear-groups'])

    ctl(others, 'status', status=1)
    ctl(others, 'none', 'example.test', status=1)
    assert 'example.test' in ctl(observers, 'list', status=0).stdout
    ctl(observers, 'none', 'example.test', status=1)
    ctl(observers, 'reload', status=1)
    host.serves('example.test', ENFORCE)
    ctl(operators, 'none', 'example.test', status=0)
    host.serves('example.test', policy('none', (), 86400))
    assert str(NOBODY) in host.show('example.test')['switch']['by']


def fields(answer):
    """The names of all fields of an answer, at any depth."""
    if isinstance(answer, list):
        return set().union(*map(fields, answer))
    if isinstance(answer, dict):
        return set(answer).union(*map(fields, answer.values()))
    return set()


def test_strangers_cannot_keep_an_operator_out(needs_root, host):
    """With an observer group the socket is open to all; idle connections of a stranger must not take every place."""
    host.domain('example.test')
    host.configure(observer_group=grp.getgrgid(NOBODY).gr_name)
    host.start()
    hog = subprocess.Popen(['setpriv', '--reuid=1', '--regid=1', '--clear-groups', '/usr/bin/python3', '-c', HOG,
                            str(host.socket)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert hog.stdout.readline() == b'idle\n'
        host.ctl('none', 'example.test')
    finally:
        hog.stdin.close()
        hog.wait(60)
        hog.stdout.close()


# Idle connections, as many as there is patience for, until standard input ends.
HOG = """
import socket, sys
held = []
for _ in range(200):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(5)
    sock.connect(sys.argv[1])
    held.append(sock)
print('idle', flush=True)
sys.stdin.read()
"""


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
