"""``ocfl_layout.json``, and where the layouts it can name put an object (section 4.1)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator, Iterator
from pathlib import Path

from aip.validation.ocfl.entries import Entry, Kind, read_file
from aip.validation.ocfl.extensions import is_registered
from aip.validation.ocfl.strict_json import (
    JsonObject,
    as_object,
    json_type,
    parse_json,
    repeated_keys,
)
from oais.information.findings import Finding, finding

LAYOUT = "ocfl_layout.json"

_LARGEST = 1 << 20

_FLAT = "0002-flat-direct-storage-layout"
_HASH_AND_ID = "0003-hash-and-id-n-tuple-storage-layout"
_HASHED = "0004-hashed-n-tuple-storage-layout"
_DEFAULTS: JsonObject = {
    "digestAlgorithm": "sha256",
    "tupleSize": 3.0,
    "numberOfTuples": 3.0,
    "shortObjectRoot": False,
}
_LONGEST_NAME = 100
_SAFE = re.compile(r"[A-Za-z0-9_-]")


def check_layout(root: Path, entries: list[Entry]) -> Generator[Finding, None, str | None]:
    """Check ``ocfl_layout.json`` if there is one, and return the name of the layout it declares."""
    if not any(entry.name == LAYOUT and entry.kind is Kind.FILE for entry in entries):
        return None
    layout = read_object(root / LAYOUT)
    if isinstance(layout, str):
        yield finding("E070", LAYOUT, f"{LAYOUT} is not the JSON of a layout: {layout}")
        return None
    faults = list(_check_keys(layout))
    yield from faults
    if faults:
        return None
    extension = str(layout["extension"])
    if not is_registered(extension):
        yield finding("E071", LAYOUT, f"extension {extension} is not a registered layout")
    return extension


def _check_keys(layout: JsonObject) -> Iterator[Finding]:
    for key in repeated_keys(layout):
        yield finding("E070", LAYOUT, f"key {key} stands more than once in {LAYOUT}")
    for key in ("extension", "description"):
        if key not in layout:
            yield finding("E070", LAYOUT, f"key {key} is missing from {LAYOUT}")
        elif not isinstance(layout[key], str):
            found = json_type(layout[key])
            yield finding("E070", LAYOUT, f"{key} is {found} in {LAYOUT}, expected a string")


def read_object(path: Path) -> JsonObject | str:
    """Return the JSON object in a small file, or words that say why there is none."""
    data = read_file(path, _LARGEST)
    if data is None:
        return f"it is larger than {_LARGEST} bytes"
    try:
        value = parse_json(data)
    except ValueError as error:
        return str(error)
    layout = as_object(value)
    return layout if layout is not None else f"it is {json_type(value)}, not an object"


class StoragePaths:
    """The deterministic mapping from identifier to path that E083 asks for, where it is known here.

    Known are the layouts 0002, 0003 and 0004 with sound parameters; of others nothing is said.
    """

    def __init__(self, layout: str | None, parameters: JsonObject) -> None:
        settings = {**_DEFAULTS, **parameters}
        self._size = _whole(settings["tupleSize"])
        self._count = _whole(settings["numberOfTuples"])
        self._algorithm = str(settings["digestAlgorithm"])
        self._short = settings["shortObjectRoot"] is True
        known = layout in (_HASH_AND_ID, _HASHED) and self._algorithm in ("sha256", "sha512", "md5")
        self._layout = layout if known or layout == _FLAT else None

    def path_of(self, identifier: str) -> str | None:
        """Return where the object belongs, relative to the storage root, or None if not known."""
        if self._layout is None or self._layout == _FLAT:
            return identifier if self._layout else None
        raw = identifier.encode("utf-8", "surrogatepass")
        digest = hashlib.new(self._algorithm, raw, usedforsecurity=False).hexdigest()
        end = self._size * self._count
        tuples = [digest[at : at + self._size] for at in range(0, end, self._size or 1)]
        if self._layout == _HASH_AND_ID:
            name = "".join(map(_percent_encoded, identifier))
            last = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}-{digest}"
        else:
            last = digest[end:] if self._short else digest
        return "/".join([*tuples, last])


def _whole(value: object) -> int:
    return int(value) if isinstance(value, float) and 0 <= value <= 128 else 0


def _percent_encoded(character: str) -> str:
    if _SAFE.fullmatch(character):
        return character
    return "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))


def storage_paths(root: Path, layout: str | None) -> StoragePaths:
    """Return the mapping of the declared layout, with the parameters its extension carries."""
    parameters: JsonObject | str = {}
    if layout in (_HASH_AND_ID, _HASHED):
        file = root / "extensions" / layout / "config.json"
        if file.is_file() and not file.is_symlink():
            parameters = read_object(file)
    if isinstance(parameters, str):
        return StoragePaths(None, {})
    return StoragePaths(layout, parameters)
