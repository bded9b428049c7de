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
from schemas.page import Box, Word

_DELEGATION: Final = re.compile(r"^\W*(tm|kt|tl|tuq|t/l|t/m|k/t)\b|\b(tm|kt|tl|tuq)\.", re.IGNORECASE)
_FOR_THE_HEAD: Final = re.compile(r"^\W*kt\b|\bkt\.|\bk/t\b")
_LONG_POST: Final = 7
"""Posts of so many letters are known with one of them misread."""
_SIGNS: Final = ("nguoiky", "tmuyban", "tmubnd", "nguoithuchien")
_BLOCK: Final = 0.2
"""Posts that are signed together stand within this share of the page: `TL.`, `KT.`, the post itself, a second one."""
_BESIDE: Final = 0.16
_OFF_CENTRE: Final = 0.5
"""Post and name have one middle; if not, a word of one of them was lost under the stamp."""
_NAME_WORDS: Final = range(2, 8)
_HALF_A_POST: Final = 9.0
"""Half the width of the longest posts, in heights of the name's letters."""
_POSTS_HIDDEN: Final = 3
"""Lines under a stamp: on whose behalf, `KT.`, the post."""
_LINE_OF_POSTS: Final = 1.8
"""Distance of these lines, in heights of the name's letters."""
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
    one of the two, its box is what it would be if they had one middle, so that a second reading looks there; where it
    hides all posts, their box is where they must be.
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
            posts = [rest] if rest is not None else []
        if posts or name is not None:
            return _signature(name, posts, start=start)
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


def _signature(name: "_Name | None", posts: Sequence[_Post], *, start: float | None) -> dict[LetterPart, Part]:
    """Return the parts. Of which of the two a stamp may have hidden the beginning, that one is widened.

    Args:
        name: of who signed.
        posts: from the highest to the signer's own.
        start: how far down the list of recipients begins, which begins beside the posts.
    """
    pieces = [post.piece for post in posts]
    title, alone = _own_post(pieces)
    parts: dict[LetterPart, Part] = {}
    if title is None:
        if name is not None:
            parts["signer_name"] = Part(_passage(name.words.words, name.line), name.checks)
        if name is not None and start is not None and not posts:
            parts["signer_title"] = Part(_lost_title(name.line, start))
        return parts
    deputy = _deputy(title, pieces)
    if name is None:
        return {"signer_title": Part(_passage(title.words, title), (*deputy, *alone))}
    off = abs(centre(name.line) - centre(title)) / title.height
    centred = Check(name="centred", passed=off <= _OFF_CENTRE, detail=f"{off:.1f} letter heights apart")
    rest = not all(check.passed for check in deputy) or not _is_whole_post(title)
    whole = len(name.words.words) > _NAME_WORDS.start
    named = name.words.words if rest and whole else _widened(name.words, title)
    words = _widened(title, name.line) if rest else title.words
    parts["signer_name"] = Part(_passage(named, name.line), (*name.checks, centred))
    parts["signer_title"] = Part(_passage(words, title), (*deputy, *alone, centred))
    return parts


def _passage(words: tuple[Word, ...], line: Row) -> Passage:
    return Passage(words, line.page)


def _lost_title(name: Row, start: float) -> Passage:
    """Return where the posts must stand of which nothing was read: above the name, level with the recipients."""
    height, half = round(name.height), round(_HALF_A_POST * name.height)
    left = max(0, round(centre(name)) - half)
    tops = (round(start - height / 2 + number * _LINE_OF_POSTS * height) for number in range(_POSTS_HIDDEN))
    lines = enumerate(tops, start=-_POSTS_HIDDEN)  # no line of the page has such a number
    return Passage(tuple(Word("", 0.0, Box(left, top, 2 * half, height), line) for line, top in lines), name.page)


def _is_whole_post(title: Row) -> bool:
    """Return whether a post begins as one of the usual ones; what is left of one under a stamp does not."""
    said = letters(title.text)
    return any(said.startswith(letters(post)) for post in POSTS) or not any(letters(p).endswith(said) for p in POSTS)


def _widened(rest: Row, whole: Row) -> tuple[Word, ...]:
    """Return words of which the first reaches so far to the left that they have one middle with another line."""
    first, left = rest.words[0], round(2 * centre(whole) - rest.right)
    if left > first.box.x - _OFF_CENTRE * rest.height:
        return rest.words
    return (first._replace(box=first.box._replace(x=left, w=first.box.right - left)), *rest.words[1:])


def _deputy(title: Row, posts: Sequence[Row]) -> tuple[Check, ...]:
    """Return the check that who signs for the head (`KT.`) is a deputy: a stamp often hides the `PHÓ`."""
    if not any(_FOR_THE_HEAD.search(fold(post.text)) for post in posts):
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

    @property
    def checks(self) -> tuple[Check, ...]:
        """What its line says about it."""
        return (Check(name="untouched", passed=self.whole),)


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


def _own_post(posts: Sequence[Row]) -> tuple[Row | None, tuple[Check, ...]]:
    """Return the signer's own post: the one after `TM.`, `KT.`, `TL.` or the form's `NGƯỜI KÝ`.

    Who heads a committee may have the post that he holds elsewhere below it: `TRƯỞNG BAN` / `CHỦ TỊCH UBND TỈNH`.
    Another one below it may also mean that a `KT.` was not read: then a person looks.
    """
    last = max((index for index, post in enumerate(posts) if _is_delegation(post)), default=-1)
    own = [Row(post.page, tuple(filter(is_capitals, post.words))) for post in posts[last + 1 :]]
    if not own:
        return None, ()
    first, *others = own
    said = letters(first.text)
    deputy = next((post for post in others if letters(post.text).startswith("pho" + said)), None)
    alone = Check(name="one_post", passed=not others, detail=" / ".join(post.text for post in own))
    return deputy or first, (alone,)


def _is_delegation(post: Row) -> bool:
    return bool(_DELEGATION.search(fold(post.text))) or letters(post.text).startswith(_SIGNS)


def usual_end(text: str) -> str | None:
    """Return the longest of the usual posts that *text* ends in: other lines or a seal's letters stand before it."""
    said = letters(text)
    return max((post.upper() for post in POSTS if said.endswith(letters(post))), key=len, default=None)


def known_post(text: str) -> str | None:
    """Return the post of the usual ones that *text* is, marks aside; None if it is another one."""
    said = letters(text)
    return next((post.upper() for post in POSTS if letters(post) == said), None)
