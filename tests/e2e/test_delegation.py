# SPDX-License-Identifier: ISC
"""Every server that senders may ask: those of the zone, those of the zone above, and whoever else answers."""
import copy
import json

import pytest

from dns_world import ADDRESSES, NS1, NS2, PARENT, PROVIDER, TTL, Server

pytestmark = pytest.mark.once

DOMAIN = 'example.test'
OLD, OLD_ADDRESS = 'ns.old.test', '127.0.0.31'


@pytest.fixture
def published(site, world):
    """A host with one domain that had another id before, and whose record is right at both of its servers."""
    site.domain(DOMAIN, mx=['mx.' + DOMAIN])
    site.certify(DOMAIN)
    site.start()
    world.txt(DOMAIN, value(site))
    site.old = value(site)
    site.ctl('none', DOMAIN)
    world.txt(DOMAIN, value(site))
    return site


@pytest.fixture
def old(world):
    """A server that nobody names yet, and that has the zone as it was before the new id."""
    server = Server(world.namespace, world.servers[NS1]._place.parent / OLD, [OLD_ADDRESS])
    world.servers[OLD] = server
    world.put(OLD, 'A', OLD_ADDRESS, at=[PARENT], zone='test')
    return server


def value(host):
    return host.show(DOMAIN)['txt']['value']


def give_zone(world, server, text, names=(NS1, NS2)):
    """Let a server have a copy of the zone, with this record and these servers."""
    zone = server.zones[DOMAIN] = copy.deepcopy(world.servers[NS1].zones[DOMAIN])
    zone['_mta-sts.' + DOMAIN, 'TXT'] = [f'_mta-sts.{DOMAIN}. {TTL} TXT "{text}"']
    zone[DOMAIN, 'NS'] = [f'{DOMAIN}. {TTL} NS {name}.' for name in names]


def delegate(world, *names):
    """What the zone above says."""
    world.put(DOMAIN, 'NS', *(name + '.' for name in names), at=[PARENT], zone='test')


def look(host, status=0):
    told = host.ctl('dns', DOMAIN, status=status).stdout
    (answer,) = json.loads(host.ctl('--json', 'dns', DOMAIN, status=status).stdout)['domains']
    return told, answer


def servers(answer):
    return {(one['server'], one['address']): (one['verdict'], one['named_by']) for one in answer['dns']['servers']}


ALL_RIGHT = {(name, address): ('right', 'both') for name in (NS1, NS2) for address in ADDRESSES[name]}


def test_both_lists_are_the_same(published):
    assert 'is named by' not in published.ctl('check', DOMAIN, status=None).stdout
    told, answer = look(published)
    assert servers(answer) == ALL_RIGHT
    assert 'named by' not in told


def test_the_zone_above_still_names_the_old_provider(published, world, old):
    give_zone(world, old, published.old, names=[OLD])
    old.start()
    delegate(world, NS1, NS2, OLD)
    world.serve()
    told, answer = look(published, status=1)
    assert servers(answer) == {**ALL_RIGHT, (OLD, OLD_ADDRESS): ('old_id', 'both')}
    assert answer['dns']['verdict'] == 'old_id' and answer['retirement']['state'] == 'waiting'
    assert f'{OLD} ({OLD_ADDRESS}): old id' in told

    # It gets the new id, too, and still somebody has to act; it no longer says that it belongs there.
    give_zone(world, old, value(published))
    old.reload()
    told, answer = look(published)
    assert servers(answer) == {**ALL_RIGHT, (OLD, OLD_ADDRESS): ('right', 'zone_above')}
    assert answer['retirement']['state'] == 'draining'
    said = f'{OLD} ({OLD_ADDRESS}): right: {value(published)}; named by the zone above and not by the zone'
    assert said in told and said in published.ctl('show', DOMAIN).stdout
    checked = published.ctl('check', DOMAIN, status=None).stdout
    assert checked.count(f'{OLD} is named by the zone above and not by the zone') == 1


def test_the_zone_names_a_server_that_the_zone_above_does_not_know(published, world, old):
    give_zone(world, old, published.old, names=[NS1, NS2, OLD])
    old.start()
    world.put(DOMAIN, 'NS', *(f'{name}.' for name in (NS1, NS2, OLD)))
    world.serve()
    told, answer = look(published, status=1)
    assert servers(answer) == {**ALL_RIGHT, (OLD, OLD_ADDRESS): ('old_id', 'zone')}
    assert 'named by the zone and not by the zone above' in told
    assert f'{OLD} is named by the zone and not by the zone above' in published.ctl('check', DOMAIN, status=None).stdout


def test_the_glue_leads_to_an_old_machine(published, world, old):
    """The name of the server stayed, its address did not."""
    give_zone(world, old, published.old)
    old.start()
    world.put(NS1, 'A', OLD_ADDRESS, at=[PARENT], zone='test')
    world.serve()
    told, answer = look(published, status=1)
    assert servers(answer) == {**ALL_RIGHT, (NS1, OLD_ADDRESS): ('old_id', 'both')}


def test_a_server_of_the_zone_above_that_still_has_the_zone(published, world):
    """Senders get their answer from it, and never see the delegation."""
    give_zone(world, world.servers[PARENT], published.old)
    world.servers[PARENT].stop()
    world.servers[PARENT].start()
    told, answer = look(published, status=1)
    assert servers(answer)[PARENT, ADDRESSES[PARENT][0]][0] == 'old_id'


def test_a_delegation_to_a_server_that_knows_nothing_of_it(published, world):
    delegate(world, NS1, NS2, PROVIDER)
    world.serve()
    told, answer = look(published, status=1)
    assert answer['dns']['verdict'] == 'unreachable'
    print(answer)
    assert servers(answer)[PROVIDER, ADDRESSES[PROVIDER][0]] == ('unreachable', 'zone_above')
    assert f'{PROVIDER} ({ADDRESSES[PROVIDER][0]}): unreachable: ' in told


def test_a_server_that_has_no_address_of_the_old_kind(published, world):
    """Only IPv6, and only in the delegation."""
    world.namespace.add('fd00::31')
    server = Server(world.namespace, world.servers[NS1]._place.parent / 'six', ['fd00::31'])
    world.servers['ns.six.test'] = server
    world.put('ns.six.test', 'AAAA', 'fd00::31', at=[PARENT], zone='test')
    give_zone(world, server, published.old)
    server.start()
    delegate(world, NS1, NS2, 'ns.six.test')
    world.serve()
    told, answer = look(published, status=1)
    assert servers(answer)['ns.six.test', 'fd00::31'] == ('old_id', 'zone_above')


def test_a_zone_below_a_zone_that_has_moved(published, world, old):
    """example.test moved, and its old server delegates sub.example.test to where it was before."""
    deep = 'sub.' + DOMAIN
    published.domain(deep, mx=['mx.' + DOMAIN])
    published.certify(deep)
    published.reload()
    for server, names, text in [(world.servers[NS1], [NS2], None), (world.servers[NS2], [NS2], published.show(deep)['txt']['value']),
                                (world.servers[PROVIDER], [PROVIDER], 'v=STSv1; id=1;')]:
        delegation = [f'{deep}. {TTL} NS {name}.' for name in names]
        if text is not None:
            server.zones[deep] = {(deep, 'NS'): delegation,
                                  ('_mta-sts.' + deep, 'TXT'): [f'_mta-sts.{deep}. {TTL} TXT "{text}"']}
        if DOMAIN in server.zones:
            server.zones[DOMAIN][deep, 'NS'] = delegation
        server.stop()
        server.start()
    give_zone(world, old, published.old)
    old.zones[DOMAIN][deep, 'NS'] = [f'{deep}. {TTL} NS {PROVIDER}.']
    old.start()
    delegate(world, NS1, NS2, OLD)
    world.serve()
    done = published.ctl('--json', 'dns', deep, status=1)
    (answer,) = json.loads(done.stdout)['domains']
    assert servers(answer)[PROVIDER, ADDRESSES[PROVIDER][0]] == ('old_id', 'both')
