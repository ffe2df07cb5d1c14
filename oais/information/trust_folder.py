"""The folder ``trust/``: every ``root.N.json`` that counted, with its signatures ``root.N.KEYID.sig``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from oais.disk_faults import storage_errors
from oais.errors import DamageError
from oais.files import read_regular
from oais.information.trust import TrustRoot, parse_root, walk_roots, wrong_with

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


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the lists of an archive can be walked: the last that follows, and what is wrong from there on.

    ``broken`` says whether one does not follow; ``faults`` are paths below the home and what is wrong with
    them, also of signatures that the walk could do without.
    """

    root: TrustRoot | None
    broken: bool
    faults: tuple[tuple[str, str], ...]


def reached_in(home: Path) -> Reached:
    """Walk as far as the lists follow each other; raises StorageError."""
    before: TrustRoot | None = None
    faults: list[tuple[str, str]] = []
    versions = root_versions(home)
    for number in range(1, max(versions, default=0) + 1):
        place = f"{TRUST}/{root_name(number)}"
        if number not in versions:
            return Reached(before, True, (*faults, (place, f"{place} is missing")))
        data, signatures = read_root(home, number)
        try:
            root = parse_root(data)
            wrong = wrong_with(root, data, signatures, before)
        except ValueError as error:
            return Reached(before, True, (*faults, (place, f"{place}: {error}")))
        told = list(_wrong_signatures(root, data, signatures, before))
        if wrong:
            if not told or len(told) == len(signatures):  # none of the others proves the list
                told = [(place, f"{place}: {wrong}")]
            return Reached(before, True, (*faults, *told))
        faults += told
        before = root
    return Reached(before, False, tuple(faults))


def _wrong_signatures(
    root: TrustRoot, data: bytes, signatures: dict[str, bytes], before: TrustRoot | None
) -> Iterator[tuple[str, str]]:
    """Yield the signatures that no key of this list or of the one before made over it."""
    lists = [judge for judge in (root, before) if judge is not None]
    right = {key.key_id for judge in lists for key in judge.signed_by(data, signatures)}
    for key_id in sorted(signatures.keys() - right):
        place = f"{TRUST}/root.{root.version}.{key_id}.sig"
        yield place, f"{place} is no signature of that root key over {root_name(root.version)}"


def read_root(home: Path, version: int) -> tuple[bytes, dict[str, bytes]]:
    """Return one file and its signatures by key id; raises StorageError."""
    folder = home / TRUST
    with storage_errors("reading trust/"):
        names = sorted(path.name for path in folder.iterdir())
    found = (match for name in names if (match := _SIGNATURE.fullmatch(name)))
    signatures = {match[2]: _read(folder, match[0]) for match in found if int(match[1]) == version}
    return _read(folder, root_name(version)), signatures


def _read(folder: Path, name: str) -> bytes:
    with storage_errors(f"reading {TRUST}/{name}"):
        return read_regular(folder / name)
