"""Small secrets in the home folder: made at first use, kept from then on."""

from collections.abc import Callable
from pathlib import Path

from schemas.problem import CONFIGURATION
from storage import durable


def keep(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the content of the secret file *path*; if there is none, make it, readable by its owner alone.

    Of several processes at first use, one makes the file and all return the same.

    Raises:
        ProblemError: `configuration` if the file can neither be read nor made.
    """
    try:
        if not path.exists():
            durable.make_folder(path.parent)
            durable.create(path, [make()], drafts=path.parent, mode=0o600)
        return path.read_bytes()
    except OSError as error:
        raise CONFIGURATION.error(error.strerror or str(error), file=str(path)) from error
