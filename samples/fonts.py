"""The fonts that papers are printed with: Debian's, found as files, and measured without any paper."""

from dataclasses import dataclass
from functools import cache

from PIL import ImageFont

FONTS = "/usr/share/fonts"


@dataclass(frozen=True, slots=True)
class Family:
    """A family of fonts: four files, and the Debian package that has them."""

    package: str
    folder: str
    regular: str
    bold: str
    italic: str
    bold_italic: str
    scale: float = 1.0  # offices print a wide family smaller

    def path(self, *, bold: bool, italic: bool) -> str:
        """Return the file of one face."""
        face = (self.regular, self.bold, self.italic, self.bold_italic)[bold + 2 * italic]
        return f"{FONTS}/{self.folder}/{face}"


# Liberation Serif has the widths of Times New Roman, which NĐ 30/2020 asks for. It must be the files of
# fonts-liberation2: those of fonts-liberation lack Vietnamese letters.
FAMILIES: dict[str, Family] = {
    "Liberation Serif": Family(
        "fonts-liberation2",
        "truetype/liberation2",
        "LiberationSerif-Regular.ttf",
        "LiberationSerif-Bold.ttf",
        "LiberationSerif-Italic.ttf",
        "LiberationSerif-BoldItalic.ttf",
    ),
    "FreeSerif": Family(
        "fonts-freefont-ttf",
        "truetype/freefont",
        "FreeSerif.ttf",
        "FreeSerifBold.ttf",
        "FreeSerifItalic.ttf",
        "FreeSerifBoldItalic.ttf",
    ),
    "DejaVu Serif": Family(
        "fonts-dejavu-extra",
        "truetype/dejavu",
        "DejaVuSerifCondensed.ttf",
        "DejaVuSerifCondensed-Bold.ttf",
        "DejaVuSerifCondensed-Italic.ttf",
        "DejaVuSerifCondensed-BoldItalic.ttf",
        scale=0.88,
    ),
    "Linux Libertine": Family(
        "fonts-linuxlibertine",
        "opentype/linux-libertine",
        "LinLibertine_R.otf",
        "LinLibertine_RB.otf",
        "LinLibertine_RI.otf",
        "LinLibertine_RZI.otf",  # semibold: the bold italic has no ơ and ư
    ),
    "Liberation Sans": Family(
        "fonts-liberation2",
        "truetype/liberation2",
        "LiberationSans-Regular.ttf",
        "LiberationSans-Bold.ttf",
        "LiberationSans-Italic.ttf",
        "LiberationSans-BoldItalic.ttf",
    ),
}
UNITS = 1000  # text is measured at this many pixels an em, so that line breaks do not depend on the resolution


@cache
def font(family: str, pixels: float, *, bold: bool = False, italic: bool = False) -> ImageFont.FreeTypeFont:
    """Return one face. The basic layout engine gives the same letters with and without libraqm."""
    path = FAMILIES[family].path(bold=bold, italic=italic)
    try:
        return ImageFont.truetype(path, pixels, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        msg = f"cannot open {path}: install the package {FAMILIES[family].package}"
        raise FileNotFoundError(msg) from error


def missing_glyphs(text: str, family: str) -> set[str]:
    """Return the letters of *text* that some face of the family cannot draw."""
    return {
        letter
        for bold in (False, True)
        for italic in (False, True)
        for letter in set(text) - {" ", "\n"}
        if _is_missing(letter, family, bold=bold, italic=italic)
    }


@cache
def _is_missing(letter: str, family: str, *, bold: bool, italic: bool) -> bool:
    face = font(family, 64, bold=bold, italic=italic)
    nothing = face.getmask("\uffff")  # a code point that no font has: shows the glyph for "missing"
    mask = face.getmask(letter)
    return mask.size == nothing.size and bytes(mask) == bytes(nothing)


@cache
def advances(text: str, family: str, *, bold: bool, italic: bool) -> tuple[float, ...]:
    """Return where each letter starts and the last one ends, in ems."""
    face = font(family, UNITS, bold=bold, italic=italic)
    return tuple(face.getlength(text[:length]) / UNITS for length in range(len(text) + 1))


@cache
def ink(text: str, family: str, *, bold: bool, italic: bool) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a text's ink from where it starts on the baseline, in ems."""
    left, top, right, bottom = font(family, UNITS, bold=bold, italic=italic).getbbox(text, anchor="ls")
    return left / UNITS, top / UNITS, right / UNITS, bottom / UNITS
