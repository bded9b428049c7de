"""Rules that hold for the values themselves, whoever uses them."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from schemas.digest import sha256_hex
from schemas.export import EXPORTED, schema_files
from schemas.lookup import judge
from schemas.problem import KINDS, ProblemError
from schemas.record import Copy, Engine, Origin, Record, record_id
from schemas.submission import Manifest, Receipt, SubmittedFile
from tests.storage.examples import amended

JSON_FOLDER = Path(__file__).parents[2] / "schemas" / "json"
NOON = datetime(2026, 3, 31, 5, 0, tzinfo=UTC)


def manifest(**changes):
    file = SubmittedFile(sha256=sha256_hex(b"scan"), size=4, name="scan.jpg")
    return Manifest(station="local", scanned_by="Nguyễn Thị Bình", scanned_at=NOON, files=(file,)).model_copy(
        update=changes
    )


def record(**changes):
    origin = Origin(file_sha256=sha256_hex(b"scan"), pages=(1,))
    values = {
        "record_id": record_id(origin),
        "version": 1,
        "status": "active",
        "document_type": "birth_certificate",
        "document_type_confidence": 0.9,
        "owners": (),
        "fields": {},
        "pages": (),
        "copy_": Copy(sha256=sha256_hex(b"copy"), size=4, original=False),
        "origin": origin,
        "submission_id": manifest().submission_id,
        "dossier_code": None,
        "valid_from": None,
        "valid_to": None,
        "review_reasons": (),
        "engine": Engine(pipeline="1", tesseract="5.3.0", language="vie", model_sha256=sha256_hex(b"model")),
        "created_at": NOON,
        "text": "",
    }
    return Record(**values | changes)


def test_the_json_schemas_on_disk_are_those_of_the_code():
    on_disk = {path.name: path.read_text("utf-8") for path in JSON_FOLDER.glob("*.json")}
    assert on_disk == dict(schema_files()), "run `make schemas`"


@pytest.mark.parametrize(("name", "text"), list(schema_files()))
def test_every_json_schema_is_a_valid_schema(name, text):
    Draft202012Validator.check_schema(json.loads(text))
    assert name.endswith(".schema.json")


@pytest.mark.parametrize("value", [manifest(), Receipt.of(manifest(), NOON), record()])
def test_a_value_survives_its_canonical_bytes_and_fits_its_json_schema(value):
    data = value.canonical_bytes()
    assert type(value).model_validate_json(data) == value
    index = EXPORTED.index(type(value))
    Draft202012Validator(json.loads(list(schema_files())[index][1])).validate(json.loads(data))


def test_the_same_sending_has_the_same_id_and_another_one_another():
    assert manifest().submission_id == manifest().submission_id
    assert manifest(station="other").submission_id != manifest().submission_id


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+07:00", "9999-12-31T23:00:00-07:00"])
def test_a_time_that_utc_has_no_year_for_is_refused(moment):
    with pytest.raises(ValidationError, match="before the year 1 or after the year 9999"):
        Manifest.model_validate(manifest().model_dump() | {"scanned_at": moment})


def test_the_same_pages_of_the_same_file_are_one_record():
    file = sha256_hex(b"scan")
    assert record_id(Origin(file_sha256=file, pages=(1, 2))) == record_id(Origin(file_sha256=file, pages=(1, 2)))
    assert record_id(Origin(file_sha256=file, pages=(1, 2))) != record_id(Origin(file_sha256=file, pages=(1,)))


REVOKED = amended(record(), "revoke", date(2025, 6, 1)).amendments


@pytest.mark.parametrize(
    ("changes", "on", "reasons"),
    [
        ({}, date(2026, 1, 1), ()),
        ({"status": "review"}, date(2026, 1, 1), ("unreviewed",)),
        ({"amendments": REVOKED, "valid_to": date(2025, 12, 31)}, date(2026, 1, 1), ("revoked", "expired")),
        ({"replaced_by": ("0f" * 16,)}, date(2026, 1, 1), ("superseded",)),
        ({"valid_to": date(2026, 1, 1)}, date(2026, 1, 1), ()),
        ({"valid_to": date(2025, 12, 31)}, date(2026, 1, 1), ("expired",)),
        ({"valid_from": date(2026, 1, 2)}, date(2026, 1, 1), ("not_yet_valid",)),
    ],
)
def test_a_record_is_reusable_only_when_nothing_speaks_against_it(changes, on, reasons):
    found = judge(record(**changes), on)
    assert found.reasons == reasons
    assert found.reusable == (not reasons)


def test_every_kind_of_problem_has_its_own_name_and_says_what_to_do():
    assert len({kind.slug for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        assert kind.title
        assert kind.remedy.endswith(".")


@given(st.text(), st.text())
def test_the_place_of_a_problem_is_filled_in_once(first, second):
    error = KINDS[0].error("cut off", file=first or None).at(file=second or None)
    assert isinstance(error, ProblemError)
    assert error.problem.file == (first or second or None)
