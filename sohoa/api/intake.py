"""The intake's routes: journals in, manifests in, receipts out."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.responses import Response

from flows.intake import Intake
from schemas.legibility import Glance, Legibility
from schemas.lookup import ScanAdvice, ScanQuestion
from schemas.problem import (
    BAD_REQUEST,
    CATALOG_MISSING,
    FILE_DAMAGED,
    FILE_NOT_SENT,
    FILE_TYPE_UNKNOWN,
    MEDIA_TYPE_UNKNOWN,
    NOT_ANNOUNCED,
    NOT_AUTHORISED,
    PAGE_COUNT_MISMATCH,
    PAGE_TOO_LARGE,
    QUOTA_EXCEEDED,
    SEQUENCE_CONFLICT,
    STATION_CLOCK,
    STORE_UNREACHABLE,
    SUBMISSION_UNKNOWN,
)
from schemas.station import Enrolment, Journal, JournalState, SignedReceipt
from schemas.submission import Manifest
from sohoa.api import bodies, guard, signing, uploads
from sohoa.api.identity import identify
from sohoa.api.problems import described

SENT = (Journal, Manifest, ScanQuestion, *signing.SENT)
"""What is read from bodies by hand; `create_app` puts their schemas beside the others."""

_JPEG = "image/jpeg"
_bearer = HTTPBearer(auto_error=False, description="A token that the station has signed with its key (EdDSA).")


def routes(intake: Intake) -> APIRouter:
    """Return the routes of *intake*; each finds out first which station asks."""

    def caller(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Enrolment:
        token = credentials.credentials if credentials else ""
        now = datetime.now(UTC)
        enrolled = identify(token, intake.house.stations, now)
        intake.last_seen[enrolled.request.station] = now
        return enrolled

    router = APIRouter(tags=["intake"], responses=described(NOT_AUTHORISED, STATION_CLOCK, STORE_UNREACHABLE))
    _add_journal(router, intake, caller)
    _add_questions(router, intake, caller)
    _add_submissions(router, intake, caller)
    _add_previews(router, intake, caller)
    signing.add_signing(router, intake, caller)
    router.include_router(uploads.routes(intake, caller), prefix="/v1/uploads")
    return router


def _add_journal(router: APIRouter, intake: Intake, caller: Callable[..., Enrolment]) -> None:
    @router.post(
        "/v1/stations/{station}/journal",
        responses=described(SEQUENCE_CONFLICT, QUOTA_EXCEEDED, BAD_REQUEST),
        openapi_extra=bodies.takes(Journal),
    )
    async def journal(station: str, request: Request, enrolled: Annotated[Enrolment, Depends(caller)]) -> JournalState:
        """Say what will be sent. Entries that are known change nothing; the answer names the first that is not."""
        if station != enrolled.request.station:
            raise NOT_AUTHORISED.error("the bearer token is missing or wrong")
        return await run_in_threadpool(intake.note, enrolled, await bodies.value(request, Journal))


def _add_questions(router: APIRouter, intake: Intake, caller: Callable[..., Enrolment]) -> None:
    @router.post(
        "/v1/stations/{station}/questions",
        responses=described(BAD_REQUEST, CATALOG_MISSING),
        openapi_extra=bodies.takes(ScanQuestion),
    )
    async def question(station: str, request: Request, enrolled: Annotated[Enrolment, Depends(caller)]) -> ScanAdvice:
        """Ask before scanning: is there a record that can stand in for this paper? Written down first."""
        if station != enrolled.request.station:
            raise NOT_AUTHORISED.error("the bearer token is missing or wrong")
        return await run_in_threadpool(intake.advise, enrolled, await bodies.value(request, ScanQuestion))


def _add_submissions(router: APIRouter, intake: Intake, caller: Callable[..., Enrolment]) -> None:
    @router.put(
        "/v1/submissions/{submission_id}",
        response_model=SignedReceipt,
        responses=described(NOT_ANNOUNCED, FILE_NOT_SENT, PAGE_COUNT_MISMATCH, BAD_REQUEST),
        openapi_extra=bodies.takes(Manifest),
    )
    async def submit(
        submission_id: bodies.Hash, request: Request, enrolled: Annotated[Enrolment, Depends(caller)]
    ) -> Response:
        """Hand over a submission whose files have all arrived. The same again gets the same receipt, byte for byte."""
        manifest = await bodies.value(request, Manifest)
        return _told(await run_in_threadpool(intake.submit, enrolled, submission_id, manifest))

    @router.get(
        "/v1/submissions/{submission_id}", response_model=SignedReceipt, responses=described(SUBMISSION_UNKNOWN)
    )
    def receipt(submission_id: bodies.Hash, enrolled: Annotated[Enrolment, Depends(caller)]) -> Response:
        """Fetch the receipt of a submission once more."""
        return _told(intake.receipt(enrolled.request.station, submission_id))

    @router.get("/v1/submissions/{submission_id}/legibility", responses=described(SUBMISSION_UNKNOWN))
    def legibility(submission_id: bodies.Hash, enrolled: Annotated[Enrolment, Depends(caller)]) -> Legibility:
        """Ask which pages should be scanned once more; not settled until the submission was read."""
        return intake.legibility(enrolled.request.station, submission_id)


def _add_previews(router: APIRouter, intake: Intake, caller: Callable[..., Enrolment]) -> None:
    @router.post(
        guard.PREVIEWS,
        responses=described(MEDIA_TYPE_UNKNOWN, FILE_TYPE_UNKNOWN, FILE_DAMAGED, PAGE_TOO_LARGE, QUOTA_EXCEEDED),
        openapi_extra={
            "requestBody": {"required": True, "content": {_JPEG: {"schema": {"type": "string", "format": "binary"}}}}
        },
    )
    async def preview(request: Request, enrolled: Annotated[Enrolment, Depends(caller)]) -> Glance:
        """Ask what is wrong with a page that was just scanned, by a JPEG of it at 100 dpi. Nothing of it is kept."""
        if request.headers.get("content-type") != _JPEG:
            raise MEDIA_TYPE_UNKNOWN.error(f"not {_JPEG}")
        return await run_in_threadpool(intake.glance, enrolled, await bodies.whole(request))


def _told(receipt: SignedReceipt) -> Response:
    return Response(receipt.canonical_bytes(), media_type="application/json")
