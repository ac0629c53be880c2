# SPDX-License-Identifier: ISC
"""A booted systemd: a root file system in systemd-nspawn, and commands inside it."""
import ctypes
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import threading

from client import fetch
from wait import until

CLONE_NEWNET = 0x40000000

BOOT_SECONDS = 60


class Failed(AssertionError):
    """A command in the machine ended with another status than was expected."""


class Network:
    """A network of its own, which is that of its leader."""

    def __init__(self):
        self.leader = None  # the number, outside, of its first process

    def enter(self):
        """Give this thread's new sockets to that network."""
        with open(f'/proc/{self.leader}/ns/net', 'rb') as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), 'setns')

    def fetch(self, authority, domain, address='127.0.0.1', port=443):
        """What a sender gets."""
        answers = []

        def work():
            self.enter()
            try:
                answers.append(fetch((address, port), authority, domain))
            except OSError as error:
                answers.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        if isinstance(answers[0], OSError):
            raise answers[0]
        return answers[0]


def control_groups(name):
    """Directories of that name for the hierarchies that systemd-nspawn uses, below the group of this process."""
    groups = dict(line.split(':', 1)[1].rsplit(':', 1) for line in pathlib.Path('/proc/self/cgroup').read_text().splitlines())
    for mount in map(str.split, pathlib.Path('/proc/self/mounts').read_text().splitlines()):
        hierarchy = {'cgroup2': '', 'cgroup': 'name=systemd' if 'name=systemd' in mount[3] else None}.get(mount[2])
        if hierarchy in groups:
            yield pathlib.Path(mount[1] + groups[hierarchy]) / name


def remove_control_group(group):
    """With those in it; false while there are processes."""
    try:
        for path, _, _ in os.walk(group, topdown=False):
            os.rmdir(path)
    except OSError:
        return False
    return True


class Machine(Network):
    """A root file system on top of others, which stay as they are."""

    def __init__(self, lowers, place):
        super().__init__()
        self.place = pathlib.Path(place)
        self.root = self.place / 'root'
        self.container = None
        self.groups = []
        self.boots = 0
        for name in ('upper', 'work', 'root'):
            (self.place / name).mkdir()
        subprocess.run(['mount', '-t', 'overlay', 'overlay', '-o',
                        f'lowerdir={":".join(map(str, lowers))},upperdir={self.place}/upper,workdir={self.place}/work', self.root], check=True)

    # ---- life

    def boot(self):
        console = open(self.place / 'console', 'ab')
        environment = dict(os.environ, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY='1')
        name = self._name()
        self.container = subprocess.Popen(
            [*self._enter_groups(name), 'systemd-nspawn', '-q', '-D', self.root, '-b', '--register=no', '--keep-unit',
             '--private-network', '--console=pipe', '--hostname=policy-host', f'--machine={name}'],
            stdin=subprocess.DEVNULL, stdout=console, stderr=console, env=environment)
        console.close()
        self.leader = until(self._find_leader, 'a first process in the machine', BOOT_SECONDS)
        until(lambda: self.run('systemctl', 'is-system-running', check=None).stdout.strip() in ('running', 'degraded'),
              'the machine to boot', BOOT_SECONDS)
        return self

    def _name(self):
        """Another one at each boot: since 257 systemd-nspawn leaves something behind that has it."""
        self.boots += 1
        return f'mta-stsd-{self.place.stat().st_ino}-{self.boots}'

    def _enter_groups(self, name):
        """The head of a command that runs in groups of its own: of two machines in one, each systemd takes all for its own."""
        self.groups = list(control_groups(name))
        for group in self.groups:
            group.mkdir(exist_ok=True)
        return ['sh', '-euc', 'until [ "$1" = -- ]; do echo $$ >"$1/cgroup.procs"; shift; done; shift; exec "$@"', 'sh',
                *self.groups, '--']

    def _find_leader(self):
        assert self.container.poll() is None, (self.place / 'console').read_text(errors='replace')
        children = pathlib.Path(f'/proc/{self.container.pid}/task/{self.container.pid}/children').read_text().split()
        for child in children:
            try:
                if pathlib.Path(f'/proc/{child}/comm').read_text().strip() == 'systemd':
                    return int(child)
            except OSError:  # it was a helper, and is gone
                continue
        return None

    def halt(self):
        if self.container is None:
            return
        if self.container.poll() is None:
            if self.leader is not None:
                self.run('systemctl', 'poweroff', check=None)
            else:
                self.container.terminate()
            try:
                self.container.wait(BOOT_SECONDS)
            except subprocess.TimeoutExpired:
                os.kill(self.leader or self.container.pid, signal.SIGKILL)  # all that is in it goes with the leader
                self.container.wait()
        self.container = None
        until(lambda: all(map(remove_control_group, self.groups)), 'the last process of the machine to end')

    def reboot(self):
        self.halt()
        return self.boot()

    def remove(self):
        self.halt()
        subprocess.run(['umount', self.root], check=True)

    # ---- what happens inside

    def run(self, *command, check=0, user=None, stdin=None, timeout=60):
        """Run a command in the machine; check=None takes any exit status."""
        inside = ['nsenter', '-t', str(self.leader), '-m', '-u', '-i', '-n', '-p', '--root', '--wd']
        if user is not None:
            inside += ['setpriv', f'--reuid={user}', f'--regid={user}', '--init-groups']
        result = subprocess.run([*inside, *command], input=stdin, text=True, timeout=timeout, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT,
                                env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8', 'SYSTEMD_PAGER': ''})
        if check is not None and result.returncode != check:
            raise Failed(f'{shlex.join(map(str, command))}: status {result.returncode}, not {check}\n{result.stdout}')
        return result

    def sh(self, script, *arguments, **more):
        return self.run('sh', '-euc', script, *arguments, **more)

    def say(self, *command, **more):
        """What a command prints."""
        return self.run(*command, **more).stdout

    def write(self, path, text, mode=0o644):
        """Put a file into the machine, all at once."""
        self.sh('mkdir -p "$(dirname "$0")"; umask 077; cat >"$0.new"; chmod "$1" "$0.new"; mv "$0.new" "$0"', path, f'{mode:o}',
                stdin=text)

    def property(self, unit, name):
        return self.say('systemctl', 'show', '-P', name, unit).strip()

    def journal(self, *arguments):
        return self.say('journalctl', '--no-pager', '-q', *arguments)

    # ---- mta-stsd

    def install(self, package):
        """As apt does with a file."""
        shutil.copy(package, self.root / 'root')
        return self.say('env', 'DEBIAN_FRONTEND=noninteractive', 'dpkg', '--install', f'/root/{package.name}', timeout=120)

    def states(self, *units):
        """What each unit does now, and whether it is enabled."""
        return [(self.property(unit, 'ActiveState'), self.property(unit, 'UnitFileState')) for unit in units]

    def target(self, *command):
        """Have systemctl do that to all of mta-stsd, and wait for the units that go along and that it does not wait for."""
        self.run('systemctl', *command, 'mta-stsd.target')
        until(lambda: not self.say('systemctl', 'list-jobs', '--no-legend').strip(), 'the last unit to be done')

    def domain(self, name, mode='enforce'):
        self.write(f'/etc/mta-stsd/domains.d/{name}.conf',
                   f'mode = "{mode}"; max_age = 604800; mx = [ "mail.{name}" ];\n')

    def certify(self, name, pair):
        """Where keys lie that the service's group may read."""
        for path, text in ((f'/etc/mta-stsd/certs/{name}.key', pair.key), (f'/etc/mta-stsd/certs/{name}.crt', pair.chain)):
            self.write(path, text)
            self.run('chmod', '0640', path)
            self.run('chgrp', 'mta-stsd', path)

    def person(self, name, *groups):
        """Somebody who has an account."""
        self.run('useradd', '--system', '--user-group', *(['--groups', ','.join(groups)] if groups else []), name)
        return name

    def pid(self, unit='mta-stsd.service'):
        return int(self.property(unit, 'MainPID'))

    def thread(self, pid, name):
        """The number, outside, of a thread of a process that has this number inside."""
        inside = os.readlink(f'/proc/{self.leader}/ns/pid')
        for process in pathlib.Path('/proc').glob('[0-9]*'):
            try:
                numbers = (process / 'status').read_text().split('NSpid:')[1].split('\n')[0].split()
                if numbers[-1] != str(pid) or os.readlink(process / 'ns/pid') != inside:
                    continue
                for task in (process / 'task').iterdir():
                    if (task / 'comm').read_text().strip() == name:
                        return task.name
            except OSError:  # it is gone
                continue
        raise AssertionError(f'there is no thread {name}')
