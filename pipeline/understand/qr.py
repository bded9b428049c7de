"""What the QR code of an identity card says.

The card of 2021 (TT 06/2021/TT-BCA) has seven parts between `|`: identifier, number of the old card, name, birth, sex,
residence, issue; some cards leave one out. The card of 2024 (TT 16/2024/TT-BCA) has more, in an order that is not
published. So every part is known by its shape, not by its place.

The code is plain text that nobody signed: it tells what was printed, not that the card is genuine.
"""

import re
from collections.abc import Sequence
from typing import Final

from pipeline.understand.dates import iso_date
from pipeline.understand.folding import letters
from pipeline.understand.values import clean

_FEWEST, _MOST = 5, 14
"""Parts of a card's code."""
_IDENTIFIER: Final = re.compile(r"\d{12}", re.ASCII)
_DAY: Final = re.compile(r"(\d{2})(\d{2})(\d{4})", re.ASCII)
_NAME: Final = re.compile(r"[^\W\d_]+(?:[ '’.-]+[^\W\d_]+){1,6}")
_SEXES: Final = {"nam": "nam", "nu": "nữ"}


def card_facts(text: str) -> dict[str, str] | None:
    """Return what a code says about the fields of an identity card, in normal form; None if it is no card's code.

    Of two names the first is the owner's: a child's card names father and mother behind it. Of two identifiers the
    first one is valid, the second was cancelled. Of two days the earlier one is that of birth.
    """
    parts = [clean(part) for part in text.split("|")]
    if not _FEWEST <= len(parts) <= _MOST:
        return None
    days = sorted({day for part in parts if (day := _day(part)) is not None})
    others = [part for part in parts if letters(part) not in _SEXES and any(map(str.isalpha, part))]
    names = [part for part in others if _NAME.fullmatch(part)]
    addresses = [part for part in others if "," in part]
    facts = {
        "personal_id": _first([part for part in parts if _IDENTIFIER.fullmatch(part)]),
        "full_name": _first(names),
        "date_of_birth": _first(days),
        "sex": _first([_SEXES[letters(part)] for part in parts if letters(part) in _SEXES]),
        "place_of_residence": addresses[0] if len(addresses) == 1 else None,
        "issue_date": days[1] if len(days) == 2 else None,  # noqa: PLR2004 - birth and issue
    }
    known = {name: fact for name, fact in facts.items() if fact}
    return known if {"personal_id", "full_name", "date_of_birth"} <= known.keys() else None


def _first(parts: Sequence[str]) -> str | None:
    return next(iter(parts), None)


def _day(part: str) -> str | None:
    match = _DAY.fullmatch(part)
    return iso_date(int(match[3]), int(match[2]), int(match[1])) if match else None
