"""Scans whose truth is known: `NAME.truth.json` beside each scan says what a reader should find.

Values are compared in NFC with spaces collapsed; capitals and a closing full stop or comma do not count, except in
dates, years, numbers and identifiers, which count to the character.
"""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field as Constraint
from pydantic import ValidationError

from schemas.model import Value
from schemas.page import Rotation
from schemas.problem import FILE_MISSING, TRUTH_MISSING

_TO_THE_CHARACTER = re.compile(r"date|year|valid_to|personal_id|^number")
_LEADERS = re.compile(r"[.…_·]{3,}|…")


class PageTruth(Value, extra="ignore"):
    """What is known of one scanned page; None where it was not measured."""

    number: int
    rotation: Rotation | None = None
    skew_degrees: float | None = None
    blank: bool = False


class Truth(Value, extra="ignore"):
    """What is known of one paper."""

    file: str
    document_type: str
    level: str
    """How badly the paper was treated: `clean`, `office`, `hard`, or `real`."""
    pages: tuple[PageTruth, ...]
    fields: dict[str, str | int | None]
    accept: dict[str, tuple[str | int, ...]] = Constraint(default_factory=dict)
    """Other values that are as good."""
    unscored: tuple[str, ...] = ()
    """Fields that nobody could judge."""
    handwritten: tuple[str, ...] = ()
    """Fields of whose values at least a part is written by hand: they are for people to read."""
    text: str | None = None
    text_alt: tuple[str, ...] = ()
    """The text in other reading orders that are as good."""

    def names(self) -> Sequence[str]:
        """Return the names of the fields that are judged."""
        return [name for name in self.fields if name not in self.unscored]

    def options(self, name: str) -> Sequence[str | int]:
        """Return every value of a field that is right; empty when the paper has none."""
        wanted = self.fields[name]
        return [] if wanted is None else [wanted, *self.accept.get(name, ())]

    def texts(self) -> Sequence[str]:
        """Return the text in every reading order that is right; empty when it is not known."""
        return [plain(text) for text in (self.text, *self.text_alt) if text]


class _File(Value, extra="ignore"):
    """What is known of a file that holds several papers."""

    file: str
    documents: tuple[Truth, ...] = Constraint(min_length=1)


def truths_in(folder: Path) -> dict[Path, tuple[Truth, ...]]:
    """Return what is known of the papers in each scan of *folder*, by its path, in the order of their names.

    Raises:
        ProblemError: `truth-missing` when nothing is known there, or a truth cannot be read; `file-missing`.
    """
    truths = {}
    for path in sorted(folder.glob("*.truth.json")):
        try:
            file, papers = _parsed(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise TRUTH_MISSING.error("this file says nothing that can be measured against", file=str(path)) from error
        if not (folder / file).is_file():
            raise FILE_MISSING.error("its truth is there, the scan is not", file=str(folder / file))
        truths[folder / file] = papers
    if not truths:
        raise TRUTH_MISSING.error("no NAME.truth.json stands there", file=str(folder))
    return truths


def _parsed(data: bytes) -> tuple[str, tuple[Truth, ...]]:
    try:
        several = _File.model_validate_json(data)
    except ValidationError:
        one = Truth.model_validate_json(data)
        return one.file, (one,)
    return several.file, several.documents


def same(name: str, value: object, wanted: object) -> bool:
    """Return whether a value that was read is what the paper says."""
    if value is None:
        return False
    left, right = collapsed(str(value)), collapsed(str(wanted))
    if _TO_THE_CHARACTER.search(name):
        return left.replace(" ", "") == right.replace(" ", "")
    return left.rstrip(" .,;:").casefold() == right.rstrip(" .,;:").casefold()


def collapsed(text: str) -> str:
    """Return *text* in NFC as one line."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()


def plain(text: str) -> str:
    """Return *text* in NFC as one line, without dotted leaders, which are not text."""
    return collapsed(_LEADERS.sub(" ", unicodedata.normalize("NFC", text)))
