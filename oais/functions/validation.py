"""``oais validate``: the pure standards, applied to a bag, an E-ARK package, OCFL, an AIP of ours.

What reads an AIP or an archive's home is imported where one is met: a bag is judged without either.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aip.validation.ocfl import check_ocfl_object, check_ocfl_storage_root, recognise
from oais.disk_faults import storage_errors
from oais.errors import WrongUsageError
from oais.information.findings import Finding, Severity, finding, refuses
from oais.information.text import printable
from sip.bag.validation import validate_bag
from sip.receive import receive

_OCFL_CODE = re.compile(r"[EW][0-9]{3}")
_NO_BAG_AT_THE_TOP = "BAG-067"
_CONTAINERS = (".tar", ".tar.gz", ".tgz", ".zip")


@dataclass(frozen=True, slots=True)
class Validation:
    """The verdict on one thing: what it is, whether it is valid, and everything found."""

    path: str
    kind: str
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Whether no finding is an error."""
        return not refuses(self.findings)

    def as_plain(self) -> dict[str, Any]:
        """Return the one object that ``--json`` prints."""
        return {
            "path": self.path,
            "kind": self.kind,
            "valid": self.valid,
            "findings": [found.as_dict() for found in self.findings],
        }


def validate(path: Path, trusted: Mapping[str, bytes] | None = None) -> Validation:
    """Validate whatever lies at ``path``; ``trusted`` are the public keys whose signatures count.

    Without any, those of the archive around ``path`` count; outside an archive signatures are not judged.

    Raises WrongUsageError when there is nothing, or nothing that we know how to validate.
    """
    if not path.exists():
        raise WrongUsageError(f"{printable(str(path))} does not exist")
    if path.is_file() and path.name.lower().endswith(_CONTAINERS):
        kind, findings = _judge_container(path)
        return Validation(str(path), kind, tuple(_each_once(findings)))
    kind, check = recognise_package(path, trusted or _keys_around(path))
    return Validation(str(path), kind, tuple(_each_once(check())))


def _each_once(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Pass over what two layers found alike: the root's check and the AIP's read the same objects."""
    first: dict[tuple[str, str, str], Finding] = {}
    for found in findings:
        first.setdefault((found.code, found.path, found.message), found)
    return first.values()


def _keys_around(path: Path) -> dict[str, bytes] | None:
    """Return the trusted keys of the archive in whose home ``path`` lies, if it lies in one."""
    for folder in path.resolve().parents:
        if (folder / "oais.yaml").is_file():
            from oais.archive import keys_trusted_in

            return keys_trusted_in(folder)
    return None


def trusted_from(paths: Iterable[Path]) -> dict[str, bytes]:
    """Read public keys from PEM files, by key id; raises WrongUsageError naming the one that is none."""
    return dict(_public_key(path) for path in paths)


def _public_key(path: Path) -> tuple[str, bytes]:
    from oais.information.signature import key_id_of_pem

    try:
        pem = path.read_bytes()
        return key_id_of_pem(pem), pem
    except (OSError, ValueError) as error:
        raise WrongUsageError(
            f"{printable(str(path))} is not an Ed25519 public key in PEM: {error}"
        ) from error


def recognise_package(
    path: Path, trusted: Mapping[str, bytes] | None
) -> tuple[str, Callable[[], Iterable[Finding]]]:
    """Return what kind of package lies at ``path`` and how it is checked."""
    ocfl = recognise(path) if path.is_dir() else None
    if ocfl == "storage root":
        return "OCFL storage root", lambda: _check_root(path, trusted)
    if ocfl == "object":
        if is_aip(path):
            return "AIP", lambda: _check_aip(path, trusted)
        return "OCFL object", lambda: check_ocfl_object(path)
    if _is_eark_package(path):
        return "E-ARK package", lambda: _check_eark(path)
    if path.is_dir() and ((path / "bagit.txt").exists() or (path / "data").is_dir()):
        return "bag", lambda: validate_bag(path, profile="standard").findings
    raise WrongUsageError(
        f"{printable(str(path))} is neither a bag, nor an E-ARK package, nor an OCFL object or storage root",
        remedy="a bag has a file bagit.txt, an E-ARK package METS.xml, an OCFL object "
        "0=ocfl_object_1.1, a storage root 0=ocfl_1.1",
    )


def is_aip(root: Path) -> bool:
    """Return whether an OCFL object is an AIP of ours: a METS package with our description inside."""
    return any(root.glob("v*/content/METS.xml")) and any(
        root.glob("v*/content/metadata/descriptive/description.json")
    )


def _is_eark_package(path: Path) -> bool:
    if not (path / "METS.xml").is_file() or (path / "bagit.txt").exists():
        return False
    from aip.validation.eark import is_eark_package

    return is_eark_package(path)


def _check_eark(path: Path) -> Iterable[Finding]:
    from aip.validation.eark import check_eark_package

    return check_eark_package(path)


def _check_aip(root: Path, trusted: Mapping[str, bytes] | None) -> Iterable[Finding]:
    from aip.validation.package import check_aip

    return check_aip(root, trusted)


def _check_root(root: Path, trusted: Mapping[str, bytes] | None) -> Iterable[Finding]:
    """Check the root by the standard, then every AIP in it through all its layers, each byte read once."""
    objects = sorted(declaration.parent for declaration in root.rglob("0=ocfl_object_*"))
    ours = [place for place in objects if is_aip(place)]
    yield from check_ocfl_storage_root(root, hash_content=len(ours) < len(objects))
    for place in ours:
        for found in _check_aip(place, trusted):
            # Warnings of OCFL were given by the root's check; its errors may come from bytes read only now.
            if found.severity is Severity.ERROR or not _OCFL_CODE.fullmatch(found.code):
                yield replace(found, path=f"{place.relative_to(root)}/{found.path}")


def _judge_container(path: Path) -> tuple[str, list[Finding]]:
    """Return what a container holds, a bag or an E-ARK package, and what is wrong with it."""
    with (
        storage_errors(f"unpacking {path.name}"),
        tempfile.TemporaryDirectory(prefix="oais-validate-") as room,
    ):
        now = datetime.now(UTC)
        submission = receive(path, Path(room), receipt_id="validate", now=now)
        findings = list(submission.findings)
        if _is_eark_package(submission.bag):
            findings = [found for found in findings if found.code != _NO_BAG_AT_THE_TOP]
            if submission.bag.parent == submission.custody:
                message = f"{path.name} holds the package's files themselves, not one folder with them"
                findings.append(finding("CSIPSTR1", "", message))
            return "E-ARK package", [*findings, *_check_eark(submission.bag)]
        if not refuses(findings):
            found = validate_bag(submission.bag, profile="standard", files=submission.files).findings
            findings.extend(found)
        return "bag", findings
