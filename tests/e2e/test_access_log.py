# SPDX-License-Identifier: ISC
"""One line of the log for each answer, when the operator asks for it."""
import pytest


def fetches(host):
    return [line for line in host.process.lines if line.startswith('fetch, ')]


@pytest.mark.parametrize('kind, client', [('truncated', '127.0.0.0/24'), ('full', '127.0.0.1')])
def test_each_answer_is_one_line(host, kind, client):
    host.configure(access_log=kind)
    host.domain('example.test')
    host.certify('example.test')
    host.start()
    policy_id = host.show('example.test')['id']
    host.fetch('example.test')
    host.ask('example.test', b'GET /secret HTTP/1.1\r\nHost: mta-sts.example.test\r\n\r\n')
    host.ask('example.test', b'nonsense\r\n\r\n')
    host.stop()
    assert fetches(host) == [
        f'fetch, answered (domain=example.test status=200 id={policy_id} tls=1.3 client={client})',
        f'fetch, answered (domain=example.test status=404 id=- tls=1.3 client={client})',
        f'fetch, answered (domain=example.test status=400 id=- tls=1.3 client={client})',
    ]


def test_nothing_is_written_unless_it_is_asked_for(example):
    example.fetch('example.test')
    example.stop()
    assert not fetches(example)
