"""Whether pages are legible: asked while whoever brought the paper may still be at the counter."""

from typing import Literal

from pydantic import Field as Constraint

from schemas.digest import Sha256
from schemas.model import Value

LEAST_DPI = 200
"""Dots per inch that a scan has to have at least."""
PREVIEW_DPI = 100
PREVIEW_BYTES = 256 * 1024
"""The most that the preview of a page may take."""

Fault = Literal["low_dpi", "blurred", "faint", "cut_off", "skewed", "blank", "twice"]
"""What a clerk can do better by scanning once more. `twice`: another page of the file shows the same."""


class Glance(Value):
    """What can be said of a page by its preview."""

    faults: tuple[Fault, ...] = ()


class PageFaults(Value):
    """A page that should be scanned once more, and why."""

    page: int = Constraint(ge=1)
    """Its number in its file."""
    faults: tuple[Fault, ...] = Constraint(min_length=1)


class FileFaults(Value):
    """The pages of a file that should be scanned once more."""

    file_sha256: Sha256
    pages: tuple[PageFaults, ...]


class Legibility(Value):
    """What is known of the pages of a submission."""

    submission_id: Sha256
    settled: bool
    """Whether they were looked at yet."""
    files: tuple[FileFaults, ...] = ()
    """Those with pages that should be scanned once more."""
