# SPDX-License-Identifier: ISC
"""The wall clock of a program under test: it stands still until the test moves it.

Debian's libfaketime; the steady clock, which deadlines and timers go by, is left alone.
"""
import datetime
import os
import pathlib

LIBRARIES = sorted(pathlib.Path('/usr/lib').glob('*/faketime/libfaketimeMT.so.1'))
SHARED = pathlib.Path('/dev/shm')


class Clock:
    def __init__(self, place):
        self._file = place / 'clock'
        # An hour that is full, so that times read well, and ahead, so that it can be set back to one in which the
        # certificates are valid already.
        self._now = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
        self.move(days=2)
        options = os.environ.get('ASAN_OPTIONS')
        self.enter = ['env', 'TZ=UTC', f'LD_PRELOAD={LIBRARIES[0]}', f'FAKETIME_TIMESTAMP_FILE={self._file}',
                      'FAKETIME_NO_CACHE=1', 'FAKETIME_DONT_FAKE_MONOTONIC=1', 'NO_FAKE_STAT=1',
                      # The sanitizer wants to be the first library, and is content with being the second.
                      'ASAN_OPTIONS=' + ':'.join(filter(None, [options, 'verify_asan_link_order=0']))]

    def move(self, **span):
        """Move it by days=, hours=, minutes=, seconds=; less than 0 sets it back."""
        self.set(self._now + datetime.timedelta(**span))

    def set(self, when):
        """Set it to a time, or to one as text of text()."""
        self._now = parse(when) if isinstance(when, str) else when
        new = self._file.with_name('clock.new')
        new.write_text(self._now.strftime('%Y-%m-%d %H:%M:%S\n'))
        os.replace(new, self._file)

    def text(self, **span):
        """The time that it shows, or one a span later, as the program under test writes it."""
        return text(self._now + datetime.timedelta(**span))

    @staticmethod
    def clean_up():
        """Take away what libfaketime leaves of processes that were killed."""
        for path in [*SHARED.glob('faketime_shm_*'), *SHARED.glob('sem.faketime_sem_*')]:
            if not pathlib.Path('/proc', path.name.rpartition('_')[2]).exists():
                path.unlink(missing_ok=True)


def parse(when):
    return datetime.datetime.strptime(when, '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=datetime.timezone.utc)


def text(when):
    return when.strftime('%Y-%m-%dT%H:%M:%SZ')
