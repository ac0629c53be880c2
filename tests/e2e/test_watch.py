# SPDX-License-Identifier: ISC
"""With the setting "watch", files are loaded by themselves when they change: soon, seldom, and never half-written."""
import os
import pathlib
import re
import signal
import ssl

import pytest

import client
from client import Connection, policy
from host import Host
from tracing import frozen
from wait import until

EXAMPLE = 'example.test'
DONE = 'reload, done'
LIST = 'mode = "testing";\nmax_age = 604800;\nmx = [ "mx.provider.test" ];\ndomains = "{}";\n'
LISTED = policy('testing', ['mx.provider.test'])


def loads(host):
    return sum(DONE in line for line in host.process.lines)


def settle(host):
    """What changed before it was watched is loaded once more."""
    host.process.wait_for_line('watch, begun')
    host.process.wait_for_line(DONE)
    return host


@pytest.fixture
def watched(host):
    """A running host that watches, with one domain."""
    host.domain(EXAMPLE)
    host.certify(EXAMPLE, 'new.test', 'other.test')
    host.configure(watch=True)
    return settle(host.start())


@pytest.fixture
def witness(place, authority):
    """Another host that watches, whose loads tell that the time for one has passed."""
    own = place / 'witness'
    own.mkdir()
    made = Host(own, authority)
    made.configure(watch=True)
    yield settle(made.start())
    made.clean_up()


def time_for_a_load_passes(witness):
    """Two loads, since the host may have to rest after one of its own."""
    for _ in range(2):
        before = loads(witness)
        witness.domain('witness.test', max_age=604800 + before)
        until(lambda: loads(witness) > before, 'the load of the witness')


def served(host, domain, text=None):
    try:
        answer = host.fetch(domain)
    except ssl.SSLError:  # it has no certificate yet
        return False
    return answer.status == 200 and (text is None or answer.body == text)


def publishes(host, domain, text=None):
    """Wait until the world sees a policy of a domain, and this one."""
    until(lambda: served(host, domain, text), lambda: f'{domain}, served, in:\n{host.process.log}')


def known(host, *domains):
    until(lambda: all(host.api('GET', '/v1/domains/' + domain)[0] == 200 for domain in domains),
          lambda: f'{domains} in:\n{host.process.log}')


def test_a_file_that_is_renamed_into_place_is_served_without_an_order(watched):
    watched.domain('new.test')
    publishes(watched, 'new.test')
    assert any('reload, begun (by watch)' in line for line in watched.process.lines)
    watched.domain('new.test', mode='testing')
    publishes(watched, 'new.test', policy('testing', ['mail.new.test']))
    assert watched.get('/v1/audit')['entries'][-1]['by'] == 'watch'


def test_so_is_one_that_is_written_in_place(watched):
    path = watched.domains / 'new.test.conf'
    path.write_text('mode = "enforce";\nmax_age = 604800;\nmx = [ "a.new.test" ];\n')
    publishes(watched, 'new.test', policy('enforce', ['a.new.test']))
    path.write_text('mode = "enforce";\nmax_age = 604800;\nmx = [ "b.new.test" ];\n')
    publishes(watched, 'new.test', policy('enforce', ['b.new.test']))


@pytest.mark.parametrize('anew', [False, True])
def test_a_file_that_is_written_slowly_is_never_loaded_half(watched, witness, anew):
    if anew:
        watched.domain('new.test', mode='testing')
        publishes(watched, 'new.test')
        time_for_a_load_passes(witness)
    before = len(watched.process.lines)
    with open(watched.domains / 'new.test.conf', 'w', encoding='utf-8') as file:
        file.write('mode = "enforce";\nmax_age = 604')
        file.flush()
        time_for_a_load_passes(witness)
        assert not watched.process.lines[before:]
        file.write('800;\nmx = [ "mail.new.test" ];\n')
    publishes(watched, 'new.test', policy('enforce', ['mail.new.test']))
    assert 'new.test.conf:' not in watched.process.log


def test_a_name_that_it_gets_meanwhile_makes_it_no_more_whole(watched, witness):
    before = len(watched.process.lines)
    with open(watched.domains / '.new', 'w', encoding='utf-8') as file:
        file.write('mode = "enforce";\nmax_age = 604')
        file.flush()
        os.rename(watched.domains / '.new', watched.domains / 'new.test.conf')
        time_for_a_load_passes(witness)
        assert not watched.process.lines[before:]
        file.write('800;\nmx = [ "mail.new.test" ];\n')
    publishes(watched, 'new.test')
    assert 'new.test.conf:' not in watched.process.log


def test_a_file_that_is_removed_makes_an_orphan(watched):
    (watched.domains / f'{EXAMPLE}.conf').unlink()
    watched.process.wait_for_line(rf'{EXAMPLE}, orphaned')
    assert watched.get('/v1/status')['orphaned_domains'] == [EXAMPLE]
    watched.serves(EXAMPLE, policy('enforce', [f'mail.{EXAMPLE}']))


def test_a_burst_of_files_makes_few_loads(watched, witness):
    before = loads(watched)
    names = [f'd{number}.test' for number in range(200)]
    for name in names:
        watched.domain(name)
    known(watched, *names)
    time_for_a_load_passes(witness)
    assert loads(watched) - before < 10, watched.process.log


def test_a_directory_that_is_replaced_is_found(watched):
    old = watched.domains.rename(watched.place / 'old.d')
    watched.domains.mkdir()
    watched.domain(EXAMPLE, mode='testing')
    publishes(watched, EXAMPLE, policy('testing', [f'mail.{EXAMPLE}']))
    watched.domain('new.test')
    publishes(watched, 'new.test')
    (old / 'new.test.conf').write_text('nothing that anybody reads')


def test_a_directory_that_is_there_late_is_found(watched):
    watched.domains.rename(watched.place / 'away.d')
    watched.process.wait_for_line(r'/domains\.d: ')
    watched.domains.mkdir()
    watched.domain('new.test')
    publishes(watched, 'new.test')


def test_links_on_the_way_are_followed(host):
    """As a release or a ConfigMap is swapped: what changes is a link in no directory of ours."""
    for number in (1, 2):
        (host.place / f'release{number}').mkdir()
        (host.place / f'release{number}' / 'domains.d').mkdir()
    current = host.place / 'current'
    current.symlink_to('release1')
    host.domains.rmdir()
    host.domains.symlink_to('current/domains.d')
    host.certify(EXAMPLE)
    host.domain(EXAMPLE)
    host.configure(watch=True)
    settle(host.start())
    (host.place / 'release2' / 'domains.d' / f'{EXAMPLE}.conf').write_text(
        'mode = "testing";\nmax_age = 604800;\nmx = [ "two.test" ];\n')
    (host.place / 'next').symlink_to('release2')
    (host.place / 'next').replace(current)
    publishes(host, EXAMPLE, policy('testing', ['two.test']))


def test_a_list_is_loaded_when_it_changes(watched):
    lists = watched.domains / '.lists'
    lists.mkdir()
    (lists / 'customers.list').write_text('new.test\n')
    watched.file('customers.conf', LIST.format('.lists/customers.list'))
    publishes(watched, 'new.test', LISTED)
    (lists / 'customers.list').write_text('new.test\nother.test\n')
    publishes(watched, 'other.test', LISTED)


def test_a_list_that_comes_after_the_file_that_asks_for_it_is_found(watched):
    (watched.domains / '.lists').mkdir()
    watched.file('customers.conf', LIST.format('.lists/customers.list'))
    watched.process.wait_for_line(r'customers\.conf:4: ')
    (watched.domains / '.lists' / 'customers.list').write_text('new.test\n')
    publishes(watched, 'new.test', LISTED)


def test_what_a_link_leads_to_is_loaded_when_it_changes(watched):
    panel = watched.place / 'panel'
    panel.mkdir()
    (panel / 'new').write_text('mode = "enforce";\nmax_age = 604800;\nmx = [ "a.new.test" ];\n')
    (watched.domains / 'new.test.conf').symlink_to(panel / 'new')
    publishes(watched, 'new.test', policy('enforce', ['a.new.test']))
    (panel / 'new').write_text('mode = "enforce";\nmax_age = 604800;\nmx = [ "b.new.test" ];\n')
    publishes(watched, 'new.test', policy('enforce', ['b.new.test']))


def certificate(host, domain):
    name = 'mta-sts.' + domain
    with Connection(host.addresses[0], name, host.authority) as connection:
        connection.send(client.request(name))
        return connection.read().certificate


def renewed(host, domain, former):
    until(lambda: certificate(host, domain) != former, lambda: f'the certificate of {domain} in:\n{host.process.log}')


def certbot(host, name, number):
    live, archive = host.certs / 'live' / name, host.certs / 'archive' / name
    host.authority.issue(name).write(archive / f'fullchain{number}.pem', archive / f'privkey{number}.pem')
    live.mkdir(parents=True, exist_ok=True)
    for what in ('privkey', 'fullchain'):
        (live / f'{what}.pem').unlink(missing_ok=True)
        (live / f'{what}.pem').symlink_to(f'../../archive/{name}/{what}{number}.pem')


def test_a_certificate_that_is_renewed_or_new_is_served(watched):
    former = certificate(watched, EXAMPLE)
    watched.certify(EXAMPLE, 'new.test', days=8)
    renewed(watched, EXAMPLE, former)
    watched.domain('late.test')
    certbot(watched, 'mta-sts.late.test', 1)
    known(watched, 'late.test')
    until(lambda: served(watched, 'late.test'), lambda: f'a certificate for late.test in:\n{watched.process.log}')
    former = certificate(watched, 'late.test')
    certbot(watched, 'mta-sts.late.test', 2)
    renewed(watched, 'late.test', former)


def test_without_the_setting_nothing_happens(example, witness):
    before = len(example.process.lines)
    example.domain(EXAMPLE, mode='testing')
    example.domain('new.test')
    time_for_a_load_passes(witness)
    assert not example.process.lines[before:]
    assert example.api('GET', '/v1/domains/new.test')[0] == 404


def test_it_begins_with_a_reload_and_ends_by_itself(example, witness):
    example.configure(watch=True)
    example.reload()
    settle(example)
    example.domain('new.test')
    known(example, 'new.test')
    example.configure(watch=False)
    example.process.wait_for_line('watch, ended')
    before = len(example.process.lines)
    example.domain('other.test')
    time_for_a_load_passes(witness)
    assert not example.process.lines[before:]


def test_the_settings_are_watched_with_what_they_include(watched):
    more = watched.place / 'more.conf'
    with open(watched.conf, 'a', encoding='utf-8') as file:
        file.write('@include "more.conf"\n')
    watched.process.wait_for_line(r'more\.conf')
    more.write_text('metrics_domains = maybe;\n')
    watched.process.wait_for_line(r'more\.conf:1: ')
    before = loads(watched)
    more.write_text('metrics_domains = true;\n')
    until(lambda: loads(watched) > before and not watched.get('/v1/status')['complaints'],
          lambda: f'good settings in:\n{watched.process.log}')


def test_too_many_directories_are_swept_and_it_is_said_once(host):
    host.domain(EXAMPLE)
    host.certify(EXAMPLE)
    for number in range(8200):
        (host.certs / str(number)).mkdir()
    host.configure(watch=True)
    settle(host.start())
    host.process.wait_for_line(r'watch, incomplete \(.*: all files are loaded every 10 minutes, too')
    host.domain('new.test')
    known(host, 'new.test')

    def complaints():
        return [one for one in host.get('/v1/status')['complaints'] if 'loaded every 10 minutes' in one['what']]
    assert len(until(complaints, 'the complaint')) == 1
    assert 'loaded every 10 minutes' in host.ctl('status', status=None).stdout
    assert host.process.log.count('watch, incomplete') == 1


def test_the_guard_against_losing_many_domains_holds(watched, witness):
    names = [f'd{number}.test' for number in range(20)]
    for name in names:
        watched.domain(name)
    known(watched, *names)
    texts = {path: path.read_text() for path in watched.domains.iterdir()}
    for path in texts:
        path.unlink()
    watched.process.wait_for_line('no file is loaded, since too many domains have lost theirs')
    time_for_a_load_passes(witness)
    assert watched.get('/v1/status')['orphaned_domains'] == []
    watched.serves(EXAMPLE, policy('enforce', [f'mail.{EXAMPLE}']))
    before = loads(watched)
    for path, text in texts.items():
        path.write_text(text)
    until(lambda: loads(watched) > before, 'a load that is not held')
    assert 'orphaned' not in watched.process.log


def hang_up(host):
    """SIGHUP, which it has heard by then."""
    host.process.popen.send_signal(signal.SIGHUP)
    status = pathlib.Path(f'/proc/{host.process.popen.pid}/status')
    until(lambda: int(re.search(r'ShdPnd:\s*(\w+)', status.read_text()).group(1), 16) & 1 == 0, 'the signal to be read')


def test_who_asks_while_a_load_is_waited_for_is_named_and_not_the_watch(watched, witness):
    with frozen(watched):
        hang_up(watched)
        hang_up(watched)
        watched.domain('new.test')
        time_for_a_load_passes(witness)
    publishes(watched, 'new.test')
    until(lambda: loads(watched) >= 3, 'both loads')
    begun = [line.split('begun (by ')[1] for line in watched.process.lines if 'reload, begun (by ' in line]
    assert begun[0].startswith('watch') and all(who.startswith('SIGHUP of ') for who in begun[1:3]), begun
