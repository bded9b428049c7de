"""From an inventory to a plan."""

import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import img2pdf
import pytest

from flows.backfill.canary import forecast
from flows.backfill.planning import look_through, summary
from flows.house import House
from schemas.backfill import load_layout
from schemas.problem import CONFIGURATION, FILE_MISSING, FOLDER_EMPTY, ProblemError
from schemas.settings import Settings
from sohoa.demo import SCANS
from tests.flows.backfill.registers import keyed, register, write_table
from tests.xlsx import xlsx

LAYOUT = load_layout("civil_status_birth")


@pytest.fixture
def look(tmp_path, workers):
    """Return a function that looks through an inventory."""
    settings = Settings(home=tmp_path / "home", workers=1)

    def look(top: Path):
        return look_through(settings, top, LAYOUT, "Nguyễn Thị Bình", workers)

    return look


def test_the_same_inventory_is_the_same_plan_and_every_item_is_in_one_shard(look, tmp_path):
    register(tmp_path / "in", ["birth_certificate_01", "birth_certificate_02", "birth_certificate_03"])
    found = look(tmp_path / "in")
    plan = found.plan(2)
    assert plan == look(tmp_path / "in").plan(2)
    assert [[item.number for item in shard.items] for shard in found.shards(2)] == [[1, 2], [3]]
    assert (plan.items, plan.files) == (3, 3)


def test_a_register_is_a_table_beside_an_archive_whose_names_say_what_the_rows_say(look, tmp_path):
    scan = img2pdf.convert(str(SCANS / "birth_certificate_01.jpg"))
    with zipfile.ZipFile(tmp_path / "quyen-01.zip", "w") as archive:
        archive.writestr("KS.2023.02.2023-10-17.0314.pdf", scan)
    row = ("314", "02/2023", "17.10.2023", "BÙI THỊ CHI", 40323199413)
    (tmp_path / "quyen-01.xlsx").write_bytes(xlsx((("so", "quyenSo", "ngayDangKy", "nksHoTen", "soDinhDanh"), row)))
    [item] = look(tmp_path / "quyen-01.xlsx").items()
    assert (item.table, item.row) == ("quyen-01.xlsx[Sheet1]", 2)
    assert item.scan == "quyen-01.zip!KS.2023.02.2023-10-17.0314.pdf"
    assert item.keyed.fields["personal_id"] == "040323199413"
    assert item.keyed.file_sha256 == item.manifest.files[0].sha256


def test_what_is_wrong_is_named_with_its_row_and_the_rest_is_planned(look, tmp_path):
    folder = tmp_path / "in"
    rows = register(folder, ["birth_certificate_01", "birth_certificate_02"])
    shutil.copy(SCANS / "birth_certificate_03.jpg", folder / "left.jpg")
    bad_day = keyed("birth_certificate_04") | {"nksNgaySinh": "31.02.2010"}
    shutil.copy(SCANS / bad_day["TenFile"], folder)
    gone, blank = keyed("birth_certificate_05"), dict.fromkeys(rows[0], "") | {"nksHoTen": "TRẦN VĂN ỔI"}
    write_table(folder / "so.csv", [*rows, rows[0], gone, blank, bad_day])
    (folder / "other.csv").write_text("a,b\n1,2\n")
    found = look(folder)
    problems = {(item.row, item.problem.type.rpartition(":")[2]) for item in found.items() if item.problem}
    assert problems == {
        (5, "row-without-scan"), (6, "row-incomplete"), (None, "table-unfit"), (None, "scan-without-row"),
    }  # fmt: skip
    told = summary(found.plan(100), found, None)
    assert (told.rows, told.files, told.same) == (6, 3, 1)
    assert told.unread_cells == {"date_of_birth": 1}


def test_nothing_personal_is_in_the_keys_of_a_plan(look, tmp_path):
    folder = tmp_path / "BÙI THỊ CHI"
    register(folder, ["birth_certificate_01"])
    house, found = House.open(Settings(home=tmp_path / "home")), look(folder)
    plan_id = house.backfills.keep_plan(found.plan(100), found.shards(100))
    assert list(house.store.list("plans/")) == [f"plans/{plan_id}.json"]
    assert list(house.store.list("backfills/")) == [f"backfills/{plan_id}/shards/000001.json"]
    assert house.backfills.plan(plan_id) == found.plan(100)
    assert house.backfills.shard(found.plan(100), 1) == next(found.shards(100))


@pytest.mark.parametrize(("name", "kind"), [("none", FILE_MISSING), ("in", FOLDER_EMPTY)])
def test_what_is_no_inventory_is_refused(look, tmp_path, name, kind):
    (tmp_path / "in").mkdir()
    with pytest.raises(ProblemError) as refusal:
        look(tmp_path / name)
    assert refusal.value.kind is kind


@pytest.mark.parametrize(
    "text",
    [
        'document_type = "none"\nfile = ["a"]\n[fields]\n',
        'document_type = "birth_certificate"\n[fields]\nnumber = { columns = ["so"] }\n',
        'document_type = "birth_certificate"\nfile = ["a"]\n[fields]\nshoe_size = { columns = ["so"] }\n',
        'document_type = "birth_certificate"\npattern = "("\nkeys = { so = "{no}" }\n[fields]\n',
        'document_type = "birth_certificate"\npattern = "(?P<a>.)"\nkeys = { so = "{no}" }\n[fields]\n',
        'document_type = "birth_certificate"\npattern = "(?P<a>.)"\nkeys = { so = "{a.__class__}" }\n[fields]\n',
        "not TOML",
    ],
)
def test_a_layout_that_cannot_work_is_refused_when_it_is_read(text, tmp_path):
    path = tmp_path / "layout.toml"
    path.write_text(text)
    with pytest.raises(ProblemError) as refusal:
        load_layout(str(path))
    assert refusal.value.kind is CONFIGURATION


def test_a_forecast_comes_from_documents_that_were_really_worked_off_and_leaves_nothing(look, tmp_path):
    register(tmp_path / "in", ["birth_certificate_01", "birth_certificate_03"])
    found, settings = look(tmp_path / "in"), Settings(home=tmp_path / "home", workers=1)
    told = forecast(settings, found, found.plan(100), 1, 30.0, lambda: datetime.now(UTC))
    assert told.canary == 1
    assert told.cpu_seconds > 1
    assert told.disk_bytes > 1.5 * found.plan(100).bytes
    assert told.person_hours == told.review * 0.5
    assert not (tmp_path / "home" / "store").exists()
