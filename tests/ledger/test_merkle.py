"""The tree is that of RFC 6962: by its own definition, and by hashes that others published."""

from __future__ import annotations

import hashlib
import random

import pytest

from oais.information.ledger.merkle import (
    EMPTY_ROOT,
    complete_root,
    inclusion_path,
    leaf_hash,
    root_by_path,
    tree_root,
)
from tests.ledger import naive

# The entries and roots that implementations of Certificate Transparency test each other with.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def node_over(entries: list[bytes]):  # type: ignore[no-untyped-def]
    """What a tree over these entries answers, and only where a complete subtree begins."""

    def node(level: int, index: int) -> bytes:
        leaves = entries[index << level : (index + 1) << level]
        assert len(leaves) == 1 << level
        return complete_root([leaf_hash(entry) for entry in leaves])

    return node


def test_the_empty_tree_has_the_root_of_the_standard() -> None:
    """MTH({}) = SHA-256()."""
    assert tree_root(0, node_over([])) == EMPTY_ROOT == hashlib.sha256().digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(size: int) -> None:
    """The roots over the eight published entries, and over fewer of them."""
    assert tree_root(size, node_over(ENTRIES[:size])).hex() == ROOTS[size - 1]
    assert naive.mth(ENTRIES[:size]).hex() == ROOTS[size - 1]


def test_roots_and_paths_are_those_of_the_definition(seeded: random.Random) -> None:
    """For sizes up to 70 and some larger ones each path is the recursion's, and leads to the root."""
    for size in [*range(1, 71), seeded.randrange(100, 300), 256, 257]:
        entries = [seeded.randbytes(5) for _ in range(size)]
        node = node_over(entries)
        root = tree_root(size, node)
        assert root == naive.mth(entries)
        for index in range(size) if size < 80 else seeded.sample(range(size), 5):
            path = inclusion_path(index, size, node)
            assert list(path) == naive.path(index, entries)
            assert root_by_path(leaf_hash(entries[index]), index, size, path) == root


def test_a_path_fits_one_place_of_one_tree(seeded: random.Random) -> None:
    """Another place, another size, a hash more, a hash less, two swapped: no other way leads to the root."""
    for size in range(2, 40):
        entries = [seeded.randbytes(5) for _ in range(size)]
        node = node_over(entries)
        index = seeded.randrange(size)
        path, leaf, root = inclusion_path(index, size, node), leaf_hash(entries[index]), tree_root(size, node)
        ways = [(other, size, path) for other in range(-1, size + 1) if other != index]
        ways += [(index, size, path[:-1]), (index, size, (*path, path[-1])), (index, size, path[1:])]
        if len(path) > 1:
            ways.append((index, size, (path[1], path[0], *path[2:])))
        for place, of, way in ways:
            try:
                assert root_by_path(leaf, place, of, way) != root
            except ValueError:
                continue


def test_no_leaf_outside_the_tree() -> None:
    """A place that the tree does not have is no place to prove."""
    for index in (-1, 3, 4):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_path(index, 3, node_over(ENTRIES[:3]))
