"""Parts of a card's QR code are known by their shape: their order is not published and has changed."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.understand.qr import card_facts

FACTS = {
    "personal_id": "040095001234",
    "full_name": "Nguyễn Văn An",
    "date_of_birth": "1995-01-15",
    "sex": "nam",
    "place_of_residence": "Khối 5, Hưng Bình, Vinh, Nghệ An",
    "issue_date": "2021-05-10",
}
CARD = "040095001234|186000111|Nguyễn Văn An|15011995|Nam|Khối 5, Hưng Bình, Vinh, Nghệ An|10052021"


@pytest.mark.parametrize(
    "code",
    [
        CARD,
        CARD.replace("186000111", ""),
        CARD.replace("186000111|", ""),
        CARD + "|||",
        CARD + "||Nguyễn Văn Bình|Lê Thị Cúc|",
        CARD.replace("186000111|", "") + "|186000111|040095009999|Nguyễn Văn Bình|Lê Thị Cúc",
        CARD.replace("Nguyễn Văn An", "NGUYỄN VĂN AN").replace("Nam", "NAM"),
    ],
    ids=["2021", "no old number", "six parts", "2024", "with parents", "with old numbers", "capitals"],
)
def test_every_known_layout_says_the_same(code):
    found = card_facts(code)
    assert {name: fact.casefold() for name, fact in found.items()} == {
        name: fact.casefold() for name, fact in FACTS.items()
    }


def test_the_order_of_the_parts_does_not_matter():
    parts = CARD.split("|")
    assert all(card_facts("|".join(order)) == FACTS for order in list(permutations(parts))[::97])


def test_one_day_alone_is_that_of_birth():
    assert "issue_date" not in card_facts(CARD.removesuffix("|10052021") + "|")


def test_an_address_that_looks_like_a_name_is_left_out_rather_than_guessed():
    assert "place_of_residence" not in card_facts(CARD.replace("Khối 5, Hưng Bình, Vinh, Nghệ An", "Bản Na"))


@pytest.mark.parametrize(
    "text",
    [
        "https://vnexpress.example/?id=040095001234",
        "H40.12-260331-0007|1.001193|040095001234|Giấy khai sinh|Hệ thống|20260331",
        CARD.replace("040095001234", "04009500123"),
        CARD.replace("15011995", "15131995").replace("10052021", "10132021"),
        "|".join(["040095001234", "Nguyễn Văn An", "15011995"] * 6),
    ],
    ids=["address on the web", "dossier", "short identifier", "no such days", "too many parts"],
)
def test_other_codes_are_no_cards(text):
    assert card_facts(text) is None


@given(st.text(max_size=300))
def test_any_text_is_a_card_or_none(text):
    card_facts(text)
    card_facts(text.replace(" ", "|"))
