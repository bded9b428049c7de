"""Tesseract, called through pytesseract: one process for one picture gives words, boxes and confidences together."""

import csv
import hashlib
import io
import os
import re
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytesseract
from numpy.typing import NDArray
from pytesseract import pytesseract as command

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
_PROBE_SECONDS = 20
_WORD_LEVEL = "5"
_TIMEOUT_MESSAGE = "Tesseract process timeout"


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
    current: str | None = None
    with suppress(ProblemError):
        current = version()
    return (
        Tool("tesseract", current, PACKAGE),
        *(
            Tool(f"tesseract {name}", _fingerprint(name) if current else None, package)
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
    return _said("--version").split()[1]


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
    """Return the words on a grey *picture*, in the order Tesseract gives them.

    Args:
        picture: grey pixels.
        segmentation: Tesseract's page segmentation mode (`--psm`): `BLOCK` or `COLUMN`.
        dpi: resolution of the picture; guessed by Tesseract if it were left out.
        seconds: wall time after which the process is killed.
        model: what it reads with.
        letters: all that can stand there; anything when empty.

    Raises:
        ProblemError: `tool-missing`; `page-failed` when it takes too long or breaks.
    """
    with tempfile.TemporaryDirectory(prefix="sohoa-") as folder:
        source, target = Path(folder, "page.bmp"), Path(folder, "words")
        # A file path: given pixels, pytesseract writes a PNG first, which costs as much as a third of the reading. Of
        # the plain formats, Leptonica reads PGM byte by byte (50 ms a page) and BMP at once.
        source.write_bytes(cv2.imencode(".bmp", picture)[1].tobytes())
        # Letters are dark when they come here: no line has to be tried as white on black.
        options = f"--oem 1 --psm {segmentation} --dpi {dpi} -c tessedit_create_tsv=1 -c tessedit_do_invert=0"
        if letters:
            options += f" -c tessedit_char_whitelist={letters}"
        _run(str(source), str(target), model, options, seconds)
        return _tokens(target.with_suffix(".tsv").read_text(encoding="utf-8"))


def _run(source: str, target: str, model: str, options: str, seconds: float) -> None:
    # One thread: more only fight over the cores that the other pages' workers need (4 times the CPU, same wall time).
    os.environ["OMP_THREAD_LIMIT"] = "1"
    try:
        command.run_tesseract(source, target, extension="", lang=model, config=options, timeout=seconds)
    except command.TesseractNotFoundError as error:
        raise _program_missing() from error
    except command.TesseractError as error:
        if _model(model) is None:
            raise _language_missing() from error
        detail = f"Tesseract stopped with status {error.status}"
        raise PAGE_FAILED.error(detail) from error
    except RuntimeError as error:
        if str(error) != _TIMEOUT_MESSAGE:
            raise
        detail = f"reading took longer than {seconds:.0f} s"
        raise PAGE_FAILED.error(detail) from error


def _tokens(tsv: str) -> list[Token]:
    # Text may hold quotation marks: TSV has no quoting.
    rows = csv.DictReader(io.StringIO(tsv), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [
        Token(
            int(row["block_num"]),
            int(row["par_num"]),
            int(row["line_num"]),
            int(row["left"]),
            int(row["top"]),
            int(row["width"]),
            int(row["height"]),
            float(row["conf"]),
            row["text"],
        )
        for row in rows
        if row["level"] == _WORD_LEVEL and row["text"] and row["text"].strip()
    ]


@cache
def _said(option: str) -> str:
    try:
        done = subprocess.run(
            [pytesseract.pytesseract.tesseract_cmd, option],
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=True,
        )
    except FileNotFoundError as error:
        raise _program_missing() from error
    return done.stdout or done.stderr


def _fingerprint(name: str) -> str | None:
    model = _model(name)
    return f"sha256:{_sha256(model)[:12]}" if model else None


def _model(name: str) -> Path | None:
    """Return the file of a model; `--list-langs` is how Tesseract tells where it looks."""
    folder = re.search(r'"(.+?)"', _said("--list-langs"))
    model = Path(folder[1], f"{name}.traineddata") if folder else None
    return model if model is not None and model.is_file() else None


@cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _program_missing() -> ProblemError:
    return TOOL_MISSING.error(f"Tesseract is missing (Debian package {PACKAGE})")


def _language_missing() -> ProblemError:
    return TOOL_MISSING.error(f"Tesseract has no Vietnamese model (Debian package {LANGUAGE_PACKAGE})")
