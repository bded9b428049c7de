"""The files of an inventory, and archives that mean harm."""

import io
import os
import zipfile
from hashlib import sha256

import pytest

from pipeline.inventory.holdings import Unfit, digest, holdings, take_out
from schemas.problem import (
    ARCHIVE_UNSAFE,
    FILE_DAMAGED,
    FILE_EMPTY,
    FILE_TOO_LARGE,
    FILE_UNREADABLE,
    SCAN_CHANGED,
    ProblemError,
)
from schemas.settings import Limits

LIMITS = Limits(file_bytes=4_000_000)


def found(top, home):
    return {each.name: each for each in holdings(top, home, LIMITS)}


def archive(path, entries, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as made:
        for name, data in entries:
            made.writestr(name, data)
    return path


def test_scans_and_tables_are_found_in_folders_and_archives_and_other_files_are_left_alone(tmp_path):
    (tmp_path / "in" / "1").mkdir(parents=True)
    (tmp_path / "in" / "1" / "a.PDF").write_bytes(b"a")
    (tmp_path / "in" / "so.csv").write_bytes(b"so\n")
    (tmp_path / "in" / "note.txt").write_bytes(b"x")
    archive(tmp_path / "in" / "q.zip", [("KS\\b.pdf", b"b"), ("so.xlsx", b"x"), ("c/", b"")])
    every = found(tmp_path / "in", tmp_path)
    assert list(every) == ["q.zip!KS/b.pdf", "q.zip!so.xlsx", "so.csv", "1/a.PDF"]
    assert [each.is_table for each in every.values()] == [False, True, True, False]
    take_out(every["q.zip!KS/b.pdf"], tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"b"
    assert digest(every["1/a.PDF"]) == sha256(b"a").hexdigest()


def test_a_table_alone_takes_the_scans_of_its_folder_but_not_the_other_tables(tmp_path):
    for name in ("a.csv", "b.csv", "1.pdf"):
        (tmp_path / name).write_bytes(b"x")
    assert list(found(tmp_path / "a.csv", tmp_path / "home")) == ["1.pdf", "a.csv"]


def test_files_that_cannot_be_taken_are_named(tmp_path):
    (tmp_path / "empty.pdf").touch()
    (tmp_path / "large.pdf").write_bytes(b"x" * (LIMITS.file_bytes + 1))
    (tmp_path / "link.pdf").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "broken.zip").write_bytes(b"PK")
    kinds = {name: each.problem.kind for name, each in found(tmp_path, tmp_path / "home").items()}
    assert kinds == {
        "broken.zip": FILE_DAMAGED,
        "empty.pdf": FILE_EMPTY,
        "large.pdf": FILE_TOO_LARGE,
        "link.pdf": FILE_UNREADABLE,
        "pipe.pdf": FILE_UNREADABLE,
    }


def link():
    entry = zipfile.ZipInfo("link.pdf")
    entry.external_attr = 0o120777 << 16
    return entry


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("../../etc/cron.d/x.pdf", b"x", ARCHIVE_UNSAFE),
        ("/etc/x.pdf", b"x", ARCHIVE_UNSAFE),
        ("C:\\x.pdf", b"x", ARCHIVE_UNSAFE),
        ("a\x1b[2J.pdf", b"x", ARCHIVE_UNSAFE),
        (link(), b"/etc/passwd", ARCHIVE_UNSAFE),
        ("bomb.pdf", b"\0" * 3_000_000, ARCHIVE_UNSAFE),
        ("large.pdf", os.urandom(1000) * 5000, FILE_TOO_LARGE),
        ("inner.zip", b"PK", ARCHIVE_UNSAFE),
        ("empty.pdf", b"", FILE_EMPTY),
    ],
    ids=["out of the folder", "absolute", "drive", "control character", "link", "bomb", "large", "nested", "empty"],
)
def test_an_entry_that_means_harm_is_refused_and_the_others_are_taken(name, data, kind, tmp_path):
    archive(tmp_path / "q.zip", [(name, data), ("good.pdf", b"good")])
    every = found(tmp_path / "q.zip", tmp_path / "home")
    [bad] = [each for each in every.values() if isinstance(each, Unfit)]
    assert bad.problem.kind is kind
    assert digest(every["q.zip!good.pdf"]) == sha256(b"good").hexdigest()


def test_two_entries_of_one_name_are_not_chosen_between(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive(tmp_path / "q.zip", [("a.pdf", b"1"), ("a.pdf", b"2")])
    every = list(holdings(tmp_path / "q.zip", tmp_path / "home", LIMITS))
    assert {each.problem.kind for each in every} == {ARCHIVE_UNSAFE}


def test_an_entry_that_lies_about_its_size_gives_no_more_than_it_said(tmp_path):
    data = bytearray(archive(tmp_path / "q.zip", [("a.pdf", b"x" * 5000)]).read_bytes())
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = (100).to_bytes(4, "little")
    (tmp_path / "q.zip").write_bytes(data)
    [entry] = found(tmp_path / "q.zip", tmp_path / "home").values()
    with pytest.raises(ProblemError) as refusal:
        take_out(entry, tmp_path / "out")
    assert refusal.value.kind is FILE_DAMAGED
    assert (tmp_path / "out").stat().st_size <= 100


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(b"longer than before")])
def test_a_scan_that_changed_after_it_was_found_is_noticed(change, tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"as planned")
    [scan] = found(tmp_path, tmp_path / "home").values()
    change(tmp_path / "a.pdf")
    with pytest.raises(ProblemError) as refusal:
        digest(scan)
    assert refusal.value.kind is SCAN_CHANGED


def test_no_archive_makes_the_search_fail(tmp_path):
    whole = io.BytesIO()
    archive(whole, [("a.pdf", b"a" * 200), ("b.pdf", b"b")])
    for at in range(0, len(whole.getvalue()), 3):
        damaged = bytearray(whole.getvalue())
        damaged[at] ^= 0xFF
        (tmp_path / "q.zip").write_bytes(damaged)
        for each in holdings(tmp_path / "q.zip", tmp_path / "home", LIMITS):
            if not isinstance(each, Unfit):
                try:
                    digest(each)
                except ProblemError:
                    continue
