"""Owners whom papers name without an identifier: linked where it is sure, shown to people where it is not."""

import json
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice

import pytest

from flows.house import House
from flows.intake import receive
from flows.matching import (
    MACHINE,
    Matcher,
    candidates,
    how_many,
    learnt,
    match,
    match_all,
    matcher_or_none,
    open_extract,
)
from flows.process import process
from flows.reviewing import decide, finish_all
from pipeline.digitize import Unwatched
from samples.registry import AS_OF, INDEX, NAME, papers, residents
from schemas.document_type import document_types
from schemas.field import Field
from schemas.identifier import PersonalIdentifier
from schemas.linkage import Person, Registered, weights
from schemas.problem import DECISION_UNFIT, REVIEW_NOT_WAITING, WEIGHTS_UNFIT, ProblemError
from schemas.record import Amendment, LegalBasis, Owner
from schemas.review import Decision, FieldDecision
from schemas.settings import RegistrySettings, Settings
from sohoa.demo import SCANS
from storage.rebuild import rebuild
from storage.registry import make_registry
from tests.flows.test_process import manifest_of
from tests.storage.examples import NOON, record

PEOPLE = [each for each in islice(residents(500), 60, 500) if len(each.person.birth) == 10 and all(each.person[3:5])]
AN, HOMONYM, STRANGER = PEOPLE[0], PEOPLE[1], PEOPLE[2]
TWIN = Registered(PersonalIdentifier("040187123456"), HOMONYM.person)
BIRTH = document_types()["birth_certificate"]


def clock():
    return NOON


def now():
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def registry_file(tmp_path_factory):
    """A registry in which one is unlike all others, one has a homonym, and one is missing."""
    path = tmp_path_factory.mktemp("registry") / "registry.sqlite3"
    make_registry(path, [TWIN, *(each for each in PEOPLE if each != STRANGER)], INDEX, NAME, AS_OF)
    return path


@pytest.fixture
def matcher(registry_file):
    with closing(Matcher.of(Settings(registry=RegistrySettings(file=registry_file)))) as found:
        yield found


def certificate(house, keyring, someone, **changes):
    """Store a birth certificate without an identifier, about somebody whom a registry knows."""
    person = next(papers([someone], [])).said if changes.pop("damaged", False) else someone.person
    said = {
        "number": "12/1987", "full_name": person.name.upper(), "date_of_birth": person.birth, "sex": person.sex,
        "mother_full_name": person.mother, "father_full_name": person.father, "mother_birth_year": person.mother_birth,
        "father_birth_year": person.father_birth, "place_of_origin": person.places[0], "registration_place": None,
        "personal_id": None,
    }  # fmt: skip
    accepted = changes.pop("accepted", set(said))
    fields = {
        name: Field(value=said.get(name), confidence=0.9, page=1, accepted=name in accepted) for name in BIRTH.fields
    }
    owner = Owner(role="child", identifier=None, name=said["full_name"])
    known = {"document_type": "birth_certificate", "owners": (owner,), "fields": fields} | changes
    made = house.warehouse.keep_record(record(someone.identifier.digits.encode(), **known), keyring.signing(clock))
    house.catalog.keep_record(made)
    return made


def says(who, seen, *said, **more):
    fields = [FieldDecision(field=name, act=act, before=before, after=after) for name, act, before, after in said]
    return Decision(record_id=seen.record_id, version=seen.version, who=f"web:{who}", at=NOON, fields=fields, **more)


def test_who_is_sure_is_linked_in_a_new_sealed_version_that_says_why(house, keyring, matcher):
    paper = certificate(house, keyring, AN)
    made, found = match(house, keyring, matcher, paper, clock)
    [owner] = made.owners
    assert (found, made.version, made.status, owner.identifier) == ("linked", 2, "active", AN.identifier)
    assert (owner.link.by, owner.link.registry, owner.link.as_of) == ("registry", NAME, AS_OF)
    assert owner.link.weights == weights().version
    assert owner.link.probability >= 0.9995
    assert {each.comparison for each in owner.link.evidence} >= {"name", "birth", "mother", "father", "place"}
    assert made.fields == paper.fields, "the paper says what it said before"
    assert house.warehouse.record(paper.record_id).value == made
    assert house.warehouse.record(paper.record_id, 1).value == paper
    key = house.warehouse.owner_key(AN.identifier)
    assert [each.record_id for each in house.catalog.records_of(key)] == [paper.record_id]
    assert list(house.warehouse.records_of(key)) == [paper.record_id]
    [act] = house.audit.entries()
    assert (act.who, act.purpose, act.records) == (MACHINE, "match", (paper.record_id,))


def test_of_two_who_are_alike_none_is_linked_and_two_people_say_who_it_is(house, keyring, matcher):
    made, found = match(house, keyring, matcher, certificate(house, keyring, HOMONYM), clock)
    assert (found, made.status, made.review_reasons) == ("doubtful", "review", ("unmatched:child",))
    assert made.owners[0].identifier is None
    [(role, people)] = candidates(matcher, made).items()
    assert (role, {each.registered.identifier for each in people}) == ("child", {HOMONYM.identifier, TWIN.identifier})
    digits = TWIN.identifier.digits
    made = decide(house, keyring, says("binh", made, ("child", "correct", None, digits)), clock)
    assert (made.owners[0].identifier, made.review_reasons) == (None, ("second_person:child",))
    made = decide(house, keyring, says("cuc", made, ("child", "correct", None, digits)), clock)
    assert (made.owners[0].identifier, made.status, made.owners[0].link.by) == (TWIN.identifier, "active", "people")
    assert [each.record_id for each in house.catalog.records_of(house.warehouse.owner_key(TWIN.identifier))]


def test_whom_people_cannot_tell_nobody_is_asked_about_again(house, keyring, matcher):
    made, _ = match(house, keyring, matcher, certificate(house, keyring, HOMONYM), clock)
    for who in ("binh", "cuc"):
        made = decide(house, keyring, says(who, made, ("child", "unreadable", None, None)), clock)
    assert (made.status, made.owners[0].identifier) == ("active", None)
    assert list(match_all(house, keyring, matcher, clock)) == ["unknown"]
    assert house.catalog.version_of(made.record_id) == made.version


@pytest.mark.parametrize(
    ("someone", "changes"),
    [
        (STRANGER, {}),
        (AN, {"accepted": {"full_name", "sex"}}),  # a date that may be misread is none
        (AN, {"status": "review", "review_reasons": ("unsure:sex",)}),  # a person looks at it first
        (AN, {"owners": (Owner(role="child", identifier=AN.identifier, name="AN"),)}),
        (AN, {"document_type": None}),
    ],
)
def test_nothing_is_written_where_nobody_is_likely_or_nobody_has_to_be_asked(house, keyring, matcher, someone, changes):
    paper = certificate(house, keyring, someone, **changes)
    assert match(house, keyring, matcher, paper, clock) == (paper, "unknown")
    assert list(house.audit.entries()) == []


def test_a_run_that_was_stopped_goes_on_and_asks_nobody_twice(house, keyring, matcher):
    for someone in (AN, HOMONYM, STRANGER, *PEOPLE[3:8]):
        certificate(house, keyring, someone)
    assert how_many(house) == 8
    before = list(islice(match_all(house, keyring, matcher, clock), 3))
    found = before + list(match_all(house, keyring, matcher, clock))
    assert how_many(house) == 1, "the stranger"
    assert found.count("linked") == 6
    assert found.count("doubtful") == 1
    assert list(match_all(house, keyring, matcher, clock)) == ["unknown"]


def test_a_link_that_was_decided_and_not_sealed_yet_is_sealed_by_whoever_finds_it(house, keyring, matcher):
    paper = certificate(house, keyring, AN)
    house.reviews.keep(_decided(paper, matcher))
    assert finish_all(house, now) == 1
    assert house.warehouse.record(paper.record_id).value.owners[0].identifier == AN.identifier
    before = list(house.catalog.export())
    rebuild(house.inbox, house.warehouse, house.catalog)
    assert list(house.catalog.export()) == before


def _decided(paper, matcher):
    from flows.matching import _match
    from pipeline.linkage.asked import unknown_owners

    [(role, person)] = unknown_owners(paper, BIRTH).items()
    matched = (_match(role, matcher.judge(person), matcher, NOON),)
    return Decision(record_id=paper.record_id, version=1, who=MACHINE, at=NOON, matched=matched)


def test_a_link_holds_while_the_name_does(house, keyring, matcher):
    made, _ = match(house, keyring, matcher, certificate(house, keyring, AN), clock)
    basis = LegalBasis(code="12/QĐ-UBND")
    amends = Amendment(act="correct", reason="misread", legal_basis=basis, effective=NOON.date())
    place, name = made.fields["place_of_origin"].value, made.fields["full_name"].value
    made = decide(
        house, keyring, says("binh", made, ("place_of_origin", "correct", place, "Vinh"), amends=amends), clock
    )
    assert made.owners[0].identifier == AN.identifier
    for who in ("binh", "cuc"):
        other = ("full_name", "correct", name, "VI VĂN KHÁC")
        made = decide(house, keyring, says(who, made, other, amends=amends), clock)
    assert (made.owners[0].identifier, made.owners[0].link) == (None, None), "somebody else was asked about"


def test_a_wrong_link_is_corrected_by_two_people(house, keyring, matcher):
    made, _ = match(house, keyring, matcher, certificate(house, keyring, AN), clock)
    basis = LegalBasis(code="12/QĐ-UBND")
    amends = Amendment(act="correct", reason="misread", legal_basis=basis, effective=NOON.date())
    right = ("child", "correct", AN.identifier.digits, TWIN.identifier.digits)
    made = decide(house, keyring, says("binh", made, right, amends=amends), clock)
    assert (made.status, made.owners[0].identifier) == ("review", AN.identifier)
    made = decide(house, keyring, says("cuc", made, right), clock)
    assert (made.status, made.owners[0].identifier) == ("active", TWIN.identifier)


@pytest.mark.parametrize("wrong", ["12345", "04018712345x"])
def test_an_owner_is_an_identifier_or_nobody(house, keyring, matcher, wrong):
    made, _ = match(house, keyring, matcher, certificate(house, keyring, HOMONYM), clock)
    with pytest.raises(ProblemError) as told:
        decide(house, keyring, says("binh", made, ("child", "correct", None, wrong)), clock)
    assert told.value.kind == DECISION_UNFIT
    assert wrong not in str(told.value)


def test_a_match_is_about_an_active_record_and_an_owner_who_is_not_known(house, keyring, matcher):
    paper = certificate(house, keyring, AN)
    decision = _decided(paper, matcher)
    other = decision.matched[0].model_copy(update={"role": "wife"})
    with pytest.raises(ProblemError) as told:
        decide(house, keyring, decision.model_copy(update={"matched": (other,)}), clock)
    assert told.value.kind == DECISION_UNFIT
    waiting = certificate(house, keyring, HOMONYM, status="review", review_reasons=("unsure:sex",))
    with pytest.raises(ProblemError) as told:
        decide(house, keyring, decision.model_copy(update={"record_id": waiting.record_id}), clock)
    assert told.value.kind == REVIEW_NOT_WAITING


def test_a_scan_without_an_identifier_finds_its_owner_on_its_way(tmp_path, keyring, workers):
    scan = SCANS / "birth_certificate_04.pdf"
    said = json.loads(scan.with_suffix(".truth.json").read_text("utf-8"))["fields"]
    person = Person(
        said["full_name"], said["date_of_birth"], said["sex"], said["mother_full_name"], said["father_full_name"]
    )
    path, owner = tmp_path / "registry.sqlite3", PersonalIdentifier("040187654321")
    make_registry(path, [*PEOPLE, Registered(owner, person)], INDEX, NAME, AS_OF)
    house = House.open(Settings(home=tmp_path / "home", registry=RegistrySettings(file=path)))
    manifest = manifest_of(scan)
    receive(house, keyring, manifest, {manifest.files[0].sha256: scan}, clock)
    for _ in range(2):  # run again, it finds what is done
        [outcome] = process(house, keyring, workers, [manifest.submission_id], clock=clock, watcher=Unwatched())
        assert outcome.documents[0].status == "stored"
    made = house.warehouse.record(outcome.documents[0].record_id).value
    assert (made.version, made.owners[0].identifier) == (2, owner)


def test_weights_are_learnt_from_the_papers_that_are_here_and_nobody_says_who_is_who(house, keyring, registry_file):
    with closing(open_extract(registry_file)) as extract:
        certificate(house, keyring, AN)
        with pytest.raises(ProblemError, match="1 owners on papers") as told:
            learnt(house, extract, 1000)
        assert told.value.kind == WEIGHTS_UNFIT
        for each in PEOPLE[1:130]:
            certificate(house, keyring, each)
        found = learnt(house, extract, 1000)
    assert found.chances["name"]["exact"].m > 0.9
    assert found.chances["birth"]["day"].m > 0.9
    assert found.present > 0.9
    assert "130 owners" in found.note


def test_papers_do_not_wait_for_a_registry_that_is_away(tmp_path, house):
    settings = house.settings.model_copy(update={"registry": RegistrySettings(file=tmp_path / "none.sqlite3")})
    object.__setattr__(house, "settings", settings)
    assert matcher_or_none(house) is None


def test_no_key_and_no_doubtful_decision_names_anybody(house, keyring, matcher):
    for someone in (AN, HOMONYM):
        match(house, keyring, matcher, certificate(house, keyring, someone), clock)
    known = {each.identifier.digits for each in (AN, HOMONYM, TWIN)}
    assert not [key for key in house.store.list("") if any(digits in key for digits in known)]
    doubtful = [each for each in house.reviews.versions() if house.warehouse.record(each.record_id).value.needs_review]
    [decision] = house.reviews.of(doubtful[0].record_id)
    assert not [digits for digits in known if digits in json.dumps(decision.model_dump(mode="json"))]
