"""What the inspection of a file finds, and the rules that hold for every type of file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from schemas.problem import FILE_DAMAGED, PAGE_TOO_LARGE, TOO_MANY_PAGES, ProblemError
from schemas.settings import Limits

LEAST_SIDE = 150
"""Pixels: the short side of an identity card (ISO/IEC 7810 ID-1, 54 mm) at 72 dpi. Less is no scan of a paper."""


class Findings(NamedTuple):
    """What is known of a file that was found in order."""

    page_count: int
    signed: bool = False


def check_page_count(count: int, limits: Limits) -> None:
    """Refuse a file with more pages than are allowed."""
    if count > limits.pages:
        detail = f"It has more than the {limits.pages} pages that are allowed."
        raise TOO_MANY_PAGES.error(detail)


def check_pixels(width: int, height: int, limits: Limits, *, page: int | None = None) -> None:
    """Refuse a picture that has more pixels than may be decoded."""
    if width * height > limits.page_pixels:
        detail = f"It has {width} x {height} pixels; {limits.page_pixels / 1e6:g} million are allowed."
        raise PAGE_TOO_LARGE.error(detail, page=page)


@contextmanager
def damaged_if_it_raises(detail: str, *, page: int | None = None) -> Iterator[None]:
    """Turn whatever a library raises over foreign bytes into `file-damaged`, saying *detail*.

    Only calls into a library belong in this block: fed with garbage, they raise nearly every class there is.
    """
    try:
        yield
    except (ProblemError, MemoryError):
        raise
    except Exception as error:
        raise FILE_DAMAGED.error(detail, page=page) from error


def damaged(detail: str, *, page: int | None = None) -> ProblemError:
    """Return the refusal of a file that is broken in the way that *detail* says."""
    return FILE_DAMAGED.error(detail, page=page)
