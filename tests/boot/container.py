# SPDX-License-Identifier: ISC
"""What an engine does with the image, by bubblewrap: its entry point as process 1, as any user, on a root that is read-only."""
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import tarfile

from machine import Network
from wait import until

NAMESPACES = ['--unshare-user', '--unshare-pid', '--as-pid-1', '--unshare-net', '--unshare-ipc', '--unshare-uts']


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Image:
    """An archive as docker save writes it, with one layer; unpacked into a directory."""

    def __init__(self, archive, root):
        with tarfile.open(archive) as tar:
            def read(name):
                return tar.extractfile(name).read()

            (self.manifest,) = json.loads(read('manifest.json'))
            config = read(self.manifest['Config'])
            (layer,) = map(read, self.manifest['Layers'])
        self.whole = json.loads(config)
        assert self.manifest['Config'] == digest(config) + '.json'
        assert self.whole['rootfs']['diff_ids'] == ['sha256:' + digest(layer)]
        self.config = self.whole['config']
        self.root = pathlib.Path(root)
        self.root.mkdir()
        subprocess.run(['tar', '-C', self.root, '--numeric-owner', '-xpf', '-'], input=layer, check=True)


class Container(Network):
    """The image's entry point with a volume for the state, and with domains and certificates that it can only read."""

    def __init__(self, image, place, uid):
        super().__init__()
        self.image = image
        self.place = pathlib.Path(place)
        self.uid = uid
        self.environment = dict(one.split('=', 1) for one in image.config['Env'])
        self.process = None
        for name in ('state', 'domains.d', 'certs'):
            (self.place / name).mkdir(mode=0o700)
            os.chown(self.place / name, uid, uid)

    @property
    def log(self):
        return (self.place / 'log').read_text()

    def _command(self, *arguments):
        """What becomes process 1: nothing outside of the volume can be written, and the environment is the image's."""
        volume, = self.image.config['Volumes']
        return ['setpriv', f'--reuid={self.uid}', f'--regid={self.uid}', '--clear-groups',
                'bwrap', *NAMESPACES, '--die-with-parent', '--cap-drop', 'ALL', '--chdir', self.image.config['WorkingDir'],
                '--ro-bind', self.image.root, '/', '--proc', '/proc', '--dev', '/dev', '--remount-ro', '/dev',
                '--bind', self.place / 'state', volume, '--ro-bind', self.place / 'domains.d', '/etc/mta-stsd/domains.d',
                '--ro-bind', self.place / 'certs', '/etc/mta-stsd/certs', *arguments]

    def start(self):
        told, tell = os.pipe()
        with open(self.place / 'log', 'wb') as log:
            self.process = subprocess.Popen(
                self._command('--info-fd', str(tell), *self.image.config['Entrypoint']), pass_fds=[tell],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        os.close(tell)
        with open(told, encoding='ascii') as info:
            said = info.read()
        assert said, self.log  # nothing was started
        self.leader = json.loads(said)['child-pid']
        until(self._is_ready, lambda: f'the container: {self.log}')
        return self

    def once(self, *arguments):
        """The entry point with arguments, until it ends; what it says."""
        return subprocess.run(self._command(*self.image.config['Entrypoint'], *arguments), check=True, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.environment).stdout

    def _is_ready(self):
        assert self.process.poll() is None, self.log
        return 'mta-stsd, ready' in self.log

    def run(self, *command, check=0):
        """What an engine's exec does, as the same user."""
        result = subprocess.run(['nsenter', '-t', str(self.leader), '-m', '-u', '-i', '-n', '-p', '--root', '--wd',
                                 '-S', str(self.uid), '-G', str(self.uid), *command],
                                env=self.environment, text=True, timeout=60, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert result.returncode == check, result.stdout
        return result.stdout

    def health(self):
        """Run the image's health check."""
        form, *command = self.image.config['Healthcheck']['Test']
        assert form == 'CMD'  # without a shell, which is not there
        return self.run(*command)

    def signal(self, name):
        os.kill(self.leader, signal.Signals[name])

    def stop(self):
        """As engines do; the exit status."""
        self.signal(self.image.config['StopSignal'])
        return self.process.wait(timeout=60)

    def remove(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()  # and with it, what it has started
            self.process.wait()
