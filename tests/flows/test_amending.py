"""What is done to records after the fact becomes versions too; what was known before stays known."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.house import House
from flows.reviewing import decide, finish, finish_all, unfinished
from schemas.field import Field
from schemas.lookup import LookupRequest, judge
from schemas.problem import (
    AMENDMENT_UNFIT,
    DECISION_UNFIT,
    RECORD_UNKNOWN,
    REVIEW_CONFLICT,
    STORE_UNREACHABLE,
    ProblemError,
)
from schemas.procedure import load_procedures
from schemas.record import REASONS, Amendment, LegalBasis, Owner
from schemas.review import Decision, FieldDecision
from schemas.settings import Settings
from storage import keys
from storage.lookup import look_up
from storage.rebuild import rebuild
from tests.storage.examples import AN, BINH, NOON, record

TODAY = NOON.date()
ABOUT_THE_DEAD = "2.000635"
"""A procedure that may ask for papers of people who have died, as those here have."""
SUCCESSOR = record(b"issued anew", AN)


def clock():
    return NOON


def taken_in(house, keyring, **changes):
    """Take in a death extract of which everything is sure."""
    names = ("number", "issue_date", "full_name", "date_of_birth", "sex", "personal_id", "death_date", "death_place",
             "death_cause", "registration_place", "signer_name")  # fmt: skip
    known = {"full_name": "NGUYỄN VĂN AN", "personal_id": AN.digits, "death_place": "Khe Ngâu"}
    paper = record(
        document_type="death_extract",
        fields={name: Field(value=known.get(name), confidence=1, accepted=True) for name in names},
        owners=(Owner(role="deceased", identifier=AN, name="NGUYỄN VĂN AN"),),
    ).model_copy(update=changes)
    for each in (paper, SUCCESSOR):
        house.catalog.keep_record(house.warehouse.keep_record(each, keyring.signing(clock)))
    return paper


@pytest.fixture
def paper(house, keyring):
    return taken_in(house, keyring)


def amending(act, effective=TODAY, **changes):
    about = {"reason": next(iter(REASONS[act])), "legal_basis": LegalBasis(code="12/QĐ-UBND", text="xã Kim Liên")}
    about |= {"superseded_by": SUCCESSOR.record_id if act == "supersede" else None}
    return Amendment(act=act, effective=effective, **(about | changes))


def by(who, seen, amends, *said, at=NOON):
    """Return the decision of somebody who saw a version of a record."""
    fields = []
    for name, after in said:
        before = seen.fields[name].value
        fields.append(
            FieldDecision(field=name, act="confirm" if after == before else "correct", before=before, after=after)
        )
    return Decision(
        record_id=seen.record_id, version=seen.version, who=f"cli:{who}", at=at, fields=fields, amends=amends
    )


@pytest.mark.parametrize(
    ("act", "said", "reasons"),
    [
        ("correct", [("death_place", "Khe Ngậu")], ()),
        ("supersede", [], ("superseded",)),
        ("revoke", [], ("revoked",)),
        ("suspend", [], ("suspended",)),
    ],
)
def test_an_amendment_is_a_new_sealed_version_and_an_act_in_the_log(house, keyring, paper, act, said, reasons):
    made = decide(house, keyring, by("binh", paper, amending(act), *said), clock)
    assert house.warehouse.record(paper.record_id).value == made
    assert house.warehouse.record(paper.record_id, 1).value == paper
    assert judge(made, TODAY).reasons == reasons
    [told] = made.amendments
    assert (told.act, told.version, told.who, told.at) == (act, 2, "cli:binh", NOON)
    assert told.fields == tuple(name for name, _ in said)
    [entry] = house.audit.entries()
    assert (entry.act, entry.who, entry.records) == ("amend", "cli:binh", (paper.record_id,))
    assert entry.purpose == f"{act} {told.reason} 12/QĐ-UBND"


def test_what_was_suspended_is_reinstated(house, keyring, paper):
    made = decide(house, keyring, by("binh", paper, amending("suspend")), clock)
    made = decide(house, keyring, by("binh", made, amending("reinstate", TODAY + timedelta(days=30))), clock)
    told = [judge(made, TODAY + timedelta(days=days)).reasons for days in (-1, 0, 29, 30)]
    assert told == [(), ("suspended",), ("suspended",), ()]


def test_another_owner_holds_when_two_people_say_so_and_what_they_said_once_counts_once(house, keyring, paper):
    def correct(who, seen, identifier):
        return decide(house, keyring, by(who, seen, amending("correct"), ("personal_id", identifier.digits)), clock)

    first = correct("binh", paper, BINH)
    assert judge(first, TODAY).reasons == ("unreviewed",)
    assert first.owners[0].identifier == AN
    second = decide(house, keyring, by("chi", first, None, ("personal_id", BINH.digits)), clock)
    assert (second.owners[0].identifier, judge(second, TODAY).reusable) == (BINH, True)
    back = correct("binh", correct("dung", second, AN), AN)
    assert back.owners[0].identifier == AN
    again = correct("chi", back, BINH)
    assert again.review_reasons == ("second_person:personal_id",), "that binh said so once is no second person now"


@pytest.mark.parametrize(
    ("amends", "said"),
    [
        (amending("reinstate"), ()),
        (amending("correct", TODAY + timedelta(days=1)), [("death_place", "Khe Ngậu")]),
        (amending("correct"), [("death_place", "Khe Ngâu")]),
        (amending("supersede", superseded_by=record().record_id), ()),
        (amending("supersede", superseded_by=record(b"of another", BINH).record_id), ()),
    ],
)
def test_what_changes_nothing_or_cannot_be_is_refused(house, keyring, paper, amends, said):
    house.warehouse.keep_record(record(b"of another", BINH), keyring.signing(clock))
    with pytest.raises(ProblemError) as refused:
        decide(house, keyring, by("binh", paper, amends, *said), clock)
    assert refused.value.kind is AMENDMENT_UNFIT
    assert house.store.stat(keys.review(paper.record_id, 1)) is None


def test_of_a_record_of_two_people_nobody_can_say_that_its_owner_died(house, keyring):
    paper = taken_in(house, keyring, owners=record(b"", AN, BINH).owners)
    with pytest.raises(ProblemError, match="one person alone") as refused:
        decide(house, keyring, by("binh", paper, amending("revoke", reason="owner_died")), clock)
    assert refused.value.kind is AMENDMENT_UNFIT


def test_a_record_is_not_revoked_twice_but_may_be_from_an_earlier_day_on(house, keyring, paper):
    made = decide(house, keyring, by("binh", paper, amending("revoke")), clock)
    with pytest.raises(ProblemError, match=f"revoked since {TODAY}"):
        decide(house, keyring, by("binh", made, amending("revoke", TODAY + timedelta(days=9))), clock)
    made = decide(house, keyring, by("binh", made, amending("revoke", date(2026, 1, 1))), clock)
    assert judge(made, date(2026, 1, 1)).reasons == ("revoked",)


def test_two_records_do_not_take_each_others_place(house, keyring, paper):
    made = decide(house, keyring, by("binh", paper, amending("supersede")), clock)
    back = amending("supersede", superseded_by=made.record_id)
    with pytest.raises(ProblemError, match="take its own place"):
        decide(house, keyring, by("binh", SUCCESSOR, back), clock)


def test_nothing_takes_the_place_of_a_record_that_is_not_there(house, keyring, paper):
    with pytest.raises(ProblemError) as refused:
        decide(house, keyring, by("binh", paper, amending("supersede", superseded_by="0" * 32)), clock)
    assert refused.value.kind is RECORD_UNKNOWN


def test_a_version_that_is_not_there_yet_cannot_be_amended(house, keyring, paper):
    with pytest.raises(ProblemError) as refused:
        decide(house, keyring, by("binh", paper.model_copy(update={"version": 2}), amending("revoke")), clock)
    assert refused.value.kind is DECISION_UNFIT


def test_of_the_desk_and_an_amendment_at_the_same_moment_one_wins(house, keyring):
    paper = taken_in(house, keyring, status="review", review_reasons=("unsure:death_place",))
    won = decide(house, keyring, by("binh", paper, amending("revoke")), clock)
    with pytest.raises(ProblemError) as lost:
        decide(house, keyring, by("chi", paper, None, ("death_place", "Khe Ngâu")), clock)
    assert lost.value.kind is REVIEW_CONFLICT
    assert judge(won, TODAY).reasons == ("unreviewed", "revoked")


def test_what_was_cut_off_is_carried_out_later_and_sent_twice_counts_once(house, keyring, paper, monkeypatch):
    revoking = by("binh", paper, amending("revoke"))
    with monkeypatch.context() as cut:
        cut.setattr(
            type(house.warehouse), "keep_record", lambda *_: (_ for _ in ()).throw(STORE_UNREACHABLE.error("cut"))
        )
        with pytest.raises(ProblemError, match="cut"):
            decide(house, keyring, revoking, clock)
    assert list(unfinished(house)) == [paper.record_id]
    assert [finish_all(house, lambda: datetime.now(UTC)) for _ in range(2)] == [1, 0]
    later = revoking.model_copy(update={"at": NOON + timedelta(hours=1)})
    assert decide(house, keyring, later, clock) == finish(house, keyring, paper.record_id, clock)
    assert [each.version for each in house.warehouse.record(paper.record_id).value.amendments] == [2]
    assert len(list(house.audit.entries())) == 1


def test_what_another_scan_replaced_is_not_reusable_on_any_day_whatever_was_done_to_it_before(house, keyring):
    paper = taken_in(house, keyring, status="review", review_reasons=("unsure:death_place",))
    made = paper
    for act in ("supersede", "reinstate"):
        made = decide(house, keyring, by("binh", made, amending(act)), clock)
    about = {"record_id": made.record_id, "version": made.version, "who": "cli:binh", "at": NOON}
    made = decide(house, keyring, Decision(replaced_by=(SUCCESSOR.record_id,), **about), clock)
    for day in (TODAY - timedelta(days=1000), TODAY + timedelta(days=1000)):
        found = judge(made, day)
        assert (found.reasons, found.superseded_by) == (("superseded",), SUCCESSOR.record_id)
    with pytest.raises(ProblemError) as refused:
        decide(house, keyring, by("binh", made, amending("reinstate")), clock)
    assert refused.value.kind is AMENDMENT_UNFIT


# --- what was known stays known --------------------------------------------------------------------------------
days = st.integers(-40, 40).map(lambda count: TODAY + timedelta(days=count))
places = st.sampled_from(["Khe Ngâu", "Khe Ngậu", "Khe Ngấu"])
corrections = st.one_of(
    st.tuples(st.just("death_place"), places),
    st.tuples(st.just("personal_id"), st.sampled_from([AN.digits, BINH.digits])),
)
steps = st.tuples(
    st.sampled_from(["binh", "chi"]),
    st.one_of(
        st.tuples(st.just("correct"), st.just(date(2026, 1, 1)), st.lists(corrections, min_size=1, max_size=1)),
        st.tuples(st.sampled_from(["supersede", "revoke", "suspend", "reinstate"]), days, st.just([])),
    ),
    st.integers(1, 10 * 86_400),
)


class Counter:
    """Where the same questions are asked again and again, at a time of its own."""

    def __init__(self, home, keyring):
        self.house, self.keyring, self.now = House.open(Settings(home=home)), keyring, NOON
        self.paper = taken_in(self.house, keyring)

    def clock(self):
        return self.now

    def do(self, who, act, effective, said, wait):
        """Do something to the record, or have it refused; then time passes."""
        seen = self.house.warehouse.record(self.paper.record_id).value
        with suppress(ProblemError):
            decide(self.house, self.keyring, by(who, seen, amending(act, effective), *said, at=self.now), self.clock)
        self.now += timedelta(seconds=wait)

    def ask(self, known_at=None):
        """Return what is answered about either owner, for days before, between and after."""
        about = {"purpose": ABOUT_THE_DEAD, "dossier_code": "H40.12-260331-0007", "known_at": known_at}
        asked = [
            LookupRequest(owner=owner, valid_on=TODAY + timedelta(days=count), **about)
            for owner in (AN, BINH)
            for count in (-20, 20)
        ]
        rooms = self.house.warehouse, self.house.catalog, self.house.audit
        needs = load_procedures().known_needs(ABOUT_THE_DEAD)
        return [look_up(*rooms, each, needs, who="cli:binh", now=self.now).records for each in asked]


def live_through(home, keyring, taken):
    """Ask after each step, and ask again in the end: as of the past all answers are what they were."""
    counter = Counter(home, keyring)
    counter.now += timedelta(seconds=1)
    told = {counter.now: counter.ask()}
    for who, (act, effective, said), wait in taken:
        counter.do(who, act, effective, said, wait)
        told[counter.now] = counter.ask()
    assert {moment: counter.ask(known_at=moment) for moment in told} == told
    before = list(counter.house.catalog.export())
    assert rebuild(counter.house.inbox, counter.house.warehouse, counter.house.catalog)[1:3] == (0, 0)
    assert list(counter.house.catalog.export()) == before
    counter.house.catalog.close()


@settings(max_examples=12)
@given(st.lists(steps, min_size=1, max_size=5))
def test_answers_as_of_the_past_never_change_and_the_catalog_can_be_made_anew(keyring, taken):
    with TemporaryDirectory() as home:
        live_through(home, keyring, taken)


@pytest.mark.nightly
@settings(max_examples=50)
@given(st.lists(steps, min_size=5, max_size=25))
def test_so_it_is_in_long_lives_too(keyring, taken):
    with TemporaryDirectory() as home:
        live_through(home, keyring, taken)


def ask(house, known_at, now, purpose=ABOUT_THE_DEAD):
    """Look AN up, who has died, for a procedure that may ask about the dead."""
    request = LookupRequest(owner=AN, purpose=purpose, dossier_code="H40.12-260331-0007", known_at=known_at)
    needs = load_procedures().known_needs(purpose)
    return look_up(house.warehouse, house.catalog, house.audit, request, needs, who="cli:binh", now=now)


def test_before_a_record_was_sealed_it_was_not_known(house, keyring, paper):
    def known(at):
        return ask(house, at, NOON + timedelta(days=1))

    assert known(NOON + timedelta(milliseconds=999)).records == ()
    answer = known(NOON + timedelta(seconds=1))
    assert {each.record_id for each in answer.records} == {paper.record_id, SUCCESSOR.record_id}
    assert answer.valid_on == TODAY, "without a day, the day of that moment counts"
    assert [entry.known_at for entry in house.audit.entries() if entry.records] == [NOON + timedelta(seconds=1)]


def test_who_has_died_since_is_not_told_of_as_of_a_day_when_they_lived(house, keyring, paper):
    then, now = NOON + timedelta(seconds=1), NOON + timedelta(days=1)
    assert len(ask(house, then, now).records) == 2
    assert ask(house, then, now, purpose="1.001193").records == ()
