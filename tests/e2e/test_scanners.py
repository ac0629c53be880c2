# SPDX-License-Identifier: ISC
"""What an auditor's scanners say of the door."""
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree

import pytest

from conftest import SCALE, new_place
from host import Host

pytestmark = pytest.mark.once

NAME = 'mta-sts.example.test'
LIMIT = 180  # seconds, several times what a scan takes
SUITES = {'1.3': {'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'},
          '1.2': {'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'}}
GROUPS = {'x25519', 'secp256r1 (NIST P-256)', 'secp384r1 (NIST P-384)'}

# Runs of testssl that go on side by side, and some of the checks that each must have come to.
RUNS = {
    'offers': (['--protocols', '--std', '--fs', '--server-defaults', '--server-preference'],
               {'SSLv3', 'TLS1_2', 'TLS1_3', 'ALPN', 'cipherlist_NULL', 'FS', 'cert_trust', 'cert_chain_of_trust',
                'sessionresumption_ticket', 'cipher_order'}),
    'faults': (['--vulnerable'],
               {'heartbleed', 'CCS', 'ticketbleed', 'ROBOT', 'secure_client_renego', 'CRIME_TLS', 'BREACH', 'SWEET32',
                'fallback_SCSV', 'FREAK', 'DROWN', 'LOGJAM', 'BEAST', 'LUCKY13', 'RC4'}),
}

# What testssl may complain of all the same: (id, severity), and why it says nothing of the host.
EXCUSED = {
    ('engine_problem', 'WARN'): 'the openssl of this machine has no GOST',
    ('secure_renego', 'WARN'): 'this check names no server and so gets the alert; the next one names it',
    ('cert_revocation', 'HIGH'): "the test's own authority tells of no CRL; certificates are the operator's",
}


@pytest.fixture(scope='module')
def running(authority):
    if SCALE < 1:
        pytest.skip('scanners see nothing else in a sanitizer build, only slower')
    host = Host(new_place(), authority)
    host.configure(max_connections_per_client=1000)
    host.domain('example.test')
    host.certify('example.test', days=100)  # some complain of less than 60
    yield host.start()
    host.clean_up()
    shutil.rmtree(host.place)


def start(*command, cwd):
    return subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, cwd=cwd)


def finish(*processes):
    """Wait until each has ended well; returns what they said."""
    try:
        outputs = [process.communicate(timeout=LIMIT)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert all(process.returncode == 0 for process in processes), outputs
    return outputs


def test_testssl_finds_nothing(running, needs_tools):
    needs_tools('testssl')
    place, port = running.place, running.addresses[0][1]
    started = [start('testssl', '--quiet', '--color', '0', '--warnings', 'off', '--nodns', 'none', '--sneaky', '--ip',
                     '127.0.0.1', '--add-ca', running.authority.file, '--openssl-timeout', '10', '--jsonfile',
                     place / what, *options, f'{NAME}:{port}', cwd=place) for what, (options, _) in RUNS.items()]
    outputs = finish(*started)
    for (what, (_, checks)), output in zip(RUNS.items(), outputs):
        found = {(one['id'].replace('PFS', 'FS'), one['severity']): one['finding']  # as 3.2 calls it
                 for one in json.loads((place / what).read_text())}
        assert checks <= {name for name, severity in found if severity in ('OK', 'INFO')}, output
        assert not [key for key in found if key[1] not in ('OK', 'INFO') and key not in EXCUSED], found


def test_sslscan_finds_two_versions_and_only_strong_suites_and_groups(running, needs_tools):
    needs_tools('sslscan')
    port = running.addresses[0][1]
    finish(start('sslscan', '--ipv4', f'--sni-name={NAME}', f'--xml={running.place}/sslscan', '--show-sigs',
                 f'127.0.0.1:{port}', cwd=running.place))
    (scan,) = xml.etree.ElementTree.parse(running.place / 'sslscan').getroot().iter('ssltest')

    versions = {one.get('type') + one.get('version') for one in scan.iter('protocol') if one.get('enabled') == '1'}
    assert versions == {'tls1.2', 'tls1.3'}
    for version in ('1.2', '1.3'):
        inside = [one for one in scan if one.get('sslversion') == 'TLSv' + version]
        assert {one.get('cipher') for one in inside if one.tag == 'cipher'} == SUITES[version]
        assert {one.get('name') for one in inside if one.tag == 'group'} == GROUPS
        signatures = [one.get('name') for one in inside if one.tag == 'connection-signature-algorithm']
        assert signatures and all(re.fullmatch(r'ecdsa_secp(256|384)r1_sha(256|384)', name) for name in signatures)
    assert scan.find('renegotiation').attrib == {'supported': '0', 'secure': '0'}
    assert all(one.get('vulnerable') == '0' for one in scan.iter('heartbleed'))


def test_nmap_finds_no_strength_below_a(running, needs_tools):
    needs_tools('nmap')
    (output,) = finish(start('nmap', '-n', '-Pn', '-sT', '-p', running.addresses[0][1], '--script',
                             '+ssl-enum-ciphers', '--script-args', f'tls.servername={NAME}', '127.0.0.1',
                             cwd=running.place))
    assert re.findall(r'TLSv1\.\d|SSLv\d', output) == ['TLSv1.2', 'TLSv1.3']
    assert 'least strength: A\n' in output
    assert 'arning' not in output
