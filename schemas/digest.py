"""SHA-256 as lower-case hex: the name of every byte string that is kept."""

import hashlib
from typing import Annotated

from pydantic import StringConstraints

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""64 lower-case hex digits."""


def sha256_hex(data: bytes) -> Sha256:
    """Return the SHA-256 of *data*."""
    return hashlib.sha256(data).hexdigest()
