# SPDX-License-Identifier: ISC
"""
Clients that have a server do the costly part of a handshake, then leave and come again, from a few addresses.

    flood.py ADDRESS PORT HOST KIND ADDRESSES CLIENTS SECONDS

Prints how many answers they got, when its input or its time ends.
"""
import pathlib
import selectors
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'e2e'))

import hello as tls  # noqa: E402
from hello import Content, Message, record, vector  # noqa: E402

P384 = bytes.fromhex(  # the generator
    '04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7'
    '3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f')
LAST_WORDS = b''.join([
    record(tls.message(Message.CLIENT_KEY_EXCHANGE, vector(1, P384)), version=tls.TLS_1_2),
    record(b'\1', Content.CHANGE_CIPHER_SPEC, tls.TLS_1_2), record(bytes(40), version=tls.TLS_1_2)])


def hello(make, host, **more):
    return record(make(name=tls.names(host.encode()), **more))


# What a client of each kind says, the next after each answer.
KINDS = {
    'RSA': lambda host: [hello(tls.hello, host, schemes=tls.schemes(*tls.RSA))],
    'RSA, asked again': lambda host: [hello(tls.hello, host, schemes=tls.schemes(*tls.RSA), shares=tls.shares()),
                                      hello(tls.hello, host, schemes=tls.schemes(*tls.RSA))],
    'RSA, TLS 1.2': lambda host: [hello(tls.hello_12, host, schemes=tls.schemes(*tls.RSA))],
    'ECDSA, P-384 in TLS 1.2': lambda host: [hello(tls.hello_12, host, groups=tls.groups(24)), LAST_WORDS],
}


class Client:
    """One that never learns: after each answer it says the next of its words, and after the last it comes again."""

    def __init__(self, flood, source):
        self._flood, self._source = flood, source
        self._connect()

    def _connect(self):
        self._words, self._is_connected = iter(self._flood.words), False
        self._sock = socket.socket()
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock.setblocking(False)
        self._sock.bind((self._source, 0))
        self._sock.connect_ex(self._flood.address)
        self._flood.selector.register(self._sock, selectors.EVENT_WRITE, self)

    def go_on(self):
        try:
            if self._is_connected:
                self._flood.answers += len(self._sock.recv(65536)) > 0
            self._is_connected = True
            self._sock.sendall(next(self._words))
            self._flood.selector.modify(self._sock, selectors.EVENT_READ, self)
        except (OSError, StopIteration):
            self._flood.selector.unregister(self._sock)
            self._sock.close()
            self._connect()


class Flood:
    def __init__(self, address, words):
        self.address, self.words, self.answers = address, words, 0
        self.selector = selectors.DefaultSelector()

    def run(self, sources, clients, seconds):
        end = time.monotonic() + seconds
        for number in range(sources * clients):
            Client(self, f'127.0.1.{1 + number % sources}')
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        while time.monotonic() < end:
            for key, _ in self.selector.select(0.1):
                if key.data is None:
                    return
                key.data.go_on()


def main(address, port, host, kind, *numbers):
    flood = Flood((address, int(port)), KINDS[kind](host))
    flood.run(*map(int, numbers))
    print(flood.answers)


if __name__ == '__main__':
    main(*sys.argv[1:])
