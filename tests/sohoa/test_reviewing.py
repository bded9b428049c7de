"""How fast a person works is told without their breaks, and what they write of pages is understood."""

from datetime import timedelta

import pytest

from schemas.problem import ProblemError
from sohoa.reviewing import LEASE, parse_papers, seconds_a_field
from storage.review_queue import Decided
from tests.storage.examples import NOON


def at(seconds, fields):
    return Decided(NOON + timedelta(seconds=seconds), fields)


@pytest.mark.parametrize(
    ("done", "seconds"),
    [
        ([], None),
        ([at(0, 5)], None),
        ([at(0, 5), at(20, 4)], 5),
        ([at(0, 5), at(20, 4), at(30, 1)], 6),
        ([at(0, 5), at(20, 4), at(21 + LEASE.total_seconds(), 9)], 5),
        ([at(0, 5), at(20, 0)], None),
    ],
)
def test_a_break_is_no_work(done, seconds):
    assert seconds_a_field(done) == seconds


@pytest.mark.parametrize(
    ("said", "papers"),
    [("1-2; 3", ((1, 2), (3,))), ("3, 1;2", ((3, 1), (2,))), ("7", ((7,),)), (" 1 - 3 , 5 ", ((1, 2, 3, 5),))],
)
def test_pages_of_papers_are_written_as_people_write_them(said, papers):
    assert parse_papers(said) == papers


@pytest.mark.parametrize("said", ["", ";", "1;", "1--2", "a", "1" * 5, "-1", "1," * 1500 + "1"])
def test_what_names_no_pages_is_refused(said):
    with pytest.raises(ProblemError):
        parse_papers(said)
