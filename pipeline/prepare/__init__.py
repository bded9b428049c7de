"""Page images in, upright, straight, clean pages out, with a record of what was done to them."""

from pipeline.prepare.legible import faults_among, glance
from pipeline.prepare.pages import RawPage, exif_turn, raw_page
from pipeline.prepare.picture import Prepared, prepare
from pipeline.prepare.sheet import laid_flat

__all__ = ["Prepared", "RawPage", "exif_turn", "faults_among", "glance", "laid_flat", "prepare", "raw_page"]
