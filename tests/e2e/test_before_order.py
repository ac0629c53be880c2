# SPDX-License-Identifier: ISC
"""An order that cannot succeed is never sent, and it is said why, and what to do."""
import contextlib
import http.server
import json
import os
import re
import socket
import ssl
import threading

import pytest

from dns_world import ADDRESSES, NS1, NS2, POLICY_HOST

pytestmark = pytest.mark.once

DOMAIN = 'example.test'
HOST = 'mta-sts.' + DOMAIN
NOBODY, STRANGER = '127.0.0.8', '127.0.0.9'
AGREED = '--agree', '--email', 'postmaster@example.test'
ISSUER = 'https://localhost:14000/dir'
SAYS = json.dumps({'newAccount': ISSUER, 'newOrder': ISSUER, 'meta': {'caaIdentities': ['letsencrypt.org']}}).encode()

# It has an account wherever it is asked for one, and puts down its orders, which fail.
UACME = '''#!/bin/sh
here=${0%/*}
case " $* " in
*" new "*)
	if [ -e "$here/../acme/private/key.pem" ]; then
		echo "uacme: Account already exists at https://localhost:14000/account/7" >&2
		exit 2
	fi
	mkdir -p "$here/../acme/private"; echo key >"$here/../acme/private/key.pem"; exit 0 ;;
esac
echo "$* $MTA_STSCTL_CHALLENGES" >>"$here/orders"
if [ -e "$here/http-only" ] && [ "$MTA_STSCTL_CHALLENGES" = tls-alpn-01 ]; then
	echo "uacme: no challenge completed" >&2
	exit 1
fi
echo "refused by the test" >&2
exit 1
'''


class Directory(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Length', str(len(SAYS)))
        self.end_headers()
        self.wfile.write(SAYS)

    def log_message(self, *_):
        pass


@pytest.fixture
def issuer(namespace, place, authority):
    """An authority that says who it is, and no more."""
    certs = namespace.etc / 'ssl' / 'certs'
    certs.mkdir(parents=True)
    (certs / 'ca-certificates.crt').write_text(authority.file.read_text())
    authority.issue('localhost').write(place / 'issuer.pem', place / 'issuer.key')
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / 'issuer.pem', place / 'issuer.key')
    server = namespace.inside(http.server.HTTPServer, ('127.0.0.1', 14000), Directory)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def ready(site, issuer):
    """A host in the world, without a certificate, to which its name leads."""
    assert issuer
    bin_ = site.place / 'bin'
    bin_.mkdir()
    (bin_ / 'uacme').write_text(UACME)
    (bin_ / 'uacme').chmod(0o755)
    site.operator_prefix = [*site.operator_prefix, 'env', f'PATH={bin_}:{os.environ["PATH"]}']
    site.domain(DOMAIN)
    return site.start()


def obtain(host, *arguments, status=1):
    return host.ctl('cert', 'obtain', '--account', host.place / 'acme', '--directory', ISSUER, *AGREED, *arguments, status=status)


def orders(host):
    file = host.place / 'bin' / 'orders'
    return file.read_text().count('\n') if file.exists() else 0


def look(host):
    """What keeps the order, and the lines about it; None and what else is said when it was sent."""
    before = orders(host)
    (row,) = json.loads(obtain(host, '--json', DOMAIN).stdout)['domains']
    assert (orders(host) == before) == (row['held'] is not None)
    assert host.get('/v1/challenges') == {'challenges': []}
    return row['held'], '\n'.join(row['details'] or [])


def test_a_host_to_which_its_name_leads_is_ordered(ready):
    assert look(ready) == (None, 'refused by the test')
    assert orders(ready) == 1


def test_a_host_without_an_address_is_not_ordered(ready, world):
    world.address(HOST)
    world.serve()

    held, said = look(ready)

    assert held == 'no_address'
    assert f'{HOST}: no address at {NS1} (127.0.0.11) and 2 more\n' in said
    assert 'next: write an A or AAAA record' in said
    text = obtain(ready, DOMAIN).stdout
    assert f'{DOMAIN}: NOT obtained: not ordered: the policy host has no address in DNS\n' in text


def test_an_address_that_one_server_does_not_have_yet_is_waited_for(ready, world):
    world.address(HOST, at=[NS2])
    world.serve()

    held, said = look(ready)

    assert held == 'no_address'
    assert f'{HOST}: not yet everywhere, no address at {NS2} (127.0.0.12), but {POLICY_HOST[0]} at another\n' in said


def test_what_was_written_a_moment_ago_is_seen_at_once(ready, world):
    world.address(HOST)
    world.serve()
    assert look(ready)[0] == 'no_address'

    world.address(HOST, *POLICY_HOST)
    world.serve()

    assert look(ready)[0] is None


def test_a_name_behind_a_cname_is_looked_for_where_it_leads(ready, world):
    world.address(HOST)
    world.put(HOST, 'CNAME', 'policy.provider.test.')
    world.address('policy.provider.test', *POLICY_HOST)
    world.serve()
    assert look(ready)[0] is None

    world.address('policy.provider.test')
    world.serve()
    held, said = look(ready)
    assert held == 'no_address' and f'no address at ns.provider.test ({ADDRESSES["ns.provider.test"][0]})' in said


def test_an_address_where_nobody_answers_alone_does_not_keep_an_order(ready, world):
    world.address(HOST, NOBODY, *POLICY_HOST)
    world.serve()
    assert look(ready)[0] is None

    world.address(HOST, NOBODY)
    world.serve()
    held, said = look(ready)
    assert held == 'unreached'
    assert f'{NOBODY} of {HOST} refuses connections to port 443\n' in said
    assert 'next: let TCP port 443 of that address through' in said


@contextlib.contextmanager
def stranger(host, talk, address=STRANGER):
    """Somebody else who listens where the name leads."""
    listener = host.inside(socket.create_server, (address, 443))
    stop = threading.Event()

    def serve():
        with contextlib.suppress(OSError):
            while not stop.is_set():
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(60)
                    talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield
    stop.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(60)
    assert not thread.is_alive()


def speaks_tls(pair, protocols=()):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    if protocols:
        context.set_alpn_protocols(list(protocols))

    def talk(connection):
        with context.wrap_socket(connection, server_side=True) as session:
            session.recv(1)
    return talk


def speaks(*pieces, forever=False):
    """Bytes as an answer to whatever comes."""
    def talk(connection):
        connection.recv(1)
        for piece in pieces:
            connection.sendall(piece)
        while forever:
            connection.sendall(pieces[-1])
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    return talk


@pytest.fixture
def pair(site, authority):
    chain, key = site.place / 'stranger.pem', site.place / 'stranger.key'
    authority.issue(HOST).write(chain, key)
    return chain, key


HTTP = b'HTTP/1.1 400 Bad Request\r\n\r\n'
ALERT = bytes.fromhex('15030300020228')
# Records of a handshake that never has its first message whole: 16 KiB each, of one that is said to have 16 MB.
ENDLESS = bytes.fromhex('1603034000') + bytes.fromhex('02ffffff') + bytes(0x4000 - 4)


@pytest.mark.parametrize('pieces, forever, said', [
    ([HTTP], False, 'does not speak TLS at port 443'),
    ([ALERT], False, 'refuses TLS for this name'),
    ([b'\x16' + bytes(range(256)) * 64], False, 'refuses TLS for this name'),
    ([ENDLESS], True, 'refuses TLS for this name'),
], ids=['plain HTTP', 'an alert', 'garbage', 'a message without end'])
def test_a_strangers_nonsense_is_another_server(ready, world, pieces, forever, said):
    world.address(HOST, STRANGER)
    world.serve()
    with stranger(ready, speaks(*pieces, forever=forever)):
        held, text = look(ready)
    assert held == 'elsewhere'
    assert f'{STRANGER} of {HOST} leads to another server, which {said}\n' in text


def test_a_stranger_who_says_nothing_costs_no_more_than_the_deadline(ready, world):
    world.address(HOST, STRANGER)
    world.serve()
    with stranger(ready, lambda connection: [None for _ in iter(lambda: connection.recv(4096), b'')]):
        held, said = look(ready)
    assert held == 'unreached' and f'{STRANGER} of {HOST} does not answer at port 443\n' in said


@pytest.mark.parametrize('protocols, said', [((), 'knows nothing of the challenge'), (('acme-tls/1',), 'answers other challenges')])
def test_another_server_with_a_certificate_for_the_name_is_another(ready, world, pair, protocols, said):
    world.address(HOST, *POLICY_HOST, STRANGER)
    world.serve()
    with stranger(ready, speaks_tls(pair, protocols)):
        held, text = look(ready)
    assert held == 'elsewhere'
    assert f'{STRANGER} of {HOST} leads to another server, which {said}\n' in text
    assert 'next: remove that address from DNS' in text


def test_servers_that_give_different_addresses_are_all_believed(ready, world):
    world.address(HOST, NOBODY, at=[NS2])
    world.address(HOST, STRANGER, at=[NS1])
    world.serve()
    with stranger(ready, speaks(HTTP)):
        held, text = look(ready)
    assert held == 'elsewhere'
    assert f'{STRANGER} of {HOST} leads to another server' in text
    assert 'name servers give different addresses' in text


@pytest.mark.parametrize('owner, records, held', [
    (HOST, ['0 issue ";"'], 'forbidden'),
    (HOST, ['0 issue "letsencrypt.org"'], None),
    (HOST, ['0 issue "ca.example.net"'], 'forbidden'),
    (HOST, ['0 issue "ca.example.net"', '0 issue "letsencrypt.org"'], None),
    (HOST, ['0 issue "letsencrypt.org; validationmethods=dns-01"'], 'forbidden'),
    (HOST, ['0 issue "letsencrypt.org; validationmethods=dns-01,tls-alpn-01"'], None),
    (HOST, ['128 tbs "unknown"'], 'forbidden'),
    (HOST, ['0 iodef "mailto:postmaster@example.test"'], None),
    (DOMAIN, ['0 issue ";"'], 'forbidden'),
    ('test', ['0 issue ";"'], 'forbidden'),
])
def test_caa_records_from_the_host_to_the_top_are_heeded(ready, world, owner, records, held):
    world.put(owner, 'CAA', *records)
    world.serve()

    found, said = look(ready)

    assert found == held
    if held:
        assert re.search(rf"CAA record '[0-9]+ (issue|tbs) .*' at {re.escape(owner)}( |\n)", said)
        assert 'next: name the authority in that CAA record' in said


@pytest.mark.parametrize('account, held', [(7, None), (8, 'forbidden')])
def test_a_caa_record_may_name_the_account(ready, world, account, held):
    world.put(HOST, 'CAA', f'0 issue "letsencrypt.org; accounturi=https://localhost:14000/account/{account}"')
    world.serve()
    assert look(ready)[0] == held

    said = obtain(ready, DOMAIN).stdout
    assert 'a CAA record may name it: accounturi=https://localhost:14000/account/7\n' in said


def test_an_account_of_before_is_asked_for_its_uri_once(ready, world):
    world.put(HOST, 'CAA', '0 issue "letsencrypt.org; accounturi=https://localhost:14000/account/8"')
    world.serve()
    obtain(ready, DOMAIN)
    known = ready.place / 'acme' / 'authorities'
    known.write_text(f'\n{ISSUER}\n')

    for _ in range(2):
        said = ready.ctl('cert', 'obtain', '--account', ready.place / 'acme', '--directory', ISSUER, DOMAIN, status=1).stdout
        assert 'not ordered: a CAA record forbids' in said
        assert known.read_text() == f'\n{ISSUER}\n\n{ISSUER} <https://localhost:14000/account/7>\n'


@pytest.mark.parametrize('methods, ways', [
    (None, 'tls-alpn-01'), ('http-01', 'http-01'), ('tls-alpn-01', 'tls-alpn-01'),
    ('dns-01,tls-alpn-01,http-01', 'tls-alpn-01'), ('dns-01', None),
])
def test_with_a_socket_for_it_a_name_may_be_proven_over_port_80_too(ready, world, methods, ways):
    """The order takes none of the ways that a record forbids, of which the authority would know at the end."""
    ready.stop()
    ready.configure(listen_challenge=['127.0.0.1:80'])
    ready.start()
    world.put(HOST, 'CAA', '0 issue "letsencrypt.org%s"' % (f'; validationmethods={methods}' if methods else ''))
    world.serve()

    held, said = look(ready)

    if ways:
        assert held is None
        assert re.search(r'/request(\.\w+)? ' + ways + '\n', (ready.place / 'bin' / 'orders').read_text())
    else:
        assert held == 'forbidden' and 'validationmethods=dns-01' in said


def test_an_authority_that_offers_http_01_alone_is_asked_once_more(ready):
    ready.stop()
    ready.configure(listen_challenge=['127.0.0.1:80'])
    ready.start()
    (ready.place / 'bin' / 'http-only').touch()

    assert 'refused by the test' in obtain(ready, DOMAIN).stdout

    ways = [line.split()[-1] for line in (ready.place / 'bin' / 'orders').read_text().splitlines()]
    assert ways == ['tls-alpn-01', 'http-01']


def test_an_address_of_our_own_is_here_unproven(ready, world):
    world.address(HOST, NOBODY)
    world.serve()
    assert look(ready)[0] == 'unreached'

    ready.stop()
    ready.configure(acme={'addresses': [NOBODY]})
    ready.start()

    assert look(ready)[0] is None


def test_the_first_name_with_caa_records_decides(ready, world):
    world.put(DOMAIN, 'CAA', '0 issue ";"')
    world.put(HOST, 'CAA', '0 issue "letsencrypt.org"')
    world.serve()
    assert look(ready)[0] is None


def test_servers_that_do_not_answer_keep_an_order(ready, world):
    for name in (NS1, NS2):
        world.servers[name].hang()
    held, said = look(ready)
    assert held == 'unknown'
    assert f'addresses of {HOST}: ' in said and 'next: look at the name servers' in said


def test_one_server_that_does_not_answer_keeps_nothing(ready, world):
    world.servers[NS2].stop()
    assert look(ready)[0] is None


def test_a_round_orders_the_others_and_what_is_held_costs_nothing(ready, world):
    ready.domain('other.test')
    ready.reload()
    world.address('mta-sts.other.test')
    world.serve()

    said = obtain(ready, '--due', status=4).stdout

    assert orders(ready) == 1
    assert 'other.test: NOT obtained: not ordered: the policy host has no address in DNS\n' in said
    (ledger,) = (ready.place / 'acme').glob('ledger*')
    assert HOST in ledger.read_text() and 'other.test' not in ledger.read_text()


def test_a_resolver_that_is_no_address_is_wrong_usage(ready):
    run = obtain(ready, '--resolver', 'nonsense', DOMAIN, status=2)
    assert "--resolver 'nonsense': write an address" in run.stderr
    assert orders(ready) == 0
