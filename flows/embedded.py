"""The embedded Prefect server: `python -m flows.embedded HANDLE PARENT`, with a listening socket handed over."""

import os
import sys

from flows.lifeline import end_with


def main() -> None:
    """Serve until told to stop, or until the parent is gone."""
    handle, parent = int(sys.argv[1]), int(sys.argv[2])
    end_with(parent)

    import uvicorn  # noqa: PLC0415 - slow to import; the parent's end is watched first
    from prefect.server.api.server import create_app  # noqa: PLC0415

    app = create_app(ephemeral=os.environ.get("PREFECT_UI_ENABLED") != "true", final=True)
    uvicorn.run(app, fd=handle, log_level="error", lifespan="on")


if __name__ == "__main__":
    main()
