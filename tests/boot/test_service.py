# SPDX-License-Identifier: ISC
"""The units: what they promise, who may do what, and that a reload tells the truth."""
import json
import time

import pytest

from client import policy

SERVICE = '/usr/lib/systemd/system/mta-stsd.service'
UNITS = [f'/usr/lib/systemd/system/mta-stsd{name}' for name in
         ('.target', '.service', '.socket', '-control.socket', '-http.socket', '-challenge.socket', '-metrics.socket', '-dns.service', '-dns.timer',
          '-acme.service', '-acme.timer', '-acme.path', '-backup.service', '-backup.timer')]


def test_the_units_have_no_mistake(installed):
    assert installed.say('systemd-analyze', 'verify', '--man=no', '--recursive-errors=yes', *UNITS) == ''


def test_the_service_is_airtight(installed):
    installed.run('systemd-analyze', 'security', '--threshold=3', 'mta-stsd.service')
    pid = installed.pid()
    # Since 255 systemd shows what system it is.
    assert set(installed.say('ls', f'/proc/{pid}/root/run').split()) - {'host'} == {'mta-stsd', 'systemd'}
    assert installed.say('sh', '-c', f'ls /proc/{pid}/root/run/host 2>/dev/null || true').split() in ([], ['os-release'])
    assert 'CapEff:\t0000000000000000' in installed.say('cat', f'/proc/{pid}/status')
    assert installed.say('stat', '-c', '%U', f'/proc/{pid}').strip() == 'mta-stsd'


def test_the_first_fetch_starts_a_service_that_was_stopped(serving, authority):
    serving.run('systemctl', 'stop', 'mta-stsd.service')
    assert serving.property('mta-stsd.service', 'ActiveState') == 'inactive'

    assert serving.fetch(authority, 'example.org').body == policy('enforce', ['mail.example.org'])

    assert serving.property('mta-stsd.service', 'ActiveState') == 'active'


def test_the_first_command_starts_a_service_that_was_stopped(serving):
    serving.run('systemctl', 'stop', 'mta-stsd.service')

    assert 'example.org' in serving.say('mta-stsctl', 'list')

    assert serving.property('mta-stsd.service', 'ActiveState') == 'active'


@pytest.mark.parametrize('address', ['127.0.0.1', '::1'])
def test_both_protocols_are_served(serving, authority, address):
    assert serving.fetch(authority, 'example.org', address).status == 200


def test_an_operator_switches_a_domain_without_being_root(serving, authority):
    operator = serving.person('olga', 'mta-stsd-operators')

    said = serving.say('mta-stsctl', 'none', 'example.org', user=operator)

    assert '_mta-sts.example.org.' in said
    assert serving.fetch(authority, 'example.org').body.startswith(policy('none')[:28])
    assert 'olga' in serving.say('mta-stsctl', 'audit')


def test_an_observer_looks_and_changes_nothing(serving, authority):
    observer = serving.person('oscar', 'mta-stsd-observers')

    assert 'example.org' in serving.say('mta-stsctl', 'list', user=observer)
    refused = serving.say('mta-stsctl', 'none', 'example.org', user=observer, check=1)

    assert 'mta-stsd-operators' in refused or 'operator' in refused
    assert serving.fetch(authority, 'example.org').body == policy('enforce', ['mail.example.org'])


def test_everybody_else_is_refused_at_the_socket(serving):
    stranger = serving.person('sally')

    said = serving.say('mta-stsctl', 'list', user=stranger, check=1)

    assert 'ermission' in said


def test_a_reload_that_fails_says_why(serving, authority):
    serving.domain('example.net')
    serving.run('systemctl', 'reload', 'mta-stsd')
    serving.write('/etc/mta-stsd/domains.d/example.com.conf', 'mode = "enfroce";\n')

    serving.run('systemctl', 'reload', 'mta-stsd', check=1)

    said = serving.journal('-u', 'mta-stsd.service')
    assert '/etc/mta-stsd/domains.d/example.com.conf:1' in said
    assert 'enfroce' in said
    assert serving.fetch(authority, 'example.org').status == 200
    assert serving.property('mta-stsd.service', 'ActiveState') == 'active'

    serving.run('rm', '/etc/mta-stsd/domains.d/example.com.conf')
    serving.run('systemctl', 'reload', 'mta-stsd')


def test_a_reload_by_systemctl_is_roots(serving):
    serving.domain('example.net')

    serving.run('systemctl', 'reload', 'mta-stsd')

    newest = json.loads(serving.say('mta-stsctl', '--json', 'audit'))['entries'][-1]
    assert (newest['command'], newest['by'], newest['uid']) == ('reload', 'root (uid 0)', 0)
    assert 'reload, begun (by root (uid 0))' in serving.journal('-u', 'mta-stsd.service')


def checked(machine, status=78):
    """What root is told by --check."""
    return machine.say('sh', '-c', 'mta-stsd --check 2>&1', check=status)


def test_a_check_by_root_is_made_as_the_service(serving):
    said = checked(serving, 0)

    assert 'checking as mta-stsd, the user of mta-stsd.service' in said
    assert 'errors: 0' in said


def test_a_check_by_root_finds_what_the_services_user_may_not_read(serving):
    for path in ('/etc/mta-stsd/domains.d/example.org.conf', '/etc/mta-stsd/certs/example.org.key'):
        serving.run('chown', 'root:root', path)
        serving.run('chmod', '0600', path)
        said = checked(serving)
        assert f'{path}: ' in said and 'chmod 0640' in said
        serving.run('chgrp', 'mta-stsd', path)
        serving.run('chmod', '0640', path)
    checked(serving, 0)

    serving.run('chmod', '0700', '/etc/mta-stsd/domains.d')
    assert '/etc/mta-stsd/domains.d: ' in checked(serving)
    serving.run('chmod', '0755', '/etc/mta-stsd/domains.d')

    serving.run('chmod', '0600', '/etc/mta-stsd/mta-stsd.conf')
    serving.run('chown', 'root:root', '/etc/mta-stsd/mta-stsd.conf')
    assert '/etc/mta-stsd/mta-stsd.conf: ' in checked(serving)


@pytest.mark.parametrize('outside', ['/root', '/home/certs', '/mnt'])
def test_a_check_by_root_finds_links_that_lead_out_of_what_the_service_sees(serving, authority, outside):
    pair = authority.issue('mta-sts.example.net')
    serving.domain('example.net')
    for name, text in (('key', pair.key), ('crt', pair.chain)):
        serving.write(f'{outside}/example.net.{name}', text)
        serving.run('chown', 'root:mta-stsd', f'{outside}/example.net.{name}')
        serving.run('chmod', '0640', f'{outside}/example.net.{name}')
        serving.run('ln', '-s', f'{outside}/example.net.{name}', f'/etc/mta-stsd/certs/example.net.{name}')
    serving.run('chmod', '0755', outside)

    assert '/etc/mta-stsd/certs/example.net.' in checked(serving)

    # What ProtectHome= hides it hides with what is bound there, for the check as for the service.
    for more, seen in (('', outside == '/mnt'), ('ProtectHome=tmpfs\n', True)):
        drop_in(serving, f'BindReadOnlyPaths={outside}\n{more}')
        checked(serving, 0 if seen else 78)
        serving.run('systemctl', 'restart', 'mta-stsd')
        assert (serving.run('test', '-e', f'/proc/{serving.pid()}/root{outside}/example.net.crt', check=None).returncode == 0) == seen


def drop_in(machine, text):
    machine.write('/etc/systemd/system/mta-stsd.service.d/story.conf', f'[Service]\n{text}')
    machine.run('systemctl', 'daemon-reload')


AS_SERVICE = 'checking as mta-stsd, the user of mta-stsd.service'
UNIT_OF_MINE = [
    ('RootDirectory=\nBindReadOnlyPaths=\n', AS_SERVICE + ', which does not see /home /root /run/user\n'),
    ('RootDirectory=\nBindReadOnlyPaths=\nProtectHome=no\n', AS_SERVICE + '\n'),
    ('ExecStart=\nExecStart=/usr/sbin/mta-stsd --config=/etc/mta-stsd/mta-stsd.conf\n', AS_SERVICE + ', which sees'),
    ('ExecStart=\nExecStart=/usr/sbin/mta-stsd\n', AS_SERVICE + ', which sees'),
    ('ExecStart=\nExecStart=/usr/sbin/mta-stsd -c /etc/my.conf\n', 'not known (mta-stsd.service reads other settings, /etc/my.conf)'),
    ('AmbientCapabilities=CAP_DAC_READ_SEARCH\n', 'not known (mta-stsd.service may read more than its user'),
    ('BindReadOnlyPaths=/no/such\n', 'not known (mta-stsd.service cannot start: what it binds is not there (/no/such))'),
    ('BindReadOnlyPaths=/mnt:/etc/new\n', 'not known (mta-stsd.service has a place of its own that is made when it starts (/etc/new))'),
    ('User=root\n', 'not known (mta-stsd.service runs as root)'),
]


def test_a_check_by_root_follows_the_unit_or_says_why_not(serving):
    for text, first in UNIT_OF_MINE:
        drop_in(serving, text)
        assert first in checked(serving, 0)


def test_a_check_by_root_does_not_see_what_a_drop_in_hides(serving):
    for text in ('RootDirectory=\nBindReadOnlyPaths=\nInaccessiblePaths=/etc/mta-stsd/domains.d\n',
                 'InaccessiblePaths=+/etc/mta-stsd/mta-stsd.conf\n'):
        drop_in(serving, text)
        assert '/etc/mta-stsd/' in checked(serving)


def test_a_check_by_root_takes_a_user_by_its_number(serving):
    drop_in(serving, f'User={serving.say("id", "-u", "mta-stsd").strip()}\n')

    assert ', the user of mta-stsd.service, which sees' in checked(serving, 0)


def test_a_check_by_root_counts_the_groups_of_a_drop_in(serving):
    path = '/etc/mta-stsd/certs/example.org.key'
    serving.run('groupadd', '--system', 'keys')
    serving.run('chown', 'root:keys', path)
    checked(serving)

    serving.write('/etc/systemd/system/mta-stsd.service.d/keys.conf', '[Service]\nSupplementaryGroups=keys\n')
    serving.run('systemctl', 'daemon-reload')
    checked(serving, 0)


def test_a_check_of_other_settings_says_that_it_is_roots(serving):
    serving.run('cp', '/etc/mta-stsd/mta-stsd.conf', '/root/new.conf')

    said = serving.say('sh', '-c', 'mta-stsd --config /root/new.conf --check 2>&1')

    assert 'checking as root: whether the service can read the files is not known (mta-stsd.service reads other' in said


def test_a_listen_that_the_sockets_stand_in_for_is_told_by_check_and_status(serving):
    told = 'since systemd passes the sockets ({}): remove it; to listen elsewhere, systemctl edit {}'
    sockets = told.format('listen', 'mta-stsd.socket'), told.format('control', 'mta-stsd-control.socket')
    for socket in sockets:
        assert socket not in checked(serving, 0)

    serving.sh('echo \'listen = [ "[::]:8443" ]; control = "/run/mta-stsd/other.sock";\' >>/etc/mta-stsd/mta-stsd.conf')
    for socket in sockets:
        assert socket in checked(serving, 0)
    serving.run('systemctl', 'restart', 'mta-stsd')
    for socket in sockets:
        assert socket in serving.journal('-u', 'mta-stsd.service')
    assert 'setting is not used' in serving.say('mta-stsctl', 'status')

    serving.sh('echo \'listen = [ "[::]:443" ];\' >/etc/mta-stsd/mta-stsd.conf')
    for socket in sockets:
        assert socket not in checked(serving, 0)


def test_one_bad_domain_file_does_not_keep_the_service_from_starting(serving, authority):
    serving.write('/etc/mta-stsd/domains.d/example.com.conf', '{{{\n')

    serving.run('systemctl', 'restart', 'mta-stsd')

    assert serving.fetch(authority, 'example.org').status == 200


CONF = '/etc/mta-stsd/mta-stsd.conf'
WRONG = ['echo "no_such_setting = 1;" >', 'echo "listen = [" >', 'rm', 'rm {0}; mkdir', 'rm {0}; ln -s /mnt/conf',
         'chown root:root {0}; chmod 0600']


STATE = '/var/lib/mta-stsd'


def do_harm(machine, how, path):
    if how:
        machine.sh(f'{how} {path}'.replace('{0}', path))


@pytest.mark.parametrize('kept', ['', 'rm', 'echo "{{{" >', 'rm {0}; mkdir', 'echo "operator_group = \\"gone\\";" >'])
def test_whatever_became_of_the_settings_what_was_published_is_served(serving, authority, kept):
    serving.run('systemctl', 'stop', 'mta-stsd')
    serving.sh(f'cp -a {CONF} /root/conf; cp -a {STATE} /root/state')
    for harm in WRONG:
        serving.sh(f'rm -rf {CONF}; cp -a /root/conf {CONF}; find {STATE} -mindepth 1 -delete; cp -a /root/state/. {STATE}')
        do_harm(serving, harm, CONF)
        do_harm(serving, kept, f'{STATE}/last-settings.conf')
        complained = serving.journal('-u', 'mta-stsd.service').count(CONF)

        serving.run('systemctl', 'start', 'mta-stsd')

        assert serving.fetch(authority, 'example.org').status == 200
        said = 'SETTINGS ARE DEFAULTS' if kept else 'settings are those that were good last'
        assert said in serving.say('mta-stsctl', 'status'), harm
        assert serving.journal('-u', 'mta-stsd.service').count(CONF) > complained, harm
        serving.run('systemctl', 'stop', 'mta-stsd')
        serving.run('systemctl', 'reset-failed', 'mta-stsd', check=None)


@pytest.mark.parametrize('harm', ['chmod 0700', 'rm -r', 'rm -r {0}; mkdir -m 0000', 'mount -t tmpfs -o mode=0700 tmpfs'])
def test_a_start_that_cannot_read_the_domain_files_serves_what_is_stored(serving, authority, harm):
    path = '/etc/mta-stsd/domains.d'
    do_harm(serving, harm, path)

    serving.run('systemctl', 'restart', 'mta-stsd')

    assert serving.fetch(authority, 'example.org').body == policy('enforce', ['mail.example.org'])
    said = serving.say('mta-stsctl', 'status')
    assert f'{path}: ' in said and '0 orphaned, 1 refused' in said


def test_wrong_settings_end_the_service_once_and_for_all_where_nothing_was_ever_published(serving):
    serving.write('/etc/mta-stsd/mta-stsd.conf', 'no_such_setting = 1;\n')
    serving.run('systemctl', 'stop', 'mta-stsd.socket', 'mta-stsd-control.socket', 'mta-stsd')
    serving.sh('rm -r /var/lib/mta-stsd/*')

    serving.run('systemctl', 'start', 'mta-stsd', check=1)

    assert serving.property('mta-stsd.service', 'ExecMainStatus') == '78'
    assert serving.property('mta-stsd.service', 'NRestarts') == '0'
    assert 'no_such_setting' in serving.journal('-u', 'mta-stsd.service')


def test_without_socket_activation_it_opens_its_own(serving, authority):
    serving.run('systemctl', 'disable', '--now', 'mta-stsd.socket', 'mta-stsd-control.socket')
    serving.run('systemctl', 'restart', 'mta-stsd.service', check=1)  # airtight, and with no socket: it says so
    assert 'mta-stsd.socket' in serving.journal('-u', 'mta-stsd.service')

    serving.run('install', '-D', '-m', '0644', '/usr/share/doc/mta-stsd/examples/own-sockets.conf',
                '/etc/systemd/system/mta-stsd.service.d/own-sockets.conf')
    serving.run('systemctl', 'daemon-reload')
    serving.run('systemctl', 'restart', 'mta-stsd.service')

    assert serving.fetch(authority, 'example.org').status == 200
    assert AS_SERVICE in checked(serving, 0)
    assert 'example.org' in serving.say('mta-stsctl', 'list', user=serving.person('olga', 'mta-stsd-operators'))
    serving.run('systemd-analyze', 'security', '--threshold=14', 'mta-stsd.service')


def test_the_look_into_dns_is_run_by_its_timer(serving):
    assert serving.property('mta-stsd-dns.timer', 'ActiveState') == 'active'

    serving.run('systemctl', 'start', 'mta-stsd-dns.service')  # nothing is retiring: nothing to ask

    assert serving.property('mta-stsd-dns.service', 'Result') == 'success'


ALL = ('mta-stsd.service', 'mta-stsd.socket', 'mta-stsd-control.socket', 'mta-stsd-http.socket',
       'mta-stsd-challenge.socket', 'mta-stsd-metrics.socket', 'mta-stsd-dns.timer', 'mta-stsd-acme.timer', 'mta-stsd-acme.path')
BESIDE = {'mta-stsd-dns.timer', 'mta-stsd-acme.timer', 'mta-stsd-acme.path'}


def running(machine):
    return {unit for unit, (state, _) in zip(ALL, machine.states(*ALL)) if state == 'active'}


def with_all(machine):
    machine.run('systemctl', 'enable', 'mta-stsd-http.socket', 'mta-stsd-challenge.socket', 'mta-stsd-metrics.socket')
    machine.run('systemctl', 'restart', 'mta-stsd.service')
    assert running(machine) == set(ALL)


def test_the_target_stops_all_of_it_and_nothing_starts_it_again(serving, authority):
    with_all(serving)

    serving.target('stop')

    said = serving.say('mta-stsctl', 'status', check=1)
    assert 'systemctl start mta-stsd.target' in said
    with pytest.raises(OSError):
        serving.fetch(authority, 'example.org')
    serving.run('systemctl', 'start', 'mta-stsd-dns.service', check=None)
    assert running(serving) == set()

    serving.target('start')

    assert running(serving) == set(ALL)
    assert serving.fetch(authority, 'example.org').status == 200


def test_the_target_leaves_backups_to_themselves(serving):
    serving.run('systemctl', 'enable', '--now', 'mta-stsd-backup.timer')

    serving.target('stop')

    assert serving.property('mta-stsd-backup.timer', 'ActiveState') == 'active'
    serving.run('systemctl', 'start', 'mta-stsd-backup.service')
    assert serving.sh('ls /var/lib/mta-stsd-backups').stdout.startswith('mta-stsd-2')
    assert running(serving) == set()


def test_the_target_also_stops_what_was_started_without_it(serving):
    serving.target('stop')
    serving.run('systemctl', 'start', 'mta-stsd-control.socket', 'mta-stsd-dns.timer')
    assert serving.property('mta-stsd.target', 'ActiveState') == 'inactive'

    serving.target('stop')

    assert running(serving) == set()


def test_a_restart_of_the_target_leaves_its_sockets_open(serving, authority):
    with_all(serving)
    sockets = [unit for unit in ALL if unit.endswith('.socket')]

    def opened():
        return [serving.property(unit, 'ActiveEnterTimestampMonotonic') for unit in sockets]
    before, old = opened(), serving.pid()

    serving.target('restart')

    if int(serving.say('systemctl', '--version').split()[1]) < 257:  # which opens them anew; see mta-stsd(8)
        assert opened() == before
    assert serving.pid() not in (old, 0)
    assert running(serving) == set(ALL)
    assert serving.fetch(authority, 'example.org').status == 200


def test_the_look_into_dns_does_not_start_a_service_that_was_stopped(serving):
    serving.run('systemctl', 'stop', 'mta-stsd.service')

    serving.run('systemctl', 'start', 'mta-stsd-dns.service', check=1)

    assert serving.property('mta-stsd.service', 'ActiveState') == 'inactive'
    assert serving.property('mta-stsd-dns.service', 'ActiveState') == 'inactive'


@pytest.mark.parametrize('unit', ['mta-stsd.service', 'mta-stsd.target'])
def test_what_is_disabled_is_not_started_at_boot_by_anything(serving, authority, unit):
    with_all(serving)

    serving.run('systemctl', 'disable', unit)
    serving.reboot()

    assert running(serving) <= BESIDE
    serving.run('systemctl', 'start', 'mta-stsd-dns.service', check=None)
    serving.say('mta-stsctl', 'status', check=1)
    with pytest.raises(OSError):
        serving.fetch(authority, 'example.org')
    assert running(serving) <= BESIDE

    serving.target('enable', '--now')
    assert running(serving) == set(ALL)
    serving.reboot()
    assert running(serving) == set(ALL)
    assert serving.fetch(authority, 'example.org').status == 200


def unable(machine):
    """The service ends with status 78 at each start: its settings are wrong, and there is no state."""
    machine.write('/etc/mta-stsd/mta-stsd.conf', 'no_such_setting = 1;\n')
    machine.run('systemctl', 'stop', 'mta-stsd')
    machine.sh('rm -r /var/lib/mta-stsd/*')
    machine.run('systemctl', 'start', 'mta-stsd', check=1)


def test_who_waits_for_a_service_that_cannot_start_is_turned_away(serving, authority):
    unable(serving)

    for _ in range(3):
        assert 'systemctl status mta-stsd' in serving.say('mta-stsctl', 'status', check=1)
        with pytest.raises(OSError):
            serving.fetch(authority, 'example.org')
    assert [state for state, _ in serving.states('mta-stsd.socket', 'mta-stsd-control.socket')] == ['active', 'active']
    serving.write('/etc/mta-stsd/mta-stsd.conf', '')
    assert serving.fetch(authority, 'example.org').status == 200


@pytest.mark.parametrize('unit', ['mta-stsd.service', 'mta-stsd.target'])
def test_a_service_that_could_not_start_starts_once_it_can(serving, authority, unit):
    unable(serving)
    for _ in range(8):  # more often than a socket may be opened in ten seconds by itself
        serving.say('mta-stsctl', 'status', check=1)
        with pytest.raises(OSError):
            serving.fetch(authority, 'example.org')
        serving.run('systemctl', 'start', 'mta-stsd.service', check=1)

    serving.write('/etc/mta-stsd/mta-stsd.conf', '')
    serving.run('systemctl', 'start', unit)

    assert serving.fetch(authority, 'example.org').status == 200
    serving.run('mta-stsctl', 'status')


def test_the_backup_is_off_and_works_as_the_service_user(serving):
    assert serving.property('mta-stsd-backup.timer', 'ActiveState') == 'inactive'
    assert serving.run('systemctl', 'is-enabled', 'mta-stsd-backup.timer', check=1).stdout.strip() == 'disabled'

    serving.run('systemctl', 'enable', '--now', 'mta-stsd-backup.timer')
    for _ in range(2):
        serving.run('systemctl', 'start', 'mta-stsd-backup.service')
        serving.run('sleep', '1')  # a backup is named after its second

    names = serving.say('ls', '/var/lib/mta-stsd-backups').split()
    assert len(names) == 2
    owners = serving.say('find', '/var/lib/mta-stsd-backups', '-printf', '%u:%g %m\\n').split('\n')
    assert {owner for owner in owners if owner} == {'mta-stsd:mta-stsd 700', 'mta-stsd:mta-stsd 600'}
    assert 'mta-stsctl' not in serving.journal('-u', 'mta-stsd-backup.service', '-p', 'err')
    assert 'read back' in serving.journal('-u', 'mta-stsd-backup.service')
    serving.run('systemd-analyze', 'security', '--threshold=20', 'mta-stsd-backup.service')


def test_a_service_that_fails_again_and_again_keeps_nobody_waiting(serving):
    serving.target('stop')
    serving.sh('rm -f /var/lib/mta-stsd/*; head -c 100000 /dev/urandom >/var/lib/mta-stsd/mta-stsd.db; '
               'chown mta-stsd: /var/lib/mta-stsd/mta-stsd.db')
    begin = time.monotonic()

    serving.run('systemctl', 'start', 'mta-stsd.target', check=None)
    serving.run('sleep', '4')

    assert 'waiting' not in serving.say('systemctl', 'list-jobs', '--no-legend', 'mta-stsd.target', check=None)
    assert int(serving.property('mta-stsd.service', 'NRestarts')) <= time.monotonic() - begin + 1  # RestartSec=1


def test_the_target_starts_what_is_disabled(serving, authority):
    serving.target('disable', '--now')

    serving.target('start')

    assert serving.fetch(authority, 'example.org').status == 200
    serving.run('mta-stsctl', 'status')


ASK = r"""
my $socket = $ARGV[0] =~ m{^/} ? IO::Socket::UNIX->new(Peer => $ARGV[0]) : IO::Socket::INET->new(PeerAddr => $ARGV[0]);
$socket or exit 7;
print $socket "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.org\r\n\r\n";
print while <$socket>;
"""


def asking(where):
    """What another web server does, in the words of what is there without a package."""
    return 'perl', '-MIO::Socket::UNIX', '-MIO::Socket::INET', '-e', ASK, where


def test_another_web_server_asks_without_tls_and_nobody_else_does(serving):
    assert serving.property('mta-stsd-http.socket', 'ActiveState') == 'inactive'
    serving.run('systemctl', 'enable', 'mta-stsd-http.socket')
    serving.run('systemctl', 'restart', 'mta-stsd.service')
    assert serving.say('stat', '-c', '%U %G %a', '/run/mta-stsd/http.sock') == 'mta-stsd www-data 660\n'

    assert '\nmode: enforce\n' in serving.say(*asking('/run/mta-stsd/http.sock'), user='www-data')

    serving.run(*asking('/run/mta-stsd/http.sock'), user=serving.person('otto'), check=7)


def test_plain_http_is_served_on_a_port_of_the_loopback_and_on_no_other(serving):
    def listen(address):
        serving.write('/etc/systemd/system/mta-stsd-http.socket.d/port.conf',
                      f'[Socket]\nListenStream=\nListenStream={address}\n')
        serving.run('systemctl', 'daemon-reload')
        serving.run('systemctl', 'restart', 'mta-stsd-http.socket', 'mta-stsd.service', check=None)

    serving.run('systemctl', 'enable', 'mta-stsd-http.socket')
    listen('127.0.0.1:9780')
    assert '\nmode: enforce\n' in serving.say(*asking('127.0.0.1:9780'))

    listen('9780')
    assert 'socket http, refused ([::]:9780 is not a loopback address' in serving.journal('-u', 'mta-stsd')
    assert serving.property('mta-stsd.service', 'ActiveState') == 'failed'


def test_the_https_port_moves_away_for_another_web_server(serving, authority):
    """As the manual says: the socket on the loopback, and the port is free."""
    serving.write('/etc/systemd/system/mta-stsd.socket.d/override.conf',
                  '[Socket]\nListenStream=\nListenStream=127.0.0.1:8443\n')
    serving.run('systemctl', 'daemon-reload')
    serving.run('systemctl', 'restart', 'mta-stsd.socket', 'mta-stsd.service')

    assert serving.fetch(authority, 'example.org', port=8443).body == policy('enforce', ['mail.example.org'])
    with pytest.raises(OSError):
        serving.fetch(authority, 'example.org')
