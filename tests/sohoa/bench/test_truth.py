"""What counts as right."""

import json

import pytest

from schemas.problem import FILE_MISSING, TRUTH_MISSING, ProblemError
from sohoa.bench.truth import same, truths_in

TRUTH = {
    "file": "a.jpg",
    "document_type": "birth_certificate",
    "level": "clean",
    "pages": [{"number": 1}],
    "fields": {},
}


@pytest.mark.parametrize(
    ("name", "read", "wanted", "right"),
    [
        ("full_name", "LÒ VĂN AN", "Lò Văn An", True),
        ("full_name", "Lò Văn Ân", "Lò Văn An", False),
        ("place_of_birth", "xã Yên  Hòa,  huyện Tương Dương.", "Xã Yên Hòa, huyện Tương Dương", True),
        ("number", "12 /2016", "12/2016", True),
        ("number_symbol", "12/QĐ-UBND", "12/QĐ-UBNd", False),
        ("date_of_birth", "2016-02-03", "2016-02-03", True),
        ("allowance_amount", 1624000, "1624000", True),
        ("full_name", None, "An", False),
    ],
)
def test_capitals_and_a_closing_stop_do_not_count_but_in_numbers_and_dates(name, read, wanted, right):
    assert same(name, read, wanted) is right


def told(folder, name, **truth):
    (folder / f"{name}.truth.json").write_text(json.dumps(TRUTH | truth), "utf-8")


def test_a_folder_says_what_stands_on_its_scans_be_it_one_paper_a_file_or_several(tmp_path):
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.pdf").touch()
    told(tmp_path, "a", seed=7)  # what others know besides is left alone
    told(tmp_path, "b", file="b.pdf", documents=[TRUTH, TRUTH | {"pages": [{"number": 2}]}])
    truths = truths_in(tmp_path)
    assert {path.name: len(papers) for path, papers in truths.items()} == {"a.jpg": 1, "b.pdf": 2}


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({}, TRUTH_MISSING),
        ({"a.truth.json": "[]"}, TRUTH_MISSING),
        ({"a.truth.json": json.dumps(TRUTH)}, FILE_MISSING),
    ],
)
def test_where_nothing_can_be_measured_it_is_said_so(tmp_path, files, kind):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ProblemError) as caught:
        truths_in(tmp_path)
    assert caught.value.kind == kind
