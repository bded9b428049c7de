"""A backfill over two workers, PostgreSQL and an S3 server, all of them killed again and again: is anything lost?

`make chaos-backfill`. Lines are cut, disks run full and clocks go wrong besides. What pages say is recorded; everything
else is real: flow runs, servers, signatures. Prints one JSON object; ends with 1 if a row has not exactly one outcome,
a record does not verify, or something is left over. With `--kills 0 --troubles 0` it measures how fast one, two, …
workers are.
"""

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from tests.faults.backfill import Plan, Scene


def main() -> int:
    """Run, print what was found, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--shard", type=int, default=100, help="documents in a flow run")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--troubles", type=int, default=25, help="lines cut, disks filled, clocks set wrong")
    parser.add_argument("--every", type=float, default=8.0, help="seconds between two of each, on average")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1800.0, help="after which whatever is not done is left")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # nobody who was started stays behind
    plan = Plan(asked.documents, asked.shard, asked.kills, asked.every, asked.workers, asked.seed, asked.troubles)
    with tempfile.TemporaryDirectory(prefix="sohoa-chaos-") as folder:
        found = Scene(Path(folder), plan).play(asked.seconds)
    print(json.dumps(found._asdict() | {"lost": found.lost, "seconds": round(found.seconds)}))
    return int(found.lost > 0)


if __name__ == "__main__":
    sys.exit(main())
