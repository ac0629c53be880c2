# SPDX-License-Identifier: ISC
"""Whoever orders certificates hears at once of a domain that has none: the daemon writes a file that can be watched."""
from wait import until


def test_a_domain_that_comes_without_a_certificate_is_told_of(host):
    wanted = host.state / 'wanted'
    host.domain('example.test')
    host.certify('example.test')
    host.start()
    assert not wanted.exists()

    host.domain('example.net')
    host.reload()
    assert wanted.read_text() == 'domains without a certificate: 1\n'

    # It is no news that it still has none.
    wanted.unlink()
    host.reload()
    host.domain('example.net', mode='testing')
    host.reload()
    assert not wanted.exists()

    host.domain('example.com')
    host.reload()
    assert wanted.read_text() == 'domains without a certificate: 2\n'


def test_a_start_tells_of_those_that_have_none(host):
    host.domain('example.test')
    host.start()
    host.stop()
    (host.state / 'wanted').unlink()

    host.start()

    until((host.state / 'wanted').exists, 'the file to be written')


def test_a_file_that_cannot_be_written_is_named_once_and_fails_nothing(host):
    (host.state / 'wanted').mkdir()
    host.start()

    for name in ('example.test', 'example.net', 'example.com'):
        host.domain(name)
        host.reload()

    assert [line for line in host.process.log.splitlines() if 'nobody told that some are wanted' in line] == [
        line for line in host.process.log.splitlines() if f'({host.state}/wanted: Is a directory)' in line][:1]
    assert len(host.get('/v1/domains')['domains']) == 3


def test_the_file_itself_is_no_change_to_load(host):
    host.configure(watch=True)
    host.domain('example.test')
    host.start()
    host.domain('example.net')

    until(lambda: host.get('/v1/status')['domains']['total'] == 2, 'the domain to be loaded')
    until(lambda: host.state.joinpath('wanted').read_text() == 'domains without a certificate: 2\n', 'the file')

    host.domain('example.com')
    until(lambda: host.get('/v1/status')['domains']['total'] == 3, 'the domain to be loaded')
    host.process.wait_for_line(r'ready \(domains: 3')
    assert host.process.log.count('reload, begun') == 2
