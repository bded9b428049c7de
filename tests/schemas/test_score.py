"""The points of QĐ 766/QĐ-TTg are counted as the portal counts them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.score import INDICATORS, SyncedDossier, is_below, score, shares, synced_dossier
from schemas.settings import ScoreSettings

NOTHING = SyncedDossier(
    code="H40.12-260331-0007", procedure="1.001193", received_on=date(2026, 3, 31), finished_on=None,
    has_files=False, has_result=False, digitised=False, reused=False, from_store=False, result_to_owner=False,
    population=False,
)  # fmt: skip
FLAGS = ("has_files", "has_result", "digitised", "reused", "from_store", "result_to_owner", "population")
EVERYTHING = NOTHING.model_copy(update=dict.fromkeys(FLAGS, True))
SYNC = {
    "MaHoSo": "H40.12-260331-0007", "MaTTHC": "1.001193", "NgayTiepNhan": "2026-03-31T08:00:00.000",
    "NgayKetThucXuLy": "01/04/2026 17:00:00", "ChuHoSo": "NGUYỄN VĂN AN", "SoGiayToChuHoSo": "040095001234",
    "TaiLieuNop": [
        {"DuongDanTaiTepTin": "https://x/1", "DuocSoHoa": "1", "DuocTaiSuDung": "0", "DuocLayTuKhoDMQG": ""},
        {"DuongDanTaiTepTin": "https://x/2", "IsDeleted": "1", "DuocTaiSuDung": "1"},
    ],
    "DanhSachGiayToKetQua": [{"DuongDanTepTinKetQua": "https://x/3"}],
    "DinhDanhCHS": [{"LoaiDinhDanh": "1", "SoDinhDanh": "040095001234"}],
    "TaiKhoanDuocXacThucVoiVNeID": "0", "DSKetNoiCSDL": None, "HoSoCoThanhPhanSoHoa": "0",
}  # fmt: skip


def counted(dossiers, settings=None):
    told = score(dossiers, settings or ScoreSettings(), unit=None, first="2026-03", last="2026-03")
    return told, {line.number: line for line in told.lines}


def but(**flags):
    return NOTHING.model_copy(update=flags)


def test_the_group_has_22_points_and_the_whole_index_of_the_province_adds_up():
    told, _ = counted([EVERYTHING], ScoreSettings(certified_copies=1))
    assert (told.points, told.most) == (22, 22)
    assert round(18 + 20 + 18 + 20.63 + 19.25, 2) == 95.88  # the province's own report of the five groups


@pytest.mark.parametrize(
    ("number", "flags", "share", "points"),
    [
        ("4.1", {"has_result": True}, 0.5, 3.0),  # grows with the rate
        ("4.2", {"has_files": True, "has_result": True}, 0.5, 2.5),  # full from 80 %
        ("4.2", {"has_files": True, "has_result": True}, 0.8, 4.0),
        ("4.2", {"has_files": True}, 1.0, 0.0),  # without a result it does not count
        ("4.3", {"reused": True}, 0.4, 1.0),
        ("4.3", {"reused": True}, 0.9, 2.0),
        ("4.3", {"digitised": True}, 1.0, 0.0),
        ("4.4", {"from_store": True}, 0.5, 2.0),
        ("4.4", {"result_to_owner": True}, 1.0, 4.0),
        ("4.5a", {"population": True}, 0.1, 2.0),  # one dossier of a procedure is enough
        ("4.5b", {"population": True}, 0.1, 0.2),
    ],
)
def test_points_follow_the_rate(number, flags, share, points):
    done = round(10 * share)
    _, lines = counted([but(**flags)] * done + [NOTHING] * (10 - done))
    assert lines[number].points == points


def test_where_nothing_is_counted_there_are_no_points_and_none_are_missed():
    told, lines = counted([])
    assert {line.points for line in lines.values()} == {None}
    assert (told.points, told.most) == (0, 0)


def test_a_procedure_without_paper_needs_no_result():
    settings = ScoreSettings(without_result=("1.001193.000.00.00.H40",))
    _, lines = counted([but(has_files=True)], settings)
    assert (lines["4.1"].denominator, lines["4.2"].points) == (0, 4.0)


def test_what_was_never_received_is_not_asked_for_reuse():
    _, lines = counted([but(received_on=None, finished_on=date(2026, 3, 1))])
    assert (lines["4.3"].denominator, lines["4.4"].denominator, lines["4.1"].denominator) == (0, 0, 1)


dossiers = st.lists(
    st.builds(but, **{flag: st.booleans() for flag in FLAGS}, received_on=st.none() | st.just(date(2026, 3, 31)))
)


@given(dossiers, st.integers(0), st.sampled_from(FLAGS))
def test_one_more_mark_never_costs_points(given_, place, flag):
    if not given_:
        return
    place %= len(given_)
    better = [*given_[:place], given_[place].model_copy(update={flag: True}), *given_[place + 1 :]]
    before, after = counted(given_)[1], counted(better)[1]
    assert all((after[number].points or 0) >= (before[number].points or 0) for number in before)


@given(dossiers)
def test_who_costs_points_is_who_is_not_counted(given_):
    _, lines = counted(given_)
    for each in INDICATORS:
        line = lines[each.number]
        assert len(each.wanting(given_, ScoreSettings())) == line.denominator - line.numerator


def test_of_what_is_synced_only_what_counts_is_kept():
    dossier = synced_dossier(SYNC)
    assert dossier == but(
        finished_on=date(2026, 4, 1), has_files=True, has_result=True, digitised=True, result_to_owner=True
    )
    assert "040095001234" not in dossier.model_dump_json()


@pytest.mark.parametrize("wrong", [None, [], {"MaHoSo": "040095001234"}, SYNC | {"NgayTiepNhan": "soon"}])
def test_what_is_no_dossier_is_refused_without_repeating_it(wrong):
    with pytest.raises(ValidationError) as refusal:
        synced_dossier(wrong)
    assert "040095001234" not in str(refusal.value)


@pytest.mark.parametrize(
    ("code", "unit"),
    [("H40.12-260331-0007", "H40.12"), ("000.00.04.H40-230414-0002", "H40.04"), ("000.00.00.H40-230414-0002", "H40")],
)
def test_a_unit_is_known_in_both_codings_and_belongs_to_those_above_it(code, unit):
    assert but(code=code).unit == unit
    assert is_below(unit, "H40")
    assert is_below(unit, unit)
    assert not is_below(unit, "H4")
    assert not is_below(unit, "H40.1")


def test_shares_are_those_of_the_boards_that_provinces_have():
    [first, second] = shares([EVERYTHING, NOTHING, but(code="H40.20-260331-0001", reused=True)], lambda each: each.unit)
    assert (first.name, first.received, first.digitised, first.finished) == ("H40.12", 2, 1, 0)
    assert (second.name, second.reused) == ("H40.20", 1)
