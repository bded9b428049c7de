"""Pages in, words with boxes and confidences out: one engine call a page gives everything."""

from pipeline.read.again import read_again
from pipeline.read.engine import engine
from pipeline.read.page import read, read_page

__all__ = ["engine", "read", "read_again", "read_page"]
