"""Which row belongs to which scan."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from pipeline.inventory.match import Scan, match
from pipeline.inventory.rows import Row, key_part
from schemas.backfill import load_layout
from schemas.problem import FILE_EMPTY, FILE_UNREADABLE, ROW_WITHOUT_SCAN, ROWS_DISAGREE, SCAN_WITHOUT_ROW

LAYOUT = load_layout("civil_status_birth")
NAME = "KS.2017.01.2017-02-03.05.pdf"
KEY = tuple(map(key_part, ("5", "01/2017", "03.02.2017")))


def matched(rows, names, contents=None, layout=LAYOUT):
    contents = contents or {}
    scans = [Scan(name) if isinstance(name, str) else name for name in names]
    hashes = [sha256(contents.get(scan.name, scan.name).encode()).hexdigest() for scan in scans]
    return match(rows, scans, layout, hashes.__getitem__)


def kinds(claims):
    return [claim.problem and claim.problem.kind for claim in claims]


def test_a_scan_is_known_by_its_name_or_else_by_what_the_name_says():
    rows = [Row("t", 2, scan="quyen 1/khac.pdf"), Row("t", 3, scan="gone.pdf", key=KEY)]
    claims = matched(rows, [f"a.zip!b/{NAME}", "quyen 1/khac.pdf"])
    assert [claim.scan for claim in claims] == [1, 0]
    assert kinds(claims) == [None, None]


def test_what_has_no_partner_is_named():
    claims = matched([Row("t", 2, scan="gone.pdf")], ["left.pdf"])
    assert kinds(claims) == [ROW_WITHOUT_SCAN, SCAN_WITHOUT_ROW]


def test_without_a_table_each_scan_stands_for_itself():
    assert kinds(matched([], ["a.pdf", "b.pdf"], layout=None)) == [None, None]


def test_two_scans_for_a_row_are_not_guessed_between():
    [claim] = matched([Row("t", 2, key=KEY)], [f"1/{NAME}", f"2/{NAME}"])
    assert claim.problem.kind is ROWS_DISAGREE


def test_rows_that_say_the_same_of_a_scan_are_one():
    first, second = matched(
        [Row("t", 2, "a.pdf", fields={"number": "5"}), Row("t", 9, "a.pdf", fields={"number": "5"})], ["a.pdf"]
    )
    assert (first.sha256 is not None, second.sha256, second.same_as) == (True, None, 0)


def test_rows_that_say_different_things_of_the_same_bytes_both_wait_for_a_person():
    rows = [Row("t", 2, "a.pdf", fields={"number": "5"}), Row("t", 3, "b.pdf", fields={"number": "6"})]
    claims = matched(rows, ["a.pdf", "b.pdf"], {"a.pdf": "same", "b.pdf": "same"})
    assert kinds(claims) == [ROWS_DISAGREE, ROWS_DISAGREE]
    assert "row 3" in claims[0].problem.problem.detail


def test_a_scan_that_cannot_be_taken_is_the_problem_of_its_row():
    empty = FILE_EMPTY.error("0 bytes", file="a.pdf")
    [claim] = matched([Row("t", 2, "a.pdf")], [Scan("a.pdf", empty)])
    assert claim.problem is empty
    [claim] = match([Row("t", 2, "a.pdf")], [Scan("a.pdf")], LAYOUT, lambda _: FILE_UNREADABLE.error("no"))
    assert claim.problem.kind is FILE_UNREADABLE


NAMES = st.sampled_from(["a.pdf", "b.pdf", "x/a.pdf", "c.pdf", NAME])
ROWS = st.builds(
    Row,
    st.just("t"),
    st.integers(2, 99),
    st.none() | NAMES,
    st.none() | st.just(KEY),
    st.dictionaries(st.just("number"), st.sampled_from("56"), max_size=1),
)


@given(st.lists(ROWS, max_size=8), st.lists(NAMES, max_size=5, unique=True), st.dictionaries(NAMES, st.just("same")))
def test_every_row_has_one_fate_and_no_bytes_are_sent_twice(rows, names, contents):
    claims = matched(rows, names, contents)
    assert [claim.row for claim in claims if claim.row is not None] == rows
    for claim in claims:
        assert sum(fate is not None for fate in (claim.sha256, claim.same_as, claim.problem)) == 1
        assert claim.same_as is None or claims[claim.same_as].sha256 is not None
    sent = [claim.sha256 for claim in claims if claim.sha256 is not None]
    assert len(sent) == len(set(sent))
