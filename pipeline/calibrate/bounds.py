"""What a sample says about a share: bounds on how many accepted values are wrong.

Two of them. `upper_bound` is for one look at a finished sample. `lasting_bound` holds at every moment at once, however
often one looks and whatever made one look: it is for a sample that grows with every decision of a person.
"""

from bisect import bisect_left
from functools import lru_cache
from math import exp, lgamma, log, log1p
from typing import Final

DOUBT: Final = 0.05
"""How often a bound may fail."""
_RIVALS: Final = ((0.0, 0.4), (0.1, 0.2), (0.3, 0.2), (0.6, 0.2))
"""Shares that speak against the one that is tested, as parts of it, and how the stake is divided among them."""
_HALVINGS: Final = 30
_ALL: Final = 1 - 1e-9
_MOST_NEEDED: Final = 10_000_000
_MOST: Final = 500.0
"""Beyond this logarithm nothing is in doubt any more, and exponentials overflow."""


def at_most(wrong: int, total: int, share: float) -> float:
    """Return how likely it is to see no more than *wrong* of *total* when the share is *share*, between 0 and 1."""
    choices = [lgamma(total + 1) - lgamma(count + 1) - lgamma(total - count + 1) for count in range(wrong + 1)]
    return sum(
        exp(choice + count * log(share) + (total - count) * log1p(-share)) for count, choice in enumerate(choices)
    )


def upper_bound(wrong: int, total: int) -> float:
    """Return the upper end of the exact 95 % interval of a share, of which *wrong* of *total* were seen.

    The share at which so few would be seen only once in twenty times (one-sided; Clopper and Pearson 1934).
    """
    if wrong == total:
        return 1.0
    low, high = wrong / total, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if at_most(wrong, total, middle) > DOUBT:
            low = middle
        else:
            high = middle
    return round(high, 6)


@lru_cache(maxsize=10_000)
def lasting_bound(wrong: int, total: int, doubt: float = DOUBT) -> float:
    """Return a bound on a share that holds, but for *doubt*, at every size of a growing sample at once.

    Whoever bets at fair odds against a share wins twentyfold at any time with a probability of at most 1/20 (Ville
    1939), and so for every larger share. The bound is the least share against which that much was won. It stays valid
    when the chance of a wrong one changes from one to the next, as long as it never falls below the share.
    """
    if wrong >= total:
        return 1.0
    low, high = wrong / total, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _won(wrong, total, min(middle, _ALL)) * doubt >= 1:
            high = middle
        else:
            low = middle
    return high


def _won(wrong: int, total: int, share: float) -> float:
    """Return what became of a stake of 1 on the rivals of *share*; it rises with *share*."""
    return sum(
        stake * exp(min(_MOST, (wrong * log(part) if wrong else 0.0) + (total - wrong) * _gain(part, share)))
        for part, stake in _RIVALS
        if part or not wrong
    )


def _gain(part: float, share: float) -> float:
    return log1p(-part * share) - log1p(-share)


@lru_cache
def needed(promise: float, doubt: float = DOUBT) -> int:
    """Return how many values without a wrong one prove *promise*."""
    return 1 + bisect_left(range(1, _MOST_NEEDED), True, key=lambda total: lasting_bound(0, total, doubt) <= promise)
