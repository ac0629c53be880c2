# SPDX-License-Identifier: ISC
"""A socket without TLS answers the challenge of a certificate authority (http-01), and nothing else that anybody asks for."""
import concurrent.futures
import contextlib
import re
import shutil
import socket
import threading

import pytest

import client
from conftest import new_place
from host import Host
from http_cases import CASES, NAME, NOTHING, TARGET
from wait import DEADLINE, until

TOKEN = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA'
AUTHORIZATION = TOKEN + '.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI'
FOLDER = '/.well-known/acme-challenge/'
TEXT = client.policy('enforce', ['mail.example.test'])
HOST = NAME.decode()


def open_challenge(host, domain='example.test', token=TOKEN, kind='http-01', **more):
    return host.must('POST', '/v1/challenges', {'host': f'mta-sts.{domain}', 'type': kind, 'token': token,
                                                'authorization': AUTHORIZATION.replace(TOKEN, token), **more})


def end_challenge(host, token=TOKEN):
    return host.must('DELETE', f'/v1/challenges/{token}')['removed']


def visit(way, data, ends=False):
    """Every byte that comes for what is sent, until the orderly end."""
    with socket.create_connection(way, timeout=DEADLINE) as sock:
        sock.sendall(data)
        if ends:
            sock.shutdown(socket.SHUT_WR)
        raw = b''
        while part := sock.recv(65536):
            raw += part
        return raw


def ask(way, target, name=HOST, method='GET'):
    return client.parse(visit(way, client.request(name, method, target)))


def shows(way, name=HOST, token=TOKEN):
    """An authority must get the key authorization as it is to be sent (RFC 8555, section 8.3)."""
    answer = ask(way, FOLDER + token, name)
    assert (answer.status, answer.body) == (200, AUTHORIZATION.replace(TOKEN, token).encode())
    assert answer.field('content-type') == 'application/octet-stream'


def shows_nothing(way, target=FOLDER + TOKEN, name=HOST, status=404, **more):
    answer = ask(way, target, name, **more)
    assert (answer.status, answer.body, answer.field('content-length')) == (status, b'', '0')
    assert not [value for field, value in answer.fields if field == 'location']


def counter(host, name):
    return host.get('/v1/status')['counters'][name]


def gone(host):
    until(lambda: host.get('/v1/status')['connections']['open'] == 0, 'the last connection to go')


class Door:
    """Sockets as systemd passes them: for HTTPS, and for authorities."""

    def __init__(self):
        self.sockets = [(name, socket.create_server(('127.0.0.1', 0), backlog=4096)) for name in ('https', 'challenge')]
        self.way = self.sockets[1][1].getsockname()

    def close(self):
        for _, sock in self.sockets:
            sock.close()


@pytest.fixture
def door():
    with contextlib.closing(Door()) as made:
        yield made


@pytest.fixture
def asked(host, door):
    """A host with one domain, and the way to its socket for authorities in host.way."""
    host.domain('example.test')
    host.certify('example.test')
    host.way = door.way
    host.restart = lambda: host.start_activated(door.sockets)
    return host.restart()


@pytest.fixture(scope='module')
def asked_once(authority):
    """One daemon for all that is malformed."""
    place = new_place()
    made = Host(place, authority)
    with contextlib.closing(Door()) as door:
        made.domain('example.test')
        made.way = door.way
        made.start_activated(door.sockets)
        open_challenge(made)
        yield made
        shows(made.way)
        gone(made)
        made.clean_up()
    shutil.rmtree(place)


def test_the_key_authorization_is_shown_while_the_challenge_is_open_and_at_no_other_time(asked):
    assert asked.get('/v1/acme')['http'] is True
    shows_nothing(asked.way)
    assert open_challenge(asked)['type'] == 'http-01'
    for _ in range(2):
        shows(asked.way)
        shows(asked.way, 'MTA-STS.Example.TEST:80')
    head = ask(asked.way, FOLDER + TOKEN, method='HEAD')
    assert (head.status, head.body, head.field('content-length')) == (200, b'', str(len(AUTHORIZATION)))
    for name in ('mta-sts.other.test', 'example.test', 'other.example.test'):
        shows_nothing(asked.way, name=name)
    assert end_challenge(asked) == 1
    shows_nothing(asked.way)
    open_challenge(asked, kind='tls-alpn-01')
    shows_nothing(asked.way)


def test_nothing_else_is_answered_there_and_nobody_is_led_elsewhere(asked):
    open_challenge(asked)
    for target in (client.PATH, '/', FOLDER, FOLDER[:-1], FOLDER + TOKEN + '/', FOLDER + TOKEN + '?', FOLDER + TOKEN + '?a=b',
                   FOLDER + TOKEN[:-1], FOLDER + TOKEN + 'x', FOLDER + 'x', FOLDER + 'a' * 128, FOLDER + 'a' * 129,
                   FOLDER + '../acme-challenge/' + TOKEN, FOLDER + '%65' + TOKEN[1:], FOLDER + '%00', FOLDER + '%2e%2e',
                   FOLDER + '*', '/' + FOLDER + TOKEN, FOLDER.upper() + TOKEN, '/v1/status', '/metrics'):
        shows_nothing(asked.way, target)
    for method in ('POST', 'PUT', 'DELETE', 'OPTIONS', 'get'):
        shows_nothing(asked.way, method=method, status=405)
    assert visit(asked.way, b'\x16\x03\x01\x02\x00').startswith(b'HTTP/1.1 400 ')
    shows(asked.way)
    assert asked.ask('example.test', client.request(HOST, target=FOLDER + TOKEN)).status == 404


@pytest.mark.parametrize('case', CASES, ids=lambda case: case.name)
def test_what_is_no_request_gets_the_answer_that_it_gets_over_tls(asked_once, case):
    """For the policy there is none here, and no name that a client has shaken hands for."""
    raw = visit(asked_once.way, case.data, case.ends)
    status = 404 if case.status in (200, 405, 421) else case.status
    if status is NOTHING:
        assert raw == b''
        return
    answer = client.parse(raw)
    assert (answer.status, answer.body, len(re.findall(rb'HTTP/\d\.\d \d{3}', raw))) == (status, b'', 1)


@pytest.mark.parametrize('case', [case for case in CASES if case.odd and case.data.count(TARGET)],
                         ids=lambda case: case.name)
def test_what_is_no_request_for_a_token_does_not_get_it(asked_once, case):
    raw = visit(asked_once.way, case.data.replace(TARGET, (FOLDER + TOKEN).encode()), True)
    assert AUTHORIZATION.encode() not in raw


def test_an_authority_is_not_taken_for_a_sender(host, door):
    host.configure(access_log='full')
    host.domain('example.test')
    host.certify('example.test')
    host.start_activated(door.sockets)
    open_challenge(host)
    shows(door.way)
    shows_nothing(door.way, client.PATH)
    shows_nothing(door.way, FOLDER + 'x')
    gone(host)
    row = host.show('example.test')
    assert (row['fetches'], row['last_served_at']) == (0, None)
    assert set(counter(host, 'http_requests_total').values()) == {0}
    assert counter(host, 'http_challenge_requests_total') == {'yes': 1, 'no': 2}
    assert counter(host, 'http_challenge_connections_total') == 3
    assert counter(host, 'http_plain_connections_total') == 0
    host.stop()
    assert [line for line in host.process.lines if ', answered (' in line] == [
        'challenge, answered (domain=example.test tls=- client=127.0.0.1)']


def test_a_challenge_lasts_through_a_restart_and_no_longer_than_its_lifetime(asked):
    open_challenge(asked)
    open_challenge(asked, token='other', kind='tls-alpn-01')
    before = asked.get('/v1/challenges')
    asked.stop()
    asked.restart()
    shows(asked.way)
    asked.process.kill()
    asked.restart()
    shows(asked.way)
    assert asked.get('/v1/challenges') == before

    open_challenge(asked, lifetime=1)
    until(lambda: len(asked.get('/v1/challenges')['challenges']) == 1, 'the end of the challenge')
    shows_nothing(asked.way)
    asked.stop()
    asked.restart()
    shows_nothing(asked.way)


def test_one_token_may_be_that_of_two_challenges(asked):
    """Some authorities have one token for all challenges of a name."""
    open_challenge(asked)
    open_challenge(asked, kind='tls-alpn-01')
    shows(asked.way)
    assert [row['type'] for row in asked.get('/v1/challenges')['challenges']] == ['http-01', 'tls-alpn-01']
    assert end_challenge(asked) == 2
    shows_nothing(asked.way)


@pytest.mark.parametrize('body, why', [
    ({'token': 'a b'}, 'token is none'), ({'token': '../x'}, 'token is none'),
    ({'token': 'é'}, 'token is none'), ({'token': ''}, 'token is none'), ({'token': 'a' * 129}, 'token is none'),
    ({'authorization': 'x'}, 'authorization is not'), ({'authorization': AUTHORIZATION + '\n'}, 'authorization is not'),
    # What is enough of the other type is nothing that could be sent.
    ({'authorization': AUTHORIZATION[-43:]}, 'authorization is not'), ({'type': 'dns-01'}, 'type is not answered here'),
    ({'host': 'mta-sts.unknown.test'}, 'host is the policy host of no domain'),
])
def test_what_is_no_challenge_is_not_opened(asked, body, why):
    whole = {'host': HOST, 'type': 'http-01', 'token': TOKEN, 'authorization': AUTHORIZATION}
    status, answer = asked.api('POST', '/v1/challenges', {**whole, **body})
    assert status in (400, 404, 422) and why in answer['error']['message'], answer
    assert asked.get('/v1/challenges')['challenges'] == []


def test_without_a_socket_for_it_a_challenge_is_refused(example):
    assert example.get('/v1/acme')['http'] is False
    status, answer = example.api('POST', '/v1/challenges', {'host': HOST, 'type': 'http-01', 'token': TOKEN,
                                                            'authorization': AUTHORIZATION})
    assert status == 400 and 'mta-stsd-challenge.socket' in answer['error']['message'], answer
    open_challenge(example, kind='tls-alpn-01')


def start(host, door, **settings):
    """With patience for handshakes, and one open challenge."""
    host.configure(handshake_timeout=60, **settings)
    host.domain('example.test')
    host.certify('example.test')
    host.start_activated(door.sockets)
    open_challenge(host)


def test_a_client_has_as_many_places_there_as_elsewhere_and_takes_none_from_senders(host, door):
    start(host, door, max_connections_per_client=4)
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(socket.create_connection(door.way, timeout=DEADLINE, source_address=('127.0.0.9', 0)))
        until(lambda: host.get('/v1/status')['connections']['open'] == 4, 'all of them to be let in')
        more = stack.enter_context(socket.create_connection(door.way, timeout=DEADLINE, source_address=('127.0.0.9', 0)))
        assert more.recv(1) == b''
        assert counter(host, 'https_refusals_total')['client'] == 1
        shows(door.way)
        host.serves('example.test', TEXT)


@pytest.mark.parametrize('said', [b'GET ', b'GET / HTTP/1.1\r\nHost: x\r\n\r\n', b'?'], ids=['half', 'whole', 'nonsense'])
def test_strangers_who_stay_make_room_for_senders(host, door, said):
    start(host, door, max_connections=16, max_connections_per_client=1000, workers=1)
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(socket.create_connection(door.way, timeout=DEADLINE)).sendall(said)
        until(lambda: counter(host, 'https_evictions_total')['connections'] >= 24, 'the oldest to go')
        host.serves('example.test', TEXT)
        shows(door.way)


def test_challenges_come_and_go_while_others_are_asked_for(asked, rounds):
    open_challenge(asked, token='stays')
    done = threading.Event()

    def authority():
        seen = set()
        while not done.is_set():
            shows(asked.way, token='stays')
            seen.add(ask(asked.way, FOLDER + TOKEN).status)
        return seen

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        running = [pool.submit(authority) for _ in range(4)]
        try:
            for _ in range(rounds(50)):
                open_challenge(asked)
                shows(asked.way)
                assert end_challenge(asked) == 1
                shows_nothing(asked.way)
        finally:
            done.set()
        assert all(one.result() <= {200, 404} for one in running)


def test_who_is_slow_is_cut_off_in_time(host, door):
    host.configure(handshake_timeout=1)
    host.domain('example.test')
    host.start_activated(door.sockets)
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(door.way, timeout=DEADLINE)) for _ in range(20)]
        for length, sock in enumerate(held):
            sock.sendall(client.request(HOST)[:length])
        for sock in held:
            assert sock.recv(1) == b''
    assert counter(host, 'https_deadline_closes_total')['request'] == 20


def test_a_proxy_in_front_says_who_comes(host, door):
    host.configure(access_log='full', proxies=['127.0.0.1'])
    host.domain('example.test')
    host.start_activated(door.sockets)
    open_challenge(host)
    answer = visit(door.way, b'PROXY TCP4 192.0.2.9 192.0.2.1 50000 80\r\n' + client.request(HOST, target=FOLDER + TOKEN))
    assert client.parse(answer).body == AUTHORIZATION.encode()
    assert visit(door.way, client.request(HOST, target=FOLDER + TOKEN)) == b''
    assert host.process.wait_for_line(r'challenge, answered \(domain=example\.test tls=- client=192\.0\.2\.9\)')


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as sock:
        return sock.getsockname()


def test_the_setting_opens_a_socket_and_one_that_cannot_be_had_keeps_no_policy_back(host):
    host.domain('example.test')
    host.certify('example.test')
    with socket.create_server(('127.0.0.1', 0)) as taken:
        way = taken.getsockname()
        host.configure(listen_challenge=['%s:%d' % way])
        host.start()
        host.serves('example.test', TEXT)
        assert host.get('/v1/acme')['http'] is False
        assert host.process.wait_for_line(r'listen_challenge 127\.0\.0\.1:\d+, not possible \(Address already in use\)')
    host.stop()
    host.start()
    open_challenge(host)
    shows(way)
    host.serves('example.test', TEXT)


def test_a_socket_that_is_passed_takes_the_place_of_the_setting(host, door):
    unused = free_port()
    host.configure(listen_challenge=['%s:%d' % unused])
    host.domain('example.test')
    host.start_activated(door.sockets)
    open_challenge(host)
    shows(door.way)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(unused, timeout=DEADLINE)
    assert 'systemctl edit mta-stsd-challenge.socket' in str(host.get('/v1/status'))
