"""Registers for tests: bundled scans of birth certificates, and the tables that somebody keyed from them."""

import csv
import json
import shutil
from pathlib import Path

from sohoa.demo import SCANS

COLUMNS = {
    "so": "number",
    "ngayDangKy": "registration_date",
    "noiDangKy": "registration_place",
    "nksHoTen": "full_name",
    "nksNgaySinh": "date_of_birth",
    "nksGioiTinh": "sex",
    "nksDanToc": "ethnicity",
    "nksQuocTich": "nationality",
    "nksNoiSinh": "place_of_birth",
    "soDinhDanh": "personal_id",
    "meHoTen": "mother_full_name",
    "chaHoTen": "father_full_name",
}


def keyed(paper: str) -> dict[str, str]:
    """Return the row that was keyed from a bundled scan, as the truth has it."""
    truth = json.loads((SCANS / f"{paper}.truth.json").read_text("utf-8"))["fields"]
    row = {column: str(truth.get(field) or "") for column, field in COLUMNS.items()}
    for column in ("ngayDangKy", "nksNgaySinh"):
        row[column] = ".".join(reversed(row[column].split("-")))
    row["nksHoTen"] = row["nksHoTen"].upper()
    [scan] = [path for path in SCANS.glob(f"{paper}.*") if not path.name.endswith(".json")]
    return row | {"TenFile": scan.name}


def write_table(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*COLUMNS, "TenFile"])
        writer.writeheader()
        writer.writerows(rows)


def register(folder: Path, papers: list[str]) -> list[dict[str, str]]:
    """Make a register in a folder: scans and their table; return its rows."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [keyed(paper) for paper in papers]
    for row in rows:
        shutil.copy(SCANS / row["TenFile"], folder)
    write_table(folder / "so.csv", rows)
    return rows
