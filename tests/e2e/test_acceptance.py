# SPDX-License-Identifier: ISC
"""Mail is refused under enforce, the operator switches to none, and the mail goes out.

A real Postfix with postfix-mta-sts-resolver, a name server and a mail exchanger without STARTTLS, in a network namespace.
"""
import os
import re
import shutil
import threading

import pytest

from client import policy
from wait import until

DOMAIN = 'example.test'
HOST_ADDRESS, MX_ADDRESS, OLD_ADDRESS = '127.0.0.2', '127.0.0.3', '127.0.0.4'
RESOLVER = 'socketmap:inet:127.0.0.1:8461:postfix'


class NameServer:
    """A dnsmasq that tells the TXT record, the policy host and the mail exchanger."""

    def __init__(self, namespace, place):
        self._namespace = namespace
        self._conf = place / 'dnsmasq.conf'
        self._process = None

    def publish(self, txt, address=HOST_ADDRESS):
        """Serve the zone with this TXT value and policy host; what is changed needs another dnsmasq."""
        if self._process:
            self._process.kill()
        self._conf.write_text(
            f'no-resolv\nno-hosts\nlisten-address=127.0.0.1\nbind-interfaces\nuser=root\n'
            f'txt-record=_mta-sts.{DOMAIN},"{txt}"\naddress=/mta-sts.{DOMAIN}/{address}\n'
            f'mx-host={DOMAIN},mx.{DOMAIN},10\naddress=/mx.{DOMAIN}/{MX_ADDRESS}\n')
        self._process = self._namespace.start('dnsmasq', '--keep-in-foreground', '--log-facility=-',
                                              '--conf-file=' + str(self._conf))
        self._process.wait_for_line('started, version')


class WebServer:
    """A nginx that has had the policy for long, as a file in a web root."""

    def __init__(self, namespace, place, certificate):
        root, conf = place / 'www', place / 'nginx.conf'
        (root / '.well-known').mkdir(parents=True)
        self.policy = root / '.well-known' / 'mta-sts.txt'
        certificate.write(place / 'old.pem', place / 'old.key')
        places = ''.join(f'{name}_temp_path {place}/nginx-{name};' for name in
                         ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        conf.write_text(f'daemon off; master_process off; pid {place}/nginx.pid; error_log stderr; events {{ }}\n'
                        f'http {{ access_log off; {places} types {{ text/plain txt; }}\n'
                        f'server {{ listen {OLD_ADDRESS}:443 ssl; server_name mta-sts.{DOMAIN}; root {root};\n'
                        f'ssl_certificate {place}/old.pem; ssl_certificate_key {place}/old.key; }} }}\n')
        self.process = namespace.start('nginx', '-e', 'stderr', '-c', str(conf))


class Postfix:
    """A sending mail system with a configuration directory of its own."""

    def __init__(self, namespace, place, authority):
        self.namespace = namespace
        self.conf, spool, data = (place / name for name in ('postfix', 'spool', 'data'))
        self.log = place / 'mail.log'
        for directory in (self.conf, spool, data):
            directory.mkdir()
        shutil.chown(data, 'postfix')
        (self.conf / 'main.cf').write_text(f'''
compatibility_level = 3.6
queue_directory = {spool}
data_directory = {data}
maillog_file = {self.log}
maillog_file_prefixes = {place}
myhostname = sender.test
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
smtp_dns_support_level = enabled
smtp_tls_policy_maps = {RESOLVER}
smtp_tls_CAfile = {authority.file}
''')
        (self.conf / 'master.cf').write_text('\n'.join([
            'pickup    unix n - n 60 1 pickup', 'cleanup   unix n - n - 0 cleanup', 'qmgr      unix n - n 300 1 qmgr',
            'rewrite   unix - - n - - trivial-rewrite', 'bounce    unix - - n - 0 bounce', 'defer     unix - - n - 0 bounce',
            'trace     unix - - n - 0 bounce', 'verify    unix - - n - 1 verify', 'flush     unix n - n 1000? 0 flush',
            'smtp      unix - - n - - smtp', 'error     unix - - n - - error', 'retry     unix - - n - - error',
            'showq     unix n - n - - showq', 'tlsmgr    unix - - n 1000? 1 tlsmgr', 'anvil     unix - - n - 1 anvil',
            'scache    unix - - n - 1 scache', 'postlog   unix-dgram n - n - 1 postlogd', '']))

    def start(self):
        self.namespace.run('postfix', '-c', self.conf, 'start')

    def demands_tls(self):
        """What it hears when it asks the resolver about the domain."""
        answer = self.namespace.run('postmap', '-c', self.conf, '-q', DOMAIN, RESOLVER, status=None)
        return answer.returncode == 0 and answer.stdout.startswith('secure ')

    def send(self):
        self.namespace.run('sendmail', '-C', self.conf, '-f', 'someone@sender.test', f'someone@{DOMAIN}',
                           input='Subject: a test\n\nWill this arrive?\n')

    def flush(self):
        self.namespace.run('postqueue', '-c', self.conf, '-f')

    def wait_for(self, pattern):
        def logged():
            return re.search(pattern, self.log.read_text()) if self.log.exists() else None
        until(logged, lambda: f'{pattern} in the log of Postfix, which says:\n{self.log.read_text()}')

    def stop(self):
        self.namespace.run('postfix', '-c', self.conf, 'stop', status=None)


@pytest.fixture
def dns(needs_tools, namespace, place):
    needs_tools('dnsmasq', 'postfix', 'postmap', 'sendmail', 'smtp-sink', 'mta-sts-daemon', 'mta-sts-query')
    return NameServer(namespace, place)


@pytest.fixture
def site(namespace, dns, host):
    """A policy host on the address that DNS tells."""
    host.prefix = namespace.enter
    host.configure(listen=[f'{HOST_ADDRESS}:443'])
    host.domain(DOMAIN, mx=[f'mx.{DOMAIN}'])
    host.certify(DOMAIN)
    host.start()
    dns.publish(host.show(DOMAIN)['txt']['value'])
    return host


@pytest.fixture
def postfix(site, namespace, place):
    conf = place / 'resolver.yml'
    conf.write_text('host: 127.0.0.1\nport: 8461\ncache: { type: internal, options: { cache_size: 100 } }\n'
                    'cache_grace: 1\nproactive_policy_fetching: { enabled: false }\n'
                    'default_zone: { strict_testing: false, timeout: 4 }\n')
    namespace.start('mta-sts-daemon', '-c', conf, environment={'SSL_CERT_FILE': str(site.authority.file)})
    namespace.start('smtp-sink', '-u', 'nobody', f'{MX_ADDRESS}:25', '16')
    made = Postfix(namespace, place, site.authority)
    try:
        made.start()
        until(made.demands_tls, 'the resolver to tell of the policy')
        yield made
    finally:
        made.stop()


def test_a_sender_reads_the_policy_and_the_switch(site, namespace):
    def query():
        return namespace.run('mta-sts-query', DOMAIN,
                             env={**os.environ, 'SSL_CERT_FILE': str(site.authority.file)}).stdout
    assert "'mode': 'enforce'" in query() and f"'mx.{DOMAIN}'" in query()
    site.ctl('none', DOMAIN)
    assert "'mode': 'none'" in query()


@pytest.fixture
def moving(needs_tools, namespace, dns, host, place):
    """The domain is on a nginx still, under an id of its own; the policy host is there, and has no domain."""
    needs_tools('nginx')
    host.prefix = namespace.enter
    host.configure(listen=[f'{HOST_ADDRESS}:443'])
    host.start()
    old = WebServer(namespace, place, host.authority.issue(f'mta-sts.{DOMAIN}', days=90))
    old.policy.write_bytes(policy('enforce', [f'mx.{DOMAIN}'], 604800).replace(b'\r\n', b'\n'))
    dns.publish(OLD_RECORD, OLD_ADDRESS)
    yield host, old
    old.process.kill()


OLD_RECORD = 'v=STSv1; id=2019;'


def test_a_domain_moves_in_and_no_sender_notices(moving, namespace, dns):
    host, old = moving
    environment = {**os.environ, 'SSL_CERT_FILE': str(host.authority.file)}
    heard, over = [], threading.Event()

    def ask():
        while not over.is_set():
            heard.append(namespace.run('mta-sts-query', DOMAIN, env=environment).stdout)

    sender = threading.Thread(target=ask)
    until(lambda: "'mode': 'enforce'" in namespace.run('mta-sts-query', DOMAIN, env=environment).stdout, 'nginx to serve')
    sender.start()
    try:
        host.operator_prefix = namespace.enter
        told = host.ctl('adopt', DOMAIN, '--id', '2019', '--ca', host.authority.file, '--resolver', '127.0.0.1',
                        '--into', host.domains).stdout
        assert '1 domain adopted' in told
        host.certify(DOMAIN, days=90)
        host.ctl('reload')
        assert host.show(DOMAIN)['id'] == '2019'
        until(lambda: len(heard) >= 2, 'a sender before the move')
        dns.publish(OLD_RECORD)
        old.process.kill()
        after = len(heard)
        until(lambda: len(heard) >= after + 3, 'senders after it')
    finally:
        over.set()
        sender.join()
    assert "'2019'" in heard[0] and 'VALID' in heard[0]
    # A name server that is just being started again has no answer, and a sender then keeps what it has.
    assert {one for one in heard if 'NONE' not in one and 'ERROR' not in one} == {heard[0]}
    assert sum(one == heard[0] for one in heard[after:]) >= 2
    assert host.show(DOMAIN)['fetches'] >= 2
    dns.publish(re.search(r'"(v=STSv1; id=\w+;)"', host.ctl('none', DOMAIN).stdout).group(1))
    assert "'mode': 'none'" in namespace.run('mta-sts-query', DOMAIN, env=environment).stdout


def test_mail_that_enforce_refused_goes_out_after_none(site, namespace, dns, postfix):
    postfix.send()
    postfix.wait_for(r'status=deferred \(TLS is required, but was not offered')

    done = site.ctl('none', DOMAIN)
    dns.publish(re.search(r'"(v=STSv1; id=\w+;)"', done.stdout).group(1))
    until(lambda: not postfix.demands_tls(), 'the resolver to look at DNS again, as it does once a second')
    postfix.flush()
    postfix.wait_for(r'status=sent')
    assert site.show(DOMAIN)['policy'].encode() == policy('none', (), 86400)
