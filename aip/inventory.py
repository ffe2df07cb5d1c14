"""The OCFL inventory as a value: which digest each logical path of each version has, and where its bytes lie.

OCFL 1.1 §3.5. The inventory is written with sorted keys, so that the same contents give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aip.lined_json import lined_json

OCFL_SPECIFICATION = "https://ocfl.io/1.1/spec/#inventory"
DIGEST_ALGORITHM = "sha512"
FIXITY_ALGORITHM = "sha256"
"""What the fixity block adds: the digest that providers, PREMIS and the catalogue speak of.

OCFL's vocabulary has no BLAKE3 (E056); its digests lie in ``metadata/other/blake3.txt`` of each version.
"""

_LINED = 4
"""Levels with lines of their own: inventory, block, version, and the digests of its state."""

_VERSION_NAME = re.compile(r"v[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class InventoryVersion:
    """One version: when and by whom it was made, why, and the digest of each logical path."""

    number: int
    created: str
    message: str
    user_name: str
    user_address: str
    state: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Inventory:
    """The whole inventory; ``manifest`` gives the content path that holds a sha512 digest.

    ``fixity`` gives the further digests of each content path by algorithm.
    """

    aip_id: str
    versions: Mapping[int, InventoryVersion]
    manifest: Mapping[str, tuple[str, ...]]
    fixity: Mapping[str, Mapping[str, str]]

    @property
    def head(self) -> int:
        """The number of the newest version."""
        return max(self.versions)

    def as_bytes(self) -> bytes:
        """Return the bytes of ``inventory.json``."""
        plain = {
            "id": self.aip_id,
            "type": OCFL_SPECIFICATION,
            "digestAlgorithm": DIGEST_ALGORITHM,
            "head": f"v{self.head}",
            "manifest": {digest: sorted(paths) for digest, paths in self.manifest.items()},
            "versions": {f"v{n}": _plain_version(item) for n, item in self.versions.items()},
            "fixity": {name: _by_digest(paths) for name, paths in self.fixity.items()},
        }
        return lined_json(plain, _LINED, sort=True)


def _plain_version(version: InventoryVersion) -> dict[str, Any]:
    user = {"name": version.user_name, "address": version.user_address}
    return {
        "created": version.created,
        "message": version.message,
        "user": {key: value for key, value in user.items() if value},
        "state": _by_digest(version.state),
    }


def _by_digest(paths: Mapping[str, str]) -> dict[str, list[str]]:
    block: dict[str, list[str]] = {}
    for path, digest in sorted(paths.items()):
        block.setdefault(digest, []).append(path)
    return block


def parse_inventory(data: bytes) -> Inventory:
    """Read an inventory of ours; raises ValueError naming what is wrong with it.

    Every rule of OCFL is checked by ``aip.validation.ocfl``; this reads what the archive itself wrote.
    """
    try:
        plain = json.loads(data)
        if plain["digestAlgorithm"] != DIGEST_ALGORITHM:
            raise ValueError(f"its digest algorithm is {plain['digestAlgorithm']!r}, not sha512")
        inventory = Inventory(
            aip_id=str(plain["id"]),
            versions={_number(key): _version(key, item) for key, item in plain["versions"].items()},
            manifest={key.lower(): tuple(paths) for key, paths in plain["manifest"].items()},
            fixity={key: _by_path(block.items()) for key, block in plain.get("fixity", {}).items()},
        )
        if _number(plain["head"]) != inventory.head:
            raise ValueError(f"its head is {plain['head']}, its newest version v{inventory.head}")
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"it is not an OCFL inventory ({type(error).__name__}: {error})") from error
    return inventory


def _number(name: str) -> int:
    if not _VERSION_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a version")
    return int(name[1:])


def _version(name: str, plain: Mapping[str, Any]) -> InventoryVersion:
    user = plain.get("user", {})
    return InventoryVersion(
        number=_number(name),
        created=str(plain["created"]),
        message=str(plain.get("message", "")),
        user_name=str(user.get("name", "")),
        user_address=str(user.get("address", "")),
        state=_by_path(plain["state"].items()),
    )


def _by_path(block: Iterable[tuple[str, list[str]]]) -> dict[str, str]:
    return {path: digest.lower() for digest, paths in block for path in paths}
