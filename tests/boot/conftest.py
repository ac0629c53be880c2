# SPDX-License-Identifier: ISC
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / 'e2e'))

# pylint: disable=wrong-import-position; they are found in the directory above
from authority import Authority  # noqa: E402
from machine import Machine  # noqa: E402

PACKAGE = pathlib.Path(os.environ['MTA_STSD_DEB']).resolve()
ROOTS = pathlib.Path(os.environ['MTA_STSD_ROOT']).resolve()


@pytest.fixture(scope='session')
def place():
    """Where the machines of this run are."""
    path = pathlib.Path(tempfile.mkdtemp(prefix='mta-stsd-boot-', dir='/tmp'))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope='session')
def authority(place):
    path = place / 'authority'
    path.mkdir()
    return Authority(path)


def unpack(place, name):
    path = place / name
    path.mkdir()
    subprocess.run(['tar', '-C', path, '-xf', ROOTS / f'{name}.tar'], check=True)
    return path


@pytest.fixture(scope='session')
def plain(place):
    """A root file system with systemd and what the package depends on."""
    return unpack(place, 'plain')


@pytest.fixture
def machines(place):
    """Makes machines, and takes them down at the end."""
    made = []

    def make(*lowers):
        directory = pathlib.Path(tempfile.mkdtemp(dir=place))
        directory.chmod(0o755)
        made.append(Machine(lowers, directory))
        return made[-1].boot()

    yield make
    for machine in made:
        machine.remove()


def install_in(place, lower):
    """The layer that a first installation leaves on a root file system."""
    directory = pathlib.Path(tempfile.mkdtemp(dir=place))
    directory.chmod(0o755)
    machine = Machine([lower], directory)
    try:
        machine.boot().install(PACKAGE)
    finally:
        machine.remove()
    return directory / 'upper'


@pytest.fixture(scope='session')
def layer(place, plain):
    return install_in(place, plain)


@pytest.fixture
def fresh(machines, plain):
    """A machine without the package."""
    return machines(plain)


@pytest.fixture
def installed(machines, layer, plain):
    """A machine where the package was installed before this boot, and nothing else was done."""
    machine = machines(layer, plain)
    assert machine.property('mta-stsd.service', 'ActiveState') == 'active', machine.journal()
    return machine


@pytest.fixture
def serving(installed, authority):
    """A machine that serves example.org in enforce."""
    installed.domain('example.org')
    installed.certify('example.org', authority.issue('mta-sts.example.org'))
    installed.run('systemctl', 'reload', 'mta-stsd')
    return installed
