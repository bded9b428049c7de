"""Tesseract, the library, through its C interface: one call gives a picture's words, boxes and confidences together.

A process of its own for each picture would load program and model each time, which costs a sixth of all reading.
"""

import atexit
import csv
import ctypes
import hashlib
import io
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.tools import Tool
from schemas.problem import PAGE_FAILED, TOOL_MISSING, ProblemError

LANGUAGE = "vie"
PACKAGE = "tesseract-ocr"
LANGUAGE_PACKAGE = "tesseract-ocr-vie"
SECOND = "Vietnamese"
"""The model of the script: another network than the language's, so that its errors are others."""
SECOND_PACKAGE = "tesseract-ocr-script-viet"
LATIN = "eng"
"""The model that Tesseract's package brings along: it knows the digits of machine-readable lines."""
BLOCK = 6
"""Page segmentation: one uniform block of text, best where lines are straight, and for stacks of lines."""
COLUMN = 4
"""Page segmentation: one column of text of various sizes, which finds lines that the other mode loses."""
_SONAME = "libtesseract.so.5"
_LSTM_ONLY = 1
_NO_MODEL = b"none"
_WORD_LEVEL = "5"
_SILENT = {"debug_file": "/dev/null"}
"""What it has to say about a page would stand in the log."""
_DARK_ON_LIGHT = {"tessedit_do_invert": "0"}
"""Letters are dark when they come here: no line has to be tried as white on black."""


class Token(NamedTuple):
    """One word as Tesseract's TSV has it; pixels of the picture it was given."""

    block: int
    paragraph: int
    line: int
    left: int
    top: int
    width: int
    height: int
    confidence: float
    """0 to 100."""
    text: str


def tools() -> tuple[Tool, ...]:
    """Say whether Tesseract and its two models are there, and their versions."""
    library = _library()
    return (
        Tool("tesseract", library.TessVersion().decode() if library else None, PACKAGE),
        *(
            Tool(f"tesseract {name}", _fingerprint(name) if library else None, package)
            for name, package in ((LANGUAGE, LANGUAGE_PACKAGE), (SECOND, SECOND_PACKAGE))
        ),
    )


def second_model() -> str:
    """Return the model for second readings: the language's own where the other one is not installed."""
    return SECOND if _model(SECOND) else LANGUAGE


def latin_model() -> str:
    """Return the model for machine-readable lines: the language's own where the other one is not installed."""
    return LATIN if _model(LATIN) else LANGUAGE


def version() -> str:
    """Return Tesseract's version.

    Raises:
        ProblemError: `tool-missing`.
    """
    return str(_loaded().TessVersion().decode())


def model_sha256() -> str:
    """Return the SHA-256 of the language model that is used: the same version of Tesseract may read with others.

    Raises:
        ProblemError: `tool-missing`.
    """
    model = _model(LANGUAGE)
    if model is None:
        raise _language_missing()
    return _sha256(model)


def recognise(
    picture: NDArray[np.uint8], *, segmentation: int, dpi: int, seconds: float, model: str = LANGUAGE, letters: str = ""
) -> list[Token]:
    """Return the words on a grey *picture*, in the order Tesseract gives them; the same whatever was read before.

    One thread of a process may call it at a time.

    Args:
        picture: grey pixels.
        segmentation: Tesseract's page segmentation mode: `BLOCK` or `COLUMN`.
        dpi: resolution of the picture; guessed by Tesseract if it were left out.
        seconds: wall time after which it gives up. It looks at the clock after each word, not while it looks for
            lines: a worker's own limit is behind this one.
        model: what it reads with.
        letters: all that can stand there; anything when empty.

    Raises:
        ProblemError: `tool-missing`; `page-failed` when it takes too long or breaks.
    """
    library, reader = _loaded(), _reader(model)
    pixels = np.ascontiguousarray(picture)
    height, width = pixels.shape
    _set(library, reader, {"tessedit_char_whitelist": letters})
    library.TessBaseAPISetPageSegMode(reader, segmentation)
    library.TessBaseAPISetImage(reader, pixels.ctypes.data, width, height, 1, width)
    library.TessBaseAPISetSourceResolution(reader, dpi)
    clock = library.TessMonitorCreate()
    library.TessMonitorSetDeadlineMSecs(clock, max(1, round(1000 * seconds)))
    try:
        if library.TessBaseAPIRecognize(reader, clock):
            detail = f"reading broke off, or took longer than {seconds:.0f} s"
            raise PAGE_FAILED.error(detail)
        said = library.TessBaseAPIGetTsvText(reader, 0)
        try:
            return _tokens((ctypes.string_at(said) if said else b"").decode("utf-8"))
        finally:
            library.TessDeleteText(said)
    finally:
        library.TessMonitorDelete(clock)
        library.TessBaseAPIClear(reader)


def _tokens(tsv: str) -> list[Token]:
    # Text may hold quotation marks: TSV has no quoting.
    rows = csv.reader(io.StringIO(tsv), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [_token(*row) for row in rows if row[0] == _WORD_LEVEL and row[-1].strip()]


def _token(*row: str) -> Token:
    _, _, block, paragraph, line, _, left, top, width, height = map(int, row[:-2])
    return Token(block, paragraph, line, left, top, width, height, float(row[-2]), row[-1])


def _loaded() -> ctypes.CDLL:
    library = _library()
    if library is None:
        raise TOOL_MISSING.error(f"Tesseract is missing (Debian package {PACKAGE})")
    return library


@cache
def _library() -> ctypes.CDLL | None:
    # One thread: more only fight over the cores that the other pages' workers need (4 times the CPU, same wall time).
    # It is read once, when the library of threads is loaded.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    try:
        library = ctypes.CDLL(_SONAME)
    except OSError:
        return None
    handle, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    for name, result, *arguments in (
        ("TessVersion", text),
        ("TessBaseAPICreate", handle),
        ("TessBaseAPIDelete", None, handle),
        ("TessBaseAPIInit2", number, handle, text, text, number),
        ("TessBaseAPIGetDatapath", text, handle),
        ("TessBaseAPISetVariable", number, handle, text, text),
        ("TessBaseAPISetPageSegMode", None, handle, number),
        ("TessBaseAPISetImage", None, handle, handle, number, number, number, number),
        ("TessBaseAPISetSourceResolution", None, handle, number),
        ("TessBaseAPIRecognize", number, handle, handle),
        ("TessBaseAPIGetTsvText", handle, handle, number),
        ("TessBaseAPIClear", None, handle),
        ("TessDeleteText", None, handle),
        ("TessMonitorCreate", handle),
        ("TessMonitorDelete", None, handle),
        ("TessMonitorSetDeadlineMSecs", None, handle, number),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


@cache
def _reader(model: str) -> int:
    """Return a handle on Tesseract with a model loaded, which is kept: loading costs as much as reading ten lines."""
    library = _loaded()
    reader: int = library.TessBaseAPICreate()
    atexit.register(library.TessBaseAPIDelete, reader)
    _set(library, reader, _SILENT)
    if library.TessBaseAPIInit2(reader, None, model.encode(), _LSTM_ONLY):
        raise _language_missing()
    _set(library, reader, _DARK_ON_LIGHT)
    return reader


def _set(library: ctypes.CDLL, reader: int, variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        library.TessBaseAPISetVariable(reader, name.encode(), value.encode())


def _fingerprint(name: str) -> str | None:
    model = _model(name)
    return f"sha256:{_sha256(model)[:12]}" if model else None


def _model(name: str) -> Path | None:
    """Return the file of a model."""
    model = Path(_folder(), f"{name}.traineddata")
    return model if model.is_file() else None


@cache
def _folder() -> str:
    """Return where Tesseract looks for models: it knows as soon as it has looked for one, in vain too."""
    library = _loaded()
    reader = library.TessBaseAPICreate()
    try:
        _set(library, reader, _SILENT)
        library.TessBaseAPIInit2(reader, None, _NO_MODEL, _LSTM_ONLY)
        return os.fsdecode(library.TessBaseAPIGetDatapath(reader))
    finally:
        library.TessBaseAPIDelete(reader)


@cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _language_missing() -> ProblemError:
    return TOOL_MISSING.error(f"Tesseract has no Vietnamese model (Debian package {LANGUAGE_PACKAGE})")
