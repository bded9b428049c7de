"""Who signed and as what: the block at the end on the right (NĐ 30/2020/NĐ-CP annex I), on letters and on forms."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

from pipeline.understand.folding import fold, letters
from pipeline.understand.lines import Passage, Row
from pipeline.understand.sheet import Part, Sheet, centre, is_capitals, is_title, right_pieces
from pipeline.understand.syllables import is_syllable
from pipeline.understand.vocabulary import POSTS
from schemas.document_type import LetterPart
from schemas.field import Check
from schemas.page import Word

_DELEGATION: Final = re.compile(r"^\W*(tm|kt|tl|tuq|t/l|t/m|k/t)\b", re.IGNORECASE)
_LONG_POST: Final = 7
"""Posts of so many letters are known with one of them misread."""
_SIGNS: Final = ("nguoiky", "tmuyban", "tmubnd", "nguoithuchien")
_BLOCK: Final = 0.2
"""Posts that are signed together stand within this share of the page: `TL.`, `KT.`, the post itself, a second one."""
_BESIDE: Final = 0.16
_OFF_CENTRE: Final = 0.5
"""Post and name have one middle; if not, a word of one of them was lost under the stamp."""
_NAME_WORDS: Final = range(2, 8)
_REST: Final = 3
"""Letters of a post that are more than a speck."""
_RANK: Final = re.compile(r"^(thuong|dai|trung|thieu|ta|tuong|uy|ths|ts|pgs|gs|bs|ks)[.:]?$")
_SIGNATURE_ROOM: Final = 0.32
"""From the signer's post down to the name is at most this share of the page: stamp and signature stand between."""


class _Post(NamedTuple):
    row: Row
    """The whole row, across the page."""
    piece: Row
    """The post in it."""


def find_signature(sheets: Sequence[Sheet]) -> dict[LetterPart, Part]:
    """Return who signed and as what: the posts at the end on the right, and the lowest name below them.

    A stamp may hide the posts; the name is then the lowest one beside the list of recipients. Where it hides a part of
    one of the two, its box is what it would be if they had one middle, so that a second reading looks there.
    """
    for sheet in reversed(sheets):
        posts = [_Post(row, piece) for row in sheet.rows for piece in right_pieces(row, sheet) if _is_post(piece)]
        start = next((row.middle for row in sheet.rows if letters(row.text).startswith("noinhan")), None)
        if posts:
            posts = [post for post in posts if posts[-1].row.middle - post.row.middle < _BLOCK * sheet.height]
            name = _name_below(sheet, posts[0].row.middle, posts)
        else:
            name = _name_below(sheet, start, []) if start is not None else None
            rest = _rest_of_post(sheet, start, name) if start is not None and name is not None else None
            if name is not None and rest is not None:
                return _signature(name, [rest], hidden=rest.piece)
        if posts or name is not None:
            return _signature(name, posts, hidden=name.words if name is not None else None)
    return {}


def _name_below(sheet: Sheet, start: float, posts: Sequence[_Post]) -> "_Name | None":
    """Return the lowest name below the posts; where there is none, the lowest word that may be the rest of one."""
    for shortest in (_NAME_WORDS.start, 1) if posts else (_NAME_WORDS.start,):
        for row in reversed(sheet.rows):
            if row.middle < start + 0.5 * row.height:
                break
            for piece in reversed(right_pieces(row, sheet)):
                name = _name_in(piece, shortest)
                if name is not None and (not posts or any(_stands_above(post, row, name, sheet) for post in posts)):
                    return name
    return None


def _rest_of_post(sheet: Sheet, start: float, name: "_Name") -> _Post | None:
    """Return what a stamp left of a post, such as `TỊCH`: between the list of recipients and the name."""
    for row in sheet.rows:
        if not start - row.height < row.middle < name.line.middle:
            continue
        for piece in right_pieces(row, sheet):
            said = letters(piece.text)
            if len(said) >= _REST and is_title(piece) and any(letters(post).endswith(said) for post in POSTS):
                return _Post(row, piece)
    return None


def _signature(name: "_Name | None", posts: Sequence[_Post], *, hidden: Row | None) -> dict[LetterPart, Part]:
    """Return the parts; *hidden* is the one of the two of which a stamp may have hidden the beginning."""
    title = _own_post([post.piece for post in posts])
    centred: tuple[Check, ...] = ()
    if name is not None and title is not None:
        off = abs(centre(name.line) - centre(title)) / title.height
        centred = (Check(name="centred", passed=off <= _OFF_CENTRE, detail=f"{off:.1f} letter heights apart"),)
    parts: dict[LetterPart, Part] = {}
    if name is not None:
        whole = Check(name="whole", passed=name.whole and len(name.words.words) > _NAME_WORDS.start)
        words = _widened(name.words, title) if title is not None and hidden == name.words else name.words.words
        parts["signer_name"] = Part(Passage(words, name.words.page), (whole, *centred))
    if title is not None:
        deputy = _deputy(title, [post.piece for post in posts])
        words = _widened(title, name.line) if name is not None and hidden != name.words else title.words
        parts["signer_title"] = Part(Passage(words, title.page), (*deputy, *centred))
    return parts


def _widened(rest: Row, whole: Row) -> tuple[Word, ...]:
    """Return words of which the first reaches so far to the left that they have one middle with another line."""
    first, left = rest.words[0], round(2 * centre(whole) - rest.right)
    if left > first.box.x - _OFF_CENTRE * rest.height:
        return rest.words
    return (first._replace(box=first.box._replace(x=left, w=first.box.right - left)), *rest.words[1:])


def _deputy(title: Row, posts: Sequence[Row]) -> tuple[Check, ...]:
    """Return the check that who signs for the head (`KT.`) is a deputy: a stamp often hides the `PHÓ`."""
    if not any(letters(post.text).startswith("kt") for post in posts):
        return ()
    return (Check(name="deputy", passed=letters(title.text).startswith(("pho", "thutruong"))),)


def _is_post(piece: Row) -> bool:
    """Return whether capitals say on whose behalf or in which post somebody signs."""
    capitals = [word for word in piece.words if is_capitals(word)]
    said = letters(" ".join(word.text for word in capitals))
    if not said or len(capitals) * 2 < len(piece.words):
        return False
    return said.startswith(_SIGNS) or any(_contains(said, letters(post)) for post in POSTS)


def _contains(said: str, wanted: str) -> bool:
    if wanted in said:
        return True
    size = len(wanted)
    return size >= _LONG_POST and any(
        Levenshtein.distance(said[at : at + size], wanted, score_cutoff=1) <= 1
        for at in range(max(1, len(said) - size + 1))
    )


class _Name(NamedTuple):
    words: Row
    line: Row
    """The words with what else stands in the line: a rank before the name is centred with it."""
    whole: bool
    """Whether nothing else touches it: a stroke through the first letter makes `guyễn` of a family name.

    A name of two words may have lost its first one; those few that have only two wait for a person.
    """


def _name_in(piece: Row, shortest: int) -> _Name | None:
    """Return the longest run of words that look like a person's name: up to seven, each with a capital."""
    runs: list[list[Word]] = [[]]
    for word in piece.words:
        if _is_name_word(word):
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    best = max(runs, key=len)
    if not shortest <= len(best) < _NAME_WORDS.stop or all(is_capitals(word) for word in best):
        return None
    plausible = sum(is_syllable(word.text.strip(".,;:")) for word in best)
    others = [word for word in piece.words if word not in best and not _RANK.match(fold(word.text))]
    return _Name(Row(piece.page, tuple(best)), piece, not others) if plausible * 2 >= len(best) else None


def _is_name_word(word: Word) -> bool:
    plain = word.text.strip(".,;:\"'“”>")
    return plain.isalpha() and plain[0].isupper() and (len(plain) == 1 or not plain.isupper())


def _stands_above(post: _Post, row: Row, name: _Name, sheet: Sheet) -> bool:
    if not 0.5 * row.height < row.middle - post.row.middle < _SIGNATURE_ROOM * sheet.height:
        return False
    return abs(centre(name.words) - centre(post.piece)) < _BESIDE * sheet.width


def _own_post(posts: Sequence[Row]) -> Row | None:
    """Return the signer's own post: the last line that is not `TM.`, `KT.`, `TL.` or the form's `NGƯỜI KÝ`."""
    own = [
        post for post in posts if not _DELEGATION.match(fold(post.text)) and not letters(post.text).startswith(_SIGNS)
    ]
    return Row(own[-1].page, tuple(word for word in own[-1].words if is_capitals(word))) if own else None


def known_post(text: str) -> str | None:
    """Return the post of the usual ones that *text* is, marks aside; None if it is another one."""
    said = letters(text)
    return next((post.upper() for post in POSTS if letters(post) == said), None)
