"""The files of a storage root that belong to no AIP: what the archive wrote, and what else is there."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from aip.root import LAYERS, PUBLIC_KEY, README, ROOT_DECLARATION, root_files
from oais.disk_faults import unreadable
from oais.errors import StorageError
from oais.files import read_regular
from oais.information.findings import Finding, finding
from oais.information.reader.composed import VERIFY, reader_number, verify_program

_TEMPORARY: Final = re.compile(r"\.(verify\.py|README\.txt|archive\.pub\.pem)\.[0-9]+\.tmp")
_EXTENSIONS: Final = "extensions"

_PEM_END: Final = b"-----END PUBLIC KEY-----\n"


def check_root_files(root: Path, trusted: Collection[bytes]) -> Iterator[Finding]:
    """Yield what is wrong with them; the public key there must be one of the ``trusted`` (PEM).

    Whether the root is declared as one is not looked at here. Never raises for what lies there.
    """
    for name, expected in root_files().items():
        found = _read(root / name)
        if isinstance(found, bytes):
            if found != expected:
                yield _differs(name, found)
        elif isinstance(found, FileNotFoundError):
            yield finding("AUD-006", f"aip/{name}", f"aip/{name} is missing")
        else:
            yield _not_read(f"aip/{name}", found)
    yield from _check_key(root, trusted)
    for path, kind in _strange(root):
        yield finding("AUD-007", f"aip/{path}", f"the {kind} aip/{path} belongs to no AIP")


def _not_read(path: str, error: OSError) -> Finding:
    """Tell what lies in the place of a file, or that the disk does not give it: then it may be whole."""
    fault = unreadable(path, error)
    return finding("AUD-009" if isinstance(fault, StorageError) else "AUD-005", path, fault.message)


def _differs(name: str, found: bytes) -> Finding:
    path = f"aip/{name}"
    if name == VERIFY and reader_number(found) not in (0, reader_number(verify_program())):
        return finding("AUD-008", path, f"{path} says it is of another release")
    if name == README:
        return finding("AUD-008", path, f"{path} is not the text of this release: an older one, or changed")
    return finding("AUD-005", path, f"{path} is not what this release wrote ({len(found)} bytes)")


def _check_key(root: Path, trusted: Collection[bytes]) -> Iterator[Finding]:
    path = f"aip/{PUBLIC_KEY}"
    found = _read(root / PUBLIC_KEY)
    if isinstance(found, FileNotFoundError):
        yield finding("AUD-006", path, f"{path} is missing")
    elif not isinstance(found, bytes):
        yield _not_read(path, found)
    elif not found or set(_pems_in(found)) - set(trusted):
        yield finding("AUD-005", path, f"{path} is none of the {len(trusted)} trusted keys")


def _pems_in(data: bytes) -> list[bytes]:
    """Return the keys of a file: the one that signs, behind it those that did before."""
    parts = data.split(_PEM_END)
    return [part + _PEM_END for part in parts[:-1]] + parts[-1:] * bool(parts[-1])


def _read(path: Path) -> bytes | OSError:
    try:
        return read_regular(path, follow=False)
    except OSError as error:
        return error


def _strange(root: Path) -> Iterator[tuple[str, str]]:
    """Yield what is no folder on the way to an AIP, and what else lies at the top."""
    known = {ROOT_DECLARATION, PUBLIC_KEY, *root_files()}
    yield from _strange_in(root, "", known, 1)
    extensions = {path for path in known if path.startswith(f"{_EXTENSIONS}/")}
    for folder, _, names in os.walk(root / _EXTENSIONS):
        for name in sorted(names):
            path = (Path(folder) / name).relative_to(root).as_posix()
            if path not in extensions:
                yield path, "file"


def _strange_in(root: Path, prefix: str, known: Collection[str], layer: int) -> Iterator[tuple[str, str]]:
    try:
        with os.scandir(root / prefix) as listing:
            entries = sorted((item.name, item.is_dir(follow_symlinks=False)) for item in listing)
    except OSError:
        return  # told by whoever looks for AIPs there
    for name, is_folder in entries:
        path = f"{prefix}{name}"
        if not is_folder:
            if path not in known and not _TEMPORARY.fullmatch(path):
                yield path, "file"
        elif layer < LAYERS and path != _EXTENSIONS:
            yield from _strange_in(root, f"{path}/", known, layer + 1)
