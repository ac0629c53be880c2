# SPDX-License-Identifier: ISC
"""A real Prometheus reads the metrics socket, and the alert rules and the dashboard fit what it reads."""
import contextlib
import http.client
import json
import pathlib
import re
import socket
import subprocess
import urllib.request

import pytest

from host import Process
from wait import DEADLINE, until

pytestmark = pytest.mark.once

TOP = pathlib.Path(__file__).parents[2]
MONITORING = TOP / 'monitoring'
RULES = MONITORING / 'mta-stsd.rules.yml'
DASHBOARD = MONITORING / 'grafana-dashboard.json'
CONFIGURATION = MONITORING / 'prometheus.yml'
EXAMPLE_TARGET = '127.0.0.1:9718'
EXPIRY = ['MtaStsdCertificateExpiresUrgently']
JUMPED = 'MtaStsdClockJumped'  # for an hour
PLACES = 8  # of the metrics socket


@contextlib.contextmanager
def passed_sockets(host, address=('127.0.0.1', 0)):
    """The sockets that systemd passes, and where the metrics are."""
    with socket.create_server(address) as metrics, socket.create_server(('127.0.0.1', 0)) as https:
        yield [('https', https), ('metrics', metrics)], '%s:%d' % metrics.getsockname()


@pytest.fixture
def scraped(host):
    """A host with one domain, with a metrics socket at host.metrics."""
    host.domain('example.test')
    host.certify('example.test')
    with passed_sockets(host) as (sockets, host.metrics):
        yield host.start_activated(sockets)
        host.clean_up()


def ask(address, path='/metrics', method='GET', body=None):
    connection = http.client.HTTPConnection(address, timeout=DEADLINE)
    with contextlib.closing(connection):
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.getheader('Content-Type'), answer.read().decode()


class Prometheus:
    """Debian's, on a port and in a directory of its own, with the example's configuration and rules."""

    def __init__(self, place, target):
        with socket.create_server(('127.0.0.1', 0)) as sock:
            self.address = '127.0.0.1:%d' % sock.getsockname()[1]
        place.mkdir()
        configuration = CONFIGURATION.read_text(encoding='ascii')
        assert EXAMPLE_TARGET in configuration
        # The rules as they are, but that nobody waits: a condition counts as soon as it is there.
        rules, count = re.subn(r'^( +for): \w+$', r'\1: 0s', RULES.read_text(encoding='ascii'), flags=re.M)
        assert count == rules.count('alert:')
        (place / RULES.name).write_text(rules)
        (place / 'prometheus.yml').write_text(
            'global: { scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms }\n'
            + configuration.replace(EXAMPLE_TARGET, target))
        self.process = Process(['prometheus', f'--config.file={place}/prometheus.yml', '--log.level=warn',
                                f'--storage.tsdb.path={place}/data', f'--web.listen-address={self.address}'])

    def get(self, path):
        assert self.process.runs, self.process.log
        try:
            with urllib.request.urlopen(f'http://{self.address}/api/v1/{path}', timeout=DEADLINE) as answer:
                return json.load(answer)['data']
        except OSError:  # it is not up yet
            return None

    def alerts(self):
        """Those that fire, by name."""
        data = self.get('alerts') or {'alerts': []}
        return {alert['labels']['alertname']: alert for alert in data['alerts'] if alert['state'] == 'firing'}

    def wait_for_alerts(self, *names):
        """Wait until these fire and no others."""
        return until(lambda: (alerts := self.alerts()).keys() == set(names) and [alerts],
                     lambda: (names, self.alerts()))[0]

    def wait_for_scrape(self):
        until(lambda: (self.get('query?query=mta_stsd_build_info') or {}).get('result'), lambda: self.process.log)


@pytest.fixture
def prometheus(place, needs_tools):
    needs_tools('prometheus')
    started = []

    def start(target):
        started.append(Prometheus(place / 'prometheus', target))
        return started[0]
    yield start
    for one in started:
        one.process.kill()


def test_a_prometheus_fires_the_alerts_of_expiry_and_of_a_failed_reload_and_takes_them_back(host, clock, prometheus):
    host.prefix = clock.enter
    for i in range(12):
        host.domain(f'd{i}.test')
    host.domain('example.test')
    host.certify('example.test', *(f'd{i}.test' for i in range(12)), days=7)
    with passed_sockets(host) as (sockets, target):
        host.start_activated(sockets)
        watcher = prometheus(target)
        watcher.wait_for_scrape()
        watcher.wait_for_alerts()

        clock.move(days=3)
        alert = watcher.wait_for_alerts(*EXPIRY, JUMPED)[EXPIRY[0]]
        assert alert['labels']['severity'] == 'critical'
        assert alert['annotations']['summary'] == f'1 certificates of mta-stsd on {target} expire within three days'
        assert 'mta-stsctl cert' in alert['annotations']['description']

        away = host.place / 'away'
        host.domains.rename(away)
        host.domains.mkdir()
        host.ctl('reload', status=1)
        fired = watcher.wait_for_alerts(*EXPIRY, JUMPED, 'MtaStsdReloadFailed', 'MtaStsdComplaints')
        assert target in fired['MtaStsdReloadFailed']['annotations']['summary']

        host.domains.rmdir()
        away.rename(host.domains)
        host.certify('example.test', *(f'd{i}.test' for i in range(12)), days=30)
        host.ctl('reload')
        watcher.wait_for_alerts(JUMPED)
        host.stop()


def test_the_rules_do_what_they_say(needs_tools):
    needs_tools('promtool')
    for arguments in (['check', 'rules', RULES], ['check', 'config', CONFIGURATION],
                      ['test', 'rules', TOP / 'tests' / 'data' / 'alerts.yml']):
        done = subprocess.run(['promtool', *map(str, arguments)], stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=DEADLINE, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_says_what_to_do_and_is_tested():
    rules = RULES.read_text(encoding='ascii').split('- alert: ')[1:]
    tested = (TOP / 'tests' / 'data' / 'alerts.yml').read_text(encoding='ascii')
    for rule in rules:
        name = rule.splitlines()[0]
        assert f'alertname="{name}"' in tested
        assert re.search(r'^ +severity: (warning|critical)$', rule, re.M), name
        assert re.search(r'^ +summary: .*\{\{ \$labels\.instance \}\}', rule, re.M), name
        assert re.search(r'^ +description: >-\n.*`(mta-stsctl|journalctl|systemctl) ', rule, re.M | re.S), name


def selectors(text):
    """Each metric named in a text, with the values of its labels that have to be there."""
    for name, labels in re.findall(r'\b((?:mta_stsd|process)_[a-z_]+)(?:{(.*?)})?', text):
        wanted = re.findall(r'(\w+)=~?"([\w|]+)"', labels)
        yield name, [(label, value) for label, values in wanted if label not in ('instance', 'job')
                     for value in values.split('|')]


@pytest.mark.parametrize('file', [RULES, DASHBOARD, TOP / 'tests' / 'data' / 'alerts.yml'], ids=lambda path: path.name)
def test_each_number_that_is_named_exists(scraped, file):
    scraped.configure(metrics_domains=True)
    scraped.reload()
    scraped.must('POST', '/v1/certificates/orders', {'round': {}, 'orders': []})
    page = ask(scraped.metrics)[2]
    text = file.read_text(encoding='ascii').replace('\\"', '"')
    named = list(selectors(text))
    assert len(named) >= 8
    for name, labels in named:
        samples = re.findall(rf'^{name}(?:{{(.*)}})? ', page, re.M)
        assert samples, name
        for label, value in labels:
            assert any(f'{label}="{value}"' in sample for sample in samples), (name, label, value)


def test_the_dashboard_can_be_imported():
    dashboard = json.loads(DASHBOARD.read_text(encoding='ascii'))
    variables = {variable['name']: variable['type'] for variable in dashboard['templating']['list']}
    assert variables == {'datasource': 'datasource', 'instance': 'query'}
    panels = dashboard['panels']
    assert len({panel['id'] for panel in panels}) == len(panels) > 20
    taken = set()
    for panel in panels:
        place = panel['gridPos']
        cells = {(place['x'] + x, place['y'] + y) for x in range(place['w']) for y in range(place['h'])}
        assert not cells & taken and place['x'] + place['w'] <= 24, panel['title']
        taken |= cells
        for target in panel.get('targets', []):
            assert target['datasource'] == {'type': 'prometheus', 'uid': '${datasource}'}
            assert 'instance=~"$instance"' in target['expr'], target
        assert panel['type'] == 'row' or panel['targets'] and panel['description'], panel['title']


def test_the_dashboards_questions_are_understood(scraped, prometheus):
    scraped.configure(metrics_domains=True)
    scraped.reload()
    watcher = prometheus(scraped.metrics)
    watcher.wait_for_scrape()
    dashboard = json.loads(DASHBOARD.read_text(encoding='ascii'))
    for panel in dashboard['panels']:
        for target in panel.get('targets', []):
            query = target['expr'].replace('$instance', '.*').replace('$__rate_interval', '1m')
            # Prometheus answers 400 to what it cannot read.
            assert watcher.get('query?query=' + urllib.request.quote(query)) is not None, query


def test_the_metrics_socket_has_the_metrics_and_nothing_else(scraped):
    status, kind, page = ask(scraped.metrics)
    assert (status, kind) == (200, 'text/plain; version=0.0.4; charset=utf-8')
    assert 'mta_stsd_domains{mode="enforce"} 1\n' in page
    for path, method, expected in (('/', 'GET', 404), ('/v1/status', 'GET', 404), ('/metrics', 'POST', 405),
                                   ('/v1/switch', 'POST', 404), ('/v1/reload', 'POST', 404)):
        status, _, body = ask(scraped.metrics, path, method)
        assert (status, body) == (expected, ''), path
    assert ask(scraped.metrics, '/metrics', 'GET', 'x' * 100000)[0] == 413
    assert any(f', metrics on {scraped.metrics}' in line for line in scraped.process.lines)


def test_who_holds_the_metrics_socket_keeps_no_operator_out(scraped):
    """All its places are taken by who says nothing: the control socket answers as ever, and so does this one."""
    name, _, port = scraped.metrics.rpartition(':')
    with contextlib.ExitStack() as stack:
        for _ in range(10 * PLACES):
            stack.enter_context(socket.create_connection((name, int(port)), timeout=DEADLINE)).send(b'GET /metrics HT')
        assert scraped.get('/v1/status')['domains']['total'] == 1
        scraped.switch('none', 'example.test')
        assert ask(scraped.metrics)[0] == 200
    assert ask(scraped.metrics)[0] == 200


def test_an_answer_that_is_being_taken_is_finished_at_a_stop(scraped):
    name, _, port = scraped.metrics.rpartition(':')
    with socket.create_connection((name, int(port)), timeout=DEADLINE) as sock:
        sock.send(b'GET /metrics HTTP/1.1\r\nHost: x\r\n')
        until(lambda: ask(scraped.metrics)[0] == 200, 'the connection before ours to be accepted')
        scraped.process.popen.terminate()
        scraped.process.wait_for_line('stopping')
        sock.send(b'\r\n')
        data = b''.join(iter(lambda: sock.recv(65536), b''))
    assert data.startswith(b'HTTP/1.1 200 ') and b'mta_stsd_build_info' in data
    assert scraped.process.wait() == 0


def test_a_metrics_socket_that_others_reach_is_warned_of(host):
    with passed_sockets(host, ('0.0.0.0', 0)) as (sockets, address):
        host.start_activated(sockets)
        assert ask(address.replace('0.0.0.0', '127.0.0.1'))[0] == 200
        host.process.wait_for_line(f'socket metrics, open to others \\({re.escape(address)} is not a loopback address')
        host.stop()
    with passed_sockets(host) as (sockets, address):
        host.start_activated(sockets)
        assert 'open to others' not in host.process.log
        host.stop()


def test_a_second_metrics_socket_and_one_that_is_no_tcp_are_refused(host):
    with passed_sockets(host) as (sockets, _), socket.create_server(('127.0.0.1', 0)) as more, \
            socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(host.place / 'unix'))
        unix.listen()
        for passed in ([*sockets, ('metrics', more)], [sockets[0], ('metrics', unix)]):
            with pytest.raises(AssertionError, match='socket metrics, refused'):
                host.start_activated(passed)
            assert host.process.wait() == 78
