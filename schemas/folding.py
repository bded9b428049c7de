"""Vietnamese text as people look for it: without marks, so that `hòa`, `hoà` and `HOA` are one."""

import unicodedata


def folded(text: str) -> str:
    """Return *text* in small Latin letters, digits and single spaces: no marks, no punctuation, `đ` as `d`."""
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    letters = (letter for letter in plain if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())


def holds_words(text: str, words: str) -> bool:
    """Return whether *text* holds these words, whole and one after the other."""
    return f" {folded(words)} " in f" {folded(text)} "
