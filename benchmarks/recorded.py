"""Reading that was recorded once and is replayed for every scan: what is left is orchestration, storing and signing.

What is replayed is a function of the scan alone, as reading is: worked off twice, a scan makes the same copy.
"""

import pickle
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self
from unittest.mock import patch

from flows import process as line
from pipeline.digitize import Digitized, Unwatched, digitize
from pipeline.seal.copy import UnsignedCopy, make_copy
from pipeline.understand import Understood
from pipeline.workers import Workers
from schemas.settings import Settings
from schemas.submission import SubmittedFile
from sohoa.demo import SCANS

SCAN = SCANS / "birth_certificate_01.jpg"


class Recorded(NamedTuple):
    """What reading a scan came to, and what it cost."""

    digitized: Digitized
    copy: UnsignedCopy
    cpu: float
    """Processor seconds for reading it and making its copy."""

    @classmethod
    def of(cls, settings: Settings, times: int, scan: Path = SCAN) -> Self:
        """Read a scan some times over; return what it says, and what that costs each time."""
        before = cpu(resource.RUSAGE_SELF) + cpu(resource.RUSAGE_CHILDREN)
        with Workers(1, settings.limits) as workers:
            for _ in range(times):
                digitized = digitize(scan, scan.name, workers, settings.limits, Unwatched())
                make = partial(
                    make_copy,
                    title="Giấy khai sinh",
                    made_at=datetime.now(UTC),
                    scanner=settings.scanned_by,
                    agency=settings.agency_name,
                    limits=settings.limits,
                )
                copy = workers.submit(make, scan, digitized.file.media_type, digitized.readings, seconds=55).result()
        after = cpu(resource.RUSAGE_SELF) + cpu(resource.RUSAGE_CHILDREN)
        return cls(digitized, copy, (after - before) / times)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return what was kept."""
        return cls(*pickle.loads(path.read_bytes()))  # noqa: S301 - we wrote it just now

    def keep(self, path: Path) -> None:
        """Keep it for other processes."""
        path.write_bytes(pickle.dumps(tuple(self)))

    @contextmanager
    def replayed(self) -> Iterator[None]:
        """Have the flows of this process find what was recorded, instead of reading."""

        def unsigned(
            _line: object,
            _path: Path,
            _found: object,
            understood: Understood,
            _manifest: object,
            file: SubmittedFile,
            _signer: str,
        ) -> object:
            copy = self.copy._replace(pdf=self.copy.pdf + f"%% {file.sha256}\n".encode())  # each scan has its own copy
            return line._Document(digitized=self.digitized, understood=understood, unsigned=copy)  # noqa: SLF001

        with (
            patch.object(line, "digitize", lambda *_: self.digitized),
            patch.object(line._Line, "_unsigned", unsigned),  # noqa: SLF001
        ):
            yield


def make_inventory(folder: Path, documents: int, scan: Path = SCAN) -> None:
    """Make scans with bytes of their own, and a table with a row for each."""
    folder.mkdir()
    data = scan.read_bytes()
    rows = ["so,nksHoTen,nksNgaySinh,TenFile"]
    for number in range(documents):
        (folder / f"{number:07}.jpg").write_bytes(marked(data, number))
        rows.append(f"{number + 1},BÙI THỊ CHI,25.08.2023,{number:07}.jpg")
    (folder / "so.csv").write_text("\n".join(rows) + "\n", "utf-8")


def marked(scan: bytes, number: int) -> bytes:
    """Return a JPEG with a number of its own, as a comment."""
    comment = b"%020d" % number
    return scan[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + scan[2:]


def cpu(whose: int) -> float:
    """Return the processor seconds of this process, or of its children that have ended."""
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime
