"""Page images in, upright, straight, clean pages out, with a record of what was done to them."""

from pipeline.prepare.pages import RawPage, exif_turn, raw_page
from pipeline.prepare.picture import Prepared, prepare

__all__ = ["Prepared", "RawPage", "exif_turn", "prepare", "raw_page"]
