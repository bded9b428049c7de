"""The two fonts of a copy: an invisible one for the text layer, and a serif for what signatures show.

Both are embedded the same way, as Type 0 fonts whose character codes count through the characters that the document
needs (ISO 32000-1, 9.7): small, and whoever copies text gets exactly these characters back, through `ToUnicode`.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import pikepdf
from fontTools import subset
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name

from schemas.problem import TOOL_MISSING

GLYPHLESS_WIDTH = 500
"""Width of every character of the invisible font, in thousandths of its size."""
PACKAGE = "fonts-liberation2"
SERIF = Path("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf")
"""As wide as Times New Roman, letter by letter, and with every Vietnamese one (Debian's `fonts-liberation2`)."""

_SYMBOLIC = 4
_EPOCH = 2_082_844_800
"""The year 1970 as fonts count seconds: the same program at any time."""
_CMAP_BLOCK = 100
_TABLES_NEEDED = frozenset(["GlyphOrder", "glyf", "head", "hhea", "hmtx", "loca", "maxp"])
"""What a TrueType program inside a PDF has to have when character codes are mapped by the PDF itself (9.9)."""


@dataclass(frozen=True, slots=True)
class Face:
    """A font as it is embedded: its program, and what it has for each character."""

    name: str
    program: bytes
    """TrueType."""
    characters: tuple[str, ...]
    """Code 1 means the first of them, and so on."""
    glyphs: tuple[int, ...]
    """The glyph for each character."""
    widths: tuple[int, ...]
    """The width of each character, in thousandths of the font size."""
    ascent: int
    """Height above the base line, in thousandths."""
    descent: int
    """Depth below the base line, in thousandths; negative."""

    def encode(self, text: str) -> bytes:
        """Return *text* as a hexadecimal PDF string.

        Raises:
            ValueError: for a character that was not asked for when the face was made.
        """
        return b"<%s>" % b"".join(b"%04X" % (self.characters.index(character) + 1) for character in text)

    def width(self, text: str, size: float) -> float:
        """Return how wide *text* is at *size*, in the unit of *size*."""
        return sum(self.widths[self.characters.index(character)] for character in text) * size / 1000


def glyphless_face(characters: Iterable[str]) -> Face:
    """Return a face that shows nothing, for text that is only searched, selected and copied."""
    ordered = tuple(sorted(set(characters)))
    count = len(ordered)
    return Face("GlyphLess", _glyphless_program(), ordered, (1,) * count, (GLYPHLESS_WIDTH,) * count, 1000, 0)


@lru_cache(maxsize=64)
def serif_face(characters: frozenset[str]) -> Face:
    """Return the part of Liberation Serif that has these characters; one that the font lacks becomes `?`.

    Raises:
        ProblemError: `tool-missing` when the font is not installed.
    """
    try:
        font = TTFont(SERIF, recalcTimestamp=False)
    except FileNotFoundError as error:
        detail = f"the font Liberation Serif is missing (Debian package {PACKAGE})"
        raise TOOL_MISSING.error(detail) from error
    known: Mapping[int, str] = font.getBestCmap()
    ordered = tuple(sorted(characters))
    names = [known.get(ord(character), known[ord("?")]) for character in ordered]
    per_em = font["head"].unitsPerEm
    _reduce(font, names)
    program = io.BytesIO()
    font.save(program, reorderTables=False)
    return Face(
        name="SOHOAA+LiberationSerif",
        program=program.getvalue(),
        characters=ordered,
        glyphs=tuple(font.getGlyphID(name) for name in names),
        widths=tuple(round(font["hmtx"][name][0] * 1000 / per_em) for name in names),
        ascent=round(font["hhea"].ascent * 1000 / per_em),
        descent=round(font["hhea"].descent * 1000 / per_em),
    )


def embed(pdf: pikepdf.Pdf, face: Face, *, tells_what_it_has: bool = False) -> pikepdf.Object:
    """Add *face* to *pdf* and return the font for a resource dictionary.

    Args:
        pdf: gets the font.
        face: the font.
        tells_what_it_has: whether to say which characters a part of a font has, as PDF/A-1 wants (ISO 19005-1, 6.3.5).
    """
    system = Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0)
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(f"/{face.name}"),
        Flags=_SYMBOLIC,
        FontBBox=[0, face.descent, 1000, face.ascent],
        ItalicAngle=0,
        Ascent=face.ascent,
        Descent=face.descent,
        CapHeight=face.ascent,
        StemV=80,
        FontFile2=pdf.make_stream(face.program, Length1=len(face.program)),
    )
    if tells_what_it_has:
        count = len(face.characters) + 1  # 0 is the character that is missing
        there = int("1" * count + "0" * (-count % 8), 2)
        descriptor.CIDSet = pdf.make_stream(there.to_bytes((count + 7) // 8, "big"))
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name(f"/{face.name}"),
        CIDSystemInfo=system,
        FontDescriptor=pdf.make_indirect(descriptor),
        DW=GLYPHLESS_WIDTH,
        CIDToGIDMap=pdf.make_stream(b"".join(glyph.to_bytes(2, "big") for glyph in (0, *face.glyphs))),
    )
    if set(face.widths) != {GLYPHLESS_WIDTH}:
        descendant.W = Array([1, Array(face.widths)])
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name(f"/{face.name}"),
            Encoding=Name("/Identity-H"),
            DescendantFonts=[pdf.make_indirect(descendant)],
            ToUnicode=pdf.make_stream(_to_unicode(face.characters)),
        )
    )


@cache
def _glyphless_program() -> bytes:
    empty = TTGlyphPen(None).glyph()
    builder = FontBuilder(1000)
    builder.setupGlyphOrder([".notdef", "empty"])
    builder.setupGlyf({".notdef": empty, "empty": empty})
    builder.setupHorizontalMetrics({".notdef": (GLYPHLESS_WIDTH, 0), "empty": (GLYPHLESS_WIDTH, 0)})
    builder.setupHorizontalHeader(ascent=1000, descent=0)
    builder.updateHead(created=_EPOCH, modified=_EPOCH)
    builder.font.recalcTimestamp = False
    program = io.BytesIO()
    builder.save(program)
    return program.getvalue()


def _reduce(font: TTFont, names: Iterable[str]) -> None:
    """Leave only these glyphs in *font*, and only the tables that a PDF needs."""
    options = subset.Options(hinting=False, layout_features=[], notdef_outline=True, recalc_timestamp=False)
    options.drop_tables += ["FFTM"]  # its editor's time stamp, which fontTools cannot subset and warns of
    subsetter = subset.Subsetter(options)
    subsetter.populate(glyphs=list(names))
    subsetter.subset(font)
    for table in set(font.keys()) - _TABLES_NEEDED:
        del font[table]


def _to_unicode(characters: tuple[str, ...]) -> bytes:
    """Return the CMap from codes to characters (ISO 32000-1, 9.10.3)."""
    entries = [
        f"<{code:04X}> <{character.encode('utf-16-be').hex().upper()}>" for code, character in enumerate(characters, 1)
    ]
    blocks = (entries[start : start + _CMAP_BLOCK] for start in range(0, len(entries), _CMAP_BLOCK))
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            "1 begincodespacerange <0000> <FFFF> endcodespacerange",
            *(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks),
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        ]
    ).encode("ascii")
