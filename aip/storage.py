"""The store: an OCFL 1.1 storage root with one object per AIP. Write once; nothing in it is ever edited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aip.sealing import SealedAip
from aip.stored import StoredAip


class AipStore:
    """Stores sealed AIPs and finds stored ones; ``locks`` is where its lock files lie."""

    def __init__(self, root: Path, locks: Path | None = None) -> None:
        self.root = root
        self.locks = locks if locks is not None else root.parent / "staging" / "locks"

    def create_root(self, public_pem: bytes = b"") -> None:
        """Make a new storage root that explains itself."""
        raise NotImplementedError

    def store(self, sealed: SealedAip) -> StoredAip:
        """Take a sealed AIP into the store; it is durable when this returns."""
        raise NotImplementedError

    def find(self, aip_id: str) -> StoredAip | None:
        """Return the stored AIP of that identifier, or None; raises DamageError."""
        raise NotImplementedError

    def object_roots(self) -> Iterator[Path]:
        """Yield the object root of every AIP, damaged ones too, in the order of the disk layout."""
        raise NotImplementedError

    def objects(self) -> Iterator[StoredAip]:
        """Yield every AIP that can be read; damaged ones are left to the audit."""
        raise NotImplementedError

    def recover(self) -> list[str]:
        """Finish what a crash left between two renames; return what was done, one sentence each."""
        raise NotImplementedError
