"""A field: one extracted datum with the evidence for it."""

from typing import Literal

from pydantic import Field as Constraint

from schemas.model import Value
from schemas.page import Box

Source = Literal["ocr", "qr", "mrz", "keyed"]


class Check(Value):
    """One rule that was applied to a value, and what came of it."""

    name: str
    passed: bool
    detail: str = ""


class Assessment(Value):
    """How likely a value that passed every rule is right, and what that had to reach to be accepted."""

    calibration: str = Constraint(pattern=r"^[0-9a-f]{12}$")
    """Version of the calibration (`schemas/calibration.json`) that says so."""
    stratum: str
    """`TYPE/GROUP`: values that are judged alike."""
    probability: float = Constraint(ge=0, le=1)
    needed: float = Constraint(ge=0, le=1)
    """0: the rules alone decide; 1: nothing is accepted here just now."""
    sampled: bool = False
    """Whether it was drawn by lot for a person to look at, however sure the machine is."""


class Field(Value):
    """One datum of a document: what it is, where it stands, how sure we are and why."""

    value: str | int | None
    """Dates ISO 8601, text NFC as printed, amounts integer đồng; None when the paper has none or it cannot be read."""
    confidence: float = Constraint(ge=0, le=1)
    page: int | None = Constraint(default=None, ge=1)
    box: Box | None = None
    source: Source = "ocr"
    accepted: bool
    """Good enough to be stored without a person looking."""
    raw_text: str = ""
    """What was read, before it was made into a value."""
    checks: tuple[Check, ...] = ()
    assessment: Assessment | None = None
    """Of values that the rules accept; None for all others."""
