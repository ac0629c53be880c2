# SPDX-License-Identifier: ISC
"""The index of the store's log, mta-stsd.db-shm, taken away under the daemon that has it mapped."""
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import threading

import pytest

from wait import until

DOMAIN = 'example.test'
OTHER = 'other.test'


@pytest.fixture
def served(host):
    for name in (DOMAIN, OTHER):
        host.domain(name)
    host.certify(DOMAIN, OTHER)
    host.start()
    host.switch('none', OTHER)
    return host


def index(host):
    return host.state / 'mta-stsd.db-shm'


def cut_to(length):
    def cut(host):
        os.truncate(index(host), length)
    cut.__name__ = f'cut_to_{length}'
    return cut


def delete(host):
    index(host).unlink()


def replace_by_copy(host):
    shutil.copyfile(index(host), host.place / 'copy')
    os.replace(host.place / 'copy', index(host))


def write_empty_one(host):
    """As an editor or a tool that copies does it."""
    index(host).write_bytes(b'')


HARMS = [cut_to(0), cut_to(100), cut_to(4096), cut_to(32767), delete, replace_by_copy, write_empty_one]


def is_well(host):
    return host.get('/v1/status')['store'] == 'ok'


def ids(host, name=DOMAIN):
    return [row['id'] for row in host.get('/v1/history/' + name)['revisions']]


@pytest.mark.parametrize('harm', HARMS)
def test_an_order_goes_on_with_an_index_made_anew(served, harm):
    harm(served)
    served.switch('none', DOMAIN)
    assert is_well(served) and served.process.runs
    assert 'mta-stsd.db-shm' in served.process.log
    served.reset(OTHER)
    before = ids(served)
    served.process.kill()
    served.start()
    assert ids(served) == before and served.show(DOMAIN)['mode'] == 'none' and served.show(OTHER)['mode'] == 'enforce'


@pytest.mark.parametrize('harm', HARMS)
def test_what_is_read_meanwhile_is_right_or_unknown(served, harm):
    before = ids(served)
    harm(served)
    status, answer = served.api('GET', '/v1/history/' + DOMAIN)
    assert status == 500 or [row['id'] for row in answer['revisions']] == before
    served.get('/v1/status')
    assert served.fetch(DOMAIN).status == 200
    served.switch('none', DOMAIN)
    assert set(ids(served)) > set(before)


def test_an_index_that_cannot_be_made_is_said_and_what_comes_back_is_taken(served):
    index(served).unlink()
    index(served).mkdir()
    status, answer = served.api('POST', '/v1/switch', {'domains': [DOMAIN], 'mode': 'none'})
    assert (status, answer['error']['code']) == (500, 'not_written')
    status = served.get('/v1/status')
    assert status['store'] == 'doubtful' and 'mta-stsd.db-shm' in status['complaints'][0]['text']
    assert served.fetch(DOMAIN).status == 200
    index(served).rmdir()
    served.switch('none', DOMAIN)
    assert is_well(served)


def test_a_backup_beside_an_index_made_anew_is_whole(served):
    cut_to(0)(served)
    served.switch('none', DOMAIN)
    source, target = sqlite3.connect(served.state / 'mta-stsd.db'), sqlite3.connect(served.place / 'copy.db')
    source.backup(target)
    assert target.execute('PRAGMA integrity_check').fetchone() == ('ok',)
    assert target.execute('SELECT count(*) FROM switch').fetchone() == (2,)
    source.close()
    target.close()
    served.reset(DOMAIN)
    assert is_well(served)


class Cutter(threading.Thread):
    """Cuts it short again and again, but not while somebody holds the lock."""

    def __init__(self, host):
        super().__init__()
        self.host = host
        self.lock = threading.Lock()
        self.done = threading.Event()

    def run(self):
        chance = random.Random(8461)
        while not self.done.wait(chance.uniform(0, 0.05)):
            with self.lock, contextlib.suppress(FileNotFoundError):
                os.truncate(index(self.host), 0)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


def order(host, max_age):
    """Its id; None when it was not acknowledged."""
    status, answer = host.api('POST', '/v1/switch', {'domains': [DOMAIN], 'mode': 'none', 'max_age': max_age})
    assert status == 200 or answer['error']['code'] in ('not_written', 'unknown')
    return answer['changes'][0]['after']['id'] if status == 200 else None


def test_whatever_the_moment_nothing_acknowledged_is_lost(served, rounds):
    """In the middle of a commit the daemon rather ends, and is started again."""
    acknowledged = []
    with Cutter(served) as cutter:
        for max_age in range(100000, 100000 + rounds(300)):
            try:
                acknowledged.append(order(served, max_age))
            except OSError:
                assert served.process.wait() == -signal.SIGBUS
                with cutter.lock:
                    served.start()
    acknowledged = [id for id in acknowledged if id]
    assert acknowledged
    until(lambda: is_well(served), 'the last loss to be mended')
    assert set(acknowledged) <= set(ids(served))
    served.process.kill()
    served.start()
    assert set(acknowledged) <= set(ids(served))
    assert is_well(served)
