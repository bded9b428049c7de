"""What is appended to a copy: an incremental update (ISO 32000-1, 7.5.6)."""

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


class Update(IncrementalPdfFileWriter):
    """An incremental update that leaves the metadata alone: they are checked PDF/A and tell no host's time."""

    def _update_meta(self) -> None:
        pass
