# SPDX-License-Identifier: ISC
"""Other web servers in front of a policy host: Debian's, each by its recipe in mta-stsd(8), on a port of the test's own."""
import os
import pathlib
import random
import re
import shutil
import socket
import tempfile

from host import Process
from wait import DEADLINE, until

MANUAL = pathlib.Path(__file__).resolve().parents[2] / 'man' / 'mta-stsd.8'
ESCAPES = {r'\e': '\\', r'\(ti': '~', r'\(ha': '^', r'\(dq': '"'}

TIMEOUTS = 'defaults\n    timeout connect 5s\n    timeout client 60s\n    timeout server 60s\n'
NGINX = 'daemon off;\nerror_log stderr;\npid {place}/nginx.pid;\nevents {{ }}\n'
NGINX_PLACES = ''.join(f'{name}_temp_path {{place}}/{name};\n' for name in
                       ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))

# Name of the recipe: program and options, what a whole configuration has around it, what is the machine's in it and what
# it is in a test.
FRONTS = {
    'nginx-stream': (['nginx', '-e', 'stderr', '-c'],
                     'load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n' + NGINX, '',
                     {'listen 443;': 'listen {front};', '    listen [::]:443;\n': ''}),
    'nginx-http': (['nginx', '-e', 'stderr', '-c'], NGINX + 'http {{\n' + NGINX_PLACES, '}}\n',
                   {'listen 443 ssl;': 'listen {front} ssl;', '    listen [::]:443 ssl;\n': ''}),
    'haproxy-passing': (['haproxy', '-db', '-f'], TIMEOUTS, '', {'bind :::443 v4v6': 'bind {front}',
                                                                 'send-proxy-v2': '{more}'}),
    'haproxy-ending': (['haproxy', '-db', '-f'], TIMEOUTS, '', {'bind :::443 v4v6': 'bind {front}',
                                                                'send-proxy-v2': '{more}'}),
    'sniproxy': (['sniproxy', '-f', '-c'], '', '', {'listener 443': 'listener {front}'}),
    'caddy': (['caddy', 'run', '--adapter', 'caddyfile', '--config'],
              '{{\n    admin off\n    auto_https disable_redirects\n    skip_install_trust\n}}\n', '',
              {'mta-sts.example.org {{': 'https://mta-sts.example.test:{port} {{\n    bind 127.0.0.1\n'
                                         '    tls {certificate} {key}'}),
    'apache': (['apache2', '-D', 'FOREGROUND', '-f'],
               ''.join(f'LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n' for name in
                       ('mpm_event', 'authz_core', 'ssl', 'proxy', 'proxy_http'))
               + 'DefaultRuntimeDir {place}\nPidFile {place}/apache.pid\nErrorLog /dev/stderr\nUser www-data\n'
                 'Group www-data\nServerName localhost\nListen {front}\n', '',
               {'<VirtualHost *:443>': '<VirtualHost {front}>', 'ServerName mta-sts.example.org': 'ServerName {front}'}),
}

# The same in all of them.
OURS = {'127.0.0.1:8443': '{https}', '127.0.0.1:9443': '127.0.0.1:9', '127.0.0.1:9780': '{http}',
        '/run/mta-stsd/http.sock': '{unix}', '/etc/ssl/mta-sts.pem': '{certificate}', '/etc/ssl/mta-sts.key': '{key}',
        '/etc/ssl/mta-sts-with-key.pem': '{pem}'}


def recipe(name):
    """What the manual says, as text to be formatted."""
    found = re.search(rf'^\.\\" recipe {name}\n\.Bd -literal [^\n]*\n(.*?)^\.Ed$', MANUAL.read_text(encoding='ascii'),
                      re.M | re.S)
    assert found, f'{name}: no recipe in {MANUAL}'
    text = re.sub(r'\\(e|\(\w\w)', lambda escape: ESCAPES[escape.group()], found.group(1))
    return text.replace('{', '{{').replace('}', '}}')


def configuration(name, values):
    """The recipe on the port 443 of every address when values do not tell another one."""
    _, before, after, changes = FRONTS[name]
    text = recipe(name)
    if 'front' not in values:
        changes = {said: meant for said, meant in changes.items() if '{front}' not in meant and meant}
    for said, meant in {**changes, **{said: meant for said, meant in OURS.items() if said in text}}.items():
        assert said in text, f'{name}: "{said}" is not in the recipe'
        text = text.replace(said, meant)
    return (before + text + after).format(**values)


def free_port():
    """One that the kernel gives to nobody: daemons of other stories ask it for any port at the same time."""
    while True:
        port = random.randrange(20000, 30000)
        try:
            with socket.create_server(('127.0.0.1', port)):
                return port
        except OSError:
            continue


def accepts(address):
    try:
        socket.create_connection(address, timeout=DEADLINE).close()
    except OSError:
        return False
    return True


class Front:
    """One of them, running; in a network of the test's own at the port where everybody looks for it."""

    def __init__(self, place, name, namespace=None, **values):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix='front-', dir=place))
        self.address = ('127.0.0.1', 443 if namespace else free_port())
        if not namespace:
            values = {'front': '%s:%d' % self.address, 'port': self.address[1], **values}
        file = self.place / 'configuration'
        file.write_text(configuration(name, {'place': self.place, **values}))
        environment = {'HOME': str(self.place), 'XDG_DATA_HOME': str(self.place), 'XDG_CONFIG_HOME': str(self.place),
                       'PATH': os.environ['PATH'] + ':/usr/sbin:/sbin'}
        self.process = Process([*(namespace.enter if namespace else []), *FRONTS[name][0], file], environment)
        inside = namespace.inside if namespace else lambda call, *arguments: call(*arguments)
        until(lambda: inside(accepts, self.address) or not self.process.runs, lambda: f'{name}:\n{self.process.log}')
        assert self.process.runs, self.process.log

    def close(self):
        self.process.popen.terminate()
        self.process.popen.wait(DEADLINE)
        shutil.rmtree(self.place, ignore_errors=True)
