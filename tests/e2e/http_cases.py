# SPDX-License-Identifier: ISC
"""What a client may send instead of a request for the policy, and the status that each gets.

The statuses come from RFC 9110, RFC 9112 and mta-stsd(8).  What is malformed, or could be taken in two ways by two
readers, is marked as odd and must never get what it asks for.
"""
from dataclasses import dataclass

from client import PATH

NAME = b'mta-sts.example.test'
TARGET = PATH.encode()
LINE = b'GET ' + TARGET + b' HTTP/1.1\r\n'
HOST = b'Host: ' + NAME + b'\r\n'
GOOD = LINE + HOST + b'\r\n'
HEAD_LIMIT = 8192  # bytes of a head with its empty line
TARGET_LIMIT = 256

NOTHING = None  # closed without an answer: the client ended before its head did
STATUSES = {200, 400, 404, 405, 414, 421, 431, 501, 505, NOTHING}


@dataclass(frozen=True)
class Case:
    name: str
    data: bytes
    status: int | None
    odd: bool  # malformed or ambiguous
    ends: bool = False  # the client closes its side of TCP behind the bytes


def fine(name, data, status=200):
    """Well-formed, with one meaning."""
    return Case(name, data, status, False)


def odd(name, data, status=400):
    return Case(name, data, status, True)


def part(name, data):
    """The beginning of a request, and no more to come."""
    return Case(name, data, NOTHING, True, ends=True)


def line(text):
    """A good request but for its request line."""
    return text + b'\r\n' + HOST + b'\r\n'


def method(text):
    return line(text + b' ' + TARGET + b' HTTP/1.1')


def target(text):
    return line(b'GET ' + text + b' HTTP/1.1')


def version(text):
    return line(b'GET ' + TARGET + b' ' + text)


def host(text):
    return LINE + b'Host: ' + text + b'\r\n\r\n'


def fields(*lines, first=LINE):
    """A good request with these fields added."""
    return first + HOST + b''.join(one + b'\r\n' for one in lines) + b'\r\n'


def sized(length, before=b'X: ', after=b''):
    """A good request with one more field that makes its head this long."""
    fill = length - len(fields(before + after))
    return fields(before + b'a' * fill + after)


POST, HEAD, DELETE = (name + b' ' + TARGET + b' HTTP/1.1\r\n' for name in (b'POST', b'HEAD', b'DELETE'))
LINE_1_0 = b'GET ' + TARGET + b' HTTP/1.0\r\n'
SMUGGLED = b'GET ' + TARGET + b' HTTP/1.1\r\nHost: ' + NAME + b'\r\n\r\n'

METHODS = [
    fine('GET', GOOD),
    fine('HEAD', method(b'HEAD')),
    *(fine(f'the known method {name}', method(name.encode()), 405)
      for name in ('POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH', 'CONNECT')),
    fine('a method of WebDAV', method(b'PROPFIND'), 405),
    fine('a method nobody knows', method(b'BREW'), 405),
    fine('a method in lower case', method(b'get'), 405),
    fine('a method in mixed case', method(b'Get'), 405),
    fine('a method that GET begins', method(b'GE'), 405),
    fine('a method that begins with GET', method(b'GETT'), 405),
    fine('a method of odd token characters', method(b"!#$%&'*+-.^_`|~0"), 405),
    fine('a method of 500 letters', method(b'M' * 500), 405),
    fine('a method of 4000 letters', method(b'M' * 4000), 405),
    fine('an unknown method on another path', line(b'BREW / HTTP/1.1'), 404),
    odd('a method with a bracket', method(b'GET(1)')),
    odd('a method with a colon', method(b'GET:')),
    odd('a method with a slash', method(b'GET/')),
    odd('a method in quotes', method(b'"GET"')),
    odd('a method with an 8-bit byte', method(b'G\xc3\x89T')),
    odd('a method with a NUL', method(b'GE\0T')),
    odd('a method with an escape character', method(b'\x1bGET')),
    odd('a method with a bare CR before it', method(b'\rGET')),
]

REQUEST_LINE = [
    odd('an empty line first', b'\r\n' + GOOD),
    odd('three empty lines first', b'\r\n\r\n\r\n' + GOOD),
    odd('a bare LF first', b'\n' + GOOD),
    odd('a blank first', b' ' + GOOD),
    odd('a tab first', b'\t' + GOOD),
    odd('a byte order mark first', b'\xef\xbb\xbf' + GOOD),
    odd('two blanks behind the method', line(b'GET  ' + TARGET + b' HTTP/1.1')),
    odd('two blanks before the version', line(b'GET ' + TARGET + b'  HTTP/1.1')),
    odd('a tab behind the method', line(b'GET\t' + TARGET + b' HTTP/1.1')),
    odd('a tab before the version', line(b'GET ' + TARGET + b'\tHTTP/1.1')),
    odd('a vertical tab for a blank', line(b'GET\x0b' + TARGET + b' HTTP/1.1')),
    odd('a form feed for a blank', line(b'GET\x0c' + TARGET + b' HTTP/1.1')),
    odd('a bare CR for a blank', line(b'GET\r' + TARGET + b' HTTP/1.1')),
    odd('a no-break space for a blank', line(b'GET\xa0' + TARGET + b' HTTP/1.1')),
    odd('a blank behind the version', version(b'HTTP/1.1 ')),
    odd('a tab behind the version', version(b'HTTP/1.1\t')),
    odd('a word behind the version', version(b'HTTP/1.1 HTTP/1.0')),
    odd('four words', line(b'GET ' + TARGET + b' x HTTP/1.1')),
    odd('two targets', line(b'GET / ' + TARGET + b' HTTP/1.1')),
    odd('no method', line(TARGET + b' HTTP/1.1')),
    odd('an empty method', line(b' ' + TARGET + b' HTTP/1.1')),
    odd('no target', line(b'GET HTTP/1.1')),
    odd('an empty target', line(b'GET  HTTP/1.1')),
    odd('no version, but fields', line(b'GET ' + TARGET)),
    odd('an empty version', line(b'GET ' + TARGET + b' ')),
    odd('a method alone', line(b'GET')),
    odd('no request line', HOST + b'\r\n'),
    odd('nothing but an empty line', b'\r\n'),
    odd('nothing but a bare LF', b'\n'),
    odd('HTTP/0.9 with an empty line', b'GET ' + TARGET + b'\r\n\r\n'),
    odd('a status line', b'HTTP/1.1 200 OK\r\n' + HOST + b'\r\n'),
    odd('another protocol', b'EHLO client.example.test\r\n\r\n'),
    odd('a ClientHello inside of TLS', b'\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03\r\n\r\n'),
]

VERSIONS = [
    fine('HTTP/1.0 with a Host', version(b'HTTP/1.0')),
    odd('HTTP/1.0 without a Host', LINE_1_0 + b'\r\n'),
    fine('HTTP/1.0 with keep-alive', fields(b'Connection: keep-alive', first=LINE_1_0)),
    fine('HEAD in HTTP/1.0', fields(first=b'HEAD ' + TARGET + b' HTTP/1.0\r\n')),
    *(fine(f'the version {text}', version(text.encode()), 505)
      for text in ('HTTP/0.9', 'HTTP/1.2', 'HTTP/1.9', 'HTTP/2.0', 'HTTP/3.0', 'HTTP/9.9')),
    *(odd(f'the version {text}', version(text.encode()))
      for text in ('http/1.1', 'Http/1.1', 'HTTP/2', 'HTTP/1', 'HTTP/1.', 'HTTP/.1', 'HTTP/11', 'HTTP/1.10', 'HTTP/01.1',
                   'HTTP/1,1', 'HTTP/1.x', 'HTTP/-1.1', 'HTTP/+1.1', 'HTTPS/1.1', 'HTP/1.1', 'ICY/1.1', 'HTTP 1.1',
                   'HTTP/ 1.1', 'HTTP/1.1;x')),
    odd('a version with a NUL', version(b'HTTP/1.1\0')),
    odd('a version of full-width digits', version('HTTP/１.１'.encode())),
    fine('the preface of HTTP/2', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505),
    fine('the preface of HTTP/2 and a frame', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + bytes(3) + b'\4' + bytes(5), 505),
]

TARGETS = [
    *(fine(f'the target {text}', target(text.encode()), 404)
      for text in ('/', '/index.html', '/mta-sts.txt', '/.well-known', '/.well-known/', '/.well-known/mta-sts',
                   '/.well-known/mta-sts.tx', '/.well-known/mta-sts.txtt', '/.well-known/mta-sts.txt.bak',
                   '/.well-known/security.txt', '/v1/status',
                   PATH + '/', '/' + PATH, '/.well-known//mta-sts.txt', '/.well-known/./mta-sts.txt', '/x/..' + PATH,
                   '/.well-known/../.well-known/mta-sts.txt', '/../../../../etc/passwd',
                   '/.WELL-KNOWN/mta-sts.txt', '/.well-known/MTA-STS.TXT', r'\.well-known\mta-sts.txt', PATH + ';x=y',
                   '/.well-known/mta%2Dsts.txt', '/%2ewell-known/mta-sts.txt', '/%2Ewell-known/mta-sts%2Etxt',
                   '%2f.well-known/mta-sts.txt', '/.well-known%2fmta-sts.txt', PATH + '%00', PATH + '%00.html', '/%00',
                   '/%', '/%zz', PATH + '%', PATH + '%20', PATH + '%0d%0aX:%20y', '/%c0%ae%c0%ae/', '/%25%32%65',
                   PATH + '?', PATH + '?a=b', PATH + '??', PATH + '?%00', PATH + '?x=/../', '?', '/?' + PATH,
                   PATH[1:], '.', '..', '@', ':', '//', '///',
                   '/<script>alert(1)</script>', "/'%20or%201=1", '/{a}|b^`"')),
    odd('a fragment', target(TARGET + b'#top'), 404),
    odd('an empty fragment', target(TARGET + b'#'), 404),
    fine('an absolute target with this authority', target(b'https://' + NAME + TARGET), 404),
    fine('an absolute target with another scheme', target(b'http://' + NAME + TARGET), 404),
    fine('an absolute target with a port', target(b'https://' + NAME + b':443' + TARGET), 404),
    odd('an absolute target with another authority', target(b'https://mta-sts.other.test' + TARGET), 404),
    odd('an absolute target with userinfo', target(b'https://a:b@' + NAME + TARGET), 404),
    odd('an absolute target without authority', target(b'https://' + TARGET), 404),
    odd('a target with a double slash and an authority', target(b'//' + NAME + TARGET), 404),
    fine('an asterisk for OPTIONS', line(b'OPTIONS * HTTP/1.1'), 404),
    odd('an asterisk for GET', target(b'*'), 404),
    fine('an authority for CONNECT', line(b'CONNECT ' + NAME + b':443 HTTP/1.1'), 404),
    odd('an authority for GET', target(NAME + b':443'), 404),
    odd('a target with an 8-bit byte', target(TARGET + b'\xff')),
    odd('a target in UTF-8', target('/.well-known/mtä-sts.txt'.encode())),
    odd('a target with an overlong slash', target(b'/.well-known\xc0\xafmta-sts.txt')),
    odd('a target with a NUL', target(TARGET + b'\0')),
    odd('a target that a NUL ends', target(TARGET + b'\0.html')),
    odd('a target with a blank before a query', target(TARGET + b' ?x')),
    odd('a target with a tab', target(TARGET + b'\tx')),
    odd('a target with a bare CR', target(TARGET + b'\rX: y')),
    odd('a target with a bare LF', target(TARGET + b'\nX: y')),
    odd('a target with DEL', target(TARGET + b'\x7f')),
    odd('a target with an escape character', target(TARGET + b'\x1b[2J')),
    fine('the longest target', target(b'/' + b'a' * (TARGET_LIMIT - 1)), 404),
    fine('the longest target, of slashes', target(b'/' * TARGET_LIMIT), 404),
    fine('the longest target, of a query', target(TARGET + b'?' + b'&' * (TARGET_LIMIT - len(TARGET) - 1)), 404),
    fine('a target one byte too long', target(b'/' + b'a' * TARGET_LIMIT), 414),
    fine('a query too long', target(TARGET + b'?' + b'a' * TARGET_LIMIT), 414),
    fine('a target far too long', target(b'/' + b'a' * 7000), 414),
    fine('a POST to a target too long', line(b'POST /' + b'a' * 300 + b' HTTP/1.1'), 414),
]

HOSTS = [
    *(fine(f'the Host {text!r}', host(text.encode()))
      for text in ('mta-sts.example.test.', 'MTA-STS.EXAMPLE.TEST', 'Mta-Sts.Example.Test.', 'mta-sts.example.test:443',
                   'mta-sts.example.test:8443', 'mta-sts.example.test:0', 'mta-sts.example.test:65535',
                   'mta-sts.example.test.:443', 'mta-sts.example.test \t', '  \t mta-sts.example.test')),
    fine('a Host with nothing behind the colon', LINE + b'Host:' + NAME + b'\r\n\r\n'),
    fine('a HOST in upper case', LINE + HOST.upper() + b'\r\n'),
    fine('a Host behind other fields', LINE + b'A: b\r\n' + HOST + b'\r\n'),
    *(fine(f'the Host {text!r} of somebody else', host(text.encode()), 421)
      for text in ('example.test', 'mta-sts.other.test', 'mta-sts.example.test.other.test', 'a.mta-sts.example.test',
                   'mta-sts.example.tes', 'xmta-sts.example.test', 'mta-sts.other.test:443')),
    fine('somebody else\'s Host on another path', b'GET / HTTP/1.1\r\nHost: mta-sts.other.test\r\n\r\n', 421),
    fine('somebody else\'s Host and another method', b'POST / HTTP/1.1\r\nHost: mta-sts.other.test\r\n\r\n', 421),
    odd('no Host', LINE + b'\r\n'),
    odd('no Host, but its cousins', LINE + b'X-Forwarded-Host: ' + NAME + b'\r\nForwarded: host=' + NAME + b'\r\n\r\n'),
    odd('no Host, but an absolute target', b'GET https://' + NAME + TARGET + b' HTTP/1.1\r\n\r\n'),
    odd('two Hosts', fields(b'Host: mta-sts.other.test')),
    odd('two Hosts that are the same', fields(HOST[:-2])),
    odd('two Hosts, the other way round', LINE + b'Host: mta-sts.other.test\r\n' + HOST + b'\r\n'),
    odd('two Hosts in another case', fields(b'HOST: ' + NAME)),
    odd('two Hosts, one of them empty', fields(b'Host:')),
    odd('two Hosts with much between them', fields(*[b'A: b'] * 200, HOST[:-2])),
    *(odd(f'the Host {text!r}', host(text.encode('latin-1')))
      for text in ('', ' ', '.', ':443', '@', 'mta-sts.example.test..', '.mta-sts.example.test', 'mta-sts..example.test',
                   'mta-sts.example.test:port', 'mta-sts.example.test:-1', 'mta-sts.example.test:+443',
                   'mta-sts.example.test:65536', 'mta-sts.example.test:4294967739', 'mta-sts.example.test: 443',
                   'mta-sts.example.test :443', 'mta-sts.example.test:443:443', 'mta-sts.example.test:0x1bb',
                   'user@mta-sts.example.test', 'user:pass@mta-sts.example.test', 'mta-sts.example.test@other.test',
                   'mta-sts.example.test, mta-sts.other.test', 'mta-sts.example.test,mta-sts.example.test',
                   'mta-sts.example.test mta-sts.other.test', 'https://mta-sts.example.test', 'mta-sts.example.test/',
                   'mta-sts.example.test?', 'mta-sts.example.test#', '*.example.test', 'mta_sts.example.test',
                   'mta-sts.ex%61mple.test', 'mta-sts.exämple.test', 'mta-sts.example.test\x01',
                   'mta-sts.example.test\0', 'mta-sts.example.test\0.other.test', '"mta-sts.example.test"',
                   '(mta-sts.example.test)',
                   '127.0.0.1', '127.0.0.1:443', '[::1]', '[::1]:443', '[mta-sts.example.test]', '::1',
                   'a' * 64 + '.example.test', 'mta-sts.' + 'a.' * 130 + 'test')),
    odd('a blank before the colon of the Host', LINE + b'Host : ' + NAME + b'\r\n\r\n'),
    odd('a tab before the colon of the Host', LINE + b'Host\t: ' + NAME + b'\r\n\r\n'),
    odd('a blank before the Host', LINE + b' ' + HOST + b'\r\n'),
    odd('a folded Host', LINE + b'Host:\r\n ' + NAME + b'\r\n\r\n'),
    odd('a Host with a folded rest', LINE + HOST + b' .other.test\r\n\r\n'),
    odd('a Host without a colon', LINE + b'Host ' + NAME + b'\r\n\r\n'),
    odd('a Host that a bare CR ends', LINE + b'Host: ' + NAME + b'\rHost: mta-sts.other.test\r\n\r\n'),
    odd('a Host that a bare LF ends', LINE + b'Host: ' + NAME + b'\nHost: mta-sts.other.test\r\n\r\n'),
]

FIELDS = [
    fine('an empty value', fields(b'X:')),
    fine('a value of blanks', fields(b'X: \t ')),
    fine('a value with colons', fields(b'X: a: b: c')),
    fine('a value of 8-bit bytes', fields(b'X: \x80\xff\xc3\xa9')),
    fine('a value with tabs', fields(b'X:\ta\tb\t')),
    fine('a name of odd token characters', fields(b"!#$%&'*+-.^_`|~0: x")),
    fine('the same field twice', fields(b'X: 1', b'X: 2')),
    fine('what curl sends', fields(b'User-Agent: curl/7.88.1', b'Accept: */*')),
    fine('what a browser sends', fields(b'User-Agent: Mozilla/5.0 (X11; a) "b"', b'Accept: text/html,*/*;q=0.8',
                                        b'Accept-Language: en', b'Accept-Encoding: gzip, deflate, br', b'DNT: 1',
                                        b'Cookie: a=b; c=d', b'Referer: https://other.test/', b'Origin: null')),
    fine('credentials', fields(b'Authorization: Basic YTpi', b'Proxy-Authorization: Basic YTpi')),
    fine('a field that was never a Host', fields(b'Hosts: a', b'X-Host: b', b'Hos: c', b'Ho-st: d')),
    odd('a field without a colon', fields(b'X')),
    odd('a field of two words', fields(b'X y')),
    odd('an empty name', fields(b': x')),
    odd('a colon alone', fields(b':')),
    odd('a blank before a colon', fields(b'X : y')),
    odd('a tab before a colon', fields(b'X\t: y')),
    odd('a blank in a name', fields(b'X y: z')),
    odd('a blank before a name', fields(b' X: y')),
    odd('a blank before the first name', LINE + b' X: y\r\n' + HOST + b'\r\n'),
    odd('a line of blanks', fields(b'   ')),
    odd('a name with a bracket', fields(b'X(: y')),
    odd('a name in quotes', fields(b'"X": y')),
    odd('a name with an 8-bit byte', fields(b'X\xe9: y')),
    odd('a name with a control character', fields(b'X\x01: y')),
    odd('a name with a NUL', fields(b'X\0: y')),
    odd('a name with DEL', fields(b'X\x7f: y')),
    *(odd(f'a value with the control character {one:#04x}', fields(b'X: a' + bytes([one]) + b'b'))
      for one in (0x00, 0x01, 0x08, 0x0b, 0x0c, 0x1b, 0x1f, 0x7f)),
    odd('a value that a NUL begins', fields(b'X: \0')),
    odd('a bare CR in a value', fields(b'X: a\rb')),
    odd('a bare CR at the end of a value', fields(b'X: a\r')),
    odd('a bare CR in a name', fields(b'X\r: a')),
    odd('a bare CR that hides a field', fields(b'X: a\rTransfer-Encoding: chunked')),
    odd('a bare LF behind a field', LINE + HOST + b'X: a\n\r\n'),
    odd('a bare LF behind the request line', LINE[:-2] + b'\n' + HOST + b'\r\n'),
    odd('a bare LF for the empty line', LINE + HOST + b'\n'),
    odd('a bare LF behind the Host', LINE + HOST[:-2] + b'\n\r\n'),
    odd('bare LFs throughout', GOOD.replace(b'\r\n', b'\n')),
    odd('LF CR for CR LF', GOOD.replace(b'\r\n', b'\n\r') + b'\n'),
    odd('CR CR LF for CR LF', GOOD.replace(b'\r\n', b'\r\r\n') + b'\r\n'),
    odd('a folded value', fields(b'X: a', b' b')),
    odd('a value folded with a tab', fields(b'X: a', b'\tb')),
    odd('a value folded into nothing', fields(b'X: a', b' ')),
    odd('a fold that hides a field', fields(b'X: a', b' Host: mta-sts.other.test')),
    odd('a folded name', fields(b'X', b' : a')),
    odd('fields in UTF-16', LINE + HOST.decode().encode('utf-16-le') + b'\r\n\r\n'),
    part('a bare CR for every line end', GOOD.replace(b'\r\n', b'\r')),
]

SIZES = [
    fine('a head of exactly the limit', sized(HEAD_LIMIT)),
    fine('a head one byte too long', sized(HEAD_LIMIT + 1), 431),
    fine('a name up to the limit', sized(HEAD_LIMIT, b'X', b': y')),
    fine('a name too long', sized(HEAD_LIMIT + 1, b'X', b': y'), 431),
    fine('a value of 64 KiB', sized(65536), 431),
    fine('small fields up to the limit', fields(*[b'a: b'] * ((HEAD_LIMIT - len(GOOD)) // 6))),
    fine('small fields too many', fields(*[b'a: b'] * (HEAD_LIMIT // 6)), 431),
    fine('empty fields up to the limit', fields(*[b'a:'] * ((HEAD_LIMIT - len(GOOD)) // 4))),
    fine('blanks behind a colon up to the limit', sized(HEAD_LIMIT).replace(b'aaa', b'   ')),
    fine('a head of the limit and a second request', sized(HEAD_LIMIT) + SMUGGLED),
    odd('a malformed head of exactly the limit', sized(HEAD_LIMIT, b'X :')),
    odd('letters without an end', b'A' * 9000, 431),
    odd('a target without an end', b'GET /' + b'a' * 9000, 431),
    odd('NULs without an end', bytes(9000), 431),
    odd('blanks without an end', b' ' * 9000, 431),
    odd('a name without an end', LINE + HOST + b'X' * 9000, 431),
    odd('CRs without an end', b'\r' * 9000, 431),
]

FRAMING = [
    *(fine(f'GET with the Content-Length {text!r}', fields(b'Content-Length:' + text.encode()))
      for text in ('0', ' 0', ' 000', ' 0 \t')),
    fine('HEAD with a Content-Length of 0', fields(b'Content-Length: 0', first=HEAD)),
    *(odd(f'GET with the Content-Length {text!r}', fields(b'Content-Length: ' + text.encode()))
      for text in ('5', '1', '-1', '-0', '+0', '+5', '', '0, 0', '0,0', '5, 5', '0;5', '0 0', '0 5', '0x0', '0x5', '0.0',
                   '5e0', '1_0', 'a', 'zero', '"0"', '00000000000000000005', '4294967296', '18446744073709551616',
                   '9' * 400)),
    odd('a Content-Length of Arabic digits', fields('Content-Length: ٠'.encode())),
    odd('two Content-Lengths that are the same', fields(b'Content-Length: 0', b'Content-Length: 0')),
    odd('two Content-Lengths', fields(b'Content-Length: 0', b'Content-Length: 5')),
    odd('two Content-Lengths in another case', fields(b'Content-Length: 5', b'CONTENT-LENGTH: 0')),
    odd('a blank before the colon of a Content-Length', fields(b'Content-Length : 0')),
    odd('a folded Content-Length', fields(b'Content-Length: 0', b' 5')),
    odd('HEAD with a Content-Length', fields(b'Content-Length: 5', first=HEAD)),
    odd('POST with two Content-Lengths that are the same',
        fields(b'Content-Length: 5', b'Content-Length: 5', first=POST) + b'hello'),
    odd('POST with a Content-Length in hex', fields(b'Content-Length: 0x5', first=POST) + b'hello'),
    odd('POST with a negative Content-Length', fields(b'Content-Length: -5', first=POST) + b'hello'),
    fine('POST with a Content-Length beyond all numbers', fields(b'Content-Length: ' + b'9' * 400, first=POST), 405),
    *(odd(f'the Transfer-Encoding {text!r}',
          fields(b'Transfer-Encoding: ' + text.encode('latin-1')) + b'0\r\n\r\n', 501)
      for text in ('chunked', 'identity', 'gzip', 'gzip, chunked', 'chunked, chunked', 'chunked, identity', 'xchunked',
                   'CHUNKED', 'chunked;x=y', '"chunked"', ' \tchunked\t', 'chunked\xa0', ',chunked', '')),
    odd('a TRANSFER-ENCODING in upper case', fields(b'TRANSFER-ENCODING: chunked') + b'0\r\n\r\n', 501),
    odd('two Transfer-Encodings',
        fields(b'Transfer-Encoding: chunked', b'Transfer-Encoding: identity') + b'0\r\n\r\n', 501),
    odd('POST with a Transfer-Encoding', fields(b'Transfer-Encoding: chunked', first=POST) + b'0\r\n\r\n', 501),
    odd('HEAD with a Transfer-Encoding', fields(b'Transfer-Encoding: chunked', first=HEAD) + b'0\r\n\r\n', 501),
    odd('a Transfer-Encoding in HTTP/1.0', fields(b'Transfer-Encoding: chunked', first=LINE_1_0) + b'0\r\n\r\n'),
    odd('a blank before the colon of a Transfer-Encoding', fields(b'Transfer-Encoding : chunked') + b'0\r\n\r\n'),
    odd('a folded Transfer-Encoding', fields(b'Transfer-Encoding:', b' chunked') + b'0\r\n\r\n'),
    odd('a Transfer-Encoding with a vertical tab', fields(b'Transfer-Encoding: \x0bchunked') + b'0\r\n\r\n'),
    odd('a Transfer-Encoding beside a Content-Length of 0',
        fields(b'Transfer-Encoding: chunked', b'Content-Length: 0') + b'0\r\n\r\n'),
    fine('coding words in other fields', fields(b'TE: trailers, chunked', b'Trailer: X', b'X-Transfer-Encoding: chunked',
                                                b'Content-Encoding: gzip')),
]

BODIES = [
    fine('POST with a body', fields(b'Content-Length: 5', first=POST) + b'hello', 405),
    fine('POST with a body that never comes', fields(b'Content-Length: 5', first=POST), 405),
    fine('POST with half a body', fields(b'Content-Length: 5', first=POST) + b'he', 405),
    fine('POST without a length', fields(first=POST) + b'hello', 405),
    fine('POST of a form', fields(b'Content-Type: application/x-www-form-urlencoded', b'Content-Length: 3',
                                  first=POST) + b'a=b', 405),
    fine('DELETE with a body', fields(b'Content-Length: 5', first=DELETE) + b'hello', 405),
    fine('a body on another path', b'POST / HTTP/1.1\r\n' + HOST + b'Content-Length: 5\r\n\r\nhello', 404),
    fine('a policy as a body', fields(b'Content-Length: 14', first=POST) + b'version: STSv1', 405),
    fine('bytes behind GET that nothing announced', GOOD + b'hello'),
    fine('a million bytes behind GET', GOOD + bytes(1 << 20)),
    fine('a million bytes behind POST', fields(b'Content-Length: 1048576', first=POST) + bytes(1 << 20), 405),
    odd('GET with a body', fields(b'Content-Length: 5') + b'hello'),
    fine('Expect: 100-continue', fields(b'Expect: 100-continue')),
    fine('Expect: 100-continue before a body', fields(b'Expect: 100-continue', b'Content-Length: 5', first=POST), 405),
    fine('an expectation nobody knows', fields(b'Expect: 200-ok')),
]

CONNECTIONS = [
    fine('Connection: keep-alive', fields(b'Connection: keep-alive', b'Keep-Alive: timeout=600')),
    fine('Connection: close', fields(b'Connection: close')),
    fine('two Connections', fields(b'Connection: keep-alive', b'Connection: close')),
    fine('Proxy-Connection', fields(b'Proxy-Connection: keep-alive', b'Via: 1.1 proxy.test')),
    fine('Upgrade: h2c', fields(b'Connection: Upgrade, HTTP2-Settings', b'Upgrade: h2c', b'HTTP2-Settings: AAMAAABk')),
    fine('Upgrade: h2c and the preface', fields(b'Connection: Upgrade', b'Upgrade: h2c')
         + b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    fine('Upgrade: websocket', fields(b'Connection: Upgrade', b'Upgrade: websocket', b'Sec-WebSocket-Version: 13',
                                      b'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')),
    fine('Upgrade: TLS/1.0', fields(b'Connection: Upgrade', b'Upgrade: TLS/1.0')),
    fine('If-None-Match', fields(b'If-None-Match: "x"')),
    fine('If-None-Match: *', fields(b'If-None-Match: *')),
    fine('If-Match', fields(b'If-Match: "x"')),
    fine('If-Modified-Since', fields(b'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT')),
    fine('If-Unmodified-Since', fields(b'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT')),
    fine('If-Range', fields(b'If-Range: "x"', b'Range: bytes=0-4')),
    fine('a Range', fields(b'Range: bytes=0-4')),
    fine('a Range of the last bytes', fields(b'Range: bytes=-5')),
    fine('a Range behind the end', fields(b'Range: bytes=100000-')),
    fine('many Ranges', fields(b'Range: bytes=' + b','.join(b'%d-' % i for i in range(1000)))),
    fine('HEAD with a Range', fields(b'Range: bytes=0-4', first=HEAD)),
    fine('Accept of another type', fields(b'Accept: application/json', b'Accept-Charset: utf-16')),
    fine('Accept-Encoding', fields(b'Accept-Encoding: gzip, br, identity;q=0')),
    fine('a method to use instead', fields(b'X-HTTP-Method-Override: DELETE')),
]

PIPELINES = [
    fine('two requests', GOOD * 2),
    fine('three requests', GOOD * 3),
    fine('a hundred requests', GOOD * 100),
    fine('two requests with keep-alive', fields(b'Connection: keep-alive') * 2),
    fine('GET behind HEAD', method(b'HEAD') + GOOD),
    fine('HEAD behind GET', GOOD + method(b'HEAD')),
    fine('GET behind POST', method(b'POST') + GOOD, 405),
    fine('GET behind another path', target(b'/') + GOOD, 404),
    fine('GET behind somebody else\'s', host(b'mta-sts.other.test') + GOOD, 421),
    fine('somebody else\'s behind GET', GOOD + host(b'mta-sts.other.test')),
    fine('GET behind HTTP/2.0', version(b'HTTP/2.0') + GOOD, 505),
    odd('GET behind a malformed one', host(b'') + GOOD),
    odd('GET behind HTTP/0.9', b'GET ' + TARGET + b'\r\n\r\n' + GOOD),
    fine('garbage behind GET', GOOD + bytes(range(256))),
    fine('half a request behind GET', GOOD + LINE),
]

SMUGGLING = [
    odd('a length before chunks', fields(b'Content-Length: %d' % (5 + len(SMUGGLED)), b'Transfer-Encoding: chunked',
                                         first=POST) + b'0\r\n\r\n' + SMUGGLED),
    odd('chunks before a length', fields(b'Transfer-Encoding: chunked', b'Content-Length: 4', first=POST)
        + b'%x\r\n' % len(SMUGGLED) + SMUGGLED + b'\r\n0\r\n\r\n'),
    odd('chunks twice, once in disguise', fields(b'Transfer-Encoding: chunked', b'Transfer-encoding: cow', first=POST)
        + b'0\r\n\r\n' + SMUGGLED, 501),
    odd('chunks with a request behind them', fields(b'Transfer-Encoding: chunked', first=POST) + b'0\r\n\r\n' + SMUGGLED,
        501),
    odd('GET with a request inside of its body', fields(b'Content-Length: %d' % len(SMUGGLED)) + SMUGGLED),
    odd('HEAD with a request inside of its body', fields(b'Content-Length: %d' % len(SMUGGLED), first=HEAD) + SMUGGLED),
    fine('POST with a request inside of its body',
         fields(b'Content-Length: %d' % len(SMUGGLED), first=POST) + SMUGGLED, 405),
    fine('POST of length 0 with a request behind it', fields(b'Content-Length: 0', first=POST) + SMUGGLED, 405),
    odd('a request inside of a folded field', fields(b'X: y', b' ' + LINE[:-2], HOST[:-2])),
    odd('a request behind a bare LF pair', LINE + HOST + b'X: y\n\n' + SMUGGLED),
    odd('a request behind LF CR LF', LINE + HOST + b'X: y\n\r\n' + SMUGGLED),
    odd('a request behind a NUL', LINE + HOST + b'\0' + SMUGGLED),
]

ENDS = [
    part('nothing', b''),
    part('one byte', b'G'),
    part('HTTP/0.9 as it was', b'GET ' + TARGET + b'\r\n'),
    part('a request line', LINE),
    part('a request line without its LF', LINE[:-1]),
    part('a head without its empty line', LINE + HOST),
    part('a head without its last LF', GOOD[:-1]),
    part('the preface of HTTP/2 as far as its first line', b'PRI * HTTP/2.0\r\n'),
    part('NULs that end', bytes(100)),
    Case('a whole request that ends', GOOD, 200, False, ends=True),
    Case('a refused request that ends', host(b''), 400, True, ends=True),
]

CASES = [*METHODS, *REQUEST_LINE, *VERSIONS, *TARGETS, *HOSTS, *FIELDS, *SIZES, *FRAMING, *BODIES, *CONNECTIONS,
         *PIPELINES, *SMUGGLING, *ENDS]
