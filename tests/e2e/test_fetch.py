# SPDX-License-Identifier: ISC
"""A sender fetches a policy."""
import socket
import ssl
import subprocess

import pytest

import client
from wait import DEADLINE

NAME = 'mta-sts.example.test'
TEXT = client.policy('enforce', ['mail.example.test'])


@pytest.fixture
def both(host):
    """One domain, on IPv4 and IPv6; a certificate covers a second name that is no domain."""
    host.configure(listen=['127.0.0.1:0', '[::1]:0'])
    host.domain('example.test')
    host.certify('example.test', 'stranger.test')
    return host.start()


def run(command, given=''):
    return subprocess.run(list(map(str, command)), input=given, text=True, capture_output=True, timeout=DEADLINE,
                          check=False)


def test_the_answer_is_exact_over_ipv4_and_ipv6(both):
    assert [name for name, _ in both.addresses] == ['127.0.0.1', '::1']
    for which in (0, 1):
        answer = both.fetch('example.test', which)
        assert answer.status == 200
        assert answer.body == TEXT
        assert answer.field('content-type') == 'text/plain; charset=utf-8'
        assert answer.field('content-length') == str(len(TEXT))
        assert answer.field('cache-control') == 'no-store'
        assert answer.field('connection').lower() == 'close'
        unwanted = {'transfer-encoding', 'content-encoding', 'location', 'etag', 'set-cookie', 'accept-ranges'}
        assert not unwanted & {name for name, _ in answer.fields}


def test_head_is_get_without_the_body(both):
    get, head = (both.ask('example.test', client.request(NAME, method)) for method in ('GET', 'HEAD'))
    assert head.status == 200
    assert head.body == b''
    without_date = [[field for field in answer.fields if field[0] != 'date'] for answer in (get, head)]
    assert without_date[0] == without_date[1]


def test_curl_fetches(both):
    port = both.addresses[0][1]
    done = run(['curl', '--silent', '--show-error', '--fail', '--include', '--cacert', both.authority.file,
                '--resolve', f'{NAME}:{port}:127.0.0.1', f'https://{NAME}:{port}{client.PATH}'])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith('HTTP/1.1 200 OK\n')  # text mode made LF of CRLF
    assert done.stdout.endswith('\n\n' + TEXT.decode().replace('\r', ''))


@pytest.mark.parametrize('version', ['-tls1_2', '-tls1_3'])
def test_openssl_fetches(both, version):
    done = run(['openssl', 's_client', version, '-quiet', '-verify_return_error', '-CAfile', both.authority.file,
                '-servername', NAME, '-verify_hostname', NAME, '-connect', '127.0.0.1:%d' % both.addresses[0][1]],
               client.request(NAME).decode().replace('\r', ''). replace('\n', '\r\n'))
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(TEXT.decode().replace('\r', ''))


def test_gnutls_fetches(both):
    done = run(['gnutls-cli', '--x509cafile', both.authority.file, '--sni-hostname', NAME, '--verify-hostname', NAME,
                '-p', both.addresses[0][1], '127.0.0.1'], client.request(NAME).decode())
    assert done.returncode == 0, done.stdout + done.stderr
    assert TEXT.decode().replace('\r', '') in done.stdout


@pytest.mark.parametrize('target', [
    '/', '/.well-known/mta-sts.txt?', '/.well-known/mta-sts.txt?a=b', '/.well-known/mta-sts.txt/',
    '//.well-known/mta-sts.txt', '/.well-known/./mta-sts.txt', '/.well-known/mta%2dsts.txt', '/.WELL-KNOWN/mta-sts.txt',
    '/.well-known/mta-sts.txt%00', '/v1/status', '*', f'https://{NAME}{client.PATH}'])
def test_only_the_one_target_is_there(both, target):
    answer = both.ask('example.test', client.request(NAME, target=target))
    assert answer.status in (400, 404)
    assert b':' not in answer.body


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'get', 'BREW'])
def test_other_methods_are_405_with_allow(both, method):
    answer = both.ask('example.test', client.request(NAME, method))
    assert answer.status == 405
    assert {name.strip() for name in answer.field('allow').split(',')} == {'GET', 'HEAD'}
    assert b':' not in answer.body


@pytest.mark.parametrize('field', [NAME, NAME + '.', NAME.upper(), NAME + ':443', 'MTA-STS.example.test.:8443'])
def test_port_case_and_trailing_dot_of_the_host_do_not_matter(both, field):
    assert both.ask('example.test', client.request(field)).body == TEXT


@pytest.mark.parametrize('data', [
    client.request(None),
    client.request(''),
    client.request(NAME, fields=['Host: ' + NAME]),
    client.request('mta-sts..example.test'),
    client.request(NAME + ':port'),
    client.request(NAME).replace(b'Host:', b'Host :'),
    client.request(NAME).replace(b'\r\n', b'\n'),
    client.request(NAME, fields=['X: a\rb']),
    client.request(NAME, fields=['X: a\0b']),
    client.request(NAME, fields=['X: a', ' folded']),
    client.request(NAME, fields=['Content-Length: 0', 'Content-Length: 1']),
    b'GET ' + client.PATH.encode() + b'\r\n\r\n',
], ids=['no host', 'empty host', 'two hosts', 'bad host', 'bad port', 'blank before the colon', 'bare LF', 'bare CR', 'NUL',
        'folded', 'two lengths', 'HTTP/0.9'])
def test_what_two_readers_could_take_in_two_ways_is_400(both, data):
    answer = both.ask('example.test', data)
    assert answer.status == 400
    assert b':' not in answer.body


def test_a_host_that_is_not_the_server_name_is_421(both):
    assert both.ask('example.test', client.request('mta-sts.stranger.test')).status == 421


def test_a_name_with_a_certificate_and_no_domain_is_404(both):
    assert both.fetch('stranger.test').status == 404


def test_a_head_that_never_ends_is_431(both):
    assert both.ask('example.test', client.request(NAME, fields=['X: ' + 'a' * 9000])).status == 431


def test_an_unknown_server_name_gets_the_alert_that_says_so(both):
    done = run(['openssl', 's_client', '-servername', 'mta-sts.unknown.test', '-connect',
                '127.0.0.1:%d' % both.addresses[0][1]])
    assert 'unrecognized name' in done.stderr
    assert 'BEGIN CERTIFICATE' not in done.stdout
    for name in ('mta-sts.unknown.test', 'example.test', None):
        with pytest.raises(ssl.SSLError) as failure:
            client.ask(both.addresses[0], both.authority, name, b'')
        assert 'UNRECOGNIZED_NAME' in failure.value.reason


def test_old_versions_of_tls_are_refused(both):
    done = run(['openssl', 's_client', '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0', '-servername', NAME, '-connect',
                '127.0.0.1:%d' % both.addresses[0][1]])
    assert done.returncode != 0
    assert 'protocol version' in done.stderr


def test_a_client_hello_in_many_records_is_answered(example):
    """What RFC 8446, section 5.1, allows, and a sender with odd fragments does: no waiting for the deadline."""
    for size in (1, 7, 300):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=str(example.authority.file))
        if size == 1:  # in as many records as a hello with a key of ML-KEM has bytes it is refused
            context.set_ecdh_curve('prime256v1')
        tls = context.wrap_bio(incoming, outgoing, server_hostname='mta-sts.example.test')
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        hello = outgoing.read()[5:]
        with socket.create_connection(example.addresses[0], timeout=DEADLINE) as plain:
            plain.sendall(b''.join(b'\x16\x03\x01' + len(piece).to_bytes(2, 'big') + piece for piece in
                                   (hello[i:i + size] for i in range(0, len(hello), size))))
            plain.settimeout(5)
            assert plain.recv(1) == b'\x16', f'records of {size} bytes'
