# SPDX-License-Identifier: ISC
"""What one authority does not make, the next one in the list does, and nothing goes to and fro."""
import datetime
import json

import pytest

import client
from pebble import ANOTHER, BLOCKED, DIRECTORY, Pebble

pytestmark = pytest.mark.once

DOMAIN, OTHER = 'example.test', 'other.test'
TEXT = client.policy('enforce', ['mail.example.test'])
FIRST, SECOND = 'localhost:14000', 'localhost:14001'
KEY = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W'
AGREED = '--agree', '--email', 'postmaster@example.test'


@pytest.fixture
def acme(needs_tools, namespace, host, place, authority):
    """A host that lists two authorities, neither of which is started."""
    needs_tools('uacme', 'pebble', 'pebble-challtestsrv')
    host.prefix = host.operator_prefix = namespace.enter
    host.inside = namespace.inside
    host.configure(listen=['127.0.0.1:443'], acme={'directory': [DIRECTORY, ANOTHER]})
    host.domain(DOMAIN)
    host.start()
    first = Pebble(namespace, place, authority, tls_port=443)
    return first, first.another()


def obtain(host, *arguments, status=0):
    return host.ctl('cert', 'obtain', '--account', host.place / 'acme', *arguments, status=status)


def due(host, status=0):
    return obtain(host, '--due', status=status)


def planned(host):
    return {row['domain']: row for row in json.loads(obtain(host, '--due', '--dry-run', '--json').stdout)['domains']}


def ledger(host, directory):
    (file,) = (file for file in (host.place / 'acme').glob('ledger-*') if file.read_text().startswith(f'ledger 1 {directory}\n'))
    return file


def ago(hours):
    return f'{datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}'


def silent_for(host, hours, asked=2.05):
    """The first one has not answered for so long, as earlier rounds found out, and was asked last so long ago."""
    (host.place / 'acme' / 'silent').write_text(f'{DIRECTORY} {ago(hours)} {ago(asked)} 9 directory\n')


def failed(host, directory, domain, times, hours):
    """That many orders in a row failed there, from then on."""
    with open(ledger(host, directory), 'a') as file:
        file.write(f'{ago(hours / 2)} tried mta-sts.{domain} {times} {ago(hours)}\n')


@pytest.fixture
def agreed(host, acme):
    """Both have an account and have made a certificate of DOMAIN; OTHER is new."""
    first, second = acme
    first.start()
    host.authority = second.start()
    obtain(host, *AGREED)
    host.domain(OTHER)
    host.reload()
    return first, second


def test_the_setting_is_a_list_that_programs_and_older_clients_can_read(host, acme):
    assert acme
    shown = host.get('/v1/acme')
    assert (shown['directory'], shown['directories']) == (DIRECTORY, [DIRECTORY, ANOTHER])
    host.configure(acme={'directory': ['letsencrypt', 'staging']})
    assert 'mixes an authority for trials with others (staging)' in host.ctl('reload', status=1).stdout
    assert host.get('/v1/acme')['directories'] == [DIRECTORY, ANOTHER]


def test_one_agreement_makes_an_account_at_each_and_the_first_is_asked(host, acme):
    acme[1].require_credentials('kid-1', KEY)
    credentials = host.place / 'eab'
    credentials.touch(0o600)
    credentials.write_text(f'kid-1:{KEY}\n')
    acme[1].start()
    host.authority = acme[0].start()

    said = obtain(host, *AGREED, '--eab', credentials).stdout

    assert f'there is an account at {DIRECTORY}; its terms: ' in said and f'there is an account at {ANOTHER}; its terms: ' in said
    assert f'{DOMAIN}: obtained from {FIRST}, valid until ' in said
    host.serves(DOMAIN, TEXT)
    assert ' issued ' not in ledger(host, ANOTHER).read_text()


def test_a_first_authority_that_is_down_is_waited_for_only_so_long(host, agreed):
    first, second = agreed
    first.stop()

    said = due(host, status=1)
    assert f'nothing is ordered there: {DIRECTORY}: ' in said.stderr
    assert host.get('/v1/status')['certificates']['ordering']['problem'] == 'authority_silent'
    # It is not asked again in each round, and what is due goes on waiting for it.
    assert f'{DIRECTORY} has not answered since ' in due(host, status=1).stderr

    silent_for(host, 2.1)
    said = due(host)

    assert f'{OTHER}: obtained from {SECOND}, valid until ' in said.stdout
    assert second and host.get('/v1/certificates')['uncovered'] == 0


def test_what_waits_for_a_silent_authority_is_foretold_to_wait(host, agreed):
    agreed[0].stop()
    silent_for(host, 0.5, asked=0.1)

    row = planned(host)[OTHER]

    assert (row['authority'], row['problem']) == (FIRST, 'authority_silent') and row['at'] > ago(0)
    shown = next(line for line in obtain(host, '--due', '--dry-run').stdout.splitlines() if line.startswith(OTHER))
    assert row['at'] in shown and "the authority does not answer" in shown and ' now ' not in shown
    assert planned(host)[DOMAIN]['problem'] is None


@pytest.mark.parametrize('which', [DIRECTORY, ANOTHER], ids=['first', 'second'])
def test_a_damaged_ledger_keeps_orders_from_its_own_authority_alone(host, agreed, which):
    assert agreed
    file, (good, bad) = ledger(host, which), (FIRST, SECOND) if which == ANOTHER else (SECOND, FIRST)
    file.write_text(file.read_text() + 'rubbish\n')
    number = len(file.read_text().splitlines())

    looked = obtain(host, '--due', '--dry-run', '--json', status=4)
    rows = {row['domain']: row for row in json.loads(looked.stdout)['domains']}
    assert (rows[OTHER]['authority'], rows[OTHER]['problem']) == (good, None)
    run = due(host, status=4)

    assert f'{OTHER}: obtained from {good}, valid until ' in run.stdout
    for said in (looked, run):
        assert f'{file}:{number}: ' in said.stderr and 'rubbish' in said.stderr, said.stderr
    assert file.read_text().endswith('rubbish\n')
    assert f'{DOMAIN}: obtained from {good}, ' in obtain(host, DOMAIN).stdout and bad not in run.stdout
    damaged = ledger(host, ANOTHER if which == DIRECTORY else DIRECTORY)
    damaged.write_text(damaged.read_text() + 'rubbish\n')
    due(host, status=1)
    assert host.get('/v1/status')['certificates']['ordering']['problem'] == 'ledger'


def test_a_first_authority_that_was_asked_just_now_is_not_asked_at_all(host, agreed):
    agreed[0].stop()
    silent_for(host, 2.1, asked=0.1)

    said = due(host)

    assert f'{OTHER}: obtained from {SECOND}' in said.stdout and DIRECTORY not in said.stderr


def test_a_renewal_goes_back_to_the_first_one_when_that_answers_again(host, agreed):
    first, _ = agreed
    first.stop()
    silent_for(host, 2.1)
    due(host)
    host.authority = first.start()

    silent_for(host, 5)
    file = ledger(host, DIRECTORY)
    file.write_text(''.join(line for line in file.read_text().splitlines(True) if ' wait-host ' not in line))  # a day later
    assert due(host).stdout.startswith('nothing is ordered now')
    assert planned(host)[OTHER]['authority'] == FIRST
    assert f'{OTHER}: obtained from {FIRST}, ' in obtain(host, *AGREED, OTHER).stdout


def test_what_the_first_one_refuses_again_and_again_the_second_one_makes(host, agreed):
    host.domain(BLOCKED)
    host.reload()
    first, second = agreed
    second.stop()
    second.configure(domainBlocklist=[])
    host.authority = second.start()
    obtain(host, *AGREED, status=4)

    rows = {row['domain']: row for row in host.get('/v1/certificates')['orders']}
    assert rows[BLOCKED]['detail'].startswith(f'{FIRST}: rejectedIdentifier: ')
    assert planned(host)[BLOCKED]['authority'] == FIRST
    failed(host, DIRECTORY, BLOCKED, 3, 1.1)
    assert planned(host)[BLOCKED]['authority'] == SECOND

    assert f'{BLOCKED}: obtained from {SECOND}' in due(host).stdout
    assert f' wait-host mta-sts.{BLOCKED} ' in ledger(host, DIRECTORY).read_text()


def test_a_name_that_has_changed_stays_for_a_day(host, agreed):
    first, second = agreed
    failed(host, DIRECTORY, OTHER, 3, 1.1)
    second.stop()
    second.configure(domainBlocklist=[f'mta-sts.{OTHER}'])
    second.start()
    obtain(host, *AGREED, status=4)
    assert first and f'{OTHER}: NOT obtained from {SECOND}: ' in obtain(host, OTHER, status=1).stdout

    failed(host, ANOTHER, OTHER, 9, 5)

    assert planned(host)[OTHER]['authority'] == SECOND


def test_one_without_an_account_is_passed_over(host, acme):
    host.authority = acme[0].start()
    obtain(host, *AGREED, '--directory', DIRECTORY, DOMAIN)
    failed(host, DIRECTORY, DOMAIN, 9, 9)

    assert planned(host)[DOMAIN]['authority'] == FIRST


def instead(host, place, what):
    """What uacme does when it orders at the first authority."""
    bin_ = place / 'bin'
    bin_.mkdir()
    (bin_ / 'uacme').write_text(f'#!/bin/sh\ncase "$*" in *"{DIRECTORY}"*issue*) {what};; esac\nexec /usr/bin/uacme "$@"\n')
    (bin_ / 'uacme').chmod(0o755)
    host.operator_prefix = [*host.operator_prefix, 'env', f'PATH={bin_}:/usr/bin:/bin']


def test_an_order_that_does_not_end_keeps_none_from_the_other_authority(host, agreed, place):
    assert agreed
    host.domain('moved.test')
    host.reload()
    failed(host, DIRECTORY, 'moved.test', 3, 1.1)
    instead(host, place, 'kill -9 $$')

    run = due(host, status=4)

    assert f'an order at {FIRST} did not end: nothing more is ordered there in this round' in run.stderr
    assert f'moved.test: obtained from {SECOND}' in run.stdout
    assert ' orders\n' in (host.place / 'acme' / 'silent').read_text()


def test_an_authority_of_which_orders_are_not_answered_counts_as_silent(host, agreed, place):
    assert agreed
    for i in range(4):
        host.domain(f'd{i}.test')
    host.reload()
    instead(host, place, 'echo "curl failed" >&2; exit 1')

    said = due(host, status=4)

    assert f'nothing more is ordered at {FIRST} for a quarter of an hour' in said.stderr
    assert f'{DIRECTORY} ' in (silent := host.place / 'acme' / 'silent').read_text() and silent.read_text().endswith(' orders\n')
    silent.write_text(f'{DIRECTORY} {ago(3)} {ago(1)} 9 orders\n')
    assert due(host).stdout.count(f': obtained from {SECOND}') >= 2
