"""Two people who say the same are believed, a third one settles what they differ about, and nobody counts twice."""

from datetime import timedelta

import pytest

from schemas.review import Decision, FieldDecision
from schemas.snippet import Keying, agreeing, may_key, this_round
from tests.storage.examples import NOON

RECORD = "0" * 32


def keyed(who, value, version=1, field="sex"):
    return Keying(record_id=RECORD, version=version, field=field, who=f"web:{who}", at=NOON, value=value)


@pytest.mark.parametrize(
    ("said", "agree", "next_may"),
    [
        ([], None, True),
        ([("binh", "An")], None, True),
        ([("binh", "An"), ("chi", "AN")], ("binh", "chi"), False),
        ([("binh", "An"), ("chi", "Ân")], None, True),
        ([("binh", "An"), ("chi", "Ân"), ("dung", "Ân")], ("chi", "dung"), False),
        ([("binh", "An"), ("chi", "Ân"), ("dung", "Ấn")], None, False),
        ([("binh", None), ("chi", None)], ("binh", "chi"), False),
        ([("binh", None), ("chi", "An")], None, True),
    ],
)
def test_two_who_agree_or_a_third(said, agree, next_may):
    keyings = [keyed(*each) for each in said]
    pair = agreeing(keyings)
    assert agree == (pair and tuple(each.who.partition(":")[2] for each in pair))
    assert may_key(keyings, "web:em") is next_may
    assert not any(may_key(keyings, f"cli:{who.upper()}") for who, _ in said), "one person, whatever the door"


def test_an_answer_counts_until_the_field_is_decided_about_and_the_first_of_each_person():
    said = FieldDecision(field="sex", act="confirm", before="nam", after="nam")
    decided = Decision(record_id=RECORD, version=2, who="web:em", at=NOON + timedelta(1), fields=(said,))
    first, again = keyed("binh", "nam", 3), keyed("binh", "nữ", 4)
    keyings = [keyed("binh", "nữ", 1), keyed("chi", "nữ", 2), first, again, keyed("dung", "x", 3, field="number")]
    assert this_round(keyings, (decided,), "sex") == (first,)
    assert this_round(keyings, (), "number") == (keyings[-1],)
