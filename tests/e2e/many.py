# SPDX-License-Identifier: ISC
"""Hosts of very many domains."""
import contextlib
import sqlite3

import client

MX = 'mail.test'
RECORD = 'record.provider.test'
TEXT = client.policy('enforce', [MX], 86400)
NONE = client.policy('none', [], 86400)


def names(count):
    """In the order in which they are listed."""
    return [f'd{number:05}.test' for number in range(count)]


def configure(host, domains, sharing=()):
    """One file for those that have a record of their own, and one for those that share a record."""
    for name, some, more in ('own', domains, ''), ('sharing', sharing, f'record = "{RECORD}";\n'):
        if some:
            listed = ', '.join(f'"{domain}"' for domain in some)
            host.file(f'{name}.conf', f'mode = "enforce";\nmax_age = 86400;\nmx = [ "{MX}" ];\n{more}domains = [ {listed} ];\n')


def rows(host):
    """What the API says of each domain, by its name and in its order."""
    return {row['domain']: row for row in host.get('/v1/domains')['domains']}


def published(host):
    """The mode and the id of each."""
    return {domain: (row['mode'], row['id']) for domain, row in rows(host).items()}


def count(host, what):
    """How many rows of the state that is."""
    with contextlib.closing(sqlite3.connect(host.state / 'mta-stsd.db')) as connection:
        return connection.execute(f'SELECT count(*) FROM {what}').fetchone()[0]
