"""What a reviewer may mean by what they type: names of the lexicons, by kind of field.

The whole list goes to the browser once, so that a suggestion costs no way to the server and nothing that is typed, a
name perhaps, stands in an address. It is only offered: what the paper says is what the reviewer sends.
"""

from collections.abc import Mapping
from functools import cache

from pipeline.understand.places import known_names
from pipeline.understand.vocabulary import NATIONALITIES
from schemas.document_type import ValueKind
from schemas.lexicon import ethnic_groups, family_names

_COMMITTEE = "Ủy ban nhân dân"
"""Most agencies of the papers: with the name of a place behind it."""


@cache
def names() -> Mapping[ValueKind, tuple[str, ...]]:
    """Return what may be suggested for a field of each kind; names in capitals are the browser's part."""
    places = known_names()
    families = {name.title() for names in family_names().values() for name in names}
    return {
        "place": places,
        "agency": (_COMMITTEE, *places),
        "person_name": tuple(sorted(families)),
        "ethnicity": tuple(ethnic_groups()),
        "nationality": NATIONALITIES,
        "sex": ("nam", "nữ"),
    }
