"""Bags made for tests: sound ones, and the means to spoil them."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from oais.information.findings import Finding
from oais.information.packages import Submission
from sip.admission import ReceiveLimits
from sip.receive import receive

NOW = datetime(2026, 11, 21, 3, 52, tzinfo=UTC)

CARDS = (
    "SIMPLE  =                    T",
    "BITPIX  =                    8",
    "NAXIS   =                    0",
    "END",
)

PAYLOAD = {
    "data/img.fits": b"".join(card.encode().ljust(80) for card in CARDS).ljust(2880),
    "data/run1/spectrum.csv": b"1,2,3\n",
    "data/run1/empty.txt": b"",
}

Spoil = Callable[[Path], object]


def digest(data: bytes, algorithm: str) -> str:
    """Hexadecimal digest of bytes."""
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def make_bag(
    root: Path,
    payload: Mapping[str, bytes] = PAYLOAD,
    *,
    algorithms: Sequence[str] = ("sha512",),
    version: str = "1.0",
    tags: str | None = None,
    extra: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a sound bag; ``extra`` are further tag files, listed in the tag manifest."""
    oxum = f"{sum(map(len, payload.values()))}.{len(payload)}"
    if tags is None:
        tags = f"External-Identifier: test.bag.0001\nPayload-Oxum: {oxum}\n"
    files = dict(payload) | dict(extra or {})
    for algorithm in algorithms:
        lines = (f"{digest(data, algorithm)}  {path}\n" for path, data in payload.items())
        files[f"manifest-{algorithm}.txt"] = "".join(lines).encode()
    declaration = f"BagIt-Version: {version}\nTag-File-Character-Encoding: UTF-8\n"
    files["bagit.txt"] = declaration.encode()
    files["bag-info.txt"] = tags.encode()
    (root / "data").mkdir(parents=True)
    for path, data in files.items():
        write(root, path, data)
    seal_tags(root, algorithms)
    return root


def seal_tags(root: Path, algorithms: Sequence[str] = ("sha512",)) -> None:
    """(Re)write the tag manifests over all tag files, so that only the fault in question is left."""
    for algorithm in algorithms:
        lines = [
            f"{digest(path.read_bytes(), algorithm)}  {path.relative_to(root).as_posix()}\n"
            for path in sorted(root.rglob("*"))
            if not path.is_symlink()
            and path.is_file()
            and not path.is_relative_to(root / "data")
            and not path.name.startswith("tagmanifest-")
        ]
        write(root, f"tagmanifest-{algorithm}.txt", "".join(lines).encode("utf-8", "replace"))


def write(root: Path, path: str, data: bytes) -> None:
    """Write a file of the bag, with the directories above it."""
    full = os.path.join(os.fspath(root), path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    Path(full).write_bytes(data)


def replacing(path: str, old: bytes, new: bytes) -> Spoil:
    """Spoil a tag file by replacing bytes in it; the tag manifest follows."""

    def spoil(root: Path) -> None:
        data = (root / path).read_bytes()
        assert old in data
        write(root, path, data.replace(old, new, 1))
        seal_tags(root)

    return spoil


def holding(path: str, data: bytes) -> Spoil:
    """Spoil a tag file by giving it other content; the tag manifest follows."""

    def spoil(root: Path) -> None:
        write(root, path, data)
        seal_tags(root)

    return spoil


def also_listing(lines: bytes, manifest: str = "manifest-sha512.txt") -> Spoil:
    """Spoil a manifest by further lines; the tag manifest follows."""

    def spoil(root: Path) -> None:
        with (root / manifest).open("ab") as stream:
            stream.write(lines)
        if not manifest.startswith("tag"):
            seal_tags(root)

    return spoil


def with_payload(path: str, data: bytes = b"payload", listed: str | None = None) -> Spoil:
    """Add a payload file with a name of its own, listed as it is, and a matching Payload-Oxum."""

    def spoil(root: Path) -> None:
        write(root, path, data)
        name = (path if listed is None else listed).encode("utf-8", "surrogateescape")
        also_listing(digest(data, "sha512").encode() + b"  " + name + b"\n")(root)
        renew_oxum(root)

    return spoil


def renew_oxum(root: Path) -> None:
    """Make Payload-Oxum true again."""
    sizes = [path.lstat().st_size for path in (root / "data").rglob("*") if path.is_file()]
    tags = f"External-Identifier: test.bag.0001\nPayload-Oxum: {sum(sizes)}.{len(sizes)}\n"
    holding("bag-info.txt", tags.encode())(root)


def codes(findings: Sequence[Finding], severity: str = "") -> set[str]:
    """The codes found, of one severity or of all."""
    return {found.code for found in findings if severity in ("", found.severity)}


def submit(
    delivery: Path, custody: Path, receipt: str = "r1", limits: ReceiveLimits | None = None
) -> Submission:
    """Receive a delivery under a name and a time of the test's choice."""
    return receive(delivery, custody, receipt_id=receipt, now=NOW, limits=limits)


def instead(path: str, make: Callable[[Path], object]) -> Spoil:
    """Put something else where a file was."""

    def spoil(root: Path) -> None:
        (root / path).unlink(missing_ok=True)
        make(root / path)

    return spoil


def unix_socket(path: Path) -> None:
    """Bind a socket by a short name, since socket paths are short."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def chmod(path: str, mode: int) -> Spoil:
    """Give a file special bits."""
    return lambda root: (root / path).chmod(mode)


def flipped(path: str) -> Spoil:
    """Flip one bit and keep the size."""

    def spoil(root: Path) -> None:
        data = bytearray((root / path).read_bytes())
        data[7] ^= 1
        (root / path).write_bytes(data)

    return spoil


def twins(first: str, second: str) -> Spoil:
    """Two files whose names look alike."""

    def spoil(root: Path) -> None:
        with_payload(first)(root)
        with_payload(second)(root)

    return spoil
