# SPDX-License-Identifier: ISC
"""
How long servers take until they serve the first of very many policy hosts, each with a certificate of its own.

nginx is asked in the two ways that its users have: with a server block for each host, and with one whose certificate has
the server's name in its path, which reads two files in each handshake.  Caddy gets everything as JSON, which is its
fastest way.  Neither has a policy for each domain: they serve one file for all.
"""
import json
import os
import socket
import ssl
import subprocess
import time

import probe
from wait import until

PATH = '.well-known/mta-sts.txt'
POLICY = b'version: STSv1\r\nmode: enforce\r\nmx: *.mx.scale.test\r\nmax_age: 604800\r\n'

NGINX = '''
daemon off; pid {place}/nginx.pid; error_log {place}/nginx.log; worker_processes 1; user root;
events {{ worker_connections 1000; }}
http {{
    access_log off; root {place}/www; types {{ text/plain txt; }} server_names_hash_max_size 1048576; server_names_hash_bucket_size 128;
    client_body_temp_path {place}/t1; proxy_temp_path {place}/t2; fastcgi_temp_path {place}/t3;
    uwsgi_temp_path {place}/t4; scgi_temp_path {place}/t5;
{servers}
}}
'''
ONE_HOST = '''    server {{ listen 127.0.0.1:{port} ssl; server_name {host};
        ssl_certificate {certs}/{pair}.crt; ssl_certificate_key {certs}/{pair}.key; }}
'''
ANY_HOST = '''    server {{ listen 127.0.0.1:{port} ssl;
        ssl_certificate {certs}/$ssl_server_name.crt; ssl_certificate_key {certs}/$ssl_server_name.key; }}
'''


class World:
    """So many hosts, and a pair of files for each, named by it."""

    def __init__(self, place, hosts, certs, authority):
        self.place, self.hosts, self.certs, self.authority = place, hosts, certs, authority
        (place / 'www/.well-known').mkdir(parents=True)
        (place / 'www' / PATH).write_bytes(POLICY)


def nginx(world, port, servers):
    file = world.place / 'nginx.conf'
    file.write_text(NGINX.format(place=world.place, servers=servers))
    return ['nginx', '-c', file, '-p', world.place, '-e', world.place / 'nginx.log']


def nginx_blocks(world, port):
    return nginx(world, port, ''.join(ONE_HOST.format(port=port, host=host, certs=world.certs, pair=host)
                                      for host in world.hosts))


def nginx_variable(world, port):
    return nginx(world, port, ANY_HOST.format(port=port, certs=world.certs))


def caddy(world, port):
    pairs = [{'certificate': f'{world.certs}/{host}.crt', 'key': f'{world.certs}/{host}.key'} for host in world.hosts]
    server = {'listen': [f'127.0.0.1:{port}'], 'automatic_https': {'disable': True}, 'tls_connection_policies': [{}],
              'routes': [{'handle': [{'handler': 'file_server', 'root': str(world.place / 'www')}]}]}
    file = world.place / 'caddy.json'
    file.write_text(json.dumps({'admin': {'disabled': True}, 'logging': {'logs': {'default': {'level': 'ERROR'}}},
                                'apps': {'tls': {'certificates': {'load_files': pairs}},
                                         'http': {'servers': {'many': server}}}}))
    return ['caddy', 'run', '--config', file]


KINDS = {'nginx, a block for each': nginx_blocks, 'nginx, one block': nginx_variable, 'Caddy, JSON': caddy}


def serves(world, port):
    context = ssl.create_default_context(cafile=world.authority.file)
    try:
        with socket.create_connection(('127.0.0.1', port), 600) as plain, \
                context.wrap_socket(plain, server_hostname=world.hosts[-1]) as sock:
            sock.sendall(f'GET /{PATH} HTTP/1.1\r\nHost: {world.hosts[-1]}\r\nConnection: close\r\n\r\n'.encode())
            return sock.recv(12) == b'HTTP/1.1 200'
    except OSError:
        return False


def measure(world, kind):
    """What a start of one of them takes: a row of the table."""
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = free.getsockname()[1]
    command = list(map(str, KINDS[kind](world, port)))
    begin = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          env={**os.environ, 'HOME': str(world.place)}) as popen:
        try:
            until(lambda: serves(world, port) or popen.poll() is not None, kind)
            assert popen.poll() is None, f'{kind} has ended'
            taken = time.monotonic() - begin
            pids = probe.family(popen.pid)
            return {'first policy, s': f'{taken:.3g}', 'CPU, s': f'{probe.cpu_us(pids) / 1e6:.3g}',
                    'memory, MiB': f'{probe.memory_kib(pids) / 1024:.3g}'}
        finally:
            popen.terminate()
            popen.wait()
