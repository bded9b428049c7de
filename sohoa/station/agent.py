"""What runs at a station all day: takes what is scanned, sends what is closed, and shows each light as it changes."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from schemas.problem import STATION_BUSY, STATION_NOT_ENROLLED, ProblemError
from schemas.settings import Settings
from schemas.station import Welcome
from sohoa.station.client import Intake, Pace
from sohoa.station.dossiers import Dossiers
from sohoa.station.folder import FolderSource
from sohoa.station.home import Home
from sohoa.station.outbox import Outbox
from sohoa.station.sender import Sender
from sohoa.station.signing import Asking
from sohoa.station.status import DossierStatus

_LOOK_SECONDS = 0.5
"""How often folder and lights are looked at, whatever the system tells of changes: network folders tell none."""


class Agent:
    """A station at work. One for each home."""

    def __init__(self, home: Home, settings: Settings) -> None:
        """Nothing runs yet."""
        self._home = home
        self._settings = settings
        self._failure: BaseException | None = None

    def run(self, stop: Event, show: Callable[[DossierStatus], None]) -> None:
        """Work until told to stop.

        Args:
            stop: set when to stop.
            show: is given each dossier whose status changed.

        Raises:
            ProblemError: `station-busy`, `station-not-enrolled`.
            OSError: the scanning folder is not there.
        """
        with _alone(self._home):
            Outbox(self._home, self._settings).wipe()
            dossiers = Dossiers(self._home, self._settings)
            folder = self._settings.scanning.folder
            source = FolderSource(folder, self._home, dossiers, self._settings.scanning) if folder else None
            shown: dict[int, DossierStatus] = {}
            sending: Thread | None = None
            with _changes_in(folder) as changed:
                try:
                    while not stop.is_set() and self._failure is None:
                        sending = sending or self._begin_sending(stop)
                        if source:
                            source.step()
                        shown = _show_changes(dossiers, shown, show)
                        changed.wait(_LOOK_SECONDS)
                        changed.clear()
                finally:
                    stop.set()
                    if sending:
                        sending.join()
        if self._failure is not None:
            raise self._failure

    def sync(self) -> ProblemError | None:
        """Send what is closed, once; return what keeps the rest here.

        Raises:
            ProblemError: `station-busy`; `station-not-enrolled`, also when no server has welcomed it yet.
        """
        with _alone(self._home):
            welcome = self._home.welcome
            if welcome is None:
                raise STATION_NOT_ENROLLED.error("no server has welcomed this station: `sohoa station accept`")
            return self._sender(welcome).sync()

    def _sender(self, welcome: Welcome) -> Sender:
        limit = self._settings.sending.bytes_per_second
        pace = None if limit is None else Pace(limit)
        intake = Intake(welcome.server, self._home.station, self._home.key, pace=pace)
        return Sender(intake, Outbox(self._home, self._settings), welcome.receipt_certificate)

    def _begin_sending(self, stop: Event) -> Thread | None:
        """Start to send, once the server has welcomed the station."""
        welcome = self._home.welcome
        if welcome is None:
            return None
        thread = Thread(target=self._send, args=(welcome, stop), name="sender", daemon=True)
        thread.start()
        return thread

    def _send(self, welcome: Welcome, stop: Event) -> None:
        try:
            asking = Asking(self._home, self._settings)

            def rest(seconds: float) -> bool:
                asking.step()
                return stop.wait(seconds)

            self._sender(welcome).run(rest)
        except BaseException as error:  # noqa: BLE001 - the agent ends with it, rather than go on without sending
            self._failure = error


def _show_changes(
    dossiers: Dossiers, before: Mapping[int, DossierStatus], show: Callable[[DossierStatus], None]
) -> dict[int, DossierStatus]:
    """Show what is other than *before*; return what is not done with yet."""
    now = {status.number: status for status in dossiers.every_status(received=0)}
    for number in sorted(before.keys() - now.keys()):
        show(dossiers.status(number))
    for number, status in sorted(now.items()):
        if before.get(number) != status:
            show(status)
    return now


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Hold the home: the hold ends with the process, however that ends."""
    hold = sqlite3.connect(home.folder / "running.sqlite", timeout=0, isolation_level=None)
    try:
        hold.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        hold.close()
        raise STATION_BUSY.error(str(home.folder)) from error
    try:
        yield
    finally:
        hold.close()


@contextmanager
def _changes_in(folder: Path | None) -> Iterator[Event]:
    """Yield an event that is set when something changes in *folder*, where the system tells."""
    changed = Event()
    if folder is None:
        yield changed
        return

    class Wake(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:  # noqa: ARG002 - watchdog's
            changed.set()

    observer = Observer()
    observer.schedule(Wake(), str(folder))
    with suppress(OSError):  # no more watches to be had, or none on this file system: we look by ourselves
        observer.start()
    try:
        yield changed
    finally:
        if observer.is_alive():
            observer.stop()
            observer.join()
