"""The routes of signing at stations: what waits for a person who scanned, and the signature that they made."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool

from flows.intake import Intake
from flows.signing import handed_out, take_signature, work_for
from pipeline.seal.answers import Answers
from schemas.draft import KeptSignature, OfficerSignature, SigningRequest, SigningWork
from schemas.problem import (
    BAD_REQUEST,
    CATALOG_MISSING,
    DRAFT_UNKNOWN,
    NOT_AUTHORISED,
    QUOTA_EXCEEDED,
    SIGNATURE_REFUSED,
    VALIDATION_DATA_MISSING,
)
from schemas.station import Enrolment
from sohoa.api import bodies
from sohoa.api.problems import described
from storage.staging import LEAST_CHARGE

SENT = (SigningRequest, OfficerSignature)
"""What is read from bodies by hand."""


def add_signing(router: APIRouter, intake: Intake, caller: Callable[..., Enrolment]) -> None:
    """Add the routes; *caller* finds out which station asks."""
    answers = Answers()

    def charge(enrolled: Enrolment) -> None:
        intake.allow(enrolled, LEAST_CHARGE)
        intake.spend(enrolled, LEAST_CHARGE)

    def work_of(enrolled: Enrolment, asked: SigningRequest) -> SigningWork:
        charge(enrolled)
        return work_for(intake.house, enrolled.request.station, asked, datetime.now(UTC))

    def taken(enrolled: Enrolment, submission_id: str, copy_sha256: str, given: OfficerSignature) -> KeptSignature:
        charge(enrolled)
        station = enrolled.request.station
        now = datetime.now(UTC)
        kept = take_signature(intake.house, station, submission_id, copy_sha256, given, now, answers)
        intake.wake()
        return kept

    @router.post(
        "/v1/stations/{station}/signing",
        responses=described(SIGNATURE_REFUSED, BAD_REQUEST, QUOTA_EXCEEDED, CATALOG_MISSING),
        openapi_extra=bodies.takes(SigningRequest),
    )
    async def work(station: str, request: Request, enrolled: Annotated[Enrolment, Depends(caller)]) -> SigningWork:
        """Ask what waits for the owner of a certificate, of what this station has sent."""
        if station != enrolled.request.station:
            raise NOT_AUTHORISED.error("the bearer token is missing or wrong")
        return await run_in_threadpool(work_of, enrolled, await bodies.value(request, SigningRequest))

    @router.put(
        "/v1/submissions/{submission_id}/signatures/{copy_sha256}",
        responses=described(
            DRAFT_UNKNOWN, SIGNATURE_REFUSED, VALIDATION_DATA_MISSING, BAD_REQUEST, QUOTA_EXCEEDED, CATALOG_MISSING
        ),
        openapi_extra=bodies.takes(OfficerSignature),
    )
    async def sign(
        submission_id: bodies.Hash,
        copy_sha256: bodies.Hash,
        request: Request,
        enrolled: Annotated[Enrolment, Depends(caller)],
    ) -> KeptSignature:
        """Hand over the signature of a copy. The same again gets the same answer; the first right one is kept."""
        station = enrolled.request.station
        await run_in_threadpool(handed_out, intake.house, station, submission_id, copy_sha256)  # before it is read
        given = await bodies.value(request, OfficerSignature)
        return await run_in_threadpool(taken, enrolled, submission_id, copy_sha256, given)
