"""Who is told about progress: set by a door around a flow, because a flow's parameters are ids and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pipeline.digitize import Unwatched, Watcher

_watcher: ContextVar[Watcher] = ContextVar("watcher")


def watcher() -> Watcher:
    """Return who is to be told about progress here."""
    return _watcher.get(Unwatched())


@contextmanager
def watched_by(who: Watcher) -> Iterator[None]:
    """Tell *who* about progress while the block runs."""
    token = _watcher.set(who)
    try:
        yield
    finally:
        _watcher.reset(token)
