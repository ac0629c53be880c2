# SPDX-License-Identifier: ISC
"""
A disk that forgets.  It takes the calls of a trace that change files below one directory, and tells what may be there
after the power went: all that was synced, and of the rest any sectors, written in any order; of a directory that was
not synced, the first so many changes.
"""
import os
import pathlib
import re

from tracer import calls

SECTOR = 512
CALLS = 'openat,write,pwrite64,fsync,fdatasync,ftruncate,fallocate,lseek,unlink,rename,mkdir,sendmsg,sendto'
NOT_KNOWN = 'creat,truncate,writev,pwritev,pwritev2,link,linkat,unlinkat,renameat,renameat2,rmdir,symlink,mkdirat,dup'
TRACE = {'calls': f'{CALLS},{NOT_KNOWN}', 'extra': ('-y', '-xx', '-s', '1000000')}
LEFT_OUT = ('reserve', 'mta-stsd.db-shm')  # what a start makes anew
HEX = r'((?:\\x[0-9a-f]{2})*)'
FD = rf'(\d+)<{HEX}>'
LINES = {
    'openat': rf'openat\(\w+<{HEX}>, "{HEX}", (\S+?)(?:, \d+)?\) = {FD}',
    'write': rf'write\({FD}, "{HEX}", \d+\) = (\d+)',
    'pwrite64': rf'pwrite64\({FD}, "{HEX}", \d+, (\d+)\) = (\d+)',
    'fsync': rf'fsync\({FD}\) = 0',
    'fdatasync': rf'fdatasync\({FD}\) = 0',
    'ftruncate': rf'ftruncate\({FD}, (\d+)\) = 0',
    'fallocate': rf'fallocate\({FD}, 0, (\d+), (\d+)\) = 0',
    'lseek': rf'lseek\({FD}, \d+, \w+\) = (\d+)',
    'unlink': rf'unlink\("{HEX}"\) = 0',
    'rename': rf'rename\("{HEX}", "{HEX}"\) = 0',
    'mkdir': rf'mkdir\("{HEX}", \d+\) = 0',
}
DONE = re.compile(r'\) += \d')  # neither refused nor, at the daemon's end, without a result
ANSWER = re.compile(r'send(msg|to)\(.*"' + re.escape(''.join(f'\\x{byte:02x}' for byte in b'HTTP/1.1')))


def steps(trace, root):
    """The calls of a trace that change what is below root, or answer an operator, in turn: (name, arguments)."""
    inside = ''.join(f'\\x{byte:02x}' for byte in os.fsencode(root))
    here = ''.join(f'\\x{byte:02x}' for byte in b'/proc/self/cwd/' + os.fsencode(root.name))
    for name, line in calls(trace):
        about = line.partition('"')[0] if 'write' in name else line  # and not what is written
        if ANSWER.match(line):
            yield 'answer', ()
        elif DONE.search(line) and (inside in about or here in about):
            match = re.match(LINES.get(name, '(?!)'), line)
            if not match:
                raise ValueError(f'a call that the disk does not know: {line[:300]}')
            yield name, tuple(plain(group) for group in match.groups())


def plain(group):
    """Bytes of what is in hexadecimal, numbers of digits."""
    if group.startswith('\\x') or not group:
        return bytes.fromhex(group.replace('\\x', ''))
    return int(group) if group.isdigit() else group


class File:
    def __init__(self, content=b''):
        self.content = content  # that is on disk
        self.pending = []  # (offset, bytes), or (size, None), since then

    def sync(self):
        self.content = self._with(self.pending)
        self.pending = []

    def left(self, random):
        """Its content after the power went."""
        kept = random.choice((0, 0.1, 0.5, 0.9, 1))
        parts = [part for change in self.pending for part in sectors(*change) if random.random() < kept]
        random.shuffle(parts)
        return self._with(parts)

    def _with(self, changes):
        content = bytearray(self.content)
        for offset, data in changes:
            content.extend(bytes(max(0, offset - len(content))))
            if data is None:
                del content[offset:]
            else:
                content[offset:offset + len(data)] = data
        return bytes(content)


def sectors(offset, data):
    if data is None:
        yield offset, None
        return
    end = offset + len(data)
    for start in range(offset - offset % SECTOR, end, SECTOR):
        first, last = max(start, offset), min(start + SECTOR, end)
        yield first, data[first - offset:last - offset]


class Disk:
    def __init__(self, like, root):
        """A copy of a directory, all on disk, under the name that it has in the trace."""
        self._root = pathlib.Path(root)
        self._names = {self._root: {}}  # of each directory {name: File, or None of a directory}, as they are now
        self._pending = {}  # of each directory the changes of names since it was synced, each {name: File or None}
        self._open = {}  # number: [File or path of a directory, position]
        for path in sorted(like.rglob('*')):
            self._put(self._root / path.relative_to(like), None if path.is_dir() else File(path.read_bytes()))
        self._safe = {path: dict(names) for path, names in self._names.items()}
        self._pending.clear()

    def _change(self, directory, change):
        self._pending.setdefault(directory, []).append(change)
        apply(self._names[directory], change)

    def _put(self, path, file):
        if file is None:
            self._names.setdefault(path, {})
        self._change(path.parent, {path.name: file})

    def _path(self, name):
        """Below the root, or None."""
        path = pathlib.Path(os.fsdecode(name.replace(b'/proc/self/cwd', os.fsencode(self._root.parent))))
        return path if path == self._root or self._root in path.parents else None

    def do(self, name, arguments):
        getattr(self, '_' + name)(*arguments)

    def _answer(self):
        pass

    def _openat(self, _, __, flags, number, name):
        path = self._path(name)
        if path is None:
            return
        if path in self._names:
            self._open[number] = [path, 0]
            return
        file = self._names[path.parent].get(path.name)
        if file is None:
            file = File()
            self._put(path, file)
        if 'O_TRUNC' in flags:
            file.pending.append((0, None))
        self._open[number] = [file, 0]

    def _write(self, number, _, data, length):
        file, position = self._open[number]
        self._open[number][1] += length
        file.pending.append((position, data[:length]))

    def _pwrite64(self, number, _, data, offset, length):
        self._open[number][0].pending.append((offset, data[:length]))

    def _ftruncate(self, number, _, size):
        self._open[number][0].pending.append((size, None))

    def _fallocate(self, number, _, offset, length):
        """Only of the reserve, which is left out."""

    def _lseek(self, number, _, position):
        self._open[number][1] = position

    def _fsync(self, number, _):
        what = self._open[number][0]
        if isinstance(what, File):
            what.sync()
            return
        for change in self._pending.pop(what, ()):
            apply(self._safe.setdefault(what, {}), change)

    _fdatasync = _fsync

    def _unlink(self, name):
        path = self._path(name)
        if path:
            self._change(path.parent, {path.name: GONE})

    def _rename(self, old, new):
        old, new = self._path(old), self._path(new)
        assert old.parent == new.parent, 'a move between directories'
        self._change(old.parent, {old.name: GONE, new.name: self._names[old.parent][old.name]})

    def _mkdir(self, name):
        self._put(self._path(name), None)

    def write(self, place, random, path=None):
        """Make in a place what may be left."""
        path = path or self._root
        names = dict(self._safe.get(path, {}))
        pending = self._pending.get(path, [])
        for change in pending[:random.randint(0, len(pending))]:
            apply(names, change)
        place.mkdir(mode=0o700)
        for name, file in sorted(names.items()):
            if file is None:
                self.write(place / name, random, path / name)
            elif name not in LEFT_OUT:
                (place / name).write_bytes(file.left(random))
                (place / name).chmod(0o600)


GONE = object()


def apply(names, change):
    for name, file in change.items():
        if file is GONE:
            names.pop(name, None)
        else:
            names[name] = file
