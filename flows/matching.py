"""Owners whom papers name without an identifier: asked of the population registry, linked where it is sure.

A link is a decision of the machine about one version of a record, kept and sealed like those of people, with what it
rests on. What is doubtful becomes one too, after which the record waits for a person. Who is not found is not written
down: a later registry may know them.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

from flows.house import House
from flows.keyring import Keyring
from flows.reviewing import decide
from pipeline.linkage.asked import owners_in, unknown_owners
from pipeline.linkage.index import keys_of, names_of
from pipeline.linkage.judge import MOST, judge
from pipeline.linkage.learn import Asked, begin, learn
from schemas.data_file import parse
from schemas.document_type import document_types
from schemas.linkage import Candidate, Judgement, Person, Weights, weights
from schemas.problem import (
    CONFIGURATION,
    REGISTRY_UNREACHABLE,
    REVIEW_CONFLICT,
    REVIEW_NOT_WAITING,
    WEIGHTS_UNFIT,
    ProblemError,
)
from schemas.record import Link, Record, RecordId
from schemas.review import Decision, Match
from schemas.settings import Settings
from storage.registry import FileRegistry, Index, Registry

Clock = Callable[[], datetime]
Found = Literal["linked", "doubtful", "unknown"]
"""An owner was linked; a person has to look; the registry knows nobody who may be meant, or there is nothing to ask."""

MACHINE = "sohoa:registry"
"""Who decides where it is sure."""
_PAGE = 500
_FEWEST = 100
"""From fewer owners or people nothing can be learnt."""
_SEED = 1


class Matcher(NamedTuple):
    """A registry, and what agreement with it weighs."""

    registry: Registry
    weights: Weights

    @classmethod
    def of(cls, settings: Settings) -> "Matcher | None":
        """Return the registry that the settings name, None if they name none.

        Raises:
            ProblemError: `registry-unreachable`; `configuration` if the weights cannot be read.
        """
        if settings.registry.file is None:
            return None
        return cls(open_extract(settings.registry.file), _weights_at(settings.registry.weights))

    def close(self) -> None:
        """Close the registry."""
        self.registry.close()

    def judge(self, person: Person) -> Judgement:
        """Return who is meant, as far as the registry tells."""
        return judge(person, self.registry.ask(person, MOST), self.registry.about.people, self.weights)


def open_extract(path: Path) -> FileRegistry:
    """Return the registry in a file.

    Raises:
        ProblemError: `registry-unreachable`.
    """
    return FileRegistry(path, Index(keys_of, names_of))


def match(house: House, keyring: Keyring, matcher: Matcher, record: Record, clock: Clock) -> tuple[Record, Found]:
    """Link the owners of a record who are surely known; return its latest version, and what came of it.

    Args:
        house: where it is kept.
        keyring: seals what follows.
        matcher: is asked.
        record: its latest version.
        clock: tells the time.

    Raises:
        ProblemError: `registry-unreachable`.
    """
    now = clock()
    matched = tuple(
        _match(role, judged, matcher, now)
        for role, person in _unanswered(house, record).items()
        if (judged := matcher.judge(person)).candidates
    )
    if not matched:
        return record, "unknown"
    about = {"record_id": record.record_id, "version": record.version, "who": MACHINE, "at": now, "matched": matched}
    try:
        record = decide(house, keyring, Decision.model_validate(about), clock)
    except ProblemError as error:
        if error.kind not in {REVIEW_CONFLICT, REVIEW_NOT_WAITING}:  # somebody was faster
            raise
        record = house.warehouse.record(record.record_id).value
    return record, "doubtful" if record.needs_review else "linked"


def match_all(house: House, keyring: Keyring, matcher: Matcher, clock: Clock) -> Iterator[Found]:
    """Yield what came of each record whose owners are not all known, by record id.

    It may be stopped at any record: whoever is linked or waits for a person is not asked about again.

    Raises:
        ProblemError: `registry-unreachable`.
    """
    after: RecordId | None = None
    while page := house.catalog.without_owner(_owners(), _PAGE, after):
        for each in page:
            record = house.warehouse.record(each.record_id, known=each.version).value
            yield match(house, keyring, matcher, record, clock)[1]
        after = page[-1].record_id


def how_many(house: House) -> int:
    """Return of how many records the owners are not all known."""
    return house.catalog.count_without_owner(_owners())


def learnt(house: House, extract: FileRegistry, most: int) -> Weights:
    """Return weights that fit the papers that are here and the people of an extract; nobody says who is who.

    Args:
        house: whose papers.
        extract: all of it is read.
        most: so many owners at most, by record id, which is no order that means anything.

    Raises:
        ProblemError: `weights-unfit` if there is too little to learn from.
    """
    asked = (Asked(person, extract.ask(person, MOST)) for person in islice(_everybody_on_paper(house), most))
    cases = [each for each in asked if each.answer.complete]
    if len(cases) < _FEWEST or extract.about.people < _FEWEST:
        said = f"{len(cases)} owners on papers, {extract.about.people} people in the extract"
        raise WEIGHTS_UNFIT.error(f"{said}: {_FEWEST} of each are needed")
    people = (each.person for each in extract.everybody())
    start = begin(people, Random(_SEED))  # noqa: S311 - a sample, no secret
    note = f"sohoa owner learn: {len(cases)} owners, {extract.about.name} of {extract.about.as_of}"
    return learn(cases, extract.about.people, start, note)


def _everybody_on_paper(house: House) -> Iterator[Person]:
    for record_id, versions in groupby(house.warehouse.versions(), key=lambda each: each.record_id):
        record = house.warehouse.record(record_id, max(each.version for each in versions)).value
        type_ = document_types().get(record.document_type or "")
        yield from (owners_in(record, type_) if type_ else {}).values()


def candidates(matcher: Matcher, record: Record) -> dict[str, tuple[Candidate, ...]]:
    """Return who may be meant by each owner of a record who is not known, by role: for a person to look at.

    Raises:
        ProblemError: `registry-unreachable`.
    """
    type_ = document_types().get(record.document_type or "")
    asked = unknown_owners(record, type_) if type_ else {}
    return {role: matcher.judge(person).candidates for role, person in asked.items()}


def matcher_or_none(house: House) -> Matcher | None:
    """Return the registry for the way of a scan, where papers do not wait for it: None too while it does not answer."""
    try:
        return Matcher.of(house.settings)
    except ProblemError as error:
        if error.kind != REGISTRY_UNREACHABLE:
            raise
        house.log("failure", problem=error.kind.slug)
        return None


def _unanswered(house: House, record: Record) -> Mapping[str, Person]:
    """Return whom to ask for: nobody of a record that waits for a person, and none about whom people have decided."""
    type_ = document_types().get(record.document_type or "")
    if type_ is None or record.status != "active":
        return {}
    asked = unknown_owners(record, type_)
    if not asked or record.version == 1:
        return asked
    said = {each.field for decision in house.reviews.of(record.record_id) for each in decision.fields}
    return {role: person for role, person in asked.items() if role not in said}


def _match(role: str, judged: Judgement, matcher: Matcher, now: datetime) -> Match:
    best, about = judged.candidates[0], matcher.registry.about
    link = Link(
        by="registry",
        at=now,
        registry=about.name,
        as_of=about.as_of,
        weights=matcher.weights.version,
        probability=round(best.probability, 6),
        evidence=best.weights,
    )
    return Match(role=role, identifier=best.registered.identifier if judged.sure else None, link=link)


def _owners() -> dict[str, int]:
    return {code: len(type_.owners) for code, type_ in document_types().items() if type_.owners}


def _weights_at(path: Path | None) -> Weights:
    if path is None:
        return weights()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CONFIGURATION.error("registry.weights: the file cannot be read", file=str(path)) from error
    return parse(Weights, text, origin=str(path))
