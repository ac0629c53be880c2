# SPDX-License-Identifier: ISC
"""The image for container engines: started as they do, by any user, with nothing to write to but its volume."""
import os
import pathlib
import shutil
import tempfile

import pytest

from client import policy
from conftest import ROOTS
from container import Container, Image
from wait import until

SOMEBODY = 54321  # who has no name in the image, and no file


@pytest.fixture(scope='module')
def image(place):
    return Image(ROOTS / 'image.tar', place / 'image')


@pytest.fixture
def container(place, image):
    directory = pathlib.Path(tempfile.mkdtemp(dir=place))
    directory.chmod(0o755)
    container = Container(image, directory, SOMEBODY)
    yield container
    container.remove()


def put(container, path, text):
    file = container.place / path
    file.write_text(text)
    os.chown(file, SOMEBODY, SOMEBODY)
    file.chmod(0o600)


def write_domain(container, name, mode='enforce'):
    put(container, f'domains.d/{name}.conf', f'mode = "{mode}"; max_age = 604800; mx = [ "mail.{name}" ];\n')


@pytest.fixture
def serving(container, authority):
    """A container that serves example.org in enforce."""
    pair = authority.issue('mta-sts.example.org')
    write_domain(container, 'example.org')
    put(container, 'certs/example.org.key', pair.key)
    put(container, 'certs/example.org.crt', pair.chain)
    return container.start()


def get(container, authority):
    (port,) = container.image.config['ExposedPorts']
    return container.fetch(authority, 'example.org', port=int(port.removesuffix('/tcp'))).body


def test_nothing_in_it_gives_a_right_or_is_somebody_else_s(image):
    owner = int(image.config['User'].split(':')[0])
    for path in image.root.rglob('*'):
        status = path.lstat()
        assert path.is_symlink() or status.st_mode & 0o6022 == 0, path
        assert status.st_uid == (owner if path.match('var/lib/mta-stsd') else 0), path
    assert owner != 0
    for name in ('etc/passwd', 'etc/group', 'bin', 'usr/bin/dpkg', 'usr/bin/openssl'):
        assert not (image.root / name).exists(), name


def test_any_user_serves_on_a_root_that_is_read_only(serving, authority):
    assert get(serving, authority) == policy('enforce', ['mail.example.org'])

    serving.health()
    assert serving.log.count('mta-stsd, ready') == 1
    assert not [line for line in serving.log.splitlines() if line.startswith('<')]
    assert f'NSpid:\t{serving.leader}\t1\n' in pathlib.Path(f'/proc/{serving.leader}/status').read_text()
    assert f'Uid:\t{SOMEBODY}\t{SOMEBODY}\t{SOMEBODY}\t{SOMEBODY}\n' in pathlib.Path(f'/proc/{serving.leader}/status').read_text()


def test_an_order_outlives_the_container(serving, authority):
    serving.run('mta-stsctl', 'none', 'example.org')
    before = serving.run('mta-stsctl', 'txt', 'example.org')
    assert get(serving, authority).startswith(policy('none')[:28])

    assert serving.stop() == 0
    serving.start()

    assert get(serving, authority).startswith(policy('none')[:28])
    assert serving.run('mta-stsctl', 'txt', 'example.org') == before


def test_what_is_wrong_with_a_file_does_not_make_it_unhealthy(serving, authority):
    put(serving, 'domains.d/example.net.conf', '{{{\n')
    serving.signal('SIGHUP')
    until(lambda: 'example.net.conf:1' in serving.log, 'the reload to complain')

    assert 'example.net.conf:1' in serving.health()

    assert get(serving, authority) == policy('enforce', ['mail.example.org'])
    assert serving.stop() == 0


def test_it_is_unhealthy_only_after_longer_than_a_reload_may_take(image):
    check = image.config['Healthcheck']
    assert (check['Interval'] + check['Timeout']) * check['Retries'] >= 600 * 10 ** 9


def test_a_killed_container_starts_again(serving, authority):
    serving.signal('SIGKILL')
    serving.process.wait(timeout=60)

    serving.start()

    serving.health()
    assert get(serving, authority) == policy('enforce', ['mail.example.org'])


def test_a_copy_of_the_state_is_put_back(serving, authority):
    state = serving.place / 'state'
    assert serving.stop() == 0
    shutil.copy(state / 'mta-stsd.db', state / 'copy.db')
    os.chown(state / 'copy.db', SOMEBODY, SOMEBODY)

    serving.once('--restore', '/var/lib/mta-stsd/copy.db')

    serving.start()
    assert get(serving, authority) == policy('enforce', ['mail.example.org'])


def test_the_database_finds_room_where_only_the_volume_can_be_written(container):
    """With 30,000 domains --restore needs a file of its own, and ends without one."""
    assert container.environment['SQLITE_TMPDIR'] in container.image.config['Volumes']


def test_the_authorities_are_known_inside(image):
    assert (image.root / 'etc/ssl/certs/ca-certificates.crt').read_text().count('BEGIN CERTIFICATE') > 50
