"""What the machine may accept by itself, after all that people found out until now."""

from flows.house import House
from pipeline.calibrate import Acceptance
from pipeline.calibrate.source import calibration_at


def acceptance(house: House) -> Acceptance:
    """Return what may be accepted now: by the calibration that is set, and by the decisions since.

    Raises:
        ProblemError: `configuration` if the calibration cannot be read.
    """
    known = calibration_at(house.settings.acceptance.calibration)
    return Acceptance.after(known, house.catalog.sampled(known.version))
