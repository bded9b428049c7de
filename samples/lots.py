"""Lots: the same words and numbers always draw the same, and each half of the generator's stock has its own."""

from collections.abc import Sequence
from random import Random
from typing import Literal, TypeVar

Half = Literal["tuning", "held-out"]
"""Of the generator's stock: what the program may be tuned on, and what it is only measured with."""

T = TypeVar("T")
STARTS: dict[Half, int] = {"tuning": 0, "held-out": 1}
LONG = 4


class HalfLot(Random):
    """A lot that knows one half of every long list: of names, of places, of agencies, of phrases.

    Lists of fewer than `LONG` things, and draws with weights, are left as they are: both halves need both sexes and
    every people.
    """

    start = 0

    def choice(self, seq: Sequence[T]) -> T:  # type: ignore[override]
        """Draw one thing of this lot's half."""
        return super().choice(self._known(seq))

    def sample(self, population: Sequence[T], k: int, *, counts: None = None) -> list[T]:  # type: ignore[override]
        """Draw several things of this lot's half, or of all where that has too few."""
        known = self._known(population)
        return super().sample(known if k <= len(known) else population, k, counts=counts)

    def _known(self, things: Sequence[T]) -> Sequence[T]:
        return things[self.start :: 2] if len(things) >= LONG else things


def lot(words: str, half: Half | None = None) -> Random:
    """Return the lot that belongs to *words*; of one half of the stock, or of all of it."""
    if half is None:
        return Random(words)
    drawn = HalfLot(words)
    drawn.start = STARTS[half]
    return drawn
