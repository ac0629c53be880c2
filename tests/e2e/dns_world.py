# SPDX-License-Identifier: ISC
"""Name servers as the world has them, in a network of a test's own.

One operator has example.test, customer.test and many.test on NS1 and NS2, which may disagree, another has
provider.test on PROVIDER.  Their parent is test, and a resolver at 127.0.0.1 finds its way from there.
"""
import signal

NS1, NS2, PROVIDER = 'ns1.example.test', 'ns2.example.test', 'ns.provider.test'
PARENT = 'ns.test'
ADDRESSES = {PARENT: ['127.0.0.10'], NS1: ['127.0.0.11', 'fd00::11'], NS2: ['127.0.0.12'], PROVIDER: ['127.0.0.21']}
ZONES = {'test': [PARENT], 'example.test': [NS1, NS2], 'customer.test': [NS1, NS2], 'many.test': [NS1, NS2],
         'provider.test': [PROVIDER]}
POLICY_HOST, MX = ['127.0.0.2', 'fd00::2'], ['127.0.0.3', 'fd00::3']
RESOLVER = '127.0.0.1'
RESOLVER_PORT = 5300  # it listens there, too
TTL = 300

KNOT = '''
server:
    rundir: "{place}"
    listen: [ {listen} ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
control:
    listen: "{place}/knot.sock"
database:
    storage: "{place}"
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: "{place}"
    file: "%s.zone"
    zonefile-sync: -1
    journal-content: none
zone:
{zones}
'''

# No cache: a changed zone shows at once.  Nobody is far, but the machine may be busy for a moment.  The name "test"
# would be answered from a list of special names.  Who wants no recursion gets an answer, as from some in the world.
UNBOUND = f'''
server:
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    interface: {RESOLVER}@53
    interface: {RESOLVER}@{RESOLVER_PORT}
    access-control: 127.0.0.0/8 allow_snoop
    do-not-query-localhost: no
    module-config: "iterator"
    local-zone: "test." nodefault
    cache-max-ttl: 0
    cache-max-negative-ttl: 0
    unknown-server-time-limit: 400
    infra-cache-max-rtt: 800
    num-threads: 1
stub-zone:
    name: "test."
    stub-addr: {ADDRESSES[PARENT][0]}
'''


class Server:
    """One knotd, with zones of its own: {zone: {(owner, type): [line]}}."""

    def __init__(self, namespace, place, addresses):
        self.addresses = addresses
        self.zones = {}
        self._namespace = namespace
        self._place = place
        self._conf = place / 'knot.conf'
        self._process = None
        self._serial = 0
        place.mkdir(parents=True)

    def start(self):
        self._write()
        self._process = self._namespace.start('knotd', '--config', str(self._conf))
        self._process.wait_for_line('server started')
        for zone in self.zones:
            self._process.wait_for_line(rf'\[{zone}\.\] loaded')

    def reload(self):
        self._write()
        self._namespace.run('knotc', '--config', self._conf, '--blocking', 'zone-reload')

    def stop(self):
        """Be gone: whoever asks hears at once that nobody is there."""
        self._process.kill()

    def hang(self):
        """Take questions and never answer."""
        self._process.popen.send_signal(signal.SIGSTOP)

    @property
    def runs(self):
        return self._process is not None and self._process.runs

    def _write(self):
        self._serial += 1
        for zone, records in self.zones.items():
            soa = f'{zone}. {TTL} SOA ns.{zone}. admin.{zone}. {self._serial} 3600 600 86400 60'
            lines = [soa, *(line for lines in records.values() for line in lines)]
            (self._place / f'{zone}.zone').write_text('\n'.join(lines) + '\n')
        self._conf.write_text(KNOT.format(
            place=self._place, listen=', '.join(f'{address}@53' for address in self.addresses),
            zones='\n'.join(f'  - domain: {zone}' for zone in self.zones)))


class World:
    def __init__(self, namespace, place):
        self.namespace = namespace
        self.servers = {name: Server(namespace, place / 'dns' / name, addresses)
                        for name, addresses in ADDRESSES.items()}
        self.resolver = None
        self._place = place / 'dns'
        self._changed = set()

    def open(self):
        self.namespace.add(*filter(is_ipv6, [*sum(ADDRESSES.values(), []), *POLICY_HOST, *MX]))
        for zone, names in ZONES.items():
            for name in names:
                self.servers[name].zones[zone] = {}
        for zone, names in ZONES.items():
            self._delegate(zone, names, at=names, zone=zone)
            self._delegate(zone, names, at=[PARENT], zone='test')
        self.mail('example.test')
        self.address('mta-sts.example.test', *POLICY_HOST)
        for server in self.servers.values():
            server.start()
        conf = self._place / 'unbound.conf'
        conf.write_text(UNBOUND)
        self.resolver = self.namespace.start('unbound', '-d', '-c', str(conf))
        self.resolver.wait_for_line('start of service')

    def _delegate(self, delegated, names, **where):
        self.put(delegated, 'NS', *(name + '.' for name in names), **where)
        for name in names:
            if zone_of(name) == delegated:
                self.address(name, *ADDRESSES[name], **where)

    # Records: serve() makes them seen.

    def put(self, owner, kind, *data, at=None, ttl=TTL, zone=None):
        """The records of one type at a name, instead of those before; at some servers, or at all that hold its zone."""
        zone = zone or zone_of(owner)
        for name in at or ZONES[zone]:
            self.servers[name].zones[zone][owner, kind] = [f'{owner}. {ttl} {kind} {one}' for one in data]
            self._changed.add(name)

    def address(self, owner, *addresses, **more):
        self.put(owner, 'A', *(one for one in addresses if not is_ipv6(one)), **more)
        self.put(owner, 'AAAA', *filter(is_ipv6, addresses), **more)

    def serve(self):
        for server in map(self.servers.get, self._changed):
            if server.runs:
                server.reload()
        self._changed.clear()

    # What stories say

    def txt(self, domain, *texts, **more):
        """Show these TXT records for a domain, or none."""
        self.put('_mta-sts.' + domain, 'TXT', *map(quote, texts), **more)
        self.serve()

    def mail(self, domain, *hosts):
        """Let the mail of a domain go to these hosts, or to mx.DOMAIN, each with its addresses."""
        hosts = hosts or ['mx.' + domain]
        self.put(domain, 'MX', *(f'{10 * place} {host}.' for place, host in enumerate(hosts, 1)))
        for host in hosts:
            self.address(host, *MX)
        self.serve()


def zone_of(name):
    return max((zone for zone in ZONES if f'.{name}'.endswith('.' + zone)), key=len)


def is_ipv6(address):
    return ':' in address


def quote(text):
    """A TXT record as a zone file has it, in strings of 255 bytes at most."""
    parts = [text[at:at + 255] for at in range(0, len(text), 255)] or ['']
    return ' '.join('"' + ''.join(map(quote_one, part)) + '"' for part in parts)


def quote_one(letter):
    return letter if letter.isalnum() or letter in ' =;:.-_' else f'\\{ord(letter):03}'
