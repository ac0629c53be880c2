# SPDX-License-Identifier: ISC
"""What a sender does, byte by byte: one TLS connection, one request, everything until the orderly end."""
import os
import socket
import ssl
import struct
from dataclasses import dataclass

from wait import DEADLINE, until

PATH = '/.well-known/mta-sts.txt'
NETLINK_SOCK_DIAG = 4


@dataclass
class Answer:
    status: int
    fields: list  # (lower-case name, value), in order
    body: bytes
    certificate: dict  # of the peer
    raw: bytes

    def field(self, name):
        """The value of a field that must be there exactly once."""
        (value,) = [value for key, value in self.fields if key == name]
        return value


def policy(mode, mx=(), max_age=604800):
    """The one way in which a policy is written (RFC 8461, section 3.2)."""
    lines = ['version: STSv1', f'mode: {mode}', *(f'mx: {name}' for name in mx), f'max_age: {max_age}']
    return ''.join(line + '\r\n' for line in lines).encode('ascii')


def parse(raw, certificate=None):
    head, end, body = raw.partition(b'\r\n\r\n')
    assert end, f'no whole head: {raw!r}'
    first, *lines = head.decode('ascii').split('\r\n')
    version, status, _ = first.split(' ', 2)
    assert version == 'HTTP/1.1'
    fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(':') for line in lines)]
    return Answer(int(status), fields, body, certificate, raw)


class Connection:
    """A TLS connection to a policy host, of which the test says each byte: from a source, and behind others before it."""

    def __init__(self, address, sni, authority, source=None, before=b''):
        context = ssl.create_default_context(cafile=str(authority.file))
        context.check_hostname = False  # a test may connect under any name
        context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # an end without close_notify is an error
        plain = socket.create_connection(address, timeout=DEADLINE, source_address=source and (source, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # each piece that is sent goes at once
        try:
            plain.sendall(before)
            self.tls = context.wrap_socket(plain, server_hostname=sni, suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tls.close()

    def send(self, data):
        self.tls.sendall(data)

    def wait_until_read(self):
        """Wait until the server has read all that was sent."""
        until(lambda: unread(self.tls.getpeername(), self.tls.getsockname()) == 0, 'the server to read what was sent')

    def end(self):
        """Close this side of TCP, without close_notify."""
        with self._below() as plain:
            plain.shutdown(socket.SHUT_WR)

    def read_bytes(self):
        """Everything until close_notify, which the end of TCP must follow."""
        raw = b''
        while True:
            part = self.tls.recv(65536)
            if not part:
                break
            raw += part
        with self._below() as plain:
            assert plain.recv(1) == b'', 'bytes behind close_notify'
        return raw

    def read(self):
        return parse(self.read_bytes(), self.tls.getpeercert())

    def _below(self):
        """The connection without TLS."""
        plain = socket.socket(fileno=os.dup(self.tls.fileno()))
        plain.settimeout(DEADLINE)
        return plain


def unread(own, peer):
    """How many bytes wait to be read on one side of a TCP connection over IPv4 in this machine; sock_diag(7)."""
    whichever, by_family, is_request = 0xffffffff, 20, 1
    ask_for = struct.pack('=BBxxI2s2s16s16sIII', socket.AF_INET, socket.IPPROTO_TCP, whichever,
                          *(port.to_bytes(2, 'big') for _, port in (own, peer)),
                          *(socket.inet_aton(name) for name, _ in (own, peer)), 0, whichever, whichever)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_SOCK_DIAG) as kernel:
        kernel.send(struct.pack('=IHHII', 16 + len(ask_for), by_family, is_request, 0, 0) + ask_for)
        answer = kernel.recv(4096)
    (kind,) = struct.unpack_from('=H', answer, 4)
    return struct.unpack_from('=I', answer, 16 + 56)[0] if kind == by_family else 0  # else there is no such socket


def request(host, method='GET', target=PATH, fields=()):
    lines = [f'{method} {target} HTTP/1.1', *([f'Host: {host}'] if host is not None else []), *fields]
    return ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1')


def ask(address, authority, sni, data, **more):
    """One connection, one request of any bytes."""
    with Connection(address, sni, authority, **more) as connection:
        connection.send(data)
        return connection.read()


def fetch(address, authority, domain, **more):
    """The policy of a domain as a sender fetches it, the name in the certificate checked."""
    name = 'mta-sts.' + domain
    answer = ask(address, authority, name, request(name), **more)
    assert ('DNS', name) in answer.certificate['subjectAltName']
    return answer
