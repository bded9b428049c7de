"""The corpus of signed PDFs: what is said of each file is one word, and a disagreement has to be explained."""

import tarfile

from benchmarks.signed_corpus import Listed, _listed, _pdfs, _row, _tally
from schemas.digest import sha256_hex
from tests.pipeline.seal.conftest import authority, signed

__all__ = ["authority", "signed"]


def listed(pdf, expected, why=""):
    return Listed(sha256_hex(pdf), "a package", "a/file.pdf", expected, "what its test says", why)


def test_we_pdfsig_and_the_makers_are_compared(signed):
    place = len(signed.unsigned.pdf) // 2
    changed = signed.pdf[:place] + bytes([signed.pdf[place] ^ 1]) + signed.pdf[place + 1 :]
    rows = [
        _row(listed(signed.pdf, "intact"), signed.pdf),
        _row(listed(changed, "broken"), changed),
        _row(listed(changed, "intact"), changed),
        _row(listed(b"", "signed", "it is no PDF"), b""),
        _row(listed(signed.unsigned.pdf, "signed"), signed.unsigned.pdf),
    ]
    assert [(row.pdfsig, row.ours) for row in rows] == [
        ("intact", "intact"), ("broken", "broken"), ("broken", "broken"), ("unsigned", "refused"), ("unsigned", "unsigned"),
    ]  # fmt: skip
    assert [row.disagrees for row in rows] == [False, False, True, True, True]
    assert _tally(rows, 9).startswith("5 of 9 files were there. We agree with the makers of 2 of the 3 of which ")
    assert "2 disagreements are not explained" in _tally(rows, 9)


def test_each_listed_file_is_known_by_one_hash_and_says_where_it_comes_from():
    known = list(_listed())
    assert len({each.sha256 for each in known}) == len(known) == 31
    assert {each.expected for each in known} == {"intact", "broken", "signed"}
    assert all(each.package and each.path.endswith(".pdf") and each.says for each in known)


def test_pdfs_are_found_in_folders_and_in_archives(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.pdf").write_bytes(b"one")
    with tarfile.open(tmp_path / "package.tar.xz", "w:xz") as archive:
        archive.add(tmp_path / "a" / "one.pdf", "package/two.pdf")
    assert list(_pdfs(tmp_path)) == [b"one", b"one"]
