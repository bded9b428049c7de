"""Decisions of people become versions: stored once, sealed like every version, and never lost."""

from datetime import timedelta

import pytest

from flows.reviewing import decide, finish, replace_rescanned, unfinished
from schemas.field import Field
from schemas.problem import (
    DECISION_UNFIT,
    RECORD_UNKNOWN,
    REVIEW_CONFLICT,
    REVIEW_NOT_WAITING,
    STORE_UNREACHABLE,
    ProblemError,
)
from schemas.record import Owner
from schemas.review import Decision, FieldDecision
from storage import keys
from storage.rebuild import rebuild
from tests.storage.examples import AN, NOON, record


def clock():
    return NOON


def unsure(value, confidence=0.5, **more):
    return Field(value=value, confidence=confidence, page=1, accepted=False, raw_text=str(value or ""), **more)


@pytest.fixture
def paper(house, keyring):
    """A death extract of which name, sex, identifier and place are not sure."""
    names = ("number", "issue_date", "full_name", "date_of_birth", "sex", "personal_id", "death_date", "death_place",
             "death_cause", "registration_place", "signer_name")  # fmt: skip
    fields = {name: Field(value=None, confidence=0, accepted=False) for name in names} | {
        "full_name": unsure("NGUYỄN VĂN AN"),
        "sex": unsure("nam"),
        "personal_id": unsure(AN.digits),
        "death_place": unsure("Khe Ngâu"),
    }
    found = record(
        document_type="death_extract",
        status="review",
        fields=fields,
        owners=(Owner(role="deceased", identifier=None, name="NGUYỄN VĂN AN"),),
        review_reasons=("unsure:full_name", "unsure:sex", "unsure:personal_id", "unsure:death_place"),
    )
    found = house.warehouse.keep_record(found, keyring.signing(clock))
    house.catalog.keep_record(found)
    return found


def by(who, seen, *said, **more):
    fields = []
    for name, after in said:
        before = seen.fields[name].value
        act = "unreadable" if after is None else "confirm" if after == before else "correct"
        fields.append(FieldDecision(field=name, act=act, before=before, after=after))
    about = {"record_id": seen.record_id, "version": seen.version, "at": NOON + timedelta(minutes=seen.version)}
    return Decision(who=f"web:{who}", fields=fields, **(about | more))


def test_a_decision_is_a_new_sealed_version_and_the_earlier_one_stays_as_it_was(house, keyring, paper):
    before = house.warehouse.record(paper.record_id, 1)
    made = decide(house, keyring, by("binh", paper, ("sex", "nam"), ("death_place", "Khe Ngậu")), clock)
    assert (made.version, made.review_reasons) == (2, ("unsure:full_name", "unsure:personal_id"))
    place = made.fields["death_place"]
    assert (place.value, place.accepted, place.source, place.raw_text) == ("Khe Ngậu", True, "keyed", "Khe Ngâu")
    assert place.checks[-1].detail == "correct by web:binh"
    assert made.fields["sex"].accepted
    assert house.warehouse.record(paper.record_id).value == made
    assert house.warehouse.record(paper.record_id, 1) == before


def test_what_nobody_can_read_has_no_value(house, keyring, paper):
    made = decide(house, keyring, by("binh", paper, ("death_place", None)), clock)
    assert (made.fields["death_place"].value, made.fields["death_place"].accepted) == (None, False)


def test_a_record_is_found_by_its_owner_once_two_people_confirmed_the_identifier(house, keyring, paper):
    everything = [
        ("full_name", "NGUYỄN VĂN AN"),
        ("sex", "nam"),
        ("death_place", "Khe Ngâu"),
        ("personal_id", AN.digits),
    ]
    first = decide(house, keyring, by("binh", paper, *everything), clock)
    assert first.review_reasons == ("second_person:personal_id",)
    owner = house.warehouse.owner_key(AN)
    assert house.catalog.records_of(owner) == ()
    for same in ({"who": "cli:BINH"}, {"who": "web:binh"}):
        once_more = by("binh", first, ("personal_id", AN.digits), at=NOON)
        first = decide(house, keyring, once_more.model_copy(update=same), clock)
        assert first.review_reasons == ("second_person:personal_id",), "one person twice is no second person"
    second = decide(house, keyring, by("chi", first, ("personal_id", AN.digits)), clock)
    assert (second.status, second.review_reasons) == ("active", ())
    assert second.owners[0].identifier == AN
    assert [each.record_id for each in house.catalog.records_of(owner)] == [paper.record_id]


def test_a_change_of_the_owners_name_holds_when_two_people_say_the_same(house, keyring, paper):
    made = decide(house, keyring, by("binh", paper, ("full_name", "NGUYỄN VĂN ÂN")), clock)
    made = decide(house, keyring, by("chi", made, ("full_name", "NGUYỄN VĂN ẤN")), clock)
    assert made.owners[0].name == "NGUYỄN VĂN AN"
    assert "second_person:full_name" in made.review_reasons
    made = decide(house, keyring, by("dung", made, ("full_name", "NGUYỄN VĂN ÂN")), clock)
    assert made.owners[0].name == "NGUYỄN VĂN ÂN"
    assert made.fields["full_name"].checks[-1].detail == "correct by web:binh, web:dung"


def test_of_two_who_decide_about_the_same_version_one_wins(house, keyring, paper):
    won = decide(house, keyring, by("binh", paper, ("sex", "nam")), clock)
    with pytest.raises(ProblemError) as lost:
        decide(house, keyring, by("chi", paper, ("sex", "nữ")), clock)
    assert lost.value.kind is REVIEW_CONFLICT
    assert house.warehouse.record(paper.record_id).value == won


def test_the_same_decision_sent_twice_counts_once(house, keyring, paper):
    said = by("binh", paper, ("sex", "nam"))
    made = decide(house, keyring, said, clock)
    again = said.model_copy(update={"at": NOON + timedelta(hours=1)})
    assert decide(house, keyring, again, clock) == made


def test_a_decision_that_was_cut_off_before_its_version_is_carried_out_later(house, keyring, paper, monkeypatch):
    said = by("binh", paper, ("sex", "nam"))
    with monkeypatch.context() as cut:
        cut.setattr(
            type(house.warehouse), "keep_record", lambda *_: (_ for _ in ()).throw(STORE_UNREACHABLE.error("cut"))
        )
        with pytest.raises(ProblemError, match="cut"):
            decide(house, keyring, said, clock)
    assert list(unfinished(house)) == [paper.record_id]
    made = finish(house, keyring, paper.record_id, clock)
    assert (made.version, made.created_at) == (2, said.at)
    assert list(unfinished(house)) == []


def test_decisions_survive_the_loss_of_the_catalog(house, keyring, paper):
    decide(house, keyring, by("binh", paper, ("sex", "nam"), rescan=True), clock)
    before = list(house.catalog.export())
    rebuild(house.inbox, house.warehouse, house.catalog)
    assert list(house.catalog.export()) == before
    [waiting] = house.catalog.queue.in_review(10)
    assert "rescan:document" in waiting.reasons
    assert "unsure:sex" not in waiting.reasons
    assert [each.fields for each in house.catalog.queue.decided_by("web:binh", NOON)] == [1]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("no_field", None, "x"),
        ("sex", "nữ", "nam"),
        ("sex", "nam", "male"),
        ("personal_id", AN.digits, "0510"),
        ("death_place", "Khe Ngâu", "Khe Nga\u0302\u0323u"),
        ("number", None, "1\x07"),
    ],
)
def test_what_does_not_fit_the_record_is_refused(house, keyring, paper, name, before, after):
    said = FieldDecision(field=name, act="correct", before=before, after=after)
    about = Decision(record_id=paper.record_id, version=1, who="web:binh", at=NOON, fields=(said,))
    with pytest.raises(ProblemError) as refused:
        decide(house, keyring, about, clock)
    assert refused.value.kind is DECISION_UNFIT
    assert house.store.stat(keys.review(paper.record_id, 1)) is None


# --- the whole paper -----------------------------------------------------------------------------------------------------
def whole(seen, who="binh", **what):
    about = {"record_id": seen.record_id, "version": seen.version, "at": NOON + timedelta(minutes=seen.version)}
    return Decision(who=f"web:{who}", **about, **what)


def typed(seen, code):
    said = FieldDecision(field="document_type", act="correct", before=seen.document_type, after=code)
    return whole(seen, fields=(said,))


def test_of_a_paper_of_another_type_a_person_reads_every_field(house, keyring, paper):
    made = decide(house, keyring, typed(paper, "marital_status_confirmation"), clock)
    assert (made.document_type, made.document_type_confidence, made.status) == (
        "marital_status_confirmation",
        1.0,
        "review",
    )
    assert set(made.fields) == {reason.partition(":")[2] for reason in made.review_reasons}
    assert {"unsure:full_name", "unread:marital_status"} <= set(made.review_reasons)
    assert made.fields["full_name"].value == "NGUYỄN VĂN AN"
    assert not any(field.accepted for field in made.fields.values())
    assert made.owners[0].identifier is None


def test_a_paper_of_unknown_type_gets_one_from_a_person(house, keyring):
    strange = record(b"strange", document_type=None, fields={}, status="review", review_reasons=("unknown:document_type",))  # fmt: skip
    strange = house.warehouse.keep_record(strange, keyring.signing(clock))
    made = decide(house, keyring, typed(strange, "death_extract"), clock)
    assert made.document_type == "death_extract"
    assert "unread:full_name" in made.review_reasons
    assert not [reason for reason in made.review_reasons if "document_type" in reason]


@pytest.mark.parametrize("code", ["no_type", "Death_Extract"])
def test_another_type_is_one_that_is_known(house, keyring, paper, code):
    with pytest.raises(ProblemError) as refused:
        decide(house, keyring, typed(paper, code), clock)
    assert refused.value.kind is DECISION_UNFIT


def test_what_nobody_scans_again_comes_back_to_the_desk(house, keyring, paper):
    asked = decide(house, keyring, by("binh", paper, ("death_place", None), ("sex", "nam"), rescan=True), clock)
    assert "rescan:document" in asked.review_reasons
    made = decide(house, keyring, whole(asked, no_rescan=True), clock)
    assert "rescan:document" not in made.review_reasons
    assert not [reason for reason in made.review_reasons if reason.startswith("unreadable")]


def new_scan(house, keyring, content=b"scanned again", **changes):
    """Store what another scan of the paper of the tests gave, in the same dossier."""
    fields = {"number": Field(value="85/TLKT", confidence=1, accepted=True)}
    fields["full_name"] = Field(value="Nguyễn Văn An", confidence=1, accepted=True)
    known = {"document_type": "death_extract", "fields": fields, "dossier_code": "H40.12-260331-0007"}
    kept = house.warehouse.keep_record(record(content, **(known | changes)), keyring.signing(clock))
    house.catalog.keep_record(kept)
    return kept


@pytest.fixture
def unreadable(house, keyring, paper):
    """The paper of which a new scan was asked for."""
    return in_dossier(house, keyring, paper, b"unreadable")


def in_dossier(house, keyring, paper, content, **changes):
    origin = record(content)
    about = {"record_id": origin.record_id, "origin": origin.origin, "dossier_code": "H40.12-260331-0007", **changes}
    kept = house.warehouse.keep_record(paper.model_copy(update=about), keyring.signing(clock))
    return decide(house, keyring, whole(kept, rescan=True), clock)


def test_a_new_scan_stands_in_the_place_of_the_record_that_waited_for_it(house, keyring, unreadable):
    new = new_scan(house, keyring)
    for _ in range(2):  # the flow run was killed in between
        replace_rescanned(house, keyring, new, clock)
    old = house.warehouse.record(unreadable.record_id).value
    assert (old.status, old.version, old.review_reasons) == ("superseded", unreadable.version + 1, ())
    assert house.reviews.of(old.record_id)[-1].replaced_by == (new.record_id,)
    assert [each.status for each in house.catalog.of_dossier(new.dossier_code, 9)].count("superseded") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"dossier_code": "H40.12-260331-0008"},
        {"dossier_code": None},
        {"document_type": "marital_status_confirmation"},
        {"fields": {"full_name": Field(value="TRẦN THỊ BÌNH", confidence=1, accepted=True)}},
        {"fields": {"signer_name": Field(value="NGUYỄN VĂN AN", confidence=1, accepted=True)}},
    ],
)
def test_what_may_be_another_paper_replaces_nothing(house, keyring, unreadable, changes):
    replace_rescanned(house, keyring, new_scan(house, keyring, **changes), clock)
    assert house.warehouse.record(unreadable.record_id).value == unreadable


def test_of_two_that_it_may_be_a_person_says_which(house, keyring, paper, unreadable):
    other = in_dossier(house, keyring, paper, b"another of the same")
    new = new_scan(house, keyring)
    replace_rescanned(house, keyring, new, clock)
    assert all(house.warehouse.record(each.record_id).value == each for each in (unreadable, other))
    made = decide(house, keyring, whole(other, replaced_by=(new.record_id,)), clock)
    assert made.status == "superseded"


def test_what_replaces_a_record_is_another_one_that_is_there(house, keyring, unreadable):
    for other, kind in ((unreadable.record_id, DECISION_UNFIT), ("0" * 32, RECORD_UNKNOWN)):
        with pytest.raises(ProblemError) as refused:
            decide(house, keyring, whole(unreadable, replaced_by=(other,)), clock)
        assert refused.value.kind is kind


def test_a_record_that_waits_for_nobody_is_left_alone(house, keyring):
    sure = house.warehouse.keep_record(record(b"sure"), keyring.signing(clock))
    with pytest.raises(ProblemError) as refused:
        decide(house, keyring, by("binh", sure, ("number", "196/2016")), clock)
    assert refused.value.kind is REVIEW_NOT_WAITING
