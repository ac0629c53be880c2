# SPDX-License-Identifier: ISC
"""An authority that speaks ACME: Debian's pebble, and the name servers that tell it, and mta-stsctl, where hosts are."""
import copy
import json
import socket
import ssl
import types
import urllib.request

from wait import until

DIRECTORY = 'https://localhost:14000/dir'
ANOTHER = 'https://localhost:14001/dir'
NAMES = 'http://127.0.0.1:8055'
BLOCKED = 'blocked.test'  # it issues nothing for names in there
RESOLVER = '127.0.0.1', 53
QUESTION = bytes.fromhex('000001000001000000000000') + b'\4test\0' + bytes.fromhex('00010001')  # for the address of "test"


def resolves():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1)
        try:
            asking.connect(RESOLVER)
            asking.send(QUESTION)
            return asking.recv(512)
        except OSError:
            return None


class Pebble:
    """In a namespace that trusts the test's authority for https, as uacme can be told in no other way."""

    def __init__(self, namespace, place, authority, tls_port):
        self.namespace = namespace
        self.place = place
        self._tls_port = tls_port
        self._number = 0
        self._trust = ssl.create_default_context(cafile=str(authority.file))
        self._process = None
        certs = namespace.etc / 'ssl' / 'certs'
        certs.mkdir(parents=True)
        (certs / 'ca-certificates.crt').write_text(authority.file.read_text())
        authority.issue('localhost').write(place / 'pebble.pem', place / 'pebble.key')
        self.configure()
        # The authority has one of its own; the other is the resolver, which knows no zones: all is taken from its mouth.
        for dns, management in (('127.0.0.1:8053', '127.0.0.1:8055'), ('127.0.0.1:53', '127.0.0.1:8056')):
            namespace.start('pebble-challtestsrv', '-defaultIPv6', '', '-defaultIPv4', '127.0.0.1', '-http01', '', '-https01', '',
                            '-tlsalpn01', '', '-dns01', dns, '-management', management)
        until(lambda: namespace.inside(resolves), 'the resolver to answer')

    def another(self):
        """A second authority in the same world, at ANOTHER; not started."""
        other = copy.copy(self)
        other._number, other._process = 1, None
        other.configure()
        return other

    def configure(self, **more):
        """From the next start on."""
        self._config.write_text(json.dumps({'pebble': {
            'listenAddress': f'127.0.0.1:{14000 + self._number}', 'managementListenAddress': f'127.0.0.1:{15000 + self._number}',
            'certificate': str(self.place / 'pebble.pem'), 'privateKey': str(self.place / 'pebble.key'),
            'httpPort': 80, 'tlsPort': self._tls_port, 'ocspResponderURL': '', 'externalAccountBindingRequired': False,
            'domainBlocklist': [f'mta-sts.{BLOCKED}'], 'certificateValidityPeriod': 30 * 86400, **more}}))

    @property
    def _config(self):
        return self.place / f'pebble{self._number or ""}.json'

    def require_credentials(self, key_id, key):
        """From the next start on, for an account."""
        self.configure(externalAccountBindingRequired=True, externalAccountMACKeys={key_id: key})

    def start(self):
        """Its rejects of good nonces stay on, and so does its use of an authorization for a second order."""
        self._process = self.namespace.start(
            'pebble', '-config', str(self._config), '-dnsserver', '127.0.0.1:8053', environment={'PEBBLE_VA_NOSLEEP': '1'})
        roots = self.place / f'roots{self._number or ""}.pem'
        roots.write_bytes(until(lambda: self._get(f'https://localhost:{15000 + self._number}/roots/0'), 'pebble to answer'))
        return types.SimpleNamespace(file=roots)

    def stop(self):
        self._process.kill()

    def point(self, name, address):
        """Where a name leads, as the authority sees it."""
        body = json.dumps({'host': name, 'addresses': [address]}).encode()
        until(lambda: self._get(f'{NAMES}/add-a', body) is not None, 'the name server to answer')

    def _get(self, url, body=None):
        def ask():
            with urllib.request.urlopen(url, body, timeout=60, context=self._trust if url[:5] == 'https' else None) as answer:
                return answer.read()
        try:
            return self.namespace.inside(ask)
        except OSError:
            return None
