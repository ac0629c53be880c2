# SPDX-License-Identifier: ISC
"""What monitoring reads: every connection counted once, under the right label, for those who may look."""
import grp
import pathlib
import re
import shutil
import socket
import subprocess

import gnutls
import hello as tls
import host as host_module
from client import request
from hello import Content, Message, Wire, hello, hello_12, record
from wait import DEADLINE, until

NAME = 'mta-sts.example.test'
SAMPLE = re.compile(r'(?:mta_stsd_)?([a-z0-9_]+(?:{[a-z]+=".*"})?) (\d+)(?:\.\d+)?')
BYTES = ('https_received_bytes_total', 'https_sent_bytes_total')
NOBODY = 65534
BAD_CERTIFICATE = bytes([tls.FATAL, 42])
MANUAL = pathlib.Path(__file__).parents[2] / 'man' / 'mta-stsd-api.7'


def scrape(host):
    """Every sample and its value."""
    lines = [line for line in host.ctl('metrics').stdout.splitlines() if not line.startswith('#')]
    return {name: int(value) for name, value in (SAMPLE.fullmatch(line).groups() for line in lines)}


def counted(host):
    """The counters that are not 0, but those of bytes, when every connection has gone."""
    until(lambda: scrape(host)['https_connections_open'] == 0, 'the last connection to go')
    return {name: value for name, value in scrape(host).items()
            if value and re.match(r'(https|tls|http)_\w+_total', name) and name not in BYTES}


def knock(host, *pieces, until_true=None):
    """A client that sends these bytes; it goes away when something is true, or else reads to the end."""
    with Wire(host.addresses[0]) as wire:
        for piece in pieces:
            wire.send(piece)
        if until_true:
            wire.read_until(until_true)
        else:
            wire.read_to_end()


def has_answer(wire):
    return wire.has(Message.SERVER_HELLO)


def test_each_connection_is_counted_once_under_its_label(example):
    for _ in range(3):
        assert example.fetch('example.test').status == 200
    with gnutls.Client(example.addresses[0], NAME, 'NORMAL:-VERS-ALL:+VERS-TLS1.2') as old:
        old.send(request(NAME))
        assert old.read()[0].startswith(b'HTTP/1.1 200 ')
    assert example.ask('example.test', request(NAME, target='/other')).status == 404
    assert example.ask('example.test', request(NAME, method='POST')).status == 405
    assert example.ask('example.test', request('mta-sts.other.test')).status == 421
    assert example.ask('example.test', request(NAME, fields=['a b: c'])).status == 400

    knock(example, record(hello(name=tls.names(b'mta-sts.unknown.test'))))
    knock(example, record(hello(name=b'')))
    knock(example, record(hello(alpn=tls.protocols(b'h2'))))
    knock(example, record(hello(versions=tls.versions(tls.TLS_1_1), shares=b'')))
    knock(example, b'GET / HTTP/1.1\r\n\r\n')
    knock(example, record(hello()), until_true=has_answer)
    knock(example, record(hello_12()), record(BAD_CERTIFICATE, Content.ALERT, tls.TLS_1_2))
    socket.create_connection(example.addresses[0], timeout=DEADLINE).close()

    assert counted(example) == {
        'https_client_closes_total{phase="hello"}': 1,
        'https_connections_total': 16,
        'tls_handshakes_total{version="1.2"}': 1,
        'tls_handshakes_total{version="1.3"}': 7,
        'tls_handshake_failures_total{reason="unknown_name"}': 1,
        'tls_handshake_failures_total{reason="no_name"}': 1,
        'tls_handshake_failures_total{reason="no_common_protocol"}': 1,
        'tls_handshake_failures_total{reason="no_common_version"}': 1,
        'tls_handshake_failures_total{reason="malformed"}': 1,
        'tls_handshake_failures_total{reason="client_gone"}': 1,
        'tls_handshake_failures_total{reason="client_alert"}': 1,
        'http_requests_total{status="200"}': 4,
        'http_requests_total{status="400"}': 1,
        'http_requests_total{status="404"}': 1,
        'http_requests_total{status="405"}': 1,
        'http_requests_total{status="421"}': 1,
    }


def test_bytes_are_counted_as_they_are_on_the_wire(example):
    before = scrape(example)
    nameless = record(hello(name=b''))
    knock(example, nameless)
    alert = record(bytes([tls.FATAL, tls.Alert.UNRECOGNIZED_NAME]), Content.ALERT)
    counted(example)  # all of them have gone
    after = scrape(example)
    assert [after[name] - before[name] for name in BYTES] == [len(nameless), len(alert)]


def test_a_client_that_says_nothing_is_counted_by_its_deadline(host):
    host.configure(handshake_timeout=1)
    host.start()
    with socket.create_connection(host.addresses[0], timeout=DEADLINE) as sock:
        assert sock.recv(1) == b''
    assert counted(host) == {'https_connections_total': 1, 'https_deadline_closes_total{phase="hello"}': 1}


def test_limits_are_shown_with_their_use_and_a_limit_that_was_met_by_its_setting(host):
    host.prefix = ['prlimit', '--nofile=100:100']
    host.configure(max_connections_per_client=3, max_memory=8)
    host.start()
    assert 'limits met' not in host.ctl('status').stdout
    held = [socket.create_connection(host.addresses[0], timeout=DEADLINE) for _ in range(3)]
    until(lambda: scrape(host)['https_connections_open'] == 3, 'three connections')
    with socket.create_connection(host.addresses[0], timeout=DEADLINE) as one_more:
        assert one_more.recv(1) == b''

    shown = host.get('/v1/status')
    connections = shown['connections']
    assert connections['limit'] == scrape(host)['https_connections_limit'] < 100  # of 10000, for want of descriptors
    assert (connections['open'], connections['clients'], connections['largest_client']) == (3, 1, 3)
    assert (connections['per_client_limit'], connections['memory_limit_bytes']) == (3, 8 << 20)
    assert 0 < connections['memory_bytes'] < 8 << 20
    assert shown['counters']['https_refusals_total']['client'] == 1
    assert re.search(r'^limits met +max_connections_per_client: 1 connection ', host.ctl('status').stdout, re.M)
    for sock in held:
        sock.close()


def test_status_has_the_same_counters(example):
    example.fetch('example.test')
    counted(example)  # all of them have gone
    samples, counters = scrape(example), example.get('/v1/status')['counters']
    flat = {}
    for family, value in counters.items():
        for label, number in value.items() if isinstance(value, dict) else [('', value)]:
            (name,) = [name for name in samples if name == family or re.fullmatch(f'{family}{{.*="{label}"}}', name)]
            flat[name] = number
    assert flat == {name: samples[name] for name in samples if re.match(r'(https|tls|http)_\w+_total', name)}
    assert counters['http_requests_total']['200'] == 1


def test_domains_certificates_and_loads_are_there_for_alerts(example):
    samples = scrape(example)
    assert samples['domains{mode="enforce"}'] == samples['certificates{stage="fine"}'] == 1
    assert samples['config_last_reload_successful'] == 1
    assert samples['process_start_time_seconds'] <= samples['config_last_reload_success_timestamp_seconds']
    assert samples['certificates_first_expiry_timestamp_seconds'] > samples['process_start_time_seconds'] + 6 * 86400
    example.domain('bare.test')
    example.file('broken.test.conf', 'mode = ')
    example.reload()
    samples = scrape(example)
    assert samples['domains_uncovered'] == samples['config_complaints{severity="error"}'] == 1

    for i in range(11):
        example.domain(f'd{i}.test')
    example.reload()
    for i in range(11):
        (example.domains / f'd{i}.test.conf').unlink()
    example.ctl('reload', status=1)
    assert scrape(example)['config_last_reload_successful'] == 0


def test_prometheus_has_no_complaint(example, needs_tools):
    needs_tools('promtool')
    example.configure(metrics_domains=True)
    example.reload()
    example.fetch('example.test')
    done = subprocess.run(['promtool', 'check', 'metrics'], input=example.ctl('metrics').stdout, text=True,
                          capture_output=True, timeout=DEADLINE, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')


def test_every_family_and_every_value_of_a_label_is_in_the_manual(example):
    described = set(re.findall(r'\w+(?:\.\w+)*', MANUAL.read_text(encoding='ascii')))
    example.configure(metrics_domains=True)
    example.reload()
    for name in scrape(example):
        family, labels = re.fullmatch(r'(\w+)(?:{(.*)})?', name).groups()
        labels = dict(re.findall(r'(\w+)="(.*?)"', labels or ''))
        assert {family, *labels} <= described, name
        assert family in ('build_info', 'domain_info') or set(labels.values()) - {'example.test'} <= described, name


def test_numbers_of_each_domain_come_and_go_with_a_reload_of_the_setting(example):
    assert 'domain_' not in example.ctl('metrics').stdout
    example.domain('bare.test', mode='testing')
    example.configure(metrics_domains=True)
    example.reload()
    for _ in range(3):
        example.fetch('example.test')
    counted(example)
    samples = scrape(example)
    ids = {name: example.show(name)['id'] for name in ('example.test', 'bare.test')}
    assert samples['domain_fetches_total{domain="example.test"}'] == 3
    assert samples['domain_fetches_total{domain="bare.test"}'] == 0
    for name, mode in (('example.test', 'enforce'), ('bare.test', 'testing')):
        assert samples[f'domain_info{{domain="{name}",mode="{mode}",id="{ids[name]}",standing="configured"}}'] == 1
    expiry = 'domain_certificate_expiry_timestamp_seconds'
    assert samples[expiry + '{domain="example.test"}'] == samples['certificates_first_expiry_timestamp_seconds']
    assert expiry + '{domain="bare.test"}' not in samples

    example.configure(metrics_domains=None)
    example.reload()
    assert 'domain_' not in example.ctl('metrics').stdout


def test_observers_may_look_and_strangers_may_not(needs_root, host):
    observers, others = (grp.getgrnam(name).gr_gid for name in ('news', 'man'))
    host.configure(observer_group='news')
    host.start()
    program = host.place / 'mta-stsctl'  # where everybody may run it
    shutil.copy(host_module.MTA_STSCTL, program)
    program.chmod(0o755)

    def metrics(group, status):
        return host.ctl('metrics', status=status, program=program,
                        prefix=['setpriv', f'--reuid={NOBODY}', f'--regid={group}', '--clear-groups'])

    assert 'mta_stsd_build_info' in metrics(observers, 0).stdout
    refused = metrics(others, 1)
    assert 'mta_stsd' not in refused.stdout and 'you may not do this' in refused.stderr


def test_json_is_refused_with_the_way_to_it(example):
    done = example.ctl('--json', 'metrics', status=2)
    assert 'mta-stsctl --json status' in done.stderr
