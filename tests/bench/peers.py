# SPDX-License-Identifier: ISC
"""The servers that are compared: each with the same policy and certificate, one thread, and no session ever resumed."""
import os
import pathlib
import shutil
import socket
import string
import subprocess
from dataclasses import dataclass, field

import probe
from wait import until

DOMAIN = 'example.test'
HOST = 'mta-sts.' + DOMAIN
PATH = '.well-known/mta-sts.txt'
POLICY = b'version: STSv1\r\nmode: enforce\r\nmx: mail.example.test\r\nmax_age: 604800\r\n'

MTA_STSD = '''
listen = [ "127.0.0.1:$port" ]; domains = "$place/domains.d"; certificates = [ "$place/certs" ];
state = "$place/state"; control = "$place/control.sock"; workers = $workers; max_connections = 20000;
handshake_timeout = 600; request_timeout = 600;
'''

NGINX = '''
daemon off; pid $place/nginx.pid; error_log $place/nginx.log; worker_processes 1; worker_rlimit_nofile 20000;
events { worker_connections 20000; }
http {
    access_log off; root $place/www; types { text/plain txt; } client_header_timeout 600;
    client_body_temp_path $place/t1; proxy_temp_path $place/t2; fastcgi_temp_path $place/t3;
    uwsgi_temp_path $place/t4; scgi_temp_path $place/t5; $more
    server {
        listen 127.0.0.1:$port ssl backlog=4096; server_name $host;
        ssl_certificate $place/chain.pem; ssl_certificate_key $place/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache off; ssl_session_tickets off;
    }
}
'''

LIGHTTPD = '''
server.modules = ( "mod_$module" )
server.document-root = "$place/www"
server.bind = "127.0.0.1"
server.port = $port
server.listen-backlog = 4096
mimetype.assign = ( ".txt" => "text/plain" )
ssl.engine = "enable"
ssl.pemfile = "$place/chain.pem"
ssl.privkey = "$place/key.pem"
ssl.openssl.ssl-conf-cmd = ( "MinProtocol" => "TLSv1.2", "Options" => "-SessionTicket" )
'''

H2O = '''
num-threads: 1
ssl-session-resumption:
  mode: off
hosts:
  default:
    listen:
      host: 127.0.0.1
      port: $port
      ssl: { certificate-file: $place/chain.pem, key-file: $place/key.pem, minimum-version: TLSv1.2 }
    paths: { "/": { file.dir: $place/www } }
'''

# Its Caddyfile has no word for tickets.
CADDY = '''
{ "admin": { "disabled": true },
  "logging": { "logs": { "default": { "level": "ERROR" } } },
  "apps": {
    "tls": {
      "session_tickets": { "disabled": true },
      "certificates": { "load_files": [ { "certificate": "$place/chain.pem", "key": "$place/key.pem" } ] } },
    "http": { "servers": { "bench": {
      "listen": [ "127.0.0.1:$port" ],
      "automatic_https": { "disable": true },
      "tls_connection_policies": [ {} ],
      "routes": [ { "handle": [ { "handler": "file_server", "root": "$place/www" } ] } ] } } } } }
'''


@dataclass
class Kind:
    """How to run one of them."""
    text: str  # of its configuration
    command: list
    values: dict = field(default_factory=dict)


RUN_NGINX = ['nginx', '-c', '$file', '-p', '$place', '-e', '$place/nginx.log']
RUN_LIGHTTPD = ['lighttpd', '-D', '-f', '$file']
TUNED = 'sendfile on; tcp_nopush on; open_file_cache max=100; ssl_buffer_size 4k; server_tokens off;'

KINDS = {
    'mta-stsd': Kind(MTA_STSD, [os.environ.get('MTA_STSD', './mta-stsd'), '-c', '$file']),
    'nginx': Kind(NGINX, RUN_NGINX, {'more': ''}),
    'nginx, tuned': Kind(NGINX, RUN_NGINX, {'more': TUNED}),
    'lighttpd, GnuTLS': Kind(LIGHTTPD, RUN_LIGHTTPD, {'module': 'gnutls'}),
    'lighttpd, OpenSSL': Kind(LIGHTTPD, RUN_LIGHTTPD, {'module': 'openssl'}),
    'h2o': Kind(H2O, ['h2o', '-c', '$file']),
    'Caddy': Kind(CADDY, ['caddy', 'run', '--config', '$file']),
}


class Peer:
    """A server that runs, with one worker for each of its cores; other pairs than the first are for mta-stsd alone."""

    def __init__(self, name, place, pairs, *cores):
        self.name = name
        self.place = pathlib.Path(place)
        self.address = ('127.0.0.1', free_port())
        self._write_site(*pairs)
        kind = KINDS[name]
        file = self.place / 'server.conf'
        values = {'place': self.place, 'port': self.address[1], 'host': HOST, 'file': file,
                  'workers': len(cores), **kind.values}
        file.write_text(string.Template(kind.text).substitute(values))
        command = [string.Template(part).substitute(values) for part in kind.command]
        self._log = self.place / 'stderr'
        with open(self._log, 'w', encoding='utf-8') as log:
            self.popen = subprocess.Popen(['taskset', '-c', ','.join(map(str, cores)), *command], stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=log, env={**os.environ, 'HOME': str(self.place)})
        try:
            until(self._answers, lambda: f'an answer of {name}:\n{self._log.read_text()}')
        except BaseException:
            self.stop()
            raise

    def _write_site(self, pair, *others):
        for directory in ('www/.well-known', 'domains.d', 'certs', 'state'):
            (self.place / directory).mkdir(parents=True)
        (self.place / 'www' / PATH).write_bytes(POLICY)
        (self.place / 'domains.d' / f'{DOMAIN}.txt').write_bytes(POLICY)
        pair.write(self.place / 'chain.pem', self.place / 'key.pem')
        for number, one in enumerate([pair, *others]):
            one.write(self.place / 'certs' / f'{number}.crt', self.place / 'certs' / f'{number}.key')
        self.place.chmod(0o755)  # some servers change their user
        for path in (self.place / 'www').rglob('*'):
            path.chmod(0o755 if path.is_dir() else 0o644)

    def _answers(self):
        assert self.popen.poll() is None, f'{self.name} has ended:\n{self._log.read_text()}'
        try:
            socket.create_connection(self.address, 1).close()
        except OSError:
            return False
        return True

    @property
    def pids(self):
        return probe.family(self.popen.pid)

    def stop(self):
        """Also what it has left of itself."""
        if self.popen.poll() is None:
            self.popen.terminate()
            self.popen.wait(20)
        shutil.rmtree(self.place)


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as listener:
        return listener.getsockname()[1]
