"""`sohoa record correct|supersede|revoke|suspend|reinstate`: what is done to a record after the fact."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import ValidationError

from flows.keyring import Keyring
from flows.reviewing import decide
from schemas.problem import AMENDMENT_UNFIT, BAD_REQUEST
from schemas.record import Amendment, AmendmentAct, LegalBasis, Record
from schemas.settings import Settings
from schemas.vietnam import TIME_ZONE
from sohoa.looking import existing_house, this_user
from sohoa.reviewing import decision_about


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
    try:
        amendment = Amendment(
            act=act,
            reason=reason,
            legal_basis=LegalBasis(code=legal_basis, text=words),
            effective=(effective or now.astimezone(TIME_ZONE)).date(),
            superseded_by=by,
        )
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_input=False)
        )
        raise BAD_REQUEST.error(wrong) from error
    pairs = [each.partition("=") for each in changes]
    if any(not equals for _, equals, _ in pairs):
        raise AMENDMENT_UNFIT.error("a correction is written FIELD=VALUE")
    house = existing_house(settings)
    seen = house.warehouse.record(record_id).value
    said = [(name, "correct", typed) for name, _, typed in pairs]
    decision = decision_about(seen, this_user(), said, amends=amendment)
    return decide(house, Keyring.open(settings, now), decision, lambda: datetime.now(UTC))
