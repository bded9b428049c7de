"""Identifiers that were cancelled and established anew: two people say so, and all records of a person are found."""

from datetime import timedelta

import pytest

from flows.aliasing import say
from schemas.identifier import PersonalIdentifier
from schemas.lookup import LookupRequest
from schemas.problem import AMENDMENT_UNFIT, ProblemError
from schemas.record import LegalBasis
from storage.lookup import look_up
from storage.rebuild import rebuild
from tests.storage.examples import AN, BINH, NOON, record

OLD = PersonalIdentifier("051098000033")
OLDEST = PersonalIdentifier("051098000044")


class Office:
    """Where people say things at a time of its own."""

    def __init__(self, house, keyring):
        self.house, self.keyring, self.now = house, keyring, NOON
        for content, owner in ((b"new", AN), (b"old", OLD), (b"oldest", OLDEST), (b"another", BINH)):
            house.catalog.keep_record(house.warehouse.keep_record(record(content, owner), keyring.signing(self.clock)))
        self.now += timedelta(minutes=1)

    def clock(self):
        return self.now

    def say(self, who, cancelled, new):
        basis = LegalBasis(code="15/QĐ-CAT")
        about = {"legal_basis": basis, "effective": NOON.date(), "who": who, "clock": self.clock}
        holds = say(self.house, self.keyring, cancelled, new, **about)
        self.now += timedelta(minutes=1)
        return holds

    def found(self, owner, known_at=None):
        """Return which papers are found."""
        request = LookupRequest(owner=owner, purpose="1.001193", dossier_code="H40.12-260331-0007", known_at=known_at)
        rooms = self.house.warehouse, self.house.catalog, self.house.audit
        answer = look_up(*rooms, request, who="cli:binh", now=self.now)
        names = {record(content).record_id: content.decode() for content in (b"new", b"old", b"oldest", b"another")}
        return {names[each.record_id] for each in answer.records}


@pytest.fixture
def office(house, keyring):
    return Office(house, keyring)


def test_records_of_both_are_found_by_either_once_two_people_said_so(office):
    assert not office.say("cli:binh", OLD, AN)
    assert not office.say("web:BINH", OLD, AN), "one person twice is no second person"
    assert office.found(AN) == {"new"}
    assert office.say("cli:chi", OLD, AN)
    assert office.found(AN) == office.found(OLD) == {"new", "old"}
    assert office.found(BINH) == {"another"}
    acts = {
        (entry.act, entry.purpose, entry.owner_key) for entry in office.house.audit.entries() if entry.act == "amend"
    }
    assert acts == {("amend", "reestablish 15/QĐ-CAT", office.house.warehouse.owner_key(OLD))}


def test_identifiers_that_were_cancelled_one_after_the_other_are_one_person(office):
    for who in ("cli:binh", "cli:chi"):
        office.say(who, OLDEST, OLD)
        office.say(who, OLD, AN)
    assert office.found(AN) == office.found(OLDEST) == {"new", "old", "oldest"}


def test_a_mistake_is_taken_back_by_two_people_and_the_past_stays_as_it_was(office):
    told = {}
    for who, new in (("binh", AN), ("chi", AN), ("binh", None), ("chi", None), ("binh", BINH), ("chi", BINH)):
        office.say(f"cli:{who}", OLD, new)
        told[office.now] = [office.found(each) for each in (AN, OLD, BINH)]
    assert [found[1] for found in told.values()] == [
        {"old"},
        {"new", "old"},
        {"new", "old"},
        {"old"},
        {"old"},
        {"old", "another"},
    ]
    assert {at: [office.found(each, at) for each in (AN, OLD, BINH)] for at in told} == told
    before = list(office.house.catalog.export())
    rebuild(office.house.inbox, office.house.warehouse, office.house.catalog)
    assert list(office.house.catalog.export()) == before


@pytest.mark.parametrize(("cancelled", "new"), [(OLD, OLD), (OLD, None)])
def test_what_changes_nothing_is_refused(office, cancelled, new):
    with pytest.raises(ProblemError) as refused:
        office.say("cli:binh", cancelled, new)
    assert refused.value.kind is AMENDMENT_UNFIT
