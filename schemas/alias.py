"""One person, several identifiers: one was cancelled, and another one established in its place (NĐ 70/2024/NĐ-CP)."""

from collections.abc import Sequence
from datetime import date

from pydantic import AwareDatetime
from pydantic import Field as Constraint

from schemas.identifier import PersonalIdentifier
from schemas.model import Value
from schemas.record import LegalBasis
from schemas.review import Who, person_of


class Alias(Value):
    """What one person says of an identifier that was cancelled. It holds when a second person says the same."""

    cancelled: PersonalIdentifier
    established: PersonalIdentifier | None
    """The one in its place; None: there is none, what was said earlier was a mistake."""
    number: int = Constraint(ge=1, le=999_999)
    """1 for the first thing that was said of this identifier."""
    legal_basis: LegalBasis
    effective: date = Constraint(ge=date(1900, 1, 1), lt=date(2200, 1, 1))
    """When it was established. Whoever it belongs to was the same person before, too."""
    who: Who
    at: AwareDatetime


def established(said: Sequence[Alias]) -> PersonalIdentifier | None:
    """Return which identifier took the place of a cancelled one, as two people agreed last; None: none did.

    Args:
        said: everything that was said of it, in order.
    """
    holds: PersonalIdentifier | None = None
    open_: list[Alias] = []
    for each in said:
        if any(
            person_of(other.who) != person_of(each.who) and other.established == each.established for other in open_
        ):
            holds, open_ = each.established, []
        else:
            open_.append(each)
    return holds
