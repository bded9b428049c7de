"""Decisions on allowances: amounts, words, percents and the rows of the table fit each other and what is printed."""

import datetime as dt
import re
from functools import cache
from random import Random

import pytest

from samples import make, merit_allowance_decision
from samples.blocks import Frame, Look, Word
from samples.merit_allowance_decision import HEADS, LAYOUTS
from samples.papers import Wishes
from samples.tables import Table
from samples.wording import amount, amount_in_words

KIND = "merit_allowance_decision"
SEEDS = range(3)


@cache
def truth_of(layout, seed):
    return make.paper(KIND, layout, "clean", seed, dpi=72, mode="grey").truth


@pytest.mark.parametrize(
    ("dong", "words"),
    [
        (2_055_000, "Hai triệu không trăm năm mươi lăm nghìn đồng"),
        (4_805_000, "Bốn triệu tám trăm linh năm nghìn đồng"),
        (12_000_000, "Mười hai triệu đồng"),
        (524_021_010, "Năm trăm hai mươi tư triệu không trăm hai mươi mốt nghìn không trăm mười đồng"),
        (900, "Chín trăm đồng"),
    ],
)
def test_amounts_in_words(dong, words):
    assert amount_in_words(dong) == words


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "form_53"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_amount_stands_in_digits_and_in_words(layout, seed):
    truth = truth_of(layout, seed)
    dong = truth["fields"]["allowance_amount"]
    assert f"{amount(dong)} đồng" in truth["text"]
    assert amount_in_words(dong) in truth["text"]
    assert "rows" not in truth


@pytest.mark.parametrize("seed", SEEDS)
def test_the_table_has_a_row_for_everybody_and_the_fields_are_those_of_the_first(seed):
    truth = truth_of("form_53", seed)
    rows, fields = truth["rows"], truth["fields"]
    assert {name: value for name, value in rows[0].items() if name != "relation"}.items() <= fields.items()
    for number, row in enumerate(rows, 1):
        start = dt.date.fromisoformat(row["effective_date"])
        parts = [
            f"{number}", row["full_name"], row["birth_year"], row["relation"], amount(row["allowance_amount"]),
            f"{start:%d/%m/%Y}",
        ]  # fmt: skip
        assert re.search(r"\s.*?".join(map(re.escape, parts)), truth["text"], re.DOTALL)


def test_there_are_tables_of_one_and_of_many():
    counts = {len(LAYOUTS["form_53"](Random(seed), Wishes()).besides["rows"]) for seed in range(12)}
    assert max(counts) >= 4
    assert len(counts) >= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_form_59_adds_its_parts_up_and_begins_with_a_month(seed):
    truth = truth_of("form_59", seed)
    parts = re.findall(r"^- .*: ([\d.]+) đồng$", truth["text"], re.MULTILINE)
    assert sum(int(part.replace(".", "")) for part in parts) == truth["fields"]["allowance_amount"]
    assert re.fullmatch(r"\d{4}-\d\d", truth["fields"]["effective_date"])


@pytest.mark.parametrize(
    ("date", "issuer"), [("2025-02-28", "Sở Lao động - Thương binh và Xã hội"), ("2025-03-01", "Sở Nội vụ")]
)
def test_home_affairs_decide_since_march_2025(date, issuer):
    assert merit_allowance_decision.department(dt.date.fromisoformat(date)).name == issuer


def test_cells_are_framed_side_by_side_and_hold_their_words():
    table = Table(HEADS, (("1", "Lô Văn Mòn", "1950", "Cha đẻ", "1.000.000", "", "1.000.000", "01/07/2024"),))
    head, row, _ = table.laid(50.0, 450.0, Look())
    frames = [mark for mark in row.marks if isinstance(mark, Frame)]
    assert [frame.x + frame.width for frame in frames[:-1]] == pytest.approx([frame.x for frame in frames[1:]])
    assert frames[-1].x + frames[-1].width == pytest.approx(500.0)
    words = [mark for mark in head.marks + row.marks if isinstance(mark, Word)]
    assert all(0 < word.y < head.height + row.height for word in words)
    assert "Mức trợ cấp (đồng)" in [line.text for line in head.lines]


def test_one_layout_is_held_out():
    assert set(LAYOUTS) > merit_allowance_decision.HELD_OUT
