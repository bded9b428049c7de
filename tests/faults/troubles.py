"""What befalls machines beside being killed, and passes: a line is cut, a disk is full, a clock goes wrong."""

import errno
import os
import random
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.faults.line import BadLine

_STEP = 1024**2
_WRONG_BY = (-86_400, -3600, -90, 90, 3600, 86_400)
"""Seconds by which clocks go wrong: an S3 server refuses whoever is wrong by a quarter of an hour."""
_LONGEST_SECONDS = 12.0
"""Of a trouble: longer than a request is waited for, shorter than anybody despairs."""


class Trouble(NamedTuple):
    """Something that begins and ends."""

    begin: Callable[[], None]
    end: Callable[[], None]


class Troubles:
    """Everything that can befall the machines of a scene, one thing at a time. `had` counts it by name."""

    def __init__(self, folder: Path, most: int, every: float, seed: int) -> None:
        """Nothing befalls anybody until it is tended.

        Args:
            folder: for files of ours.
            most: how many there will be; of none, there are no lines, disks and clocks of their own either.
            every: seconds between two of them, on average.
            seed: of the lot.
        """
        self.had: Counter[str] = Counter()
        self._folder, self._most, self._every = folder, most, every
        self._random = random.Random(seed)
        self._stack = ExitStack()
        self._all: dict[str, Trouble] = {}
        self._now: Trouble | None = None
        self._next = 0.0
        self._library = _clock_library(folder) if most else None

    # --- what can befall whom ------------------------------------------------------------------------------------
    def line(self, name: str, port: int) -> int:
        """Return the port of a line to that one, which may be cut."""
        if not self._most:
            return port
        line = BadLine(("127.0.0.1", port))
        self._stack.callback(line.close)
        self._all[f"line to {name}"] = Trouble(line.break_off, line.heal)
        return line.port

    def disk(self, name: str, folder: Path, size: int, afterwards: Callable[[], None] = lambda: None) -> None:
        """Put a disk of its own under an empty folder, where we may mount; it may run full.

        Args:
            name: whose it is.
            folder: what it holds.
            size: bytes.
            afterwards: what has to be done when there is room again.
        """
        disk = self._stack.enter_context(Disk.under(folder, size)) if self._most else None
        if disk is not None:

            def clear() -> None:
                disk.clear()
                afterwards()

            self._all[f"disk of {name}"] = Trouble(disk.fill, clear)
        elif self._most:
            print(f"The disk of {name} will not be full: nobody may mount here", file=sys.stderr)

    def clock(self, name: str) -> Mapping[str, str]:
        """Return what has to be in the environment of a process, so that its clock may go wrong."""
        if self._library is None:
            return {}
        clock = Clock(self._folder / f"{name}.clock")
        wrong = lambda: clock.set(self._random.choice(_WRONG_BY))  # noqa: E731 - it is a word of the table
        self._all[f"clock of {name}"] = Trouble(wrong, lambda: clock.set(0))
        return {"LD_PRELOAD": str(self._library), "WRONG_BY": str(clock.file)}

    # --- what does -----------------------------------------------------------------------------------------------
    def tend(self, now: float) -> None:
        """End the trouble that there is, or begin one, when its time has come; kinds come equally often.

        Args:
            now: seconds, of a clock that is never wrong.
        """
        if now < self._next:
            return
        if self._now is not None:
            self._now.end()
            self._now = None
        elif self._next and self.had.total() < self._most:
            kind = self._random.choice(sorted({name.partition(" ")[0] for name in self._all}))
            name = self._random.choice([name for name in self._all if name.startswith(kind)])
            self.had[name] += 1
            self._now = self._all[name]
            self._now.begin()
        self._next = now + self._random.uniform(1, _LONGEST_SECONDS if self._now else 2 * self._every)

    def end(self) -> None:
        """End all of them."""
        for trouble in self._all.values():
            trouble.end()

    def close(self) -> None:
        """Take lines and disks away; whoever uses them has ended."""
        self._stack.close()


class Disk:
    """A small disk of its own under a folder, in memory (tmpfs): needs the right to mount, so mostly root."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    @classmethod
    @contextmanager
    def under(cls, folder: Path, size: int) -> Iterator["Disk | None"]:
        """Put it there for as long as the context lasts; None where nobody may.

        Args:
            folder: an empty one.
            size: bytes.
        """
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", folder]
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            yield None
            return
        try:
            yield cls(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)

    def fill(self) -> None:
        """Leave no room."""
        with self._ballast.open("ab") as ballast:
            room = os.statvfs(ballast.fileno())
            free = room.f_bavail * room.f_frsize
            while free > 0:
                try:
                    os.posix_fallocate(ballast.fileno(), 0, free)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    free -= _STEP  # somebody else was faster
                else:
                    return

    def clear(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)


class Clock:
    """A wall clock of some processes: those that load the library, and are told of the file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.write_bytes(struct.pack("q", 0))

    def set(self, wrong_by: int) -> None:
        """Have it wrong by so many seconds, from now on."""
        with self.file.open("r+b") as file:
            file.write(struct.pack("q", wrong_by))


def _clock_library(folder: Path) -> Path | None:
    """Build what changes clocks; None where there is no C compiler."""
    made = folder / "clock.so"
    try:
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", made, Path(__file__).with_name("clock.c")], check=True)
    except FileNotFoundError:
        print("No clock will be wrong: there is no C compiler here", file=sys.stderr)
        return None
    return made
