"""Whether the ledger is what was signed: every file of it, with its exact path.

The newest checkpoint is believed for its signature. Bundles and tiles say the same thing twice, so that one
of them shows which file is wrong when the other leads to the signed root.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from oais.disk_faults import storage_errors
from oais.errors import DamageError
from oais.files import read_regular
from oais.information.findings import Finding, finding
from oais.information.ledger.merkle import HASH_BYTES, complete_root, leaf_hash, tree_root
from oais.information.ledger.notes import Checkpoint, open_checkpoint
from oais.ledger.log import CHECKPOINTS, Ledger, checkpoint_name, kept_checkpoints
from oais.ledger.opened import STATEMENTS, each_line, parse_line
from oais.ledger.tiles import WIDTH, entries_in, hashes_in, number_of, read_tile, rows, tile_path
from oais.walking import walk

_TILE: Final = re.compile(r"(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_BUNDLE: Final = "entries"


@dataclass(frozen=True, slots=True)
class Tree:
    """The hashes of a tree, proven by its root: of each level of tiles all hashes in one row."""

    head: Checkpoint
    levels: tuple[bytes, ...]

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree."""
        high, low = divmod(level, 8)
        first = (index << low) * HASH_BYTES
        return complete_root(hashes_in(self.levels[high][first : first + (HASH_BYTES << low)]))

    def root(self, size: int) -> bytes:
        """Return the root over the first ``size`` entries."""
        return tree_root(size, self.node)

    def tile(self, level: int, number: int) -> bytes:
        """Return a tile as it must be, empty beyond the tree."""
        row = self.levels[level] if level < len(self.levels) else b""
        return row[number * WIDTH * HASH_BYTES :][: WIDTH * HASH_BYTES]


def verify_log(ledger: Ledger) -> Iterator[Finding]:
    """Yield everything that is wrong with checkpoints, tiles, bundles and statements; raises StorageError.

    Others may append meanwhile. A checkpoint is kept under its size after it became the newest, so that none
    of those listed before the newest is read may know more than that.
    """
    kept = kept_checkpoints(ledger.root)
    try:
        head = ledger.head()
    except DamageError as error:
        yield finding("LED-001", "ledger/checkpoint", error.message)
        return
    tree = proven_tree(ledger, head)
    if isinstance(tree, Tree):
        yield from _wrong_files(ledger.root, tree)
        yield from _wrong_checkpoints(ledger, tree, kept)
        yield from _wrong_statements(ledger.root, tree)
    else:
        yield from tree


def proven_tree(ledger: Ledger, head: Checkpoint) -> Tree | list[Finding]:
    """Return the tree of a checkpoint by the bundles or the tiles, or why neither leads to its root."""
    by_entries = list(_leaf_rows(ledger.root, head.size, _BUNDLE))
    by_tiles = list(_leaf_rows(ledger.root, head.size, 0))
    for first, second in ((by_entries, by_tiles), (by_tiles, by_entries)):
        row = b"".join(one or other or b"" for one, other in zip(first, second, strict=True))
        if len(row) == head.size * HASH_BYTES:
            tree = Tree(head, _levels_over(row))
            if tree.root(head.size) == head.root:
                return tree
    differing = [
        place for place, pair in enumerate(zip(by_entries, by_tiles, strict=True)) if pair[0] != pair[1]
    ]
    return _unproven(head, differing)


def _unproven(head: Checkpoint, differing: list[int]) -> list[Finding]:
    if not differing:
        message = f"the {head.size} entries on disk give another root than the one that was signed"
        return [finding("LED-001", "ledger/checkpoint", message)]
    found = []
    for number in differing:
        width = min(WIDTH, head.size - number * WIDTH)
        for level in (_BUNDLE, 0):
            path = f"ledger/{tile_path(level, number, width)}"
            found.append(
                finding("LED-002", path, "bundle and tile tell different entries, neither is proven")
            )
    return found


def _leaf_rows(root: Path, size: int, level: int | str) -> Iterator[bytes | None]:
    """Yield the leaf hashes that each bundle, or each tile of level 0, leads to; None where it is no such."""
    for number in range(-(-size // WIDTH)):
        row = None
        with suppress(DamageError, ValueError):
            data = read_tile(root, level, number, min(WIDTH, size - number * WIDTH))
            row = b"".join(map(leaf_hash, entries_in(data))) if level == _BUNDLE else data
        yield row


def _levels_over(row: bytes) -> tuple[bytes, ...]:
    levels = []
    tile = WIDTH * HASH_BYTES
    while row:
        levels.append(row)
        full = len(row) // tile
        row = b"".join(complete_root(hashes_in(row[at * tile : (at + 1) * tile])) for at in range(full))
    return tuple(levels)


def _wrong_files(root: Path, tree: Tree) -> Iterator[Finding]:
    """Compare every tile and bundle with the proven tree; what lies beyond it was left by a crash."""
    found = set()
    with storage_errors("reading ledger/tile"):
        for item in walk(root / "tile"):
            match = _TILE.fullmatch(item.path)
            if item.is_directory:
                continue
            place = f"ledger/tile/{item.path}"
            if not item.is_file or match is None or int(match[3] or 1) >= WIDTH:
                yield finding("LED-002", place, f"{place} is no file of a ledger")
                continue
            found.add((match[1], number_of(match[2])))
            if not _is_as_signed(root / "tile" / item.path, match, tree):
                yield finding("LED-002", place, f"{place} is not what was signed")
    for level, number, width in rows(tree.head.size):
        for name in (str(level), _BUNDLE)[: 1 + (level == 0)]:
            if (name, number) not in found:
                place = f"ledger/{tile_path(name, number, width)}"
                yield finding("LED-002", place, f"{place} is missing")


def _is_as_signed(path: Path, match: re.Match[str], tree: Tree) -> bool:
    level = 0 if match[1] == _BUNDLE else int(match[1])
    signed = tree.tile(level, number_of(match[2]))
    width = int(match[3] or WIDTH)
    data = read_regular(path)
    if match[1] == _BUNDLE:
        try:
            data = b"".join(map(leaf_hash, entries_in(data)))
        except ValueError:
            return len(signed) < width * HASH_BYTES
    if len(signed) < width * HASH_BYTES:
        return True  # left by a crash, beyond what is signed
    return data == signed[: width * HASH_BYTES]


def _wrong_checkpoints(ledger: Ledger, tree: Tree, paths: Sequence[str]) -> Iterator[Finding]:
    """Verify every tree head that was ever signed, against the tree of today."""
    folder = ledger.root / CHECKPOINTS
    with storage_errors("reading ledger/checkpoints"):
        for path in paths:
            place = f"ledger/{CHECKPOINTS}/{path}"
            note = read_regular(folder / path)
            wrong = why_not_of(ledger, tree, note, f"{CHECKPOINTS}/{path}")
            if wrong:
                yield finding("LED-001", place, wrong)
            else:
                yield from _missing_partials(ledger.root, number_of(path))


def _missing_partials(root: Path, size: int) -> Iterator[Finding]:
    """Yield which partial tiles of an earlier tree are gone: its proofs need them until they are full."""
    level = 0
    while count := size >> 8 * level:
        number, width = divmod(count, WIDTH)
        for name in (str(level), _BUNDLE)[: 1 + (level == 0)] if width else ():
            path = tile_path(name, number, width)
            if not (root / path).exists() and not (root / tile_path(name, number, WIDTH)).exists():
                yield finding("LED-002", f"ledger/{path}", f"ledger/{path} is missing")
        level += 1


def why_not_of(ledger: Ledger, tree: Tree, note: bytes, name: str = "") -> str:
    """Return why a checkpoint is not one of this ledger's history, or nothing when it is.

    With ``name`` it must also be the one that belongs there.
    """
    try:
        then, _ = open_checkpoint(note, tree.head.origin, ledger.keys, ledger.ends)
    except ValueError as error:
        return str(error)
    if name and checkpoint_name(then.size) != name:
        return f"it is the checkpoint of {then.size} entries"
    if then.size > tree.head.size:
        return f"it knows {then.size} entries, the ledger ends after {tree.head.size}: entries were cut off"
    if tree.root(then.size) != then.root:
        return f"the first {then.size} entries are not those that it was signed over"
    return ""


def _wrong_statements(root: Path, tree: Tree) -> Iterator[Finding]:
    """Open every entry; also the tree head that it was signed with first must be there, for its proof."""
    number = 0
    for number, line in enumerate(each_line(root), 1):
        if number > tree.head.size:
            return
        place = f"ledger/{STATEMENTS}:{number}"
        try:
            opened = parse_line(line)
        except ValueError as error:
            yield finding("LED-003", place, f"line {number}: {error}")
            continue
        leaf = tree.levels[0][(number - 1) * HASH_BYTES : number * HASH_BYTES]
        if opened.index != number - 1 or leaf_hash(opened.entry) != leaf:
            yield finding("LED-003", place, f"line {number} is not what entry {number - 1} commits to")
        elif not _has_checkpoint(root, opened.size, tree.head.size):
            name = f"ledger/{checkpoint_name(opened.size)}"
            yield finding("LED-001", name, f"{name}, by which entry {opened.index} is proven, is missing")
    if number < tree.head.size:
        message = f"{number} lines, expected one for each of {tree.head.size} entries"
        yield finding("LED-003", f"ledger/{STATEMENTS}", message)


def _has_checkpoint(root: Path, size: int, newest: int) -> bool:
    return size == newest or (root / checkpoint_name(size)).is_file()
