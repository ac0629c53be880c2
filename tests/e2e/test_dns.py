# SPDX-License-Identifier: ISC
"""What the name servers of a domain say of its record, server by server."""
import json
import re

import pytest

from dns_world import ADDRESSES, NS1, NS2, PROVIDER, RESOLVER, RESOLVER_PORT

pytestmark = pytest.mark.once

DOMAIN = 'example.test'
CUSTOMER = 'customer.test'
AT_PROVIDER = 'customer.test._mta-sts.provider.test'


@pytest.fixture
def published(site, world):
    """A host with one domain, which had another id before, and whose record is right everywhere."""
    site.domain(DOMAIN, mx=['mx.' + DOMAIN])
    site.certify(DOMAIN)
    site.start()
    site.old = right(site)
    site.ctl('testing', DOMAIN)
    world.txt(DOMAIN, right(site))
    return site


def right(host, domain=DOMAIN):
    return host.show(domain)['txt']['value']


def look(host, *arguments, status=0):
    """What people and programs read of one domain."""
    told = host.ctl('dns', *arguments, status=status).stdout
    (answer,) = json.loads(host.ctl('--json', 'dns', *arguments, status=status).stdout)['domains']
    return told, answer['dns']


def verdicts(dns):
    return {(one['server'], one['address']): one['verdict'] for one in dns['servers']}


def test_right_at_every_address_of_every_server(published, clock):
    told, dns = look(published, DOMAIN)
    assert DOMAIN in told
    assert (dns['verdict'], dns['ttl'], dns['error'], dns['seen_since']) == ('right', 300, None, clock.text())
    assert verdicts(dns) == {(name, address): 'right' for name in (NS1, NS2) for address in ADDRESSES[name]}
    assert all(one['said'] == right(published) for one in dns['servers'])
    assert published.show(DOMAIN)['dns'] == dns


@pytest.mark.parametrize('texts, verdict, words', [
    (['OLD'], 'old_id', 'old id'),
    (['v=STSv1; id=1;'], 'old_id', 'an id that this host never published'),
    (['RIGHT', 'OLD'], 'two_records', 'two records'),
    (['v=STSv1; id=1;', 'RIGHT'], 'two_records', 'two records'),
    (['RIGHT', 'RIGHT '], 'two_records', 'two records'),
    (['v=STSv1; id=1;', 'v=spf1 -all'], 'old_id', 'an id that this host never published'),
    (['google-site-verification=abc'], 'other_text', 'other text'),
    (['v=STSv1; id=2026-11-23;'], 'malformed', 'malformed'),
    (['v=STSv1 id=1'], 'malformed', 'malformed'),
    (['"v=STSv1; id=1;"'], 'malformed', 'malformed'),
    (['v=STSv1;' + ' ' * 300 + 'id=1" \x1b[31m\\'], 'malformed', 'malformed'),
    ([], 'missing', 'no record'),
], ids=['old id', 'foreign id', 'two records', 'a foreign one, too', 'one twice', 'text beside a foreign one',
        'other text', 'odd id', 'no semicolon', 'quoted', 'nasty', 'missing'])
def test_each_way_in_which_one_server_is_wrong(published, world, texts, verdict, words):
    meant = {'OLD': published.old, 'RIGHT': right(published), 'RIGHT ': right(published) + ' '}
    world.txt(DOMAIN, *(meant.get(text, text) for text in texts), at=[NS2])
    told, dns = look(published, DOMAIN, status=1)
    assert words in told and NS2 in told
    assert all(line.isascii() and line.isprintable() for line in told.splitlines()), told
    assert (dns['verdict'], dns['seen_since']) == (verdict, None)
    assert verdicts(dns) == {(NS1, ADDRESSES[NS1][0]): 'right', (NS1, ADDRESSES[NS1][1]): 'right',
                             (NS2, ADDRESSES[NS2][0]): verdict}
    assert words in dns['text'] and NS2 in dns['text']


def test_a_text_beside_the_record_is_told_and_is_no_fault(published, world):
    """RFC 8461, section 3.1: senders discard it, but one of them counts every text."""
    world.txt(DOMAIN, 'v=spf1 -all', right(published), at=[NS2])
    told, dns = look(published, DOMAIN)
    assert dns['verdict'] == 'right' and dns['seen_since']
    assert [one['beside'] for one in dns['servers'] if one['server'] == NS2] == ['v=spf1 -all']
    assert f'{NS2} ({ADDRESSES[NS2][0]}): right: {right(published)}; beside another text, which not every' in told


def test_two_records_are_both_shown(published, world):
    world.txt(DOMAIN, published.old, right(published), at=[NS2])
    told, _ = look(published, DOMAIN, status=1)
    assert published.old in told and right(published) in told


def test_what_is_malformed_is_said(published, world):
    world.txt(DOMAIN, 'v=STSv1; id=2026-11-23;', at=[NS2])
    told, _ = look(published, DOMAIN, status=1)
    assert 'malformed: v=STSv1; id=2026-11-23;, which has an id that is not 1 to 32 letters and digits' in told


def test_a_record_in_several_strings_is_one_text(published, world):
    whole = right(published)
    world.put('_mta-sts.' + DOMAIN, 'TXT', f'"{whole[:5]}" "{whole[5:12]}" "{whole[12:]}"')
    world.serve()
    assert look(published, DOMAIN)[1]['verdict'] == 'right'


@pytest.mark.parametrize('kind', ['gone', 'silent'])
def test_a_server_that_does_not_answer(published, world, kind):
    look(published, DOMAIN)
    seen = published.show(DOMAIN)['dns']['seen_since']
    getattr(world.servers[NS2], {'gone': 'stop', 'silent': 'hang'}[kind])()
    done = published.ctl('--json', 'dns', DOMAIN, status=1)
    (dns,) = [one['dns'] for one in json.loads(done.stdout)['domains']]
    assert dns['verdict'] == 'unreachable' and NS2 in dns['text']
    assert verdicts(dns) == {(NS1, ADDRESSES[NS1][0]): 'right', (NS1, ADDRESSES[NS1][1]): 'right',
                             (NS2, ADDRESSES[NS2][0]): 'unreachable'}
    assert all(one['said'] for one in dns['servers'])
    assert dns['seen_since'] == seen  # nobody saw that it is not right any more


def test_a_server_that_does_not_know_the_zone(published, world):
    """A lame delegation: it answers, and says nothing."""
    server = world.servers[NS2]
    server.stop()
    del server.zones[DOMAIN]
    server.start()
    told, dns = look(published, DOMAIN, status=1)
    assert dns['verdict'] == 'unreachable' and NS2 in told


def test_a_server_that_only_repeats_what_others_say(published, world):
    """Another lame delegation, to a resolver: what it has heard may be old."""
    move(world, RESOLVER)
    told, dns = look(published, DOMAIN, status=1)
    assert verdicts(dns)[NS2, RESOLVER] == 'unreachable'
    assert 'authoritative' in told


def test_nobody_who_tells_the_servers(published, world):
    world.resolver.kill()
    told, dns = look(published, DOMAIN, status=1)
    assert DOMAIN in told
    assert (dns['verdict'], dns['servers']) == ('unreachable', [])
    assert dns['error'] == 'the resolver does not answer' and dns['error'] in dns['text']

    published.ctl('none', DOMAIN)
    told = published.ctl('dns', DOMAIN, status=1).stdout
    assert f'\nnext, {DOMAIN}: see why no name server could be asked, first at the resolver (--resolver, ' in told
    assert 'do not answer' not in told


def test_a_zone_that_nobody_serves_is_not_blamed_on_the_resolver_nor_the_other_way_round(published, world):
    """Servers that know of no zone say so at once, and those that are gone would be waited for."""
    for server in map(world.servers.get, (NS1, NS2)):
        server.stop()
        server.zones.clear()
        server.start()
    said = published.ctl('check', DOMAIN, status=1).stdout
    assert '(answered SERVFAIL)' in said and 'look at the name servers of its zone' in said
    assert 'resolver' not in said

    world.resolver.kill()
    said = published.ctl('check', DOMAIN, status=1).stdout
    assert '(the resolver does not answer)' in said and 'look at the resolver' in said


def test_ipv6_is_asked_too(published, world):
    """One server has an IPv6 address at which nobody listens."""
    world.namespace.add('fd00::12')
    move(world, '127.0.0.12', 'fd00::12')
    told, dns = look(published, DOMAIN, status=1)
    assert NS2 in told
    assert verdicts(dns)[NS2, '127.0.0.12'] == 'right'
    assert verdicts(dns)[NS2, 'fd00::12'] == 'unreachable'


def test_an_address_without_a_way_to_it_is_skipped(published, world):
    move(world, '127.0.0.12', '2001:db8::12')
    dns = look(published, DOMAIN)[1]
    assert (dns['verdict'], verdicts(dns)[NS2, '2001:db8::12']) == ('right', 'skipped')

    move(world, '2001:db8::12')  # then nobody heard that server at all
    dns = look(published, DOMAIN, status=1)[1]
    assert (dns['verdict'], verdicts(dns)[NS2, '2001:db8::12']) == ('unreachable', 'skipped')


def move(world, *addresses):
    """Let NS2 have these addresses, for its parent and for itself."""
    for zone in ('test', DOMAIN):
        world.address(NS2, *addresses, zone=zone)
    world.serve()


@pytest.fixture
def delegated(site, world):
    """A customer whose names both lead to a provider."""
    site.domain(CUSTOMER)
    site.certify(CUSTOMER)
    site.start()
    world.put('_mta-sts.' + CUSTOMER, 'CNAME', AT_PROVIDER + '.', ttl=7200)
    world.put(AT_PROVIDER, 'TXT', f'"{right(site, CUSTOMER)}"')
    world.serve()
    return site


def test_a_cname_leads_to_the_servers_of_the_provider(delegated, world):
    dns = look(delegated, CUSTOMER)[1]
    assert verdicts(dns) == {(PROVIDER, ADDRESSES[PROVIDER][0]): 'right'}
    assert dns['ttl'] == 7200  # of the CNAME, which is longer

    world.put(AT_PROVIDER, 'TXT', '"v=STSv1; id=1;"')
    world.serve()
    told, dns = look(delegated, CUSTOMER, status=1)
    assert (dns['verdict'], dns['text']) == ('old_id', f'an id that this host never published at {PROVIDER}')
    assert PROVIDER in told


def test_a_cname_at_one_server_only(delegated, world):
    world.put('_mta-sts.' + CUSTOMER, 'CNAME', at=[NS2])
    world.put('_mta-sts.' + CUSTOMER, 'TXT', '"v=STSv1; id=1;"', at=[NS2])
    world.serve()
    dns = look(delegated, CUSTOMER, status=1)[1]
    assert dns['verdict'] == 'old_id'
    assert verdicts(dns) == {(PROVIDER, ADDRESSES[PROVIDER][0]): 'right', (NS2, ADDRESSES[NS2][0]): 'old_id'}


def test_a_cname_that_leads_nowhere_or_in_a_circle(delegated, world):
    world.put(AT_PROVIDER, 'TXT')
    world.serve()
    assert look(delegated, CUSTOMER, status=1)[1]['verdict'] == 'missing'
    world.put(AT_PROVIDER, 'CNAME', f'_mta-sts.{CUSTOMER}.')
    world.serve()
    assert look(delegated, CUSTOMER, status=1)[1]['verdict'] == 'unreachable'


def test_a_resolver_may_be_named(published, world):
    (world.namespace.etc / 'resolv.conf').write_text('nameserver 127.0.0.99\n')
    for name in (f'{RESOLVER}:{RESOLVER_PORT}', RESOLVER):
        assert look(published, DOMAIN, '--resolver', name)[1]['verdict'] == 'right'
    look(published, DOMAIN, status=1)
    for name in ('somewhere', '127.0.0.1:99999', '127.0.0.1:0', '[127.0.0.1]', '[::1'):
        published.ctl('dns', DOMAIN, '--resolver', name, status=2)


def test_without_domains_it_looks_at_those_that_retire(published, world):
    assert json.loads(published.ctl('--json', 'dns').stdout) == {'domains': []}
    published.ctl('dns')
    published.domain(CUSTOMER)
    published.reload()
    published.ctl('none', DOMAIN)
    told, dns = look(published, status=1)
    assert DOMAIN in told and CUSTOMER not in told
    assert dns['verdict'] == 'old_id'
    world.txt(DOMAIN, right(published))
    for arguments in [], ['--retiring']:
        assert look(published, *arguments)[1]['verdict'] == 'right'
    assert json.loads(published.ctl('--json', 'dns', '--all', status=1).stdout)['domains'][0]['domain'] == CUSTOMER


def test_a_look_of_the_old_record_is_no_look_at_the_new_one(published):
    look(published, DOMAIN)
    published.ctl('none', DOMAIN)
    assert published.show(DOMAIN)['retirement']['state'] == 'publishing'


def test_many_domains_at_once(site, world, rounds):
    """Two hundred domains go from enforce to none: their records are pasted, and seen everywhere."""
    names = [f'd{number:04}.many.test' for number in range(rounds(200))]
    site.file('many.conf', 'mode = "enforce"; max_age = 604800; mx = [ "mx.many.test" ];\ndomains = [ '
              + ', '.join(f'"{name}"' for name in names) + ' ];')
    site.start()
    site.ctl('none', '--all', '--yes')
    lines = site.ctl('txt', '--retiring', '--format', 'zone').stdout.splitlines()
    assert len(lines) == len(names)
    for line in lines:
        owner, text = re.fullmatch(r'(\S+)\. \d+ IN TXT (".*")', line).groups()
        world.put(owner, 'TXT', text)
    world.serve()

    answer = json.loads(site.ctl('--json', 'dns').stdout)
    assert {one['domain'] for one in answer['domains']} == set(names)
    assert {one['retirement']['state'] for one in answer['domains']} == {'draining'}
    counts = site.get('/v1/status')['retiring']
    assert (counts['draining'], len(counts['domains'])) == (len(names), 10)

    world.txt(names[7], 'v=STSv1; id=1;', at=[NS1])
    told = site.ctl('dns', status=1).stdout
    assert [name for name in names if name in told and 'other id' in told] != []
    assert site.show(names[7])['retirement']['state'] == 'waiting'
    counts = site.get('/v1/status')['retiring']
    assert (counts['waiting'], counts['draining']) == (1, len(names) - 1)
    assert counts['domains'][0]['domain'] == names[7]


def test_wait_waits_for_the_record_of_a_domain_that_is_on(published, world):
    assert f'{DOMAIN}: right' in published.ctl('wait', DOMAIN, '--until', 'dns').stdout
    published.ctl('reset', DOMAIN)
    waiting = published.spawn_ctl('wait', DOMAIN, '--until', 'dns', '--timeout', '30')
    waiting.wait_for_line(f'waiting for {DOMAIN}: ')
    world.txt(DOMAIN, right(published))
    assert waiting.wait() == 0, waiting.log
    assert published.show(DOMAIN)['dns']['verdict'] == 'right'


def test_wait_ends_when_the_record_is_seen(published, world):
    told = published.ctl('wait', DOMAIN, '--until', 'safe', '--timeout', '1', status=1)  # it is not turned off
    assert 'give --until dns' in told.stderr
    published.ctl('none', DOMAIN)
    waiting = published.spawn_ctl('wait', DOMAIN, '--until', 'dns', '--timeout', '3')
    waiting.wait_for_line('waiting for')
    world.txt(DOMAIN, right(published))
    assert waiting.wait() == 0, waiting.log
    done = published.ctl('wait', '--all', '--until', 'dns', '--timeout', '30')
    assert done.stdout.startswith('1 domain: 1 draining;'), done
    published.ctl('wait', '--all', '--except', 'x.test', '--until', 'dns', status=1)
