"""Photographs in copies: a copy shows the picture as it came, so words are placed where they stand on that.

PDF lays pictures down by affine matrices only: a sheet that was seen at an angle is turned as a whole, not laid flat.
"""

import math

from pipeline.geometry import sheet_size, sheet_to_scan, straighten
from schemas.page import Box, PageReading, Point


def as_photographed(reading: PageReading, width: int, height: int) -> PageReading:
    """Return a page as it stands on its photograph, turned until the middle of the sheet is level.

    A page that was scanned is returned as it is.

    Args:
        reading: its boxes are pixels of the sheet laid flat.
        width: columns of the picture as `prepare.pages.raw_page` returns it.
        height: its rows.
    """
    page = reading.page
    if page.corners is None:
        return reading
    columns, rows = sheet_size(page.corners)
    from_page = straighten(columns, rows, page.rotation, page.skew_degrees).matrix.inverse()
    to_picture = sheet_to_scan(page.corners, columns, rows)
    upright = straighten(width, height, page.rotation, 0).matrix

    def seen(x: float, y: float) -> Point:
        return upright.apply(*to_picture.apply(*from_page.apply(x, y)))

    (left, before), (right, after) = seen(page.width / 4, page.height / 2), seen(3 * page.width / 4, page.height / 2)
    skew = math.degrees(math.atan2(before - after, right - left))
    way = straighten(width, height, page.rotation, skew)
    level = upright.inverse().then(way.matrix)

    def placed(box: Box) -> Box:
        corners = [level.apply(*seen(x, y)) for x in (box.x, box.right) for y in (box.y, box.bottom)]
        (x0, x1), (y0, y1) = ((min(values), max(values)) for values in zip(*corners, strict=True))
        return Box(round(x0), round(y0), max(1, round(x1 - x0)), max(1, round(y1 - y0)))

    return reading._replace(
        page=page.model_copy(update={"skew_degrees": skew, "width": way.width, "height": way.height, "corners": None}),
        words=tuple(word._replace(box=placed(word.box)) for word in reading.words),
        codes=tuple(code._replace(box=placed(code.box)) for code in reading.codes),
    )
