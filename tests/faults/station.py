"""A station as a process of its own, with a clerk who scans what lies in a folder and somebody who sees the lights.

`python -m tests.faults.station HOME SPOOL LIGHTS PACE`. It may be killed at any moment and goes on when it is started again;
it ends when every dossier of the spool is safe there.
"""

import json
import os
import random
import sys
import time
from pathlib import Path
from threading import Event, Thread

from schemas.settings import ScanningSettings, Settings
from sohoa.station import sender
from sohoa.station.agent import Agent
from sohoa.station.dossiers import Dossiers
from sohoa.station.home import Home
from sohoa.station.light import State

SETTINGS = Settings(scanning=ScanningSettings(keep_free_bytes=0, settle_seconds=0))
CLERK = "Nguyễn Thị Quét"


def scan(home: Home, spool: Path, pace: float) -> None:
    """Scan every dossier of the spool, one folder each, and close it; the next comes in *pace* seconds on average."""
    desk = Dossiers(home, SETTINGS)
    done = {status.dossier_code for status in desk.every_status() if status.sequence is not None}
    for folder in sorted(spool.iterdir()):
        if folder.name in done:
            continue
        pages = sorted(folder.iterdir())
        number = desk.open(folder.name, declared=len(pages)).number
        for page in pages:
            desk.take(f"{folder.name}/{page.name}", page)
            desk.next_paper(number)
        desk.close(number, scanned_by=CLERK)
        time.sleep(random.uniform(0, 2 * pace))


def watch(home: Home, lights: Path, wanted: int, stop: Event) -> None:
    """Write down when a light turns green, as soon as it is seen; when all are, it is time to stop."""
    desk = Dossiers(home, SETTINGS)
    green: set[str] = set()
    log = os.open(lights, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while len(green) < wanted:
        for status in desk.every_status():
            if status.state is State.SAFE_THERE and status.submission_id not in green:
                assert status.submission_id is not None
                green.add(status.submission_id)
                line = {"submission_id": status.submission_id, "at": time.time()}
                os.write(log, json.dumps(line).encode() + b"\n")
        time.sleep(0.5)
    stop.set()


def main(folder: Path, spool: Path, lights: Path, pace: float) -> None:
    """Run until everything is safe there; no pause is longer than two seconds here."""
    sender.LONGEST_SECONDS, sender.IDLE_SECONDS = 2.0, 0.3
    home, stop = Home(folder), Event()
    wanted = len(list(spool.iterdir()))
    Thread(target=scan, args=(home, spool, pace), daemon=True).start()
    Thread(target=watch, args=(home, lights, wanted, stop), daemon=True).start()
    Agent(home, SETTINGS).run(stop, lambda _status: None)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), float(sys.argv[4]))
