"""The log: entries come in behind the others, are read back from the disk, and only then is the tree signed.

The order is statements, bundles and tiles (each fsynced), reading back, checkpoint. A crash before the last
step leaves the log as it was; the checkpoint, one small file replaced atomically, is what makes entries part
of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from oais.disk_faults import storage_errors
from oais.errors import ConfigurationError, DamageError
from oais.files import is_unfinished, make_directories, read_regular, sync_directory, write_durably
from oais.information.ledger.merkle import EMPTY_ROOT, inclusion_path, leaf_hash, tree_root
from oais.information.ledger.notes import Checkpoint, open_checkpoint, sign_checkpoint
from oais.information.ledger.proofs import Proof
from oais.information.ledger.statements import SALT_BYTES, Statement
from oais.information.signature import Signer, plain_pem
from oais.ledger.opened import Opened, append_lines
from oais.ledger.tiles import (
    WIDTH,
    Tile,
    Tiles,
    drop_partials,
    drop_unsigned,
    entries_in,
    hashes_in,
    number_path,
    read_tile,
    tile_path,
    write_entries,
)
from oais.locks import exclusive_lock
from oais.walking import walk

ORIGIN: Final = "origin"
CHECKPOINT: Final = "checkpoint"
CHECKPOINTS: Final = "checkpoints"
_REMEDY: Final = "nothing was added; restore ledger/ from a copy, 'oais ledger verify' names what is wrong"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger below ``root``; ``keys`` are the public keys whose signatures count, PEM by key id.

    ``ends`` tells of keys that have ended up to which size of the tree they count.
    ``lock`` is a file outside the ledger: one process at a time appends, readers never wait.
    """

    root: Path
    keys: Mapping[str, bytes]
    lock: Path
    ends: Mapping[str, int] = field(default_factory=dict)

    @property
    def signed(self) -> bool:
        """Whether anything was ever signed here; a name alone may be left by a crash."""
        return (self.root / CHECKPOINT).exists() or (self.root / CHECKPOINTS).exists()

    def origin(self) -> str:
        """Return the name of the log; raises DamageError when it is lost, StorageError."""
        name = self._read(ORIGIN).decode("ascii", "replace")
        if not name.endswith("\n") or len(name.split()) != 1:
            raise DamageError(f"ledger/{ORIGIN} does not hold the name of a log", remedy=_REMEDY)
        return name[:-1]

    def head(self) -> Checkpoint:
        """Return the newest checkpoint, its signature verified; raises DamageError, StorageError."""
        return self._opened(CHECKPOINT)

    def checkpoint_with(self, size: int) -> bytes:
        """Return the note that was signed over a tree of that size; raises DamageError, StorageError."""
        name = checkpoint_name(size)
        if not (self.root / name).exists() and self.head().size == size:
            name = CHECKPOINT  # a crash came before the copy, which the next append makes
        if self._opened(name).size != size:
            raise DamageError(f"ledger/{name} is the checkpoint of another size", remedy=_REMEDY)
        return self._read(name)

    def _opened(self, name: str) -> Checkpoint:
        try:
            return open_checkpoint(self._read(name), self.origin(), self.keys, self.ends)[0]
        except ValueError as error:
            raise DamageError(f"ledger/{name}: {error}", remedy=_REMEDY) from error

    def _read(self, name: str) -> bytes:
        with storage_errors(f"reading ledger/{name}"):
            try:
                return read_regular(self.root / name)
            except FileNotFoundError as error:
                raise DamageError(f"ledger/{name} is missing", remedy=_REMEDY) from error

    def append(self, statements: Sequence[Statement], signer: Signer) -> Checkpoint:
        """Add statements and sign the tree with them in it; it is durable when this returns.

        Raises DamageError when what stands there is not what was signed last, ConfigurationError when the
        signer's key is none of those that count, StorageError.
        """
        with exclusive_lock(self.lock, "the ledger"):
            before = self._begin(signer)
            if not statements:
                return before
            size = before.size + len(statements)
            lines = [
                Opened(before.size + place, size, secrets.token_bytes(SALT_BYTES), statement)
                for place, statement in enumerate(statements)
            ]
            drop_unsigned(self.root, before.size)
            append_lines(self.root, before.size, lines)
            written = write_entries(self.root, before.size, [line.entry for line in lines])
            return self._sign(before, lines, written, signer)

    def _begin(self, signer: Signer) -> Checkpoint:
        """Return the newest checkpoint, its copy made sure of; a new ledger gets its name."""
        if signer.key_id not in self.keys:
            raise ConfigurationError(
                f"the signing key {signer.key_id} is not one of keys/trusted: nobody would believe it",
                remedy=f"copy keys/archive.pub to keys/trusted/{signer.key_id}.pem",
            )
        if signer.key_id in self.ends:
            raise ConfigurationError(
                f"the signing key {signer.key_id} has ended: nobody would believe it",
                remedy="'oais keys show' tells which key is in use; docs/keys.md tells how to make a new one",
            )
        if not self.signed and not (self.root / ORIGIN).exists():
            with storage_errors("making the ledger"):
                make_directories(self.root)
                write_durably(self.root / ORIGIN, f"oais-archive/{signer.key_id}\n".encode())
        if not self.signed:
            return Checkpoint(self.origin(), 0, EMPTY_ROOT)
        head = self.head()
        self._keep(head.size, self._read(CHECKPOINT))
        return head

    def _sign(
        self, before: Checkpoint, lines: Sequence[Opened], written: Sequence[Tile], signer: Signer
    ) -> Checkpoint:
        self._require_on_disk(lines, written)
        size = before.size + len(lines)
        tiles = Tiles(self.root, size)
        if tree_root(before.size, tiles.node) != before.root:
            raise DamageError(
                f"the ledger does not begin with the {before.size} entries that were signed last",
                remedy=_REMEDY,
            )
        after = Checkpoint(before.origin, size, tree_root(size, tiles.node))
        note = sign_checkpoint(after, signer)
        write_durably(self.root / CHECKPOINT, note)
        self._keep(size, note)
        drop_partials(self.root, written)
        return after

    def _require_on_disk(self, lines: Sequence[Opened], written: Sequence[Tile]) -> None:
        """Read back what was written and compare it with what it was to be; raises DamageError."""
        before = lines[0].index
        entries = [line.entry for line in lines]
        for tile in written:
            level, number, width = tile
            if level not in {"entries", 0}:
                continue  # what stands higher is proven by the root that is computed from it
            data = read_tile(self.root, *tile, from_disk=True)
            try:
                found = entries_in(data) if level == "entries" else hashes_in(data)
            except ValueError:
                found = []
            skipped = max(0, before - number * WIDTH)
            first = number * WIDTH + skipped - before
            expected = entries[first : first + width - skipped]
            if found[skipped:] != (expected if level == "entries" else list(map(leaf_hash, expected))):
                raise DamageError(
                    f"the disk gave back other bytes of ledger/{tile_path(*tile)}", remedy=_REMEDY
                )

    def _keep(self, size: int, note: bytes) -> None:
        """Keep a checkpoint under its size, unless it is kept already."""
        path = self.root / checkpoint_name(size)
        with storage_errors("keeping the checkpoint"):
            if not path.exists():
                made = make_directories(path.parent)
                write_durably(path, note)
                for folder in made:
                    sync_directory(folder.parent)

    def prove(self, opened: Opened) -> Proof:
        """Return the proof of an entry: always the same bytes; raises DamageError, StorageError."""
        note = self.checkpoint_with(opened.size)
        _, key_id = open_checkpoint(note, self.origin(), self.keys, self.ends)
        path = inclusion_path(opened.index, opened.size, Tiles(self.root, opened.size).node)
        return Proof(opened.statement, opened.salt, opened.index, path, note, plain_pem(self.keys[key_id]))


def kept_checkpoints(root: Path) -> list[str]:
    """Return the names below ``checkpoints`` of all that lies there; what a crash left half written is none.

    Raises StorageError.
    """
    folder = root / CHECKPOINTS
    with storage_errors(f"reading ledger/{CHECKPOINTS}"):
        paths = [item.path for item in walk(folder) if not item.is_directory] if folder.is_dir() else []
    return [path for path in paths if not is_unfinished(path.rpartition("/")[2])]


def checkpoint_name(size: int) -> str:
    """Return where the checkpoint of a size is kept, below the ledger."""
    return f"{CHECKPOINTS}/{number_path(size)}"
