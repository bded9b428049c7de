"""Admit: from a path to a file that the other steps may trust, or a refusal that says why.

What is admitted is of the type that its own bytes say, complete as far as its structure tells, unlocked, free of
programs and attachments, and no page of it is larger than a page may be. Nothing is decoded before its size is known.
"""

import errno
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.admit.findings import Findings
from pipeline.admit.pdf import inspect_pdf
from pipeline.admit.picture import inspect_jpeg, inspect_png, inspect_tiff
from schemas.digest import Sha256, sha256_hex
from schemas.problem import (
    FILE_EMPTY,
    FILE_MISSING,
    FILE_TOO_LARGE,
    FILE_TYPE_UNKNOWN,
    FILE_UNREADABLE,
    ProblemError,
)
from schemas.settings import Limits

MediaType = Literal["application/pdf", "image/jpeg", "image/png", "image/tiff"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A file that was checked, and what was found."""

    path: Path
    sha256: Sha256
    """Of the bytes that were checked: whoever opens `path` later can tell whether they are the same."""
    size: int
    """Bytes."""
    media_type: MediaType
    """What the content is, whatever the name says."""
    page_count: int
    signed: bool
    """It carries digital signatures, so its bytes are kept as they are."""


def admit(path: Path, limits: Limits) -> Admitted:
    """Return what is at *path*, checked. It opens foreign bytes, so it belongs in a worker (`pipeline.workers`).

    Raises:
        ProblemError: `file-missing`, `file-unreadable`, `file-empty`, `file-too-large` (as it is, or unpacked),
            `file-type-unknown`, `file-damaged`, `file-encrypted`, `file-active-content`, `no-pages`,
            `too-many-pages`, `page-too-large`, `page-too-small`.
    """
    data = _read(path, limits.file_bytes)
    type_ = _sniff(data)
    findings = type_.inspect(data, limits)
    return Admitted(
        path=path,
        sha256=sha256_hex(data),
        size=len(data),
        media_type=type_.media_type,
        page_count=findings.page_count,
        signed=findings.signed,
    )


def _read(path: Path, most: int) -> bytes:
    """Return the bytes of the regular file at *path*; links are followed, pipes and devices never opened."""
    try:
        _check_before_opening(path.stat(), most)
        # Should a pipe have taken its place by now, opening it this way does not wait for a writer.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            data = file.read(most + 1)
    except OSError as error:
        is_missing = error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}
        detail = f"{os.strerror(error.errno or errno.EIO)}."
        raise (FILE_MISSING if is_missing else FILE_UNREADABLE).error(detail) from error
    except ValueError as error:
        detail = "No file can have this name."
        raise FILE_MISSING.error(detail) from error
    if len(data) > most:
        raise _too_large(len(data), most)
    if not data:
        detail = "It has no bytes."
        raise FILE_EMPTY.error(detail)
    return data


def _check_before_opening(found: os.stat_result, most: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        detail = "It is a folder." if stat.S_ISDIR(found.st_mode) else "It is a pipe, a socket or a device."
        raise FILE_UNREADABLE.error(detail)
    if found.st_size > most:
        raise _too_large(found.st_size, most)


def _too_large(size: int, most: int) -> ProblemError:
    detail = f"It has {size / 1024**2:.1f} MiB; {most / 1024**2:.1f} MiB are allowed."
    return FILE_TOO_LARGE.error(detail)


class _Type(NamedTuple):
    """A type of file that is admitted."""

    begins: re.Pattern[bytes]
    media_type: MediaType
    inspect: Callable[[bytes, Limits], Findings]


_TYPES = (
    _Type(re.compile(rb"\xff\xd8\xff"), "image/jpeg", inspect_jpeg),
    _Type(re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", inspect_png),
    _Type(re.compile(rb"II[*+]\0|MM\0[*+]"), "image/tiff", inspect_tiff),
    # Some scanners put a few bytes before the header; viewers look for it this far (ISO 32000-1, annex H.3, note 13).
    _Type(re.compile(rb".{0,1023}?%PDF-", re.DOTALL), "application/pdf", inspect_pdf),
)

_OTHER_TYPES = {
    rb"PK\x03\x04|PK\x05\x06": "a Word or Excel file or a ZIP archive",
    rb"\xd0\xcf\x11\xe0": "an old Word or Excel file",
    rb"\{\\rtf": "a text document (RTF)",
    rb"GIF8": "a GIF picture",
    rb"BM": "a BMP picture",
    rb"RIFF....WEBP": "a WebP picture",
    rb"....ftyp(hei|hev|mif1|msf1)": "a HEIC picture, as phones make them",
    rb"....ftypavif": "an AVIF picture",
    rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51": "a JPEG 2000 picture",
    rb"AT&TFORM": "a DjVu file",
    rb"(?i)\s*<(!doctype|html|\?xml|svg)": "a web page or an XML file",
    rb"\x7fELF|MZ|#!": "a program",
}
"""First bytes of what is sent by mistake, so that the refusal can name it."""


def _sniff(data: bytes) -> _Type:
    known = next((type_ for type_ in _TYPES if type_.begins.match(data)), None)
    if known is None:
        names = (name for begins, name in _OTHER_TYPES.items() if re.match(begins, data, re.DOTALL))
        detail = f"It is {next(names, 'of a type that is not known')}."
        raise FILE_TYPE_UNKNOWN.error(detail)
    return known
