"""Vietnamese letters without their marks, so that damaged print can be compared with what should stand there."""

import unicodedata
from functools import cache, lru_cache
from typing import Final

TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")
"""Huyền, sắc, ngã, hỏi, nặng, as combining marks."""


@cache
def _folded(letter: str) -> str:
    if letter in "đĐ":
        return "d"
    plain = unicodedata.normalize("NFD", letter)[0].lower()
    return plain if len(plain) == 1 else letter


def fold(text: str) -> str:
    """Return *text* in small letters without any marks; every character keeps its place."""
    return "".join(_folded(letter) for letter in text)


@lru_cache(maxsize=4096)  # lines of a page are compared with every title, mark and label
def letters(text: str) -> str:
    """Return the folded letters and digits of *text* and nothing else: `Họ, chữ đệm, tên:` gives `hochudemten`."""
    return "".join(letter for letter in fold(text) if letter.isalnum())


def without_tone(text: str) -> tuple[str, set[str]]:
    """Return *text* without its tone marks (ă, â, ê, ô, ơ, ư and đ stay), and the tone marks that it had."""
    parts = unicodedata.normalize("NFD", text)
    bare = "".join(part for part in parts if part not in TONES)
    return unicodedata.normalize("NFC", bare), set(parts) & TONES
