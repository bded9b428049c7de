"""Fifty stations as processes on bad lines, they and the server killed all the time: is anything lost?

`make chaos-stations`. Prints one JSON object; ends with 1 if anything was lost, doubled, or green before it was safe.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.chaos import Plan, Scene

LONGEST_SECONDS = 600
"""For laying out, faults, peace and looking together."""
_CHAOS_SHARE, _PEACE_SHARE = 0.5, 0.35


def main() -> int:
    """Run, print what was found, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=50)
    parser.add_argument("--dossiers", type=int, default=10, help="of each station")
    parser.add_argument("--seconds", type=int, default=LONGEST_SECONDS, help="for everything")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # nobody who was started stays behind
    started = time.monotonic()
    pace = 0.8 * _CHAOS_SHARE * asked.seconds / asked.dossiers
    plan = Plan(asked.stations, asked.dossiers, pace, share=0.2, kills_a_second=1.0, seed=asked.seed)
    with tempfile.TemporaryDirectory(prefix="sohoa-chaos-") as folder:
        scene = Scene(Path(folder), plan)
        left = asked.seconds - (time.monotonic() - started)
        found = scene.play(seconds=_CHAOS_SHARE * left, patience=_PEACE_SHARE * left)
    print(json.dumps(found._asdict() | {"faults": dict(found.faults.most_common()), "stations": asked.stations}))
    return int(any((found.unfinished, found.lost, found.doubled, found.false_green)))


if __name__ == "__main__":
    sys.exit(main())
