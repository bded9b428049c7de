"""Where a calibration comes from: a file that somebody made, or the one that comes with this version."""

from pathlib import Path

from schemas.calibration import Calibration, calibration
from schemas.data_file import parse
from schemas.problem import CONFIGURATION


def calibration_at(path: Path | None) -> Calibration:
    """Return the calibration in a file; None: the one that comes with this version.

    Raises:
        ProblemError: `configuration` if it is not there or is none.
    """
    if path is None:
        return calibration()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CONFIGURATION.error("acceptance.calibration: the file cannot be read", file=str(path)) from error
    return parse(Calibration, text, origin=str(path))
