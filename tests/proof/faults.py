# SPDX-License-Identifier: ISC
"""
An error at each system call of each order, once or from there on, and writes that fall short: what the daemon says and
serves then is right without a restart, too, its next order works, and a restart changes nothing.
"""
import collections
import errno

import points
import preload
import world as small
from orders import Switch
from proof import Result

# error   calls that may fail with it; not fcntl, for who unlocks is never refused
ERRORS = {
    'EIO': 'read pread64 write pwrite64 fsync fdatasync ftruncate fallocate openat unlink rename mkdir newfstatat lseek'
           ' getdents64 close flock access readlink sendmsg recvfrom sendto bind listen',
    'ENOSPC': 'write pwrite64 fsync fdatasync ftruncate fallocate openat rename mkdir bind',
    'EINTR': 'read pread64 write pwrite64 fsync fdatasync ftruncate fallocate openat flock epoll_wait poll accept4'
             ' recvfrom sendmsg sendto',
    'EMFILE': 'openat socket socketpair accept4 epoll_create1 eventfd2 signalfd4',
    'short': 'write pwrite64 sendto',
}
# What strace cannot do: a call that is made and falls short or fails, and errors of all writes but to an event's counter
BELOW = {('short', 'write'): preload.WRITE, ('short', 'pwrite64'): preload.PWRITE64, ('short', 'sendto'): preload.SENDTO,
         ('EIO', 'close'): preload.CLOSE, ('EIO', 'write'): preload.WRITE, ('ENOSPC', 'write'): preload.WRITE,
         ('EINTR', 'write'): preload.WRITE}

PATIENCE = 2  # seconds that an order waits while a fault goes on


def faults_of(point):
    for error, calls in ERRORS.items():
        if point.call in calls.split():
            yield error
            if error not in ('EINTR', 'short'):
                yield error + '+'


def enumerate_points(proof, prepared):
    for point in points.enumerate_points(proof, prepared):
        for fault in faults_of(point):
            yield point._replace(fault=fault)


class Next(Switch):
    """The order after the fault."""

    def run(self, world):
        return world.order('POST', '/v1/switch', {'mode': 'none', 'domains': self.domains, 'max_age': 7777})

    def wanted(self, name):
        return small.client.policy('none', max_age=7777).decode()


NEXT = Next('next', [small.FILL])


class Nothing(Switch):
    commands = ()

    def is_new(self, world, before, after):
        return False


NOTHING = Nothing('nothing', [])


def strike(proof, prepared, point):
    """Returns what is wrong, and how the daemon ended, if it did."""
    state, facts = prepared[point.state]
    strike = points.Strike(state, point.order)
    error, on, _ = point.fault.partition('+')
    if (error, point.call) in BELOW:
        strike.arm_below(BELOW[error, point.call], point.number, bool(on), getattr(errno, error, 0))
    else:
        strike.arm(inject=f'{point.call}:error={error}:when={point.number}{on}')
    strike.run(PATIENCE)
    return judge(strike, facts, ended)


def judge(strike, facts, ended):
    """What is wrong now and after a restart, and how the daemon ended, if it did: ended() says what is wrong with that."""
    world, order = strike.world, strike.order
    strike.detach()
    if order.name == 'stop':
        world.process.wait()
    elif world.process.runs:
        strike.settle()
    if world.process.runs:
        return judge_running(strike, strike.before or facts), None
    status = strike.end()
    return [*ended(world.process, order, status), *strike.judge(facts)], status


def judge_running(strike, before):
    """It is right as it is, its next order works, and a restart changes nothing."""
    world, order = strike.world, strike.order
    if world.get('/v1/status')['store'] not in ('ok', 'doubtful'):  # it takes no orders before a restart, and says so
        wrong = [*small.reports(world), *small.wrongly_served(world, before, order)]
        strike.end()
        return [*wrong, *strike.judge(before)]
    now = small.Facts(world)
    wrong = small.judge(world, before, order, strike.outcome, settled=False, after=now)
    if order.settles and order.is_new(world, before, now) is not True:  # what failed can be done now
        world.reload()
        now = small.Facts(world)
        wrong += small.judge(world, before, order, small.Outcome('done'), settled=False, after=now)
    now.status = before.status
    outcome = NEXT.run(world)
    if outcome.kind != 'done':
        wrong.append(f'the next order: {outcome}')
    wrong += small.judge(world, now, NEXT, outcome, settled=False)
    last = small.Facts(world)
    wrong += small.reports(world)
    strike.end()
    world.start()
    last.status = before.status
    wrong += small.judge(world, last, NOTHING, small.Outcome('unknown'))
    world.kill()
    return wrong


def ended(process, order, status):
    """An error is a reason not to start, and for nothing else to end."""
    if status is not None and status < 0:
        yield f'died of signal {-status}'
    elif order.name not in ('start', 'stop'):
        yield f'ended with status {status}'


def run(proof):
    prepared = points.begin(proof)
    chosen = proof.sample(enumerate_points(proof, prepared), most=4000)
    proof.say(f'{len(chosen)} faults')
    ends = collections.Counter()
    for point, (complaints, status) in proof.each(chosen, lambda point: strike(proof, prepared, point)):
        if status is not None:
            ends[point.order, status] += 1
        if complaints:
            proof.wrong(point, '; '.join(complaints))
    proof.say('ended by itself: ' + (', '.join(f'{order} {count} times with {status}' for (order, status), count
                                               in sorted(ends.items())) or 'never'))
    return Result(len(chosen), len(proof.wrongs))
