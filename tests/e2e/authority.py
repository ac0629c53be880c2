# SPDX-License-Identifier: ISC
"""A certificate authority that lives as long as a test run."""
import os
import re
import subprocess

SERVER = ('basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=serverAuth')
RSA = ['-newkey', 'rsa:2048', '-nodes']
CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']


class Pair:
    """A certificate chain and its key, as PEM text."""

    def __init__(self, chain, key):
        self.chain = chain
        self.key = key

    def write(self, chain_path, key_path):
        """Write the key first and both by renaming, as ACME clients do; the same path twice makes a combined file."""
        if chain_path == key_path:
            put(chain_path, self.chain + self.key)
            return
        put(key_path, self.key)
        put(chain_path, self.chain)


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name('.new')
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
        file.write(text)
    os.replace(new, path)


class Authority:
    def __init__(self, place):
        self.place = place
        self.file = place / 'ca.pem'
        self._key = place / 'ca.key'
        self._openssl('-x509', *CURVE, '-keyout', self._key, '-out', self.file, '-days', '1000', '-subj',
                      '/CN=mta-stsd test authority', '-addext', 'keyUsage=critical,keyCertSign,cRLSign')

    def issue(self, *names, days=7, extensions=SERVER, self_signed=False, newkey=CURVE, made=None):
        """A new pair for these names, valid from now, or "10 days ago", for some days; the first is the subject's."""
        key, chain = self.place / 'leaf.key', self.place / 'leaf.pem'
        issuer = [] if self_signed else ['-CA', self.file, '-CAkey', self._key]
        names_wanted = 'subjectAltName=' + ','.join('DNS:' + name for name in names)
        self._openssl('-x509', *newkey, *issuer, '-keyout', key, '-out', chain, '-days', str(days),
                      '-subj', '/CN=' + names[0],
                      *(word for extension in (names_wanted, *extensions) for word in ('-addext', extension)), made=made)
        return Pair(chain.read_text(), key.read_text())

    def sign(self, request, days=7):
        """A chain for a request in PEM, with all of its names."""
        asked, chain = self.place / 'leaf.csr', self.place / 'leaf.pem'
        asked.write_text(request)
        shown = subprocess.run(['openssl', 'req', '-in', asked, '-noout', '-text'], check=True, stdin=subprocess.DEVNULL,
                               capture_output=True, text=True, timeout=60).stdout
        # They are critical where there is no other subject (RFC 5280, section 4.2.1.6).
        names = 'subjectAltName=critical,' + ','.join(re.findall(r'DNS:[^,\s]+', shown))
        extensions = self.place / 'leaf.ext'
        extensions.write_text('\n'.join(extension.replace('=', ' = ', 1) for extension in (names, *SERVER)))
        subprocess.run(['openssl', 'x509', '-req', '-in', asked, '-CA', self.file, '-CAkey', self._key, '-out', chain,
                        '-days', str(days), '-extfile', extensions],
                       check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        return chain.read_text()

    @staticmethod
    def _openssl(*arguments, made=None):
        subprocess.run([*(['faketime', made] if made else []), 'openssl', 'req', *map(str, arguments)], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
