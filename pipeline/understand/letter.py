"""The layout of administrative documents (NĐ 30/2020/NĐ-CP annex I; TT 01/2011/TT-BNV before): parts known by place.

Top left the agencies and the number, top right the motto, the place and the date, below them the kind and the abstract,
at the end on the right who signed and as what. Forms share these parts: a certificate is signed like a letter.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

from pipeline.understand.folding import fold, letters
from pipeline.understand.labels import find_in_row
from pipeline.understand.lines import Passage, Row, pitch
from pipeline.understand.reach import begins_piece
from pipeline.understand.sheet import Part, Sheet, centre, is_capitals, is_title, right_pieces
from pipeline.understand.signature import find_signature
from pipeline.understand.vocabulary import AGENCIES, KINDS, LETTER_KIND, LEVELS, is_level
from schemas.document_type import LetterPart
from schemas.field import Check
from schemas.page import Word

REPUBLIC: Final = letters("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
MOTTO: Final = letters("Độc lập - Tự do - Hạnh phúc")

_SUBJECT: Final = re.compile(r"^\W*(v\s*[/l|]?\s*[vy]|ve\s*viec)\b[\s:.]*")
"""`V/v` or `Về việc`; the small v is read as y."""
_NUMBER_AT: Final = re.compile(r"(?<!\bho )\bso\s*[:;.]")
"""`Số:`, not the end of `Số hồ sơ:`."""
_DAY_AT: Final = re.compile(r"[,.\s]\s*(?:hom\s+nay\s+)?ng[aà]y\W?\s*(?=\S{0,4}\s*th[ao]ng|\d)")
_ENDS_IN_YEAR: Final = re.compile(r"\bnam\s*[\w/|]{0,6}[^\w;,]?(?:\s\S{1,2})?$")
"""A date ends with its year; a speck may stand behind it."""
_TERRITORIES: Final = re.compile(r"\b(tinh|thanh pho|tp|huyen|thi xa|quan|phuong|xa|thi tran|viet nam|chinh phu)\b")
_LEVELS: Final = tuple(fold(level) for level in LEVELS)
_ROOM_BETWEEN: Final = 1.25
"""From one line of an agency to the next, in steps of the header; 0.8 to 1.1 as a rule."""
_NO_NAMES: Final = frozenset(map(fold, (*AGENCIES, "ủy ban nhân dân", "hội đồng nhân dân")))
"""What an agency begins with is not its name: whose `VĂN PHÒNG` it is stands above it."""
_BODY_STARTS: Final = ("kinhgui", "cancu", "theodenghi", "xetdenghi", "dieu1", "noinhan", "phan1", "phani")
_HEADER_SHARE: Final = 0.42
"""The header of a letter ends in the upper part of the first page."""
_END_AT: Final = 0.4
"""What stands at the end of a page stands below this part of it."""
_PLACE_WORDS: Final = 6
"""Words of the place before the date at most: `Thành phố Hồ Chí Minh`, and a speck."""
_WIDE: Final = 1.3
_ROOM_FOR_A_LINE: Final = 2.0
_ROOM_IN_HEADER: Final = 1.45
"""From the middle of an agency's last line to the top of its number, in steps of the header; 0.8 to 1.3 as a rule."""
_ALIGNED: Final = 1.5
_ONE_LINE: Final = 0.8
"""Words of one line, in large letters too, are nearer than this, in letter heights."""


class Header(NamedTuple):
    """Where the two columns at the top of the first page part, and which rows belong to them."""

    split: float
    """The pixels from which on words are in the right column."""
    top: float
    """Middle of the row with the name of the republic."""
    found: bool
    """Whether the name of the republic or the motto was read; otherwise the split is where it usually is."""
    step: float
    """From the name of the republic down to the motto; 0 if only one of them was read."""


def find_parts(sheets: Sequence[Sheet]) -> dict[LetterPart, Part]:
    """Return the parts that were found, each with its words; *sheets* are the pages with text, in order."""
    if not sheets or not sheets[0].rows:
        return {}
    first = sheets[0]
    header = find_header(first)
    passages: dict[LetterPart, Passage] = {}
    parts: dict[LetterPart, Part] = {}
    number = _find_number(first, header)
    if number is not None:
        passages["number_symbol"] = number
    dated = _place_and_date(first, header)
    issuer = _find_issuer(first, header, (number, dated.get("issue_date")))
    parts |= {"issuer_name": issuer} if issuer is not None else {}
    passages.update(dated or _place_and_date_at_the_end(sheets[-1]))
    parts |= {name: Part(passage) for name, passage in passages.items()}
    return parts | _kind_and_abstract(first, header) | find_signature(sheets)


def find_header(sheet: Sheet) -> Header:
    """Return where the header of a page is, by the name of the republic and the motto."""
    seen = []
    for row in sheet.rows:
        if row.middle > _HEADER_SHARE * sheet.height:
            break
        for start, end, label in find_in_row(row, (REPUBLIC, MOTTO), anywhere=True):
            seen.append((row.words[start].box.x, row.words[start:end], row.middle, label))
    if not seen:
        return Header(0.47 * sheet.width, 0.0, False, 0.0)
    split = min(left for left, _, _, _ in seen) - 0.4 * sheet.rows[0].height
    motto = next((middle for _, _, middle, label in seen if label == MOTTO), seen[0][2])
    return Header(split, seen[0][2], True, motto - seen[0][2])


def _upper(sheet: Sheet) -> Iterator[tuple[int, Row]]:
    for index, row in enumerate(sheet.rows):
        if row.middle < _HEADER_SHARE * sheet.height:
            yield index, row


def _find_number(sheet: Sheet, header: Header) -> Passage | None:
    """Return the words of the number and symbol: after `Số:` in the left column, or elsewhere at the top of a form."""
    below = [row for _, row in _upper(sheet) if row.middle >= header.top]
    left = (part for row in below if not _is_across(row, header) and (part := row.between(0, header.split)) is not None)
    elsewhere = (piece for row in below for piece in row.pieces() if _NUMBER_AT.match(fold(piece.text)))
    for part in (*left, *elsewhere):
        match = _NUMBER_AT.search(fold(part.text))
        if match:
            passage = Passage(part.words, part.page)
            return passage.cut(match.end(), len(passage.text))
    return None


def _find_issuer(sheet: Sheet, header: Header, ends: Iterable[Passage | None]) -> Part | None:
    """Return the lines of the agency that issued, without the agency and the places above it.

    The block begins beside the name of the republic. The last line that begins the name of an agency begins the
    issuer's, if what stands above it is a name of its own: `UBND TỈNH NGHỆ AN / SỞ NỘI VỤ`, not
    `ỦY BAN NHÂN DÂN / XÃ NGHI KIỀU`. A place below another one holds it: `XÃ NGHI KIỀU / HUYỆN NGHI LỘC`. Below it
    stands the number or, where that is written by hand and was not read, the date beside it: the first of *ends*.
    """
    end = next((passage.words[0].box.y for passage in ends if passage is not None and passage.words), None)
    below = end if end is not None else _HEADER_SHARE * sheet.height
    lines: list[Row] = []
    for _, row in _upper(sheet):
        if row.middle >= below:
            break
        left = row.between(0, header.split)
        if row.middle < header.top - 1.2 * row.height or left is None:
            continue
        words = left.words if _names_place(left) else tuple(word for word in left.words if is_capitals(word))
        if _ends_issuer(left) or (lines and row.middle - lines[-1].middle > 2 * _ROOM_FOR_A_LINE * row.height):
            break
        if _is_across(row, header):
            break
        if words:
            lines.append(Row(row.page, words))
    if not lines:
        return None
    # A line as high as another one fits between the last that was read and what stands below: it may have been lost.
    room = _ROOM_IN_HEADER * header.step or _ROOM_FOR_A_LINE * pitch(sheet.rows)
    lost = end is None or below - lines[-1].middle > room
    start = max((i for i in range(1, len(lines)) if _begins_agency(lines[i]) and _is_whole(lines[:i])), default=0)
    lines = lines[start:]
    last = next((index for index, line in enumerate(lines, start=1) if _names_place(line)), len(lines))
    unexplained = not all(_names_place(line) for line in lines[last:])
    named = tuple(word for line in lines[:last] for word in _without_dashes(line.words))
    apart = max((low.middle - high.middle for high, low in pairwise(lines[:last])), default=0.0)
    lost = lost or apart > _ROOM_BETWEEN * header.step > 0
    whole = (
        not (lost or unexplained or _names_place(lines[0]))
        and fold(" ".join(word.text for word in named)) not in _NO_NAMES
    )
    return Part(Passage(named, lines[0].page), (Check(name="whole", passed=whole),))


def _is_across(row: Row, header: Header) -> bool:
    """Return whether a row below the name of the republic is one line across both columns: the title."""
    if row.middle < header.top + row.height / 2 or find_in_row(row, (MOTTO,), anywhere=True):
        return False
    return any(piece.left < header.split < piece.right for piece in row.pieces(_ONE_LINE))


def _names_place(line: Row) -> bool:
    """Return whether a line of the issuer's block is the name of a place: `XÃ NGHI KIỀU`, on older forms `Xã …`."""
    said = fold(line.text).lstrip("- ")
    level = next((level for level in _LEVELS if said.startswith(level + " ")), None)
    return level is not None and all(
        word.text[0].isupper() or not word.text[0].isalpha() for word in line.words[len(level.split()) :]
    )


def _ends_issuer(line: Row) -> bool:
    """Return whether a line below the issuer is the number or the title."""
    return bool(_NUMBER_AT.search(fold(line.text))) or find_kind(line.text) is not None


def _without_dashes(words: Sequence[Word]) -> Sequence[Word]:
    """Return a line without the strokes that were read at its ends."""
    inner = [index for index, word in enumerate(words) if word.text != "-"]
    return words[inner[0] : inner[-1] + 1] if inner else ()


def _begins_agency(line: Row) -> bool:
    said = fold(line.text).lstrip("- ")
    return any(said.startswith(fold(name) + " ") for name in AGENCIES) or said in {fold(name) for name in AGENCIES}


def _is_whole(lines: Sequence[Row]) -> bool:
    """Return whether the lines name an agency completely: with its territory, or a ministry."""
    said = fold(" ".join(line.text for line in lines))
    return bool(_TERRITORIES.search(said)) or said.startswith(("bo ", "dai hoc ", "tong cuc ", "cuc ", "so "))


def _place_and_date(sheet: Sheet, header: Header) -> dict[LetterPart, Passage]:
    """Return the words before and from `ngày` on, in the right column or, where it is narrow, anywhere at the top."""
    for column in (header.split, 0.0):
        for _, row in _upper(sheet):
            if letters(row.text).startswith(_BODY_STARTS):
                break
            right = row.between(column, sheet.width)
            if right is None or row.middle < header.top:
                continue
            for piece in reversed(right.pieces(4.0)):
                parts = _place_before_day(piece)
                if parts and begins_piece(row, piece.words[0]):
                    return parts
    return {}


def _place_and_date_at_the_end(sheet: Sheet) -> dict[LetterPart, Passage]:
    """Return place and date above the signature, where older forms have them."""
    for row in reversed(sheet.rows):
        if row.middle < _END_AT * sheet.height:
            break
        for piece in right_pieces(row, sheet):
            parts = _place_before_day(piece)
            if "issue_place" in parts:
                return parts
    return {}


def _place_before_day(piece: Row) -> dict[LetterPart, Passage]:
    """Return the place and the date if a piece of a row says `Nghệ An, ngày 12 tháng 6 năm 2023`.

    What stands behind a label is another date (`Đã chết vào lúc: 18 giờ, ngày …`), and so is that in a sentence.
    """
    passage = Passage(piece.words, piece.page)
    match = _DAY_AT.search(fold(passage.text))
    if not match or "nam" not in fold(passage.text[match.start() :]) or ":" in passage.text[: match.start()]:
        return {}
    parts: dict[LetterPart, Passage] = {"issue_date": passage.cut(match.start() + 1, len(passage.text))}
    place = passage.cut(0, match.start())
    named = not place.words or place.text[0].isupper() or is_level(place.words[0].text)
    if not named or len(place.words) > _PLACE_WORDS or not _ENDS_IN_YEAR.search(fold(passage.text)):
        return {}
    return {**parts, "issue_place": place} if place.words else parts


def _kind_and_abstract(sheet: Sheet, header: Header) -> dict[LetterPart, Part]:
    step = pitch(sheet.rows)
    for index, row in enumerate(sheet.rows):
        if row.middle > 0.6 * sheet.height:
            break
        if header.found and row.middle <= header.top:
            continue
        left = row.between(0, header.split)
        subject = left and _SUBJECT.match(fold(left.text))
        # Written out it also stands across both columns, below a title; then the kind is that title, read or not.
        below_title = subject and subject[0].startswith("ve") and _is_across(row, header)
        if left and subject and not below_title and row.left < 0.3 * sheet.width:
            mark = Passage(left.words, left.page).cut(0, subject.end())
            return {"document_kind": Part(mark), "abstract": _block(_subject_lines(sheet, header, index, step))}
        if find_kind(row.text) is not None and is_title(row):
            parts: dict[LetterPart, Part] = {"document_kind": Part(Passage(row.words, row.page))}
            lines = _abstract_lines(sheet, index, step)
            if lines:
                parts["abstract"] = _block(lines)
            return parts
        if letters(row.text).startswith(_BODY_STARTS):
            break
    return {}


def find_kind(text: str) -> tuple[str, bool] | None:
    """Return the kind of document that a title names, and whether it is printed exactly so.

    `V/v` with no title is how a công văn begins.
    """
    if is_subject(text):
        return LETTER_KIND, True
    said = letters(text)
    distance, kind = min((Levenshtein.distance(said, letters(kind)), kind) for kind in KINDS)
    if distance > (0 if len(said) < 5 else 1 if len(said) < 10 else 2):  # noqa: PLR2004
        return None
    return kind, text.strip(" .:-").casefold() == kind.casefold()


def is_subject(text: str) -> bool:
    """Return whether a line begins with `V/v`, as the abstract of a công văn does."""
    return _SUBJECT.match(fold(text)) is not None


def _block(lines: Sequence[Row]) -> Part:
    """Return lines as one part. They have one middle or one left edge; if not, words were lost at an end."""
    height = lines[0].height
    aligned = any(
        max(edges) - min(edges) <= _ALIGNED * height
        for edges in ([centre(line) for line in lines], [line.left for line in lines])
    )
    passage = Passage(tuple(word for line in lines for word in line.words), lines[0].page)
    return Part(passage, (Check(name="aligned", passed=aligned),))


def _subject_lines(sheet: Sheet, header: Header, index: int, step: float) -> list[Row]:
    """Return the lines of `V/v …` below the number: its own and those that follow at the usual distance."""
    lines: list[Row] = []
    for row in sheet.rows[index:]:
        left = row.between(0, header.split)
        distance = row.middle - lines[-1].middle if lines else 0.0
        if distance > _WIDE * step:
            break
        if left is None:
            continue
        piece = left.pieces(3.0)[0]
        if letters(piece.text).startswith(_BODY_STARTS):
            break
        lines.append(piece)
    return lines


def _abstract_lines(sheet: Sheet, index: int, step: float) -> list[Row]:
    """Return the centred lines below the title, up to the first that is set apart or begins the body."""
    lines: list[Row] = []
    last = sheet.rows[index]
    for row in sheet.rows[index + 1 :]:
        limit = 2.2 * step if not lines else _WIDE * step
        if row.middle - last.middle > limit or _ends_abstract(row):
            break
        lines.append(row)
        last = row
    return lines


def _ends_abstract(row: Row) -> bool:
    said = letters(row.text)
    return said.startswith(_BODY_STARTS) or (is_title(row) and len(row.words) > 1)


def strip_subject(text: str) -> str:
    """Return an abstract without `V/v` or `Về việc`."""
    match = _SUBJECT.match(fold(text))
    return text[match.end() :] if match else text
