"""Uploads over tus 1.0 (https://tus.io/protocols/resumable-upload): creation, checksum, expiration, termination.

An offset is acknowledged only once the bytes before it survive a power cut, and the last one only once the whole file
has the hash that it was announced with and is in the store.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Header, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import StringConstraints
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from flows.intake import Intake
from schemas.digest import Sha256
from schemas.problem import (
    ANTIVIRUS_UNREACHABLE,
    BAD_REQUEST,
    CHECKSUM_MISMATCH,
    FILE_ACTIVE_CONTENT,
    FILE_DAMAGED,
    FILE_HARMFUL,
    FILE_TOO_LARGE,
    FILE_TYPE_UNKNOWN,
    MEDIA_TYPE_UNKNOWN,
    OFFSET_MISMATCH,
    QUOTA_EXCEEDED,
    REQUEST_TOO_LARGE,
    STORE_FULL,
    TUS_VERSION,
    UPLOAD_UNKNOWN,
    ProblemError,
)
from schemas.station import AdmittedFile, Enrolment
from sohoa.api import bodies, guard
from sohoa.api.problems import described, respond
from storage.staging import KEPT_SECONDS, OffsetError, Upload

CHECKED_BYTES = 1024**2
"""The largest chunk with a checksum: it is held in memory until it is known to be right."""
_CHUNK = "application/offset+octet-stream"
_SWEEP_SECONDS = 3600
_ALGORITHMS = {"sha256": hashlib.sha256, "sha1": hashlib.sha1}  # tus asks every server for the second
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_NUMBER = 19

UploadId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str | None, Header()]


class Standing(NamedTuple):
    """How far an upload is."""

    sha256: Sha256
    length: int
    offset: int
    touched: float
    """Seconds since 1970."""


def routes(intake: Intake, caller: Callable[..., Enrolment]) -> APIRouter:
    """Return the routes of uploads; *caller* finds out which station asks."""
    router = APIRouter(responses=described(BAD_REQUEST, TUS_VERSION))
    desk = _Desk(intake)
    _add_uploads(router, desk, caller, most=intake.house.settings.limits.file_bytes)
    _add_chunks(router, desk, caller)
    return router


def _add_uploads(router: APIRouter, desk: "_Desk", caller: Callable[..., Enrolment], *, most: int) -> None:
    Caller = Annotated[Enrolment, Depends(caller)]  # noqa: N806 - a type
    spoken = [Depends(_speaks_tus)]

    @router.options("", status_code=204)
    def describe(_enrolled: Caller) -> Response:
        """Say what is spoken here."""
        return spoken_here()

    @router.options("/{upload_id}", status_code=204)
    def describe_one(upload_id: UploadId, _enrolled: Caller) -> Response:  # noqa: ARG001 - every upload speaks it
        """Say what is spoken here."""
        return spoken_here()

    def spoken_here() -> Response:
        return _empty(
            204,
            **{
                "Tus-Version": guard.TUS_VERSION,
                "Tus-Extension": "creation,checksum,expiration,termination",
                "Tus-Checksum-Algorithm": ",".join(_ALGORITHMS),
                "Tus-Max-Size": str(most),
            },
        )

    @router.post(
        "", status_code=201, dependencies=spoken, responses=described(FILE_TOO_LARGE, QUOTA_EXCEEDED, STORE_FULL)
    )
    def create(enrolled: Caller, upload_length: Text = None, upload_metadata: Text = None) -> Response:
        """Begin an upload, or find the one that was begun. Upload-Metadata names the hash: `sha256 BASE64(HEX)`."""
        standing = desk.create(enrolled, _announced(upload_metadata), _number(upload_length, "Upload-Length"))
        return _standing(201, standing, Location=f"{guard.UPLOADS}/{standing.sha256}")

    @router.head("/{upload_id}", dependencies=spoken, responses=described(UPLOAD_UNKNOWN))
    def ask(upload_id: UploadId, enrolled: Caller) -> Response:
        """Say how far an upload is."""
        standing = desk.standing(enrolled, upload_id)
        metadata = f"sha256 {b64encode(upload_id.encode()).decode()}"
        return _standing(200, standing, **{"Upload-Length": str(standing.length), "Upload-Metadata": metadata})

    @router.get(
        "/{upload_id}",
        responses=described(UPLOAD_UNKNOWN, FILE_DAMAGED, FILE_TYPE_UNKNOWN, FILE_ACTIVE_CONTENT, FILE_HARMFUL),
    )
    def admitted(upload_id: UploadId, enrolled: Caller) -> AdmittedFile:
        """Say what a file is that has arrived whole, or why it was refused. Until its submission has a receipt."""
        return desk.admitted(enrolled, upload_id)

    @router.delete("/{upload_id}", status_code=204, dependencies=spoken, responses=described(UPLOAD_UNKNOWN))
    def give_up(upload_id: UploadId, enrolled: Caller) -> Response:
        """Give an upload up."""
        desk.give_up(enrolled, upload_id)
        return _empty(204)


def _add_chunks(router: APIRouter, desk: "_Desk", caller: Callable[..., Enrolment]) -> None:
    @router.patch(
        "/{upload_id}",
        status_code=204,
        dependencies=[Depends(_speaks_tus)],
        responses=described(
            UPLOAD_UNKNOWN,
            OFFSET_MISMATCH,
            CHECKSUM_MISMATCH,
            MEDIA_TYPE_UNKNOWN,
            QUOTA_EXCEEDED,
            STORE_FULL,
            ANTIVIRUS_UNREACHABLE,
        ),
        openapi_extra={"requestBody": {"content": {_CHUNK: {"schema": {"type": "string", "format": "binary"}}}}},
    )
    async def go_on(
        upload_id: UploadId,
        request: Request,
        enrolled: Annotated[Enrolment, Depends(caller)],
        upload_offset: Text = None,
        upload_checksum: Text = None,
    ) -> Response:
        """Add a chunk."""
        if request.headers.get("content-type") != _CHUNK:
            raise MEDIA_TYPE_UNKNOWN.error(f"not {_CHUNK}")
        offset = _number(upload_offset, "Upload-Offset")
        length = _number(request.headers.get("content-length", "0"), "Content-Length")
        try:
            upload = await run_in_threadpool(desk.open, enrolled, upload_id, offset, length)
            if upload_checksum is None:
                async for piece in bodies.pieces(request):
                    offset = await run_in_threadpool(desk.append, enrolled, upload, offset, piece)
            else:
                chunk = await _checked(request, length, upload_checksum)
                await run_in_threadpool(desk.append, enrolled, upload, offset, chunk)
            return _standing(204, await run_in_threadpool(desk.standing, enrolled, upload_id))
        except OffsetError as error:
            return await run_in_threadpool(_elsewhere, desk, enrolled, upload_id, error)
        except ClientDisconnect:
            return _empty(204)  # to nobody; what came is kept


class _Desk:
    """What happens to uploads, one call a request."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._staging = intake.staging
        self._swept = 0.0

    def create(self, enrolled: Enrolment, sha256: Sha256, length: int) -> Standing:
        most = self._intake.house.settings.limits.file_bytes
        if length > most:
            raise FILE_TOO_LARGE.error(f"{length} bytes; at most {most} are taken")
        self._intake.allow(enrolled, 0)
        self._sweep()
        station = enrolled.request.station
        arrived = self._staging.arrived(station, sha256)
        if arrived is None:
            return self._settled(enrolled, self._staging.create(station, sha256, length))
        if arrived.size != length:
            raise BAD_REQUEST.error(f"Upload-Length: the file with this hash has {arrived.size} bytes")
        return self.standing(enrolled, sha256)

    def open(self, enrolled: Enrolment, sha256: Sha256, offset: int, size: int) -> Upload:
        """Return an upload that *size* bytes may be added to at *offset*."""
        standing = self.standing(enrolled, sha256)
        if offset != standing.offset or offset + size > standing.length:
            raise OffsetError(standing.offset)
        self._intake.allow(enrolled, size)
        upload = self._staging.find(enrolled.request.station, sha256)
        if upload is None:
            raise OffsetError(standing.offset)  # it is whole
        return upload

    def append(self, enrolled: Enrolment, upload: Upload, offset: int, data: bytes) -> int:
        try:
            reached = self._staging.append(upload, offset, data)
        except ProblemError as error:
            arrived = self._staging.arrived(upload.station, upload.sha256)
            if error.kind is not UPLOAD_UNKNOWN or arrived is None:
                raise
            raise OffsetError(arrived.size) from error  # another connection was quicker
        self._intake.spend(enrolled, len(data))
        return reached

    def standing(self, enrolled: Enrolment, sha256: Sha256) -> Standing:
        """Return how far an upload is; if it has all its bytes, it is settled first."""
        station = enrolled.request.station
        arrived = self._staging.arrived(station, sha256)
        if arrived is not None:
            return Standing(sha256, arrived.size, arrived.size, datetime.now(UTC).timestamp())
        upload = self._staging.find(station, sha256)
        if upload is None:
            raise UPLOAD_UNKNOWN.error("create it first")
        return self._settled(enrolled, upload)

    def admitted(self, enrolled: Enrolment, sha256: Sha256) -> AdmittedFile:
        """Return what was found in a file."""
        return self._intake.admitted(enrolled, sha256)

    def give_up(self, enrolled: Enrolment, sha256: Sha256) -> None:
        """Forget an upload."""
        station = enrolled.request.station
        if self._staging.arrived(station, sha256) is None and self._staging.find(station, sha256) is None:
            raise UPLOAD_UNKNOWN.error("create it first")
        self._staging.remove(station, sha256)

    def _settled(self, enrolled: Enrolment, upload: Upload) -> Standing:
        if upload.offset == upload.length:
            self._intake.settle(enrolled, upload)
        return Standing(upload.sha256, upload.length, upload.offset, upload.touched)

    def _sweep(self) -> None:
        now = datetime.now(UTC)
        if now.timestamp() - self._swept > _SWEEP_SECONDS:
            self._swept = now.timestamp()
            self._staging.sweep(now)


def _speaks_tus(tus_resumable: Text = None) -> None:
    if tus_resumable != guard.TUS_VERSION:
        raise TUS_VERSION.error(f"Tus-Resumable is not {guard.TUS_VERSION}")


async def _checked(request: Request, length: int, checksum: str) -> bytes:
    """Return the body, which has the checksum that its sender says."""
    name, _, encoded = checksum.partition(" ")
    algorithm = _ALGORITHMS.get(name)
    if algorithm is None:
        raise BAD_REQUEST.error("Upload-Checksum: not one of the algorithms that OPTIONS names")
    if length > CHECKED_BYTES:
        raise REQUEST_TOO_LARGE.error(f"a chunk with a checksum has at most {CHECKED_BYTES} bytes")
    body = await bodies.whole(request)
    if b64encode(algorithm(body).digest()).decode() != encoded:
        raise CHECKSUM_MISMATCH.error("the chunk does not have its checksum; nothing of it was kept")
    return body


def _announced(metadata: str | None) -> Sha256:
    """Return the hash that Upload-Metadata names."""
    pairs = (pair.strip().partition(" ") for pair in (metadata or "").split(","))
    encoded = next((value for name, _, value in pairs if name == "sha256"), "")
    try:
        found = b64decode(encoded, validate=True).decode("ascii")
    except (Base64Error, ValueError):
        found = ""
    if not _SHA256.fullmatch(found):
        raise BAD_REQUEST.error("Upload-Metadata: no sha256, which is 64 lower-case hex digits in Base64")
    return found


def _number(text: str | None, name: str) -> int:
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        raise BAD_REQUEST.error(f"{name}: a number of bytes is needed")
    return int(text)


def _elsewhere(desk: _Desk, enrolled: Enrolment, upload_id: Sha256, error: OffsetError) -> Response:
    """Say where the upload really is, so that its station can go on from there."""
    problem = OFFSET_MISMATCH.error(str(error))
    response = respond(problem.kind, problem.problem)
    response.headers["Upload-Offset"] = str(desk.standing(enrolled, upload_id).offset)
    return response


def _standing(status: int, standing: Standing, **headers: str) -> Response:
    ends = datetime.fromtimestamp(standing.touched + KEPT_SECONDS, UTC)
    known = {"Upload-Offset": str(standing.offset), "Upload-Expires": format_datetime(ends, usegmt=True)}
    return _empty(status, **known, **headers)


def _empty(status: int, **headers: str) -> Response:
    return Response(status_code=status, headers=headers)
