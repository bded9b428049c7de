"""The routes of lookups: asking what an owner has, for a procedure and a dossier, and the proof that one asked."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Security
from starlette.responses import Response

from flows.house import House
from schemas.audit import OnceOnlyReceipt
from schemas.document_type import types_of
from schemas.dossier import Component, ComponentAdvice, ComponentsAnswer, ComponentsRequest, Standing
from schemas.identifier import PersonalIdentifier
from schemas.lookup import AuditId, FoundRecord, Ground, Inquiry, LookupAnswer, LookupRequest
from schemas.problem import (
    BASIS_UNFIT,
    CATALOG_MISSING,
    ISSUER_UNREACHABLE,
    NOT_AUTHORISED,
    PURPOSE_UNFIT,
    RECEIPT_PENDING,
    SCOPE_MISSING,
    STORE_UNREACHABLE,
    TOO_MANY_REQUESTS,
)
from schemas.procedure import Need, Procedures
from schemas.token import ADMIN, ASKED_BY, OPENED_BY
from sohoa.api.clients import Client
from sohoa.api.links import Links
from sohoa.api.pace import Breadth
from sohoa.api.problems import described
from storage.lookup import look_up

FAILS = (NOT_AUTHORISED, SCOPE_MISSING, TOO_MANY_REQUESTS, STORE_UNREACHABLE, ISSUER_UNREACHABLE)
_LOOKUP_FAILS = described(PURPOSE_UNFIT, BASIS_UNFIT, CATALOG_MISSING)


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers clients: with what their procedure needs, and with addresses of what they may open."""

    house: House
    procedures: Procedures
    links: Links
    breadth: Breadth
    looked_up: Callable[[LookupAnswer], None]
    """Told of every lookup, to count it."""

    def answer(self, request: Inquiry, client: Client, now: datetime) -> LookupAnswer:
        """Return what a client is told; it is written down first.

        Raises:
            ProblemError: `scope-missing` for the legal basis, `purpose-unfit`; what `look_up` raises.
        """
        _check_basis(request, client)
        needs, narrowed = self.procedures.needs(request.purpose), self.procedures.narrowed(request)
        house = self.house
        self.breadth.note(client.name, house.warehouse.owner_key(request.owner))
        answer = look_up(house.warehouse, house.catalog, house.audit, narrowed, needs, who=client.name, now=now)
        self.looked_up(answer)
        found = ((each, needs.get(each.document_type or "")) for each in answer.records)
        told = tuple(self._told(each, need, client, answer, now) for each, need in found if need is not None)
        return answer.model_copy(update={"records": told})

    def components(self, request: ComponentsRequest, client: Client, now: datetime) -> ComponentsAnswer:
        """Return which components of a dossier are there already: one lookup for each person they belong to.

        Raises:
            ProblemError: as for `answer`.
        """
        _check_basis(request, client)
        request.check_about(each.owner or request.owner for each in request.components)
        may_ask = self.procedures.needs(request.purpose).keys()
        types = [types_of(each.result_codes) for each in request.components]
        wanted = defaultdict[PersonalIdentifier, set[str]](set)
        for component, known in zip(request.components, types, strict=True):
            wanted[component.owner or request.owner] |= known & may_ask
        answers = {
            owner: self.answer(
                LookupRequest(
                    owner=owner,
                    purpose=request.purpose,
                    dossier_code=request.dossier_code,
                    document_types=tuple(sorted(these)),
                    valid_on=request.valid_on,
                    legal_basis=request.legal_basis,
                    basis_document=request.basis_document,
                    requester=request.requester,
                ),
                client,
                now,
            )
            for owner, these in wanted.items()
            if these
        }
        advice = (
            _advice(component, known, known & may_ask, answers.get(component.owner or request.owner))
            for component, known in zip(request.components, types, strict=True)
        )
        return ComponentsAnswer(components=tuple(advice))

    def _told(self, found: FoundRecord, need: Need, client: Client, answer: LookupAnswer, now: datetime) -> FoundRecord:
        told = need.minimised(found)
        if not found.reusable or not need.whole:  # what waits for review may even be somebody else's
            return told
        urls = {
            f"{opens}_url": self.links.address(opens, found.record_id, answer, now)
            for opens, scope in OPENED_BY.items()
            if scope in client.scopes
        }
        return told.model_copy(update=urls)


def routes(desk: Desk, caller: Callable[..., Client]) -> APIRouter:
    """Return the routes of lookups; *caller* finds out who asks, and whether they may."""
    router = APIRouter(tags=["lookup"], responses=described(*FAILS))
    Asking = Annotated[Client, Security(caller, scopes=["lookup"])]  # noqa: N806 - a type

    @router.post("/v1/lookups", response_model=LookupAnswer, responses=_LOOKUP_FAILS)
    def lookups(request: LookupRequest, client: Asking) -> Response:
        """Ask for an owner's records, for a procedure and a dossier. It is written down before it is answered."""
        answer = desk.answer(request, client, datetime.now(UTC))
        return Response(answer.model_dump_json(), media_type="application/json")  # FastAPI would check our own value

    @router.post("/v1/lookups/components", responses=_LOOKUP_FAILS)
    def components(request: ComponentsRequest, client: Asking) -> ComponentsAnswer:
        """Ask which components of a dossier are there already, by their result codes, and which have to be scanned."""
        return desk.components(request, client, datetime.now(UTC))

    @router.get("/v1/lookups/{audit_id}/receipt", responses=described(RECEIPT_PENDING))
    def receipt(audit_id: AuditId, client: Asking) -> OnceOnlyReceipt:
        """Fetch the once-only receipt of one's own lookup: that it stands in the log, to be checked offline."""
        found = desk.house.audit.receipt(audit_id)
        if found is None or (found.entry.who != client.name and ADMIN not in client.scopes):
            raise RECEIPT_PENDING.error("it is not in the sealed log")
        return found

    return router


def _check_basis(request: Ground, client: Client) -> None:
    needed = ASKED_BY[request.legal_basis]
    if needed not in client.scopes:
        raise SCOPE_MISSING.error(f"its scopes do not hold {needed}")


def _advice(component: Component, known: set[str], asked: set[str], answer: LookupAnswer | None) -> ComponentAdvice:
    there = tuple(each for each in answer.records if each.reusable and each.document_type in asked) if answer else ()
    standing: Standing = "there" if there else "missing" if asked else "not_needed" if known else "result_unknown"
    audit_id = answer.audit_id if answer and asked else None
    return ComponentAdvice(code=component.code, scan=not there, standing=standing, records=there, audit_id=audit_id)
