"""Merkle trees as in Certificate Transparency (RFC 9162 section 2.1, which took them from RFC 6962). Pure functions.

A tree that grows is known by its peaks: the roots of the perfect subtrees that it consists of, one for each bit of its
size, the largest first. They are all that adding leaves needs, and all that a proof for new leaves needs of the old.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

Hash = bytes


class Tree(NamedTuple):
    """A tree of which the leaves themselves are not needed any more."""

    size: int = 0
    peaks: tuple[Hash, ...] = ()

    @property
    def root(self) -> Hash:
        """The Merkle tree hash; that of no leaves is the hash of nothing."""
        if not self.peaks:
            return hashlib.sha256().digest()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def grown(self, leaves: Sequence[Hash]) -> "Tree":
        """Return the tree with more leaves, given by their hashes."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            peak, filled = leaf, size
            while filled & 1:
                peak = node_hash(peaks.pop(), peak)
                filled >>= 1
            peaks.append(peak)
            size += 1
        return Tree(size, tuple(peaks))


def leaf_hash(data: bytes) -> Hash:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def inclusion_path(before: Tree, leaves: Sequence[Hash], index: int) -> tuple[Hash, ...]:
    """Return the proof that a leaf is in the tree that *before* becomes with *leaves*, from the leaf up.

    Args:
        before: the tree without them.
        leaves: hashes of the leaves that are added.
        index: of the leaf in the whole tree; it must be one of the new ones.

    Raises:
        ValueError: it is not.
    """
    size = before.size + len(leaves)
    if not before.size <= index < size:
        message = f"leaf {index} is not one of those from {before.size} to {size - 1}"
        raise ValueError(message)
    known = _spans(before)

    def root_of(start: int, end: int) -> Hash:
        if (start, end) in known:
            return known[start, end]
        if end - start == 1:
            return leaves[start - before.size]
        middle = start + _left_part(end - start)
        return node_hash(root_of(start, middle), root_of(middle, end))

    path: list[Hash] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left_part(end - start)
        if index < middle:
            path.append(root_of(middle, end))
            end = middle
        else:
            path.append(root_of(start, middle))
            start = middle
    return tuple(reversed(path))


def is_included(leaf: Hash, index: int, size: int, path: Sequence[Hash], root: Hash) -> bool:
    """Return whether *path* proves that *leaf* is the one at *index* in the tree with this size and root.

    RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            found = node_hash(found, sibling)
        place >>= 1
        last >>= 1
    return last == 0 and found == root


def _spans(tree: Tree) -> dict[tuple[int, int], Hash]:
    """Return the peaks of a tree by the leaves below them: from which, and up to which, itself left out."""
    spans: dict[tuple[int, int], Hash] = {}
    start = 0
    bits = (1 << bit for bit in reversed(range(tree.size.bit_length())) if tree.size >> bit & 1)
    for width, peak in zip(bits, tree.peaks, strict=True):
        spans[start, start + width] = peak
        start += width
    return spans


def _left_part(count: int) -> int:
    """Return the largest power of two that is smaller than *count*, which is at least 2."""
    return 1 << (count - 1).bit_length() - 1
