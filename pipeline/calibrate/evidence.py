"""What speaks for and against a value, as numbers: read off a stored field, so that records can be learnt from too."""

from math import exp, log, log1p
from types import MappingProxyType
from typing import Final, NamedTuple

from pipeline.understand.again import CHECK as READ_AGAIN
from pipeline.understand.again import SETTLED
from schemas.calibration import Calibration, Group, stratum_of
from schemas.field import Field
from schemas.page import Page

SIGNS: Final = MappingProxyType(
    {
        "confidence": 1,
        "read_again": 1,
        "said_twice": 1,
        "usual": 1,
        "coded": 1,
        "page_confidence": 1,
        "settled": -1,
        "doubts": -1,
        "length": -1,
        "page_warned": -1,
    }
)
"""Every piece of evidence, and whether it can only speak for a value (1) or only against it (-1)."""
ONE: Final = "one"
"""What everything begins with."""
_LEAST, _MOST = 0.02, 0.999
_MOST_DOUBTS: Final = 3
_USUAL_PAGE: Final = 0.9
_DIGITS: Final = 6
SUREST: Final = 1 - 10**-_DIGITS
"""Nothing is certain: below what is needed where nothing is accepted."""


class Evidence(NamedTuple):
    """One value: where it belongs, and what speaks for and against it."""

    document_type: str
    group: Group
    facts: dict[str, float]
    """By the names of `SIGNS`; what is not named is 0."""

    @property
    def stratum(self) -> str:
        """The values that it is judged with."""
        return stratum_of(self.document_type, self.group)


def facts_of(field: Field, page: Page | None) -> dict[str, float]:
    """Return what speaks for and against the value of a field.

    Args:
        field: as the rules judged it.
        page: that it stands on; None where that is not known.
    """
    passed = {check.name for check in field.checks if check.passed}
    quality = page.quality if page is not None else None
    seen = quality.confidence if quality is not None and quality.confidence is not None else _USUAL_PAGE
    facts = {
        "confidence": _log_odds(field.confidence),
        "read_again": float(READ_AGAIN in passed),
        "said_twice": float(not passed.isdisjoint({"in_words", "repeated", "print"})),
        "usual": float(not passed.isdisjoint({"as_printed", "known_place"})),
        "coded": float(field.source in {"qr", "mrz"}),
        "page_confidence": _log_odds(seen),
        "settled": float(SETTLED in passed),
        "doubts": float(min(_MOST_DOUBTS, sum(not check.passed for check in field.checks))),
        "length": log1p(len(str(field.value))),
        "page_warned": float(quality is not None and bool(quality.warnings)),
    }
    return {name: fact for name, fact in facts.items() if fact}


def _log_odds(share: float) -> float:
    within = min(_MOST, max(_LEAST, share))
    return log(within / (1 - within))


def probability(evidence: Evidence, calibration: Calibration) -> float:
    """Return how likely a value is right: a sum of weights, as odds."""
    offsets = (calibration.offsets.get(name, 0.0) for name in (evidence.group, evidence.stratum))
    weighed = (calibration.weights.get(name, 0.0) * fact for name, fact in evidence.facts.items())
    odds = calibration.weights.get(ONE, 0.0) + sum(offsets) + sum(weighed)
    return round(min(SUREST, 1 / (1 + exp(-odds))), _DIGITS)
