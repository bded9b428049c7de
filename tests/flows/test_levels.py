"""Copies are raised afterwards: authorities that fail lose nothing and double nothing."""

import io
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import count

import pikepdf
import pytest
from werkzeug.exceptions import ServiceUnavailable

from flows.house import House
from flows.levels import raise_signatures, renew_copies
from pipeline.seal.verify import verify_detached, verify_pdf
from schemas.problem import ProblemError
from schemas.settings import Settings
from sohoa.doctor import examine
from sohoa.looking import export_record
from sohoa.verifying import verify_target
from tests.servers import free_ports

Y2021, LATE_2021, LAST_DAYS_OF_2021 = (
    datetime(2021, month, day, tzinfo=UTC) for month, day in ((6, 1), (12, 1), (12, 29))
)


def now():
    return datetime.now(UTC)


def levels(settings, record_id):
    return [proof.level for proof in verify_target(settings, record_id).proofs if proof.subject.startswith("copy sig")]


def test_by_default_nothing_is_raised_and_nobody_is_asked(settings):
    house = House.open(settings("B-B", f"http://127.0.0.1:{free_ports(1)[0]}"))
    assert list(raise_signatures(house, now)) == []
    assert len(list(house.warehouse.unraised())) == 2


@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_every_copy_is_raised_once_and_stays_what_it_was(level, settings):
    wanted = settings(level)
    house = House.open(wanted)
    raised = list(raise_signatures(house, now))
    assert len(raised) == (6 if level == "B-LTA" else 4)  # two copies, at B-LTA twice, and two records
    assert list(raise_signatures(house, now)) == []
    for record_id in set(raised):
        found = verify_target(wanted, record_id)
        assert found.verdict == "VALID", found
        assert levels(wanted, record_id)[:2] == [level, level]
        assert [proof.level for proof in found.proofs if proof.subject == "record signature"] == ["B-T"]


def test_an_authority_that_is_away_loses_nothing_and_doubles_nothing(settings):
    away = settings("B-LT", f"http://127.0.0.1:{free_ports(1)[0]}")
    house = House.open(away)
    (first, second) = (each.record_id for each in house.warehouse.unraised())
    with pytest.raises(ProblemError) as caught:
        list(raise_signatures(house, now))
    assert caught.value.kind.slug == "time-stamps-unreachable"
    assert levels(away, first) == levels(away, second) == ["B-B", "B-B"]
    assert set(raise_signatures(House.open(settings("B-LT")), now)) == {first, second}
    assert levels(away, first) == levels(away, second) == ["B-LT", "B-LT", None]


@pytest.mark.parametrize(
    ("stamps", "answered"),
    [
        (True, 2),
        (False, 1),
        *(pytest.param(True, number, marks=pytest.mark.nightly) for number in (0, 1, 3, 4, 5)),
        *(pytest.param(False, number, marks=pytest.mark.nightly) for number in (0, 2)),
    ],
)
def test_authorities_that_go_away_in_the_middle_lose_nothing_and_double_nothing(
    stamps, answered, settings, pki, monkeypatch
):
    """Those that give out time-stamps, or those that tell of revocation (OCSP, and the lists instead of it)."""
    wanted = settings("B-LTA")
    house, asked = House.open(wanted), count()
    dispatch = pki.animator.dispatch

    def as_long_as_it_is_there(request):
        if ("/tsa/" in request.path) == stamps and next(asked) >= answered:
            raise ServiceUnavailable
        return dispatch(request)

    with monkeypatch.context() as away:
        away.setattr(pki.animator, "dispatch", as_long_as_it_is_there)
        with pytest.raises(ProblemError) as caught:
            list(raise_signatures(house, now))
    assert caught.value.kind.transient
    before = {key: house.store.get(key) for kind in ("levels/", "records/") for key in house.store.list(kind)}
    list(raise_signatures(house, now))
    assert list(raise_signatures(house, now)) == []
    assert {key: house.store.get(key) for key in before} == before
    for version in house.warehouse.versions():
        assert levels(wanted, version.record_id)[:2] == ["B-LTA", "B-LTA"]
        assert len(list(house.warehouse.tails(version.record_id))) == 2
        assert house.warehouse.time_stamp(version) is not None


def test_what_is_interrupted_is_taken_up_where_it_stopped(settings):
    house = House.open(settings("B-T"))
    interrupted = raise_signatures(house, now)
    first = next(interrupted)
    interrupted.close()
    tail = list(house.warehouse.tails(first))
    assert list(raise_signatures(house, now)).count(first) == 1  # its record
    assert list(house.warehouse.tails(first)) == tail
    assert list(house.warehouse.unraised()) == []


def test_of_two_that_raise_the_same_copy_the_first_one_decides(settings):
    warehouse = House.open(settings("B-T")).warehouse
    record_id = next(iter(warehouse.unraised())).record_id
    warehouse.keep_tail(record_id, b"first")
    warehouse.keep_tail(record_id, b"second")
    assert list(warehouse.tails(record_id)) == [b"first"]


def test_a_time_stamp_of_a_copy_is_renewed_before_it_ends_and_each_copy_is_seen_in_time(settings, pki):
    first = settings("B-LT", pki.tsa_until("tsa-2022"))
    with pki.at(Y2021):
        raised = set(raise_signatures(House.open(first), lambda: Y2021))
    house = House.open(settings("B-LT", pki.tsa_until("tsa-2025")))
    assert list(renew_copies(house, lambda: Y2021)) == []  # too early
    seen = []
    for day in range(30):  # an eighth of the time that is left
        at = LATE_2021 - timedelta(days=day)
        with pki.at(at):
            seen += renew_copies(house, lambda at=at: at)
    assert sorted(seen) == sorted(raised)
    for record_id in raised:
        copy = house.warehouse.record(record_id).value.copy_
        pdf = b"".join((*house.warehouse.copy(copy.sha256), *house.warehouse.tails(record_id)))
        found = verify_pdf(pdf, [pki.root], datetime(2024, 1, 1, tzinfo=UTC))
        assert [each.verdict for each in found] == ["VALID"] * 4


def test_an_authority_that_ends_no_later_renews_no_copy(settings, pki):
    house = House.open(settings("B-LT", pki.tsa_until("tsa-2022"), renew_days=5))
    with pki.at(LAST_DAYS_OF_2021):
        list(raise_signatures(house, lambda: LAST_DAYS_OF_2021))
        assert list(renew_copies(house, lambda: LAST_DAYS_OF_2021)) == []
    assert {each.number for each in house.warehouse.raised()} == {1}


def test_a_copy_that_is_renewed_too_late_is_named_and_does_not_stop_the_others(settings, pki):
    wanted = settings("B-LT", pki.tsa_until("tsa-2022"), renew_days=5)
    with pki.at(Y2021):
        late, other = list(raise_signatures(House.open(wanted), lambda: Y2021))[:2]
    house = House.open(settings("B-LT", renew_days=5))
    with pki.at(LAST_DAYS_OF_2021):
        (path,) = (wanted.home / "store/objects/levels").glob(f"*/{late}/000001")
        path.rename(path.with_name("000009"))  # one level of it is gone
        with pytest.raises(ProblemError, match="is gone"):
            list(renew_copies(house, lambda: LAST_DAYS_OF_2021))
        path.with_name("000009").rename(path)
    assert {each.record_id: each.number for each in house.warehouse.raised()} == {late: 1, other: 2}
    with pytest.raises(ProblemError) as caught:
        list(renew_copies(house, now))
    assert caught.value.kind.slug == "time-stamp-ended"
    assert late in str(caught.value)


def test_a_certificate_that_was_revoked_keeps_its_copies_waiting(settings):
    wanted = settings("B-LT", label="revoked")
    house = House.open(wanted)
    with pytest.raises(ProblemError) as caught:
        list(raise_signatures(house, now))
    assert caught.value.kind.slug == "validation-data-missing"
    assert len(list(house.warehouse.unraised())) == 2


def test_a_byte_that_changes_in_what_was_appended_is_found(settings):
    wanted = settings("B-LT")
    house = House.open(wanted)
    record_id = next(raise_signatures(house, now))
    (path,) = (wanted.home / "store/objects/levels").glob(f"*/{record_id}/000001")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    found = verify_target(wanted, record_id)
    assert [proof.subject for proof in found.proofs if proof.verdict == "INVALID"] == ["copy time-stamp"]


def test_a_byte_that_changes_in_the_time_stamp_of_a_record_is_found(settings):
    wanted = settings("B-T")
    record_id = list(raise_signatures(House.open(wanted), now))[-1]
    (path,) = (wanted.home / "store/objects/records").glob(f"*/{record_id}/v000001.tst")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    found = verify_target(wanted, record_id)
    assert [proof.subject for proof in found.proofs if proof.verdict == "INVALID"] == ["record time-stamp"]


def test_openssl_takes_the_signature_of_a_record_with_its_time_stamp(settings, pki, tmp_path):
    wanted = settings("B-T")
    record_id = list(raise_signatures(House.open(wanted), now))[-1]
    list(export_record(wanted, record_id, tmp_path))
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "record.p7s", "-content", "record.json"]
    done = subprocess.run(
        [*command, "-CAfile", "roots.pem", "-purpose", "any"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Verification successful" in done.stderr
    assert (
        verify_detached(
            (tmp_path / "record.json").read_bytes(), (tmp_path / "record.p7s").read_bytes(), [pki.root], now()
        ).level
        == "B-T"
    )


def test_an_export_holds_the_copy_and_the_raised_copy_which_is_still_pdf_a(settings, tmp_path):
    wanted = settings("B-LT")
    record_id = next(raise_signatures(House.open(wanted), now))
    names = {path.name for path in export_record(wanted, record_id, tmp_path / "out")}
    assert {"copy.pdf", "copy-time-stamped.pdf"} <= names
    copy, raised = ((tmp_path / "out" / name).read_bytes() for name in ("copy.pdf", "copy-time-stamped.pdf"))
    assert raised.startswith(copy)
    with pikepdf.open(io.BytesIO(raised)) as pdf:
        assert pdf.pdf_version == "1.7"
        assert "/Version" not in pdf.Root


@pytest.mark.parametrize(("is_there", "state"), [(True, "good"), (False, "bad")])
def test_doctor_asks_for_a_time_stamp(is_there, state, settings):
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    findings = {each.name: each.state for each in examine(settings("B-T") if is_there else settings("B-T", nobody))}
    assert findings["time-stamps" if is_there else "The time-stamp authority does not answer"] == state


def test_a_level_without_an_authority_is_a_wrong_setting():
    with pytest.raises(ProblemError, match="also needs time_stamps"):
        Settings.load({"SOHOA_SIGNING__LEVEL": "B-T"})
