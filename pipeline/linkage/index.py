"""Which people of a registry may be meant: those who have one of a few keys in common with who is asked for.

Everybody who could be linked has to share a key, whatever one thing is misread, missing or swapped; the fewer others
do, the faster it is (blocking).
"""

from collections.abc import Iterator

from pipeline.linkage.spelling import name
from schemas.linkage import Person

_WHOLE = len("1987-03-31")
_YEAR = len("1987")


def keys_of(person: Person) -> Iterator[str]:
    """Yield the keys of somebody: each says enough to be rare."""
    own = name(person.name).syllables
    if not own:
        return
    short, given, year = own[0] + own[-1], own[-1], person.birth[:_YEAR]
    mother, father = name(person.mother).joined, name(person.father).joined
    if year:
        yield f"name {' '.join(sorted(own))} {year}"  # whatever the order of its parts
    if len(person.birth) == _WHOLE:
        _, month, day = person.birth.split("-")
        yield f"day {given} {year} {min(day, month)} {max(day, month)}"  # swapped or not
    if mother:
        yield f"mother {short} {mother}"
    if father:
        yield f"father {short} {father}"
    if mother and father:
        yield f"parents {mother} {father}"


def names_of(written: str) -> tuple[str, ...]:
    """Return the keys under which the people with a name are counted: its letters; its first and last part."""
    parts = name(written).syllables
    return (name(written).joined, f"{parts[0]} {parts[-1]}") if parts else ()
