"""Double keying: people type what they see on a crop of one field, and know neither what was read nor whose it is."""

from collections.abc import Iterable, Sequence

from pydantic import AwareDatetime
from pydantic import Field as Constraint

from schemas.model import Value
from schemas.record import RecordId
from schemas.review import Decision, Who, person_of

ARBITER = 3
"""So many people key a field at most: two, and a third where they differ."""


class Keying(Value):
    """What one person typed of one crop."""

    record_id: RecordId
    version: int = Constraint(ge=1, le=999_998)
    """The version of which they saw a crop."""
    field: str = Constraint(pattern=r"^[a-z][a-z0-9_]{0,99}$")
    who: Who
    at: AwareDatetime
    value: str | int | None
    """In its normal form; None: it cannot be read."""

    @property
    def said(self) -> str | None:
        """What two people agree about: capitals are a matter of taste where a form has none."""
        return None if self.value is None else str(self.value).casefold()


def this_round(keyings: Iterable[Keying], decisions: Sequence[Decision], field: str) -> tuple[Keying, ...]:
    """Return what was keyed of a field since it was last decided about, each person's first answer."""
    decided = max((each.version for each in decisions if field in {said.field for said in each.fields}), default=0)
    since = [each for each in keyings if each.field == field and each.version > decided]
    firsts = {person_of(each.who): each for each in reversed(since)}
    return tuple(each for each in since if firsts[person_of(each.who)] is each)


def agreeing(keyings: Sequence[Keying]) -> tuple[Keying, Keying] | None:
    """Return two answers of different people that say the same, None if there are none."""
    pairs = ((one, other) for at, other in enumerate(keyings) for one in keyings[:at] if one.said == other.said)
    return next(pairs, None)


def may_key(keyings: Sequence[Keying], who: str) -> bool:
    """Return whether another answer is wanted of this person: two people's, or a third one's where they differ."""
    mine = person_of(who) in {person_of(each.who) for each in keyings}
    return not mine and len(keyings) < ARBITER and agreeing(keyings) is None
