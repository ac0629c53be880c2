# SPDX-License-Identifier: ISC
import os
import pathlib
import shutil
import tempfile

import pytest

from authority import Authority
from host import Host

# Stories of many rounds do this part of them: 1 is the whole promise, sanitizer builds take less.
SCALE = float(os.environ.get('E2E_SCALE', '1'))


def new_place():
    """A directory that others may enter, with a path short enough for Unix sockets."""
    place = pathlib.Path(tempfile.mkdtemp(prefix='mta-stsd-', dir='/tmp'))
    place.chmod(0o755)
    return place


@pytest.fixture
def place():
    path = new_place()
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope='session')
def authority():
    path = new_place()
    yield Authority(path)
    shutil.rmtree(path)


@pytest.fixture
def host(place, authority):
    """A host with nothing configured yet, not started; stopped well at the end."""
    made = Host(place, authority)
    yield made
    made.clean_up()


@pytest.fixture
def example(host):
    """A running host with one domain, example.test, in enforce."""
    host.domain('example.test')
    host.certify('example.test')
    return host.start()


@pytest.fixture
def rounds():
    """How many rounds of a number that the whole promise asks for."""
    return lambda whole: max(10, int(whole * SCALE))


@pytest.fixture
def needs():
    """Skip aloud what cannot run here; where everything was installed (CI=true) that is a failure."""
    def check(condition, reason):
        if not condition:
            (pytest.fail if os.environ.get('CI') == 'true' else pytest.skip)(reason)
    return check


@pytest.fixture
def needs_root(needs):
    needs(os.geteuid() == 0, 'must be root: it acts as several users, or makes a network namespace')
