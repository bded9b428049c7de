"""`sohoa owner match`, `candidates` and `learn`: asking the population registry who an owner is."""

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flows.keyring import Keyring
from flows.matching import Found, Matcher, candidates, how_many, learnt, match_all, open_extract
from schemas.linkage import Candidate, Weights
from schemas.problem import CONFIGURATION
from schemas.settings import Settings
from sohoa import console
from sohoa.looking import existing_house, write_down

_NAMELESS = "registry.file names no registry"


class Matched(NamedTuple):
    """What came of how many records."""

    linked: int
    """Their owners are known now."""
    doubtful: int
    """A person has to look."""
    unknown: int
    """The registry knows nobody who may be meant, or there is too little to ask with."""


def match_owners(settings: Settings) -> Matched:
    """Match every record of which an owner is not known; return what came of it.

    Raises:
        ProblemError: `configuration` if no registry is named; `registry-unreachable`.
    """
    house, found = existing_house(settings), Counter[Found]()
    keyring = Keyring.open(settings, datetime.now(UTC))
    with closing(_matcher(settings)) as matcher, console.counting("records", how_many(house)) as step:
        for each in match_all(house, keyring, matcher, lambda: datetime.now(UTC)):
            found[each] += 1
            step()
    return Matched(found["linked"], found["doubtful"], found["unknown"])


def who_may_be_meant(settings: Settings, record_id: str) -> dict[str, tuple[Candidate, ...]]:
    """Return who may be meant by each owner of a record who is not known; the audit log names the user who asked.

    Raises:
        ProblemError: `record-unknown`; as `match_owners`.
    """
    house = existing_house(settings)
    record = house.warehouse.record(record_id).value
    write_down(house, "record", "sohoa owner candidates", record)
    with closing(_matcher(settings)) as matcher:
        return candidates(matcher, record)


def learn_weights(settings: Settings, most: int) -> Weights:
    """Return what agreement weighs, learnt from the papers that are here.

    Raises:
        ProblemError: `weights-unfit` if there are too few; as `match_owners`.
    """
    if settings.registry.file is None:
        raise CONFIGURATION.error(_NAMELESS)
    with closing(open_extract(settings.registry.file)) as extract:
        return learnt(existing_house(settings), extract, most)


def as_json_value(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as JSON."""
    identifier, person = candidate.registered
    return {
        "identifier": identifier.digits,
        "probability": candidate.probability,
        **person._asdict(),
        "weights": [each.model_dump() for each in candidate.weights],
    }


def _matcher(settings: Settings) -> Matcher:
    found = Matcher.of(settings)
    if found is None:
        raise CONFIGURATION.error(_NAMELESS)
    return found
