"""The embedded Prefect server's process: `python -m flows.embedded HANDLE PARENT`, with a listening socket handed over.

It asks the kernel to be ended with its parent, so that a killed command leaves nothing behind.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until told to stop, or until the parent is gone."""
    handle, parent = int(sys.argv[1]), int(sys.argv[2])
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return  # the parent ended before the kernel was asked

    import uvicorn  # noqa: PLC0415 - slow; only after the parent's end is watched
    from prefect.server.api.server import create_app  # noqa: PLC0415

    app = create_app(ephemeral=os.environ.get("PREFECT_UI_ENABLED") != "true", final=True)
    uvicorn.run(app, fd=handle, log_level="error", lifespan="on")


if __name__ == "__main__":
    main()
