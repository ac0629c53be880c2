# SPDX-License-Identifier: ISC
"""A policy host of a test's own: its files, its daemon, its operator."""
import fcntl
import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import time

import client
from wait import DEADLINE, until

MTA_STSD = os.environ['MTA_STSD']
MTA_STSCTL = os.environ['MTA_STSCTL']
READY = re.compile(r'mta-stsd, ready ')
REPORT = re.compile(r'Sanitizer|runtime error:')


LOOKED_FOR_LEAKS = set()


def without_leaks(words, status):
    """
    The environment in which the address sanitizer does not look for leaks of a command that was looked at before, with the
    same options and the same end: of one that ends soon that is half of its time.
    """
    kind = (status, *(word for word in words if not set('./') & set(word)))
    if kind not in LOOKED_FOR_LEAKS:
        LOOKED_FOR_LEAKS.add(kind)
        return None
    return {**os.environ, 'ASAN_OPTIONS': ':'.join(filter(None, [os.environ.get('ASAN_OPTIONS'), 'detect_leaks=0']))}


class Control(http.client.HTTPConnection):
    """HTTP over the control socket."""

    def __init__(self, path):
        super().__init__('localhost', timeout=DEADLINE)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Process:
    """One run of mta-stsd, its lines on standard error gathered as they come."""

    def __init__(self, command, environment=None, **popen):
        inherited = {name: value for name, value in os.environ.items()
                     if name not in ('NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'JOURNAL_STREAM')}
        self.popen = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE, env={**inherited, **(environment or {})}, **popen)
        self.lines = []
        self._taking = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        descriptor, rest, more = self.popen.stderr.fileno(), b'', True
        ready = select.poll()
        ready.register(descriptor, select.POLLIN)
        while more:
            ready.poll()
            with self._taking:
                more = os.read(descriptor, 65536)
                *lines, rest = (rest + (more or b'\n' * bool(rest))).split(b'\n')
                self.lines += [line.decode(errors='replace') for line in lines]

    @property
    def log(self):
        """Whatever it has written so far, also a moment ago."""
        while True:
            with self._taking:
                if not int.from_bytes(fcntl.ioctl(self.popen.stderr, termios.FIONREAD, bytes(4)), sys.byteorder):
                    return '\n'.join(self.lines)
            time.sleep(0)

    @property
    def runs(self):
        return self.popen.poll() is None

    def wait_for_line(self, pattern, after=0):
        """Wait for a line of the log that matches; a daemon that ends first is a failure."""
        def found():
            alive = self.runs
            match = next((line for line in self.lines[after:] if re.search(pattern, line)), None)
            assert match or alive, f'ended with {self.popen.returncode} before "{pattern}":\n{self.log}'
            return match
        return until(found, lambda: f'a log line "{pattern}" in:\n{self.log}')

    def wait(self):
        """Wait until it has ended, check that no sanitizer complained, and return the exit status."""
        status = self.popen.wait(DEADLINE)
        self._reader.join(DEADLINE)
        assert not REPORT.search(self.log), self.log
        return status

    def kill(self):
        self.popen.kill()
        self.wait()


class Host:
    def __init__(self, place, authority):
        self.place = place
        self.authority = authority
        self.domains = place / 'domains.d'
        self.certs = place / 'certs'
        self.state = place / 'state'
        self.socket = place / 'control.sock'
        self.conf = place / 'mta-stsd.conf'
        self.settings = {'listen': ['127.0.0.1:0'], 'domains': str(self.domains), 'certificates': [str(self.certs)],
                         'state': str(self.state), 'control': str(self.socket), 'workers': 2}
        self.prefix = []  # of the daemon's command line, to run it somewhere else
        self.operator_prefix = []  # of mta-stsctl's
        self.inside = lambda call, *arguments: call(*arguments)  # how the world reaches the daemon there
        self.process = None
        self.addresses = []
        for directory in (self.domains, self.certs, self.state):
            directory.mkdir()

    # What the administrator writes

    def configure(self, **settings):
        """Write mta-stsd.conf with these settings added; None takes one out."""
        self.settings.update(settings)
        self.conf.write_text(''.join(f'{name} = {libconfig(value)};\n' for name, value in self.settings.items()
                                     if value is not None))

    def domain(self, name, mode='enforce', mx=None, max_age=604800, **more):
        """Write a domain file, by renaming, and return its path."""
        mx = [f'mail.{name}'] if mx is None else mx
        return self.file(f'{name}.conf', ''.join(f'{key} = {libconfig(value)};\n' for key, value in
                                                 {'mode': mode, 'max_age': max_age, 'mx': mx, **more}.items()))

    def file(self, name, text):
        path = self.domains / name
        new = self.place / 'new'
        new.write_text(text)
        os.replace(new, path)
        return path

    def certify(self, *domains, days=7):
        """One certificate, in the plain layout, for the policy hosts of these domains."""
        names = ['mta-sts.' + domain for domain in domains]
        self.authority.issue(*names, days=days).write(self.certs / f'{names[0]}.crt', self.certs / f'{names[0]}.key')

    # The daemon

    def command(self, *arguments):
        return [*self.prefix, MTA_STSD, '--config', self.conf, *arguments]

    def check(self, *arguments):
        """Run mta-stsd until it ends by itself, such as with --check."""
        return subprocess.run(list(map(str, self.command(*arguments))), stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=DEADLINE, check=False)

    def spawn(self, command=None, **more):
        if not self.conf.exists():
            self.configure()
        self.process = Process(command or self.command(), **more)
        return self.process

    def start(self, **more):
        """Start it and wait until it serves."""
        self.spawn(**more).wait_for_line(READY)
        self.addresses = [address(text) for text in self.get('/v1/status')['listen']]
        return self

    def start_activated(self, sockets):
        """Hand listening sockets over as systemd does: descriptors from 3 on, their names in the environment."""
        numbers = [fcntl.fcntl(sock, fcntl.F_DUPFD, 50) for _, sock in sockets]  # out of the way of 3, 4, ...
        moves = ' '.join(f'{3 + place}<&{number}' for place, number in enumerate(numbers))
        names = ':'.join(name for name, _ in sockets)
        if not self.conf.exists():
            self.configure()
        try:
            return self.start(command=['bash', '-c', f'exec {moves}; LISTEN_PID=$$ exec "$0" "$@"', *self.command()],
                              environment={'LISTEN_FDS': str(len(sockets)), 'LISTEN_FDNAMES': names}, pass_fds=numbers)
        finally:
            for number in numbers:
                os.close(number)

    def stop(self):
        """Stop it as systemd does; it must end well."""
        self.process.popen.send_signal(signal.SIGTERM)
        assert self.process.wait() == 0, self.process.log

    def clean_up(self):
        if not self.process or not self.process.runs:
            return
        try:
            self.stop()
        finally:
            self.process.popen.kill()

    # The operator

    def api(self, method, path, body=None):
        """One request to the control API; bytes and text go as they are, all else as JSON."""
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        connection = Control(self.socket)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def get(self, path):
        return self.must('GET', path)

    def answers(self):
        """Whether it lives, and not only has not been buried yet."""
        try:
            return self.api('GET', '/v1/status')[0] == 200
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def must(self, method, path, body=None):
        status, answer = self.api(method, path, body)
        assert status == 200, (status, answer)
        return answer

    def switch(self, mode, *domains, **more):
        return self.must('POST', '/v1/switch', {'mode': mode, 'domains': list(domains), **more})

    def reset(self, *domains, **more):
        return self.must('POST', '/v1/reset', {'domains': list(domains), **more})

    def was_nobodys(self, *domains):
        """No other host ever published a policy of these domains, or of all of them."""
        self.must('POST', '/v1/nothing-before', {'domains': domains} if domains else {'all': True})

    def reload(self, **more):
        return self.must('POST', '/v1/reload', more)

    def show(self, domain):
        return self.get('/v1/domains/' + domain)

    def ctl(self, *arguments, status=0, program=MTA_STSCTL, prefix=None):
        """Run mta-stsctl; its exit status must be the one told, if one is."""
        prefix = self.operator_prefix if prefix is None else prefix
        words = list(map(str, arguments))
        run = subprocess.run([*map(str, prefix), program, '--socket', str(self.socket), *words],
                             stdin=subprocess.DEVNULL, text=True, capture_output=True, timeout=DEADLINE, check=False,
                             env=without_leaks(words, status))
        assert status in (None, run.returncode), (run.returncode, run.stdout, run.stderr)
        assert not REPORT.search(run.stderr), run.stderr
        return run

    def spawn_ctl(self, *arguments):
        """Run mta-stsctl beside the test."""
        return Process([*self.operator_prefix, MTA_STSCTL, '--socket', self.socket, *arguments])

    # The world

    def fetch(self, domain, which=0):
        return self.inside(client.fetch, self.addresses[which], self.authority, domain)

    def ask(self, domain, data, which=0):
        return self.inside(client.ask, self.addresses[which], self.authority, 'mta-sts.' + domain, data)

    def serves(self, domain, text):
        """The world must see exactly this policy."""
        answer = self.fetch(domain)
        assert (answer.status, answer.body) == (200, text)


def address(text):
    """("127.0.0.1", 443) of "127.0.0.1:443" and ("::1", 443) of "[::1]:443"."""
    name, _, port = text.rpartition(':')
    return name.strip('[]'), int(port)


def libconfig(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, list):
        return '[ ' + ', '.join(map(libconfig, value)) + ' ]'
    if isinstance(value, dict):
        return '{ ' + ''.join(f'{name} = {libconfig(member)}; ' for name, member in value.items()) + '}'
    return json.dumps(value, ensure_ascii=False)
