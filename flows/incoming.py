"""Signatures of others: judged when a file comes, and asked about again as long as they cannot be confirmed.

Nobody waits for authorities: what comes is first judged by itself, and by what they say when the flow has asked them.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from flows.house import House
from flows.keyring import read_certificates, trusted_roots
from pipeline.digitize import settled
from pipeline.seal.incoming import Lists, ask_and_judge, judge, judge_file
from pipeline.seal.trust import Heard
from pipeline.workers import Workers
from schemas.incoming import IncomingSignature, SignatureReport
from schemas.problem import INTEGRITY_MISMATCH, Exit, ProblemError
from schemas.settings import Settings
from storage import files
from storage.port import ObjectMissingError

T = TypeVar("T")

_MARGIN_SECONDS = 30.0
"""For judging, beside the time that authorities get."""


def trust_lists(settings: Settings) -> Lists:
    """Return whom is trusted, list by list.

    Raises:
        ProblemError: `configuration` when a file that is named cannot be read.
    """
    incoming = settings.incoming
    return {
        "government": read_certificates(incoming.government),
        "public": read_certificates(incoming.public),
        "own": trusted_roots(settings),
    }


def first_look(
    path: Path, name: str, settings: Settings, workers: Workers, seen_at: datetime
) -> tuple[IncomingSignature, ...]:
    """Return the verdicts on a file that has just come, without asking anybody; none if they break their reader."""
    limits = settings.limits
    look = partial(judge_file, sha1_until=_sha1_until(settings))
    task = workers.submit(look, path, trust_lists(settings), seen_at, seconds=limits.file_seconds, file=name)
    return _unless_it_breaks(partial(settled, task, name)) or ()


def check_again(house: House, clock: Callable[[], datetime]) -> Iterator[SignatureReport]:
    """Ask authorities about the files whose signatures cannot be confirmed yet; yield each report that says more.

    Each of them is asked about until `incoming.ask_days` after it came, and once at least.

    Raises:
        ProblemError: `integrity-mismatch` at the end, for the first file that is damaged.
    """
    damaged: list[ProblemError] = []
    if waiting := list(_waiting(house, clock(), damaged)):
        with Workers(1, house.settings.limits) as workers:
            for last in waiting:
                newer = _unless_damaged(partial(_asked_again, house, workers, last, clock()), damaged)
                if newer is not None:
                    yield newer
    if damaged:
        raise damaged[0]


def _waiting(house: House, now: datetime, damaged: list[ProblemError]) -> Iterator[SignatureReport]:
    """Yield the last reports about files that authorities are to be asked about."""
    days = timedelta(days=house.settings.incoming.ask_days)
    for reported in house.signatures.reported():
        last = _unless_damaged(partial(house.signatures.report, *reported), damaged)
        if last is not None and last.verdict == "INDETERMINATE" and (last.number == 1 or now <= last.seen_at + days):
            yield last


def _unless_damaged(work: Callable[[], T | None], damaged: list[ProblemError]) -> T | None:
    """Return what came of it; note down what is damaged in the store."""
    try:
        return work()
    except ObjectMissingError as error:
        damaged.append(INTEGRITY_MISMATCH.error(f"{error.key} is not in the store any more"))
    except ProblemError as error:
        if error.kind is not INTEGRITY_MISMATCH:
            raise
        damaged.append(error)
    return None


def _asked_again(house: House, workers: Workers, last: SignatureReport, now: datetime) -> SignatureReport | None:
    """Return a new report if there is more to tell than in the last one."""
    wanted = house.settings.incoming
    with TemporaryDirectory(dir=workers.scratch) as folder:
        path = Path(folder, last.file_sha256)
        files.fetch(house.store, last.file_sha256, path)
        work = partial(ask_and_judge, seconds=wanted.ask_seconds, sha1_until=_sha1_until(house.settings))
        seconds = wanted.ask_seconds + _MARGIN_SECONDS
        task = workers.submit(work, path, trust_lists(house.settings), last.seen_at, now, seconds=seconds)
        found = _unless_it_breaks(partial(settled, task, last.file_sha256))
    if found is None or (found[1] == last.signatures and last.number > 1):
        return None
    heard, signatures = found
    report = SignatureReport(
        file_sha256=last.file_sha256,
        number=last.number + 1,
        seen_at=last.seen_at,
        checked_at=now,
        signatures=signatures,
        ocsps=house.signatures.keep_answers(heard.ocsps),
        crls=house.signatures.keep_answers(heard.crls),
    )
    return house.signatures.keep(report)


def judged_again(house: House, pdf: bytes, report: SignatureReport) -> tuple[IncomingSignature, ...]:
    """Return the verdicts on a file by the answers that were kept with its report: anybody comes to the same.

    Raises:
        ObjectMissingError: if an answer is lost.
        ProblemError: `integrity-mismatch`; what `judge` raises.
    """
    kept = house.signatures.answers
    heard = Heard(kept(report.ocsps), kept(report.crls))
    lists, sha1_until = trust_lists(house.settings), _sha1_until(house.settings)
    return judge(pdf, lists, report.seen_at, report.checked_at, heard, sha1_until)


def _sha1_until(settings: Settings) -> datetime:
    """Return the end of the last day on which SHA-1 is believed."""
    return datetime.combine(settings.incoming.sha1_until + timedelta(days=1), time(), UTC)


def _unless_it_breaks(work: Callable[[], T]) -> T | None:
    """Return what came of work on foreign bytes, None if they break what reads them: then nothing can be said."""
    try:
        return work()
    except ProblemError as error:
        if error.kind.exit_code is not Exit.REFUSED:
            raise
        return None
