"""What reads: enough to read a page again the same way."""

from pipeline.tools import tesseract
from schemas.record import Engine

PIPELINE = "2"
"""Version of the stages in `pipeline/`: raised when the same scan would give another result."""


def engine() -> Engine:
    """Return the engine and its model.

    Raises:
        ProblemError: `tool-missing`.
    """
    return Engine(
        pipeline=PIPELINE,
        tesseract=tesseract.version(),
        language=f"{tesseract.LANGUAGE}, {tesseract.second_model()}",
        model_sha256=tesseract.model_sha256(),
    )
