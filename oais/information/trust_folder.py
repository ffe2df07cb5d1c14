"""The folder ``trust/``: every ``root.N.json`` that counted, with its signatures ``root.N.KEYID.sig``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from oais.disk_faults import storage_errors
from oais.errors import DamageError
from oais.files import read_regular
from oais.information.trust import TrustRoot, walk_roots

TRUST: Final = "trust"
ROOT_FILE: Final = re.compile(r"root\.([1-9][0-9]{0,5})\.json")
_SIGNATURE: Final = re.compile(r"root\.([1-9][0-9]{0,5})\.([0-9a-f]{16})\.sig")


def root_name(version: int) -> str:
    """Return the name of the file of a version."""
    return f"root.{version}.json"


def root_versions(home: Path) -> list[int]:
    """Return the versions that lie there, in order; raises StorageError."""
    folder = home / TRUST
    with storage_errors("reading trust/"):
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(int(match[1]) for name in names if (match := ROOT_FILE.fullmatch(name)))


def trust_in(home: Path) -> TrustRoot | None:
    """Return the newest list of trusted keys, walked to from the first; None in an archive without any.

    Raises DamageError when the chain does not hold, StorageError.
    """
    versions = root_versions(home)
    if not versions:
        return None
    try:
        if versions != list(range(1, len(versions) + 1)):
            missing = next(number for number in range(1, len(versions) + 1) if number not in versions)
            raise ValueError(f"trust/{root_name(missing)} is missing")
        return walk_roots([read_root(home, version) for version in versions])
    except ValueError as error:
        raise DamageError(str(error), remedy="restore trust/ from a copy") from error


def read_root(home: Path, version: int) -> tuple[bytes, dict[str, bytes]]:
    """Return one file and its signatures by key id; raises StorageError."""
    folder = home / TRUST
    with storage_errors(f"reading trust/{root_name(version)}"):
        data = read_regular(folder / root_name(version))
        signatures = {}
        for path in folder.iterdir():
            match = _SIGNATURE.fullmatch(path.name)
            if match and int(match[1]) == version:
                signatures[match[2]] = read_regular(path)
    return data, signatures
