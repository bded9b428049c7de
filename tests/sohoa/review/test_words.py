"""Every reason why something waits is said in Vietnamese, and every field is called as its form calls it."""

import ast
import importlib
from pathlib import Path

import pytest

import pipeline.understand
from schemas import explanation
from schemas.document_type import document_types
from sohoa.review.told import CHECKS
from sohoa.review.words import CODES, kinds, label, why

FOLDER = Path(pipeline.understand.__file__).parent


def names_of_checks():
    """Yield the name of every check that *understand* makes, where it is written out or a constant of its module."""
    for path in sorted(FOLDER.glob("*.py")):
        name = path.stem if path.stem != "__init__" else ""
        module = importlib.import_module(f"pipeline.understand.{name}".rstrip("."))
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Check":
                for said in (each.value for each in node.keywords if each.arg == "name"):
                    if isinstance(said, ast.Constant):
                        yield said.value
                    elif isinstance(said, ast.Name) and hasattr(module, said.id):
                        yield getattr(module, said.id)


def test_every_check_that_can_fail_has_its_words():
    assert set(names_of_checks()) - set(CODES) == set()


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("unsure:full_name", "Đọc chưa chắc"),
        ("identifier:personal_id", "Không qua kiểm tra"),
        ("qr:full_name", "Các nguồn không khớp"),
        ("missing:number", "Thiếu mục bắt buộc"),
        ("unsure:document_type", "Cả giấy tờ"),
        ("a_check_of_tomorrow:number", "Không qua kiểm tra"),
    ],
)
def test_a_reason_says_what_kind_of_doubt_it_is(reason, said):
    assert why(reason).partition(":")[0] == said


def test_a_record_names_each_kind_of_doubt_once():
    assert kinds(["unsure:a", "unread:b", "qr:c", "unsure:d"]) == ("Đọc chưa chắc", "Các nguồn không khớp")


def test_no_two_fields_of_a_paper_are_called_the_same():
    for type_ in document_types().values():
        called = [label(type_, name) for name in type_.fields]
        assert len(called) == len(set(called)), type_.code
        assert not [each for each in called if "_" in each], type_.code


def test_rows_of_a_table_and_what_is_no_field_have_names_too():
    decision = document_types()["merit_allowance_decision"]
    assert label(decision, "full_name_2").endswith("dòng 2")
    assert label(None, "document_type") == "Loại giấy tờ"


def test_every_check_has_words_for_reviewers_too():
    assert CHECKS.keys() == explanation.CHECKS.keys()
