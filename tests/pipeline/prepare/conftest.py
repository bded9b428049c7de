"""Pages to prepare: papers from the project's own generator, and bare sheets."""

from dataclasses import dataclass

import numpy as np
import pytest

from pipeline.prepare import RawPage
from samples import make

DPI = 200


@dataclass(frozen=True)
class Scan:
    raw: RawPage
    truth: make.Truth

    @property
    def rotation(self):
        return self.truth["pages"][0]["rotation"]

    @property
    def skew(self):
        return self.truth["pages"][0]["skew_degrees"]


@pytest.fixture(scope="session")
def scan():
    """Return a function that scans one paper, damaged as told."""

    def scanned(kind="birth_certificate", layout="current", level="clean", seed=7, **overrides):
        overrides = {"dpi": DPI, **overrides}
        sample = make.paper(kind, layout, level, seed, **overrides)
        page = sample.pages[0]
        pixels = np.asarray(page.convert("L") if page.mode == "1" else page)
        return Scan(RawPage(1, pixels, overrides["dpi"], "decoded"), sample.truth)

    return scanned


@pytest.fixture
def sheet():
    """A bare A4 sheet at 200 dpi."""
    return np.full((2339, 1654), 245, np.uint8)
