# SPDX-License-Identifier: ISC
"""The MX of dns_world.py, which greets and offers STARTTLS, or does what it should not."""
import socket
import ssl
import threading

from dns_world import MX
from wait import DEADLINE

SMTP = 25
GREETING = b'220 mx.example.test ESMTP\r\n'
CAPABLE = b'250-mx.example.test\r\n250 STARTTLS\r\n'
GO_ON = b'220 go on\r\n'


class MailServer:
    """
    Says the replies one after the other, the first unasked, then speaks TLS if there is a context and takes what comes;
    heard has the lines of all connections.  A reply that is callable gets the connection instead.
    """

    def __init__(self, namespace, context, replies=(GREETING, CAPABLE, GO_ON), addresses=tuple(MX)):
        self.heard = []
        self.connections = 0
        self._context = context
        self._replies = replies
        self._sockets = [namespace.inside(listen, address) for address in addresses]
        self._threads = [threading.Thread(target=self._serve, args=[one]) for one in self._sockets]
        for thread in self._threads:
            thread.start()

    def _serve(self, listening):
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:  # closed
                return
            self.connections += 1
            connection.settimeout(DEADLINE)
            with connection:
                try:
                    self._talk(connection)
                except (OSError, ValueError):  # did not like us
                    pass

    def _talk(self, connection):
        for number, reply in enumerate(self._replies):
            if number > 0 and not self._hear(connection):
                return
            if callable(reply):
                reply(connection)
                return
            connection.sendall(reply)
        if not self._context:
            self._hear(connection)
            return
        with self._context.wrap_socket(connection, server_side=True) as tls:
            while line := self._hear(tls):
                tls.sendall(b'221 bye\r\n' if line.startswith('QUIT') else CAPABLE)

    def _hear(self, connection):
        line = connection.recv(1024).decode()
        if line:
            self.heard.append(line.strip())
        return line

    def close(self):
        for one in self._sockets:
            one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(DEADLINE)


def listen(address):
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    return socket.create_server((address, SMTP), family=family)


def tls(pair, place, **settings):
    """What the server's side of TLS needs; settings are attributes of the context."""
    place.mkdir(exist_ok=True)
    pair.write(place / 'mx.crt', place / 'mx.key')
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / 'mx.crt', place / 'mx.key')
    context.set_ciphers('ALL:@SECLEVEL=0')  # or it would not speak old versions, whoever asks
    for name, value in settings.items():
        setattr(context, name, value)
    return context
