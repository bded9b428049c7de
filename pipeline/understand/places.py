"""Places that exist: an address compared with the provinces, districts and communes of the lexicons.

What fits together (commune, district and province of one snapshot) was hardly misread; what is a mark away from the one
place that it can be was. Of what is not listed nothing is known: hamlets, streets, older names, other provinces.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

from pipeline.understand.folding import fold, letters
from pipeline.understand.vocabulary import DEPARTMENTS, LEVELS, PROVINCIAL
from schemas.field import Check
from schemas.lexicon import communes, provinces

_ABBREVIATED: Final = {"tp": "thành phố", "tx": "thị xã", "tt": "thị trấn"}
_LEVEL: Final = re.compile(
    rf"(?<!\w)({'|'.join(sorted(LEVELS, key=len, reverse=True))}|tp|tx|tt)(?:[.]\s*|\s+)(?=\w)", re.IGNORECASE
)
_COMMITTEE: Final = re.compile(r"ủy ban nhân dân(?= )", re.IGNORECASE)
_OLD_MARKS: Final = {
    "oà": "òa", "oá": "óa", "oả": "ỏa", "oã": "õa", "oạ": "ọa", "oè": "òe", "oé": "óe", "oẻ": "ỏe", "oẽ": "õe",
    "oẹ": "ọe", "uỳ": "ùy", "uý": "úy", "uỷ": "ủy", "uỹ": "ũy", "uỵ": "ụy",
}  # fmt: skip
_OLD_MARKED: Final = re.compile(rf"(?<!q)({'|'.join(_OLD_MARKS)})(?!\w)")
_OF_PROVINCES: Final = frozenset({"", "tỉnh", "thành phố"})
_SHORT: Final = 3
"""In a name of so many letters one misread letter is too much to tell what it is."""


class Places(NamedTuple):
    """What the lexicons say about an address."""

    value: str
    """The address; a part that has the letters of only one known place is written as that one."""
    checks: tuple[Check, ...] = ()
    """`known_place`, passed or not; none where nothing in the address is known."""
    sure: frozenset[int] = frozenset()
    """Which words (places in `value.split()`) name a known place that no other one looks like."""


class _Unit(NamedTuple):
    """A known place."""

    level: str
    """Empty for provinces: the same one was a province and a city."""
    name: str
    above: str
    """The unit that it belongs to, with its level; empty for provinces."""


class _Part(NamedTuple):
    """What stands between two commas of an address: a unit, perhaps behind other words."""

    start: int
    name_at: int
    end: int
    level: str
    name: str
    whole: bool
    """Whether nothing stands before the unit."""


class _Match(NamedTuple):
    part: _Part
    unit: _Unit
    exact: bool
    alone: bool
    """No other known place there differs by a letter or by marks only."""


def look_up(address: str) -> Places:
    """Return what is known of *address*, from the largest unit down to where it is not known any more.

    Where a part is no known place but has the letters of exactly one, `value` says that one, and `known_place` fails
    and says so: it is not accepted like that, a person decides with `raw_text` beside it.
    """
    found = list(_walk(_parts(address)))
    if not found:
        return Places(address)
    wrong = [match for match in found if not match.exact]
    if wrong:
        value = address
        for match in wrong:  # from the end to the start, so that places before it stay
            value = value[: match.part.name_at] + _corrected(match) + value[match.part.end :]
        detail = "; ".join(f"{match.part.name}: perhaps {match.unit.name}" for match in wrong)
        return Places(value, (Check(name="known_place", passed=False, detail=detail),))
    spans = [(match.part.start, match.part.end) for match in found if match.alone]
    committee = _COMMITTEE.match(address)
    if committee:
        spans.append(committee.span())
    check = Check(name="known_place", passed=True, detail=", ".join(match.unit.name for match in reversed(found)))
    return Places(address, (check,), frozenset(_words_inside(address, spans)))


def known_agency(text: str) -> str | None:
    """Return the agency of a province that *text* names, marks aside, with those that it has; None for any other.

    No two provinces have the same letters, and no two departments: `TĨNH NGHẸ AN` can only be one.
    """
    name = _agencies().get(fold(text))
    return "".join(new.upper() if old.isupper() else new for old, new in zip(text, name, strict=True)) if name else None


@cache
def _agencies() -> dict[str, str]:
    """Return the names of agencies of provinces by their folded text; capitals are left to who prints them."""
    homes = [f"{level} {unit.name}" for unit in _provinces() for level in ("tỉnh", "thành phố")]
    names = [f"{agency} {home}" for agency in PROVINCIAL for home in homes]
    names += [name for department in DEPARTMENTS for name in (department, *(f"{department} {home}" for home in homes))]
    return {fold(name): name for name in names}


def is_province(name: str) -> bool:
    """Return whether a province or a city under the centre is called so, now or before July 2025."""
    return any(normal(unit.name) == normal(name) for unit in _provinces())


def is_cut_off(address: str) -> bool:
    """Return whether an address of several parts ends in the first words of a known name: `…, Nam Đàn, Nam`."""
    parts = _parts(address)
    last = f"{normal(parts[-1].name)} " if len(parts) > 1 else ""
    return bool(last) and last.strip() not in _names() and any(name.startswith(last) for name in _names())


def normal(name: str) -> str:
    """Return *name* in small letters and NFC, with the tone mark where it is written today (`hoà` as `hòa`)."""
    small = unicodedata.normalize("NFC", name).casefold()
    return _OLD_MARKED.sub(lambda match: _OLD_MARKS[match[0]], small)


@cache
def _provinces() -> tuple[_Unit, ...]:
    names = {name for snapshot in provinces() for name in snapshot.names}
    return tuple(_Unit("", name, "") for name in sorted(names))


@cache
def _known() -> tuple[_Unit, ...]:
    """Return every district and commune of the home province, of all snapshots together."""
    home = f"tỉnh {communes()[0]}"
    units = set()
    for snapshot in communes()[1]:
        for above, names in snapshot.communes.items():
            if above != home:
                units.add(_unit(above, home))
            units.update(_unit(name, above) for name in names)
    return tuple(sorted(units))


@cache
def _names() -> frozenset[str]:
    return frozenset(map(normal, known_names()))


def known_names() -> tuple[str, ...]:
    """Return the name of every known place, without its level."""
    return tuple(sorted({unit.name for unit in (*_known(), *_provinces())}))


def _unit(printed: str, above: str) -> _Unit:
    level = next((level for level in LEVELS if printed.startswith(f"{level} ")), None)
    return _Unit(level or "xã", printed.removeprefix(f"{level} "), above)


@cache
def _below(unit: _Unit) -> tuple[_Unit, ...]:
    """Return the known units that belong to *unit*."""
    home = communes()[0]
    above = f"tỉnh {home}" if unit == _Unit("", home, "") else f"{unit.level} {unit.name}"
    return tuple(known for known in _known() if known.above == above)


def _walk(parts: Sequence[_Part]) -> Iterator[_Match]:
    """Yield the parts that are known or nearly so, the largest unit first."""
    options = _provinces()
    for index, part in enumerate(reversed(parts)):
        match = _match(part, options)
        alone = len(parts) == 1  # `Vinh, ngày …`
        if match is None and index == 0 and (part.level or alone):  # no province is printed, as in letterheads
            match = _match(part, _known(), by_marks=True)
        if match is None:
            return
        yield match
        options = _below(match.unit)
        if not part.whole or not options:
            return


def _match(part: _Part, options: Sequence[_Unit], *, by_marks: bool = False) -> _Match | None:
    """Return the unit that a part names, or the only one that it can be.

    Args:
        part: of the address.
        options: the units that it may name.
        by_marks: it may differ by marks only, not by a letter: where nothing says in which province it lies.
    """
    fitting = [unit for unit in options if part.level in ({"", unit.level} if unit.level else _OF_PROVINCES)]
    key = normal(part.name)
    exact = next((unit for unit in fitting if normal(unit.name) == key), None)
    if exact:
        return _Match(part, exact, exact=True, alone=not any(_alike(key, normal(unit.name)) for unit in fitting))
    if key in _names():
        return None  # a place of another district, say: this one is older or newer than the lexicon
    read = letters(part.name)
    near = {unit.name: unit for unit in fitting if letters(unit.name) == read}
    if not near and len(read) > _SHORT and not by_marks:
        near = {
            unit.name: unit for unit in fitting if Levenshtein.distance(letters(unit.name), read, score_cutoff=1) <= 1
        }
    if len(near) != 1:
        return None
    return _Match(part, next(iter(near.values())), exact=False, alone=False)


def _alike(name: str, other: str) -> bool:
    if name == other:
        return False
    return letters(name) == letters(other) or Levenshtein.distance(name, other, score_cutoff=1) <= 1


def _corrected(match: _Match) -> str:
    """Return the name of the known place if the one that was read differs by marks only, else that."""
    if letters(match.unit.name) != letters(match.part.name):
        return match.part.name
    return match.unit.name.upper() if match.part.name.isupper() else match.unit.name


def _parts(address: str) -> list[_Part]:
    found = []
    for piece in re.finditer(r"[^,]+", address):
        text = piece[0].rstrip()
        at, end = piece.start() + len(text) - len(text.lstrip()), piece.start() + len(text)
        level = max(_LEVEL.finditer(address, at, end), key=lambda match: match.start(), default=None)
        if level is None:
            found.append(_Part(at, at, end, "", address[at:end], whole=True))
        else:
            said = level[1].lower()
            name_at = level.end()
            found.append(
                _Part(
                    level.start(), name_at, end, _ABBREVIATED.get(said, said), address[name_at:end],
                    whole=level.start() == at,
                )
            )  # fmt: skip
    return [part for part in found if part.name]


def _words_inside(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[int]:
    for index, word in enumerate(re.finditer(r"\S+", text)):
        if any(start <= word.start() < end for start, end in spans):
            yield index
