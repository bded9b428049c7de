"""Settings are read here, once, at the door: environment over `sohoa.toml` over defaults."""

import os
from pathlib import Path

from schemas.problem import CONFIGURATION, FILE_MISSING
from schemas.settings import Loaded, Settings

DEFAULT_FILE = Path("sohoa.toml")


def read_settings(file: Path | None = None) -> Loaded:
    """Return the settings of this process and where each came from.

    Args:
        file: the configuration file; None: `sohoa.toml` in the working folder, if it is there.

    Raises:
        ProblemError: `configuration`, naming everything that is wrong; `file-missing` when a named file is not there.
    """
    path = file or DEFAULT_FILE
    if not path.exists():
        if file is not None:
            raise FILE_MISSING.error("the configuration file is not there", file=str(file))
        return Settings.load(os.environ)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CONFIGURATION.error(f"cannot be read: {error}", file=str(path)) from error
    return Settings.load(os.environ, text, origin=str(path))
