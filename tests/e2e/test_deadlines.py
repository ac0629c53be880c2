# SPDX-License-Identifier: ISC
"""Clients that dally: each is closed at its deadline, whatever it drips, and nobody else waits for it."""
import select
import socket
import ssl
import subprocess
import time

import pytest

from client import policy, request
from wait import DEADLINE, until

NAME = 'mta-sts.example.test'
HANDSHAKE, REQUEST, RESPONSE, LINGER = 2, 1, 1, 2  # seconds; the last is not a setting
SLACK = 5  # seconds that a busy machine may add
SPREAD = 1  # second between those that a busy machine delays alike
TURN = 0.03  # seconds between two pieces that drip
MX = [f'{i:03}.{"a" * 50}.example.test' for i in range(138)]
TEXT = policy('enforce', MX)
DRIP = request(NAME, fields=['X: ' + 'a' * 1000])  # takes far longer than any deadline here


class Tls:
    """The bytes of a TLS client, to be sent in whatever pieces."""

    def __init__(self, authority):
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=str(authority.file))
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=NAME)
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.do_handshake()
        self.hello = self._outgoing.read()

    def finish(self, sock):
        """Send the ClientHello, and return what would end the handshake when it is sent."""
        sock.sendall(self.hello)
        while True:
            self._incoming.write(sock.recv(65536))
            try:
                self._tls.do_handshake()
                return self._outgoing.read()
            except ssl.SSLWantReadError:
                pass

    def records(self, *pieces):
        """Each piece in a record of its own."""
        for piece in pieces:
            self._tls.write(piece)
            yield self._outgoing.read()


def single(data):
    return [bytes([byte]) for byte in data]


class Dripping:
    """A client that sends its pieces one a turn, throws away what comes, and notes when the server has closed."""

    def __init__(self, host, seconds, receive_buffer=None):
        self.began, self.ended = time.monotonic(), None
        self.seconds = seconds
        self.pieces = iter(())
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(host.addresses[0])

    def turn(self):
        try:
            self.sock.send(next(self.pieces, b''))
            ended = self.has_ended()
        except OSError:  # with bytes unread the end is a reset
            ended = True
        if ended:
            self.ended = time.monotonic()
            self.close()

    def read(self, size):
        """What is there, up to so many bytes; None is nothing yet, b'' the end."""
        ready, _, _ = select.select([self.sock], [], [], 0)
        return self.sock.recv(size) if ready else None

    def has_ended(self):
        return self.read(65536) == b''

    def close(self):
        self.sock.close()


class Clinging(Dripping):
    """One that goes on when the server has said its last, until nothing can be sent any more."""

    def has_ended(self):
        super().has_ended()
        return False


class Updating:
    """Debian's openssl, told to update its keys (RFC 8446, section 4.6.3), no more often than GnuTLS bears it."""

    def __init__(self, host, seconds):
        self.began, self.ended = time.monotonic(), None
        self.seconds = seconds
        self._turns = 0
        self._popen = subprocess.Popen(
            ['openssl', 's_client', '-tls1_3', '-servername', NAME, '-connect', '127.0.0.1:%d' % host.addresses[0][1]],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def turn(self):
        self._turns += 1
        if self._turns % 8 == 0:  # some 4 times a second
            self._update()
        if self._popen.poll() is not None:
            self.ended = time.monotonic()

    def _update(self):
        try:
            self._popen.stdin.write(b'K\n')
            self._popen.stdin.flush()
        except BrokenPipeError:  # it has ended
            pass

    def close(self):
        self._popen.kill()
        self._popen.communicate()


def says_nothing(host):
    return Dripping(host, HANDSHAKE)


def drips_a_client_hello(host):
    made = Dripping(host, HANDSHAKE)
    made.pieces = iter(single(Tls(host.authority).hello))
    return made


def drips_a_client_hello_in_many_records(host):
    made = Dripping(host, HANDSHAKE)
    made.pieces = (b'\x16\x03\x01\x00\x01' + byte for byte in single(Tls(host.authority).hello[5:]))
    return made


def sends_a_client_hello_and_no_more(host):
    made = Dripping(host, HANDSHAKE)
    made.pieces = iter([Tls(host.authority).hello])
    return made


def sends_a_client_hello_late(host):
    def pieces():
        while time.monotonic() < made.began + 0.8 * HANDSHAKE:
            yield b''
        yield Tls(host.authority).hello
    made = Dripping(host, HANDSHAKE)
    made.pieces = pieces()
    return made


def drips_the_end_of_the_handshake(host):
    made = Dripping(host, HANDSHAKE)
    made.pieces = iter(single(Tls(host.authority).finish(made.sock)[:-1]))  # the last would end it
    return made


def after_the_handshake(host, kind=Dripping, seconds=REQUEST, **more):
    made, tls = kind(host, seconds, **more), Tls(host.authority)
    end = tls.finish(made.sock)
    made.began = time.monotonic()
    made.sock.sendall(end)
    return made, tls


def shakes_hands_and_says_nothing(host):
    return after_the_handshake(host)[0]


def sends_half_a_request(host):
    made, tls = after_the_handshake(host)
    made.pieces = tls.records(DRIP[:100])
    return made


def drips_a_request(host):
    made, tls = after_the_handshake(host)
    made.pieces = tls.records(*single(DRIP))
    return made


def drips_a_record(host):
    made, tls = after_the_handshake(host)
    made.pieces = iter(single(next(tls.records(DRIP))))
    return made


def updates_its_keys(host):
    return Updating(host, REQUEST)


def drips_when_it_has_its_answer(host):
    made, tls = after_the_handshake(host, Clinging, LINGER)
    made.pieces = tls.records(request(NAME), *single(DRIP))
    return made


KINDS = [says_nothing, drips_a_client_hello, drips_a_client_hello_in_many_records, sends_a_client_hello_and_no_more,
         sends_a_client_hello_late, drips_the_end_of_the_handshake, shakes_hands_and_says_nothing, sends_half_a_request,
         drips_a_request, drips_a_record, updates_its_keys, drips_when_it_has_its_answer]


def never_reads(host):
    made, tls = after_the_handshake(host, seconds=RESPONSE, receive_buffer=1)
    made.sock.sendall(next(tls.records(request(NAME))))
    return made


def open_connections(host):
    return host.get('/v1/status')['connections']['open']


def drip(clients, meanwhile):
    """Turn after turn until the server has closed them all, or should have long ago."""
    end = time.monotonic() + max(client.seconds for client in clients.values()) + SLACK
    turns = 0
    while any(not client.ended for client in clients.values()) and time.monotonic() < end:
        for client in clients.values():
            if not client.ended:
                client.turn()
        if turns % 10 == 0:
            meanwhile()
        turns += 1
        time.sleep(TURN)  # to be slow is what this is about


def faults(clients):
    lives = {name: (client.ended or float('inf')) - client.began for name, client in clients.items()}
    for name, client in clients.items():
        alike = [lives[other] for other in clients if
                 (type(clients[other]), clients[other].seconds) == (type(client), client.seconds)]
        if not 0.9 * client.seconds <= lives[name] <= client.seconds + SLACK:
            yield f'{name}: closed after {lives[name]:.2f} s, not {client.seconds}'
        elif lives[name] > min(alike) + SPREAD:
            yield f'{name}: closed after {lives[name]:.2f} s, and others after {min(alike):.2f}'


@pytest.fixture
def hasty(host):
    """A host with short deadlines and a policy as large as they get; not started."""
    host.configure(workers=1, handshake_timeout=HANDSHAKE, request_timeout=REQUEST, response_timeout=RESPONSE)
    host.domain('example.test', mx=MX)
    host.certify('example.test')
    return host


def test_no_deadline_is_stretched_by_dripping(hasty, needs_tools):
    needs_tools('openssl')
    hasty.start()
    clients, deaf = {}, []
    try:
        for kind in KINDS:
            clients[kind.__name__] = kind(hasty)
        deaf.extend(never_reads(hasty) for _ in range(5))
        drip(clients, lambda: hasty.serves('example.test', TEXT))
        assert not list(faults(clients))
        # The kernel has room for the answers of those who never read.
        until(lambda: open_connections(hasty) == 0, 'the last connection to go', SLACK)
    finally:
        for client in [*clients.values(), *deaf]:
            client.close()


def test_readers_that_read_slowly_are_closed(namespace, hasty):
    """Where the kernel takes no more than 4 KiB of an answer, its deadline ends those who read little or nothing."""
    namespace.run('sh', '-c', 'echo 4096 4096 4096 >/proc/sys/net/ipv4/tcp_wmem')
    hasty.prefix, hasty.inside = namespace.enter, namespace.inside
    hasty.start()
    clients = [hasty.inside(never_reads, hasty) for _ in range(5)]
    try:
        lived = 0
        while open_connections(hasty) > 0 and lived < RESPONSE + SLACK:
            time.sleep(TURN)  # to be slow is what this is about
            clients[0].read(50)
            lived = time.monotonic() - clients[0].began
        assert 0.9 * RESPONSE < lived < RESPONSE + SLACK
        assert 'answer not taken in time' in hasty.process.log
        hasty.serves('example.test', TEXT)
    finally:
        for client in clients:
            client.close()
