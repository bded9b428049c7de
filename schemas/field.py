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
