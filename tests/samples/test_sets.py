"""The two splits: what is measured with was never tuned on."""

import json

from samples import make, sets
from samples.lots import lot

WORDS = tuple(f"word{number}" for number in range(10))


def test_the_halves_of_the_stock_have_nothing_in_common():
    tuning, held_out = ({lot(str(seed), half).choice(WORDS) for seed in range(200)} for half in ("tuning", "held-out"))
    assert not tuning & held_out
    assert tuning | held_out == set(WORDS)


def test_short_lists_are_for_both_halves():
    assert {lot(str(seed), "tuning").choice(("nam", "nữ")) for seed in range(40)} == {"nam", "nữ"}


def test_the_lot_of_no_half_is_the_usual_one():
    assert type(lot("1")) is not type(lot("1", "tuning"))
    assert lot("birth").random() == lot("birth", "tuning").random()


def test_layouts_that_are_held_out_are_in_the_held_out_split_alone():
    tuning, held_out = set(sets.layouts("tuning")), set(sets.layouts("held-out"))
    assert tuning < held_out
    assert held_out == {(kind, layout) for kind, known in make.KINDS.items() for layout in known}


def test_the_splits_share_no_seed_and_no_font():
    seeds = [{order.seed for order in sets.orders(half, 3)} for half in ("tuning", "held-out")]
    assert not seeds[0] & seeds[1]
    assert not set(sets.FAMILIES["tuning"]) & set(sets.FAMILIES["held-out"])


def test_every_layout_comes_at_every_level_equally_often():
    wanted = [(order.kind, order.layout, order.level) for order in sets.orders("held-out", 2)]
    assert all(wanted.count(one) == 2 for one in wanted)


def test_a_set_is_written_with_its_truth(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sets, "layouts", lambda _half: iter([("birth_certificate", "extract")]))
    sets.main(["tuning", "--out", str(tmp_path), "--levels", "clean", "office"])
    assert "2 scans" in capsys.readouterr().out
    truths = [json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.glob("*.truth.json")]
    assert {truth["level"] for truth in truths} == {"clean", "office"}
    assert all((tmp_path / truth["file"]).exists() for truth in truths)
    assert {truth["font"] for truth in truths} <= set(sets.FAMILIES["tuning"])
