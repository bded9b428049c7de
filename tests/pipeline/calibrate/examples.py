"""Small calibrations."""

from datetime import UTC, datetime

from pipeline.calibrate.evidence import SIGNS
from schemas.calibration import Calibration, Provenance, Tally


def a_calibration(strata, steps=(0.0, 0.9, 0.99), **weights):
    """Return a calibration in which nothing counts but what *weights* name."""
    return Calibration(
        provenance=Provenance(
            made_at=datetime(2026, 11, 27, tzinfo=UTC), origins={}, papers=0, fitted=Tally(), measured=Tally()
        ),
        weights=dict.fromkeys(("one", *SIGNS), 0.0) | weights,
        offsets={},
        steps=dict.fromkeys(("place", "name", "text", "identifier", "number", "listed", "date"), steps),
        strata=strata,
        bins=(),
    )
