"""The worker: `python -m flows.worker PARENT` takes flow runs from the Prefect server until it is told to stop.

`reconcile` runs every minute, so that whatever has a receipt gets an outcome, whatever was killed in between.
"""

import sys

from prefect import serve
from prefect.types.entrypoint import EntrypointType

from flows.ingest import ingest, reconcile
from flows.lifeline import end_with

_RECONCILE_SECONDS = 60


def main() -> None:
    """Serve the live lane."""
    end_with(int(sys.argv[1]))
    serve(
        ingest.to_deployment("live", entrypoint_type=EntrypointType.MODULE_PATH),
        reconcile.to_deployment(
            "live", interval=_RECONCILE_SECONDS, concurrency_limit=1, entrypoint_type=EntrypointType.MODULE_PATH
        ),
    )


if __name__ == "__main__":
    main()
