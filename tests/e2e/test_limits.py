# SPDX-License-Identifier: ISC
"""More clients than there is room for."""
import socket

from client import policy
from wait import DEADLINE

ENFORCE = policy('enforce', ['mail.example.test'])


def hold(host, count):
    """Connections that say nothing."""
    return [socket.create_connection(host.addresses[0], timeout=DEADLINE) for _ in range(count)]


def release(held):
    for sock in held:
        sock.close()


def test_without_free_descriptors_switching_and_serving_go_on(host):
    """At a limit of 100 open files 120 silent clients are too many; those who dally make room."""
    host.prefix = ['prlimit', '--nofile=100:100']
    host.configure(max_connections_per_client=1000)
    host.domain('example.test')
    host.certify('example.test')
    host.start()
    held = hold(host, 120)
    try:
        host.serves('example.test', ENFORCE)
        host.ctl('none', 'example.test')
        host.serves('example.test', policy('none', (), 86400))
    finally:
        release(held)


def test_one_client_cannot_take_the_places_of_others(host):
    host.configure(listen=['127.0.0.1:0', '[::1]:0'], max_connections_per_client=5)
    host.domain('example.test')
    host.certify('example.test')
    host.start()
    held = hold(host, 20)
    try:
        answer = host.fetch('example.test', 1)
        assert (answer.status, answer.body) == (200, ENFORCE)
    finally:
        release(held)
