"""What the machine-readable zone of an identity card says (ICAO Doc 9303 part 5, TD1).

`pipeline/read/mrz.py` lets only lines through that their check digits confirm; the name has none.
"""

import re
from typing import Final

from pipeline.understand.dates import iso_date
from schemas.identifier import PersonalIdentifier

_FIRST: Final = re.compile(r"IDVNM\d{10}(\d{12})<<\d", re.ASCII)
_SECOND: Final = re.compile(r"(\d{2})(\d{2})(\d{2})\d([MF])(\d{2})(\d{2})(\d{2})\dVNM", re.ASCII)
_ENDLESS: Final = 90
"""Years of a century from which on a card has no expiry: they print a far date then."""
_CENTURY: Final = 2000


def zone_facts(text: str) -> dict[str, str]:
    """Return what the lines of a zone say about the fields of an identity card, in normal form."""
    facts = {}
    first, second = _FIRST.search(text), _SECOND.search(text)
    if first:
        facts["personal_id"] = first[1]
    if second:
        facts |= {"sex": "nam" if second[4] == "M" else "nữ", "nationality": "Việt Nam"}
        expiry = [int(part) for part in second.groups()[4:7]]
        until = iso_date(_CENTURY + expiry[0], expiry[1], expiry[2]) if expiry[0] < _ENDLESS else None
        if until is not None:
            facts["valid_to"] = until
    if first and second:
        year = PersonalIdentifier(first[1]).birth_year  # the zone has but two digits of it
        born = iso_date(year, int(second[2]), int(second[3]))
        if year % 100 == int(second[1]) and born is not None:
            facts["date_of_birth"] = born
    return facts
