"""Pages as they leave the printer: the only place that knows pixels of marks."""

from typing import Literal

from PIL import Image, ImageDraw

from samples.blocks import Frame, Look, Page, Picture, Stroke, Word
from samples.fonts import advances, font
from samples.typesetting import size_of

Colour = tuple[int, int, int]
Ink = Literal["black", "blue", "red"]

INKS: dict[Ink, Colour] = {"black": (22, 22, 24), "blue": (28, 52, 140), "red": (196, 32, 44)}


def draw(page: Page, look: Look, dpi: int) -> Image.Image:
    """Return the page as it leaves the printer: nothing written in, no signature, no seal, nothing damaged."""
    scale = dpi / 72
    image = Image.new("RGB", (round(page.width * scale), round(page.height * scale)), "white")
    pen = ImageDraw.Draw(image)
    for mark in page.marks:
        if isinstance(mark, Word) and not mark.hand:
            _draw_word(pen, mark, look, scale)
        elif isinstance(mark, Stroke):
            _draw_stroke(pen, mark, scale)
        elif isinstance(mark, Frame):
            corners = (mark.x, mark.y, mark.x + mark.width, mark.y + mark.height)
            box = tuple(round(side * scale) for side in corners)
            pen.rectangle(box, outline=INKS["black"], width=max(1, round(0.5 * scale)))
        elif isinstance(mark, Picture):
            picture = mark.paint(dpi).convert("RGBA")
            image.paste(picture, (round(mark.x * scale), round(mark.y * scale)), picture)
    return image


def _draw_word(pen: ImageDraw.ImageDraw, word: Word, look: Look, scale: float) -> None:
    ink: Ink = "blue" if word.value and look.blue_values else "red" if word.title and look.ornament else "black"
    size = size_of(word, look.family) * scale
    face = font(look.family, size, bold=word.bold, italic=word.italic)
    starts = advances(word.text, look.family, bold=word.bold, italic=word.italic)
    # Letter by letter: in one go, widths rounded to pixels would add up and eat the space after a long number.
    for letter, start in zip(word.text, starts, strict=False):
        pen.text((word.x * scale + start * size, word.y * scale), letter, fill=INKS[ink], font=face, anchor="ls")


def _draw_stroke(pen: ImageDraw.ImageDraw, stroke: Stroke, scale: float) -> None:
    if not stroke.dotted:
        pen.line(
            (stroke.x * scale, stroke.y * scale, stroke.end * scale, stroke.y * scale),
            fill=INKS["black"],
            width=max(1, round(0.7 * scale)),
        )
        return
    radius, pitch = 0.45 * scale, 2.9
    for step in range(int((stroke.end - stroke.x) / pitch)):
        x, y = (stroke.x + step * pitch) * scale, stroke.y * scale
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(60, 60, 62))
