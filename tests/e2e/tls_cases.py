# SPDX-License-Identifier: ISC
"""What clients say at the door, good and bad, and what they must get for it."""
import client
import hello as tls
from hello import Alert, Content, Message, extension, hello, hello_12, message, numbers, record, records, vector

NAME = b'mta-sts.example.test'  # of which there is an ECDSA certificate
BOTH = b'mta-sts.both.test'  # an ECDSA certificate and an RSA one
SEALED = 'an alert that only the two can read'


def pair(**changes):
    """The same for a client of TLS 1.3 and for one that knows 1.2 only."""
    return record(hello(**changes)), record(hello_12(**changes))


def cut(size):
    """A ClientHello that says itself that it ends after some bytes."""
    return record(message(Message.CLIENT_HELLO, hello()[4:4 + size]))


def first(kind, content=b''):
    return record(message(kind, content))


# Where several alerts will do, the last is the one that GnuTLS 3.7.9 chooses; the comment says what the RFC has.
REFUSED = [
    # Versions
    ('TLS 1.1', Alert.PROTOCOL_VERSION, record(hello_12(legacy=tls.TLS_1_1))),
    ('TLS 1.0', Alert.PROTOCOL_VERSION, record(hello_12(legacy=tls.TLS_1_0))),
    ('SSL 3', Alert.PROTOCOL_VERSION, record(hello_12(legacy=tls.SSL_3), version=tls.SSL_3)),
    ('version 2.0', Alert.PROTOCOL_VERSION, record(hello_12(legacy=0x0200))),
    ('version 0.0', Alert.PROTOCOL_VERSION, record(hello_12(legacy=0))),
    ('TLS 1.1 as a supported version', Alert.PROTOCOL_VERSION, record(hello(versions=tls.versions(tls.TLS_1_1)))),
    ('TLS 1.4 only', Alert.PROTOCOL_VERSION, record(hello(versions=tls.versions(tls.TLS_1_4)))),
    ('GREASE versions only', Alert.PROTOCOL_VERSION, record(hello(versions=tls.versions(0x7a7a)))),
    # The list must not be empty (RFC 8446, section 4.2.1): decode_error.
    ('no versions', {Alert.DECODE_ERROR, Alert.PROTOCOL_VERSION}, record(hello(versions=tls.versions()))),
    ('half a version', Alert.DECODE_ERROR, record(hello(versions=extension(43, b'\3\3\4\3')))),
    ('a byte behind the versions', Alert.DECODE_ERROR, record(hello(versions=extension(43, b'\2\3\4\3')))),
    ('versions without content', Alert.DECODE_ERROR, record(hello(versions=extension(43)))),
    ('record of SSL 2', Alert.PROTOCOL_VERSION, record(hello(), version=0x0200)),
    ('record of TLS 4', Alert.PROTOCOL_VERSION, record(hello(), version=0x0400)),
    ('SSL 2', Alert.PROTOCOL_VERSION, tls.hello_of_ssl_2(0x0002, (0x010080, 0x0700c0))),
    # TLS 1.2 in the clothes of SSL 2 has no server name; it may be refused as such (RFC 8446, appendix D.5).
    ('TLS 1.2 as SSL 2', {Alert.PROTOCOL_VERSION, Alert.UNRECOGNIZED_NAME},
     tls.hello_of_ssl_2(tls.TLS_1_2, tls.SUITES_12)),
    ('a fallback that nothing asks for', Alert.INAPPROPRIATE_FALLBACK,
     record(hello_12(suites=(0x5600, *tls.SUITES_12)))),

    # Cipher suites
    ('unknown suites', Alert.HANDSHAKE_FAILURE, *pair(suites=(0x13ff, 0xfeff))),
    ('CBC suites', Alert.HANDSHAKE_FAILURE,
     *pair(name=tls.names(BOTH), suites=(0xc009, 0xc00a, 0xc013, 0xc014, 0xc023, 0xc027))),
    ('RSA key exchange', Alert.HANDSHAKE_FAILURE, *pair(name=tls.names(BOTH), suites=(0x002f, 0x0035, 0x009c, 0x009d))),
    ('finite-field key exchange', Alert.HANDSHAKE_FAILURE,
     *pair(name=tls.names(BOTH), suites=(0x009e, 0x009f, 0xccaa), groups=tls.groups(tls.X25519, tls.FFDHE))),
    ('CCM suites', Alert.HANDSHAKE_FAILURE, *pair(name=tls.names(BOTH), suites=(0xc0ac, 0xc0ad, 0x1304, 0x1305))),
    ('NULL suites', Alert.HANDSHAKE_FAILURE, *pair(suites=(0xc006, 0xc010, 0x0000))),
    ('GREASE suites', Alert.HANDSHAKE_FAILURE, *pair(suites=(0x0a0a, 0x1a1a))),
    ('suites of the other version', Alert.HANDSHAKE_FAILURE, record(hello(suites=tls.SUITES_12)),
     record(hello_12(suites=tls.SUITES_13))),
    ('RSA suites for an ECDSA key', Alert.HANDSHAKE_FAILURE, record(hello_12(suites=(0xc02f, 0xc030, 0xcca8)))),
    ('no suites', Alert.DECODE_ERROR, *pair(suites=())),
    ('no null compression', Alert.ILLEGAL_PARAMETER, *pair(compressions=b'\1')),
    ('no compressions', Alert.DECODE_ERROR, *pair(compressions=b'')),

    # Groups and key shares
    ('no common group', Alert.HANDSHAKE_FAILURE,
     *pair(groups=tls.groups(tls.P521, tls.X448), shares=tls.shares((tls.X448, b'\5' * 56)))),
    # The list must not be empty (RFC 8446, section 4.2.7): decode_error.
    ('no groups', {Alert.DECODE_ERROR, Alert.HANDSHAKE_FAILURE}, *pair(groups=tls.groups())),
    # Key shares go with groups (RFC 8446, section 9.2): missing_extension.
    ('groups missing', {Alert.MISSING_EXTENSION, Alert.HANDSHAKE_FAILURE}, record(hello(groups=b''))),
    ('half a group', Alert.DECODE_ERROR, *pair(groups=extension(10, b'\0\3\0\x1d\0'))),
    ('shares missing', Alert.MISSING_EXTENSION, record(hello(shares=b''))),
    ('short share', Alert.ILLEGAL_PARAMETER, record(hello(shares=tls.shares((tls.X25519, b'\5' * 31))))),
    ('long share', Alert.ILLEGAL_PARAMETER, record(hello(shares=tls.shares((tls.X25519, b'\5' * 33))))),
    ('empty share', Alert.ILLEGAL_PARAMETER, record(hello(shares=tls.shares((tls.X25519, b''))))),
    ('share of low order', Alert.ILLEGAL_PARAMETER, record(hello(shares=tls.shares((tls.X25519, bytes(32)))))),
    ('share off the curve', Alert.ILLEGAL_PARAMETER,
     record(hello(groups=tls.groups(tls.P256), shares=tls.shares((tls.P256, b'\4' + b'\1' * 64))))),
    ('compressed share', Alert.ILLEGAL_PARAMETER,
     record(hello(groups=tls.groups(tls.P256), shares=tls.shares((tls.P256, b'\2' + tls.POINTS[tls.P256][1:33]))))),
    ('share beyond the end', Alert.DECODE_ERROR, record(hello(shares=extension(51, b'\0\x24\0\x1d\0\x20', bytes(31))))),
    ('a byte behind the shares', Alert.DECODE_ERROR, record(hello(shares=tls.behind(tls.GOOD['shares'])))),

    # Signature algorithms
    # Under TLS 1.3 they are mandatory (RFC 8446, section 4.2.3): missing_extension.
    ('no signature algorithms', {Alert.MISSING_EXTENSION, Alert.HANDSHAKE_FAILURE}, record(hello(schemes=b''))),
    ('the signature algorithms of 2008', Alert.HANDSHAKE_FAILURE, record(hello_12(schemes=b''))),
    ('SHA-1', Alert.HANDSHAKE_FAILURE, *pair(schemes=tls.schemes(0x0203, 0x0201))),
    ('unknown signature algorithms', Alert.HANDSHAKE_FAILURE, *pair(schemes=tls.schemes(0x0b0b, 0x1a1a))),
    ('RSA signatures for an ECDSA key', Alert.HANDSHAKE_FAILURE, *pair(schemes=tls.schemes(*tls.RSA))),
    ('empty signature algorithms', Alert.DECODE_ERROR, *pair(schemes=tls.schemes())),
    ('half a signature algorithm', Alert.DECODE_ERROR, *pair(schemes=extension(13, b'\0\3\4\3\5'))),
    ('signature algorithms beyond the end', Alert.DECODE_ERROR, *pair(schemes=extension(13, b'\0\x10\4\3'))),

    # Server names
    ('no server name', Alert.UNRECOGNIZED_NAME, *pair(name=b'')),
    ('unknown name', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'mta-sts.unknown.test'))),
    ('the domain itself', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'example.test'))),
    ('a name below', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'a.' + NAME))),
    ('wildcard', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'*.example.test'))),
    ('wildcard inside', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'mta-sts.*.test'))),
    ('IPv4 address', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'127.0.0.1'))),
    ('IPv6 address', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'::1'))),
    ('IPv6 address in brackets', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'[::1]'))),
    ('name with a port', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(NAME + b':443'))),
    ('name with two dots', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(NAME + b'..'))),
    ('name with a blank', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(NAME + b' '))),
    ('name with a line feed', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(NAME + b'\nready'))),
    ('name with NUL at its end', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(NAME + b'\0'))),
    ('name with NUL inside', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(NAME + b'\0.unknown.test'))),
    ('name of 8-bit bytes', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'mta-sts.ex\xe4mple.test'))),
    ('name in UTF-8', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names('mta-sts.exämple.test'.encode()))),
    ('name of format characters', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'%s%n.test'))),
    ('name of a path', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'../../etc/passwd'))),
    ('name of 255 bytes', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'a.' * 127 + b'a'))),
    ('name of 256 bytes', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'a.' * 128))),
    ('name of 15000 bytes', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'a' * 15000))),
    ('two names, the first unknown', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(b'mta-sts.unknown.test', NAME))),
    ('unknown type of name', Alert.UNRECOGNIZED_NAME, *pair(name=tls.names(NAME, kind=1))),
    ('empty name', Alert.DECODE_ERROR, *pair(name=tls.names(b''))),
    ('no name in the list', Alert.DECODE_ERROR, *pair(name=tls.names())),
    ('no list of names', Alert.DECODE_ERROR, *pair(name=extension(0))),
    ('half a list of names', Alert.DECODE_ERROR, *pair(name=extension(0, b'\0'))),
    ('list of names beyond the end', Alert.DECODE_ERROR, *pair(name=extension(0, b'\x40\0\0', vector(2, NAME)))),
    ('list of names that ends early', Alert.DECODE_ERROR, *pair(name=extension(0, b'\0\4\0', vector(2, NAME)))),
    ('name beyond the end', Alert.DECODE_ERROR, *pair(name=extension(0, vector(2, b'\0\x40\0', NAME)))),
    # What is left is no second entry: decode_error; its beginning is no known name either.
    ('name that ends early', {Alert.DECODE_ERROR, Alert.UNRECOGNIZED_NAME},
     *pair(name=extension(0, vector(2, b'\0\0\7', NAME)))),
    ('a byte behind the names', Alert.DECODE_ERROR, *pair(name=tls.behind(tls.GOOD['name']))),

    # Application protocols
    ('h2 only', Alert.NO_APPLICATION_PROTOCOL, *pair(alpn=tls.protocols(b'h2'))),
    ('other protocols', Alert.NO_APPLICATION_PROTOCOL,
     *pair(alpn=tls.protocols(b'http/1.0', b'HTTP/1.1', b'http/1.1\0'))),
    ('beginning of a protocol', Alert.NO_APPLICATION_PROTOCOL, *pair(alpn=tls.protocols(b'http/1'))),
    ('long protocol', Alert.NO_APPLICATION_PROTOCOL, *pair(alpn=tls.protocols(b'h' * 255))),
    ('no protocols', Alert.DECODE_ERROR, *pair(alpn=tls.protocols())),
    ('empty protocol', Alert.DECODE_ERROR, *pair(alpn=tls.protocols(b'', b'http/1.1'))),
    ('no list of protocols', Alert.DECODE_ERROR, *pair(alpn=extension(16))),
    ('list of protocols beyond the end', Alert.DECODE_ERROR,
     *pair(alpn=extension(16, b'\x40\0', vector(1, b'http/1.1')))),
    ('protocol beyond the end', Alert.DECODE_ERROR, *pair(alpn=extension(16, vector(2, b'\x40http/1.1')))),

    # Other extensions
    # None may come twice (RFC 8446, section 4.2): illegal_parameter.
    ('server name twice', Alert.ILLEGAL_PARAMETER, *pair(twice=tls.GOOD['name'])),
    ('groups twice', Alert.ILLEGAL_PARAMETER, *pair(twice=tls.GOOD['groups'])),
    ('algorithms twice', Alert.ILLEGAL_PARAMETER, *pair(twice=tls.GOOD['schemes'])),
    ('versions twice', Alert.ILLEGAL_PARAMETER,
     record(hello(twice=tls.GOOD['versions']))),
    ('shares twice', Alert.ILLEGAL_PARAMETER, record(hello(twice=tls.GOOD['shares']))),
    ('ALPN twice', Alert.ILLEGAL_PARAMETER, *pair(twice=tls.protocols(b'http/1.1') * 2)),
    ('renegotiation of nothing', Alert.HANDSHAKE_FAILURE, *pair(more=extension(0xff01, vector(1, bytes(12))))),
    ('extended master secret with content', Alert.DECODE_ERROR, *pair(more=extension(23, b'\0'))),
    ('status request cut short', Alert.DECODE_ERROR, *pair(more=extension(5, b'\1'))),
    ('records of 63 bytes', Alert.ILLEGAL_PARAMETER, *pair(more=extension(28, numbers(63)))),
    ('unknown size of fragments', Alert.ILLEGAL_PARAMETER, *pair(more=extension(1, b'\x09'))),
    ('pre-shared key not last', Alert.ILLEGAL_PARAMETER,
     *pair(modes=extension(45, b'\1\1'), key=tls.old_key(), more=extension(23))),
    # It has to go with its modes; RFC 8446, section 4.2.9, names no alert.
    ('pre-shared key without modes', {Alert.MISSING_EXTENSION, Alert.ILLEGAL_PARAMETER, Alert.UNSUPPORTED_EXTENSION},
     record(hello(key=tls.old_key()))),

    # Malformed messages
    *((f'cut after {size} bytes', Alert.DECODE_ERROR,
      cut(size)) for size in (0, 1, 2, 33, 34, 35, 66, 67, 68, 70, 85, 100)),
    *((f'cut before the last {size} bytes', Alert.DECODE_ERROR,
      first(1, hello()[4:-size]), first(1, hello_12()[4:-size]))
      for size in (1, 5, 20)),
    ('a byte behind the extensions', Alert.DECODE_ERROR,
     first(1, hello()[4:] + b'\0'), first(1, hello_12()[4:] + b'\0')),
    ('extension beyond the end', Alert.DECODE_ERROR, *pair(more=numbers(0xfafa, 40))),
    ('half an extension', Alert.DECODE_ERROR, *pair(more=b'\xfa\xfa\0')),
    ('session id of 33 bytes', Alert.DECODE_ERROR, *pair(session=bytes(33))),
    ('half a suite', Alert.DECODE_ERROR,
     first(1, numbers(tls.TLS_1_2) + bytes(32) + b'\0' + vector(2, b'\x13\1\x13') + b'\1\0'
           + vector(2, *tls.GOOD.values()))),
    ('no extensions', Alert.UNRECOGNIZED_NAME,
     first(1, numbers(tls.TLS_1_2) + bytes(32) + b'\0' + vector(2, numbers(*tls.SUITES_12)) + b'\1\0')),
    # RFC 8446 leaves the limit and its alert to us.
    ('hello of 20 KB', {Alert.ILLEGAL_PARAMETER, Alert.DECODE_ERROR},
     *(records(one(pad=tls.padding(20000))) for one in (hello, hello_12))),
    ('hello of 60 KB', {Alert.ILLEGAL_PARAMETER, Alert.DECODE_ERROR}, records(hello(pad=tls.padding(60000)))),

    # Other messages and records first
    *((f'{kind.name.lower()} first', Alert.UNEXPECTED_MESSAGE,
      first(kind, hello()[4:])) for kind in Message if kind != 1),
    ('hello request first', Alert.UNEXPECTED_MESSAGE, first(0)),
    ('unknown message first', Alert.UNEXPECTED_MESSAGE, first(254, bytes(10))),
    ('empty record', Alert.UNEXPECTED_MESSAGE, record(b'')),
    ('empty record, then a hello', Alert.UNEXPECTED_MESSAGE, record(b'') + record(hello())),
    ('empty record within a hello', Alert.UNEXPECTED_MESSAGE,
     record(hello()[:50]) + record(b'') + record(hello()[50:])),
    ('data within a hello', Alert.UNEXPECTED_MESSAGE, record(hello()[:50]) + record(b'data', Content.APPLICATION_DATA)),
    ('data first', Alert.UNEXPECTED_MESSAGE, record(client.request('mta-sts.example.test'), Content.APPLICATION_DATA)),
    ('heartbeat first', Alert.UNEXPECTED_MESSAGE, record(b'\1\0\3abc', 24)),
    ('alert first', Alert.UNEXPECTED_MESSAGE, record(b'\2\x28', Content.ALERT)),
    ('warning first', Alert.UNEXPECTED_MESSAGE, record(b'\1\0', Content.ALERT)),
    ('empty alert first', Alert.UNEXPECTED_MESSAGE, record(b'', Content.ALERT)),
    # GnuTLS 3.8 waits for what follows the first.
    ('wrong changes of cipher without end', Alert.UNEXPECTED_MESSAGE, record(b'\2', Content.CHANGE_CIPHER_SPEC) * 20000),
    ('changes of cipher without end', Alert.UNEXPECTED_MESSAGE, record(b'\1', Content.CHANGE_CIPHER_SPEC) * 20000),
    ('unknown record', Alert.UNEXPECTED_MESSAGE, record(b'abc', 99)),
    # Its first bit makes it a record of SSL 2, too long for one.
    ('unknown record of SSL 2', {Alert.UNEXPECTED_MESSAGE, Alert.RECORD_OVERFLOW}, record(b'abc', 255)),
    ('record over 2^14 bytes', Alert.RECORD_OVERFLOW, record(bytes(16385))),
    ('record of 65535 bytes', Alert.RECORD_OVERFLOW, record(bytes(65535))),
    ('head of a record over 2^14 bytes', Alert.RECORD_OVERFLOW, record(bytes(16385))[:5]),
    ('HTTP', Alert.UNEXPECTED_MESSAGE, client.request('mta-sts.example.test')),
    ('SSH', Alert.UNEXPECTED_MESSAGE, b'SSH-2.0-OpenSSH_9.2\r\n'),
    ('SMTP', Alert.UNEXPECTED_MESSAGE, b'EHLO example.test\r\n'),
    ('PROXY protocol', Alert.UNEXPECTED_MESSAGE, b'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n' + record(hello())),
    ('zeros', Alert.UNEXPECTED_MESSAGE, bytes(100)),

    # The alert arrives although more was sent that nobody reads
    ('wrong version and 64 KB behind it', Alert.PROTOCOL_VERSION, record(hello_12(legacy=tls.TLS_1_1)) + bytes(65536)),
    ('unknown name and 1 MB behind it', Alert.UNRECOGNIZED_NAME, record(hello(name=b'')) + record(bytes(16384)) * 64),
]

GREASE = {
    'suites': (0x0a0a, *tls.SUITES_13, *tls.SUITES_12),
    'groups': tls.groups(0x1a1a, tls.X25519, tls.P256),
    'schemes': tls.schemes(0x2a2a, *tls.ECDSA),
    'alpn': tls.protocols(b'\x3a\x3a', b'http/1.1'),
    'grease': extension(0x4a4a),
    'more': extension(0x5a5a, b'\0'),
}
# What today's clients send beside the mandatory ones.
USUAL = {
    'secret': extension(23),
    'renegotiation': extension(0xff01, b'\0'),
    'ticket': extension(35),
    'status': extension(5, b'\1\0\0\0\0'),
    'certificates': extension(18),
    'compression': extension(27, b'\2\0\2'),
    'modes': extension(45, b'\1\1'),
    'points': extension(11, b'\1\0'),
    'size': extension(28, numbers(16385)),
    'settings': extension(17513, vector(2, b'\2h2')),
}

TAKEN = [
    ('plain', None, *pair()),
    ('one byte in each segment', 1, *pair()),
    ('three bytes in each segment', 3, *pair()),
    ('one byte in each record', None, records(hello(), 1), records(hello_12(), 1)),
    ('7 bytes in each record', None, records(hello(), 7), records(hello_12(), 7)),
    ('100 bytes in each record', None, records(hello(), 100), records(hello_12(), 100)),
    ('one byte in each record, one in each segment', 1, records(hello(), 1), records(hello_12(), 1)),
    ('GREASE', None, record(hello(**GREASE, versions=tls.versions(0x6a6a, tls.TLS_1_3, tls.TLS_1_2),
                                  shares=tls.shares((0x1a1a, b'\0'), (tls.X25519, tls.POINTS[tls.X25519])))),
     record(hello_12(**GREASE))),
    ('what clients send today', None, *pair(**USUAL)),
    ('a hundred unknown extensions', None, *pair(**{str(i): extension(0x4000 + i, bytes(i)) for i in range(100)})),
    *((f'padding of {size} bytes', None, *pair(pad=tls.padding(size))) for size in (0, 1, 255, 512, 4096, 8192, 12000)),
    ('padding in many records and segments', 100, records(hello(pad=tls.padding(12000)), 1000)),
    ('share of a post-quantum size', None, record(hello(
        groups=tls.groups(tls.MLKEM, tls.X25519),
        shares=tls.shares((tls.MLKEM, bytes(1216)), (tls.X25519, tls.POINTS[tls.X25519]))))),
    ('share of P-256', None,
     record(hello(groups=tls.groups(tls.P256), shares=tls.shares((tls.P256, tls.POINTS[tls.P256]))))),
    ('name in capitals', None, *pair(name=tls.names(NAME.upper()))),
    ('name with a dot at its end', None, *pair(name=tls.names(NAME + b'.'))),
    ('500 protocols, the right one last', None,
     *pair(alpn=tls.protocols(*(b'x%d' % i for i in range(500)), b'http/1.1'))),
    ('TLS 1.4 beside 1.3', None, record(hello(versions=tls.versions(tls.TLS_1_4, tls.TLS_1_3)))),
    ('TLS 1.3 in the old place', None, record(hello_12(legacy=tls.TLS_1_3))),
    ('TLS 4 in the old place', None, record(hello_12(legacy=0x0400))),
    ('no groups under TLS 1.2', None, record(hello_12(groups=b''))),
    ('old ticket', None, *pair(ticket=extension(35, bytes(200)))),
    ('unknown pre-shared key', None, *pair(modes=extension(45, b'\1\1'), key=tls.old_key())),
    ('records of 64 bytes', None, *pair(size=extension(28, numbers(64)))),
    ('heartbeat', None, *pair(more=extension(15, b'\1'))),
    ('early data', None, *pair(more=extension(42))),
]

# RFC 8446 and its companions refuse these; GnuTLS 3.7.9 passes over what it does not need.  Nobody is harmed.
FORGIVEN = [
    ('a byte behind the groups', Alert.DECODE_ERROR, *pair(groups=tls.behind(tls.GOOD['groups']))),
    ('a byte behind the protocols', Alert.DECODE_ERROR, *pair(alpn=tls.behind(tls.protocols(b'http/1.1')))),
    ('second protocol beyond the end', Alert.DECODE_ERROR,
     *pair(alpn=extension(16, vector(2, vector(1, b'http/1.1'), b'\x40h2')))),
    ('two names', Alert.ILLEGAL_PARAMETER, *pair(name=tls.names(NAME, b'mta-sts.unknown.test'))),
    ('the share twice', Alert.ILLEGAL_PARAMETER,
     record(hello(shares=tls.shares(*[(tls.X25519, tls.POINTS[tls.X25519])] * 2)))),
    ('unknown extension twice', Alert.ILLEGAL_PARAMETER, *pair(one=extension(0xfafa), other=extension(0xfafa))),
    ('compression under TLS 1.3', Alert.ILLEGAL_PARAMETER, record(hello(compressions=b'\1\0'))),
    ('no modes of pre-shared keys', Alert.DECODE_ERROR, *pair(more=extension(45, b'\0'))),
    ('a cookie nobody gave', Alert.ILLEGAL_PARAMETER, record(hello(more=extension(44, vector(2, b'cookie'))))),
    ('no uncompressed points', Alert.ILLEGAL_PARAMETER, *pair(more=extension(11, b'\1\1'))),
    ('change of cipher first', Alert.UNEXPECTED_MESSAGE, record(b'\1', Content.CHANGE_CIPHER_SPEC) + record(hello())),
]

# A client without a share that is known here is asked for one of X25519; its groups must stay as they were.
GROUPS = tls.groups(tls.X448, tls.X25519)
ASK = record(hello(groups=GROUPS, shares=tls.shares((tls.X448, b'\5' * 56))))


def again(**changes):
    return record(hello(**{'groups': GROUPS, **changes}), version=tls.TLS_1_2)


CKE = record(message(Message.CLIENT_KEY_EXCHANGE, vector(1, tls.POINTS[tls.X25519])), version=tls.TLS_1_2)
CCS = record(b'\1', Content.CHANGE_CIPHER_SPEC, tls.TLS_1_2)
GOOD_13, GOOD_12 = pair()


def later(kind, *parts):
    return record(message(kind, *parts), version=tls.TLS_1_2)


# What comes after a server's first words: (title, alert, the hello before it, the data).
BROKEN = [
    ('asked again: the same hello', Alert.HANDSHAKE_FAILURE, ASK, ASK),
    ('asked again: no share', Alert.HANDSHAKE_FAILURE, ASK, again(shares=tls.shares())),
    ('asked again: bad share', Alert.ILLEGAL_PARAMETER, ASK, again(shares=tls.shares((tls.X25519, bytes(32))))),
    ('asked again: data', Alert.UNEXPECTED_MESSAGE, ASK, record(bytes(40), Content.APPLICATION_DATA, tls.TLS_1_2)),
    # Another version than before is illegal_parameter (RFC 8446, section 4.1.4); GnuTLS has no word for it.
    ('asked again: TLS 1.2', {Alert.ILLEGAL_PARAMETER, Alert.PROTOCOL_VERSION, Alert.INTERNAL_ERROR}, ASK,
     record(hello_12(), version=tls.TLS_1_2)),
    ('sealed garbage', SEALED, GOOD_13, record(bytes(40), Content.APPLICATION_DATA, tls.TLS_1_2)),
    ('sealed, too short', SEALED, GOOD_13, record(bytes(10), Content.APPLICATION_DATA, tls.TLS_1_2)),
    ('message in clear', SEALED, GOOD_13, later(Message.FINISHED, bytes(32))),
    ('changes of cipher without end', SEALED, GOOD_13, CCS * 5000),
    ('second hello', SEALED, GOOD_13, GOOD_13),
    ('record over the limit', SEALED, GOOD_13, record(bytes(16640 + 1), Content.APPLICATION_DATA, tls.TLS_1_2)),
    ('1.2: second hello', Alert.UNEXPECTED_MESSAGE, GOOD_12, record(hello_12(), version=tls.TLS_1_2)),
    ('1.2: bad share', Alert.ILLEGAL_PARAMETER, GOOD_12, later(Message.CLIENT_KEY_EXCHANGE, vector(1, bytes(32)))),
    ('1.2: short share', Alert.ILLEGAL_PARAMETER, GOOD_12, later(Message.CLIENT_KEY_EXCHANGE, vector(1, b'\5' * 31))),
    ('1.2: no share', Alert.DECODE_ERROR, GOOD_12, later(Message.CLIENT_KEY_EXCHANGE)),
    ('1.2: a byte behind the share', Alert.DECODE_ERROR, GOOD_12,
     later(Message.CLIENT_KEY_EXCHANGE, vector(1, tls.POINTS[tls.X25519]), b'\0')),
    ('1.2: share beyond the end', Alert.DECODE_ERROR, GOOD_12, later(Message.CLIENT_KEY_EXCHANGE, b'\x40', bytes(32))),
    ('1.2: change of cipher too early', Alert.UNEXPECTED_MESSAGE, GOOD_12, CCS),
    ('1.2: finished too early', Alert.UNEXPECTED_MESSAGE, GOOD_12, later(Message.FINISHED, bytes(12))),
    ('1.2: finished in clear', Alert.UNEXPECTED_MESSAGE, GOOD_12, CKE + later(Message.FINISHED, bytes(12))),
    ('1.2: finished of garbage', Alert.BAD_RECORD_MAC, GOOD_12, CKE + CCS + record(bytes(40), version=tls.TLS_1_2)),
    ('1.2: a certificate that nobody asked for', Alert.UNEXPECTED_MESSAGE, GOOD_12,
     later(Message.CERTIFICATE, vector(3))),
    ('1.2: data too early', Alert.UNEXPECTED_MESSAGE, GOOD_12,
     CKE + record(bytes(40), Content.APPLICATION_DATA, tls.TLS_1_2)),
    ('1.2: empty records', Alert.UNEXPECTED_MESSAGE, GOOD_12, record(b'', version=tls.TLS_1_2) * 5000),
    ('1.2: empty alert', Alert.UNEXPECTED_MESSAGE, GOOD_12, record(b'', Content.ALERT, tls.TLS_1_2)),
    ('1.2: record of another version', Alert.PROTOCOL_VERSION, GOOD_12, record(bytes(40), version=tls.TLS_1_0)),
    ('1.2: record over the limit', Alert.RECORD_OVERFLOW, GOOD_12, record(bytes(18433), version=tls.TLS_1_2)),
]
