"""Builds OCFL objects and storage roots by hand, so that tests can then break them.

Nothing here uses the archive's own code: what it builds is judged by ocfl-py as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Files = Mapping[str, bytes]

TWO_VERSIONS: tuple[Files, ...] = (
    {"a.txt": b"first\n", "sub/b.txt": b"second\n"},
    {"a.txt": b"changed\n", "sub/b.txt": b"second\n", "c.txt": b"third\n"},
)

_MAKERS: dict[str, Callable[[bytes], str]] = {
    "md5": lambda data: hashlib.md5(data).hexdigest(),
    "sha1": lambda data: hashlib.sha1(data).hexdigest(),
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    "sha512": lambda data: hashlib.sha512(data).hexdigest(),
    "sha512/256": lambda data: hashlib.new("sha512_256", data).hexdigest(),
    "blake2b-160": lambda data: hashlib.blake2b(data, digest_size=20).hexdigest(),
    "blake2b-256": lambda data: hashlib.blake2b(data, digest_size=32).hexdigest(),
    "blake2b-384": lambda data: hashlib.blake2b(data, digest_size=48).hexdigest(),
    "blake2b-512": lambda data: hashlib.blake2b(data).hexdigest(),
    "size": lambda data: str(len(data)),
}


def digest(data: bytes, algorithm: str = "sha512") -> str:
    """Return the digest of some bytes as OCFL writes it."""
    return _MAKERS[algorithm](data)


@dataclass(frozen=True)
class Recipe:
    """What a sound object is made of; ``specifications`` has one entry, or one per version."""

    versions: Sequence[Files] = TWO_VERSIONS
    identifier: str = "urn:example:object"
    specifications: Sequence[str] = ("1.1",)
    algorithms: Sequence[str] = ("sha512",)
    width: int = 0
    content_directory: str | None = None
    fixity: Sequence[str] = ()


@dataclass(frozen=True)
class BuiltObject:
    """An object on disk that was sound when it was built."""

    root: Path
    names: tuple[str, ...]

    @property
    def head(self) -> str:
        """The name of the newest version directory."""
        return self.names[-1]

    def inventory(self, folder: str = "") -> Json:
        """Return an inventory as it stands on disk."""
        loaded: Json = json.loads((self.root / folder / "inventory.json").read_bytes())
        return loaded

    def change(self, change: Callable[[Json], object], *folders: str) -> None:
        """Change inventories and seal them again; by default the root's and the head's copy."""
        for folder in folders or ("", self.head):
            inventory = self.inventory(folder)
            change(inventory)
            self.write(inventory, folder)

    def change_all(self, change: Callable[[Json], object]) -> None:
        """Change every inventory of the object and seal it again."""
        self.change(change, "", *self.names)

    def write(self, inventory: Json | bytes, *folders: str, algorithm: str = "") -> None:
        """Write an inventory and its sidecar into folders of the object."""
        for folder in folders or ("", self.head):
            data = inventory if isinstance(inventory, bytes) else dump(inventory)
            if not algorithm and isinstance(inventory, dict):
                algorithm = str(inventory.get("digestAlgorithm"))
            place = self.root / folder
            for old in place.glob("inventory.json.*"):
                old.unlink()
            known = algorithm if algorithm in _MAKERS else "sha512"
            (place / "inventory.json").write_bytes(data)
            (place / f"inventory.json.{known}").write_text(f"{digest(data, known)} inventory.json\n")


def dump(inventory: Json) -> bytes:
    """Spell an inventory as JSON."""
    return json.dumps(inventory, indent=1).encode()


def build_object(root: Path, recipe: Recipe = Recipe()) -> BuiltObject:
    """Write a sound object to ``root``, which must not exist."""
    root.mkdir(parents=True)
    names = tuple(f"v{number:0{recipe.width}d}" for number in range(1, len(recipe.versions) + 1))
    built = BuiltObject(root, names)
    content = recipe.content_directory or "content"
    bytes_of: dict[str, bytes] = {}
    for name, files in zip(names, recipe.versions, strict=True):
        for path, data in files.items():
            if data not in bytes_of.values():
                place = f"{name}/{content}/{path}"
                bytes_of[place] = data
                (root / place).parent.mkdir(parents=True, exist_ok=True)
                (root / place).write_bytes(data)
        (root / name).mkdir(exist_ok=True)
        built.write(_inventory(recipe, names, name, bytes_of), name)
    built.write(built.inventory(built.head), "")
    declaration = f"ocfl_object_{recipe.specifications[-1]}"
    (root / f"0={declaration}").write_text(declaration + "\n")
    return built


def _inventory(recipe: Recipe, names: tuple[str, ...], head: str, bytes_of: Files) -> Json:
    at = names.index(head)
    algorithm = recipe.algorithms[min(at, len(recipe.algorithms) - 1)]
    specification = recipe.specifications[min(at, len(recipe.specifications) - 1)]
    inventory: Json = {
        "id": recipe.identifier,
        "type": f"https://ocfl.io/{specification}/spec/#inventory",
        "digestAlgorithm": algorithm,
        "head": head,
        "manifest": _by_digest(bytes_of, algorithm),
        "versions": {
            name: _version(files, algorithm, number)
            for number, (name, files) in enumerate(zip(names, recipe.versions, strict=True))
            if number <= at
        },
    }
    if recipe.content_directory:
        inventory["contentDirectory"] = recipe.content_directory
    if recipe.fixity:
        inventory["fixity"] = {name: _by_digest(bytes_of, name) for name in recipe.fixity}
    return inventory


def _by_digest(files: Files, algorithm: str) -> dict[str, list[str]]:
    block: dict[str, list[str]] = {}
    for path, data in files.items():
        block.setdefault(digest(data, algorithm), []).append(path)
    return block


def _version(files: Files, algorithm: str, number: int) -> Json:
    return {
        "created": f"2026-01-0{number % 9 + 1}T12:00:00Z",
        "state": _by_digest(files, algorithm),
        "message": "made for a test",
        "user": {"name": "Ada", "address": "mailto:ada@example.org"},
    }


def build_storage_root(
    root: Path, places: Mapping[str, str], layout: str | None = None, specification: str = "1.1"
) -> Path:
    """Write a storage root whose objects lie at ``places``: path to identifier."""
    root.mkdir(parents=True)
    (root / f"0=ocfl_{specification}").write_text(f"ocfl_{specification}\n")
    if layout is not None:
        write_layout(root, layout)
    for path, identifier in places.items():
        build_object(root / path, Recipe(versions=TWO_VERSIONS[:1], identifier=identifier))
    return root


def write_layout(root: Path, layout: str) -> None:
    """Write ``ocfl_layout.json`` and the layout's parameters, those that the extensions suggest."""
    text = json.dumps({"extension": layout, "description": "made for a test"})
    (root / "ocfl_layout.json").write_text(text)
    if layout.startswith("0002"):  # the one layout that has no parameters
        return
    parameters: Json = {"extensionName": layout}
    if layout[:4] in ("0003", "0004"):
        parameters |= {"digestAlgorithm": "sha256", "tupleSize": 3, "numberOfTuples": 3}
    config = root / "extensions" / layout / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps(parameters))
