"""Dates and numbers as Vietnamese papers write them."""

import datetime as dt
from random import Random

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


def below_hundred(number: int) -> str:
    """Return 1 to 99 in words: mười lăm, hai mươi mốt, hai mươi tư."""
    tens, units = divmod(number, 10)
    if tens == 0:
        return DIGITS[units]
    head = "mười" if tens == 1 else f"{DIGITS[tens]} mươi"
    special = {0: "", 1: " mốt" if tens > 1 else " một", 4: " tư" if tens > 1 else " bốn", 5: " lăm"}
    return head + special.get(units, f" {DIGITS[units]}")


def year_in_words(year: int) -> str:
    """Return a year of four digits in words: hai nghìn không trăm linh chín."""
    thousands, rest = divmod(year, 1000)
    hundreds, low = divmod(rest, 100)
    words = f"{DIGITS[thousands]} nghìn"
    if rest:
        words += f" {DIGITS[hundreds]} trăm"
    if low:
        words += f" linh {DIGITS[low]}" if low < 10 else f" {below_hundred(low)}"
    return words


def date_in_words(date: dt.date) -> str:
    """Return the second reading that civil-status papers give of a date."""
    month = "tư" if date.month == 4 else below_hundred(date.month)
    return f"Ngày {below_hundred(date.day)}, tháng {month}, năm {year_in_words(date.year)}"


def long_date(date: dt.date) -> str:
    """Return `ngày 02 tháng 4 năm 2023`: days always, months below three, have a leading zero (NĐ 30/2020)."""
    month = f"{date.month:02d}" if date.month < 3 else str(date.month)
    return f"ngày {date.day:02d} tháng {month} năm {date.year}"


def short_date(date: dt.date) -> str:
    """Return `02/04/2023`."""
    return f"{date:%d/%m/%Y}"


def dotted_date(date: dt.date) -> str:
    """Return `02.04.2023`."""
    return f"{date:%d.%m.%Y}"


def dashed_date(date: dt.date) -> str:
    """Return `02-04-2023`."""
    return f"{date:%d-%m-%Y}"


def bare_date(date: dt.date) -> str:
    """Return `2/4/2023`, as it is typed in haste."""
    return f"{date.day}/{date.month}/{date.year}"


def worded_date(date: dt.date) -> str:
    """Return `02 tháng 04 năm 2023`, as it fills a form that prints the first `ngày` itself."""
    return f"{date:%d} tháng {date:%m} năm {date.year}"


WAYS_TO_DATE = (short_date, short_date, long_date, dotted_date, dashed_date, bare_date, worded_date)


def written_date(rng: Random, date: dt.date) -> str:
    """Return a date in one of the ways in which clerks write it, the usual ones more often."""
    return rng.choice(WAYS_TO_DATE)(date)


def document_number(number: int) -> str:
    """Return the number of a paper: below ten it gets a leading zero."""
    return f"{number:02d}"


def month_of(date: dt.date) -> str:
    """Return `tháng 4 năm 2023`, for what begins with a month."""
    return f"tháng {date.month:02d} năm {date.year}" if date.month < 3 else f"tháng {date.month} năm {date.year}"


def amount(dong: int) -> str:
    """Return an amount in digits: `2.055.000`."""
    return f"{dong:,}".replace(",", ".")


def amount_in_words(dong: int) -> str:
    """Return an amount below a milliard in words: `Hai triệu không trăm năm mươi lăm nghìn đồng`."""
    groups = ((dong // 1_000_000, "triệu"), (dong // 1000 % 1000, "nghìn"), (dong % 1000, ""))
    words: list[str] = []
    for number, unit in groups:
        if number:
            words += [_below_thousand(number, whole=bool(words)), unit]
    text = " ".join(word for word in (*words, "đồng") if word)
    return text[:1].upper() + text[1:]


def _below_thousand(number: int, *, whole: bool) -> str:
    """Return 1 to 999 in words; *whole*: something stands before it, so that the hundreds are named even if none."""
    hundreds, rest = divmod(number, 100)
    head = f"{DIGITS[hundreds]} trăm" if hundreds or whole else ""
    if not rest:
        return head
    low = f"linh {DIGITS[rest]}" if head and rest < 10 else below_hundred(rest)
    return f"{head} {low}".strip()
