# SPDX-License-Identifier: ISC
"""The service manager's end of sd_notify(3)."""
import socket

from wait import until


class Notified:
    """What systemd would hear."""

    def __init__(self, place):
        self.path = place / 'notify.sock'
        self.messages = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.setblocking(False)

    def _hear(self):
        try:
            while True:
                self.messages.append(self._socket.recv(65536).decode().split('\n'))
        except BlockingIOError:
            pass

    def heard(self, assignment):
        """The messages so far that say it."""
        self._hear()
        return [message for message in self.messages if assignment in message]

    def wait_for(self, assignment, times=1):
        """Wait until it was said so many times; return the last such message."""
        return until(lambda: self.heard(assignment)[times - 1:], lambda: f'{assignment}, heard {self.messages}')[-1]

    def close(self):
        self._socket.close()
