"""An archive with an AIP of two versions and copies of it at two locations, each of which can be harmed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

from aip.stored import INVENTORY, SIDECAR
from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.copies.locations import add_location, roots
from oais.functions.submission import submit
from oais.information.identifiers import object_path
from tests.functions.conftest import SteadyClock, tree_digest
from tests.functions.deliveries import plain_bag

AIP = "x.some"
PLACE = object_path(AIP)
COPIES = ("home", "vault", "attic")


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _older(root: Path) -> None:
    """Put an object back to its first version, whole and signed."""
    shutil.rmtree(root / "v2")
    for path in (root / "logs/signatures").glob("v2.*"):
        path.unlink()
    for name in (INVENTORY, SIDECAR):
        shutil.copyfile(root / "v1" / name, root / name)


HARMS: dict[str, Callable[[Path], object]] = {
    "good": lambda root: None,
    "missing": shutil.rmtree,
    "content": lambda root: flip(next(root.glob("v1/content/**/a.csv"))),
    "inventory": lambda root: flip(root / INVENTORY),
    "signature": lambda root: flip(root / "logs/signatures/v2.inventory.json.sig"),
    "unreadable": lambda root: None,
    "older": _older,
    "extra": lambda root: (root / "v1/content/stray.txt").write_text("stray"),
}
"""What may have become of a copy; ``unreadable`` needs ``failing_disk`` beside it."""


@contextmanager
def failing_disk(roots_of_copies: list[Path]) -> Iterator[None]:
    """Let the disk refuse one content file of each of these copies (EIO)."""
    bad = {os.fspath(next(root.glob("v1/content/**/a.csv"))) for root in roots_of_copies}
    real = os.open

    def opened(path: Any, *arguments: Any, **keywords: Any) -> int:
        if os.fspath(path) in bad:
            raise OSError(5, os.strerror(5), os.fspath(path))
        return real(path, *arguments, **keywords)

    with mock.patch("os.open", opened):
        yield


@dataclass(frozen=True)
class Copied:
    """The archive and a sound image of each copy, from which each case begins anew."""

    archive: Archive
    image: Path
    places: dict[str, Path] = field(default_factory=dict)

    def begin(self, states: tuple[str, ...]) -> list[Path]:
        """Make every copy whole, then harm each as told; return those that cannot be read."""
        unreadable = []
        for name, state in zip(COPIES, states, strict=True):
            root = self.places[name]
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(self.image, root)
            shutil.rmtree(root.parents[4] / "quarantine", ignore_errors=True)
            HARMS[state](root)
            unreadable += [root] * (state == "unreadable")
        return unreadable

    def trees(self) -> dict[str, dict[str, bytes]]:
        """Return every file of every copy, and what was put aside at each place."""
        return {
            name: tree_digest(root) | {f"aside/{path}": data for path, data in self.aside(name).items()}
            for name, root in self.places.items()
        }

    def aside(self, name: str) -> dict[str, bytes]:
        """Return what was put aside at a place, by its path in the object."""
        folder = self.places[name].parents[4] / "quarantine"
        return {path.partition("/")[2]: data for path, data in tree_digest(folder).items()}


def copied_archive(folder: Path) -> Copied:
    """Make the archive, deliver both versions, and keep an image of the object."""
    archive = replace(initialise(folder / "home"), clock=SteadyClock())
    for name in COPIES[1:]:
        add_location(archive, name, folder / name)
    for number in (1, 2):
        payload = {"a.csv": b"a\n1\n", "b.csv": f"b\n{number}\n".encode()}
        bag = plain_bag(folder / f"{number}.bag", AIP, payload)
        assert [told.outcome for told in submit(archive, [bag])] == ["stored"]
    image = folder / "image"
    shutil.copytree(archive.aip_root / PLACE, image)
    return Copied(archive, image, {name: root / PLACE for name, root in roots(archive).items()})
