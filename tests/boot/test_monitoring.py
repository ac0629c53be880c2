# SPDX-License-Identifier: ISC
"""What monitoring sees: the journal's fields with their explanation, and the metrics."""
import json

ORDER = 'MTA_STS_DOMAIN=example.org'


def entries(machine, *matches):
    lines = machine.journal('-o', 'json', '-u', 'mta-stsd.service', *matches).splitlines()
    return [json.loads(line) for line in lines]


def test_an_order_is_found_in_the_journal_by_its_domain(serving):
    operator = serving.person('olga', 'mta-stsd-operators')
    serving.run('mta-stsctl', 'none', 'example.org', user=operator)

    (entry,) = entries(serving, ORDER, 'MTA_STS_MODE=none')

    assert entry['MTA_STS_ID'] in serving.say('mta-stsctl', 'txt', 'example.org')
    assert entry['MTA_STS_UID'] == serving.say('id', '-u', operator).strip()
    assert entry['PRIORITY'] == '5'
    assert entry['SYSLOG_IDENTIFIER'] == 'mta-stsd'


def test_the_catalog_says_what_to_do(serving):
    serving.run('mta-stsctl', 'none', 'example.org')
    (entry,) = entries(serving, ORDER, 'MTA_STS_MODE=none')

    said = serving.journal('-x', f'MESSAGE_ID={entry["MESSAGE_ID"]}')

    assert 'TXT' in said and entry['MTA_STS_ID'] in said


def test_a_complaint_names_file_and_line_in_fields(serving):
    serving.write('/etc/mta-stsd/domains.d/example.com.conf', 'mode = "testing";\nmax_age = 5000000000;\n')
    serving.run('systemctl', 'reload', 'mta-stsd', check=1)

    found = entries(serving, 'MTA_STS_FILE=/etc/mta-stsd/domains.d/example.com.conf')

    assert found and found[-1]['MTA_STS_LINE'] == '2'
    assert found[-1]['PRIORITY'] == '3'


def test_a_scraper_reads_the_metrics_on_loopback(serving):
    import threading
    import urllib.request
    serving.run('systemctl', 'enable', 'mta-stsd-metrics.socket')
    serving.run('systemctl', 'restart', 'mta-stsd.service')
    got = []

    def scrape():
        serving.enter()
        with urllib.request.urlopen('http://127.0.0.1:9718/metrics', timeout=20) as answer:
            got.append(answer.read().decode())

    thread = threading.Thread(target=scrape)
    thread.start()
    thread.join()
    assert 'mta_stsd_domains{mode="enforce"} 1' in got[0]
    assert got[0].splitlines()[0].startswith('# HELP')
