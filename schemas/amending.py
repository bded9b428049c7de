"""What a system asks to have done to a record after the fact, over HTTP, and what came of it."""

from datetime import date
from typing import Literal

from pydantic import Field as Constraint

from schemas.model import Value
from schemas.record import LegalBasis, RecordId, RecordStatus

SystemAct = Literal["supersede", "revoke", "suspend", "reinstate"]
"""What a system can do. What a record says is corrected by people: two of them, where it is about who the owner is."""


class AmendmentRequest(Value):
    """What is to be done to a record, why, and on which legal basis."""

    version: int = Constraint(ge=1, le=999_998)
    """The version that was seen: somebody else may have been quicker."""
    act: SystemAct
    reason: str = Constraint(min_length=1, max_length=60)
    """Code of the reason, one of those that go with the act."""
    legal_basis: LegalBasis
    effective: date | None = None
    """The first day on which it counts; None: today in Vietnam."""
    superseded_by: RecordId | None = None
    """The record that takes the place of this one, where it is superseded."""


class AmendmentAnswer(Value):
    """The version that was made, and nothing of what it says."""

    record_id: RecordId
    version: int
    status: RecordStatus
    """On the day on which it was made."""
