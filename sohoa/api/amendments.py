"""The route by which the systems of those who issue papers say that one lost its force, or has it back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Security
from pydantic import ValidationError

from flows.house import House
from flows.keyring import Keyring
from flows.reviewing import decide
from schemas.amending import AmendmentAnswer, AmendmentRequest
from schemas.problem import (
    AMENDMENT_UNFIT,
    CATALOG_MISSING,
    DECISION_UNFIT,
    INTEGRITY_MISMATCH,
    RECORD_UNKNOWN,
    REVIEW_CONFLICT,
)
from schemas.record import Amendment, RecordId
from schemas.review import Decision
from schemas.vietnam import TIME_ZONE
from sohoa.api.clients import Client
from sohoa.api.lookups import FAILS
from sohoa.api.problems import described

_FAILS = (RECORD_UNKNOWN, AMENDMENT_UNFIT, REVIEW_CONFLICT, DECISION_UNFIT, CATALOG_MISSING, INTEGRITY_MISMATCH)


def routes(house: House, caller: Callable[..., Client], keyring: Callable[[], Keyring]) -> APIRouter:
    """Return the route over *house*; *keyring* gives the keys that seal the version that is made."""
    router = APIRouter(tags=["record"], responses=described(*FAILS))
    Amending = Annotated[Client, Security(caller, scopes=["amend"])]  # noqa: N806 - a type

    @router.post("/v1/records/{record_id}/amendments", responses=described(*_FAILS))
    def amend(record_id: RecordId, request: AmendmentRequest, client: Amending) -> AmendmentAnswer:
        """Do something to a record after the fact. Sent twice, it counts once. It is an act in the audit log."""
        now = datetime.now(UTC)
        decision = _decision(record_id, request, client, now)
        made = decide(house, keyring(), decision, lambda: datetime.now(UTC))
        return AmendmentAnswer(
            record_id=record_id, version=made.version, status=made.status_on(now.astimezone(TIME_ZONE).date())
        )

    return router


def _decision(record_id: RecordId, request: AmendmentRequest, client: Client, now: datetime) -> Decision:
    try:
        amendment = Amendment(
            act=request.act,
            reason=request.reason,
            legal_basis=request.legal_basis,
            effective=request.effective or now.astimezone(TIME_ZONE).date(),
            superseded_by=request.superseded_by,
        )
        return Decision(record_id=record_id, version=request.version, who=client.name, at=now, amends=amendment)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or request.act}: {item['msg']}"
            for item in error.errors(include_input=False)
        )
        raise AMENDMENT_UNFIT.error(wrong) from error
