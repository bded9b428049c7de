"""`sohoa record correct|supersede|revoke|suspend|reinstate`, `sohoa owner reestablish`: what is done after the fact."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from flows.aliasing import say
from flows.keyring import Keyring
from flows.reviewing import decide
from schemas.problem import AMENDMENT_UNFIT, BAD_REQUEST
from schemas.record import Amendment, AmendmentAct, LegalBasis, Record
from schemas.settings import Settings
from schemas.vietnam import TIME_ZONE
from sohoa.looking import existing_house, parse_owner, this_user
from sohoa.reviewing import decision_about

if TYPE_CHECKING:
    from schemas.review import Act


def amend(
    settings: Settings,
    record_id: str,
    act: AmendmentAct,
    *,
    reason: str,
    legal_basis: str,
    words: str = "",
    effective: datetime | None = None,
    by: str | None = None,
    changes: Sequence[str] = (),
) -> Record:
    """Amend the latest version of a record, and return the one that follows; the audit log names the user who did.

    Args:
        settings: whose warehouse.
        record_id: which record.
        act: what is to be done.
        reason: code of the reason, as in `REASONS`.
        legal_basis: number and symbol of the instrument.
        words: the same in words.
        effective: the day from which on it counts; None: today in Vietnam.
        by: the record that takes the place of this one.
        changes: what a correction changes, each as FIELD=VALUE.

    Raises:
        ProblemError: `bad-request`, and as for `decide`. Messages do not repeat values of fields.
    """
    now = datetime.now(UTC)
    with _in_words():
        amendment = Amendment(
            act=act,
            reason=reason,
            legal_basis=LegalBasis(code=legal_basis, text=words),
            effective=_day(effective, now),
            superseded_by=by,
        )
    pairs = [each.partition("=") for each in changes]
    if any(not equals for _, equals, _ in pairs):
        raise AMENDMENT_UNFIT.error("a correction is written FIELD=VALUE")
    house = existing_house(settings)
    seen = house.warehouse.record(record_id).value
    said: list[tuple[str, Act, str]] = [(name, "correct", typed) for name, _, typed in pairs]
    decision = decision_about(seen, this_user(), said, amends=amendment)
    return decide(house, Keyring.open(settings, now), decision, lambda: datetime.now(UTC))


def reestablished(
    settings: Settings,
    cancelled: str,
    new: str | None,
    *,
    legal_basis: str,
    words: str = "",
    effective: datetime | None = None,
) -> bool:
    """Keep that an identifier was cancelled and another one established; return whether two people said so now.

    Args:
        settings: whose warehouse.
        cancelled: the identifier.
        new: the one in its place; None: there is none, after all.
        legal_basis: number and symbol of the instrument.
        words: the same in words.
        effective: since when; None: today in Vietnam.

    Raises:
        ProblemError: `bad-request`, which does not repeat identifiers, and as for `say`.
    """
    now = datetime.now(UTC)
    with _in_words():
        return say(
            existing_house(settings),
            Keyring.open(settings, now),
            parse_owner(cancelled),
            parse_owner(new) if new else None,
            legal_basis=LegalBasis(code=legal_basis, text=words),
            effective=_day(effective, now),
            who=this_user(),
            clock=lambda: datetime.now(UTC),
        )


def _day(said: datetime | None, now: datetime) -> date:
    return (said or now.astimezone(TIME_ZONE)).date()


@contextmanager
def _in_words() -> Iterator[None]:
    """Say what is wrong with what was typed, without repeating it."""
    try:
        yield
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_input=False)
        )
        raise BAD_REQUEST.error(wrong) from error
