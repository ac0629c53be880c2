# SPDX-License-Identifier: ISC
"""What a sender does, byte by byte: one TLS connection, one request, everything until the orderly end."""
import socket
import ssl
from dataclasses import dataclass

from wait import DEADLINE

PATH = '/.well-known/mta-sts.txt'


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
    """A TLS connection to a policy host, of which the test says each byte."""

    def __init__(self, address, sni, authority):
        context = ssl.create_default_context(cafile=str(authority.file))
        context.check_hostname = False  # a test may connect under any name
        context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # an end without close_notify is an error
        plain = socket.create_connection(address, timeout=DEADLINE)
        try:
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

    def read(self):
        """Everything until close_notify."""
        raw = b''
        while True:
            part = self.tls.recv(65536)
            if not part:
                return parse(raw, self.tls.getpeercert())
            raw += part


def request(host, method='GET', target=PATH, fields=()):
    lines = [f'{method} {target} HTTP/1.1', *([f'Host: {host}'] if host is not None else []), *fields]
    return ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1')


def ask(address, authority, sni, data):
    """One connection, one request of any bytes."""
    with Connection(address, sni, authority) as connection:
        connection.send(data)
        return connection.read()


def fetch(address, authority, domain):
    """The policy of a domain as a sender fetches it, the name in the certificate checked."""
    name = 'mta-sts.' + domain
    answer = ask(address, authority, name, request(name))
    assert ('DNS', name) in answer.certificate['subjectAltName']
    return answer
