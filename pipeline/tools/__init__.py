"""One module for each outside tool: the only places that know its flags, its versions and its errors."""

from typing import NamedTuple


class Tool(NamedTuple):
    """Whether an outside tool is there, for `sohoa doctor`."""

    name: str
    version: str | None
    """None when it is missing."""
    package: str
    """The Debian package that brings it."""
