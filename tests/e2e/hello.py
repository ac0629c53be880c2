# SPDX-License-Identifier: ISC
"""TLS byte by byte: ClientHellos that no library would send, and all that comes back (RFC 8446, 5246, 6066)."""
import enum
import socket

from wait import DEADLINE

SSL_3, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3, TLS_1_4 = range(0x0300, 0x0306)
X25519, X448, P256, P521 = 0x001d, 0x001e, 0x0017, 0x0019
FFDHE, MLKEM = 0x0100, 0x11ec  # ffdhe2048, X25519MLKEM768
SUITES_13 = (0x1301, 0x1302, 0x1303)
SUITES_12 = (0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8)
ECDSA, RSA = (0x0403, 0x0503), (0x0804, 0x0805, 0x0401, 0x0501)

# The generators of the curves: somebody's public key, and a good one to agree with.
POINTS = {
    X25519: bytes([9]) + bytes(31),
    P256: bytes.fromhex('046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'
                        '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'),
}


class Content(enum.IntEnum):
    """Types of records."""
    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23


class Message(enum.IntEnum):
    """Types of handshake messages."""
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    CERTIFICATE = 11
    SERVER_HELLO_DONE = 14
    CLIENT_KEY_EXCHANGE = 16
    FINISHED = 20


class Alert(enum.IntEnum):
    CLOSE_NOTIFY = 0
    UNEXPECTED_MESSAGE = 10
    BAD_RECORD_MAC = 20
    RECORD_OVERFLOW = 22
    HANDSHAKE_FAILURE = 40
    BAD_CERTIFICATE = 42
    ILLEGAL_PARAMETER = 47
    UNKNOWN_CA = 48
    DECODE_ERROR = 50
    DECRYPT_ERROR = 51
    PROTOCOL_VERSION = 70
    INTERNAL_ERROR = 80
    INAPPROPRIATE_FALLBACK = 86
    USER_CANCELED = 90
    NO_RENEGOTIATION = 100
    MISSING_EXTENSION = 109
    UNSUPPORTED_EXTENSION = 110
    UNRECOGNIZED_NAME = 112
    NO_APPLICATION_PROTOCOL = 120


WARNING, FATAL = 1, 2
# The random of a HelloRetryRequest.
RETRY = bytes.fromhex('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c')


def numbers(*values):
    return b''.join(value.to_bytes(2, 'big') for value in values)


def vector(width, *parts):
    """Data behind its own length."""
    data = b''.join(parts)
    return len(data).to_bytes(width, 'big') + data


def extension(kind, *parts):
    return numbers(kind) + vector(2, *parts)


def names(*values, kind=0):
    return extension(0, vector(2, *(bytes([kind]) + vector(2, value) for value in values)))


def groups(*values):
    return extension(10, vector(2, numbers(*values)))


def schemes(*values):
    return extension(13, vector(2, numbers(*values)))


def protocols(*values):
    return extension(16, vector(2, *(vector(1, value) for value in values)))


def versions(*values):
    return extension(43, vector(1, numbers(*values)))


def shares(*pairs):
    return extension(51, vector(2, *(numbers(group) + vector(2, key) for group, key in pairs)))


def old_key():
    """A pre-shared key, that is a ticket of a session nobody remembers; to be the last extension."""
    return extension(41, vector(2, vector(2, b'ticket'), bytes(4)), vector(2, vector(1, bytes(32))))


def behind(good):
    """The same extension with a byte behind what it should hold."""
    return extension(int.from_bytes(good[:2], 'big'), good[4:], b'\0')


def padding(size):
    return extension(21, bytes(size))


GOOD = {
    'name': names(b'mta-sts.example.test'),
    'groups': groups(X25519, P256),
    'schemes': schemes(*ECDSA, *RSA),
    'versions': versions(TLS_1_3, TLS_1_2),
    'shares': shares((X25519, POINTS[X25519])),
}


def message(kind, *parts):
    return bytes([kind]) + vector(3, *parts)


def hello(legacy=TLS_1_2, session=bytes(32), suites=SUITES_13 + SUITES_12, compressions=b'\0', **extensions):
    """
    A ClientHello that any server takes, but for what is told.

    Extensions take the place of those of the same name or come behind; b'' leaves one out.
    """
    return message(Message.CLIENT_HELLO, numbers(legacy), b'\x5a' * 32, vector(1, session),
                   vector(2, numbers(*suites)), vector(1, compressions),
                   vector(2, *{**GOOD, **extensions}.values()))


def hello_12(**more):
    """The same, for TLS 1.2 and nothing else."""
    return hello(**{'versions': b'', 'shares': b'', 'suites': SUITES_12, **more})


def hello_of_ssl_2(version, ciphers):
    """A ClientHello in a record of SSL 2, for it or a later version (RFC 5246, appendix E.2)."""
    data = b''.join(cipher.to_bytes(3, 'big') for cipher in ciphers)
    body = bytes([Message.CLIENT_HELLO]) + numbers(version, len(data), 0, 16) + data + bytes(16)
    return numbers(0x8000 | len(body)) + body


def record(data, kind=Content.HANDSHAKE, version=TLS_1_0):
    return bytes([kind]) + numbers(version) + vector(2, data)


def pieces(data, size):
    return [data[i:i + size] for i in range(0, len(data), size)]


def records(data, size=16384, **more):
    return b''.join(record(piece, **more) for piece in pieces(data, size))


class Wire:
    """A TCP connection to a policy host, and the records that came back on it."""

    def __init__(self, address, sock=None):
        self._sock = sock or socket.create_connection(address, timeout=DEADLINE)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._bytes = b''
        self.records = []  # (type, content)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._sock.close()

    def detach(self):
        """The socket, for who can do more with it."""
        return self._sock

    def send(self, data, size=None):
        """Send it all, in TCP segments of a size if one is told."""
        for piece in pieces(data, size or len(data) or 1):
            self._sock.sendall(piece)

    def _gather(self):
        """Take whole records out of what came, as one more piece of it comes; False at the end."""
        part = self._sock.recv(65536)
        self._bytes += part
        while len(self._bytes) >= 5 and len(self._bytes) >= (size := 5 + int.from_bytes(self._bytes[3:5], 'big')):
            self.records.append((Content(self._bytes[0]), self._bytes[5:size]))
            self._bytes = self._bytes[size:]
        return bool(part)

    def read_until(self, condition):
        while not condition(self):
            assert self._gather(), f'the end came after {self}'
        return self

    def read_to_end(self):
        """Everything until the orderly end; a reset raises, and so does an end within a record."""
        while self._gather():
            pass
        assert not self._bytes, f'half a record at the end: {self._bytes!r}'
        return self

    @property
    def alerts(self):
        """(level, description) of each that is in clear."""
        return [(content[0], Alert(content[1])) for kind, content in self.records if kind == Content.ALERT]

    @property
    def messages(self):
        """(type, body) of each whole handshake message in clear."""
        found = []
        data = b''.join(content for kind, content in self.records if kind == Content.HANDSHAKE)
        while len(data) >= 4 and len(data) >= (size := 4 + int.from_bytes(data[1:4], 'big')):
            found.append((data[0], data[4:size]))
            data = data[size:]
        return found

    def has(self, kind):
        return any(one == kind for one, _ in self.messages)

    def __repr__(self):
        return repr([(kind.name, content[:40].hex()) for kind, content in self.records])
