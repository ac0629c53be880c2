# SPDX-License-Identifier: ISC
"""The machine fails in the middle of an order."""
import http.client
import random
import threading

DOMAIN = 'example.test'


class Order(threading.Thread):
    """One switch, asked for in a thread of its own."""

    def __init__(self, host, max_age):
        super().__init__()
        self.acknowledged = None  # the revision that was said to be done
        self.begun = threading.Event()
        self._host = host
        self._max_age = max_age

    def run(self):
        self.begun.set()
        try:
            answer = self._host.switch('none', DOMAIN, max_age=self._max_age)
        except (OSError, ValueError, http.client.HTTPException):  # it died before it answered, or while
            return
        self.acknowledged = answer['changes'][0]['after']


def published(host):
    """What is served, to the operator and to the world, which must be one."""
    row = host.show(DOMAIN)
    host.serves(DOMAIN, row['policy'].encode())
    return {key: row[key] for key in ('mode', 'max_age', 'id')}


def test_after_each_kill_the_acknowledged_policy_is_served(example, rounds):
    chance = random.Random(8461)
    patience = 0.002  # seconds: follows how long an order takes here, so that half of the kills fall into one
    before = published(example)
    ids = {before['id']}
    acknowledged = 0
    for max_age in range(1000, 1000 + rounds(200)):
        order = Order(example, max_age)
        order.start()
        order.begun.wait()
        order.join(patience * chance.uniform(0, 2))
        example.process.kill()
        order.join()
        example.start()

        after = published(example)
        if order.acknowledged:
            acknowledged += 1
            assert after == order.acknowledged
        else:
            assert after == before or (after['mode'], after['max_age']) == ('none', max_age)
        assert after == before or after['id'] not in ids
        ids.add(after['id'])
        before = after
        patience *= 0.9 if order.acknowledged else 1.1
    assert rounds(200) / 10 < acknowledged < rounds(200) * 9 / 10, 'the kills did not fall into the orders'
