"""`sohoa score …` and its page: the points, and the dossiers that cost some."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook

from flows.house import House
from schemas.problem import Exit
from schemas.settings import Settings
from sohoa.api.app import create_app
from sohoa.dashboard import create_dashboard
from tests.schemas.test_score import SYNC
from tests.sohoa.api.test_app import OWNER, certificate

HERE = SYNC | {"MaHoSo": "H40.12-260331-0001", "TaiLieuNop": []}
ELSEWHERE = SYNC | {"MaHoSo": "H40.20-260215-0001", "NgayTiepNhan": "2026-02-15", "TaiLieuNop": []}


@pytest.fixture
def taken(sohoa_here, tmp_path):
    file = tmp_path / "dossiers.json"
    file.write_text(json.dumps({"data": [SYNC, HERE, ELSEWHERE]}))
    assert sohoa_here.lines("score", "take", file) == [{"dossiers": 3, "changed": 3, "refused": []}]
    return sohoa_here


def test_points_are_told_for_a_period_and_a_unit(taken):
    [march] = taken.lines("score", "show")
    assert (march["first"], [line["denominator"] for line in march["lines"][:2]]) == ("2026-03", [2, 2])
    [whole] = taken.lines("score", "show", "--from", "2026-01", "--to", "2026-03")
    assert [line["numerator"] for line in whole["lines"][:2]] == [3, 1]
    [unit] = taken.lines("score", "show", "--from", "2026-01", "--to", "2026-03", "--unit", "H40.20")
    assert unit["lines"][0]["denominator"] == 1
    assert "of 20 points" in taken("score", "show").stdout


def sheets_of(data):
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_tables_open_in_excel(taken, tmp_path):
    files = ("--csv", tmp_path / "t.csv", "--xlsx", tmp_path / "t.xlsx")
    run = taken("score", "by", "unit", "--from", "2026-01", "--to", "2026-12", *files)
    assert run.returncode == Exit.DONE
    [rows] = sheets_of((tmp_path / "t.xlsx").read_bytes()).values()
    assert [row[:2] for row in rows] == [["name", "received"], ["H40.12", 2], ["H40.20", 1]]
    with (tmp_path / "t.csv").open(encoding="utf-8-sig") as file:
        assert [(row["name"], row["received"]) for row in csv.DictReader(file)] == [("H40.12", "2"), ("H40.20", "1")]


def test_what_only_has_to_be_synced_comes_first(taken):
    house = House.open(Settings(home=taken.home, owner_secret="a secret of the tests"))
    record = certificate().model_copy(update={"dossier_code": "H40.20-260215-0001"})
    house.catalog.keep_record(house.warehouse.keep_record(record, lambda _data: b"signature"))
    found = taken.lines("score", "wanting", "4.2", "--from", "2026-01", "--to", "2026-03")
    assert [(each["code"], each["in_warehouse"]) for each in found] == [
        ("H40.20-260215-0001", True),
        ("H40.12-260331-0001", False),
    ]


def test_the_page_shows_the_same_and_leads_to_the_dossiers(taken):
    house = House.open(Settings(home=taken.home, owner_secret="a secret of the tests"))
    app = create_app(house, "token")
    app.mount("/dashboard", create_dashboard(house, "token"))
    with TestClient(app) as client:
        page = client.get("/dashboard/score", auth=("operator", "token"))
        assert "1 / 2" in page.text
        assert "/dashboard/score/4.2?from=2026-03&amp;to=2026-03" in page.text
        assert "H40.12-260331-0001" in client.get("/dashboard/score/4.2", auth=("operator", "token")).text
        assert "/dashboard/score.xlsx?from=2026-03&amp;to=2026-03" in page.text
        file = client.get("/dashboard/score.xlsx?from=2026-01&to=2026-03", auth=("operator", "token"))
        assert file.headers["content-disposition"] == 'attachment; filename="diem-so-hoa.xlsx"'
        sheets = sheets_of(file.content)
        assert list(sheets) == ["Chỉ số", "Đơn vị", "Thủ tục", "Tháng"]
        assert [row[:2] for row in sheets["Đơn vị"]] == [["Đơn vị", "Tiếp nhận"], ["H40.12", 2], ["H40.20", 1]]
        assert client.get("/dashboard/score.xlsx").status_code == 401
        assert client.get("/dashboard/score?from=spring", auth=("operator", "token")).status_code == 422
        assert client.get("/dashboard/score/9", auth=("operator", "token")).status_code == 422


def test_what_lookups_spared_people_is_counted_from_the_audit_log(sohoa_here):
    house = House.open(Settings(home=sohoa_here.home, owner_secret="a secret of the tests"))
    house.catalog.keep_record(house.warehouse.keep_record(certificate(), lambda _data: b"signature"))
    for owner, dossier in ((OWNER, "0001"), (OWNER, "0001"), (OWNER, "0002"), ("040095001234", "0003")):
        words = ("lookup", owner, "--purpose", "1.001193", "--dossier", f"H40.12-260331-{dossier}")
        assert sohoa_here(*words).returncode == 0
    month = f"{datetime.now(UTC):%Y-%m}"
    [told] = sohoa_here.lines("score", "reuse", "--from", month, "--unit", "H40")
    assert told == {"month": month, "dossiers": 3, "reusing": 2, "rate": 2 / 3, "papers": 2, "pages": 2}
    assert sohoa_here.lines("score", "reuse", "--from", month, "--unit", "H41")[0]["dossiers"] == 0


def test_a_long_list_of_dossiers_comes_page_by_page_and_a_unit_has_a_page_of_its_own(taken, monkeypatch):
    monkeypatch.setattr("sohoa.dashboard.score._ON_A_PAGE", 1)
    house = House.open(Settings(home=taken.home, owner_secret="a secret of the tests"))
    with TestClient(create_dashboard(house, "token")) as client:
        client.auth = ("operator", "token")
        whole = "from=2026-01&to=2026-03"
        first, second = (client.get(f"/score/4.2?{whole}&after={after}").text for after in (0, 1))
        assert "Trang sau" in first
        assert "after=1" in first
        assert "Trang sau" not in second
        assert [code in first for code in ("H40.12-260331-0001", "H40.20-260215-0001")] == [True, False]
        assert [code in second for code in ("H40.12-260331-0001", "H40.20-260215-0001")] == [False, True]
        assert "unit=H40.20" in client.get(f"/score?{whole}").text
        assert "0 / 1" in client.get(f"/score?{whole}&unit=H40.20").text


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("{", Exit.REFUSED, "line 1 is no JSON"),
        ("3", Exit.REFUSED, "no list of objects"),
        ('{"MaHoSo": "040095001234"}', Exit.REFUSED, "object 1: wrong: MaHoSo, MaTTHC"),
        (json.dumps(SYNC) + "\n\n" + json.dumps(SYNC | {"MaTTHC": 7}), Exit.PARTLY_FAILED, "line 3: wrong: MaTTHC"),
        (json.dumps([SYNC | {"NgayTiepNhan": "", "NgayKetThucXuLy": None}]), Exit.REFUSED, "neither NgayTiepNhan"),
    ],
)
def test_what_is_no_list_of_dossiers_is_said_without_repeating_it(sohoa_here, tmp_path, text, code, said):
    (tmp_path / "list.json").write_text(text)
    run = sohoa_here("score", "take", "list.json")
    assert run.returncode == code
    assert said in run.stderr
    assert "040095001234" not in run.stdout + run.stderr


def test_words_that_name_no_period_are_refused(taken):
    run = taken("score", "show", "--from", "March", "--unit", "Vinh")
    assert (run.returncode, "first, last, unit" in run.stderr) == (Exit.USAGE, True)
