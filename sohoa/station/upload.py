"""Files to the intake over tus 1.0 (https://tus.io/protocols/resumable-upload), with creation and checksums.

How much the server has, only the server knows: after every doubt it is asked, and sending goes on from there.
"""

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256 as sha256_of
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import urlsplit

from schemas.problem import SERVER_UNREACHABLE, ProblemError
from schemas.station import CHUNK_BYTES
from schemas.submission import SubmittedFile
from sohoa.station.client import Answer, Intake, RefusedError

UPLOADS = "/v1/uploads"

_TUS = {"Tus-Resumable": "1.0.0"}
_DOUBTS = 3
"""How often in a row the server is asked anew before the line is left alone for a while."""
_OTHER_OFFSET, _OTHER_CHECKSUM, _GONE = 409, 460, (404, 410)


def upload(intake: Intake, file: SubmittedFile, content: BinaryIO, moved: Callable[[], object] = lambda: None) -> None:
    """Bring a file to the server; return once the server says that it is whole. Any number of times.

    Args:
        intake: where to.
        file: its size and hash.
        content: its bytes; can be read from any offset.
        moved: called whenever the server has more of it than before.

    Raises:
        ProblemError: `server-unreachable` and others that pass: call it again after a while. What the server refuses.
    """
    place, offset = _create(intake, file)
    doubts = 0
    while offset < file.size:
        content.seek(offset)
        piece = content.read(min(CHUNK_BYTES, file.size - offset))
        try:
            reached = _offset(intake.ask("PATCH", place, _of_piece(offset, piece), piece), file)
        except ProblemError as error:
            doubts += 1
            if doubts > _DOUBTS or not _is_doubt(error):
                raise
            place, reached = _ask_how_far(intake, file, place)
        if reached > offset:
            doubts = 0
            moved()
        offset = reached


def _create(intake: Intake, file: SubmittedFile) -> tuple[str, int]:
    """Return the path of the upload of this file, the old one if there is one, and how much of it is there."""
    metadata = f"sha256 {b64encode(file.sha256.encode()).decode()}"
    answer = intake.ask("POST", UPLOADS, {**_TUS, "Upload-Length": str(file.size), "Upload-Metadata": metadata}, b"")
    place = urlsplit(answer.headers.get("Location", "")).path  # a path alone: a token goes to no other server
    if not place.startswith(f"{UPLOADS}/"):
        raise SERVER_UNREACHABLE.error("something else answers there: no upload was made")
    if "Upload-Offset" in answer.headers:
        return place, _offset(answer, file)
    return place, _offset(intake.ask("HEAD", place, _TUS), file)


def _ask_how_far(intake: Intake, file: SubmittedFile, place: str) -> tuple[str, int]:
    try:
        return place, _offset(intake.ask("HEAD", place, _TUS), file)
    except RefusedError as refusal:
        if refusal.answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
    return _create(intake, file)  # it is gone, or we are refused: why, an answer to HEAD cannot say


def _is_doubt(error: ProblemError) -> bool:
    if isinstance(error, RefusedError):
        return error.answer.status in {_OTHER_OFFSET, _OTHER_CHECKSUM, *_GONE}
    return error.kind == SERVER_UNREACHABLE


def _of_piece(offset: int, piece: bytes) -> dict[str, str]:
    return {
        **_TUS,
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {b64encode(sha256_of(piece).digest()).decode()}",
    }


def _offset(answer: Answer, file: SubmittedFile) -> int:
    text = answer.headers.get("Upload-Offset", "")
    if not text.isdecimal() or int(text) > file.size:
        raise SERVER_UNREACHABLE.error("something else answers there: no offset")
    return int(text)
