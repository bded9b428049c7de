"""Poppler, through pdf2image: pages of a PDF as pixels."""

import math
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pdf2image import convert_from_path
from pdf2image.exceptions import PDFInfoNotInstalledError, PDFPageCountError, PDFPopplerTimeoutError, PDFSyntaxError
from PIL import Image

from pipeline.tools import Tool
from schemas.page import Box
from schemas.problem import FILE_DAMAGED, PAGE_FAILED, TOOL_MISSING

PACKAGE = "poppler-utils"
_PROBE_SECONDS = 20


def tool() -> Tool:
    """Say whether Poppler's programs are there, and their version."""
    if shutil.which("pdftoppm") is None:
        return Tool("poppler", None, PACKAGE)
    said = subprocess.run(["pdftoppm", "-v"], capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False)
    found = re.search(r"version (\S+)", said.stderr)
    return Tool("poppler", found[1] if found else None, PACKAGE)


def rasterise(path: Path, number: int, *, dpi: int, seconds: float) -> NDArray[np.uint8]:
    """Return page *number* (from 1) as a viewer shows it, as RGB pixels.

    One page at a time, through a file: however many pages there are, one is in memory.

    Raises:
        ProblemError: `tool-missing`, `file-damaged`, or `page-failed` when it takes too long.
    """
    with tempfile.TemporaryDirectory(prefix="sohoa-") as folder:
        try:
            written = convert_from_path(
                path,
                dpi=dpi,
                output_folder=folder,
                first_page=number,
                last_page=number,
                fmt="ppm",
                paths_only=True,
                use_cropbox=True,
                timeout=math.ceil(seconds),
            )
        except PDFInfoNotInstalledError as error:
            detail = f"Poppler is missing (Debian package {PACKAGE})"
            raise TOOL_MISSING.error(detail) from error
        except PDFPopplerTimeoutError as error:
            detail = f"drawing the page took longer than {seconds:.0f} s"
            raise PAGE_FAILED.error(detail, page=number) from error
        except (PDFPageCountError, PDFSyntaxError) as error:
            raise FILE_DAMAGED.error("its pages cannot be drawn", page=number) from error
        if not written:
            raise FILE_DAMAGED.error("the page cannot be drawn", page=number)
        with Image.open(str(written[0])) as picture:
            return np.array(picture.convert("RGB"))


def picture(path: Path, number: int, *, dpi: int, seconds: float) -> bytes:
    """Return page *number* (from 1) of a copy as a viewer shows it, as JPEG.

    Raises:
        ProblemError: `tool-missing`, `file-damaged`, or `page-failed` when it takes too long.
    """
    return _jpeg(path, number, ["-r", str(dpi)], seconds)


def crop(path: Path, number: int, *, size: tuple[int, int], box: Box, quality: int, seconds: float) -> bytes:
    """Return a part of page *number* (from 1) of a copy, as JPEG.

    Args:
        path: of the copy.
        number: of the page.
        size: width and height of the page, in pixels.
        box: which part, in the same pixels.
        quality: of the JPEG, 0 to 100.
        seconds: that it may take.

    Raises:
        ProblemError: as for `picture`.
    """
    width, height = map(str, size)
    x, y, w, h = map(str, box)
    place = ["-scale-to-x", width, "-scale-to-y", height, "-x", x, "-y", y, "-W", w, "-H", h]
    return _jpeg(path, number, [*place, "-jpegopt", f"quality={quality}"], seconds)


def _jpeg(path: Path, number: int, options: Sequence[str], seconds: float) -> bytes:
    page = str(number)
    command = ["pdftoppm", "-jpeg", *options, "-f", page, "-l", page, "-singlefile", "-cropbox", str(path)]
    try:
        drawn = subprocess.run(command, capture_output=True, timeout=seconds, check=False).stdout
    except FileNotFoundError as error:
        raise TOOL_MISSING.error(f"Poppler is missing (Debian package {PACKAGE})") from error
    except subprocess.TimeoutExpired as error:
        raise PAGE_FAILED.error(f"drawing the page took longer than {seconds:.0f} s", page=number) from error
    if not drawn:
        raise FILE_DAMAGED.error("the page cannot be drawn", page=number)
    return drawn
