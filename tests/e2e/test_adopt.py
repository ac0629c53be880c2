# SPDX-License-Identifier: ISC
"""Domains move in from another web server: the same policy goes on under the same id."""
import json
import os
import re
import threading

import pytest

from client import policy
from dns_world import NS2
from imposter import ELSEWHERE, Imposter, http

pytestmark = pytest.mark.once

A, B, C, D = 'customer.test', 'example.test', 'many.test', 'new.provider.test'
RECORD = 'record.provider.test'
# A build that is slow by itself, as for the sanitizers, moves fewer.
MANY = [f'd{number}.many.test' for number in range(200 if float(os.environ.get('E2E_SCALE', '1')) >= 1 else 60)]


def answer(text, status='200 OK', kind='text/plain', **more):
    return http(status, f'Content-Type: {kind}', *(f'{name}: {value}' for name, value in more.items()), body=text)


@pytest.fixture
def old(site, world, place):
    """A host without domains, and the one that has them until now; what it serves can be changed."""
    site.start()
    served = {domain: answer(policy('enforce', ['mx.' + domain], 1209600)) for domain in (A, B, C, D)}

    def serve(request):
        name = re.search(rb'(?im)^host: mta-sts\.(.*?)\r', request)
        return served[name[1].decode()]

    names = ['mta-sts.' + domain for domain in [*served, *MANY]]
    other = Imposter(world, place, site.authority.issue(*names, days=90), serve)
    for domain in served:
        world.address('mta-sts.' + domain, ELSEWHERE)
        world.txt(domain, 'v=STSv1; id=old;')
        world.mail(domain)
    yield served
    other.close()


def adopt(host, *arguments, status=0):
    return host.ctl('adopt', *arguments, '--ca', host.authority.file, status=status).stdout


def look(host, *domains, status=0):
    reply = json.loads(host.ctl('--json', 'dns', *domains, status=status).stdout)
    return {one['domain']: one for one in reply['domains']}


def into(host):
    return ['--into', host.domains]


def test_without_a_directory_it_only_looks(site, old):
    told = adopt(site, A, B)
    assert re.search(rf'^{A} +old +enforce +1209600$', told, re.M) and 'nothing was changed: --into' in told
    told = adopt(site, A, *into(site), '--dry-run')
    assert 'dry run: nothing was changed; 1 domain can be adopted' in told
    assert json.loads(site.ctl('--json', 'list').stdout)['domains'] == [] and not list(site.domains.iterdir())


def test_the_same_policy_goes_on_under_the_same_id(site, old, world, clock):
    assert '2 domains adopted' in adopt(site, A, B, *into(site))
    for _ in range(2):
        assert site.show(A)['id'] == 'old' and site.show(A)['revisions_total'] == 1
        assert {one['dns']['verdict'] for one in look(site, A, B).values()} == {'right'}
        told = site.ctl('reload').stdout
        assert 'published anew' not in told
    assert site.show(A)['standing'] == 'configured' and site.show(A)['policy'].encode() == policy(
        'enforce', ['mx.' + A], 1209600)
    assert '1 domain adopted' in adopt(site, A, *into(site))  # again
    site.ctl('none', A)
    world.txt(A, site.show(A)['txt']['value'])
    held = look(site, A)[A]['retirement']['held']
    assert (held['id'], held['max_age'], held['foreign']) == ('old', 1209600, False)
    clock.move(days=13)
    assert look(site, A)[A]['retirement']['state'] == 'draining'
    clock.move(days=2)
    assert look(site, A)[A]['retirement']['state'] == 'safe'


def test_a_look_before_it_does_no_harm(site, old, world):
    site.file(f'{A}.txt', policy('enforce', ['mx.' + A], 1209600).decode())
    site.ctl('reload')
    assert site.show(A)['id'] != 'old' and look(site, A, status=1)[A]['dns']['verdict'] == 'old_id'
    assert f'mta-stsctl adopt {A}' in site.ctl('dns', A, status=1).stdout
    told = adopt(site, A, *into(site))
    assert '1 domain adopted' in told and site.show(A)['id'] == 'old'
    assert 'adopt' not in site.ctl('dns', A).stdout
    assert look(site, A)[A]['dns']['verdict'] == 'right'
    site.ctl('none', A)
    world.txt(A, site.show(A)['txt']['value'])
    assert look(site, A)[A]['retirement']['held']['foreign'] is False
    world.txt(A, 'v=STSv1; id=strange;')
    assert f'unless mta-stsctl adopt {A} finds what another host served' in site.ctl('dns', A, status=1).stdout


def test_what_senders_hold_of_the_host_before_is_waited_for_and_no_longer(site, old, world, clock):
    site.domain(A, mx=['new.' + A], max_age=86400)
    site.certify(A, days=800)
    site.ctl('reload')
    world.txt(A, 'v=STSv1; id=old;')
    site.ctl('dns', A, status=1)  # a year by now
    world.txt(A, site.show(A)['txt']['value'])
    site.ctl('dns', A)
    site.ctl('none', A)
    told = adopt(site, A, '--id', 'old', *into(site))
    assert 'this host publishes another policy than that one' in told and not (site.domains / f'{A}.txt').exists()
    world.txt(A, site.show(A)['txt']['value'])
    seen = look(site, A)[A]['retirement']
    assert seen['held'] == {'id': 'old', 'mode': 'enforce', 'max_age': 1209600, 'last_served_at': None,
                            'foreign': False, 'elsewhere': True, 'unknown_before': False}
    assert seen['safe_at'] == clock.text(seconds=300 + 1209600 + 3600)
    assert '(enforce, 14 days, of a host before this one)' in site.ctl('show', A).stdout
    assert 'the enforce policy of a host before this one' in site.ctl('show', A).stdout


BROKEN = [
    (answer(b'', '301 Moved', Location='https://www.example.test/'), 'a redirect'),
    (answer(b'<html><body>hello</body></html>', kind='text/html'), 'line is not'),
    (answer(b'version: STSv1\nmode: enforced\nmax_age: 86400\nmx: mx.test\n'), 'mode is unknown'),
    (answer(b'', '404 Not Found'), 'status 404 instead of a policy'),
]


@pytest.mark.parametrize('served, what', BROKEN, ids=['redirect', 'html', 'mode', '404'])
def test_what_is_broken_is_listed_and_the_others_go_on(site, old, served, what):
    old[A] = served
    told = adopt(site, A, B, *into(site), status=1)
    assert what in told and '1 domain adopted' in told, told
    assert site.show(B)['id'] == 'old' and not (site.domains / f'{A}.txt').exists()
    assert [one['domain'] for one in json.loads(site.ctl('--json', 'list').stdout)['domains']] == [B]


@pytest.mark.parametrize('texts, what', [((), 'no TXT record'), (('v=STSv1; id=1;', 'v=STSv1; id=2;'), 'two records'),
                                         (('v=STSv1 id=1',), 'a malformed TXT record')], ids=['none', 'two', 'bad'])
def test_a_record_that_senders_do_not_take(site, old, world, texts, what):
    world.txt(A, *texts)
    assert what in adopt(site, A, *into(site), status=1)
    assert '1 domain adopted' in adopt(site, A, '--id', '7', *into(site)) and site.show(A)['id'] == '7'


def test_a_name_server_that_nobody_heard_is_not_passed_over(site, old, world):
    for zone in ('test', B):
        world.address(NS2, '2001:db8::12', zone=zone)
    world.serve()
    told = adopt(site, B, *into(site), status=1)
    assert f'{NS2} cannot be reached from here' in told
    assert '1 domain adopted' in adopt(site, B, '--id', 'old', *into(site))


def test_domains_behind_one_record_move_in_one_by_one(site, old, world, clock):
    world.put(RECORD, 'TXT', '"v=STSv1; id=shared;"')
    for domain in (A, B, C):
        world.put('_mta-sts.' + domain, 'TXT')
        world.put('_mta-sts.' + domain, 'CNAME', RECORD + '.')
    world.serve()
    for domain in (A, B, C):
        adopt(site, domain, *into(site))
        clock.move(hours=1)
    site.ctl('reload')
    seen = look(site, A, B, C)
    assert {one['dns']['verdict'] for one in seen.values()} == {'right'}
    assert {one['id'] for one in seen.values()} == {'shared'} and seen[A]['record_domains'] == 3
    site.ctl('none', B)
    seen = look(site, A, B, C, status=1)
    assert [seen[domain]['dns']['verdict'] for domain in (A, B, C)] == ['right', 'old_id', 'right']
    # Of one that was not adopted nobody knows what senders hold under the id that it shares.
    site.domain(D)
    site.ctl('reload')
    world.put('_mta-sts.' + D, 'TXT')
    world.put('_mta-sts.' + D, 'CNAME', RECORD + '.')
    world.serve()
    assert look(site, D, status=1)[D]['dns']['verdict'] == 'old_id'


def test_the_operators_word_and_another_address(site, old, world, place):
    world.address('mta-sts.' + A, '127.0.0.9')
    world.serve()
    told = adopt(site, A, status=1)
    assert 'no connection' in told and '--policy and --id' in told
    assert re.search(rf'^{A} +old +enforce', adopt(site, A, '--from', ELSEWHERE), re.M)
    assert re.search(rf'^{A} +old +enforce', adopt(site, A, '--from', ELSEWHERE + ':443'), re.M)
    file = place / 'policy.txt'
    file.write_bytes(policy('testing', ['mx.' + A], 86400))
    adopt(site, A, '--policy', file, '--id', 'v7', *into(site))
    assert (site.show(A)['id'], site.show(A)['mode']) == ('v7', 'testing')
    site.ctl('adopt', A, B, '--id', 'v8', status=2)
    run = site.ctl('adopt', A, '--policy', file, '--from', ELSEWHERE, status=2)
    assert '--from, --policy and --files exclude each other' in run.stderr


def test_the_files_of_a_web_root(site, old, world, place):
    def put(path, *mx):
        file = place / 'www' / path / '.well-known' / 'mta-sts.txt'
        file.parent.mkdir(parents=True)
        file.write_bytes(policy('enforce', mx, 86400))

    put(f'mta-sts.{A}', 'mx.' + A)
    put(f'vhosts/{B}/httpdocs', 'mx.' + B)
    put('default', 'mx.test')
    pattern = place / 'www' / '*' / '.well-known' / 'mta-sts.txt'
    run = site.ctl('adopt', '--files', pattern, *into(site), status=1)
    assert 'default/.well-known/mta-sts.txt\' is left out: no directory' in run.stderr
    assert '1 domain adopted' in run.stdout and site.show(A)['id'] == 'old'
    assert site.show(A)['policy'].encode() == policy('enforce', ['mx.' + A], 86400)
    run = site.ctl('adopt', '--files', place / 'www' / 'vhosts' / '*' / '*' / '.well-known' / 'mta-sts.txt')
    assert re.search(rf'^{B} +old +enforce', run.stdout, re.M)
    assert 'two files' not in run.stderr
    (place / 'www' / 'twin').mkdir()
    put(f'twin/{C}', 'mx.' + C)
    put(f'twin/mta-sts.{C}', 'mx.' + C)
    run = site.ctl('adopt', '--files', place / 'www' / 'twin' / '*' / '.well-known' / 'mta-sts.txt', status=1)
    assert f'{C} is left out: there are two files of it' in run.stderr
    site.ctl('adopt', A, '--files', pattern, status=2)
    assert 'matches no file' in site.ctl('adopt', '--files', place / 'nothing*', status=1).stderr


def test_a_file_in_the_way_is_not_lost(site, old):
    site.file(f'{A}.txt', 'version: STSv1\nmode: none\nmax_age: 86400\n')
    told = adopt(site, A, *into(site), status=1)
    assert 'is there already and says something else' in told
    # What was published here while the old id was in DNS may be held under it.
    site.ctl('reload')
    (site.domains / f'{A}.txt').unlink()
    for _ in range(2):
        told = adopt(site, A, B, *into(site))
        assert 'this host publishes another policy than that one' in told and '1 domain adopted' in told
        assert '1 domain: noted what senders may hold of the host before' in told and site.show(A)['id'] != 'old'
        site.file(f'{A}.txt', policy('enforce', ['mx.' + A], 1209600).decode())
        site.ctl('reload')


def test_many_at_once_keep_their_own_files(site, old):
    started = [site.spawn_ctl('adopt', domain, *into(site), '--ca', site.authority.file) for domain in (A, B, C, D) * 3]
    for process in started:
        assert process.wait() == 0, process.log
    for domain in (A, B, C, D):
        assert (site.domains / f'{domain}.txt').read_bytes() == policy('enforce', ['mx.' + domain], 1209600)
        assert (site.domains / f'{domain}.txt').stat().st_mode & 0o777 == 0o644
    assert len(list(site.domains.iterdir())) == 4


def test_files_that_cannot_be_written_are_no_quiet_half(site, old):
    run = site.ctl('adopt', A, '--into', site.domains / 'nothing', '--ca', site.authority.file, status=3)
    assert 'the domain is adopted and served' in run.stderr and site.show(A)['id'] == 'old'
    assert '1 domain adopted' in adopt(site, A, *into(site)) and (site.domains / f'{A}.txt').exists()


def test_ids_of_a_record_that_came_with_others(site, old, world, clock):
    """Two that were adopted under ids of their own, and one under an id that this host gave out."""
    world.txt(B, 'v=STSv1; id=other;')
    adopt(site, A, B, *into(site))
    site.ctl('reload')
    for domain in (A, B):
        world.put('_mta-sts.' + domain, 'TXT')
        world.put('_mta-sts.' + domain, 'CNAME', RECORD + '.')
    world.put(RECORD, 'TXT', '"v=STSv1; id=old;"')
    world.serve()
    assert look(site, A)[A]['dns']['verdict'] == 'right'
    look(site, B, status=1)
    new = site.show(A)['id']
    assert new not in ('old', 'other') and site.show(B)['id'] == new and new in site.show(B)['right_ids']
    world.put(RECORD, 'TXT', f'"v=STSv1; id={new};"')
    for domain in (C, D):
        world.put('_mta-sts.' + domain, 'TXT')
        world.put('_mta-sts.' + domain, 'CNAME', RECORD + '.')
    world.serve()
    clock.move(hours=1)
    adopt(site, A, B, C, D, *into(site))
    site.ctl('reload')
    seen = look(site, A, B, C, D)
    assert {(one['dns']['verdict'], one['id']) for one in seen.values()} == {('right', new)}
    assert site.show(A)['revisions_total'] == 1


def test_an_mx_that_the_policy_does_not_cover_is_said(site, old, world):
    world.mail(A, 'other.example.test')
    told = adopt(site, A)
    assert 'other.example.test' in told and 'senders refuse to deliver there already' in told


def test_two_hundred_domains_move_and_nobody_notices(site, old, world, place, clock):
    """Whoever asks the new host at any moment gets what the old one serves, under the id that is in DNS."""
    shared, broken = set(MANY[::4]), MANY[1::20]
    site.certify(*MANY)
    for number, domain in enumerate(MANY):
        kind = number % 3
        old[domain] = answer(policy(['enforce', 'testing', 'none'][kind], ['mx.many.test'] if kind < 2 else [], 86400 * 20))
        if domain in broken:
            old[domain] = BROKEN[number % len(BROKEN)][0]
        world.address('mta-sts.' + domain, ELSEWHERE)
        world.put(domain, 'MX', '10 mx.many.test.')
        world.put('_mta-sts.' + domain, *(['CNAME', RECORD + '.'] if domain in shared else
                                          ['TXT', f'"v=STSv1; id=old{number};"']))
    world.put(RECORD, 'TXT', '"v=STSv1; id=shared;"')
    world.serve()
    (place / 'list').write_text('\n'.join(MANY))
    seen, served, over = [], set(), threading.Event()

    def send():
        while not over.is_set():
            for domain in MANY[::7]:
                try:
                    got = site.fetch(domain)
                except OSError:  # it is not here yet, and its certificate is not offered
                    seen.append('refused')
                    continue
                right = got.body in old[domain] if got.status == 200 else got.status == 404 and domain not in served
                seen.append(got.status if right else (domain, got.status, got.body))
                if got.status == 200:
                    served.add(domain)  # and stays so

    sender = threading.Thread(target=send)
    sender.start()
    told = adopt(site, '--file', place / 'list', *into(site), status=1)
    site.ctl('reload')
    over.set()
    sender.join()
    assert set(seen) <= {200, 404, 'refused'} and 200 in seen
    assert f'{len(MANY) - len(broken)} domains adopted' in told and told.count('NOT POSSIBLE') == len(broken)
    good = [domain for domain in MANY if domain not in broken]
    rows = {row['domain']: row for row in json.loads(site.ctl('--json', 'list').stdout)['domains']}
    assert sorted(rows) == sorted(good) and {row['standing'] for row in rows.values()} == {'configured'}
    assert all(row['id'] == ('shared' if row['domain'] in shared else 'old' + row['domain'][1:].split('.')[0])
               for row in rows.values())
    assert {one['dns']['verdict'] for one in look(site, *good).values()} == {'right'}
    assert site.show(good[0])['record_domains'] == len(shared - set(broken))
    site.ctl('none', good[0])
    world.put(RECORD, 'TXT', f'"v=STSv1; id={site.show(good[0])["id"]};"')
    world.serve()
    assert {one['dns']['verdict'] for one in look(site, *good).values()} == {'right'}
    for days, state in (15, 'draining'), (6, 'safe'):
        clock.move(days=days)
        assert look(site, good[0])[good[0]]['retirement']['state'] == state
