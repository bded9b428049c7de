"""Snippet mode: crops of single fields, mixed across dossiers, so that nobody who keys learns whose paper it is.

In one sitting nobody is shown two crops that have a record, a dossier, a sending, a file, a name or an identifier in
common: what would link them to one person.
"""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from flows.house import House
from pipeline.tools import poppler
from pipeline.understand.folding import letters
from schemas.document_type import document_types
from schemas.page import Box
from schemas.problem import DECISION_UNFIT
from schemas.record import Record
from schemas.review import RESCAN, UNREADABLE, parse_value, subjects
from schemas.snippet import Keying, may_key, this_round
from sohoa.looking import write_down
from sohoa.reviewing import LEASE, hold, release
from storage import keys
from storage.review_queue import Snippet

PURPOSE = "review of one field"
SITTING = timedelta(hours=12)
MOST_BYTES = 15_000
_PAGES, _PAGE = 5, 200
"""So much of the queue is looked through."""
_BESIDE, _ABOVE = 0.6, 0.25
"""How much more than its box is shown, in heights of the box; the rows above and below are not."""
_QUALITIES = (75, 55, 35, 20)
_SIGNER = "signer_name"
"""An official, who signs for everybody."""


class Shown(NamedTuple):
    """A snippet and the record that it is cut from."""

    snippet: Snippet
    record: Record


def snippet_for(house: House, who: str) -> Shown | None:
    """Return the snippet that a person has, or give them one; None if there is none that they may see now.

    The audit log says that they are going to see it.
    """
    now = datetime.now(UTC)
    held = house.catalog.queue.snippet_of(who, now)
    if held is not None:
        record = house.warehouse.record(held.record_id).value
        if held.field in _fields(record):
            return Shown(held, record)
        house.catalog.queue.answer_snippet(held.ticket)  # it was decided at the desk meanwhile
    for record, field in _candidates(house, who):
        snippet = Snippet(secrets.token_hex(16), record.record_id, record.version, field)
        if not hold(house, record.record_id, who):
            continue
        if house.catalog.queue.give_snippet(who, snippet, links(house, record), now, now + LEASE, now - SITTING):
            write_down(house, "copy", PURPOSE, record, who)
            return Shown(snippet, record)
        release(house, record.record_id, who)
    return None


def _candidates(house: House, who: str) -> Iterator[tuple[Record, str]]:
    """Yield one field of each record that wants another answer, of this person, in no order."""
    draw, after = secrets.SystemRandom(), None
    for _ in range(_PAGES):
        page = house.catalog.queue.in_review(_PAGE, after)
        if not page:
            return
        after = page[-1].record_id
        for each in draw.sample(page, len(page)):
            record = house.warehouse.record(each.record_id, known=each.version).value
            keyings, decisions = house.keyings.of(each.record_id), house.reviews.of(each.record_id)
            fields = [name for name in _fields(record) if may_key(this_round(keyings, decisions, name), who)]
            if fields:
                yield record, draw.choice(fields)


def _fields(record: Record) -> tuple[str, ...]:
    """Return the fields that wait and whose place is known: on a photograph, which is shown as it is, none is."""
    if not record.needs_review or RESCAN in record.review_reasons:
        return ()
    flat = {page.number for page in record.pages if page.corners is None}
    lost = {name for code, _, name in (each.partition(":") for each in record.review_reasons) if code == UNREADABLE}
    doubtful = ((name, record.fields[name]) for name in subjects(record) if name in record.fields and name not in lost)
    return tuple(name for name, field in doubtful if field.box is not None and field.page in flat)


def links(house: House, record: Record) -> tuple[str, ...]:
    """Return what a crop of a record may have in common with one of another, as keyed hashes."""
    type_ = document_types().get(record.document_type or "")
    names = [name for name in record.fields if type_ and name != _SIGNER]
    telling = [name for name in names if type_ and type_.spec(name).kind in {"person_name", "personal_id"}]
    people = [f"person {letters(str(record.fields[name].value))}" for name in telling if record.fields[name].value]
    things = [f"record {record.record_id}", f"sending {record.submission_id}", f"file {record.origin.file_sha256}"]
    dossier = [f"dossier {record.dossier_code}"] if record.dossier_code else []
    return tuple(keys.link(each, house.warehouse.owner_secret) for each in (*things, *dossier, *people))


def keying_of(house: House, who: str, ticket: str, typed: str | None, now: datetime) -> Keying:
    """Return what a person says of a snippet that they have or had; `typed` is None where nobody can read it.

    Raises:
        ProblemError: `decision-unfit`: it is not theirs, or a field of this kind cannot have this value.
    """
    snippet = house.catalog.queue.snippet_of(who, now, ticket)
    if snippet is None:
        raise DECISION_UNFIT.error("this snippet was not given to this person, or long ago")
    record = house.warehouse.record(snippet.record_id, snippet.version).value
    type_ = document_types().get(record.document_type or "")
    if type_ is None:
        raise DECISION_UNFIT.error("the type of the paper is not known")
    value = None if typed is None else parse_value(typed, type_.spec(snippet.field))
    return Keying(record_id=record.record_id, version=record.version, field=snippet.field, who=who, at=now, value=value)


def answered(house: House, ticket: str, keying: Keying) -> None:
    """Write down that a snippet was answered: its record is free for the next person."""
    house.catalog.queue.answer_snippet(ticket)
    release(house, keying.record_id, keying.who)


def crop(house: House, shown: Shown) -> bytes:
    """Return the place of a field as a small JPEG, 15 kB at most where that can be."""
    record, field = shown.record, shown.record.fields[shown.snippet.field]
    numbers = [page.number for page in record.pages]
    page = next(page for page in record.pages if page.number == field.page)
    in_copy = page.number if record.copy_.original else numbers.index(page.number) + 1
    place, jpeg = _around(field.box or Box(0, 0, 1, 1), page.width, page.height), b""
    with TemporaryDirectory(prefix="sohoa-") as folder:
        path = Path(folder) / "copy.pdf"
        path.write_bytes(b"".join(house.warehouse.copy(record.copy_.sha256)))
        for quality in _QUALITIES:
            jpeg = poppler.crop(
                path,
                in_copy,
                size=(page.width, page.height),
                box=place,
                quality=quality,
                seconds=house.settings.limits.page_seconds,
            )
            if len(jpeg) <= MOST_BYTES:
                break
    return jpeg


def _around(box: Box, width: int, height: int) -> Box:
    x, y = max(0, int(box.x - _BESIDE * box.h)), max(0, int(box.y - _ABOVE * box.h))
    right = min(width, int(box.right + _BESIDE * box.h))
    return Box(x, y, right - x, min(height, int(box.bottom + _ABOVE * box.h)) - y)
