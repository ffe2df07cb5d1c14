"""Table A of the bad inputs, from delivery to receipt: bags that are not what a bag must be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functions.attacking import Arena, Attack
from tests.sip.bags import PAYLOAD, Spoil, also_listing, holding, make_bag, seal_tags, with_payload
from tests.sip.spoiled import CASES, ID, MANIFEST, OXUM
from tests.sip.test_hazards import BAD as HAZARDS


def bag(spoil: Spoil) -> Callable[[Path], Path]:
    """Make a sound bag and spoil it."""

    def make(place: Path) -> Path:
        root = make_bag(place / "spoiled.bag")
        spoil(root)
        return root

    return make


def hazard(path: str, data: bytes) -> Callable[[Path], Path]:
    """Make a sound bag with one more file."""
    if path.startswith("data/"):
        return lambda place: make_bag(place / "hazard.bag", PAYLOAD | {path: data})
    return lambda place: make_bag(place / "hazard.bag", extra={path: data})


def manifest_as(change: Callable[[bytes], bytes]) -> Spoil:
    """Write the payload manifest in another way."""

    def spoil(root: Path) -> None:
        holding(MANIFEST, change((root / MANIFEST).read_bytes()))(root)

    return spoil


def sparse(size: int) -> Spoil:
    """A payload file that claims ``size`` bytes more, and says so honestly in Payload-Oxum."""

    def spoil(root: Path) -> None:
        os.truncate(root / "data/img.fits", size)
        holding("bag-info.txt", b"Payload-Oxum: %d.3\n" % (size + 6) + ID + b"a.1\n")(root)

    return spoil


def _upper_hex(data: bytes) -> bytes:
    lines = (line.split(b"  ", 1) for line in data.splitlines())
    return b"".join(digest.upper() + b"  " + path + b"\n" for digest, path in lines)


def _with_holes(root: Path) -> None:
    with_payload("data/holes.bin", bytes(4 << 20))(root)
    for size in (0, 4 << 20):
        os.truncate(root / "data/holes.bin", size)


def _clear(root: Path) -> None:
    for path in list(root.iterdir()):
        if path.is_file():
            path.unlink()


def _linked(root: Path, path: str) -> None:
    target = root / path
    if target.is_dir():
        target.rename(root / "other")
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    target.symlink_to("/etc/passwd" if path != "data" else "other")
    seal_tags(root)


ROWS = {
    **{
        name: Attack(bag(spoil), code, refused=severity == "error")
        for name, (spoil, code, severity, _) in CASES.items()
    },
    **{name: Attack(hazard(path, data), code) for name, (path, data, code) in HAZARDS.items()},
    "A1 no declaration, no manifest, nothing": Attack(bag(_clear), "BAG-001"),
    "A11 sparse": Attack(bag(CASES["A11 sparse"][0]), "BAG-068"),
    "A11 sparse, declared": Attack(bag(_with_holes), "BAG-063", refused=False),
    "A11 1 TiB, declared": Attack(bag(sparse(1 << 40)), "BAG-068"),
    "A13 upper-case digests": Attack(bag(manifest_as(_upper_hex)), "", False),
    "A13 CRLF": Attack(bag(manifest_as(lambda data: data.replace(b"\n", b"\r\n"))), "", False),
    "A13 CR": Attack(bag(manifest_as(lambda data: data.replace(b"\n", b"\r"))), "", False),
    "A13 tabs": Attack(bag(manifest_as(lambda data: data.replace(b"  ", b"\t"))), "", False),
    "A16 script in a value": Attack(
        bag(holding("bag-info.txt", OXUM + ID + b"a.1\nTitle: <script>alert(1)</script>\n")), "", False
    ),
    "A16 link in place of bag-info.txt": Attack(
        bag(lambda root: _linked(root, "bag-info.txt")), "BAG-060"
    ),
    "A10 manifest linked to a stranger's file": Attack(bag(lambda root: _linked(root, MANIFEST)), "BAG-060"),
    "A10 bagit.txt linked": Attack(bag(lambda root: _linked(root, "bagit.txt")), "BAG-060"),
    "A10 metadata/submission.yaml linked": Attack(
        bag(lambda root: _linked(root, "metadata/submission.yaml")), "BAG-060"
    ),
    "A10 data/ linked": Attack(bag(lambda root: _linked(root, "data")), "BAG-060"),
    "A5 line of the tag manifest that escapes": Attack(
        bag(also_listing(b"0" * 128 + b"  ../../x\n", "tagmanifest-sha512.txt")), "BAG-040"
    ),
    "A20 no identifier, a name of no letters": Attack(
        lambda place: make_bag(place / "%%%", tags=OXUM.decode()), "ING-005", False
    ),
    "A20 identifier of 121 characters": Attack(
        bag(holding("bag-info.txt", OXUM + ID + b"a" * 121 + b"\n")), "BAG-080"
    ),
    "A9 bag's own name of bytes": Attack(lambda place: make_bag(place / "\udcff.bag"), "", refused=False),
    "A6 bag's own name of controls": Attack(
        lambda place: make_bag(place / "a\x01\u202eb\n.bag"), "", refused=False
    ),
    "an agreement nobody knows": Attack(
        bag(holding("bag-info.txt", OXUM + ID + b"a.1\nSubmission-Agreement: ../../tess\n")), "ING-003"
    ),
    "an agreement of control characters": Attack(
        bag(holding("bag-info.txt", OXUM + ID + b"a.1\nSubmission-Agreement: \x1b[31m\n")), "ING-003"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_bag(name: str, arena: Arena, record_count: Callable[[str, int], None]) -> None:
    """Each row is refused, or where the table says so accepted with a remark, and nothing else happens."""
    arena.strike(ROWS[name])
    record_count("bad deliveries through ingest", 1)
