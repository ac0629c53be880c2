# SPDX-License-Identifier: ISC
"""A client that does within a session what Python's ssl has no words for: key updates, renegotiation, warnings."""
import ctypes
import socket
import struct
import time

from wait import DEADLINE

GNUTLS = ctypes.CDLL('libgnutls.so.30')
for function in (GNUTLS.gnutls_record_send2, GNUTLS.gnutls_record_recv):
    function.restype = ctypes.c_ssize_t

# Of gnutls.h, where the names are longer; AGAIN also comes after a record that brought nothing.
CLIENT, CERTIFICATE, DNS, WARNING, UPDATE_BOTH_WAYS = 2, 1, 1, 1, 1
AGAIN, WARNING_RECEIVED, FATAL_RECEIVED = -28, -16, -12


class Client:
    """A session that has shaken hands, without a look at the certificate; every call ends in time."""

    def __init__(self, address, name, priority='NORMAL'):
        self._sock = socket.create_connection(address)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._sock.setsockopt(socket.SOL_SOCKET, option, struct.pack('ll', DEADLINE, 0))
        self._tls, self._credentials = ctypes.c_void_p(), ctypes.c_void_p()
        must(GNUTLS.gnutls_certificate_allocate_credentials(ctypes.byref(self._credentials)))
        must(GNUTLS.gnutls_init(ctypes.byref(self._tls), CLIENT))
        must(GNUTLS.gnutls_priority_set_direct(self._tls, priority.encode(), None))
        must(GNUTLS.gnutls_credentials_set(self._tls, CERTIFICATE, self._credentials))
        must(GNUTLS.gnutls_server_name_set(self._tls, DNS, name.encode(), ctypes.c_size_t(len(name))))
        GNUTLS.gnutls_transport_set_int2(self._tls, self._sock.fileno(), self._sock.fileno())
        must(self.shake_hands())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        GNUTLS.gnutls_deinit(self._tls)
        GNUTLS.gnutls_certificate_free_credentials(self._credentials)
        self._sock.close()

    # Each of these returns the library's result: negative when it failed.

    def shake_hands(self):
        """The first time, or within a session of TLS 1.2 once more."""
        return GNUTLS.gnutls_handshake(self._tls)

    def send(self, data):
        """One record; of TLS 1.3 it may be one without content."""
        padding = 0 if data else 1
        return GNUTLS.gnutls_record_send2(self._tls, data, ctypes.c_size_t(len(data)), ctypes.c_size_t(padding), 0)

    def update_key(self):
        """New keys of TLS 1.3 in both directions."""
        return GNUTLS.gnutls_session_key_update(self._tls, UPDATE_BOTH_WAYS)

    def warn(self, alert):
        return self.alarm(WARNING, alert)

    def alarm(self, level, alert):
        return GNUTLS.gnutls_alert_send(self._tls, level, alert)

    def detach(self):
        """The socket, to see and say what the library would not."""
        return self._sock

    def read(self):
        """Everything until close_notify or a failure, and the last result."""
        data, part = b'', ctypes.create_string_buffer(16384)
        end = time.monotonic() + DEADLINE
        while True:
            result = GNUTLS.gnutls_record_recv(self._tls, part, ctypes.c_size_t(len(part)))
            if result > 0:
                data += part[:result]
            elif result != AGAIN or time.monotonic() > end:
                return data, result

    @property
    def alert(self):
        """The last one that the host sent."""
        return GNUTLS.gnutls_alert_get(self._tls)


def must(result):
    assert result >= 0, f'GnuTLS says {result}'
