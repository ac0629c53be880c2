# SPDX-License-Identifier: ISC
"""The package: the first five minutes, an upgrade, and the end."""
import re

from client import policy
from conftest import PACKAGE

UNITS = ('mta-stsd.service', 'mta-stsd.socket', 'mta-stsd-control.socket', 'mta-stsd-dns.timer')


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
    for client in ('certbot', 'lego', 'uacme'):
        assert re.search(rf'{client} .*mta-sts\.example\.org', said), f'{client}\n{said}'

    pair = authority.issue('mta-sts.example.org', days=90)
    fresh.write('/root/chain.pem', pair.chain)
    fresh.write('/root/key.pem', pair.key, 0o600)
    said = fresh.say('mta-stsctl', 'cert', 'install', '/root/chain.pem', '/root/key.pem')
    assert 'example.org' in said

    assert fresh.fetch(authority, 'example.org').body == policy('enforce', ['mail.example.org'])
    assert fresh.say('find', '/var/lib/mta-stsd/certificates', '-type', 'f', '-printf', '%m %u\n') == '600 mta-stsd\n'
    assert 'next:' not in fresh.say('mta-stsctl', 'status')


def newer_package(machine):
    """The same with the next version, as an upgrade would bring it."""
    machine.sh('dpkg-deb -R "$0" /root/newer && sed -i "s/^Version: .*/&+later/" /root/newer/DEBIAN/control && '
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


def test_a_taken_port_does_not_break_the_installation(fresh):
    fresh.write('/etc/systemd/system/other.socket', '[Socket]\nListenStream=443\nAccept=no\nService=other.service\n')
    fresh.write('/etc/systemd/system/other.service', '[Service]\nExecStart=/bin/true\n')
    fresh.run('systemctl', 'daemon-reload')
    fresh.run('systemctl', 'start', 'other.socket')

    said = fresh.install(PACKAGE)

    assert 'systemctl restart mta-stsd.socket mta-stsd.service' in said
    assert fresh.say('dpkg-query', '-W', '-f', '${db:Status-Status}', 'mta-stsd') == 'installed'
    assert fresh.property('mta-stsd.socket', 'ActiveState') == 'failed'
    assert fresh.property('mta-stsd.service', 'ActiveState') != 'active'
