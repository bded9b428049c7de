"""Working ahead: several things at a time, their results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def work_ahead(function: Callable[[T], R], items: Iterable[T], width: int) -> Iterator[R]:
    """Yield `function(item)` for each item, in order, while up to *width* later ones are already being worked on.

    What is done ahead is bounded, so that a slow reader never piles results up. When the reader stops, nothing new is
    begun; what has begun is not waited for.
    """
    executor = ThreadPoolExecutor(width, thread_name_prefix="sohoa-ahead")
    begun: deque[Future[R]] = deque()
    try:
        for item in items:
            begun.append(executor.submit(function, item))
            if len(begun) > width:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
