# SPDX-License-Identifier: ISC
"""A start that cannot use mta-stsd.conf goes on with the settings that were good last, and says so."""
import pytest

from client import policy
from host import Process, address

DOMAIN = 'example.test'
TEXT = policy('enforce', ['mail.' + DOMAIN], 604800)


@pytest.fixture
def settled(site):
    """A host that was started by systemd once, and stopped."""
    site.environment = {'STATE_DIRECTORY': str(site.state)}
    site.domain(DOMAIN)
    site.certify(DOMAIN)
    site.start(environment=site.environment)
    site.stop()
    return site


def start(host):
    """Whatever is at the place of the settings."""
    host.process = Process(host.command(), host.environment)
    host.process.wait_for_line('mta-stsd, ready')
    host.addresses = [address(text) for text in host.get('/v1/status')['listen']]


def missing(path):
    path.unlink()


def wrong(path):
    path.write_text(path.read_text() + 'max_log_lines = "many";\n')


def half(path):
    path.write_text('listen = [ "127.0.0.1:0"')


def directory(path):
    path.unlink()
    path.mkdir()


def dangling(path):
    path.unlink()
    path.symlink_to('/nonexistent/mta-stsd.conf')


@pytest.mark.parametrize('harm', [missing, wrong, half, directory, dangling])
def test_what_is_published_is_served_without_the_file(settled, harm):
    good = settled.conf.read_text()
    harm(settled.conf)
    start(settled)
    settled.serves(DOMAIN, TEXT)
    told = settled.ctl('status', status=None).stdout
    assert 'settings are those that were good last' in told and 'run: mta-stsctl reload' in told
    assert any('start, with the settings that were good last' in line for line in settled.process.lines)
    # Files of domains are read where the settings said that they are.
    settled.domain(DOMAIN, mode='testing')
    assert settled.ctl('reload', status=1) and settled.show(DOMAIN)['mode'] == 'testing'
    if settled.conf.is_dir():
        settled.conf.rmdir()
    settled.conf.unlink(missing_ok=True)
    settled.conf.write_text(good)
    settled.ctl('reload')
    assert 'good last' not in settled.ctl('status').stdout
    # What goes wrong later is another matter: those of the reload are in use.
    settled.conf.write_text('max_log_lines = "many";\n')
    settled.ctl('reload', status=1)
    assert 'good last' not in settled.ctl('status').stdout


def test_what_a_reload_changed_is_kept(settled):
    settled.start(environment=settled.environment)
    settled.configure(keep_mx=True)
    settled.ctl('reload')
    settled.stop()
    settled.conf.unlink()
    start(settled)
    settled.ctl('none', DOMAIN)
    assert 'mail.' + DOMAIN in settled.show(DOMAIN)['policy']


def test_what_is_wrong_at_a_reload_is_not_kept(settled):
    settled.start(environment=settled.environment)
    settled.configure(max_log_lines='many')
    settled.ctl('reload', status=1)
    settled.stop()
    start(settled)
    settled.serves(DOMAIN, TEXT)


KEPT = 'last-settings.conf'


def damaged(path):
    path.write_text('{{{')


def of_another_version(path):
    path.write_text(path.read_text() + 'of_tomorrow = true;\noperator_group = "gone";\n')


# Where nothing is left of either, port and socket are those of an installation: tests/boot has that.
@pytest.mark.parametrize('harm, harm_kept', [
    *[(harm, of_another_version) for harm in (missing, wrong, half, directory, dangling)],
    *[(wrong, harm) for harm in (missing, damaged, directory)]])
def test_where_neither_can_be_used_whole_what_is_left_of_them_serves_the_state(settled, harm, harm_kept):
    good = settled.conf.read_text()
    harm_kept(settled.state / KEPT)
    harm(settled.conf)
    start(settled)
    settled.serves(DOMAIN, TEXT)
    told = settled.ctl('status').stdout
    assert 'SETTINGS ARE DEFAULTS' in told and 'run: mta-stsctl reload' in told
    assert settled.show(DOMAIN)['standing'] == 'configured'

    if settled.conf.is_dir():
        settled.conf.rmdir()
    settled.conf.unlink(missing_ok=True)
    settled.conf.write_text(good)
    settled.ctl('reload')
    assert 'DEFAULTS' not in settled.ctl('status').stdout


@pytest.mark.parametrize('domains', [None, 'domains.d', 5])
def test_where_nothing_good_says_where_domain_files_are_none_is_read(settled, domains):
    good = settled.conf.read_text()
    (settled.state / KEPT).unlink()
    settled.domain(DOMAIN, mode='none')
    settled.configure(domains=domains, max_log_lines='many')
    start(settled)
    settled.serves(DOMAIN, TEXT)
    now = settled.show(DOMAIN)
    assert (now['mode'], now['standing'], now['orphaned']) == ('enforce', 'refused', False)
    assert 'no domain file is read' in settled.ctl('status').stdout
    assert 'write domains = ' in settled.ctl('reload', '--force', status=1).stdout
    assert settled.show(DOMAIN)['mode'] == 'enforce'
    assert 'correct the settings' in settled.ctl('forget', DOMAIN, '--force', '--yes', status=1).stderr

    settled.conf.write_text(good)
    settled.ctl('reload')
    assert settled.show(DOMAIN)['mode'] == 'none'


def test_what_can_be_used_of_listen_is_and_nothing_else(settled):
    (settled.state / KEPT).unlink()
    settled.configure(listen=['127.0.0.1:99999', '127.0.0.1:0'])
    start(settled)
    assert [host for host, _ in settled.addresses] == ['127.0.0.1']
    settled.serves(DOMAIN, TEXT)
    settled.stop()

    settled.configure(listen=['127.0.0.1:99999'])
    process = Process(settled.command(), settled.environment)
    assert process.wait() == 78
    assert 'listen, not known' in process.log


def test_another_path_that_is_wrong_does_not_start_what_is_kept(settled):
    settled.conf.unlink()
    process = Process(settled.command())
    assert process.wait() == 78
    assert str(settled.conf) in process.log and 'the path behind --config' in process.log


def test_without_a_state_there_is_nothing_to_go_on_with(site):
    site.conf.write_text('max_log_lines = "many";\n')
    process = Process(site.command(), {'STATE_DIRECTORY': str(site.state)})
    assert process.wait() == 78
    assert 'none that were good before can be used instead' in process.log
    assert not list(site.state.iterdir())
