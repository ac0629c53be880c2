# SPDX-License-Identifier: ISC
"""Beside another web server on the port: one that passes TLS through by name, or one that ends it."""
import contextlib
import re
import socket
import ssl
import struct
import time

import pytest

import client
from client import policy, request
from fronts import FRONTS, Front
from http_cases import CASES, GOOD
from wait import DEADLINE, until

NAME = 'mta-sts.example.test'
TEXT = policy('enforce', ['mail.example.test'])
SIGNATURE = b'\r\n\r\n\0\r\nQUIT\n'
FETCHED = r'^fetch, answered \(domain=example\.test status=200 id=\d+ tls=%s client=%s\)$'


@pytest.fixture
def own(host):
    """A host with a domain, a certificate and an access log; not started."""
    host.configure(access_log='full')
    host.domain('example.test')
    host.certify('example.test')
    return host


@pytest.fixture
def front(place, needs_tools):
    """Starts another server before a host, by its recipe."""
    with contextlib.ExitStack() as stack:
        def make(host, name, **values):
            needs_tools(FRONTS[name][0][0])
            certificate, key, pem = host.certs / f'{NAME}.crt', host.certs / f'{NAME}.key', place / 'front.pem'
            pem.write_text(certificate.read_text() + key.read_text())
            made = Front(place, name, https='%s:%d' % host.addresses[0], certificate=certificate, key=key, pem=pem,
                         **values)
            stack.callback(made.close)
            return made
        yield make


class Plain:
    """The sockets that systemd passes when mta-stsd-http.socket is enabled, of both kinds."""

    def __init__(self, host):
        self.unix = host.place / 'http.sock'
        self._https = socket.create_server(('127.0.0.1', 0))
        self._tcp = socket.create_server(('127.0.0.1', 0))
        self._unix = socket.socket(socket.AF_UNIX)
        self._unix.bind(str(self.unix))
        self.unix.chmod(0o666)  # those in front run as users of their own
        self._unix.listen()
        self.tcp = self._tcp.getsockname()
        self.sockets = [('https', self._https), ('http', self._unix), ('http', self._tcp)]

    def close(self):
        for _, sock in self.sockets:
            sock.close()

    def ask(self, data, ends=False, kind=socket.AF_UNIX):
        """Every byte that comes for these."""
        with socket.socket(kind) as sock:
            sock.settimeout(DEADLINE)
            sock.connect(str(self.unix) if kind == socket.AF_UNIX else self.tcp)
            sock.sendall(data)
            if ends:
                sock.shutdown(socket.SHUT_WR)
            return b''.join(iter(lambda: sock.recv(65536), b''))


@pytest.fixture
def plain(own):
    """The own host, running, with own.plain."""
    with contextlib.closing(Plain(own)) as own.plain:
        yield own.start_activated(own.plain.sockets)
        own.clean_up()


def fetch(where, host, **more):
    answer = client.fetch(where, host.authority, 'example.test', **more)
    assert (answer.status, answer.body) == (200, TEXT)


def counter(host, family, value=None):
    counters = host.get('/v1/status')['counters']
    return counters[family] if value is None else counters[family][value]


def wait_for_fetch(host, tls, who):
    host.process.wait_for_line(FETCHED % (tls, re.escape(who)))


def wait_until_gone(host):
    until(lambda: host.get('/v1/status')['connections']['open'] == 0, 'the last connection to go')


def header(source, version):
    if version == 1:
        return f'PROXY TCP4 {source} 192.0.2.2 56324 443\r\n'.encode()
    return SIGNATURE + b'\x21\x11' + struct.pack('>H4s4sHH', 12, socket.inet_aton(source), bytes(4), 56324, 443)


@pytest.mark.parametrize('name, more', [
    ('nginx-stream', ''),
    ('haproxy-passing', 'send-proxy'),
    ('haproxy-passing', 'send-proxy-v2'),
    ('haproxy-passing', 'send-proxy-v2 proxy-v2-options ssl,cert-cn,authority,crc32c,unique-id'),
])
def test_one_that_passes_tls_through_says_who_the_client_is(own, front, name, more):
    own.configure(proxies=['127.0.0.1'], max_connections_per_client=2)
    own.start()
    before = own.show('example.test')['fetches']
    way = front(own, name, more=more).address

    fetch(way, own, source='127.0.0.5')
    wait_for_fetch(own, '1.3', '127.0.0.5')
    until(lambda: own.show('example.test')['fetches'] == before + 1, 'the fetch to be counted')

    # The limit is that of each client, and not that of the server in front.
    with client.Connection(way, NAME, own.authority, source='127.0.0.6'), \
            client.Connection(way, NAME, own.authority, source='127.0.0.6'):
        with pytest.raises(OSError):
            client.Connection(way, NAME, own.authority, source='127.0.0.6')
        fetch(way, own, source='127.0.0.7')
        assert counter(own, 'https_refusals_total', 'client') == 1
        own.process.wait_for_line(r'^connection 127\.0\.0\.6, refused \(too many connections of this client\)$')
    wait_until_gone(own)
    fetch(way, own, source='127.0.0.6')


def test_health_checks_of_haproxy_are_nobodys(own, front):
    own.configure(proxies=['127.0.0.1'], max_connections_per_client=1)
    own.start()
    way = front(own, 'haproxy-passing', more='send-proxy-v2 check inter 50ms').address
    until(lambda: counter(own, 'https_proxy_headers_total', 'none') > 3, 'a few health checks')
    fetch(way, own, source='127.0.0.5')
    wait_for_fetch(own, '1.3', '127.0.0.5')
    assert counter(own, 'https_refusals_total', 'client') == 0


def test_one_that_passes_tls_through_and_says_nothing_is_one_client(own, front):
    """sniproxy: its limit is the one to raise."""
    own.configure(max_connections_per_client=2)
    own.start()
    way = front(own, 'sniproxy').address
    fetch(way, own, source='127.0.0.5')
    wait_for_fetch(own, '1.3', '127.0.0.1')
    wait_until_gone(own)
    with client.Connection(way, NAME, own.authority, source='127.0.0.6'), \
            client.Connection(way, NAME, own.authority, source='127.0.0.7'):
        with pytest.raises(OSError):
            client.Connection(way, NAME, own.authority, source='127.0.0.8')


@pytest.mark.parametrize('version', [1, 2])
def test_a_header_of_somebody_else_is_refused(own, version):
    own.configure(proxies=['127.0.0.1'])
    own.start()
    fetch(own.addresses[0], own, before=header('198.51.100.1', version))
    wait_for_fetch(own, '1.3', '198.51.100.1')
    with pytest.raises(OSError):
        fetch(own.addresses[0], own, source='127.0.0.2', before=header('198.51.100.2', version))
    own.process.wait_for_line(r'^connection 127\.0\.0\.2, handshake failed ')
    own.process.wait_for_line(r'^connection 127\.0\.0\.2, not understood '
                              r'\(a PROXY header, and its sender is not in the setting proxies\)$')
    fetch(own.addresses[0], own, source='127.0.0.2')
    own.stop()
    assert own.process.log.count('not understood') == 1
    assert '198.51.100.2' not in own.process.log


def test_a_proxy_that_says_nothing_of_its_client_is_refused(own):
    own.configure(proxies=['127.0.0.0/8'])
    own.start()
    for before in (b'', b'PROXY TCP4 198.51.100.1\r\n', header('198.51.100.1', 2)[:12] + b'\x31' + bytes(15)):
        with pytest.raises(OSError):
            fetch(own.addresses[0], own, before=before)
    assert counter(own, 'https_proxy_headers_total', 'malformed') == 3
    own.process.wait_for_line(r'^connection 127\.0\.0\.1, closed \(a proxy, and no PROXY header, or a malformed one\)$')


def test_a_header_that_never_ends_meets_the_deadline(own):
    own.configure(proxies=['127.0.0.1'], handshake_timeout=1)
    own.start()
    whole = header('198.51.100.1', 2)
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(own.addresses[0], timeout=DEADLINE))
                for _ in range(len(whole))]
        for length, sock in enumerate(held):
            sock.sendall(whole[:length])
        for sock in held:
            assert sock.recv(1) == b''
    assert time.monotonic() - begun > 0.9
    assert counter(own, 'https_deadline_closes_total', 'proxy') == len(whole)
    own.process.wait_for_line(r'^connection 127\.0\.0\.1, closed \(no PROXY header in time\)$')


@pytest.mark.parametrize('name, more, who', [
    ('nginx-http', '', 'unix'),
    ('caddy', '', 'unix'),
    ('apache', '', 'unix'),
    ('haproxy-ending', '', '127.0.0.1'),
])
def test_one_that_ends_tls_asks_without(plain, front, name, more, who):
    before = plain.show('example.test')['fetches']
    way = front(plain, name, unix=plain.plain.unix, http='%s:%d' % plain.plain.tcp, more=more).address

    answer = ask_in_front(way, plain, request(NAME, fields=['Connection: close']))
    assert (answer.status, body_of(answer)) == (200, TEXT)
    assert answer.field('content-type') == 'text/plain; charset=utf-8'
    wait_for_fetch(plain, '-', who)
    until(lambda: plain.show('example.test')['fetches'] == before + 1, 'the fetch to be counted')

    for data, status in ((request(NAME, target='/', fields=['Connection: close']), 404),
                         (request(NAME, method='DELETE', fields=['Connection: close']), 405)):
        assert ask_in_front(way, plain, data).status == status
    assert counter(plain, 'http_plain_connections_total') >= 3
    assert counter(plain, 'tls_handshakes_total', '1.3') == 0


def ask_in_front(way, host, data):
    """A server that is not ours may end a connection in its own way, and answer in chunks."""
    context = ssl.create_default_context(cafile=str(host.authority.file))
    with socket.create_connection(way, timeout=DEADLINE) as sock, \
            context.wrap_socket(sock, server_hostname=NAME) as tls:
        tls.sendall(data)
        return client.parse(b''.join(iter(lambda: tls.recv(65536), b'')))


def body_of(answer):
    if ('transfer-encoding', 'chunked') not in answer.fields:
        return answer.body
    size, _, rest = answer.body.partition(b'\r\n')
    return rest[:int(size, 16)]


def test_one_that_ends_tls_can_say_who_the_client_is(plain, front):
    plain.clean_up()
    plain.configure(proxies=['127.0.0.1', 'unix'], max_connections_per_client=1)
    plain.start_activated(plain.plain.sockets)
    for where, version in (('%s:%d' % plain.plain.tcp, 'send-proxy'), (f'unix@{plain.plain.unix}', 'send-proxy-v2')):
        way = front(plain, 'haproxy-ending', http=where, more=version).address
        context = ssl.create_default_context(cafile=str(plain.authority.file))
        with socket.create_connection(way, timeout=DEADLINE, source_address=('127.0.0.9', 0)) as sock, \
                context.wrap_socket(sock, server_hostname=NAME) as tls:
            seen = plain.process.log.count('client=127.0.0.9')
            tls.sendall(GOOD)
            assert tls.recv(65536).startswith(b'HTTP/1.1 200 ')
        until(lambda: plain.process.log.count('client=127.0.0.9') == seen + 1, 'the line of the access log')
        wait_until_gone(plain)


def without_date(raw):
    return re.sub(rb'\r\nDate: [^\r]*', b'', raw)


def test_without_tls_the_same_bytes_get_the_same_answer(plain):
    """All that a client may send instead of a request: the head check does not care what carries it."""
    different = []
    for case in CASES:
        with client.Connection(plain.addresses[0], NAME, plain.authority) as connection:
            connection.send(case.data)
            if case.ends:
                connection.end()
            with_tls = without_date(connection.read_bytes())
        for kind in (socket.AF_UNIX, socket.AF_INET):
            without = without_date(plain.plain.ask(case.data, case.ends, kind))
            # Without TLS no name was said before that of the Host field.
            if with_tls.startswith(b'HTTP/1.1 421 '):
                assert without.startswith(b'HTTP/1.1 404 '), case.name
            elif without != with_tls:
                different.append((case.name, with_tls[:40], without[:40]))
    assert not different


def test_without_tls_a_header_of_somebody_else_is_refused(plain):
    for version in (1, 2):
        assert plain.plain.ask(header('198.51.100.1', version) + GOOD).startswith(b'HTTP/1.1 400 ')
    plain.process.wait_for_line(r'^connection unix, not understood '
                                r'\(a PROXY header, and its sender is not in the setting proxies\)$')
    assert plain.plain.ask(GOOD).startswith(b'HTTP/1.1 200 ')
    assert plain.plain.ask(b'POST' + GOOD[3:]).startswith(b'HTTP/1.1 405 ')
    plain.stop()
    assert plain.process.log.count('not understood') == 2


def test_without_tls_a_request_that_never_ends_meets_the_deadline(plain):
    plain.clean_up()
    plain.configure(handshake_timeout=1)
    plain.start_activated(plain.plain.sockets)
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(plain.plain.tcp, timeout=DEADLINE))
                for _ in range(len(GOOD))]
        for length, sock in enumerate(held):
            sock.sendall(GOOD[:length])
        for sock in held:
            assert sock.recv(1) == b''
    assert time.monotonic() - begun > 0.9
    assert counter(plain, 'https_deadline_closes_total', 'request') == len(GOOD)


def test_plain_http_is_never_served_to_others(own):
    with socket.create_server(('127.0.0.1', 0)) as https, socket.create_server(('0.0.0.0', 0)) as http:
        with pytest.raises(AssertionError, match=r'socket http, refused \(0\.0\.0\.0:%d is not a loopback address'
                           % http.getsockname()[1]):
            own.start_activated([('https', https), ('http', http)])
        assert own.process.wait() == 78


@pytest.mark.parametrize('name, proxies', [('nginx-stream', ['127.0.0.1']), ('haproxy-passing', ['127.0.0.1']),
                                           ('nginx-http', []), ('haproxy-ending', ['127.0.0.1'])])
def test_check_proves_the_way_through_the_other_server(site, world, front, name, proxies):
    """At the address that DNS tells there is the other server, and nothing else."""
    site.configure(proxies=proxies)
    site.domain('example.test', mode='testing', mx=['mx.example.test'])
    site.certify('example.test', days=90)
    with contextlib.closing(site.inside(Plain, site)) as plain:
        site.start_activated(plain.sockets)
        world.txt('example.test', site.show('example.test')['txt']['value'])
        check = ['check', 'example.test', '--ca', site.authority.file]
        assert 'port 443' in site.ctl(*check, status=1).stdout

        made = front(site, name, namespace=world.namespace, unix=plain.unix, http='%s:%d' % plain.tcp,
                     more='send-proxy-v2')
        site.ctl(*check, status=0)
        assert site.show('example.test')['fetches'] > 0

        made.close()
        site.ctl(*check, status=1)
        site.clean_up()


def test_it_says_where_it_serves_plain_http(plain):
    plain.process.wait_for_line('plain http on %s %s:%d' % (re.escape(str(plain.plain.unix)), *plain.plain.tcp))
    assert len(plain.get('/v1/status')['listen']) == 1


def test_nobody_calls_a_domain_uncovered_that_the_server_in_front_may_cover(plain):
    plain.domain('other.test', mode='testing', mx=['mx.other.test'])
    plain.ctl('reload')
    assert 'uncovered' not in plain.ctl('status').stdout and 'without a valid' not in plain.ctl('cert', 'list').stdout
    told = plain.ctl('show', 'other.test').stdout
    assert 'none here; that of the server in front is not known here: mta-stsctl check other.test tries it' in told
    assert 'no certificate' not in plain.ctl('none', 'other.test').stdout
    row = plain.show('other.test')
    assert (row['certificate'], row['tls_elsewhere']) == (False, True)
    assert plain.get('/v1/status')['certificates']['tls_elsewhere'] is True
    plain.stop()
    plain.start()
    assert 'other.test: no valid certificate' in plain.ctl('status').stdout


def test_a_switch_is_seen_without_tls_at_once(plain):
    plain.switch('none', 'example.test')
    assert b'\r\nmode: none\r\n' in plain.plain.ask(GOOD)
