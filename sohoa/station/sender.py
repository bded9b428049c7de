"""The sender: takes what the outbox holds to the intake, and brings the proof back.

First the journal, so that whatever happens afterwards is missing by name; then, one submission after the other, its
files, the small ones first, and its manifest. A receipt counts once it is proved. The sender remembers nothing that it
could not ask again: killed anywhere, it starts over, and what has arrived is not sent twice.
"""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from schemas.digest import Sha256
from schemas.problem import SERVER_UNREACHABLE, ProblemError, refused_by_system
from schemas.station import Journal
from schemas.submission import SubmittedFile
from sohoa.station.client import Intake
from sohoa.station.outgoing import Outgoing, Unsent
from sohoa.station.proof import prove
from sohoa.station.upload import upload

IDLE_SECONDS = 2.0
"""How often the outbox is looked at while there is nothing to send."""
FIRST_SECONDS, LONGEST_SECONDS = 1.0, 300.0
"""What is waited at most after a first failure, and after any number of them."""

_STATIONWIDE = frozenset(["not-authorised", "sequence-conflict", "configuration", "station-clock"])
"""Refusals that are about the station, not about the one submission that met with them."""
_MENDED_BY_SENDING = frozenset(["not-announced", "file-not-sent"])
"""Refusals that the next attempt does away with; a person hears of them only when it does not."""
_ATTEMPTS = 3
_WORDS = {
    "not-authorised": "Máy chủ không nhận điểm quét này. Giữ lại giấy và gọi người quản trị.",
    "sequence-conflict": "Nhật ký của điểm quét không khớp với máy chủ. Giữ lại giấy và gọi người quản trị.",
    "station-clock": "Đồng hồ của máy này sai và không chỉnh theo máy chủ được. Gọi người quản trị.",
    "configuration": "Điểm quét được cài đặt sai. Giữ lại giấy và gọi người quản trị.",
    "receipt-wrong": "Biên nhận của máy chủ không đúng. Giữ lại giấy và gọi người quản trị.",
    "page-count-mismatch": "Số trang máy chủ nhận được không khớp. Giữ lại giấy và gọi người quản trị.",
    "integrity-mismatch": "Tệp quét trên máy này bị hỏng. Quét lại hồ sơ.",
}
"""What a clerk reads."""


class _Rest(NamedTuple):
    """How often something failed by itself, and until when it is left alone."""

    failures: int
    until: float


_AT_ONCE = _Rest(0, 0.0)


class Sender:
    """Sends for one station. There must be no other for its outbox at the same time."""

    def __init__(
        self,
        intake: Intake,
        outbox: Outgoing,
        pinned: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        """Nothing is sent yet.

        Args:
            intake: where to.
            outbox: what to send, and where proof is kept.
            pinned: PEM of the certificate of receipts, or of its root.
            clock: seconds that only grow.
            draw: a random number from 0 up to 1.
        """
        self._intake = intake
        self._outbox = outbox
        self._pinned = pinned
        self._clock = clock
        self._draw = draw
        self._known: int | None = None
        self._there: set[Sha256] = set()
        self._resting: dict[Sha256, _Rest] = {}
        self._cut_off: set[Sha256] = set()
        self._were_told = True
        self._moves = 0
        self._looking = self._asking = _AT_ONCE

    def run(self, wait: Callable[[float], bool]) -> None:
        """Send whatever comes, until told to stop.

        Args:
            wait: waits so many seconds and returns whether to stop, as `threading.Event.wait` does.
        """
        failures = 0
        delay = 0.0
        while not wait(delay):
            moves = self._moves
            problem = self.sync()
            failures = 0 if problem is None else 1 if self._moves > moves else failures + 1
            delay = self._pause(failures) if failures else IDLE_SECONDS

    def sync(self) -> ProblemError | None:
        """Send all that waits and is not left alone for a while, once; return what keeps the rest here.

        A submission that is refused does not stop the others, and one that the line broke off goes last next time.
        """
        self._look()
        waiting = list(self._outbox.to_send())
        in_order = sorted(waiting, key=lambda each: each.manifest.submission_id in self._cut_off)
        passing: list[ProblemError] = []
        for unsent in filter(self._may_go, in_order):
            try:
                self._announce(waiting)
                self._deliver(unsent)
                self._cut_off.clear()
            except ProblemError as problem:
                if problem.kind == SERVER_UNREACHABLE:
                    self._cut_off.add(unsent.manifest.submission_id)
                    return problem
                if problem.kind.slug in _STATIONWIDE:
                    self._tell_all(waiting, _words(problem))
                    self._known = None
                    return problem
                self._leave_alone(unsent.manifest.submission_id, problem)
                passing += [problem] * problem.kind.transient
                if len(passing) == _ATTEMPTS:
                    break
        if not passing:
            self._ask()
        return passing[0] if passing else None

    def _look(self) -> None:
        """Ask about pages while the clerk is at them. What keeps the answers away keeps nothing else here."""
        if self._clock() < self._looking.until:
            return
        for preview in self._outbox.to_look_at():
            faults = preview.faults
            if preview.jpeg is not None:
                try:
                    faults += self._intake.glance(preview.jpeg).faults
                except ProblemError as problem:
                    if problem.kind.transient or problem.kind.slug in _STATIONWIDE:
                        self._looking = self._later(self._looking)
                        return
            self._outbox.looked_at(preview, faults)
        self._looking = _AT_ONCE

    def _ask(self) -> None:
        """Ask about the pages of what has arrived, ever more seldom until they were read."""
        if self._clock() < self._asking.until:
            return
        all_known = True
        for submission_id in self._outbox.to_ask_about():
            try:
                legibility = self._intake.legibility(submission_id)
            except ProblemError:
                all_known = False
                break
            self._outbox.judged(legibility)
            all_known &= legibility.settled
        self._asking = _AT_ONCE if all_known else self._later(self._asking)

    def _announce(self, waiting: Sequence[Unsent]) -> None:
        """Bring the journal to the server, from the first entry whose submission waits up to its end as it is now."""
        if self._known is None:
            self._known = waiting[0].entry.entry.sequence
        while entries := self._outbox.entries_from(self._known):
            told = self._intake.send_journal(Journal(entries=entries)).next_sequence
            if told == self._known:
                raise SERVER_UNREACHABLE.error("the server took no entry of the journal")
            self._known = told  # less than we sent from, if the server lost some: it gets them again
        if self._were_told:
            self._tell_all(waiting, None)  # it knows us (again)

    def _deliver(self, unsent: Unsent) -> None:
        """Bring one submission to the server, and its proof to the outbox."""
        manifest = unsent.manifest
        for file in _small_first(manifest.files):
            if file.sha256 not in self._there:
                self._bring(file)
        try:
            signed = self._intake.submit(manifest)
            prove(signed, manifest, self._pinned, self._intake.now())
        except ProblemError as problem:
            if not problem.kind.transient:
                self._there.clear()  # perhaps a file is not there after all: each is asked about anew
            raise
        self._there.clear()
        self._moved()
        self._outbox.received(signed)
        self._asking = _AT_ONCE
        self._resting.pop(manifest.submission_id, None)

    def _bring(self, file: SubmittedFile) -> None:
        try:
            with self._outbox.open(file.sha256) as content:
                upload(self._intake, file, content, self._moved)
        except OSError as error:
            raise refused_by_system(error) from error
        self._there.add(file.sha256)
        self._moved()

    def _moved(self) -> None:
        self._moves += 1

    def _may_go(self, unsent: Unsent) -> bool:
        rest = self._resting.get(unsent.manifest.submission_id)
        return rest is None or self._clock() >= rest.until

    def _leave_alone(self, submission_id: Sha256, problem: ProblemError) -> None:
        """Say what is wrong, if it does not pass, and try again later: what is refused today may be mended tomorrow."""
        rest = self._resting[submission_id] = self._later(self._resting.get(submission_id, _AT_ONCE))
        self._known = None if problem.kind.slug in _MENDED_BY_SENDING else self._known
        may_pass = problem.kind.transient or problem.kind.slug in _MENDED_BY_SENDING
        if not may_pass or rest.failures > _ATTEMPTS:
            self._outbox.trouble(submission_id, _words(problem))

    def _tell_all(self, waiting: Iterable[Unsent], why: str | None) -> None:
        for each in waiting:
            self._outbox.trouble(each.manifest.submission_id, why)
        self._were_told = why is not None

    def _later(self, rest: _Rest) -> _Rest:
        """Return how long to leave alone what failed once more."""
        return _Rest(rest.failures + 1, self._clock() + self._pause(rest.failures + 1))

    def _pause(self, failures: int) -> float:
        """Return how long to wait: anything up to a bound that doubles, so that a crowd does not come back at once."""
        return self._draw() * min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(failures - 1, 30))


def _small_first(files: Iterable[SubmittedFile]) -> list[SubmittedFile]:
    """Return each content once, previews and single pages before thick files."""
    return sorted({file.sha256: file for file in files}.values(), key=lambda file: (file.size, file.sha256))


def _words(problem: ProblemError) -> str:
    slug = problem.kind.slug
    return _WORDS.get(slug, f"Hồ sơ này không gửi được ({slug}). Giữ lại giấy và gọi người quản trị.")
