# SPDX-License-Identifier: ISC
"""The package: the first five minutes, an upgrade, and the end."""
import pathlib
import re
import shutil

from client import policy
from conftest import PACKAGE

UNITS = ('mta-stsd.service', 'mta-stsd.socket', 'mta-stsd-control.socket', 'mta-stsd-dns.timer',
         'mta-stsd-acme.timer', 'mta-stsd-acme.path')


def test_a_newcomer_gets_from_nothing_to_a_policy(fresh, authority):
    fresh.install(PACKAGE)

    for unit in UNITS:
        assert fresh.property(unit, 'ActiveState') == 'active', unit
        assert fresh.property(unit, 'UnitFileState') == 'enabled', unit
    assert fresh.property('mta-stsd-metrics.socket', 'ActiveState') == 'inactive'

    said = fresh.say('mta-stsctl', 'status')
    assert 'no domain' in said.lower() or 'example.org.conf' in said
    assert '/etc/mta-stsd/domains.d' in said

    fresh.domain('example.org')
    fresh.run('mta-stsctl', 'reload')
    said = fresh.say('mta-stsctl', 'status')
    assert 'mta-stsctl cert obtain --agree --email postmaster@example.org\n' in said
    assert 'certbot certonly --standalone -d mta-sts.example.org ' in said

    pair = authority.issue('mta-sts.example.org', days=90)
    fresh.write('/root/chain.pem', pair.chain)
    fresh.write('/root/key.pem', pair.key, 0o600)
    said = fresh.say('mta-stsctl', 'cert', 'install', '/root/chain.pem', '/root/key.pem')
    assert 'example.org' in said

    assert fresh.fetch(authority, 'example.org').body == policy('enforce', ['mail.example.org'])
    assert fresh.say('find', '/var/lib/mta-stsd/certificates', '-type', 'f', '-printf', '%m %u\n') == '600 mta-stsd\n'
    assert 'next: check that DNS has the TXT record: mta-stsctl dns example.org' in fresh.say('mta-stsctl', 'status')


def newer_package(machine):
    """The same with the next version, as an upgrade would bring it."""
    machine.sh('rm -rf /root/newer && dpkg-deb -R "$0" /root/newer && sed -i "s/^Version: .*/&+later/" /root/newer/DEBIAN/control && '
               'dpkg-deb --root-owner-group -b /root/newer /root/newer.deb', f'/root/{PACKAGE.name}')
    return '/root/newer.deb'


def test_an_upgrade_keeps_what_is_served_and_loses_no_fetch(serving, authority):
    from load import Load
    from wait import until
    serving.install(PACKAGE)  # the file, for newer_package()
    serving.run('mta-stsctl', 'none', 'example.org')
    before = serving.say('mta-stsctl', 'txt', 'example.org')
    old = serving.pid()
    newer = newer_package(serving)

    with Load(serving, authority, 'example.org', threads=4) as load:
        until(lambda: len(load.tries) > 50, 'fetches')
        serving.run('dpkg', '--install', newer, timeout=120)
        goal = len(load.tries) + 50
        until(lambda: len(load.tries) > goal, 'fetches')

    assert [one.error for one in load.failed] == []
    assert serving.pid() not in (old, 0)
    assert serving.say('mta-stsctl', 'txt', 'example.org') == before
    assert serving.fetch(authority, 'example.org').body.startswith(policy('none')[:28])
    assert '+later' in serving.say('dpkg-query', '-W', 'mta-stsd')


def test_removal_keeps_the_state_and_purge_leaves_nothing(serving):
    serving.run('dpkg', '--remove', 'mta-stsd', timeout=120)
    assert serving.run('test', '-e', '/var/lib/mta-stsd/mta-stsd.db').returncode == 0
    assert serving.property('mta-stsd.socket', 'ActiveState') == 'inactive'

    serving.run('dpkg', '--purge', 'mta-stsd', timeout=120)

    left = serving.sh('find / -xdev -name "*mta-sts*" -not -path "/proc/*" -not -path "/root/*" -not -path "/var/log/*"'
                      ' -not -path "/etc/mta-stsd*"').stdout
    assert left == ''
    assert serving.say('find', '/etc/mta-stsd', '-name', '*.conf').split() == ['/etc/mta-stsd/domains.d/example.org.conf']


def test_by_hand_the_lines_of_the_readme_are_enough(fresh):
    """The files of the package are those of make install; nothing of the package's scripts is run."""
    readme = (pathlib.Path(__file__).parents[2] / 'README.md').read_text()
    lines = readme.split('sudo make install\n')[1].split('```')[0].replace('sudo ', '')
    assert '`systemctl enable --now mta-stsd.target`' in readme
    shutil.copy(PACKAGE, fresh.root / 'root')
    fresh.sh('dpkg-deb --fsys-tarfile "$0" | tar -C / -x --keep-directory-symlink', f'/root/{PACKAGE.name}')

    fresh.sh(lines)
    fresh.target('enable', '--now')

    assert fresh.states(*UNITS) == ON
    assert fresh.say('stat', '-c', '%U %G %a', '/etc/mta-stsd/certs') == 'root mta-stsd 2750\n'
    assert 'mta-stsctl reload' in fresh.say('mta-stsctl', 'status', user=fresh.person('oscar', 'mta-stsd-observers'))
    assert 'mta-stsd: The daemon is ready' in fresh.say('journalctl', '--list-catalog')
    fresh.domain('example.org')
    fresh.run('systemctl', 'reload', 'mta-stsd')


OFF = [('inactive', 'disabled')] * len(UNITS)
ON = [('active', 'enabled')] * len(UNITS)


def other_server(machine, name='other', start=True):
    """Another server that wants the port, and comes at each boot."""
    machine.write(f'/etc/systemd/system/{name}.socket', '[Socket]\nListenStream=443\n[Install]\nWantedBy=sockets.target\n')
    machine.write(f'/etc/systemd/system/{name}.service', '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n')
    machine.run('systemctl', 'daemon-reload')
    machine.run('systemctl', 'enable', f'{name}.socket', f'{name}.service')
    if start:
        machine.run('systemctl', 'start', f'{name}.socket')


def beside(machine):
    """As the manual says."""
    machine.write('/etc/systemd/system/mta-stsd.socket.d/override.conf',
                  '[Socket]\nListenStream=\nListenStream=127.0.0.1:8443\n')
    machine.run('systemctl', 'daemon-reload')
    machine.run('systemctl', 'enable', 'mta-stsd.target')
    machine.run('systemctl', 'restart', 'mta-stsd.socket', 'mta-stsd.service')


def test_a_taken_port_is_left_to_who_has_it_at_the_next_boot_too(fresh):
    other_server(fresh)

    said = fresh.install(PACKAGE)

    assert 'another server has the' in said and 'BESIDE ANOTHER SERVER' in said
    assert not re.search('Job|journalctl|deb-systemd-invoke', said) and 'Created symlink' in said, said
    assert 'systemctl enable --now mta-stsd.target' in said
    assert fresh.say('dpkg-query', '-W', '-f', '${db:Status-Status}', 'mta-stsd') == 'installed'
    assert fresh.states(*UNITS) == OFF
    fresh.reboot()
    assert fresh.states('other.socket') == [('active', 'enabled')]
    assert fresh.states(*UNITS) == OFF

    # Once somebody has enabled it, it stays so.
    beside(fresh)
    fresh.target('start')
    fresh.run('dpkg', '--install', newer_package(fresh), timeout=120)
    fresh.reboot()
    assert fresh.states(*UNITS) == ON
    assert fresh.states('other.socket') == [('active', 'enabled')]


def test_the_port_is_not_taken_from_a_web_server_that_is_stopped_right_now(fresh):
    other_server(fresh, 'nginx', start=False)

    said = fresh.install(PACKAGE)

    assert 'nginx is installed and does not run, and may want port 443' in said
    assert fresh.states(*UNITS) == OFF
    fresh.run('systemctl', 'start', 'nginx.socket')

    fresh.run('systemctl', 'stop', 'nginx.socket')
    fresh.target('enable', '--now')
    assert fresh.states(*UNITS) == ON
    said = fresh.say('dpkg', '--install', newer_package(fresh), timeout=120)
    assert 'mta-stsd:' not in said
    assert fresh.states(*UNITS) == ON


def test_in_a_chroot_the_port_is_left_to_a_web_server_that_is_enabled_there(fresh):
    other_server(fresh, 'nginx', start=False)
    shutil.copy(PACKAGE, fresh.root / 'root')
    fresh.sh('mkdir /tmp/r; mount --rbind / /tmp/r; mount --make-rprivate /tmp/r; mount -t tmpfs none /tmp/r/run; mount -t proc none /tmp/r/proc')

    said = fresh.say('chroot', '/tmp/r', 'dpkg', '--install', f'/root/{PACKAGE.name}', timeout=120)

    assert 'systemctl enable --now mta-stsd.target' in said
    fresh.reboot()
    assert fresh.states('nginx.socket') == [('active', 'enabled')]
    assert fresh.states(*UNITS) == OFF


def test_an_upgrade_keeps_sockets_that_were_enabled_and_takes_them_from_the_boot_of_their_own(serving):
    sockets = ('mta-stsd-http.socket', 'mta-stsd-metrics.socket')
    serving.install(PACKAGE)
    serving.run('systemctl', 'enable', *sockets)
    for unit in sockets:  # as an older version enabled them
        serving.run('ln', '-s', f'/lib/systemd/system/{unit}', '/etc/systemd/system/sockets.target.wants/')
    serving.run('systemctl', 'daemon-reload')
    serving.run('systemctl', 'restart', 'mta-stsd.service')

    serving.run('dpkg', '--install', newer_package(serving), timeout=120)

    assert serving.states(*UNITS, *sockets) == ON + [('active', 'enabled')] * 2
    serving.run('systemctl', 'disable', 'mta-stsd.service')
    serving.reboot()
    assert [state for state, _ in serving.states(*sockets)] == ['inactive', 'inactive']


def test_an_upgrade_mends_an_installation_that_waits_for_the_port_since_it_was_made(fresh):
    fresh.install(PACKAGE)
    fresh.target('stop')
    fresh.run('rm', '-r', '/var/lib/mta-stsd')
    other_server(fresh)
    fresh.run('systemctl', 'start', 'mta-stsd.socket', check=1)

    said = fresh.say('dpkg', '--install', newer_package(fresh), timeout=120)

    assert 'systemctl enable --now mta-stsd.target' in said
    assert fresh.states(*UNITS) == OFF


def test_an_upgrade_leaves_disabled_what_was_disabled(serving):
    serving.install(PACKAGE)
    serving.target('disable', '--now')

    said = serving.say('dpkg', '--install', newer_package(serving), timeout=120)

    assert 'mta-stsd:' not in said
    assert serving.states(*UNITS) == OFF


def test_an_upgrade_does_not_replace_a_process_that_serves_while_the_files_have_errors(serving, authority):
    serving.install(PACKAGE)
    old = serving.pid()
    serving.write('/etc/mta-stsd/certs/example.org.crt', 'half a certifi')
    for i in range(7):
        serving.write(f'/etc/mta-stsd/domains.d/bad{i}.example.conf', 'mode = "enfroce";\n')

    said = serving.say('dpkg', '--install', newer_package(serving), timeout=120)

    assert 'mta-stsd --check && systemctl restart mta-stsd' in said
    assert said.count('mta-stsd:   /etc/mta-stsd/') == 5, said
    assert re.search(r'mta-stsd:   and \d+ more: mta-stsd --check\n', said), said
    serving.sh('rm /etc/mta-stsd/domains.d/bad*')
    assert serving.pid() == old
    assert serving.fetch(authority, 'example.org').status == 200

    serving.certify('example.org', authority.issue('mta-sts.example.org'))
    serving.sh('mta-stsd --check && systemctl restart mta-stsd')
    assert serving.pid() not in (old, 0)
    assert serving.fetch(authority, 'example.org').status == 200


def test_an_upgrade_checks_what_the_unit_reads_and_with_its_eyes(serving, authority):
    serving.install(PACKAGE)
    serving.sh('cp /etc/mta-stsd/mta-stsd.conf /etc/my.conf; echo "no_such_setting = 1;" >/etc/mta-stsd/mta-stsd.conf')
    unit = '/etc/systemd/system/mta-stsd.service.d/story.conf'
    serving.write(unit, '[Service]\nExecStart=\nExecStart=/usr/sbin/mta-stsd --config=/etc/my.conf\n')
    serving.run('systemctl', 'daemon-reload')
    serving.run('systemctl', 'restart', 'mta-stsd')
    old = serving.pid()

    assert 'mta-stsd:' not in serving.say('dpkg', '--install', newer_package(serving), timeout=120)
    assert serving.pid() not in (old, 0)

    # What the unit will not see any more the process that runs could read still.
    old = serving.pid()
    serving.write(unit, '[Service]\nExecStart=\nExecStart=/usr/sbin/mta-stsd --config=/etc/my.conf\n'
                        'InaccessiblePaths=+/etc/mta-stsd/certs\n')
    said = serving.say('dpkg', '--install', newer_package(serving), timeout=120)

    assert '/etc/mta-stsd/certs' in said
    assert 'mta-stsd --config /etc/my.conf --check && systemctl restart mta-stsd' in said
    assert serving.pid() == old
    assert serving.fetch(authority, 'example.org').status == 200


def test_a_removal_says_who_still_holds_a_policy_and_an_upgrade_does_not(serving):
    serving.install(PACKAGE)
    assert 'enforce' not in serving.say('dpkg', '--install', newer_package(serving), timeout=120)

    said = serving.say('dpkg', '--remove', 'mta-stsd', timeout=120)

    assert 'in mode enforce: 1, in mode testing: 0' in said
    assert 'mta-stsctl none --all' in said


def test_a_removal_where_nothing_was_published_says_nothing_of_it(fresh):
    fresh.install(PACKAGE)

    assert 'senders' not in fresh.say('dpkg', '--remove', 'mta-stsd', timeout=120)


def test_a_removal_of_what_does_not_run_says_that_it_does_not_know(serving):
    serving.target('stop')

    said = serving.say('dpkg', '--remove', 'mta-stsd', timeout=120)

    assert 'is not known' in said and 'mta-stsctl none --all' in said
