# SPDX-License-Identifier: ISC
"""Everything is tried that a sender would, before mail is at stake."""
import json
import re

import pytest

from client import policy
from dns_world import MX, POLICY_HOST
from imposter import ELSEWHERE, Imposter, http

pytestmark = pytest.mark.once

DOMAIN = 'example.test'
CUSTOMER = 'customer.test'
RIGHT = policy('testing', ['mx.example.test'])


@pytest.fixture
def ready(site, world):
    """A domain in testing for which all is as it should be."""
    site.domain(DOMAIN, mode='testing', mx=['mx.' + DOMAIN])
    site.certify(DOMAIN, days=90)
    site.start()
    world.txt(DOMAIN, site.show(DOMAIN)['txt']['value'])
    return site


def check(host, *arguments, status):
    """What people read, and the findings as programs do."""
    arguments = ['check', *(arguments or [DOMAIN]), '--ca', host.authority.file]
    told = host.ctl(*arguments, status=status).stdout
    (answer,) = json.loads(host.ctl('--json', *arguments, status=status).stdout)['domains']
    return told, answer


def only_loopback(answer):
    """Nothing is wrong but that the policy host of this world has a loopback address; that it is slow may be the machine's."""
    wrong = [one['what'] for one in answer['findings'] if one['severity'] not in ('ok', 'note') and ' took ' not in one['what']]
    return len(wrong) == 1 and f'a loopback address ({POLICY_HOST[0]})' in wrong[0]


def timeless(text):
    """Without what may be another from one second to the next."""
    return re.sub(r'\d+(\.\d)? (seconds|days?|ms)', 'a while', text)


def finds(host, severity, about, *words, status=1, domain=DOMAIN):
    """There is a finding of this kind with these words, which people read, too, with what to do."""
    told, answer = check(host, domain, status=status)
    found = [one for one in answer['findings'] if (one['severity'], one['about']) == (severity, about)]
    assert any(all(word in one['what'] for word in words) for one in found), answer['findings']
    for one in found:
        assert timeless(one['what']) in timeless(told)
        assert (one['instead'] or '') in told
        assert severity not in ('error', 'warning') or one['instead']
    for one in ('error', 'warning'):
        assert answer[one + 's'] == sum(finding['severity'] == one for finding in answer['findings'])


def test_a_clean_domain(ready):
    told, answer = check(ready, status=0)
    assert only_loopback(answer), answer
    assert {one['severity'] for one in answer['findings']} == {'ok', 'note', 'warning'}  # nobody listens at the MX
    assert {one['about'] for one in answer['findings']} == {'mx', 'address', 'starttls', 'record', 'fetch', 'certificate'}
    # On a busy machine a fetch may take so long that this is a warning of its own.
    slow = sum(' took ' in one['what'] and one['severity'] == 'warning' for one in answer['findings'])
    assert answer['warnings'] == 1 + slow
    verdict = r': nothing is against enforce \(not known: TLS of the MX\)$'
    assert re.search(rf'^{DOMAIN}: \d warnings?' + verdict, told, re.M)
    for address in [*POLICY_HOST, *MX]:
        assert address in told
    ready.ctl('enforce', DOMAIN)


def test_an_mx_that_no_line_covers(ready, world):
    world.mail(DOMAIN, 'mx.example.test', 'backup.example.test')
    finds(ready, 'error', 'mx', 'backup.example.test', 'covered by no mx line')
    finds(ready, 'ok', 'mx', 'mx.example.test')


def test_a_line_that_covers_no_mx(ready):
    ready.domain(DOMAIN, mode='testing', mx=['mx.' + DOMAIN, '*.old.test'])
    ready.reload()
    finds(ready, 'warning', 'mx', '*.old.test')


def test_wildcards_cover_one_label(ready, world):
    ready.domain(DOMAIN, mode='testing', mx=['*.' + DOMAIN])
    ready.reload()
    world.txt(DOMAIN, ready.show(DOMAIN)['txt']['value'])
    check(ready, status=0)
    world.mail(DOMAIN, 'a.b.example.test')
    finds(ready, 'error', 'mx', 'a.b.example.test')


@pytest.mark.parametrize('name, addresses', [('mx', MX), ('mta-sts', POLICY_HOST)], ids=['of the MX', 'of the host'])
def test_addresses_that_are_missing(ready, world, name, addresses):
    name = f'{name}.{DOMAIN}'
    world.address(name, addresses[0])
    world.serve()
    finds(ready, 'note', 'address', name, 'no IPv6 address', status=0)
    world.address(name, addresses[1])
    world.serve()
    finds(ready, 'warning', 'address', name, 'no IPv4 address', status=0)
    world.address(name)
    world.serve()
    finds(ready, 'error', 'address', name)


def test_a_record_that_is_not_right(ready, world):
    right = ready.show(DOMAIN)['txt']['value']
    for texts, words in ((['v=STSv1; id=1;'], 'not the published'), ([], 'no TXT record'),
                         ([right, 'v=STSv1; id=1;'], 'more than one record'),
                         (['v=spf1 -all'], 'no record, but another text'),
                         (['v=STSv1; id=-'], 'it has an id that is not 1 to 32 letters and digits')):
        world.txt(DOMAIN, *texts)
        finds(ready, 'error', 'record', '_mta-sts.' + DOMAIN, words)
    world.txt(DOMAIN, right, 'v=spf1 -all')
    finds(ready, 'warning', 'record', "'v=spf1 -all'", 'not every sender ignores', status=0)


def test_a_wildcard_is_never_where_to_publish(ready, world):
    world.put('_mta-sts.' + DOMAIN, 'TXT')
    world.put('*.' + DOMAIN, 'CNAME', DOMAIN + '.')
    world.put(DOMAIN, 'TXT', '"v=spf1 -all"')
    world.serve()
    answer = check(ready, status=1)[1]
    (advice,) = [one['instead'] for one in answer['findings'] if one['about'] == 'record']
    assert advice.startswith(f'publish _mta-sts.{DOMAIN}. IN TXT "v=STSv1; id=') and 'wildcard' in advice


def test_a_domain_without_mail_or_without_mx(ready, world):
    world.put(DOMAIN, 'MX', '0 .')
    world.serve()
    finds(ready, 'note', 'mx', 'null MX', status=0)
    world.put(DOMAIN, 'MX')
    world.address(DOMAIN, *MX)
    world.serve()
    finds(ready, 'error', 'mx', DOMAIN, 'covered by no mx line')


@pytest.fixture
def delegated(site, world):
    """A customer whose names both lead to the provider, where this host is."""
    site.domain(CUSTOMER, mode='testing', mx=['mx.' + CUSTOMER])
    site.certify(CUSTOMER, days=90)
    site.start()
    world.mail(CUSTOMER)
    world.put('_mta-sts.' + CUSTOMER, 'CNAME', 'customer.test._mta-sts.provider.test.')
    world.put('customer.test._mta-sts.provider.test', 'TXT', f'"{site.show(CUSTOMER)["txt"]["value"]}"')
    world.put('mta-sts.' + CUSTOMER, 'CNAME', 'mta-sts.provider.test.')
    world.address('mta-sts.provider.test', *POLICY_HOST)
    world.serve()
    return site


def test_a_whole_delegation(delegated):
    assert only_loopback(check(delegated, CUSTOMER, status=0)[1])


@pytest.mark.parametrize('texts', [['v=STSv1; id=1;'], ['v=STSv1 id=1'], ['hello'], ['v=STSv1; id=1;', 'v=STSv1; id=2;']],
                         ids=['old id', 'malformed', 'other text', 'two records'])
def test_a_delegated_record_is_mended_where_it_is(delegated, world, texts):
    target = 'customer.test._mta-sts.provider.test'
    world.put(target, 'TXT', *(f'"{text}"' for text in texts))
    world.serve()
    assert f'run mta-stsctl dns {CUSTOMER}' in advice_on_record(delegated)
    delegated.ctl('dns', CUSTOMER, status=1)
    advice = advice_on_record(delegated)
    assert f' at {target}: _mta-sts.{CUSTOMER} is a CNAME for it' in advice and 'IN TXT' not in advice


def advice_on_record(delegated):
    answer = check(delegated, CUSTOMER, status=1)[1]
    (advice,) = [one['instead'] for one in answer['findings'] if one['about'] == 'record']
    return advice


@pytest.mark.parametrize('name', ['_mta-sts', 'mta-sts'])
def test_half_a_delegation(delegated, world, name):
    world.put(f'{name}.{CUSTOMER}', 'CNAME')
    world.serve()
    finds(delegated, 'error', 'delegation', f'{name}.{CUSTOMER}', domain=CUSTOMER)


def test_a_delegation_to_nothing(delegated, world):
    world.put('customer.test._mta-sts.provider.test', 'TXT')
    world.address('mta-sts.provider.test')
    world.serve()
    finds(delegated, 'error', 'delegation', '_mta-sts.' + CUSTOMER, domain=CUSTOMER)
    finds(delegated, 'error', 'delegation', ' mta-sts.provider.test', domain=CUSTOMER)


@pytest.fixture
def elsewhere(ready, world, place):
    """Let the policy host be another web server, for which the certificate is of these names."""
    made = []

    def move(answer, *names):
        pair = ready.authority.issue(*(names or ['mta-sts.' + DOMAIN]), days=90)
        made.append(Imposter(world, place, pair, answer))
        world.address('mta-sts.' + DOMAIN, ELSEWHERE)
        world.serve()
        return ready

    yield move
    for one in made:
        one.close()


def test_a_redirect_in_front_of_the_file(elsewhere):
    host = elsewhere(http('301 Moved', 'Location: https://www.example.test/.well-known/mta-sts.txt'))
    finds(host, 'error', 'fetch', 'redirect', 'https://www.example.test/', ELSEWHERE)


def test_a_wrong_host(elsewhere):
    finds(elsewhere(http('404 Not Found')), 'error', 'fetch', '404', ELSEWHERE)


def test_a_wrong_certificate(elsewhere):
    host = elsewhere(http('200 OK', 'Content-Type: text/plain', body=RIGHT), 'www.example.test')
    finds(host, 'error', 'certificate', 'does not name', ELSEWHERE)


def test_a_wrong_type(elsewhere):
    host = elsewhere(http('200 OK', 'Content-Type: text/html', body=RIGHT))
    finds(host, 'error', 'fetch', 'text/html')


def test_an_old_file(elsewhere):
    host = elsewhere(http('200 OK', 'Content-Type: text/plain', body=RIGHT.replace(b'testing', b'enforce')))
    finds(host, 'error', 'fetch', 'another policy')


def test_a_foreign_answer_cannot_play_with_the_terminal(elsewhere):
    host = elsewhere(http('301 Moved', 'Location: https://x/\x1b[31m"\x07', 'Content-Type: \x1b]0;x\x07'))
    told = check(host, status=1)[0]
    assert all(line.isprintable() for line in told.splitlines()), told


def test_a_certificate_that_is_not_trusted_or_ends_soon(ready):
    told = ready.ctl('check', DOMAIN, status=1).stdout  # without --ca
    assert 'not trusted' in told
    ready.certify(DOMAIN, days=6)
    ready.reload()
    finds(ready, 'warning', 'certificate', 'valid for', status=0)


def test_the_daemon_is_not_there_for_the_world(ready, world):
    world.address('mta-sts.' + DOMAIN, '127.0.0.5')
    world.serve()
    finds(ready, 'error', 'fetch', 'no connection', '127.0.0.5')


def test_a_policy_that_nobody_could_fetch_is_not_known(ready, world):
    world.address('mta-sts.' + DOMAIN, '2001:db8::2')  # this network has no way there
    world.serve()
    finds(ready, 'error', 'fetch', 'not known')


@pytest.mark.parametrize('address', ['0.0.0.0', '255.255.255.255', '224.0.0.1', 'ff02::1'])
def test_an_address_that_no_sender_can_use(ready, world, address):
    world.address('mta-sts.' + DOMAIN, address)
    world.serve()
    finds(ready, 'error', 'address', address, 'no sender elsewhere can use')


def test_several_domains(ready):
    ready.domain(CUSTOMER)
    ready.reload()
    done = ready.ctl('check', '--all', '--ca', ready.authority.file, status=1).stdout
    first, second, _, summary, hint = done.splitlines()
    assert {line.partition(': ')[0] for line in (first, second)} == {DOMAIN, CUSTOMER}
    assert summary.endswith('2 domains: 1 with errors, 1 with warnings alone, 0 without either') and '--details' in hint
    done = ready.ctl('check', '--all', '--errors', '--ca', ready.authority.file, status=1).stdout
    assert done.startswith(f'{CUSTOMER}: ') and f'{DOMAIN}: 1 warning' not in done
    done = ready.ctl('check', '--all', '--details', '--ca', ready.authority.file, status=1).stdout
    assert f'{DOMAIN}: 1 warning: nothing is against enforce (not known: TLS of the MX)' in done
    assert f'\n{CUSTOMER}: ' in done
    ready.ctl('check', 'unknown.test', status=1)
    ready.ctl('check', DOMAIN, '--ca', '/nowhere/ca.pem', status=2)


def test_enforce_refuses_an_mx_that_no_line_covers(ready, world):
    world.mail(DOMAIN, 'mx.example.test', 'backup.example.test')
    before = ready.show(DOMAIN)
    refused = ready.ctl('enforce', DOMAIN, status=1)
    assert 'backup.example.test' in refused.stderr and '--force' in refused.stderr
    ready.ctl('enforce', DOMAIN, '--dry-run', status=1)
    assert ready.show(DOMAIN) == before
    ready.serves(DOMAIN, RIGHT)

    ready.ctl('enforce', DOMAIN, '--force')
    assert ready.show(DOMAIN)['mode'] == 'enforce'


def test_enforce_refuses_a_policy_host_without_a_certificate(ready):
    for file in ready.certs.iterdir():
        file.unlink()
    ready.stop()
    ready.start()
    refused = ready.ctl('enforce', DOMAIN, status=1)
    assert f'no certificate here names mta-sts.{DOMAIN}' in refused.stderr and ready.show(DOMAIN)['mode'] == 'testing'
    ready.ctl('enforce', DOMAIN, '--force')
    assert ready.show(DOMAIN)['mode'] == 'enforce'


@pytest.mark.parametrize('chosen', [['--file', '-'], ['--match', '*.test'], ['--all']], ids=['listed', 'matched', 'all'])
def test_enforce_switches_what_it_checked(ready, chosen):
    ready.ctl('enforce', *chosen, prefix=['sh', '-c', f'echo {DOMAIN} | "$0" "$@"', *ready.operator_prefix])
    assert ready.show(DOMAIN)['mode'] == 'enforce'


def test_enforce_refuses_what_it_cannot_know(ready, world):
    world.resolver.kill()
    refused = ready.ctl('enforce', DOMAIN, status=1)
    assert '--force' in refused.stderr
    assert ready.show(DOMAIN)['mode'] == 'testing'
