# SPDX-License-Identifier: ISC
"""Files of other people end up among ours, and files have names that a terminal would obey."""
import json
import os
import shutil

import pytest

from client import policy

SECRET = 'hunter2'

FOREIGN = {
    'key': ('-----BEGIN PRIVATE KEY-----\n' + f'MIG{SECRET}+/abc\n' * 30 + '-----END PRIVATE KEY-----\n').encode(),
    'encrypted key': f'-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,{SECRET}\n\n{SECRET}\n'.encode(),
    'key without armour': (f'MIG{SECRET}+/abc=\n' * 300).encode(),
    'password': f'password: {SECRET}\npassword = "{SECRET}"\n'.encode(),
    'shadow': ''.join(f'user{i}:$y$j9T${SECRET}:19000:0:99999:7:::\n' for i in range(300)).encode(),
    'listing': ''.join(f'-rw-r----- 1 root root 300 Nov 28 21:{i % 60} {SECRET}{i}\n' for i in range(300)).encode(),
    'archive': b'PK\x03\x04\x00\x00' + f'{SECRET}\n'.encode() * 300,
    'escapes': f'\x1b]0;{SECRET}\x07\n\x9b31m{SECRET}: x\n'.encode('latin-1') * 300,
    'UTF-16': f'mode: {SECRET}\nmode = {SECRET}\n'.encode('utf-16'),
    'one long line': (f'{SECRET}' * 9000).encode(),
    'assignments': ''.join(f'{SECRET}{i}{"x" * 40} = "{SECRET}";\n' for i in range(60)).encode(),
}

# A C1 control that terminals obey, a mark that turns the rest around, an escape sequence, bytes that are no UTF-8,
# the end of a line, and a letter.
NAMES = [b'c1\xc2\x9b31m', b'bidi\xe2\x80\xae', b'isolate\xe2\x81\xa6', b'mark\xe2\x80\x8f', b'escape\x1b[2J',
         b'invalid\xff\xc3', b'line\nforged, published by root', b'b\xc3\xbccher']


def everything_said(host):
    """All that an operator sees of the files: log, answer of the reload, status, list and the check."""
    reload = host.api('POST', '/v1/reload', {})
    said = [host.process.log, json.dumps(reload), json.dumps(host.get('/v1/status')), json.dumps(host.get('/v1/domains')),
            json.dumps(host.get('/v1/certificates'))]
    for arguments in (['status'], ['list'], ['cert', 'list'], ['--json', 'status']):
        said.append(host.ctl(*arguments).stdout)
    done = host.check('--check')
    return '\n'.join([*said, done.stdout, done.stderr])


def assert_one_line_of_ascii(text):
    for line in text.split('\n'):
        assert line.isascii() and (line.isprintable() or not line), repr(line)


@pytest.mark.parametrize('kind', FOREIGN)
@pytest.mark.parametrize('ending', ['txt', 'conf'])
def test_what_is_no_policy_is_not_shown(example, kind, ending):
    secret = example.place / 'secret'
    secret.write_bytes(FOREIGN[kind])
    path = example.domains / f'other.test.{ending}'
    path.symlink_to(secret)
    said = everything_said(example)

    assert SECRET not in said
    about = [one for one in example.get('/v1/status')['complaints'] if one['file'] == str(path)]
    assert 1 <= len(about) <= 10, about
    assert any(one['severity'] == 'error' for one in about)
    if 'BEGIN' in FOREIGN[kind].decode('latin-1'):
        assert [one['what'] for one in about] == ['file has a key or a certificate in it']
    example.serves('example.test', policy('enforce', ['mail.example.test']))


@pytest.mark.parametrize('kind', FOREIGN)
def test_what_is_included_by_mistake_is_not_shown(example, kind):
    (example.domains / 'secret').write_bytes(FOREIGN[kind])
    example.file('other.test.conf', 'mode = "enforce";\n@include "secret"\n')
    said = everything_said(example)
    assert SECRET not in said
    assert 'other.test.conf' in said or '/secret:' in said


@pytest.mark.parametrize('kind', FOREIGN)
def test_settings_that_are_something_else_are_not_shown(example, kind):
    example.conf.write_bytes(FOREIGN[kind])
    said = everything_said(example)
    assert SECRET not in said
    assert any(one['file'] == str(example.conf) and one['severity'] == 'error'
               for one in example.get('/v1/status')['complaints'])


def test_no_name_of_a_file_reaches_the_terminal_as_it_is(example):
    folder = os.fsencode(example.domains)
    certs = os.fsencode(example.certs)
    example.certify('strange.test')
    for i, name in enumerate(NAMES):
        with open(os.path.join(folder, name + b'.conf'), 'w', encoding='ascii') as file:
            file.write(f'domain = "n{i}.test"; mode = "none"; max_age = 86400;\n')
        for text in (b'broken', b'broken.conf', b'broken.txt'):
            with open(os.path.join(folder, name + text), 'w', encoding='ascii') as file:
                file.write('mode = ')
        os.mkdir(os.path.join(folder, name + b'.d'))
        for part in ('crt', 'key'):
            shutil.copy(example.certs / f'mta-sts.strange.test.{part}', os.path.join(certs, name + b'.' + part.encode()))
        with open(os.path.join(certs, name + b'broken.crt'), 'w', encoding='ascii') as file:
            file.write('-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n')
    (example.certs / 'mta-sts.strange.test.crt').unlink()
    said = everything_said(example)
    said += ''.join(example.ctl('show', f'n{i}.test', prefix=['env', 'LC_ALL=C']).stdout for i in range(len(NAMES)))
    said += example.ctl('reload', status=1).stdout
    for name in NAMES:
        os.unlink(os.path.join(folder, name + b'.conf'))
    said += json.dumps(example.reload(force=True)) + example.ctl('status').stdout

    assert 'c1\\xc2\\x9b31m.conf' in said
    assert 'bidi\\xe2\\x80\\xae' in said
    assert 'line\\x0aforged' in said
    assert_one_line_of_ascii(said + example.process.log)


def test_the_path_of_the_settings_may_have_any_bytes(host):
    host.domain('example.test')
    host.configure()
    strange = os.fsencode(host.place / 'conf') + b'\xff\xc2\x9b\n'
    os.rename(host.conf, strange)
    host.conf = host.place / os.fsdecode(b'conf\xff\xc2\x9b\n')
    host.start()
    assert host.get('/v1/status')['config'].endswith('conf\\xff\\xc2\\x9b\\x0a')
    assert_one_line_of_ascii(host.ctl('status').stdout + host.process.log)


def test_who_and_why_are_shown_in_one_line(example):
    example.switch('none', 'example.test', reason='so\x9b31m\u202e\nforged, published by root')
    said = ''.join(example.ctl(*arguments, prefix=['env', 'LC_ALL=C']).stdout for arguments in
                   (['audit'], ['show', 'example.test'], ['history', 'example.test'], ['list']))
    assert 'so\\xc2\\x9b31m' in said
    assert_one_line_of_ascii(said + example.process.log)
