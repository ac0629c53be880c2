# SPDX-License-Identifier: ISC
import os
import pathlib
import shutil
import tempfile

import pytest

import clock as clock_module
from authority import Authority
from dns_world import POLICY_HOST, World
from host import Host
from namespace import Namespace
from notified import Notified

# Stories of many rounds do this part of them: 1 is the whole promise, sanitizer builds take less.
SCALE = float(os.environ.get('E2E_SCALE', '1'))


def pytest_configure(config):
    config.addinivalue_line('markers', 'once: it is about other programs, or mta-stsctl, which has one thread')


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


@pytest.fixture
def needs_tools(needs):
    """Skip aloud where a program that a story plays with is missing."""
    def check(*tools):
        path = os.environ['PATH'] + ':/usr/sbin:/sbin'
        missing = [tool for tool in tools if not shutil.which(tool, path=path)]
        needs(not missing, f'not installed: {" ".join(missing)}')
    return check


@pytest.fixture
def namespace(place, needs_root, needs_tools):
    """A network of the test's own; what ran there has ended before its place is taken away."""
    needs_tools('ip')
    made = Namespace()
    try:
        made.open()
        yield made
    finally:
        made.close()


@pytest.fixture
def clock(needs, place):
    needs(clock_module.LIBRARIES, 'not installed: libfaketime')
    yield clock_module.Clock(place)
    clock_module.Clock.clean_up()


@pytest.fixture
def world(needs_tools, namespace, place):
    """Name servers of several operators, and a resolver."""
    needs_tools('knotd', 'knotc', 'unbound')
    made = World(namespace, place)
    made.open()
    return made


@pytest.fixture
def site(world, clock, host):
    """A host in the world, at the addresses that DNS tells, with the clock of the test; not started."""
    host.prefix = [*world.namespace.enter, *clock.enter]
    host.operator_prefix = world.namespace.enter
    host.inside = world.namespace.inside
    host.configure(listen=[f'[{one}]:443' if ':' in one else f'{one}:443' for one in POLICY_HOST])
    return host


@pytest.fixture
def notified(place):
    made = Notified(place)
    yield made
    made.close()
