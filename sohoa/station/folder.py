"""The scanning folder: any scanning software writes into it; every file is taken once, in order, when it is whole.

A file is claimed by renaming it into a folder of this station's own, so that of two stations on one folder only one
takes it. Files are taken in the order in which they came: one that is not whole holds up those behind it, for a
separator sheet among them would send all others to the wrong dossier.
"""

import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from schemas.problem import STATION_FULL, ProblemError
from schemas.settings import ScanningSettings
from sohoa.station import durable, pictures
from sohoa.station.dossiers import Dossiers, StillWrittenError
from sohoa.station.home import Home

REFUSED = ".refused"
"""What the name of a file ends in that cannot be taken. A person deletes it."""
_SUFFIXES = frozenset([".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff"])
_NUMBERS = re.compile(r"(\d+)")
_KEPT_OF_NAME = 80
_FULL = "Đĩa của máy này đã đầy: dọn bớt rồi tệp quét sẽ tự được nhận"
_REASONS = {
    "file-type-unknown": "không phải tệp quét",
    "file-too-large": "tệp quá lớn",
    "file-encrypted": "tệp có mật khẩu",
    "too-many-pages": "tệp có quá nhiều trang",
    "page-too-large": "trang có quá nhiều điểm ảnh",
}
"""What a clerk reads; all else is a damaged file."""


class _Seen(NamedTuple):
    """A file as it was when it last changed."""

    order: int
    size: int
    changed_ns: int
    since: float
    """When it was first seen like this, by the clock that only grows."""


class FolderSource:
    """Takes what comes into one folder."""

    def __init__(
        self,
        folder: Path,
        home: Home,
        dossiers: Dossiers,
        settings: ScanningSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch *folder*, which must be there, for the station that lives in *home*.

        Raises:
            OSError: the folder is not there, or this user may not write in it.
        """
        self._folder = folder
        self._claims = folder / f".sohoa-{home.tag}"
        self._dossiers = dossiers
        self._settings = settings
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._came = 0
        self._claims.mkdir(mode=0o700, exist_ok=True)
        self._told = dict(dossiers.complaints())

    def step(self) -> int:
        """Take what is ready; return how many pages that was. What is not is looked at again the next time.

        Raises:
            OSError: the folder went away.
        """
        refused = [place for place in self._told if place.endswith(REFUSED) and (self._folder / place).exists()]
        troubles = {place: self._told[place] for place in refused}
        pages = 0
        try:
            for claim in sorted(self._claims.iterdir()):  # where an earlier run was interrupted
                pages += self._take(claim, troubles)
            for name in self._waiting():
                if not self._is_ready(name, troubles):
                    break
                claimed = self._claim(name)
                if claimed:
                    pages += self._take(claimed, troubles)
        except _HeldUpError as held:
            troubles[""] = str(held)
        except StillWrittenError:
            pass  # it is claimed, and waits there
        if troubles != self._told:
            self._dossiers.complain(troubles)
            self._told = troubles
        return pages

    def _waiting(self) -> list[str]:
        """Return the names of scans in the order in which they came; at once: by the numbers in their names."""
        found = dict(self._scans())
        now = self._clock()
        seen: dict[str, _Seen] = {}
        for name in sorted(found, key=_by_numbers):
            size, changed = found[name].st_size, found[name].st_mtime_ns
            before = self._seen.get(name)
            if before and (before.size, before.changed_ns) == (size, changed):
                seen[name] = before
            else:
                self._came += 1
                seen[name] = _Seen(before.order if before else self._came, size, changed, now)
        self._seen = seen
        return sorted(seen, key=lambda name: seen[name].order)

    def _scans(self) -> Iterator[tuple[str, os.stat_result]]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if Path(entry.name).suffix.lower() not in _SUFFIXES or entry.name.startswith("."):
                    continue
                with suppress(FileNotFoundError):  # another station has just claimed it
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        yield entry.name, status

    def _is_ready(self, name: str, troubles: dict[str, str]) -> bool:
        age = self._clock() - self._seen[name].since
        try:
            ready = age >= self._settings.settle_seconds and pictures.is_whole(self._folder / name)
        except FileNotFoundError:
            return True  # somebody else took it; claiming will notice
        except OSError:
            ready = False  # the scanning software still has it
        if not ready and age >= max(self._settings.patience_seconds, self._settings.settle_seconds):
            troubles[name] = f"Tệp {name} chưa ghi xong hoặc bị hỏng: quét lại trang đó, rồi xóa tệp"
        return ready

    def _claim(self, name: str) -> Path | None:
        """Make a file ours alone; None: somebody else was first, or the scanning software still has it."""
        claimed = self._claims / f"{secrets.token_hex(8)}-{name[-_KEPT_OF_NAME:]}"
        try:
            (self._folder / name).rename(claimed)
        except (FileNotFoundError, PermissionError):
            return None
        durable.sync_folder(self._claims)
        durable.sync_folder(self._folder)  # or else a power cut could bring it back under its old name
        return claimed

    def _take(self, claimed: Path, troubles: dict[str, str]) -> int:
        try:
            pages = self._dossiers.take(claimed.name, claimed)
        except ProblemError as error:
            if error.kind == STATION_FULL:
                raise _HeldUpError(_FULL) from error
            self._refuse(claimed, error, troubles)
            return 0
        except OSError as error:
            raise _HeldUpError(f"Máy này không đọc hoặc không ghi được: {error.strerror}") from error
        claimed.unlink()
        durable.sync_folder(self._claims)
        self._dossiers.forget(claimed.name)
        return pages

    def _refuse(self, claimed: Path, error: ProblemError, troubles: dict[str, str]) -> None:
        """Put a file back where a person sees it, under a name that is not taken again."""
        name = claimed.name.partition("-")[2]
        place = f"{name}{REFUSED}"
        if (self._folder / place).exists():
            place = f"{claimed.name}{REFUSED}"
        reason = _REASONS.get(error.kind.slug, "tệp bị hỏng")
        troubles[place] = f"Không nhận được tệp {name}: {reason}. Quét lại trang đó, rồi xóa tệp {place}"
        self._dossiers.complain(troubles)  # before the file is gone from here: a page that is missing must be told
        claimed.rename(self._folder / place)


class _HeldUpError(Exception):
    """Nothing more can be taken now; says why in Vietnamese."""


def _by_numbers(name: str) -> list[tuple[int, str]]:
    """Return a key by which scan2 comes before scan10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _NUMBERS.split(name)]
