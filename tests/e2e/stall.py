# SPDX-License-Identifier: ISC
"""Clients that get stuck on their way, each kind at another place, and stay connected."""
import select
import socket
import ssl

import client
from wait import DEADLINE, until


def address_of(number):
    """The address that a client comes from, another one for each."""
    return f'127.{1 + (number >> 16)}.{number >> 8 & 255}.{number & 255}'


def client_hello(context, name):
    """The first bytes of a good client."""
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        return out.read()


class Stalled:
    """All those of one kind, from many addresses."""

    def __init__(self, address, authority, name, kind):
        self.address = address
        self.kind = kind
        self.name = name
        self._context = ssl.create_default_context(cafile=str(authority.file))
        self._hello = client_hello(self._context, name)
        self._socks = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()

    def add(self, count, come_from=address_of):
        for _ in range(count):
            sock = socket.socket(socket.AF_INET6 if ':' in self.address[0] else socket.AF_INET)
            sock.settimeout(DEADLINE)
            sock.bind((come_from(len(self._socks)), 0))
            self._socks.append(KINDS[self.kind](self, sock))
        return self

    def closed(self):
        """The numbers of those that the server has closed, from 0 in the order of their coming."""
        poll = select.poll()
        for sock in self._socks:
            poll.register(sock, select.POLLRDHUP)
        ended = {fd for fd, _ in poll.poll(0)}
        return [number for number, sock in enumerate(self._socks) if sock.fileno() in ended]

    def leave(self):
        while self._socks:
            self._socks.pop().close()

    # The kinds: each takes a new socket as far as its clients go, and returns it.

    def _connect(self, sock, say=b''):
        sock.connect(self.address)
        sock.sendall(say)
        return sock

    def _ask(self, sock, request):
        with self._context.wrap_socket(self._connect(sock), server_hostname=self.name) as tls:
            tls.sendall(request)
            return socket.socket(fileno=tls.detach())  # without a word, and without the memory of a session

    def be_silent(self, sock):
        return self._connect(sock)

    def say_half_a_hello(self, sock):
        return self._connect(sock, self._hello[:len(self._hello) // 2])

    def say_hello(self, sock):
        return self._connect(sock, self._hello)

    def ask_half(self, sock):
        return self._ask(sock, client.request(self.name)[:-10])

    def never_read(self, sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the kernel's minimum
        return self._ask(sock, client.request(self.name))


KINDS = {
    'silent': Stalled.be_silent,
    'half a ClientHello': Stalled.say_half_a_hello,
    'whole ClientHello': Stalled.say_hello,
    'half a request': Stalled.ask_half,
    'reader that never reads': Stalled.never_read,
}


# At a host of a test

def at(host, kind):
    """None yet."""
    return Stalled(host.addresses[0], host.authority, 'mta-sts.example.test', kind)


def wait_until_open(host, count, seconds=DEADLINE):
    def open_now():
        return host.get('/v1/status')['connections']['open']
    until(lambda: open_now() == count, lambda: f'{count} open connections, not {open_now()}', seconds)
