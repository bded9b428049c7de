"""The base of every value that is stored or sent: immutable, with no unknown keys."""

from typing import Any

import rfc8785
from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """An immutable value whose JSON form is part of a contract; an unknown key is an error.

    What was wrong is never repeated in a message: it may be somebody's identifier.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True)

    def canonical_bytes(self) -> bytes:
        """Return the one byte form of this value (RFC 8785), so that equal values have equal hashes."""
        return canonical_bytes(self.model_dump(mode="json"))


def canonical_bytes(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Return the canonical JSON bytes (RFC 8785) of a JSON value.

    Raises:
        ValueError: if the value is not JSON (NaN, an integer beyond 2**53, a key that is not a string).
    """
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        message = f"not canonical JSON: {error}"
        raise ValueError(message) from error
