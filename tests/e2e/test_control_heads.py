# SPDX-License-Identifier: ISC
"""What may come to the control socket and the metrics socket instead of a request, and the one answer to each."""
import json
import re
import shutil
import socket
import subprocess

import pytest

import conftest
from host import Host
from wait import DEADLINE

BODY = b'{"domains": ["example.test"]}'
SIZE = b'Content-Length: %d' % len(BODY)
LINE = b'POST /v1/query HTTP/1.1'
GET = b'GET /v1/domains HTTP/1.1'
HOST = b'Host: localhost'
CHUNKED = b'Transfer-Encoding: chunked'
CHUNKS = b'5\r\n{"dom\r\n%x\r\n%s\r\n0\r\n\r\n' % (len(BODY) - 5, BODY[5:])
CODES = {404: 'unknown_route', 405: 'wrong_method', 413: 'too_large'}


def head(*lines, end=b'\r\n'):
    return b''.join(one + end for one in lines) + end


def post(*fields, body=BODY):
    return head(LINE, HOST, *fields) + body


def sized(length):
    """A good head of this many bytes."""
    empty = head(GET, HOST, b'X: ')
    return head(GET, HOST, b'X: ' + b'x' * (length - len(empty)))


FINE = {
    'GET': head(GET, HOST),
    'HEAD': head(b'HEAD /v1/domains HTTP/1.1', HOST),
    'a body': post(SIZE),
    'a body of a GET, which nobody needs': head(GET, HOST, b'Content-Length: 2') + b'{}',
    'a length with zeros before it': post(b'Content-Length: 000%d' % len(BODY)),
    'a length with blanks around it': post(b'Content-Length:  \t%d \t' % len(BODY)),
    'a field in odd case': post(b'cOnTeNt-LeNgTh: %d' % len(BODY)),
    'a chunked body': post(CHUNKED, body=CHUNKS),
    'a chunked body with an extension and a trailer':
        post(CHUNKED, body=b'%X;a="b"\r\n%s\r\n000\r\nX: y\r\n\r\n' % (len(BODY), BODY)),
    'CHUNKED': post(b'Transfer-Encoding: CHUNKED', body=CHUNKS),
    'more than was announced': post(SIZE, body=BODY + b'x' * 100000),
    'two requests': head(GET, HOST) * 2,
    'a request behind a body': post(SIZE) + head(GET, HOST),
    'HTTP/1.0 without a Host': head(b'GET /v1/domains HTTP/1.0'),
    'HTTP/1.0 with a Host': head(b'GET /v1/domains HTTP/1.0', HOST),
    'an empty Host': head(GET, b'Host:'),
    'a Host that is no name': head(GET, b'Host: %2Frun%2Fcontrol_sock:99999'),
    'keep-alive': head(GET, HOST, b'Connection: keep-alive'),
    'an upgrade that is not taken': head(GET, HOST, b'Connection: Upgrade', b'Upgrade: h2c'),
    'the longest head': sized(8192),
    'two thousand fields': head(GET, HOST, *[b'a:'] * 2000),
    'a field in other letters': head(GET, HOST, b'X: caf\xc3\xa9'),
}

REFUSED = {
    # status, data
    'two Content-Lengths': (400, post(SIZE, SIZE)),
    'two different Content-Lengths': (400, post(SIZE, b'Content-Length: 5')),
    'a list of lengths': (400, post(b'Content-Length: 5, 5')),
    'a length with a sign': (400, post(b'Content-Length: +5')),
    'two numbers': (400, post(b'Content-Length: 5 5')),
    'a negative length': (400, post(b'Content-Length: -1')),
    'a hexadecimal length': (400, post(b'Content-Length: 0x5')),
    'a length in words': (400, post(b'Content-Length: five')),
    'an empty length': (400, post(b'Content-Length:')),
    'a length with a fraction': (400, post(b'Content-Length: 5.0')),
    'a huge length': (413, post(b'Content-Length: 99999999999999999999999999999999999999')),
    'the largest length': (413, post(b'Content-Length: 18446744073709551615')),
    'a length that wraps around': (413, post(b'Content-Length: 18446744073709551645')),
    'a byte too much': (413, post(b'Content-Length: 16777217')),
    'a length beside chunks': (400, post(SIZE, CHUNKED, body=CHUNKS)),
    'two codings': (501, post(CHUNKED, CHUNKED, body=CHUNKS)),
    'a list of codings': (501, post(b'Transfer-Encoding: gzip, chunked', body=CHUNKS)),
    'another coding': (501, post(b'Transfer-Encoding: gzip')),
    'no coding': (501, post(b'Transfer-Encoding:')),
    'chunks in HTTP/1.0': (400, head(b'POST /v1/query HTTP/1.0', CHUNKED) + CHUNKS),
    'a chunk size in words': (400, post(CHUNKED, body=b'five\r\n')),
    'a chunk size with a sign': (400, post(CHUNKED, body=b'+5\r\n')),
    'a chunk size with 0x': (400, post(CHUNKED, body=b'0x5\r\n')),
    'a blank before a chunk size': (400, post(CHUNKED, body=b' 5\r\n')),
    'a chunk size that ends in LF': (400, post(CHUNKED, body=b'5\nhello\n0\n\n')),
    'no chunk size': (400, post(CHUNKED, body=b'\r\n')),
    'a chunk longer than its size': (400, post(CHUNKED, body=b'2\r\nhello\r\n0\r\n\r\n')),
    'a chunk without an end': (400, post(CHUNKED, body=b'5\r\nhel')),
    'chunks without a last one': (400, post(CHUNKED, body=b'5\r\nhello\r\n')),
    'a huge chunk': (413, post(CHUNKED, body=b'ffffffffffffffffff\r\n')),
    'a long extension': (400, post(CHUNKED, body=b'5;' + b'x' * 5000)),
    'trailers without an end': (400, post(CHUNKED, body=b'0\r\n' + b'X: y\r\n' * 5000)),
    'no Host': (400, head(GET)),
    'two Hosts': (400, head(GET, HOST, HOST)),
    'two Hosts in HTTP/1.0': (400, head(b'GET /v1/domains HTTP/1.0', HOST, HOST)),
    'a blank in the Host': (400, head(GET, b'Host: a b')),
    'a blank before a colon': (400, head(GET, HOST, b'X : y')),
    'a NUL in a field': (400, head(GET, HOST, b'X: a\0b')),
    'a NUL in a name': (400, head(GET, HOST, b'X\0: a')),
    'a NUL in the target': (400, head(b'GET /v1/domains\0 HTTP/1.1', HOST)),
    'a bare CR': (400, head(GET, HOST, b'X: a\rb')),
    'bare LFs': (400, head(GET, HOST, end=b'\n')),
    'one bare LF': (400, GET + b'\r\n' + HOST + b'\n\r\n'),
    'a folded field': (400, head(GET, HOST, b'X: a', b' b')),
    'a folded field with a tab': (400, head(GET, HOST, b'X: a', b'\tb')),
    'a blank line before the fields': (400, head(GET, b' ', HOST)),
    'a field without a colon': (400, head(GET, HOST, b'nonsense')),
    'a field without a name': (400, head(GET, HOST, b': y')),
    'an empty line first': (400, b'\r\n' + head(GET, HOST)),
    'a bare LF first': (400, b'\n' + head(GET, HOST)),
    'a blank first': (400, b' ' + head(GET, HOST)),
    'a blank too much': (400, head(b'GET  /v1/domains HTTP/1.1', HOST)),
    'a tab for a blank': (400, head(b'GET\t/v1/domains HTTP/1.1', HOST)),
    'no version': (400, head(b'GET /v1/domains', HOST)),
    'a method alone': (400, head(b'GET')),
    'no method': (400, head(b'/v1/domains HTTP/1.1', HOST)),
    'a method with a bracket': (400, head(b'GET() /v1/domains HTTP/1.1', HOST)),
    'a version in small letters': (400, head(b'GET /v1/domains http/1.1', HOST)),
    'a fragment of a version': (400, head(b'GET /v1/domains HTTP/1', HOST)),
    'HTTP/0.9': (400, b'GET /v1/domains\r\n\r\n'),
    'HTTP/1.2': (505, head(b'GET /v1/domains HTTP/1.2', HOST)),
    'HTTP/2.0': (505, head(b'GET /v1/domains HTTP/2.0', HOST)),
    'the preface of HTTP/2': (505, b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0'),
    'a byte too much in a head': (431, sized(8193)),
    'a head without an end': (431, head(GET, HOST)[:-2] + b'X: y\r\n' * 5000),
    'a line without an end': (431, b'GET /' + b'a' * 100000),
    'a long path': (414, head(b'GET /' + b'a' * 2048 + b' HTTP/1.1', HOST)),
    'zeros': (400, b'\0' * 1000),
    'one zero': (400, b'\0'),
    'a ClientHello': (400, b'\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03' + bytes(range(200))),
    'letters': (400, b'nonsense'),
    'lines of letters': (400, b'EHLO client.example\r\n\r\n'),
    'half a request line': (400, b'GET /v1/dom'),
    'half a head': (400, GET + b'\r\n' + HOST + b'\r\n'),
    'half a body': (400, post(SIZE, body=BODY[:10])),
    'a body that never comes': (400, post(SIZE, body=b'')),
    'a target that is not there': (404, head(b'GET /v1/nothing HTTP/1.1', HOST)),
    'an absolute target': (404, head(b'GET http://localhost/v1/domains HTTP/1.1', HOST)),
    'a star': (404, head(b'OPTIONS * HTTP/1.1', HOST)),
    'an escaped target': (404, head(b'GET /v1/%64omains HTTP/1.1', HOST)),
    'a method nobody knows': (405, head(b'BREW /v1/domains HTTP/1.1', HOST)),
    'a method in small letters': (405, head(b'get /v1/domains HTTP/1.1', HOST)),
    'a tunnel': (404, head(b'CONNECT localhost:80 HTTP/1.1', HOST)),
}

# Where there is a body at all, the metrics socket refuses it before it is malformed.
LATER = [name for name, (_, data) in REFUSED.items()
         if name.startswith(('a chunk ', 'chunks without', 'no chunk', 'a long ext', 'trailers', 'a blank before a chunk',
                             'half a body', 'a body that never'))]


def talk(sock, data):
    """Say something and nothing more, and hear what comes."""
    sock.settimeout(DEADLINE)
    try:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
    except (BrokenPipeError, ConnectionResetError):
        pass
    answer = b''
    try:
        while part := sock.recv(65536):
            answer += part
    except ConnectionResetError:
        pass
    return answer


def ask(host, data):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(host.socket))
        return talk(sock, data)


def split(answer):
    """Status, fields and body of an answer that has one head."""
    head, end, body = answer.partition(b'\r\n\r\n')
    assert end and len(re.findall(rb'^HTTP/', answer, re.M)) == 1, answer
    line, *fields = head.decode('ascii').split('\r\n')
    assert re.fullmatch(r'HTTP/1\.1 \d{3} [A-Z][A-Za-z -]+', line), line
    named = dict(field.split(': ', 1) for field in fields)
    assert len(named) == len(fields) and named['Connection'] == 'close' and named['Cache-Control'] == 'no-store'
    assert len(body) == int(named['Content-Length']) or not body
    return int(line[9:12]), named, body


@pytest.fixture(scope='module')
def running(authority):
    """One host for all requests: none of them changes anything."""
    place = conftest.new_place()
    host = Host(place, authority)
    try:
        host.domain('example.test')
        host.certify('example.test')
        yield host.start()
    finally:
        host.clean_up()
        shutil.rmtree(place)


@pytest.fixture(scope='module')
def running_metrics(authority):
    """The address of a metrics socket."""
    place = conftest.new_place()
    host = Host(place, authority)
    with socket.create_server(('127.0.0.1', 0)) as listening:
        try:
            host.start_activated([('metrics', listening)])
            yield listening.getsockname()
        finally:
            host.clean_up()
            shutil.rmtree(place)


@pytest.mark.parametrize('data', FINE.values(), ids=FINE)
def test_what_is_well_formed_is_answered_once(running, data):
    status, fields, body = split(ask(running, data))
    assert (status, fields['Content-Type']) == (200, 'application/json')
    assert data.startswith(b'HEAD') or [row['domain'] for row in json.loads(body)['domains']] == ['example.test']


@pytest.mark.parametrize('status, data', REFUSED.values(), ids=REFUSED)
def test_everything_else_is_refused_once_and_in_json(running, status, data):
    got, fields, body = split(ask(running, data))
    assert (got, fields['Content-Type']) == (status, 'application/json')
    error = json.loads(body)['error']
    assert error['code'] == CODES.get(status, 'bad_request') and len(error['message']) > 20


@pytest.mark.parametrize('status, data', REFUSED.values(), ids=REFUSED)
def test_it_does_not_matter_how_it_comes(running, status, data):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(running.socket))
        try:
            for at in range(min(len(data), 300)):
                sock.sendall(data[at:at + 1])
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert split(talk(sock, data[300:]))[0] == status


def test_who_says_nothing_gets_nothing(running):
    assert ask(running, b'') == b''


def test_the_answer_to_a_refused_head_does_not_wait_for_more(running):
    for name in ('a ClientHello', 'two Content-Lengths', 'a byte too much', 'the preface of HTTP/2', 'a huge chunk'):
        status, data = REFUSED[name]
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(DEADLINE)
            sock.connect(str(running.socket))
            sock.sendall(data)
            answer = b''
            while part := sock.recv(65536):
                answer += part
            assert split(answer)[0] == status


@pytest.mark.parametrize('size', [1000, 2 << 20])
@pytest.mark.parametrize('fields', [[], ['Expect:'], ['Transfer-Encoding: chunked'], ['Expect: 100-continue']])
def test_curl_brings_bodies_of_any_size_in_every_way(running, needs_tools, size, fields):
    needs_tools('curl')
    names = (b'"example.test", ' * (size // 16))[:-2]
    headers = [word for field in fields for word in ('-H', field)]
    run = subprocess.run(['curl', '-sS', '-m', str(DEADLINE), '--unix-socket', str(running.socket), *headers,
                          '--data-binary', '@-', 'http://localhost/v1/query'], input=b'{"domains": [' + names + b']}',
                         capture_output=True, check=True)
    assert json.loads(run.stdout)['domains'][0]['domain'] == 'example.test'


def test_curl_is_told_that_a_body_is_too_long(running, needs_tools):
    needs_tools('curl')
    for fields in ([], ['-H', 'Expect:'], ['-H', 'Transfer-Encoding: chunked']):
        run = subprocess.run(['curl', '-sS', '-m', str(DEADLINE), '--unix-socket', str(running.socket), *fields,
                              '--data-binary', '@-', 'http://localhost/v1/query'], input=b'x' * (17 << 20),
                             capture_output=True, check=False)
        assert json.loads(run.stdout)['error']['code'] == 'too_large'


@pytest.mark.parametrize('name', REFUSED)
def test_the_metrics_socket_refuses_the_same_without_words(running_metrics, name):
    status, data = REFUSED[name]
    size = len(data)
    data = data.replace(b'POST /v1/query', b'GET /metrics').replace(b'/v1/domains', b'/metrics')
    if status == 431:
        data = data[:-4].ljust(size - 4, b'x') + data[-4:]
    with socket.create_connection(running_metrics) as sock:
        got, fields, body = split(talk(sock, data))
    assert not body and 'Content-Type' not in fields
    assert got == (413 if name in LATER else status)


def test_the_metrics_socket_reads_no_body(running_metrics):
    for fields in ([b'Content-Length: 1'], [CHUNKED]):
        with socket.create_connection(running_metrics) as sock:
            assert split(talk(sock, head(b'GET /metrics HTTP/1.1', HOST, *fields)))[0] == 413
    with socket.create_connection(running_metrics) as sock:
        status, fields, body = split(talk(sock, head(b'GET /metrics HTTP/1.1', HOST)))
        assert status == 200 and body.startswith(b'# HELP ') and fields['Content-Type'].startswith('text/plain')
