"""Rules between fields: what one part of a paper says about another. Each is recorded with the field it is about."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from pipeline.understand.fields import Found
from schemas.document_type import DocumentType, OrderSpec, OwnerSpec, SameYearSpec, ValueKind
from schemas.field import Check
from schemas.identifier import PersonalIdentifier

_ADDRESSES: frozenset[ValueKind] = frozenset({"place", "agency"})
_COMMITTEE = re.compile(r"^ủy ban nhân dân\s+")
_ENDS_IN_YEAR = re.compile(r"/((?:19|20)\d\d)$")


def cross_checks(found: Mapping[str, Found], type_: DocumentType) -> dict[str, tuple[Check, ...]]:
    """Return, by field, the checks that compare it with other fields."""
    results: dict[str, list[Check]] = {}
    for name, check in _all_checks({name: item.reading.value for name, item in found.items()}, type_):
        results.setdefault(name, []).append(check)
    return {name: tuple(checks) for name, checks in results.items()}


def _all_checks(values: Mapping[str, str | int | None], type_: DocumentType) -> Iterator[tuple[str, Check]]:
    for order in type_.orders:
        yield from _order(values, order)
    for pair in type_.same_year:
        yield from _same_year(values, pair)
    for owner in type_.owners:
        yield from _identity(values, owner)
    addresses = {name: value for name, value in values.items() if type_.fields[name].kind in _ADDRESSES}
    yield from _repeated(addresses)


def _repeated(addresses: Mapping[str, str | int | None]) -> Iterator[tuple[str, Check]]:
    """Say which addresses are confirmed: every level of them was read the same way in another field as well."""
    levels = {name: _levels(value) for name, value in addresses.items() if isinstance(value, str)}
    for name, own in levels.items():
        others = {level for other, found in levels.items() if other != name for level in found}
        if own and set(own) <= others:
            yield name, Check(name="repeated", passed=True, detail="every level stands in another field too")


def _levels(address: str) -> list[str]:
    """Return the parts of an address from the smallest up, the committee of a place being the place."""
    return [_COMMITTEE.sub("", level.strip().casefold()) for level in address.split(",")]


def _order(values: Mapping[str, str | int | None], order: OrderSpec) -> Iterator[tuple[str, Check]]:
    """Compare two dates as far as both are known: `1990` and `2016-02-22` by their years."""
    first, then = values.get(order.first), values.get(order.then)
    if not isinstance(first, str) or not isinstance(then, str):
        return
    if order.years:
        passed = int(then[:4]) - int(first[:4]) >= order.years
        said = f"{order.first} at least {order.years} years before {order.then}"
    else:
        known = min(len(first), len(then))
        passed = first[:known] <= then[:known]
        said = f"{order.first} not after {order.then}"
    check = Check(name="order", passed=passed, detail=said)
    yield order.first, check
    yield order.then, check


def _same_year(values: Mapping[str, str | int | None], pair: SameYearSpec) -> Iterator[tuple[str, Check]]:
    number, day = values.get(pair.number), values.get(pair.date)
    match = _ENDS_IN_YEAR.search(number) if isinstance(number, str) else None
    if match is None or not isinstance(day, str):
        return
    check = Check(name="same_year", passed=match[1] == day[:4], detail=f"{pair.number} and {pair.date}")
    yield pair.number, check
    yield pair.date, check


def _identity(values: Mapping[str, str | int | None], owner: OwnerSpec) -> Iterator[tuple[str, Check]]:
    """Compare an identifier with birth and sex: a mismatch is a warning, a person looks at all three."""
    identifier = identifier_of(values.get(owner.identifier)) if owner.identifier else None
    if owner.identifier is None or identifier is None:
        return
    sex = values.get(owner.sex) if owner.sex else None
    birth = values.get(owner.birth) if owner.birth else None
    known_sex = sex if isinstance(sex, str) else None
    year = int(birth[:4]) if isinstance(birth, str) else None
    structure = identifier.mismatches()
    yield owner.identifier, Check(name="identifier_structure", passed=not structure, detail="; ".join(structure))
    for name, against in ((owner.sex, {"sex": known_sex}), (owner.birth, {"birth": year})):
        wrong = set(identifier.mismatches(**against)) - set(structure)
        if name is not None and values.get(name) is not None:
            check = Check(name="identifier", passed=not wrong, detail="; ".join(sorted(wrong)))
            yield owner.identifier, check
            yield name, check


def identifier_of(value: str | int | None) -> PersonalIdentifier | None:
    """Return the personal identifier that a field holds, or None if it holds none of 12 digits."""
    try:
        return PersonalIdentifier.parse(value) if isinstance(value, str) else None
    except ValueError:
        return None


def whole_date(value: str | int | None) -> date | None:
    """Return the day that a field holds, or None if it holds none or only a month or a year."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
