# SPDX-License-Identifier: ISC
"""Another web server, in the world of dns_world.py."""
import socket
import ssl
import threading

from wait import DEADLINE

ELSEWHERE = '127.0.0.4'


class Imposter:
    """Some other web server, that answers everything alike, or as it is told for each request."""

    def __init__(self, world, place, pair, answer):
        pair.write(place / 'imposter.crt', place / 'imposter.key')
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(place / 'imposter.crt', place / 'imposter.key')
        self._answer = answer
        self._socket = world.namespace.inside(socket.create_server, (ELSEWHERE, 443))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:  # closed
                return
            plain.settimeout(DEADLINE)
            try:
                with self._context.wrap_socket(plain, server_side=True) as tls:
                    request = tls.recv(65536)
                    tls.sendall(self._answer(request) if callable(self._answer) else self._answer)
            except OSError:  # did not like us
                pass

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(DEADLINE)


def http(status, *fields, body=b''):
    lines = [f'HTTP/1.1 {status}', f'Content-Length: {len(body)}', 'Connection: close', *fields, '', '']
    return '\r\n'.join(lines).encode() + body
