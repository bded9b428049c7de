"""Root without its privileges: what a common user may not open, a test that runs as root may not open either (Linux)."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION_3 = 0x20080522
_READ_ANYTHING = (1 << 1) | (1 << 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, capabilities(7)."""

_libc = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


@contextmanager
def as_anybody() -> Iterator[None]:
    """Let the rights of files and folders hold for this thread, even when it is root's."""
    header, sets = _Header(_VERSION_3, 0), (_Set * 2)()
    _call(_libc.capget, header, sets)
    before = sets[0].effective
    sets[0].effective &= ~_READ_ANYTHING
    _call(_libc.capset, header, sets)
    try:
        yield
    finally:
        sets[0].effective = before
        _call(_libc.capset, header, sets)


def _call(function, header, sets) -> None:
    if function(ctypes.byref(header), sets):
        raise OSError(ctypes.get_errno(), "capabilities")
