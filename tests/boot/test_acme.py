# SPDX-License-Identifier: ISC
"""Certificates through the real hooks of ACME clients, from a real authority, into a service that can see none of it."""
import json
import types

import pytest

from conftest import install_in, unpack
from wait import until

HOST = 'mta-sts.example.org'
DIRECTORY = 'https://localhost:14000/dir'
PEBBLE = {'pebble': {
    'listenAddress': '127.0.0.1:14000', 'managementListenAddress': '127.0.0.1:15000',
    'certificate': '/root/localhost.pem', 'privateKey': '/root/localhost.key',
    'httpPort': 80, 'tlsPort': 443, 'ocspResponderURL': '', 'externalAccountBindingRequired': False,
    'certificateValidityPeriod': 30 * 86400}}
SERVERS = {
    'names': 'ExecStart=pebble-challtestsrv -defaultIPv6 "" -defaultIPv4 127.0.0.1 -http01 "" -https01 "" -tlsalpn01 "" '
             '-dns01 127.0.0.1:8053 -management 127.0.0.1:8055',
    # The machine's own: mta-stsctl looks where a host leads before it orders.
    'resolver': 'ExecStart=pebble-challtestsrv -defaultIPv6 "" -defaultIPv4 127.0.0.1 -http01 "" -https01 "" -tlsalpn01 "" '
                '-dns01 127.0.0.1:53 -management 127.0.0.1:8056',
    'pebble': 'Environment=PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0\n'
              'ExecStart=pebble -config /root/pebble.json -dnsserver 127.0.0.1:8053',
    'web': 'ExecStart=python3 -m http.server --bind 127.0.0.1 --directory /var/www 80'}

RESOLVE = f'import socket as s; s.getaddrinfo("{HOST}", 443, s.AF_INET)'
READ_ROOTS = 'import urllib.request as u; print(u.urlopen("https://localhost:15000/roots/0").read().decode())'
READ_WEB = 'import urllib.request as u; u.urlopen("http://127.0.0.1/")'

# How each client gets its first certificate and renews it.
CERTBOT = f'certbot --server {DIRECTORY} --agree-tos --register-unsafely-without-email -n'
LEGO = f'lego --server {DIRECTORY} --accept-tos --email postmaster@example.org --http --path /var/lib/lego --domains {HOST}'
UACME = f'uacme -a {DIRECTORY} -y -h /usr/share/uacme/uacme.sh'
INSTALL_UACME = f'mta-stsctl cert install /etc/ssl/uacme/{HOST}/cert.pem /etc/ssl/uacme/private/{HOST}/key.pem'
CLIENTS = {
    'certbot': (
        f'{CERTBOT} certonly --standalone -d {HOST} --deploy-hook /etc/letsencrypt/renewal-hooks/deploy/mta-stsd',
        f'{CERTBOT} renew --force-renewal --no-random-sleep-on-renew'),
    'certbot beside a web server': (
        f'{CERTBOT} certonly --webroot -w /var/www -d {HOST} --deploy-hook "mta-stsctl cert install --from-hook"',
        f'{CERTBOT} renew --force-renewal --no-random-sleep-on-renew'),
    'lego': (
        f'{LEGO} run --run-hook "mta-stsctl cert install --from-hook"',
        f'{LEGO} renew --days 90 --no-random-sleep --renew-hook "mta-stsctl cert install --from-hook"'),
    'lego beside a web server': (
        f'{LEGO} --http.webroot /var/www run --run-hook "mta-stsctl cert install --from-hook"',
        f'{LEGO} --http.webroot /var/www renew --days 90 --no-random-sleep --renew-hook "mta-stsctl cert install --from-hook"'),
    'uacme': (
        f'{UACME} new && {UACME} issue {HOST} && {INSTALL_UACME}',
        f'{UACME} -f issue {HOST} && {INSTALL_UACME}'),
}


@pytest.fixture(scope='module')
def lowers(place):
    """A machine with the package, three clients and an authority to get certificates from."""
    acme = unpack(place, 'acme')
    return [install_in(place, acme), acme]


def start_authority(machine, authority):
    pair = authority.issue('localhost')
    machine.write('/root/localhost.pem', pair.chain)
    machine.write('/root/localhost.key', pair.key)
    machine.write('/etc/hosts', '127.0.0.1 localhost\n')
    machine.write('/root/pebble.json', json.dumps(PEBBLE))
    machine.sh('mkdir -p /var/www/.well-known/acme-challenge; cat >>/etc/ssl/certs/ca-certificates.crt',
               stdin=authority.file.read_text())
    for name, lines in SERVERS.items():
        machine.write(f'/etc/systemd/system/{name}.service', f'[Service]\n{lines}\n')
    machine.run('systemctl', 'daemon-reload')
    machine.sh('rm -f /etc/resolv.conf; echo nameserver 127.0.0.1 >/etc/resolv.conf')
    machine.run('systemctl', 'start', 'names', 'resolver', 'pebble')
    until(lambda: machine.sh('python3 -c "$0" 2>/dev/null', RESOLVE, check=None).returncode == 0, 'the resolver to answer')
    until(lambda: machine.sh('python3 -c "$0" >/root/roots.pem 2>/dev/null', READ_ROOTS, check=None).returncode == 0,
          'pebble to answer')


@pytest.mark.parametrize('client', CLIENTS)
def test_a_certificate_comes_and_is_renewed_through_the_hook(machines, lowers, authority, tmp_path, client):
    machine = machines(*lowers)
    start_authority(machine, authority)
    machine.domain('example.org')
    machine.run('mta-stsctl', 'reload')
    roots = tmp_path / 'roots.pem'
    roots.write_text(machine.say('cat', '/root/roots.pem'))
    world = types.SimpleNamespace(file=roots)
    first, again = CLIENTS[client]
    if client == 'uacme' or 'web server' in client:
        machine.run('systemctl', 'start', 'web')
        until(lambda: machine.sh('python3 -c "$0" 2>/dev/null', READ_WEB, check=None).returncode == 0, 'the web server')

    machine.sh(first, timeout=120)
    serial = machine.fetch(world, 'example.org').certificate['serialNumber']
    machine.sh(again, timeout=120)
    renewed = machine.fetch(world, 'example.org').certificate['serialNumber']

    assert renewed != serial
    listed = json.loads(machine.say('mta-stsctl', '--json', 'cert', 'list'))
    assert [(one['source'], one['names'], one['used']) for one in listed['certificates']] == [('installed', [HOST], True)]
    assert listed['uncovered'] == 0

    machine.run('systemctl', 'restart', 'mta-stsd')
    assert machine.fetch(world, 'example.org').certificate['serialNumber'] == renewed


def test_certbot_renews_what_is_not_ours_in_peace(machines, lowers, authority):
    machine = machines(*lowers)
    start_authority(machine, authority)
    other = CLIENTS['certbot'][0].replace(HOST, 'www.example.org')

    said = machine.sh(other, timeout=120).stdout
    said += machine.sh(CLIENTS['certbot'][1], timeout=120).stdout

    assert 'error' not in said.lower()
    assert json.loads(machine.say('mta-stsctl', '--json', 'cert', 'list'))['certificates'] == []


# ---- by themselves

OURS = '/var/lib/mta-stsd-acme'
SERVICE = 'mta-stsd-acme.service'
EXPOSURE = '15'  # of 100, as systemd-analyze security has it


def state(machine):
    return machine.property(SERVICE, 'ActiveState'), machine.property(SERVICE, 'Result')


def ours(machine):
    """Who owns what the account's directory has in it."""
    return set(machine.sh(f'find {OURS} -printf "%U:%G\\n"').stdout.split()), \
        machine.say('id', '-u', 'mta-stsd-acme').strip() + ':' + machine.say('id', '-g', 'mta-stsd-acme').strip()


def by_default(machine):
    """The authority of the test is the one that is asked."""
    machine.write(f'/etc/systemd/system/{SERVICE}.d/story.conf',
                  f'[Service]\nExecStart=\nExecStart=mta-stsctl cert obtain --due --directory {DIRECTORY}\n')
    machine.run('systemctl', 'daemon-reload')


def agree(machine, *more):
    machine.run('mta-stsctl', 'cert', 'obtain', '--directory', DIRECTORY, '--agree', '--email', 'postmaster@example.org', *more,
                timeout=120)


def world(machine, tmp_path):
    roots = tmp_path / 'roots.pem'
    roots.write_text(machine.say('cat', '/root/roots.pem'))
    return types.SimpleNamespace(file=roots)


def test_without_an_account_nothing_is_ordered_and_nothing_fails(machines, lowers):
    machine = machines(*lowers)
    machine.domain('example.org')
    machine.run('mta-stsctl', 'reload')

    machine.run('systemctl', 'start', SERVICE)

    assert state(machine) == ('inactive', 'success')
    assert machine.property(SERVICE, 'ConditionResult') == 'no'
    assert machine.sh(f'test ! -e {OURS}').returncode == 0
    assert machine.states('mta-stsd-acme.timer', 'mta-stsd-acme.path') == [('active', 'enabled')] * 2
    assert 'mta-stsd-certifiers' in machine.say('id', '-nG', 'mta-stsd-acme').split()
    machine.run('systemd-analyze', 'security', f'--threshold={EXPOSURE}', SERVICE)


def test_a_domain_file_is_all_it_takes(machines, lowers, authority, tmp_path):
    machine = machines(*lowers)
    start_authority(machine, authority)
    by_default(machine)
    machine.domain('example.org')
    machine.run('mta-stsctl', 'reload')
    agree(machine, 'example.org')
    seen = world(machine, tmp_path)
    assert machine.fetch(seen, 'example.org').status == 200
    owners, user = ours(machine)
    assert owners == {user}

    machine.domain('example.net')
    machine.run('mta-stsctl', 'reload')

    until(lambda: json.loads(machine.say('mta-stsctl', '--json', 'cert', 'list'))['uncovered'] == 0, 'the certificate')
    assert machine.fetch(seen, 'example.net').status == 200
    until(lambda: state(machine) == ('inactive', 'success'), 'the end of the round')
    assert 'mta-stsd-acme (uid ' in machine.say('mta-stsctl', 'audit')
    assert ours(machine)[0] == {user}

    # And what the timer finds: nothing is due.
    machine.run('systemctl', 'start', SERVICE)
    assert state(machine) == ('inactive', 'success')
    assert 'nothing is ordered now' in machine.journal('-u', SERVICE)


def test_a_domain_that_fails_is_not_a_failure_of_the_unit_and_a_lost_key_is(machines, lowers, authority):
    machine = machines(*lowers)
    start_authority(machine, authority)
    by_default(machine)
    machine.domain('example.org')
    machine.run('mta-stsctl', 'reload')
    agree(machine, 'example.org')
    machine.write('/etc/hosts', '127.0.0.1 localhost\n')
    machine.run('systemctl', 'stop', 'names')  # no name leads anywhere

    machine.domain('example.net')
    machine.run('mta-stsctl', 'reload')
    until(lambda: 'example.net: NOT obtained' in machine.journal('-u', SERVICE), 'the order to fail')
    until(lambda: state(machine) == ('inactive', 'success'), 'the end of the round')

    machine.run('rm', f'{OURS}/private/key.pem')
    machine.domain('example.com')
    machine.run('mta-stsctl', 'reload')
    until(lambda: state(machine) == ('failed', 'exit-code'), 'the unit to fail')


def test_a_round_is_over_with_the_service_and_that_is_no_failure(machines, lowers):
    machine = machines(*lowers)
    machine.write(f'{OURS}/authorities', f'{DIRECTORY}\n')
    machine.write(f'/etc/systemd/system/{SERVICE}.d/story.conf', '[Service]\nExecStart=\nExecStart=sleep infinity\n')
    machine.run('systemctl', 'daemon-reload')
    machine.run('systemctl', 'start', '--no-block', SERVICE)
    until(lambda: state(machine)[0] == 'activating', 'the round to begin')

    machine.target('stop')

    assert state(machine) == ('inactive', 'success')
    machine.run('systemctl', 'start', SERVICE, check=1)
    assert machine.property('mta-stsd.service', 'ActiveState') == 'inactive'


def test_an_upgrade_gives_the_account_of_root_to_the_user(machines, lowers):
    machine = machines(*lowers)
    machine.sh(f'mkdir -m 0700 -p {OURS}/private; echo key >{OURS}/private/key.pem; ln -s /etc/passwd {OURS}/link')

    machine.run('dpkg-reconfigure', '-fnoninteractive', 'mta-stsd', timeout=120)

    owners, user = ours(machine)
    assert owners == {user}
    assert machine.say('stat', '-c', '%U', '/etc/passwd').strip() == 'root'

    # What others may write to is nobody's to give away.
    machine.sh(f'chown -R root:root {OURS}; chmod 0770 {OURS}')
    machine.run('dpkg-reconfigure', '-fnoninteractive', 'mta-stsd', timeout=120)
    assert ours(machine)[0] == {'0:0'}
