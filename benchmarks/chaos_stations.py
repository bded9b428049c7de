"""Fifty stations as processes on bad lines, they and the server killed all the time: is anything lost?

`make chaos-stations`. Prints one JSON object; ends with 1 if anything was lost, doubled, or green before it was safe.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.faults.chaos import Plan, Scene

LONGEST_SECONDS = 600
"""For laying out, faults and peace together."""
_LAYING_OUT = 60
_PEACE_SHARE = 0.45


def main() -> int:
    """Run, print what was found, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=50)
    parser.add_argument("--dossiers", type=int, default=20, help="of each station")
    parser.add_argument("--seconds", type=int, default=LONGEST_SECONDS, help="for everything")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    peace = (asked.seconds - _LAYING_OUT) * _PEACE_SHARE
    chaos = asked.seconds - _LAYING_OUT - peace
    plan = Plan(
        asked.stations,
        asked.dossiers,
        chaos,
        peace,
        pace=0.8 * chaos / asked.dossiers,
        share=0.2,
        kills_a_second=1.0,
        seed=asked.seed,
    )
    with tempfile.TemporaryDirectory(prefix="sohoa-chaos-") as folder:
        found = Scene(Path(folder), plan).play()
    print(json.dumps(found._asdict() | {"faults": dict(found.faults.most_common()), "stations": asked.stations}))
    return int(any((found.unfinished, found.lost, found.doubled, found.false_green)))


if __name__ == "__main__":
    sys.exit(main())
