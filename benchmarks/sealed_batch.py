"""`make bench-batch`: ten thousand copies, signed, recorded and proven under one time-stamp, beside bare pyHanko.

Everything is real but the paper: copies and records go the way that they go in a house, into a store in a folder, and
evidence is made by the flow that makes it. Bare pyHanko signs the same copies, some of them, and has each one
time-stamped alone, as those do who know no evidence records. What counts is processor time of this process, and the
ratio: the authority runs in another one. At the end some records are verified as `sohoa verify` does it.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import NamedTuple, ParamSpec, TypeVar

from benchmarks.run import table
from benchmarks.sealing import Told, authorities_apart, bare_signed, bare_stamped, signers_of
from flows.evidence import prove
from flows.house import House
from flows.keyring import Keyring
from pipeline.seal.copy import UnsignedCopy, make_copy
from schemas.digest import sha256_hex
from schemas.page import PageReading
from schemas.problem import Exit
from schemas.record import Origin, record_id
from schemas.settings import Limits, Settings, SignerSettings, SigningSettings
from sohoa.verifying import verify_target
from storage import keys
from tests.pipeline.seal.scans import AGENCY, AT, LINES, SCANNER, reading, saved, sheet
from tests.storage.examples import record

T = TypeVar("T")
Arguments = ParamSpec("Arguments")

_KEY = "rsa"
_SIZE = (600, 420)
"""Pixels of the scan, at 100 dpi: a small paper."""
_COLUMNS = ("step", "CPU ms a copy", "bare pyHanko", "× bare")


class _Cost(NamedTuple):
    """CPU seconds of each copy."""

    signing: list[float]
    recording: list[float]
    bare_signing: list[float]
    bare_stamping: list[float]


def main() -> None:
    """Measure, and print Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--copies", type=int, default=10_000)
    arguments.add_argument("--bare", type=int, default=200, help="how many of them bare pyHanko signs and stamps too")
    arguments.add_argument("--check", type=int, default=50, help="how many of them are verified at the end")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch, authorities_apart(Path(scratch)) as told:
        settings = _settings(told, Path(scratch))
        house, keyring = House.open(settings, needs_catalog=False), Keyring.open(settings, _now())
        cost = _sealed(house, keyring, told, Path(scratch), chosen.copies, chosen.bare)
        start = time.process_time()
        proven = list(prove(house))
        proving = (time.process_time() - start) / chosen.copies
        print(table(_COLUMNS, _rows(cost, proving)))
        print(f"\n{_tally(house, proven, chosen.copies, chosen.check)}")


def _settings(told: Told, folder: Path) -> Settings:
    pkcs12, root = folder / "key.p12", folder / "root.pem"
    pkcs12.write_bytes(told.files[_KEY])
    root.write_bytes(told.root)
    signer = SignerSettings(pkcs12=pkcs12)
    signing = SigningSettings(scanner=signer, agency=signer, trust=(root,), evidence="sha256", time_stamps=told.tsa)
    return Settings(home=folder / "home", signing=signing)


def _sealed(house: House, keyring: Keyring, told: Told, folder: Path, copies: int, bare: int) -> _Cost:
    """Seal so many copies of one scan, each with a title and a record of its own; return what that cost."""
    picture, words = sheet(size=_SIZE, top=60, lines=LINES[:4])  # type: ignore[no-untyped-call]
    scan = saved(picture, folder / "scan.jpg", quality=70)
    data = scan.read_bytes()
    house.store.put(keys.file(sha256_hex(data)), data)
    page = reading(words, size=_SIZE)  # type: ignore[no-untyped-call]
    _, bare_signer = signers_of(told, _KEY, "file")
    cost = _Cost([], [], [], [])
    every = max(1, copies // max(1, bare))
    for number in range(1, copies + 1):
        unsigned = _unsigned(scan, page, number)
        seconds, copy = _timed(house.warehouse.keep_copy, unsigned.pdf, keyring.sealing(unsigned, AT, _now))
        cost.signing.append(seconds)
        origin = Origin(file_sha256=sha256_hex(data), pages=(number,))
        made = record(copy_=copy, origin=origin, record_id=record_id(origin))
        cost.recording.append(_timed(house.warehouse.keep_record, made, keyring.signing(_now))[0])
        if number % every == 0:
            seconds, signed = _timed(bare_signed, bare_signer, unsigned, unsigned.pdf)
            cost.bare_signing.append(seconds)
            cost.bare_stamping.append(_timed(bare_stamped, told, signed)[0])
    return cost


def _unsigned(scan: Path, page: PageReading, number: int) -> UnsignedCopy:
    title = f"Bản sao {number}"
    return make_copy(
        scan, "image/jpeg", [page], title=title, made_at=AT, scanner=SCANNER, agency=AGENCY, limits=Limits()
    )


def _timed(work: Callable[Arguments, T], *args: Arguments.args, **kwargs: Arguments.kwargs) -> tuple[float, T]:
    start = time.process_time()
    made = work(*args, **kwargs)
    return time.process_time() - start, made


def _rows(cost: _Cost, proving: float) -> list[list[str]]:
    signing, recording = mean(cost.signing), mean(cost.recording)
    bare_signing, bare_stamping = mean(cost.bare_signing), mean(cost.bare_stamping)
    return [
        _row("both signatures on the copy, and storing it", signing, bare_signing),
        _row("the record, signed and stored", recording, None),
        _row("proof of the time: evidence, or a time-stamp in each copy", proving, bare_stamping),
        _row("copies signed and proven", signing + proving, bare_signing + bare_stamping),
    ]


def _row(step: str, ours: float, bare: float | None) -> list[str]:
    beside = ["–", "–"] if bare is None else [f"{1000 * bare:.2f}", f"{ours / bare:.3f}"]
    return [step, f"{1000 * ours:.2f}", *beside]


def _tally(house: House, proven: list[str], copies: int, check: int) -> str:
    """Return how many have evidence, under how many time-stamps, and whether those that are verified are good."""
    tokens = len(list(house.evidence.tokens()))
    chosen = proven[:: max(1, len(proven) // max(1, check))][:check]
    good = sum(verify_target(house.settings, each).exit_code is Exit.DONE for each in chosen)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{len(set(proven))} of {copies} copies have evidence, under {tokens} time-stamp{'s' if tokens != 1 else ''}; "
        f"bare pyHanko asks {copies} times. {good} of {len(chosen)} that were verified are good. Peak {peak:.0f} MB."
    )


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
