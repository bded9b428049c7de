from datetime import UTC, date, datetime, timedelta

import pytest

from schemas.audit import Judgement
from schemas.field import Field
from schemas.lookup import LookupRequest
from schemas.problem import BAD_REQUEST, BASIS_UNFIT, INTEGRITY_MISMATCH, ProblemError
from schemas.procedure import load_procedures
from storage import keys
from storage.audit import Audit
from storage.catalog import Catalog
from storage.local import LocalStore
from storage.lookup import look_up
from storage.warehouse import Warehouse
from tests.storage.examples import AN, BINH, NOON, SECRET, amended, record, sign


class Counter:
    """Where somebody asks."""

    def __init__(self, store: LocalStore, catalog: Catalog) -> None:
        self.warehouse = Warehouse(store, SECRET)
        self.audit = Audit(store)
        self.catalog = catalog

    def keep(self, *records) -> None:
        for each in records:
            self.catalog.keep_record(self.warehouse.keep_record(each, sign))

    def ask(self, identifier, *, now=NOON, purpose="1.001193", **changes):
        request = LookupRequest(owner=identifier, purpose=purpose, dossier_code="H48.12-261120-0007", **changes)
        needs = load_procedures().known_needs(purpose)
        return look_up(self.warehouse, self.catalog, self.audit, request, needs, who="một cửa Trà Bồng", now=now)


@pytest.fixture
def counter(local_store: LocalStore, tmp_path):
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog.sqlite3'}", SECRET)
    catalog.create()
    yield Counter(local_store, catalog)
    catalog.close()


def test_an_owner_finds_what_is_theirs_and_no_more(counter: Counter):
    counter.keep(record(b"a", AN, BINH), record(b"b", BINH))
    (found,) = counter.ask(AN).records
    assert found.record_id == record(b"a").record_id
    assert found.reusable
    assert len(counter.ask(BINH).records) == 2
    assert counter.ask(BINH, document_types=("driving_licence",)).records == ()


def test_every_lookup_is_written_down_whether_it_finds_something_or_not(counter: Counter):
    counter.keep(record(b"a", AN))
    answers = {answer.audit_id: answer for answer in (counter.ask(AN), counter.ask(BINH))}
    entries = {entry.entry_id: entry for entry in counter.audit.entries()}
    assert entries.keys() == answers.keys()
    for audit_id, entry in entries.items():
        assert entry.records == tuple(found.record_id for found in answers[audit_id].records)
        assert (entry.at, entry.purpose, entry.who) == (NOON, "1.001193", "một cửa Trà Bồng")
        assert entry.valid_on == answers[audit_id].valid_on
        assert entry.judgements == tuple(map(Judgement.of, answers[audit_id].records))
    assert {entry.owner_key for entry in entries.values()} == {keys.owner_key(each, SECRET) for each in (AN, BINH)}


def test_the_log_says_what_was_answered_though_the_record_changes_afterwards(counter: Counter):
    counter.keep(record(b"a", AN))
    counter.ask(AN)
    counter.keep(amended(record(b"a", AN), "revoke", NOON.date()))
    counter.ask(AN)
    said = {entry.judgements[0].version: entry.judgements[0] for entry in counter.audit.entries()}
    assert (said[1].reusable, said[1].reasons) == (True, ())
    assert (said[2].reusable, said[2].reasons) == (False, ("revoked",))


def test_what_cannot_be_written_down_is_not_answered(counter: Counter, tmp_path):
    counter.keep(record(b"a", AN))
    (tmp_path / "store/objects/audit").write_text("no folder can be here")
    with pytest.raises(ProblemError, match="audit"):
        counter.ask(AN)


def test_a_revocation_counts_before_the_catalog_has_heard_of_it(counter: Counter):
    counter.keep(record(b"a", AN))
    counter.warehouse.keep_record(amended(record(b"a", AN), "revoke", NOON.date()), sign)
    (found,) = counter.ask(AN).records
    assert (found.reusable, found.reasons) == (False, ("revoked",))


def test_a_record_that_was_corrected_to_another_owner_is_not_shown_to_the_first(counter: Counter):
    counter.keep(record(b"a", AN))
    counter.warehouse.keep_record(record(b"a", BINH, version=2), sign)
    assert counter.ask(AN).records == ()


def test_a_record_that_the_store_lost_is_not_answered_as_if_there_were_none(counter: Counter, tmp_path):
    counter.keep(record(b"a", AN), record(b"b", AN))
    key = keys.record(record(b"b").record_id, 1)
    (tmp_path / "store/objects" / key).unlink()
    with pytest.raises(ProblemError, match=key) as caught:
        counter.ask(AN)
    assert caught.value.kind is INTEGRITY_MISMATCH


@pytest.mark.parametrize(
    ("on", "reasons"),
    [(date(2025, 12, 31), ("not_yet_valid",)), (date(2026, 6, 30), ()), (date(2026, 7, 1), ("expired",))],
)
def test_a_record_is_reusable_while_it_is_valid(counter: Counter, on, reasons):
    counter.keep(record(b"a", AN, valid_from=date(2026, 1, 1), valid_to=date(2026, 6, 30)))
    assert counter.ask(AN, valid_on=on).records[0].reasons == reasons


SUSPENDED = amended(record(b"a", AN), "suspend", date(2026, 3, 1))


@pytest.mark.parametrize(
    ("known", "on", "reasons"),
    [
        (SUSPENDED, date(2026, 2, 28), ()),
        (SUSPENDED, date(2026, 3, 1), ("suspended",)),
        (amended(SUSPENDED, "reinstate", date(2026, 4, 1)), date(2026, 3, 31), ("suspended",)),
        (amended(SUSPENDED, "reinstate", date(2026, 4, 1)), date(2026, 4, 1), ()),
        (amended(SUSPENDED, "revoke", date(2026, 3, 1)), date(2026, 3, 1), ("revoked", "suspended")),
        (
            amended(amended(SUSPENDED, "revoke", date(2026, 5, 1)), "reinstate", date(2026, 4, 1)),
            date(2026, 5, 1),
            ("revoked",),
        ),
        (amended(record(b"a", AN, status="review"), "supersede", date(2026, 3, 1)), date(2026, 3, 1),
         ("unreviewed", "superseded")),
    ],
)  # fmt: skip
def test_what_was_done_after_the_fact_counts_from_its_day_on(counter: Counter, known, on, reasons):
    counter.keep(record(b"a", AN))
    counter.keep(known.model_copy(update={"version": 2}))
    (found,) = counter.ask(AN, valid_on=on).records
    assert (found.reasons, found.reusable) == (reasons, not reasons)


MARRY = "1.000894"


def confirmation(printed):
    """Return a confirmation of marital status that was issued for something."""
    said = {"purpose": Field(value=printed, confidence=0.99, page=1, accepted=True)}
    known = {"document_type": "marital_status_confirmation", "valid_from": date(2026, 3, 1)}
    return record(b"single", AN, valid_to=date(2026, 9, 1), fields=said, **known)


@pytest.mark.parametrize(
    ("married", "on", "reasons"),
    [
        ({"valid_from": date(2026, 4, 1)}, date(2026, 3, 31), ()),
        ({"valid_from": date(2026, 4, 1)}, date(2026, 4, 1), ("ended",)),
        ({"valid_from": date(2026, 4, 1)}, date(2026, 9, 2), ("expired", "ended")),
        ({"valid_from": date(2026, 2, 1)}, date(2026, 4, 1), ()),
        ({"valid_from": date(2026, 4, 1), "status": "review"}, date(2026, 4, 1), ()),
    ],
)
def test_a_confirmation_of_marital_status_ends_with_a_later_marriage(counter: Counter, married, on, reasons):
    counter.keep(confirmation("Đăng ký kết hôn"), record(b"married", AN, BINH, **married))
    (found,) = counter.ask(AN, valid_on=on, purpose=MARRY, document_types=("marital_status_confirmation",)).records
    assert (found.reasons, found.reusable) == (reasons, not reasons)


@pytest.mark.parametrize(
    ("printed", "purpose", "serves"),
    [
        ("Đăng ký kết hôn với ông Trần Văn Mẫu", MARRY, True),
        ("để làm thủ tục KẾT HÔN", MARRY, True),
        ("Vay vốn ngân hàng", MARRY, False),
        (None, MARRY, False),
        ("Đăng ký kết hôn", "1.001193", False),
        ("Đăng ký kết hôn", "9.999999", False),
    ],
)
def test_a_paper_that_was_issued_for_something_else_cannot_be_reused(counter: Counter, printed, purpose, serves):
    counter.keep(confirmation(printed))
    (found,) = counter.ask(AN, purpose=purpose, valid_on=date(2026, 4, 1)).records
    assert (found.reusable, found.reasons) == (serves, () if serves else ("wrong_purpose",))
    (entry,) = counter.audit.entries()
    assert entry.judgements == (Judgement.of(found),)


# --- owners who have died ----------------------------------------------------------------------------------------------
EXTRACT = {"document_type": "death_extract", "valid_from": date(2026, 5, 4)}
COPIES = "2.000635"


def told(answer):
    return [found.document_type for found in answer.records]


@pytest.mark.parametrize(
    ("says_so", "has_died"),
    [
        (record(b"dead", AN, **EXTRACT), True),
        (record(b"dead", AN, **EXTRACT | {"valid_from": NOON.date() + timedelta(days=1)}), False),
        (record(b"dead", AN, **EXTRACT, status="review", review_reasons=("unsure:personal_id",)), False),
        (record(b"dead", BINH, **EXTRACT), False),
        (amended(record(b"dead", AN, **EXTRACT), "revoke", NOON.date()), False),
        (amended(record(b"pension", AN), "revoke", NOON.date(), reason="owner_died"), True),
        (amended(record(b"pension", AN), "revoke", NOON.date() + timedelta(days=1), reason="owner_died"), False),
        (
            amended(amended(record(b"x", AN), "revoke", NOON.date(), reason="owner_died"), "reinstate", NOON.date()),
            False,
        ),
    ],
)
def test_of_the_dead_nothing_is_told_but_to_a_procedure_that_is_about_them(counter: Counter, says_so, has_died):
    counter.keep(record(b"born", AN, document_type="birth_certificate"), says_so)
    wanted = ("birth_certificate",)
    assert told(counter.ask(AN, document_types=wanted)) == ([] if has_died else ["birth_certificate"])
    assert told(counter.ask(AN, document_types=wanted, purpose=COPIES)) == ["birth_certificate"]
    assert told(counter.ask(AN, document_types=wanted, purpose="9.999999")) == (
        [] if has_died else ["birth_certificate"]
    )


def test_answer_and_act_do_not_tell_the_dead_from_the_unknown(counter: Counter):
    counter.keep(record(b"born", AN, document_type="birth_certificate"), record(b"dead", AN, **EXTRACT))
    same = {"entry_id": "", "owner_key": None}
    asked = [counter.ask(each, document_types=("birth_certificate",)) for each in (AN, BINH)]
    acts = {entry.model_copy(update=same) for entry in counter.audit.entries()}
    assert len({answer.model_copy(update={"audit_id": "", "kept_in": ""}) for answer in asked}) == len(acts) == 1


# --- what asking rests on --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "ground",
    [
        {},
        {"legal_basis": "owner_self", "requester": AN},
        {"legal_basis": "consent", "basis_document": "7/PĐY"},
        {"legal_basis": "court_or_police", "basis_document": "45/YC-CSĐT"},
        {"legal_basis": "audit", "basis_document": "12/QĐ-TTr", "requester": BINH},
    ],
)
def test_the_log_says_what_asking_rested_on(counter: Counter, ground):
    counter.ask(AN, **ground)
    (entry,) = counter.audit.entries()
    assert entry.legal_basis == ground.get("legal_basis", "tthc_processing")
    assert entry.basis_document == ground.get("basis_document")


@pytest.mark.parametrize(
    ("ground", "wrong"),
    [
        ({"legal_basis": "owner_self"}, "about themselves"),
        ({"legal_basis": "owner_self", "requester": BINH}, "about themselves"),
        ({"legal_basis": "consent"}, "basis_document"),
        ({"basis_document": "7/PĐY"}, "basis_document"),
    ],
)
def test_a_basis_is_said_whole(counter: Counter, ground, wrong):
    with pytest.raises(ProblemError, match=wrong) as refused:
        counter.ask(AN, **ground)
    assert refused.value.kind is BASIS_UNFIT
    assert list(counter.audit.entries()) == []


def test_a_superseded_record_says_which_one_to_use_instead(counter: Counter):
    counter.keep(record(b"a", AN), amended(record(b"a", AN), "supersede", date(2026, 3, 1)))
    successors = [counter.ask(AN, valid_on=on).records[0].superseded_by for on in (date(2026, 2, 28), date(2026, 3, 1))]
    assert successors == [None, record(b"successor").record_id]


@pytest.mark.parametrize("moment", [NOON + timedelta(seconds=1), datetime.max.replace(tzinfo=UTC)])
def test_what_will_be_known_nobody_knows(counter: Counter, moment):
    with pytest.raises(ProblemError, match="yet to come") as caught:
        counter.ask(AN, known_at=moment)
    assert caught.value.kind is BAD_REQUEST


def test_a_signature_that_states_no_time_is_damage(counter: Counter):
    counter.keep(record(b"a", AN))
    with pytest.raises(ProblemError, match="states no time") as caught:
        counter.ask(AN, known_at=NOON)
    assert caught.value.kind is INTEGRITY_MISMATCH


def test_today_is_the_day_in_vietnam(counter: Counter):
    late_in_utc = NOON.replace(hour=16, minute=59)
    assert counter.ask(AN, now=late_in_utc).valid_on == date(2026, 11, 20)
    assert counter.ask(AN, now=late_in_utc + timedelta(minutes=1)).valid_on == date(2026, 11, 21)
