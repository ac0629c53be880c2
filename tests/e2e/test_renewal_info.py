# SPDX-License-Identifier: ISC
"""An authority is asked when to renew its certificates (RFC 9773): what it asks for is done, and nothing that makes no sense."""
import contextlib
import datetime
import email.utils
import http.server
import json
import ssl
import threading
import time
import urllib.request

import pytest

from pebble import DIRECTORY, Pebble

pytestmark = pytest.mark.once

DOMAIN, OTHER = 'example.test', 'other.test'
AGREED = '--agree', '--email', 'postmaster@example.test'
PORT = 14443
HERE = f'https://localhost:{PORT}'
WHY = 'https://ca.example/incident'


def window(start, end, **more):
    """In hours from now, as an answer."""
    def text(hours):
        at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
        return f'{at:%Y-%m-%dT%H:%M:%S.5Z}'
    return 200, json.dumps({'suggestedWindow': {'start': text(start), 'end': text(end)}, **more}).encode(), {}


class Info:
    """What stands before the authority, and what it was asked."""

    def __init__(self):
        self.more = {'renewalInfo': HERE + '/info'}  # in its directory
        self.directory = {'newAccount': HERE, 'newOrder': HERE}
        usual = window(24, 48)
        self.answer = lambda identifier: usual
        self.asked, self.connections, self.looked = [], set(), 0

    def since(self):
        """What was asked since this was called last."""
        asked, self.asked, self.connections = self.asked, [], set()
        return sorted(asked)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    info = None

    def do_GET(self):
        info = self.info
        if self.path == '/dir':
            info.looked += 1
            status, body, headers = 200, json.dumps({**info.directory, **info.more}).encode(), {}
        else:
            assert self.path.startswith('/info/'), self.path
            info.connections.add(self.client_address)
            info.asked.append(self.path[len('/info/'):])
            answer = info.answer(info.asked[-1])
            if answer is None:  # not a word
                self.close_connection = True
                return
            status, body, headers = answer
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in {'Content-Length': str(len(body)), 'Content-Type': 'application/json', **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def info(namespace, place, authority, acme):
    """Before an authority that does not know of it."""
    made = Info()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / 'pebble.pem', place / 'pebble.key')
    server = namespace.inside(http.server.ThreadingHTTPServer, ('127.0.0.1', PORT), type('Own', (Handler,), {'info': made}))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def acme(needs_tools, namespace, host, place, authority):
    needs_tools('uacme', 'pebble', 'pebble-challtestsrv')
    host.prefix = host.operator_prefix = namespace.enter
    host.inside = namespace.inside
    host.configure(listen=['127.0.0.1:443'])
    host.domain(DOMAIN)
    host.domain(OTHER)
    host.start()
    return Pebble(namespace, place, authority, tls_port=443)


@pytest.fixture
def ready(host, acme, info, authority):
    """A host that has its certificates, about which nobody was asked yet."""
    host.authority = acme.start()
    trust = ssl.create_default_context(cafile=str(authority.file))

    def read():
        with urllib.request.urlopen(DIRECTORY, timeout=60, context=trust) as answer:
            return json.load(answer)
    info.directory = host.inside(read)
    info.directory.pop('renewalInfo', None)
    due(host, *AGREED)
    assert host.get('/v1/certificates')['uncovered'] == 0
    info.since()
    return host


def due(host, *arguments, status=0):
    return host.ctl('cert', 'obtain', '--due', '--directory', HERE + '/dir', '--account', host.place / 'acme', *arguments,
                    status=status)


def planned(host):
    return {row['domain']: row for row in json.loads(due(host, '--dry-run', '--json').stdout)['domains']}


def identifiers(host):
    return {one['names'][0][len('mta-sts.'):]: one['renewal_id'] for one in host.get('/v1/certificates')['certificates']}


def kept(host):
    (file,) = (host.place / 'acme').glob('windows-*')
    return file


def begin_anew(host):
    """As if nobody had been asked."""
    kept(host).unlink()


def test_what_the_authority_asks_for_is_renewed_and_not_again_and_again(ready, info):
    before = identifiers(ready)
    info.answer = lambda identifier: (window(-48, -47, explanationURL=WHY) if identifier in revoked else window(24, 48))
    revoked = [before[DOMAIN]]

    said = due(ready)

    assert said.stdout.startswith('nothing is ordered now; ') and said.stderr == ''
    assert info.since() == sorted(before.values())
    assert planned(ready)[DOMAIN]['why'] == 'suggested' and planned(ready)[DOMAIN]['explanation'] == WHY
    assert planned(ready)[OTHER]['why'] == 'suggested' and planned(ready)[OTHER]['explanation'] is None
    assert f'the authority asks for it: {WHY}\n' in due(ready, '--dry-run').stdout

    said = due(ready).stdout

    after = identifiers(ready)
    assert f'{DOMAIN}: obtained' in said and OTHER not in said
    assert after[DOMAIN] != before[DOMAIN] and after[OTHER] == before[OTHER]
    assert info.since() == []

    # It says the same of the new one, which is the second of this day.
    revoked.append(after[DOMAIN])
    assert 'obtained' not in due(ready).stdout
    assert info.since() == [after[DOMAIN]]
    assert 'obtained' not in due(ready).stdout
    assert info.since() == []
    assert planned(ready)[DOMAIN]['why'] == 'renewal'
    assert identifiers(ready) == after


def test_each_certificate_is_asked_about_once_in_half_a_day_and_over_one_connection(ready, info):
    looked = info.looked
    for _ in range(3):
        due(ready)
        due(ready, '--dry-run')
        assert len(info.asked) == 2 and len(info.connections) == 1 and info.looked == looked + 1


def seconds_until_next(host):
    """Until the certificates are asked about again."""
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    return {int(line.split()[2]) - now for line in kept(host).read_text().splitlines()[1:] if not line.startswith('rest ')}


def http_date(seconds):
    """So far from now, as a header has it."""
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


def test_the_authority_says_when_it_is_asked_again_within_bounds(ready, info):
    status, body, _ = window(24, 48)
    for said, least, most in (('7200', 7200, 7200), ('1', 60, 60), ('999999999', 86400, 86400), ('-5', 43200, 43200),
                              ('soon', 43200, 43200), (http_date(80000), 80000, 80000), (http_date(-5), 43200, 43200),
                              (None, 43200, 43200)):
        info.answer = lambda _, said=said: (status, body, {'Retry-After': said} if said else {})
        due(ready)
        assert len(info.since()) == 2
        assert all(least - 60 < seconds <= most + 1 for seconds in seconds_until_next(ready)), (said, seconds_until_next(ready))
        begin_anew(ready)


NONSENSE = {
    'a page': (200, b'<html>not now</html>', {}),
    'ten megabytes': (200, b' ' * 10_000_000, {}),
    'a window of years': window(-48, 48 * 365),
    'an end before its start': window(-24, -48),
    'the far future': window(24 * 365 * 9, 24 * 365 * 9 + 24),
    'nothing of it': (404, b'{}', {}),
    'another place': (302, b'', {'Location': HERE + '/info/elsewhere'}),
}


def test_an_answer_that_makes_no_sense_changes_nothing_and_is_said(ready, info):
    before, plan = identifiers(ready), planned(ready)
    for what, answer in NONSENSE.items():
        info.answer = lambda _, answer=answer: answer
        said = due(ready)
        assert said.stdout.startswith('nothing is ordered now; '), what
        assert f'when to renew 2 of its certificates is of no use, and they are renewed in time without that: {HERE}/info: ' \
            in said.stderr, what
        assert info.since() == sorted(before.values()), what
        assert planned(ready) == plan, what
        assert due(ready).stderr == '' and info.since() == [], what
        begin_anew(ready)
    assert identifiers(ready) == before


def test_an_authority_that_wants_to_be_left_alone_is(ready, info):
    for status in (429, 503):
        info.answer = lambda _, status=status: (status, b'', {'Retry-After': '7200'})
        said = due(ready).stderr
        assert f'the authority does not tell when to renew certificates, which are renewed in time without that: {HERE}/info: ' \
            f'its answer has status {status}\n' in said
        assert len(info.since()) == 1
        looked = info.looked
        due(ready)
        assert info.since() == [] and info.looked == looked
        begin_anew(ready)


def test_one_that_does_not_answer_is_given_up_soon_and_what_it_said_before_stands(ready, info):
    for name in 'third.test', 'fourth.test':
        ready.domain(name)
    ready.reload()
    due(ready)
    due(ready)
    assert len(info.since()) == 4
    plan, file = planned(ready), kept(ready)
    # All of that is long ago.
    lines = [line.split() for line in file.read_text().splitlines()]
    file.write_text('\n'.join(' '.join([line[0], '1', '1', *line[3:]] if len(line) == 6 else line) for line in lines) + '\n')
    info.answer = lambda _: None

    said = due(ready).stderr

    assert f'the authority does not tell when to renew certificates, which are renewed in time without that: {HERE}/info: ' in said
    assert len(info.since()) == 3
    assert planned(ready) == plan and due(ready).stderr == '' and info.since() == []


def test_one_that_says_nothing_of_renewals_is_not_asked_for_a_day(ready, info):
    for more in ({}, {'renewalInfo': 'http://localhost/info'}):
        info.more = more
        looked = info.looked
        for _ in range(3):
            assert due(ready).stderr == ''
        assert info.asked == [] and info.looked == looked + 1
        begin_anew(ready)


def test_what_was_kept_and_is_damaged_is_said_once_and_asked_again(ready, info):
    due(ready)
    plan = planned(ready)
    assert len(info.since()) == 2
    kept(ready).write_text(kept(ready).read_text() + 'nonsense\n')

    said = due(ready).stderr

    assert 'what the authority said of renewals cannot be used, and is asked again' in said
    assert len(info.since()) == 2
    assert due(ready).stderr == '' and planned(ready) == plan
