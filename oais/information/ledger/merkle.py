"""The Merkle tree of RFC 6962 §2.1 over SHA-256.

Who asks gives the hashes: ``node(level, index)`` is the hash of the complete subtree over the leaves from
``index * 2**level`` on. Every range that the standard's recursion comes to begins at such a place, so a tree
is asked for few hashes, however large it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node from those of its children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of a complete subtree over 1, 2, 4, … hashes of one level."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def tree_root(size: int, node: Node) -> bytes:
    """Return the root of a tree of so many leaves."""
    return _root_of(0, size, node) if size else EMPTY_ROOT


def _root_of(first: int, end: int, node: Node) -> bytes:
    count = end - first
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, first >> level)
    middle = first + _split(count)
    return node_hash(_root_of(first, middle, node), _root_of(middle, end, node))


def _split(count: int) -> int:
    """Return the largest power of two that is smaller than ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def inclusion_path(index: int, size: int, node: Node) -> tuple[bytes, ...]:
    """Return the audit path of a leaf (RFC 6962 §2.1.1), from the leaf up; raises ValueError."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append(_root_of(middle, end, node))
            end = middle
        else:
            path.append(_root_of(first, middle, node))
            first = middle
    return tuple(reversed(path))


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root to which an audit path leads (RFC 9162 §2.1.3.2).

    Raises ValueError for a leaf outside the tree and a path that is longer or shorter than the tree is high.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    place, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ValueError("the path is longer than the tree is high")
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ValueError("the path is shorter than the tree is high")
    return root
