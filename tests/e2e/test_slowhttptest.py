# SPDX-License-Identifier: ISC
"""Debian's slowhttptest finds the service available all the time, and every connection of it is closed in time."""
import csv
import re
import signal
import subprocess
from dataclasses import dataclass

import pytest

from client import PATH, policy
from conftest import SCALE
from wait import DEADLINE, until

DOMAIN = 'example.test'
NAME = 'mta-sts.' + DOMAIN
MX = [f'{i:03}.{"a" * 50}.{DOMAIN}' for i in range(138)]  # a policy as large as they get, to be read slowly
CONNECTIONS = max(50, int(200 * SCALE))  # all of them within a second
TIMEOUT = 2  # seconds; the time that a client has to take its answer is the same
SLACK = 5  # seconds that a busy machine may add

# Version 1.8 names no server in its handshakes, and gets the alert that it deserves.  This makes it name one, and leaves
# all else as it is: above all its slowness and its small receive windows, which any program in between would hide.
NAMING = '''
#define _GNU_SOURCE
#include <dlfcn.h>
void *SSL_new(void *context);
long SSL_ctrl(void *ssl, int command, long number, void *data);
void *SSL_new(void *context)
{
	void *(*real)(void *) = (void *(*)(void *))dlsym(RTLD_NEXT, "SSL_new");
	void *ssl = real(context);
	if (ssl)
		SSL_ctrl(ssl, 55 /* SSL_CTRL_SET_TLSEXT_HOSTNAME */, 0, "%s");
	return ssl;
}
'''


@dataclass(frozen=True)
class Mode:
    options: list
    is_held: bool  # its connections last as long as the host lets them; the others are answered at once
    notices: bool  # when the host has closed


MODES = {
    'slow headers': Mode(['-H', '-i', '1'], True, True),
    'slow body': Mode(['-B', '-i', '1'], False, True),
    'slow read': Mode(['-X', '-w', '1', '-y', '64', '-n', '1', '-z', '5'], True, False),
    'ranges': Mode(['-R', '-a', '1', '-b', '500'], False, True),
}


@pytest.fixture
def attacker(needs_tools, namespace, place):
    """The command of slowhttptest in a network where the policy host has its name."""
    needs_tools('slowhttptest', 'cc')
    library = place / 'naming.so'
    subprocess.run(['cc', '-shared', '-fPIC', '-o', library, '-x', 'c', '-'], input=NAMING % NAME, text=True, check=True)
    (namespace.etc / 'hosts').write_text(f'127.0.0.1 {NAME}\n')
    return [*namespace.enter, 'env', f'LD_PRELOAD={library}', 'slowhttptest']


@pytest.fixture
def target(namespace, host):
    host.prefix, host.inside = namespace.enter, namespace.inside
    host.configure(listen=['127.0.0.1:443'], max_connections_per_client=1000, handshake_timeout=TIMEOUT,
                   request_timeout=TIMEOUT, response_timeout=TIMEOUT)
    host.domain(DOMAIN, mx=MX)
    host.certify(DOMAIN)
    return host.start()


class Attack:
    def __init__(self, attacker, target, place, mode):
        self._target = target
        self._words, self._statistics = place / 'words', place / 'statistics'
        self._most = 0
        with open(self._words, 'wb') as words:
            # It would go on for a minute, and gives a probe for its answer as long as a deadline is.
            self.popen = subprocess.Popen(
                [*attacker, '-c', str(CONNECTIONS), '-r', str(CONNECTIONS), '-l', '60', '-p', str(TIMEOUT),
                 '-g', '-o', self._statistics, *mode.options, '-u', f'https://{NAME}{PATH}'],
                stdin=subprocess.DEVNULL, stdout=words, stderr=words)

    def wait_until_closed_by_host(self):
        """Wait until the host has had most of the connections, and has them no more."""
        def has_gone():
            alive = self.popen.poll() is None
            count = self._target.get('/v1/status')['connections']['open']
            self._most = max(self._most, count)
            gone = self._most > CONNECTIONS / 2 and count == 0
            assert gone or alive, f'it ended when {self._most} connections had come at most:\n{self.words}'
            return gone
        until(has_gone, lambda: f'{CONNECTIONS} connections to come and go; {self._most} came:\n{self.words}')

    def stop(self):
        self.popen.send_signal(signal.SIGINT)

    @property
    def words(self):
        """What it says, without colours."""
        return re.sub(r'\x1b\[[0-9;]*m', '', self._words.read_text(errors='replace'))

    def rows(self):
        """Its statistics, one row a second."""
        with open(f'{self._statistics}.csv', newline='', encoding='ascii') as file:
            return [{name: int(value) for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.mark.parametrize('mode', MODES.values(), ids=MODES)
def test_the_service_stays_available_to_slowhttptest(attacker, target, place, mode):
    attack = Attack(attacker, target, place, mode)
    try:
        if mode.is_held:
            attack.wait_until_closed_by_host()
        if not mode.notices:
            attack.stop()
        attack.popen.wait(DEADLINE)
    finally:
        attack.popen.kill()

    rows = attack.rows()
    assert all(row['Service Available'] > 0 for row in rows), rows
    assert set(re.findall(r'service available: *(\w+)', attack.words)) == {'YES'}
    assert rows[-1]['Seconds'] <= 1 + TIMEOUT + SLACK, rows
    if mode.notices:
        assert 'Exit status: No open connections left' in attack.words
    else:
        assert rows[-1]['Connected'] == CONNECTIONS, 'it had not closed any'
    assert 'handshake failed' not in target.process.log
    target.serves(DOMAIN, policy('enforce', MX))
