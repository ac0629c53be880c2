# SPDX-License-Identifier: ISC
"""An authority that comes to port 80: a certificate is obtained by way of the socket for challenges."""
import pytest

import client
from host import MTA_STSCTL
from pebble import DIRECTORY, Pebble

pytestmark = pytest.mark.once

DOMAIN = 'example.test'
TEXT = client.policy('enforce', ['mail.example.test'])
AGREED = '--agree', '--email', 'postmaster@example.test'
ORDERS = 5  # as many as a name has in a week; of each the authority puts one type of challenge first, by chance


@pytest.fixture
def acme(needs_tools, namespace, host, place, authority):
    """A host without a certificate, with sockets where everybody looks for them, and authorities, not started yet."""
    needs_tools('uacme', 'pebble', 'pebble-challtestsrv')
    host.prefix = host.operator_prefix = namespace.enter
    host.inside = namespace.inside
    host.configure(listen=['127.0.0.1:443'], listen_challenge=['127.0.0.1:80'], access_log='full')
    host.domain(DOMAIN)
    host.start()
    return lambda tls_port: Pebble(namespace, place, authority, tls_port=tls_port)


def opened(host, kind):
    """How many challenges of a type were opened for as long as an order may take."""
    lines = [line for line in host.process.log.split('\n') if f'challenge opened by root (uid 0) ({kind}, ' in line]
    return len(lines)


def test_port_80_is_not_needed_where_an_authority_knows_the_other_way(host, acme):
    host.authority = acme(443).start()
    for _ in range(ORDERS):
        host.ctl('cert', 'obtain', '--directory', DIRECTORY, '--account', host.place / 'acme', *AGREED, DOMAIN)
        host.serves(DOMAIN, TEXT)
    assert host.get('/v1/challenges') == {'challenges': []}
    assert opened(host, 'http-01') == 0
    assert host.get('/v1/status')['counters']['http_challenge_requests_total']['yes'] == 0


def test_an_authority_that_reaches_port_80_alone_is_answered_there(host, acme, namespace, place):
    """What runs the hook says that nothing but http-01 is to be taken."""
    host.authority = acme(444).start()
    hook, account = place / 'acme-hook', place / 'account'
    hook.symlink_to(MTA_STSCTL)
    (place / 'request.pem').write_text(host.ctl('cert', 'request', DOMAIN).stdout)
    words = 'env', f'MTA_STSCTL_SOCKET={host.socket}', 'MTA_STSCTL_CHALLENGES=http-01', 'uacme', '-a', DIRECTORY, '-c', account
    namespace.run(*words, '-y', 'new')

    namespace.run(*words, '-h', hook, 'issue', place / 'request.pem')

    (chain,) = place.glob('*cert.pem')
    host.ctl('cert', 'install', chain)
    host.serves(DOMAIN, TEXT)
    counters = host.get('/v1/status')['counters']
    assert counters['http_challenge_requests_total']['yes'] > 0 and counters['tls_challenge_handshakes_total'] == 0
