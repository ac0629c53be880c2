# SPDX-License-Identifier: ISC
"""The administrator writes files, some of them wrong."""
import os
import re

import pytest

from client import policy

ENFORCE = policy('enforce', ['mail.example.test'])


def complaints(text, name):
    """The complaints about one file, of the output of --check or of mta-stsctl."""
    return [line for line in text.splitlines() if re.match(rf'\s*\S*/{re.escape(name)}:', line)]


def test_check_says_0_when_all_is_well(host):
    host.configure()
    host.domain('example.test')
    host.certify('example.test')
    done = host.check('--check')
    assert done.returncode == 0, done.stderr
    assert not host.socket.exists()


def test_check_names_everything_wrong_in_one_pass(host):
    host.configure()
    host.domain('good.test')
    host.certify('good.test')
    host.domain('mode.test', mode='enforced')
    host.file('syntax.test.conf', 'mode = "enforce";\nmax_age = ;\n')
    host.file('three.test.conf', 'mode = "enforce";\nmax_age = 99999999999;\nmx = [ "192.0.2.1", "a.*.test" ];\ncolour = 1;\n')
    host.domain('label.test', mx=['bücher.example'])
    host.file('raw.test.txt', 'version: STSv1\nmode: enforce\nnmx: mail.raw.test\nmax_age: 10x\n')
    done = host.check('--check')

    assert done.returncode == 78
    text = done.stdout + done.stderr
    assert 'enforce' in complaints(text, 'mode.test.conf')[0]
    assert ':2: ' in complaints(text, 'syntax.test.conf')[0]
    three = complaints(text, 'three.test.conf')
    assert len(three) == 4
    assert [any(f':{line}: ' in one for one in three) for line in (2, 3, 4)] == [True] * 3
    assert any('99999999999' in one for one in three)
    assert 'xn--bcher-kva.example' in complaints(text, 'label.test.conf')[0]
    assert any('10x' in one for one in complaints(text, 'raw.test.txt'))
    assert not complaints(text, 'good.test.conf')


def test_check_says_no_number_that_it_does_not_know(host):
    host.configure()
    host.domain('example.test')
    host.conf.write_text('workers = ;\n' + host.conf.read_text())
    done = host.check('--check')
    assert done.returncode == 78
    assert 'the rest was not checked' in complaints(done.stderr, 'mta-stsd.conf')[0]
    assert 'domains: ' not in done.stderr
    assert 'checked the settings alone, without domain files and certificates (errors: 1, warnings: 0)' in done.stderr

    host.configure(domains=str(host.place / 'gone'))
    done = host.check('--check')
    assert done.returncode == 78
    assert 'domains: ' not in done.stderr
    assert 'checked without the domain files, which cannot be read (errors: 1, ' in done.stderr


def test_check_by_an_ordinary_user_says_whose_eyes_it_has(host, needs_root, needs_tools):
    needs_tools('setpriv')
    host.prefix = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    host.configure()
    host.domain('example.test')
    host.certify('example.test')
    key = host.certs / 'mta-sts.example.test.key'
    key.chmod(0o600)
    done = host.check('--check')
    assert done.returncode == 78
    assert 'checking as nobody: what is said of reading is said of this user, and not of the service' in done.stderr
    assert 'may not be read (permission denied)' in done.stderr
    assert "read by the service's user" not in done.stderr
    (advice,) = complaints(done.stderr, 'example.test.conf')
    assert 'correct the rights to the files complained about; if none of them' in advice

    key.chmod(0o644)
    (advice,) = complaints(host.check('--check').stderr, 'example.test.conf')
    assert 'correct the rights to the files complained about; if none of them' in advice


def test_check_names_unknown_and_mistyped_settings(host):
    host.configure(lisen=['127.0.0.1:0'], workers='two', max_connections=0)
    done = host.check('--check')
    assert done.returncode == 78
    text = done.stdout + done.stderr
    for what in ('lisen', 'workers', 'max_connections'):
        assert any(what in line for line in complaints(text, 'mta-stsd.conf')), text


def test_a_daemon_without_readable_settings_does_not_start(host):
    host.conf.write_text('listen = [ ;\n')
    assert host.check().returncode == 78
    host.conf.unlink()
    done = host.check()
    assert done.returncode == 78
    assert str(host.conf) in done.stderr


@pytest.mark.parametrize('arguments', [['--what'], ['extra'], ['--config']])
def test_wrong_usage_is_64(host, arguments):
    host.configure()
    done = host.check(*arguments)
    assert done.returncode == 64
    assert done.stderr


def test_a_broken_file_keeps_the_last_revision(example):
    example.file('example.test.conf', 'mode = "enforced";\nmax_age = 604800;\nmx = [ "mail.example.test" ];\n')
    example.domain('other.test', mode='testing')
    done = example.ctl('reload', status=1)

    assert complaints(done.stdout + done.stderr, 'example.test.conf')
    example.serves('example.test', ENFORCE)
    assert example.show('example.test')['standing'] == 'refused'
    assert example.show('other.test')['mode'] == 'testing'
    status = example.get('/v1/status')
    assert status['domains']['refused'] == 1
    assert any(one['file'].endswith('/example.test.conf') and one['line'] == 1 for one in status['complaints'])


def test_a_broken_file_keeps_the_last_revision_over_a_restart(example):
    before = example.show('example.test')
    example.stop()
    example.file('example.test.conf', 'mode = ')
    example.start()
    example.serves('example.test', ENFORCE)
    assert example.show('example.test')['id'] == before['id']


def test_a_mended_file_is_published_again(example):
    example.file('example.test.conf', 'mode = ')
    example.ctl('reload', status=1)
    example.domain('example.test', max_age=86400)
    example.ctl('reload')
    example.serves('example.test', policy('enforce', ['mail.example.test'], 86400))
    assert example.show('example.test')['standing'] == 'configured'


def test_a_vanished_file_makes_an_orphan_that_is_served_on(example):
    (example.domains / 'example.test.conf').unlink()
    answer = example.reload()
    assert answer['orphaned'] == 1
    example.serves('example.test', ENFORCE)
    row = example.show('example.test')
    assert (row['standing'], row['file'], row['configured']) == ('orphaned', None, None)

    example.stop()
    example.start()
    example.serves('example.test', ENFORCE)
    assert example.show('example.test')['id'] == row['id']


def test_a_reload_that_would_orphan_most_domains_is_refused_unless_forced(host):
    names = [f'{number}.example.test' for number in range(30)]
    for name in names:
        host.domain(name)
    host.start()
    for path in host.domains.iterdir():
        path.unlink()
    host.domain('new.test')

    status, answer = host.api('POST', '/v1/reload', {})
    assert (status, answer['error']['code']) == (409, 'refused')
    assert host.api('GET', '/v1/domains/new.test')[0] == 404
    assert host.get('/v1/status')['domains']['orphaned'] == 0
    done = host.ctl('reload', status=1)
    assert 'force the reload' in done.stderr or '--force' in done.stderr

    host.ctl('reload', '--force')
    assert host.get('/v1/status')['domains']['orphaned'] == 30
    assert host.show('new.test')['mode'] == 'enforce'


def assert_held(host, name):
    """Whatever is asked, and however often: it is served, it is said, and the way out is named."""
    for _ in range(2):
        assert host.get('/v1/status')['domains']['orphaned'] == 0
        host.serves(name, policy('enforce', [f'mail.{name}']))
        told = host.ctl('status').stdout
        assert 'too many domains have lost theirs' in told and '12 of 12, such as' in told
        assert 'mta-stsctl reload --force' in told and 'NOT LOADED SINCE THE START' in told
        assert 'nobody knows whether a file names it' in host.ctl('forget', name, '--force', '--yes', status=1).stderr
        assert 'mta-stsctl reload --force' in host.ctl('reload', status=1).stderr
        assert host.get('/v1/status')['files_held'] and 'next: mount the directory' in told
        assert 'correct the files complained about' not in told
        for named in (host.ctl('list').stdout, host.ctl('show', name).stdout):
            assert 'not loaded, since too many domains have lost theirs' in named


def test_a_directory_that_is_not_mounted_is_no_order_at_any_start_or_reload_until_it_is_answered(host):
    names = [f'{number}.example.test' for number in range(12)]
    for name in names:
        host.domain(name)
    host.certify(*names)
    host.start()
    ids = {name: host.show(name)['id'] for name in names}
    mounted = host.place / 'mounted'
    host.domains.rename(mounted)
    host.domains.mkdir()
    host.ctl('none', names[2])
    assert '11 of 11, such as 0.example.test' in host.ctl('reload', status=1).stderr
    told = host.ctl('list').stdout
    assert ' configured' in told and 'STANDING may be out of date:\nsee mta-stsctl status' in told
    host.ctl('reset', names[2])
    host.ctl('none', names[2])
    host.stop()
    host.start()
    assert 'too many domains have lost theirs' in host.ctl('reset', names[2], status=1).stderr
    host.stop()
    mounted.rename(host.domains)
    host.start()
    host.ctl('reset', names[2])
    assert 'lost' not in host.ctl('list').stdout + host.ctl('show', names[2]).stdout
    ids = {name: host.show(name)['id'] for name in names}
    host.domains.rename(mounted)
    host.domains.mkdir()
    assert '12 of 12, such as 0.example.test' in host.ctl('reload', status=1).stderr
    host.stop()
    host.start()
    assert_held(host, names[0])
    host.process.popen.kill()
    host.process.wait()
    host.start()
    assert_held(host, names[1])
    host.ctl('none', names[2])
    host.ctl('undo')

    host.domains.rmdir()
    mounted.rename(host.domains)
    host.ctl('reload')
    assert {name: host.show(name)['standing'] for name in names} == dict.fromkeys(names, 'configured')
    assert {name: host.show(name)['id'] for name in names if name != names[2]} == \
        {name: id for name, id in ids.items() if name != names[2]}


def a_file(path):
    path.write_text('')


def a_dangling_link(path):
    path.symlink_to('/nonexistent/domains.d')


def a_loop(path):
    path.symlink_to(path)


@pytest.mark.parametrize('make', [None, a_file, a_dangling_link, a_loop])
def test_a_start_whose_directory_cannot_be_read_serves_what_is_stored_and_says_so(example, make):
    example.ctl('none', 'example.test')
    example.ctl('undo')
    before = example.show('example.test')
    example.stop()
    elsewhere = example.place / 'elsewhere'
    example.domains.rename(elsewhere)
    if make:
        make(example.domains)
    example.start()
    example.serves('example.test', ENFORCE)
    now = example.show('example.test')
    assert (now['id'], now['standing'], now['orphaned']) == (before['id'], 'refused', False)
    told = example.ctl('status').stdout
    assert f'{example.domains}: ' in told and '0 orphaned, 1 refused' in told
    assert 'correct the files complained about, then run: mta-stsctl reload' in told
    assert 'nobody knows whether a file names it' in example.ctl(
        'forget', 'example.test', '--force', '--yes', status=1).stderr

    if make:
        example.domains.unlink()
    elsewhere.rename(example.domains)
    example.ctl('reload')
    assert example.show('example.test')['standing'] == 'configured'
    assert str(example.domains) not in example.ctl('status').stdout


def test_many_small_losses_are_one_great_one(host):
    names = [f'{number}.example.test' for number in range(30)]
    for name in names:
        host.domain(name)
    host.start()
    for name in names[:10]:
        (host.domains / f'{name}.conf').unlink()
        host.reload()
    host.stop()
    host.start()
    (host.domains / f'{names[10]}.conf').unlink()
    assert '11 of 30, such as 0.example.test' in host.ctl('reload', status=1).stderr
    host.ctl('reload', '--force')
    host.stop()
    host.start()
    assert 'lost' not in host.ctl('status').stdout
    host.reload()


def test_an_unmounted_directory_is_no_order(example):
    example.domains.rename(example.place / 'elsewhere')
    example.ctl('reload', status=1)
    example.serves('example.test', ENFORCE)


def test_files_that_cannot_be_read_harm_no_other(host):
    host.domain('example.test')
    host.certify('example.test')
    os.mkfifo(host.domains / 'fifo.test.conf')
    (host.domains / 'dangling.test.conf').symlink_to('/nowhere/at/all')
    (host.domains / 'directory.test.conf').mkdir()
    host.file('oversized.test.txt', 'version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n' + 'x: y\r\n' * 200000)
    host.file('include.test.conf', '@include "/etc/hostname"\n')
    host.configure()
    done = host.check('--check')
    assert done.returncode == 78
    for name in ('fifo', 'dangling', 'directory', 'oversized', 'include'):
        ending = 'txt' if name == 'oversized' else 'conf'
        assert complaints(done.stdout + done.stderr, f'{name}.test.{ending}'), name

    host.start()
    host.serves('example.test', ENFORCE)


def test_a_domain_named_twice_is_complained_about_with_both_places(host):
    host.configure()
    host.certify('example.test', 'other.test')
    host.domain('example.test')
    host.file('customers.conf', 'mode = "none";\nmax_age = 86400;\ndomains = [\n"other.test",\n"Example.Test."\n];\n')
    done = host.check('--check')
    assert done.returncode == 78
    for name in ('customers.conf', 'example.test.conf'):
        (line,) = complaints(done.stderr, name)
        assert '/customers.conf:5' in line and '/example.test.conf' in line


def test_every_form_of_a_domain_file_is_served(host):
    host.file('shared.conf', 'mode = "enforce"; max_age = 604800;\nmx = [ "*.mx.provider.test" ];\n'
                             'domains = [ "a.test", "B.Test.", "bücher.test" ];\n')
    host.file('list.conf', 'domains = ( { domain = "c.test"; mode = "none"; max_age = 86400; },\n'
                           '{ domain = "d.test"; mode = "testing"; max_age = 1; mx = [ "mail.d.test" ]; } );\n')
    host.file('named.conf', 'domain = "e.test"; mode = "testing"; max_age = 2; mx = [ "mail.e.test" ];\n')
    host.file('f.test.txt', 'max_age: 31557600\nmx: mail.f.test\nmx:  *.f.test \nmode: enforce\nversion: STSv1\n'
                            'mode: none\nnote: kept out\n')
    want = {name: policy('enforce', ['*.mx.provider.test']) for name in ('a.test', 'b.test', 'xn--bcher-kva.test')}
    want.update({'c.test': policy('none', (), 86400), 'd.test': policy('testing', ['mail.d.test'], 1),
                 'e.test': policy('testing', ['mail.e.test'], 2),
                 'f.test': policy('enforce', ['mail.f.test', '*.f.test'], 31557600)})
    host.certify(*want)
    host.start()
    assert [row['domain'] for row in host.get('/v1/domains')['domains']] == sorted(want)
    for name, text in want.items():
        host.serves(name, text)


def test_the_operators_own_id_is_honoured_and_guarded(host):
    host.domain('example.test', id='First1')
    host.certify('example.test')
    host.start()
    assert host.show('example.test')['id'] == 'First1'

    host.domain('example.test', id='First1', max_age=86400)
    host.ctl('reload', status=1)
    host.serves('example.test', ENFORCE)

    host.domain('example.test', id='Second2', max_age=86400)
    host.ctl('reload')
    host.serves('example.test', policy('enforce', ['mail.example.test'], 86400))
    assert host.show('example.test')['id'] == 'Second2'


def test_a_list_that_is_cut_says_how_many_more_there_are(host):
    host.configure()
    for number in range(13):
        host.domain(f'd{number:02}.test')
    done = host.check('--check')
    assert done.returncode == 0
    assert done.stderr.count('domain has no certificate for its policy host') == 10
    assert 'more domains have no certificate for their policy hosts (3)' in done.stderr


def test_a_start_that_fails_says_why_once(host):
    host.configure(control='/nowhere/control.sock')
    done = host.check()
    lines = done.stderr.splitlines()
    assert done.returncode != 0
    assert [line for line in lines if '/nowhere/control.sock' in line] == [lines[-2]]
    assert lines[-1] == 'mta-stsd, not started (sockets: the line before says why)'
