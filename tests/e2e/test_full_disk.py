# SPDX-License-Identifier: ISC
"""The state directory is on a disk without space: the day on which a switch is urgent all the same."""
import os
import subprocess

import pytest

from wait import until

DOMAIN = 'example.test'


def mount(*arguments):
    subprocess.run(['mount', *map(str, arguments)], check=True, stdin=subprocess.DEVNULL, timeout=60)


@pytest.fixture
def small(host, needs_root):
    """A host whose state is on a small disk of its own."""
    mount('-t', 'tmpfs', '-o', 'size=12m,mode=700', 'tmpfs', host.state)
    host.domain(DOMAIN)
    host.certify(DOMAIN)
    yield host.start()
    host.clean_up()
    subprocess.run(['umount', '--lazy', str(host.state)], check=True, timeout=60)


def fill(host):
    """Leave no block free."""
    with open(host.state / 'filler', 'wb', buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                if not file.write(b'x' * size):
                    size //= 2
            except OSError:
                size //= 2


def test_none_is_switched_on_a_full_disk(small):
    fill(small)

    small.ctl('none', DOMAIN)

    assert small.show(DOMAIN)['mode'] == 'none'
    assert not (small.state / 'reserve').exists()
    assert small.get('/v1/status')['store'] == 'full'
    small.process.kill()
    small.start()
    assert small.show(DOMAIN)['mode'] == 'none'


def test_a_full_disk_keeps_nobody_from_starting(small):
    small.ctl('none', DOMAIN)
    small.stop()
    fill(small)

    small.start()

    row = small.show(DOMAIN)
    assert row['mode'] == 'none'
    small.serves(DOMAIN, row['policy'].encode())


def test_a_switch_without_any_space_changes_nothing_and_says_so(small):
    os.unlink(small.state / 'reserve')
    fill(small)
    before = small.show(DOMAIN)

    order = {'mode': 'none', 'domains': [DOMAIN], 'reason': 'x' * 400}
    status, answer = small.api('POST', '/v1/switch', order)

    assert (status, answer['error']['code']) in ((500, 'not_written'), (500, 'unknown'))
    assert small.show(DOMAIN)['id'] == before['id']
    os.unlink(small.state / 'filler')
    small.ctl('none', DOMAIN)
    assert small.show(DOMAIN)['mode'] == 'none'


def said(host):
    status = host.get('/v1/status')
    return status['store'], [complaint['what'] for complaint in status['complaints'] if 'disk' in complaint['what']]


def test_a_disk_that_is_nearly_full_is_said_before_an_order_needs_it(small):
    """Once in the journal, and whenever somebody looks; and again when there is room."""
    scarce, full = 'disk of the state directory is nearly full', 'disk of the state directory is full'
    assert said(small) == ('ok', [scarce])
    assert small.get('/v1/status')['disk_free_bytes'] < 12 << 20
    fill(small)
    assert said(small) == said(small) == ('full', [full])
    shown = small.ctl('status').stdout
    assert 'FULL: THE NEXT ORDER MAY NOT BE WRITTEN' in shown and 'next: make room on the disk of the state directory' in shown
    assert 'mta_stsd_store_disk_free_bytes 0\n' in small.ctl('metrics').stdout
    small.ctl('none', DOMAIN)  # that is what the reserve is for
    assert small.show(DOMAIN)['mode'] == 'none'

    os.unlink(small.state / 'filler')
    mount('-o', 'remount,size=200m', small.state)
    assert said(small) == ('ok', [])
    mount('-o', 'remount,nr_inodes=30', small.state)
    assert said(small) == ('ok', [scarce])
    for number in range(small.get('/v1/status')['disk_free_inodes']):
        (small.state / f'filler{number}').touch()
    assert said(small) == ('full', [full])
    for path in small.state.glob('filler*'):
        path.unlink()
    mount('-o', 'remount,nr_inodes=3000', small.state)
    assert said(small) == ('ok', [])
    until(lambda: sum('has room again' in line for line in small.process.lines) == 2, 'the last line of the log')
    told = [line for line in small.process.lines if 'the disk of' in line]
    assert [line.split('disk of ')[1].split(' (')[0].split(' ', 1)[1] for line in told] == [
        'is nearly full', 'is full', 'has room again', 'is nearly full', 'is full', 'has room again']
