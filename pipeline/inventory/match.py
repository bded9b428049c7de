"""Which row belongs to which scan: a pure function, and every row comes out of it exactly once."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from pipeline.inventory.rows import Key, Row, key_part
from schemas.backfill import Layout
from schemas.digest import Sha256
from schemas.problem import ROW_WITHOUT_SCAN, ROWS_DISAGREE, SCAN_WITHOUT_ROW, ProblemError

_MOST_NAMED = 5
"""How many others a problem names."""


class Scan(NamedTuple):
    """A scan of an inventory, as far as it is known before its bytes are looked at."""

    name: str
    problem: ProblemError | None = None
    """Why it cannot be taken."""


class Claim(NamedTuple):
    """A row and its scan; a row alone, or a scan alone."""

    row: Row | None
    scan: int | None
    """Its index."""
    same_as: int | None = None
    """Index of the claim that is the same scan with the same values."""
    problem: ProblemError | None = None
    sha256: Sha256 | None = None
    """What is to be sent; None where nothing is."""


def match(
    rows: Sequence[Row], scans: Sequence[Scan], layout: Layout | None, sha256: Callable[[int], Sha256 | ProblemError]
) -> list[Claim]:
    """Return the rows in order, each with its scan, then the scans that no row names.

    Args:
        rows: of all tables.
        scans: all that are there.
        layout: of the tables; None: there is no table, and scans need no row.
        sha256: returns the hash of a scan, or why it cannot be read; asked once for each one that may be sent.
    """
    find = _finder(scans, layout)
    claims: list[Claim] = []
    claimed: set[int] = set()
    for row in rows:
        found = [] if row.problem else find(row)
        claimed.update(found)
        claims.append(_claim(row, found, scans))
    rest = [index for index in range(len(scans)) if index not in claimed]
    claims += [_alone(index, scans[index], needs_row=layout is not None) for index in rest]
    return _without_doubles([_hashed(claim, sha256) for claim in claims])


def _finder(scans: Sequence[Scan], layout: Layout | None) -> Callable[[Row], list[int]]:
    by_name: dict[str, list[int]] = defaultdict(list)
    by_key: dict[Key, list[int]] = defaultdict(list)
    pattern = re.compile(layout.pattern, re.IGNORECASE) if layout is not None and layout.pattern else None
    for index, scan in enumerate(scans):
        for name in {scan.name.casefold(), _base(scan.name)}:
            by_name[name].append(index)
        named = pattern.fullmatch(_base(scan.name)) if pattern else None
        if named is not None and layout is not None and layout.keys:
            says: Mapping[str, str] = {group: text or "" for group, text in named.groupdict().items()}
            by_key[tuple(key_part(each.format_map(says)) for each in layout.keys.values())].append(index)

    def find(row: Row) -> list[int]:
        """Return the scans that the row may have been keyed from: by the name that it says, or else by its keys."""
        if row.scan is not None:
            named = by_name.get(row.scan.casefold()) or by_name.get(_base(row.scan))
            if named:
                return named
        return by_key.get(row.key, []) if row.key is not None else []

    return find


def _base(name: str) -> str:
    return re.split(r"[/!]", name)[-1].casefold()


def _claim(row: Row, found: Sequence[int], scans: Sequence[Scan]) -> Claim:
    if row.problem is not None:
        return Claim(row, None, problem=row.problem)
    if not found:
        return Claim(row, None, problem=ROW_WITHOUT_SCAN.error(f"row {row.number}", file=row.table))
    if len(found) > 1:
        said = f"row {row.number}: several scans: {_some(scans[index].name for index in found)}"
        return Claim(row, None, problem=ROWS_DISAGREE.error(said, file=row.table))
    return Claim(row, found[0], problem=scans[found[0]].problem)


def _alone(index: int, scan: Scan, *, needs_row: bool) -> Claim:
    unlisted = SCAN_WITHOUT_ROW.error("no row names it or has its keys", file=scan.name) if needs_row else None
    return Claim(None, index, problem=scan.problem or unlisted)


def _hashed(claim: Claim, sha256: Callable[[int], Sha256 | ProblemError]) -> Claim:
    if claim.problem is not None or claim.scan is None:
        return claim
    found = sha256(claim.scan)
    return claim._replace(problem=found) if isinstance(found, ProblemError) else claim._replace(sha256=found)


def _without_doubles(claims: list[Claim]) -> list[Claim]:
    """Return the claims with one for each scan: others say the same, or else a person has to say which is right."""
    by_hash: dict[Sha256, list[int]] = defaultdict(list)
    for index, claim in enumerate(claims):
        if claim.sha256 is not None:
            by_hash[claim.sha256].append(index)
    for sha256, group in by_hash.items():
        first, *others = group
        if not others:
            continue
        agree = all(_says(claims[index]) == _says(claims[first]) for index in others)
        for index in others if agree else group:
            claim = claims[index]._replace(sha256=None)
            if agree:
                claims[index] = claim._replace(same_as=first)
            else:
                rivals = _some(_where(claims[each]) for each in group if each != index)
                said = f"the scan {sha256[:8]}… is claimed by others too, with other values: {rivals}"
                claims[index] = claim._replace(problem=ROWS_DISAGREE.error(said, file=_where(claim)))
    return claims


def _says(claim: Claim) -> object:
    return None if claim.row is None else (claim.row.fields, claim.row.unread)


def _where(claim: Claim) -> str:
    return f"{claim.row.table}, row {claim.row.number}" if claim.row is not None else f"scan {claim.scan}"


def _some(names: Iterable[str]) -> str:
    every = list(names)
    shown = ", ".join(every[:_MOST_NAMED])
    return shown if len(every) <= _MOST_NAMED else f"{shown} and {len(every) - _MOST_NAMED} more"
