"""How much of the truth was read: fields, text, turn and tilt, by type and level of damage.

A field is exact when value and truth are equal in NFC with spaces collapsed; capitals and a closing full stop or comma
do not count, except in dates, years, numbers and identifiers, which count to the character. A value where the paper has
none is *invented*. A *silent error* is an accepted field that is wrong or invented: the worst that can happen.
"""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

_TO_THE_CHARACTER = re.compile(r"date|year|valid_to|personal_id|^number")
_LEADERS = re.compile(r"[.…_·]{3,}|…")


@dataclass
class Score:
    """Counts over some files."""

    files: int = 0
    types: int = 0
    wanted: int = 0
    exact: int = 0
    accepted: int = 0
    accepted_wanted: int = 0
    silent: int = 0
    invented: int = 0
    edits: int = 0
    letters: int = 0
    pages: int = 0
    turned: int = 0
    tilts: list[float] = field(default_factory=list)

    def row(self) -> list[str]:
        """Return the percentages that people compare."""
        worst = f"{max(self.tilts):.2f}°" if self.tilts else "–"
        return [
            str(self.files),
            _share(self.types, self.files),
            _share(self.exact, self.wanted),
            _share(self.accepted_wanted, self.wanted),
            f"{self.silent}/{self.accepted}",
            str(self.invented),
            _share(self.edits, self.letters),
            _share(self.turned, self.pages),
            worst,
        ]


COLUMNS = [
    "",
    "files",
    "type",
    "fields exact",
    "accepted",
    "silent errors",
    "invented",
    "CER",
    "turned right",
    "worst tilt",
]


def load_truths(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the truth of each file in *folder*, by its name."""
    truths = (json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.truth.json")))
    return {truth["file"]: truth for truth in truths}


def score(truths: Mapping[str, Mapping[str, Any]], found: Iterable[Mapping[str, Any]]) -> dict[str, Score]:
    """Return the score over all files, by type and by level; *found* is what `sohoa extract --json` prints."""
    scores: dict[str, Score] = defaultdict(Score)
    for document in found:
        truth = truths[Path(document["file"]).name]
        for group in ("all", f"type: {truth['document_type']}", f"level: {truth['level']}"):
            _add(scores[group], truth, document)
    return dict(sorted(scores.items()))


def _add(total: Score, truth: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    total.files += 1
    total.types += document["document_type"] == truth["document_type"]
    for name, wanted in truth["fields"].items():
        if name in truth.get("unscored", ()):
            continue
        read = document["fields"].get(name) or {"value": None, "accepted": False}
        accepted = read["accepted"] and read["value"] is not None
        total.accepted += accepted
        if wanted is None:
            total.invented += read["value"] is not None
            total.silent += accepted
            continue
        right = any(same(name, read["value"], option) for option in [wanted, *truth.get("accept", {}).get(name, [])])
        total.wanted += 1
        total.exact += right
        total.accepted_wanted += accepted
        total.silent += accepted and not right
    if truth.get("text"):
        options = [plain(option) for option in [truth["text"], *truth.get("text_alt", [])]]
        edits, letters = min((Levenshtein.distance(plain(document["text"]), option), len(option)) for option in options)
        total.edits += edits
        total.letters += letters
    pages = {page["number"]: page for page in document["pages"]}
    for wanted_page in truth["pages"]:
        page = pages.get(wanted_page["number"])
        if wanted_page["blank"] or wanted_page["rotation"] is None:
            continue
        total.pages += 1
        turned = page is not None and page["rotation"] == wanted_page["rotation"]
        total.turned += turned
        if page is not None and turned and wanted_page["skew_degrees"] is not None:
            total.tilts.append(abs(page["skew_degrees"] - wanted_page["skew_degrees"]))


def same(name: str, value: object, wanted: object) -> bool:
    """Return whether a value that was read is what the paper says."""
    if value is None:
        return False
    left, right = (re.sub(r"\s+", " ", unicodedata.normalize("NFC", str(text))).strip() for text in (value, wanted))
    if _TO_THE_CHARACTER.search(name):
        return left.replace(" ", "") == right.replace(" ", "")
    return left.rstrip(" .,;:").casefold() == right.rstrip(" .,;:").casefold()


def plain(text: str) -> str:
    """Return *text* as one line, without dotted leaders."""
    return re.sub(r"\s+", " ", _LEADERS.sub(" ", unicodedata.normalize("NFC", text))).strip()


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"
