# SPDX-License-Identifier: ISC
"""Clients that send something else than what was meant."""
import re
import shutil

import pytest

import client
from conftest import new_place
from host import Host
from http_cases import CASES, GOOD, HEAD_LIMIT, NAME, NOTHING, STATUSES
from wait import until

TEXT = client.policy('enforce', ['mail.example.test'])
STATUS_LINE = re.compile(rb'HTTP/\d\.\d \d{3}')
SHOWN = 300  # bytes of a request or answer in the words of a failure


@pytest.fixture(scope='module')
def door(authority):
    """One daemon for all of them: what one client does must not matter to the next."""
    place = new_place()
    made = Host(place, authority)
    try:
        made.domain('example.test')
        made.certify('example.test', 'other.test')
        yield made.start()
        assert_at_rest(made)
    finally:
        made.clean_up()
        shutil.rmtree(place)


def assert_at_rest(host):
    """All connections have gone and it serves."""
    until(lambda: host.get('/v1/status')['connections']['open'] == 0, 'the last connection to go')
    host.serves('example.test', TEXT)


def visit(host, pieces, ends=False, name=NAME):
    """Send pieces, each when the one before it has been read, and return every byte that comes."""
    with client.Connection(host.addresses[0], name.decode(), host.authority) as connection:
        for i, piece in enumerate(pieces):
            if i > 0:
                connection.wait_until_read()
            connection.send(piece)
        if ends:
            connection.end()
        return connection.read_bytes()


def faults_of_answer(answer, asked):
    """What is wrong with an answer of any status, in words."""
    lengths = [value for name, value in answer.fields if name == 'content-length']
    connections = [value.lower() for name, value in answer.fields if name == 'connection']
    whole = len(TEXT) if answer.status == 200 else 0
    body = TEXT if answer.status == 200 and not asked.startswith(b'HEAD ') else b''
    if connections != ['close']:
        yield f'Connection is {connections}'
    if answer.body != body:
        yield f'the body is not {body!r}'
    if lengths != [str(whole)]:
        yield f'Content-Length is {lengths}, not {whole}'
    if any(name == 'transfer-encoding' for name, _ in answer.fields):
        yield 'it has a Transfer-Encoding'
    if answer.status != 200 and re.search(rb'STSv1|mode:', answer.raw):
        yield 'it looks like a policy'
    if (answer.status == 405) != any(field == ('allow', 'GET, HEAD') for field in answer.fields):
        yield 'Allow does not fit'


def faults_of_bytes(raw, asked, status):
    count = len(STATUS_LINE.findall(raw))
    if status is NOTHING:
        return [] if raw == b'' else ['it was answered']
    if count != 1:
        return [f'{count} status lines']
    answer = client.parse(raw)
    wrong = [] if answer.status == status else [f'{answer.status}, not {status}']
    return wrong + list(faults_of_answer(answer, asked))


def shorten(data):
    return repr(data) if len(data) <= SHOWN else f'{data[:SHOWN]!r} and {len(data) - SHOWN} bytes more'


def assert_answered(raw, name, asked, status):
    faults = faults_of_bytes(raw, asked, status)
    assert not faults, f'{name}: {"; ".join(faults)}\nsent: {shorten(asked)}\ncame: {shorten(raw)}'


def test_the_table_is_sound():
    """What the rows themselves promise."""
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)
    assert len({(case.data, case.ends) for case in CASES}) == len(CASES)
    assert {case.status for case in CASES} == STATUSES
    wanted = [case.name for case in CASES if case.odd and case.status is not NOTHING and not 400 <= case.status <= 599]
    assert not wanted, f'odd, and yet answered: {wanted}'
    too_long = [case.name for case in CASES if case.status == 200 and case.data.index(b'\r\n\r\n') + 4 > HEAD_LIMIT]
    assert not too_long, f'longer than a head may be: {too_long}'


@pytest.mark.parametrize('case', CASES, ids=lambda case: case.name)
def test_one_answer_of_this_status_and_the_end(door, case):
    assert_answered(visit(door, [case.data], case.ends), case.name, case.data, case.status)


@pytest.mark.parametrize('status', sorted(STATUSES - {431}, key=str), ids=str)
def test_byte_by_byte_it_is_the_same(door, status):
    """One case of each status, but for the one that takes 8 KiB."""
    case = min((case for case in CASES if case.status == status), key=lambda case: (abs(len(case.data) - len(GOOD))))
    pieces = [bytes([byte]) for byte in case.data]
    assert_answered(visit(door, pieces, case.ends), case.name, case.data, status)


def test_a_request_may_come_in_two_pieces_split_anywhere(door):
    for at in range(1, len(GOOD)):
        raw = visit(door, [GOOD[:at], GOOD[at:]])
        assert_answered(raw, f'split at {at}', GOOD, 200)


def test_a_head_too_long_is_431_in_whatever_pieces(door):
    """The limit is met in the middle of a piece, at its end, and long after."""
    head = next(case.data for case in CASES if case.name == 'a value of 64 KiB')
    for size in (HEAD_LIMIT - 1, HEAD_LIMIT, HEAD_LIMIT + 1, 1000, 16384):
        pieces = [head[i:i + size] for i in range(0, 2 * HEAD_LIMIT, size)]
        assert_answered(visit(door, pieces), f'in pieces of {size}', head, 431)


def test_a_second_request_on_the_same_connection_is_not_read(door):
    """It comes when the first has been answered and the server's side is closed."""
    with client.Connection(door.addresses[0], NAME.decode(), door.authority) as connection:
        connection.send(GOOD)
        assert_answered(connection.read_bytes(), 'the first request', GOOD, 200)
        connection.send(GOOD)
        assert connection.read_bytes() == b''


def test_a_name_with_a_certificate_and_no_policy_is_404(door):
    data = GOOD.replace(NAME, b'mta-sts.other.test')
    assert_answered(visit(door, [data], name=b'mta-sts.other.test'), 'no policy', data, 404)
