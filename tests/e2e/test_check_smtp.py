# SPDX-License-Identifier: ISC
"""The MX is connected to as a sender would, and nothing that it says does harm."""
import itertools
import ssl
import time

import pytest

from dns_world import MX
from mail_server import CAPABLE, GO_ON, GREETING, MailServer, tls
from test_check import DOMAIN, check, finds, ready  # noqa: F401  # pylint: disable=unused-import

pytestmark = pytest.mark.once

HOST = 'mx.' + DOMAIN


@pytest.fixture
def mx(ready, world, place):  # noqa: F811
    """Begin with an MX whose certificate has these names; returns the server."""
    servers = []
    number = itertools.count()

    def begin(*names, replies=(GREETING, CAPABLE, GO_ON), days=90, self_signed=False, made=None, **settings):
        for one in servers:
            one.close()
        pair = ready.authority.issue(*(names or [HOST]), days=days, self_signed=self_signed, made=made)
        servers[:] = [MailServer(world.namespace, tls(pair, place / f'mx-{next(number)}', **settings), replies)]
        return servers[0]

    yield begin
    for one in servers:
        one.close()


def test_a_good_mx(ready, mx):  # noqa: F811
    server = mx()
    told, answer = check(ready, status=0)
    assert f'{DOMAIN}: 1 warning: nothing is against enforce\n' in told
    said = [one['what'] for one in answer['findings'] if one['about'] == 'starttls']
    assert len(said) == len(MX)
    for address, what in zip(MX, said):
        assert what.startswith(f'MX {HOST} at {address} offers STARTTLS with a certificate that is valid until ')
    # Twice, for people and for programs: greeted, asked for TLS, greeted again, and gone.
    assert server.connections == 2 * len(MX)
    commands = [line.split()[0] for line in server.heard]
    assert {word: commands.count(word) for word in commands} == {'EHLO': 8, 'STARTTLS': 4, 'QUIT': 4}
    ready.ctl('enforce', DOMAIN, '--ca', ready.authority.file)
    assert ready.show(DOMAIN)['mode'] == 'enforce'


@pytest.mark.parametrize('bad, words', [
    ({'names': ['www.example.test']}, 'the certificate does not name this host'),
    ({'days': 1, 'made': '2 days ago'}, 'the certificate is not valid now (from '),
    ({'self_signed': True}, 'the certificate is not trusted'),
    ({'replies': [GREETING, b'250 mx.example.test\r\n']}, 'it does not offer STARTTLS'),
    ({'replies': [GREETING, b'502 no such thing\r\n', b'250 mx.example.test\r\n']}, 'it does not offer STARTTLS'),
    ({'replies': [GREETING, CAPABLE, b'454 not now\r\n']}, 'it does not offer STARTTLS, which enforce requires (it says 454)'),
    ({'minimum_version': ssl.TLSVersion.TLSv1, 'maximum_version': ssl.TLSVersion.TLSv1_1}, 'the TLS handshake fails'),
    ({'replies': [GREETING, CAPABLE, GO_ON + b'not TLS\r\n' * 100]}, ''),
], ids=['another name', 'expired', 'self-signed', 'no STARTTLS', 'no EHLO', 'STARTTLS refused', 'old TLS', 'no TLS'])
def test_an_mx_that_senders_refuse(ready, mx, bad, words):  # noqa: F811
    mx(*bad.get('names', []), **{name: value for name, value in bad.items() if name != 'names'})
    if words:
        finds(ready, 'error', 'starttls', f'MX {HOST} at {MX[0]}', words)
        refused = ready.ctl('enforce', DOMAIN, '--ca', ready.authority.file, status=1)
        assert words in refused.stderr and '--force' in refused.stderr
        assert ready.show(DOMAIN)['mode'] == 'testing'
        ready.ctl('enforce', DOMAIN, '--force')
        assert ready.show(DOMAIN)['mode'] == 'enforce'
    else:  # what stands behind the answer to STARTTLS is not taken for anything that came with TLS
        finds(ready, 'warning', 'starttls', f'MX {HOST} at {MX[0]}', 'not known', status=0)


def test_a_certificate_of_an_mx_that_was_not_renewed(ready, mx):  # noqa: F811
    mx(days=90, made='80 days ago')
    finds(ready, 'warning', 'starttls', HOST, 'offers STARTTLS', status=0)


def for_ever(line):
    def say(connection):
        while True:
            connection.sendall(line)
    return say


def and_close(connection):
    connection.close()


@pytest.mark.parametrize('replies, words', [
    ([b'421 too busy\r\n'], 'it does not talk to this machine, so its TLS is not known (it says 421)'),
    ([b'554 go away\r\n'], 'it does not talk to this machine, so its TLS is not known (it says 554)'),
    ([b'SSH-2.0-OpenSSH_9.2\r\n'], 'not known'),
    ([and_close], 'the connection breaks, so its TLS is not known'),
    ([for_ever(b'x' * 65536)], 'not known'),
    ([for_ever(b'220-again\r\n' * 1000)], 'not known'),
    ([GREETING, for_ever(b'250-' + b'x' * 65536)], 'not known'),
    ([GREETING, for_ever(b'250-x\r\r\r' * 1000)], 'not known'),
    ([b'220 \x1b]0;title\x07\x1b[31m\r\n', b'250-\x1b[2J\r\n250 \x00\r\n'], ''),
], ids=['421', '554', 'another protocol', 'nothing', 'one line for ever', 'lines for ever', 'an answer for ever', 'bare CR', 'escapes'])
def test_an_mx_of_which_nothing_is_known(ready, mx, replies, words):  # noqa: F811
    mx(replies=replies)
    begin = time.monotonic()
    told, answer = check(ready, status=0 if words else 1)
    found = [one for one in answer['findings'] if one['about'] == 'starttls']
    assert len(found) == len(MX) and all(words in one['what'] for one in found), found
    assert all(one['severity'] == ('warning' if words else 'error') for one in found)
    assert all(line.isprintable() for line in told.splitlines()), told
    assert not words or 'nothing is against enforce (not known: TLS of the MX)' in told
    assert time.monotonic() - begin < 120
    if 'it says' in words:  # of the others some have taken their time twice
        done = ready.ctl('enforce', DOMAIN, '--ca', ready.authority.file)
        assert 'not known of 1 domain: whether every MX offers TLS' in done.stderr
        assert ready.show(DOMAIN)['mode'] == 'enforce'


def test_an_mx_that_greets_late_is_waited_for_and_one_that_never_does_is_not(ready, mx):  # noqa: F811
    def late(connection):
        time.sleep(1)
        connection.sendall(b'554 go away\r\n')
    mx(replies=[late])
    finds(ready, 'warning', 'starttls', 'it says 554', status=0)
    mx(replies=[lambda connection: connection.recv(1)])
    finds(ready, 'warning', 'starttls', 'it takes over 20 seconds, so its TLS is not known', status=0)


def test_a_network_that_lets_nothing_out_to_port_25_is_no_fault_of_the_domain(ready):  # noqa: F811
    told, answer = check(ready, status=0)
    (found,) = [one for one in answer['findings'] if one['about'] == 'starttls']
    assert found['severity'] == 'note' and 'not known' in found['what'] and 'a machine that sends mail' in found['instead']
    assert 'nothing is against enforce (not known: TLS of the MX)' in told
    done = ready.ctl('enforce', DOMAIN)
    assert 'mta-stsctl check ' + DOMAIN in done.stderr and ready.show(DOMAIN)['mode'] == 'enforce'


def test_domains_that_share_an_mx_connect_to_it_once(ready, mx, world):  # noqa: F811
    server = mx()
    domains = [DOMAIN] + [f'd{number}.many.test' for number in range(20)]
    for domain in domains[1:]:
        ready.domain(domain, mode='testing', mx=[HOST])
        world.put(domain, 'MX', f'10 {HOST}.')
    ready.reload()
    world.serve()
    ready.ctl('check', '--all', '--ca', ready.authority.file, status=1)  # the others have no policy host
    assert server.connections == len(MX)
