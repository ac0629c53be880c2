# SPDX-License-Identifier: ISC
"""A certificate authority looks at a policy host: it is shown the answer to its challenge, and nobody else notices."""
import hashlib
import socket
import ssl

import pytest

import client
from wait import DEADLINE, until

ACME, HTTP = 'acme-tls/1', 'http/1.1'
VERSIONS = {'1.2': ssl.TLSVersion.TLSv1_2, '1.3': ssl.TLSVersion.TLSv1_3}
TOKEN = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA'
THUMBPRINT = '9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI'
# acmeIdentifier, critical, with 32 bytes to come; a subjectAltName with one DNS name is as easily written down.
IDENTIFIER = bytes.fromhex('06082b0601050507011f' '0101ff' '0422' '0420')
UNKNOWN_NAME, UNKNOWN_PROTOCOL = 'unrecognized name', 'no application protocol'  # alerts, in OpenSSL's words


def open_challenge(host, domain, token=TOKEN, **more):
    return host.must('POST', '/v1/challenges', {'host': f'mta-sts.{domain}', 'type': 'tls-alpn-01', 'token': token,
                                                'authorization': f'{token}.{THUMBPRINT}', **more})


def end_challenge(host, token=TOKEN):
    return host.must('DELETE', f'/v1/challenges/{token}')['removed']


class Visit:
    """A handshake of somebody who offers some protocols, and all that is said behind it."""

    def __init__(self, host, name, *protocols, version='1.3', request=b''):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
        context.minimum_version = context.maximum_version = VERSIONS[version]
        if protocols:
            context.set_alpn_protocols(protocols)
        with socket.create_connection(host.addresses[0], timeout=DEADLINE) as plain, \
                context.wrap_socket(plain, server_hostname=name, suppress_ragged_eofs=False) as tls:
            self.protocol = tls.selected_alpn_protocol()
            self.certificate = tls.getpeercert(binary_form=True)
            if request:
                tls.sendall(request)
            self.said = tls.recv(65536)  # nothing is close_notify; an end without it is an error


def shows(host, domain, token=TOKEN, **more):
    """An authority must be shown the answer, and no more."""
    name = f'mta-sts.{domain}'.encode()
    digest = hashlib.sha256(f'{token}.{THUMBPRINT}'.encode()).digest()
    visit = Visit(host, name.decode(), ACME, **more)
    assert visit.protocol == ACME
    assert IDENTIFIER + digest in visit.certificate
    assert bytes([0x30, len(name) + 2, 0x82, len(name)]) + name in visit.certificate
    assert visit.said == b''


def refuses(host, name, why, *protocols, **more):
    with pytest.raises(ssl.SSLError) as caught:
        Visit(host, name, *protocols, **more)
    assert why in str(caught.value)


def counter(host, name):
    return host.get('/v1/status')['counters'][name]


def gone(host):
    until(lambda: host.get('/v1/status')['connections']['open'] == 0, 'the last connection to go')


@pytest.fixture
def newcomer(example):
    """Beside example.test a domain that has no certificate yet."""
    example.domain('new.test')
    example.reload()
    return example


@pytest.mark.parametrize('version', VERSIONS)
def test_the_answer_is_shown_while_the_challenge_is_open_and_at_no_other_time(newcomer, version):
    for domain in ('new.test', 'example.test'):
        refuses(newcomer, f'mta-sts.{domain}', UNKNOWN_PROTOCOL, ACME, version=version)
        open_challenge(newcomer, domain)
        shows(newcomer, domain, version=version)
        shows(newcomer, domain, version=version)
        assert end_challenge(newcomer) == 1
        refuses(newcomer, f'mta-sts.{domain}', UNKNOWN_PROTOCOL, ACME, version=version)
    gone(newcomer)
    assert counter(newcomer, 'tls_challenge_handshakes_total') == 4
    assert counter(newcomer, 'tls_handshakes_total')[version] == 4
    assert counter(newcomer, 'tls_handshake_failures_total')['no_common_protocol'] == 4


@pytest.mark.parametrize('version', VERSIONS)
def test_no_other_host_is_shown_to_an_authority(newcomer, version):
    open_challenge(newcomer, 'new.test')
    for name in ('mta-sts.example.test', 'mta-sts.unknown.test', 'new.test', '127.0.0.1', None):
        refuses(newcomer, name, UNKNOWN_NAME, ACME, version=version)
    visit = Visit(newcomer, 'MTA-STS.New.TEST', ACME, version=version)
    assert IDENTIFIER in visit.certificate
    assert newcomer.process.wait_for_line(
        r'handshake failed \(no challenge is open for the server name \(mta-sts\.example\.test\)\)')


@pytest.mark.parametrize('version', VERSIONS)
def test_senders_get_the_policy_under_its_certificate_meanwhile(newcomer, version):
    open_challenge(newcomer, 'example.test')
    open_challenge(newcomer, 'new.test', token='other')
    request = b'GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.test\r\n\r\n'
    for protocols in ((), (HTTP,), ('h2', HTTP), (ACME, HTTP), (HTTP, ACME)):
        shows(newcomer, 'example.test', version=version)
        visit = Visit(newcomer, 'mta-sts.example.test', *protocols, version=version, request=request)
        assert visit.protocol == (HTTP if protocols else None)
        assert IDENTIFIER not in visit.certificate
        assert visit.said.startswith(b'HTTP/1.1 200 ')
        refuses(newcomer, 'mta-sts.new.test', UNKNOWN_NAME, *protocols, version=version)
    newcomer.serves('example.test', client.policy('enforce', ['mail.example.test']))


def test_an_authority_is_not_taken_for_a_sender(host):
    host.configure(access_log='full')
    host.domain('example.test')
    host.certify('example.test')
    host.start()
    before = host.show('example.test')
    open_challenge(host, 'example.test')
    shows(host, 'example.test')
    shows(host, 'example.test', version='1.2',
          request=b'GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.test\r\n\r\n')
    gone(host)
    after = host.show('example.test')
    assert [(row['fetches'], row['last_served_at']) for row in (before, after)] == [(0, None)] * 2
    assert set(counter(host, 'http_requests_total').values()) == {0}
    host.stop()
    assert [line for line in host.process.lines if ', answered (' in line] == [
        'challenge, answered (domain=example.test tls=1.3 client=127.0.0.1)',
        'challenge, answered (domain=example.test tls=1.2 client=127.0.0.1)',
    ]


def test_a_challenge_lasts_through_a_restart_and_no_longer_than_its_lifetime(newcomer):
    open_challenge(newcomer, 'new.test')
    newcomer.stop()
    newcomer.start()
    shows(newcomer, 'new.test')
    newcomer.process.kill()
    newcomer.start()
    shows(newcomer, 'new.test')

    open_challenge(newcomer, 'new.test', lifetime=1)
    until(lambda: not newcomer.get('/v1/challenges')['challenges'], 'the end of the challenge')
    refuses(newcomer, 'mta-sts.new.test', UNKNOWN_PROTOCOL, ACME)
    newcomer.stop()
    newcomer.start()
    refuses(newcomer, 'mta-sts.new.test', UNKNOWN_PROTOCOL, ACME)


def test_the_newest_of_two_challenges_of_a_host_is_answered(newcomer):
    open_challenge(newcomer, 'new.test', token='first')
    open_challenge(newcomer, 'new.test', token='second')
    shows(newcomer, 'new.test', token='second')
    assert end_challenge(newcomer, 'second') == 1
    shows(newcomer, 'new.test', token='first')


def test_many_authorities_do_not_keep_a_sender_away(newcomer, rounds):
    open_challenge(newcomer, 'new.test')
    policy = client.policy('enforce', ['mail.example.test'])
    many = rounds(200)
    for number in range(many):
        shows(newcomer, 'new.test', version=('1.2', '1.3')[number % 2])
        if number % 10 == 0:
            newcomer.serves('example.test', policy)
    gone(newcomer)
    assert counter(newcomer, 'tls_challenge_handshakes_total') == many
    until(lambda: newcomer.show('example.test')['fetches'] == (many + 9) // 10, 'each fetch to be counted')
