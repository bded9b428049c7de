from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.understand.words import amount_in_words, date_in_words

UNITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


def below_hundred(number: int) -> str:
    tens, units = divmod(number, 10)
    if tens == 0:
        return UNITS[units]
    head = "mười" if tens == 1 else f"{UNITS[tens]} mươi"
    one, four, five = ("một", "bốn", "lăm") if tens == 1 else ("mốt", "tư", "lăm")
    return f"{head} { ({0: '', 1: one, 4: four, 5: five}.get(units, UNITS[units])) }".strip()


def below_thousand(number: int) -> str:
    hundreds, low = divmod(number, 100)
    if not low:
        return f"{UNITS[hundreds]} trăm"
    return f"{UNITS[hundreds]} trăm {'linh ' if low < 10 else ''}{below_hundred(low)}"


def year_words(year: int) -> str:
    thousands, rest = divmod(year, 1000)
    return f"{UNITS[thousands]} nghìn {below_thousand(rest)}" if rest else f"{UNITS[thousands]} nghìn"


@given(day=st.dates(date(1900, 1, 1), date(2099, 12, 31)), april=st.sampled_from(["tư", "bốn"]))
def test_every_date_in_words_is_that_date(day, april):
    month = april if day.month == 4 else below_hundred(day.month)
    text = f"Ngày {below_hundred(day.day)}, tháng {month}, năm {year_words(day.year)}"
    assert date_in_words(text) == day
    assert date_in_words(text.upper()) == day


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ngày mồng một, tháng giêng, năm một nghìn chín trăm chín mươi lăm", date(1995, 1, 1)),
        ("ngày mùng năm tháng năm năm một ngàn chín trăm năm mươi lăm", date(1955, 5, 5)),
        ("Ngày ba mươi mốt, tháng chạp, năm hai nghìn lẻ một", date(2001, 12, 31)),
        ("Ngày hai mươi tư tháng tư năm hai không một sáu", date(2016, 4, 24)),
        ("Ngày hại mươi, tháng hại, năm hai nghin không trăm mười chín", date(2019, 2, 20)),
        ("Ngày ba mươi, tháng hai, năm hai nghìn", None),
        ("Ngày, tháng, năm", None),
        ("", None),
    ],
)
def test_dates_in_the_words_of_registrars(text, expected):
    assert date_in_words(text) == expected


@given(st.integers(1, 999), st.integers(0, 999), st.integers(0, 999))
def test_every_amount_in_words_is_that_amount(millions, thousands, ones):
    words = [f"{below_thousand(millions)} triệu"]
    words += [f"{below_thousand(thousands)} nghìn"] if thousands else []
    words += [below_thousand(ones)] if ones else []
    assert amount_in_words(" ".join(words) + " đồng chẵn") == (millions * 1000 + thousands) * 1000 + ones


@given(st.text())
def test_no_text_makes_the_reader_of_words_fail(text):
    date_in_words(text)
    amount_in_words(text)
