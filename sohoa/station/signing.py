"""What a clerk is told of signing with a token: how many copies wait for it, and how it went the last time.

`sohoa station sign` asks for the PIN, on a terminal, and nothing else does; what it leaves here is a number and a word.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

from schemas.draft import MOST_TO_SIGN, SigningRequest, SigningWork
from schemas.problem import ProblemError
from schemas.settings import Settings
from schemas.vietnam import as_written
from sohoa.station import ledger
from sohoa.station.client import Intake
from sohoa.station.home import Home
from sohoa.station.officer import certificates_at_hand
from sohoa.station.outbox import local_time

_ASK_SECONDS = 60.0
_CUT_OFF = "cut-off"
_WORDS: Mapping[str, str] = {
    "signer-unreachable": "Không thấy thiết bị ký số. Cắm thiết bị vào máy rồi ký lại.",
    "pin-wrong": "Mã PIN không đúng. Ký lại với mã PIN đúng: sai nhiều lần, thiết bị tự khóa.",
    "token-locked": "Thiết bị ký số đã bị khóa vì nhập sai mã PIN nhiều lần. Gọi người quản trị.",
    "signature-refused": "Máy chủ không nhận chữ ký: chứng thư số không phải của người quét, đã hết hạn hoặc đã bị"
    " thu hồi. Gọi người quản trị.",
    "validation-data-missing": "Máy chủ chưa hỏi được chứng thư số còn hiệu lực hay không. Ký lại sau.",
    "server-unreachable": "Không liên lạc được với máy chủ. Ký lại khi có mạng.",
    "configuration": "Thiết bị ký số hoặc chứng thư số được cài đặt sai. Gọi người quản trị.",
    _CUT_OFF: "Việc ký bị ngắt giữa chừng. Ký lại: bản đã ký không phải ký lần nữa.",
}
"""What a clerk reads, by the slug of a problem."""


class Signing:
    """The signing of one station, as far as its ledger knows. For one thread; others open their own."""

    def __init__(self, home: Home, *, now: Callable[[], datetime] = local_time) -> None:
        """Open what is known at the station that lives in *home*."""
        self._ledger = ledger.connect(home.ledger)
        self._now = now

    def heard(self, work: SigningWork) -> None:
        """Keep how many copies wait, as the server just said."""
        self._keep("waiting = ?", len(work.documents))

    @contextmanager
    def under_way(self) -> Iterator[Callable[[], None]]:
        """Keep how the signing in the block ends; yield what is called when a copy is signed."""
        self._keep("signed = 0")
        try:
            yield lambda: self._keep("signed = signed + 1, waiting = MAX(0, waiting - 1)")
        except ProblemError as error:
            self._ended(error.kind.slug)
            raise
        except BaseException:
            self._ended(_CUT_OFF)
            raise
        self._ended(None)

    def notices(self) -> tuple[str, ...]:
        """Return what a clerk should know, in Vietnamese; nothing where nothing waits and nobody has signed."""
        row = self._ledger.execute("SELECT * FROM signing").fetchone()
        return () if row is None else tuple(_notices(row))

    def _ended(self, trouble: str | None) -> None:
        self._keep("trouble = ?, ended_at = ?", trouble, self._now().isoformat())

    def _keep(self, change: str, *values: object) -> None:
        with ledger.writing(self._ledger):
            self._ledger.execute("INSERT OR IGNORE INTO signing (only) VALUES (1)")
            self._ledger.execute(f"UPDATE signing SET {change}", values)  # noqa: S608 - our own words


class Asking:
    """Asks the server now and then how many copies wait, with the certificate alone: no PIN is needed for that."""

    def __init__(self, home: Home, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is asked yet.

        Args:
            home: of the station.
            settings: say where the certificate is.
            clock: seconds that only grow.
        """
        self._home = home
        self._wanted = settings.signing.scanner
        self._clock = clock
        self._next = clock()

    def step(self) -> None:
        """Ask, if it is time; of what is wrong with the certificate, whoever signs hears."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + _ASK_SECONDS
        with suppress(ProblemError):
            certificates = certificates_at_hand(self._wanted)
            if certificates is not None:
                Signing(self._home).heard(Intake.of(self._home).signing(SigningRequest(certificates=certificates)))


def _notices(row: sqlite3.Row) -> Iterator[str]:
    if waiting := row["waiting"]:
        number = f"{waiting}" if waiting < MOST_TO_SIGN else f"Từ {waiting} trở lên"
        yield f"{number} bản số hóa chờ chữ ký số của bạn: cắm thiết bị ký số, chạy lệnh sohoa station sign."
    if row["ended_at"] is None:
        return
    last = f"Lần ký số gần nhất, lúc {as_written(row['ended_at'])}: đã ký {row['signed']} bản."
    if trouble := row["trouble"]:
        last += f" {_WORDS.get(trouble, f'Không ký được ({trouble}). Gọi người quản trị.')}"
    yield last
