"""What is appended to a copy: an incremental update (ISO 32000-1, 7.5.6)."""

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


class Update(IncrementalPdfFileWriter):
    """An incremental update that leaves metadata and version alone: they are checked PDF/A and tell no host's time."""

    def _update_meta(self) -> None:
        pass

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        """Leave the version as it is: what is PDF/A-1 stays PDF 1.4."""
