"""Names and places as they are compared: written in one way, whoever wrote them."""

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

from pipeline.understand.folding import fold, letters
from pipeline.understand.places import normal
from pipeline.understand.vocabulary import LEVELS
from schemas.lexicon import communes

_WORDS: Final = re.compile(r"[^\W\d_]+")
_Y: Final = re.compile(r"(?<=^[bcdghklmnpqrstvx])y$|(?<=^[ckpt]h)y$|(?<=^qu)y$")
"""`Mỹ` and `Mĩ`, `Quý` and `Quí` are one name, written by two schools."""
_MANY: Final = 1 << 18
_DISTRICTS: Final = frozenset({"huyện", "thị xã", "thành phố", "quận"})
_COMMUNES: Final = frozenset({"xã", "phường", "thị trấn", "đặc khu"})
_LEVEL: Final = re.compile(rf"(?<!\w)({'|'.join(sorted(LEVELS, key=len, reverse=True))})\s+(?=\w)", re.IGNORECASE)
_UNITS: Final = 3


class Name(NamedTuple):
    """A name in the forms in which it is compared."""

    normal: str
    """Small letters, with the tone mark where it is written today."""
    syllables: tuple[str, ...]
    """Without marks."""

    @property
    def joined(self) -> str:
        """Its letters and nothing else."""
        return "".join(self.syllables)


class Place(NamedTuple):
    """An address without its hamlet, as letters; empty where it does not say."""

    commune: str = ""
    district: str = ""
    province: str = ""


@lru_cache(maxsize=_MANY)
def name(written: str) -> Name:
    """Return a name as it is compared."""
    plain = " ".join(_WORDS.findall(normal(written)))
    return Name(plain, tuple(_Y.sub("i", syllable) for syllable in fold(plain).split()))


@lru_cache(maxsize=_MANY)
def place(address: str) -> Place:
    """Return what an address says about commune, district and province, in whichever snapshot it was written.

    Without levels the parts are read from the end: province, district, commune.
    """
    units: dict[str, str] = {}
    bare: list[str] = []
    for part in address.split(","):
        levels = list(_LEVEL.finditer(part))
        if levels:
            said = levels[-1][1].lower()
            unit = "commune" if said in _COMMUNES else "district" if said in _DISTRICTS else "province"
            units.setdefault(unit, letters(part[levels[-1].end() :]))
        elif part.strip():
            bare.append(letters(part))
    if not units:
        units = dict(zip(("province", "district", "commune"), reversed(bare[-_UNITS:]), strict=False))
    elif "province" not in units and bare:
        units["province"] = bare[-1]
    found = Place(**units)
    lies_in = _districts().get(found.commune, frozenset())
    return found._replace(district=next(iter(lies_in))) if not found.district and len(lies_in) == 1 else found


@cache
def _districts() -> dict[str, frozenset[str]]:
    """Return the districts that had a commune of this name, by the commune; nothing for those made without districts.

    A name that a commune has since 2025 too may be that of a larger one: then it lies in no district for sure.
    """
    found: dict[str, set[str]] = {}
    for snapshot in communes()[1]:
        for above, names in snapshot.communes.items():
            unit = place_unit(above)
            for each in names:
                found.setdefault(letters(place_unit(each)), set()).add(
                    "" if above.startswith("tỉnh") else letters(unit)
                )
    return {commune: frozenset(districts) for commune, districts in found.items() if "" not in districts}


def place_unit(printed: str) -> str:
    """Return the name of a unit without its level."""
    return _LEVEL.sub("", printed, count=1)
