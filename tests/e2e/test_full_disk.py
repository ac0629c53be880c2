# SPDX-License-Identifier: ISC
"""The state directory is on a disk without space: the day on which a switch is urgent all the same."""
import os
import subprocess

import pytest

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
    assert small.get('/v1/status')['store'] == 'ok'
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
