# SPDX-License-Identifier: ISC
"""What keeps certificates: the program that orders them reports it, and it is shown wherever somebody looks."""
import grp
import json
import subprocess

import pytest

import client
import many
from tracing import frozen
from wait import until

DOMAIN, OTHER, THIRD = 'example.test', 'example.net', 'example.org'
NOBODY = 65534


@pytest.fixture
def bare(host):
    """A running host with three domains and no certificate at all."""
    for name in DOMAIN, OTHER, THIRD:
        host.domain(name)
    return host.start()


def row(domain, state, at=None, detail=None):
    return {'domain': domain, 'state': state, 'at': at, 'detail': detail}


def report(host, *rows, **round_):
    return host.must('POST', '/v1/certificates/orders', {'orders': rows, **round_})['kept']


def ordering(host):
    return host.get('/v1/status')['certificates']['ordering']


def states(host):
    """How many are in each state, of those that have any."""
    return {state: count for state, count in ordering(host)['states'].items() if count}


def known(host):
    """What the three places in the API say, which have to agree, by domain."""
    listed = {one['domain']: one['state'] for one in host.get('/v1/certificates')['orders']}
    assert listed == {one['domain']: one['state'] for one in ordering(host)['domains']}
    for name in DOMAIN, OTHER, THIRD:
        of_one = host.api('GET', f'/v1/domains/{name}')[1].get('certificate_order')
        assert (of_one or {}).get('state') == listed.get(name)
    return listed


def metrics(host):
    lines = host.ctl('metrics').stdout.splitlines()
    return {name: int(value) for name, value in (line.split() for line in lines if not line.startswith('#')
                                                 and 'certificate_' in line)}


def test_what_is_reported_is_shown_everywhere(bare):
    rows = [row(DOMAIN, 'due', '2030-01-01T00:00:00Z'),
            row(OTHER, 'failed', '2030-01-01T00:00:00Z', 'urn:ietf:params:acme:error:dns: no answer'),
            row(THIRD, 'forbidden', None, 'example.org CAA 0 issue "other.example"')]
    assert report(bare, *rows, row('nobody.test', 'failed')) == 3

    assert bare.get('/v1/certificates')['orders'] == [rows[1], rows[2], rows[0]]
    assert ordering(bare)['domains'] == [rows[1], rows[2], rows[0]]
    assert states(bare) == {'due': 1, 'failed': 1, 'forbidden': 1}
    assert bare.show(THIRD)['certificate_order'] == rows[2]
    assert metrics(bare)['mta_stsd_certificate_orders{state="failed"}'] == 1
    assert metrics(bare)['mta_stsd_certificate_orders{state="unknown"}'] == 0
    assert 'mta_stsd_certificate_round_timestamp_seconds' not in metrics(bare)


def test_a_round_is_shown_and_what_fails_is_logged_when_it_changes(bare):
    report(bare, row(DOMAIN, 'failed'), round={})
    assert ordering(bare)['problem'] is None and ordering(bare)['reported']
    bare.process.wait_for_line(r'certificates, orders fail \(failed: 1\)')
    lines = len(bare.process.lines)
    report(bare, row(DOMAIN, 'failed'), round={})
    report(bare, row(OTHER, 'elsewhere', detail='198.51.100.7'),
           round={'problem': 'authority_silent', 'detail': 'HTTP 503', 'next': '2030-01-01T00:00:00Z'})
    line = bare.process.wait_for_line('certificates, orders fail', lines)
    assert line.endswith('(problem: authority_silent, failed: 1, elsewhere: 1; HTTP 503)')
    assert [ordering(bare)[name] for name in ('problem', 'detail', 'next')] == \
        ['authority_silent', 'HTTP 503', '2030-01-01T00:00:00Z']
    assert metrics(bare)['mta_stsd_certificate_round_timestamp_seconds'] > 0

    report(bare, row(DOMAIN, 'due'), row(OTHER, 'limited'), round={})
    bare.process.wait_for_line('certificates, no order fails any more', lines)


def next_of(host, *command):
    """What a command for people says is to be done next."""
    return host.ctl(*command).stdout.partition('\nnext: ')[2]


def test_people_are_told_what_keeps_certificates_and_what_to_do(bare):
    agree = f'mta-stsctl cert obtain --agree --email postmaster@{OTHER}\n'
    assert '\nordering      not known yet: ' in bare.ctl('status').stdout
    for command in ['status'], ['cert', 'list']:
        assert next_of(bare, *command).startswith(f'get a certificate for mta-sts.{OTHER}\n  {agree}')
    assert '\norder  ' not in bare.ctl('show', OTHER).stdout

    report(bare, round={'problem': 'no_account'})
    assert '\nordering      NOTHING IS ORDERED: nobody has agreed to the terms' in bare.ctl('status').stdout
    assert agree in next_of(bare, 'status')

    report(bare, row(DOMAIN, 'due', '2030-01-01T00:00:00Z'), row(OTHER, 'no_address', None, 'ns1.test has none'), round={})
    assert '\nordering      1 no_address, 1 due; last round at ' in bare.ctl('status').stdout
    for command in ['status'], ['cert', 'list']:
        assert next_of(bare, *command).startswith(
            f'publish where mta-sts.{OTHER} is: a record for each address of this host\n  mta-sts.{OTHER}. 3600 IN A ')
    table = [line.split(None, 3) for line in bare.ctl('cert', 'list').stdout.splitlines()]
    assert [OTHER, 'no_address', '-', 'ns1.test has none'] in table
    assert [DOMAIN, 'due', '2030-01-01', '00:00  it waits for its turn'] in table
    assert [THIRD, '-', '-', 'not known yet'] in table
    assert '\norder        the policy host has no address in DNS: ns1.test has none\n' in bare.ctl('show', OTHER).stdout


def test_a_round_that_does_not_come_any_more_is_noticed(clock, bare):
    bare.operator_prefix = clock.enter
    bare.stop()
    bare.prefix = clock.enter
    bare.start()
    report(bare, row(DOMAIN, 'due'), round={})
    assert 'NONE SINCE' not in bare.ctl('status').stdout
    clock.move(hours=1, seconds=1)
    assert ', NONE SINCE\n' in bare.ctl('status').stdout
    assert next_of(bare, 'status').startswith('find out why no certificate is ordered any more: ')


def test_it_is_forgotten_an_hour_after_it_was_reported(clock, bare):
    bare.stop()
    bare.prefix = clock.enter
    bare.start()
    report(bare, row(DOMAIN, 'failed'), row(OTHER, 'due'), round={'problem': 'other'})
    clock.move(minutes=59)
    report(bare, row(OTHER, 'due'))
    assert known(bare) == {DOMAIN: 'failed', OTHER: 'due'}
    reported = ordering(bare)['reported']
    clock.move(minutes=1)
    assert known(bare) == {OTHER: 'due'}
    assert (ordering(bare)['reported'], ordering(bare)['problem']) == (reported, None)
    clock.move(hours=-3)
    assert known(bare) == {}


def test_it_is_forgotten_with_the_certificate_that_comes(bare):
    report(bare, *(row(name, 'failed') for name in (DOMAIN, OTHER, THIRD)))
    chain = bare.authority.sign(bare.must('POST', '/v1/certificates/request', {'domains': [DOMAIN]})['request'])
    assert bare.must('POST', '/v1/certificates', {'certificate': chain, 'dry_run': True})['uncovered'] == 2
    assert DOMAIN in known(bare)
    bare.must('POST', '/v1/certificates', {'certificate': chain})
    assert known(bare) == {OTHER: 'failed', THIRD: 'failed'}

    # One that another program puts into a directory, too.
    bare.certify(OTHER)
    bare.reload()
    assert known(bare) == {THIRD: 'failed'}
    assert states(bare) == {'failed': 1}


def test_what_keeps_a_renewal_is_known_until_it_comes(host):
    host.domain(DOMAIN)
    host.domain(OTHER)
    host.certify(DOMAIN, days=90)
    host.start()
    report(host, row(DOMAIN, 'failed'))
    host.reload()
    host.get('/v1/certificates')
    assert states(host) == {'failed': 1}
    # One that came into a directory, and is not the one that was ordered, changes nothing about it.
    host.certify(OTHER, DOMAIN)
    host.reload()
    assert states(host) == {'failed': 1}
    chain = host.authority.sign(host.must('POST', '/v1/certificates/request', {'domains': [DOMAIN]})['request'])
    host.must('POST', '/v1/certificates', {'certificate': chain})
    assert states(host) == {}


def test_it_is_forgotten_with_the_domain(bare):
    report(bare, row(DOMAIN, 'failed'), row(OTHER, 'due'))
    (bare.domains / f'{DOMAIN}.conf').unlink()
    bare.reload()
    assert known(bare) == {DOMAIN: 'failed', OTHER: 'due'}  # which is still served
    bare.must('POST', '/v1/forget', {'domains': [DOMAIN], 'force': True})
    assert known(bare) == {OTHER: 'due'}
    bare.domain(DOMAIN)
    bare.reload()
    assert known(bare) == {OTHER: 'due'}


def test_after_a_restart_nothing_is_known(bare):
    report(bare, row(DOMAIN, 'failed'), round={'problem': 'ledger'})
    bare.stop()
    bare.start()
    assert known(bare) == {}
    assert (ordering(bare)['reported'], ordering(bare)['problem']) == (None, None)


def test_a_certifier_may_report_and_an_observer_may_not(needs_root, needs_tools, host):
    needs_tools('curl', 'setpriv')
    host.configure(certifier_group='news', observer_group='games')
    host.domain(DOMAIN)
    host.start()
    sent = host.place / 'report.json'
    sent.write_text(json.dumps({'orders': [row(DOMAIN, 'due')]}))
    sent.chmod(0o644)

    def as_member(group):
        return subprocess.run(['setpriv', f'--reuid={NOBODY}', f'--regid={grp.getgrnam(group).gr_gid}', '--clear-groups',
                               'curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '--data-binary', f'@{sent}',
                               '--unix-socket', str(host.socket), 'http://localhost/v1/certificates/orders'],
                              text=True, capture_output=True, timeout=60, check=True).stdout
    assert as_member('games') == '403'
    assert states(host) == {}
    assert as_member('news') == '200'
    assert states(host) == {'due': 1}


@pytest.mark.parametrize('words', [
    '\x1b[2J\x07', '\u202e\u0085', 'é' * 100, '"\\', '%s%n', '\r\nmta_stsd_certificate_orders{state="due"} 9'])
def test_odd_words_are_shown_as_visible_ascii(bare, words):
    report(bare, row(DOMAIN, 'failed', '9999-12-31T23:59:59Z', words), round={'problem': 'other', 'detail': words})
    shown = bare.show(DOMAIN)['certificate_order']
    assert shown['detail'].isascii() and shown['detail'].isprintable() and len(shown['detail']) <= 400
    assert shown['at'] == '9999-12-31T23:59:59Z'
    assert ordering(bare)['detail'] == shown['detail']
    line = bare.process.wait_for_line('orders fail')
    assert line.isascii() and line.isprintable()
    for command in ['status'], ['cert', 'list'], ['show', DOMAIN], ['metrics']:
        assert all(line.isprintable() for line in bare.ctl(*command).stdout.split('\n'))


@pytest.mark.parametrize('body', [
    b'', b'[]', b'{"orders": [', b'{"orders": [], "orders": []}', b'\x00', b'{"orders": [{"domain": "example.test\\u0000"}]}',
    b'{"orders": [{"domain": "example.test", "state": "\xff"}]}', b'[' * 100_000,
    json.dumps({'orders': [row(DOMAIN, 'due')] * 1001}).encode(),
    json.dumps({'orders': [row(DOMAIN, 'due', detail='x' * 401)]}).encode(),
    json.dumps({'orders': [row('x' * 300, 'due')]}).encode(),
    json.dumps({'orders': [row(DOMAIN, 'due', '0000-00-00T00:00:00Z')]}).encode()])
def test_a_report_that_is_not_right_is_refused_whole(bare, body):
    status, answer = bare.api('POST', '/v1/certificates/orders', body)
    assert (status, answer['error']['code']) == (400, 'bad_request')
    assert known(bare) == {}
    bare.ctl('status')


def full(rows, **more):
    return json.dumps({'orders': rows, **more}, separators=(',', ':'))


def test_a_hundred_thousand_are_reported_and_nobody_waits(host, rounds):
    names = many.names(rounds(100_000))
    many.configure(host, names)
    host.domain(DOMAIN)
    host.certify(DOMAIN)
    host.start()
    text = client.policy('enforce', [f'mail.{DOMAIN}'])
    bodies = [full([row(name, 'unreached', detail='[2001:db8::1]:443 Connection timed out') for name in names[i:i + 1000]])
              for i in range(0, len(names), 1000)]
    for number, body in enumerate(bodies):
        assert host.must('POST', '/v1/certificates/orders', body)['kept'] == 1000
        if number % 10 == 0:
            host.serves(DOMAIN, text)
            host.switch('none', names[number])
            host.reset(names[number])
    assert states(host) == {'unreached': len(names)}

    # While the clerk is away with one, fetches go on.
    with frozen(host):
        waiting = host.spawn_ctl('status')
        host.serves(DOMAIN, text)
    assert waiting.wait() == 0

    listed = host.get('/v1/certificates')['orders']
    assert [one['domain'] for one in listed] == names
    assert len(ordering(host)['domains']) == 10
    until(lambda: metrics(host)['mta_stsd_certificate_orders{state="unreached"}'] == len(names), 'the metric')
