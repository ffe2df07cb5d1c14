"""Table B of the bad inputs, from delivery to receipt: containers that hold what no container should."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.functions.storage import aip_store
from tests.functions.attacking import Arena, Attack, Make, regular_files
from tests.functions.conftest import Ingest
from tests.sip.bags import PAYLOAD, Spoil, make_bag
from tests.sip.boxes import CASES, ZEROS, tar_of, zip_of
from tests.sip.spoiled import CASES as BAGS
from tests.sip.test_containers import small

PACKERS = {"tar": tar_of, "zip": zip_of}


def named(data: bytes) -> str:
    """A fitting name, as a provider would give it."""
    kinds = {b"PK": ".zip", b"\x1f\x8b": ".tar.gz"}
    return "delivery" + kinds.get(data[:2], ".tar")


def container(data: bytes, name: str = "") -> Make:
    """Deliver bytes as one file."""

    def make(place: Path) -> Path:
        path = place / (name or named(data))
        path.write_bytes(data)
        return path

    return make


def packed(kind: str, spoil: Spoil) -> Make:
    """Deliver a spoiled bag in a container that is itself sound."""

    def make(place: Path) -> Path:
        root = make_bag(place / "making")
        spoil(root)
        files = {f"bag/{path.decode()}": data for path, data in regular_files(root).items()}
        return container(PACKERS[kind](files))(place)

    return make


def untouched(_root: Path) -> None:
    """Leave the bag as it is."""


def two_tops(place: Path) -> Path:
    """Two directories at the top, each of them a bag."""
    files = regular_files(make_bag(place / "making"))
    tops = {f"{top}/{path.decode()}": data for top in "ab" for path, data in files.items()}
    return container(zip_of(tops))(place)


def nested(place: Path) -> Path:
    """A sound bag with a bomb that stays packed: to us it is only a file."""
    bomb = zip_of({"inner.zip": zip_of({"zeros": ZEROS})})
    files = regular_files(make_bag(place / "making", PAYLOAD | {"data/inner.zip": bomb}))
    return container(tar_of({f"bag/{path.decode()}": data for path, data in files.items()}))(place)


SPOILED = (
    "A1 no bagit.txt",
    "A4 manifests of different sets",
    "A12 same-size flip",
    "A15 wrong",
    "A18 executable extra",
)

ROWS = {
    **{name: Attack(container(data), code) for name, (data, code) in CASES.items()},
    **{
        f"{name} in a {kind}": Attack(packed(kind, BAGS[name][0]), BAGS[name][1])
        for name in SPOILED
        if name in BAGS
        for kind in PACKERS
    },
    "B2 42.zip inside": Attack(nested, "", refused=False),
    "B2 zip that says it is a tar": Attack(container(zip_of({"../x": b"x"}), "bag.tar"), "BOX-005"),
    "B3 container with a strange name": Attack(container(b"x", "a\nb\u202e.zip"), "BOX-001"),
    "B3 container with a name of bytes": Attack(container(b"x", "\udcff.zip"), "BOX-001"),
    "A21 two bags at the top": Attack(two_tops, "BAG-067"),
    "A21 no bag at all": Attack(container(zip_of({"a/b.txt": b"x"})), "BAG-001"),
    "a sound tar": Attack(packed("tar", untouched), "", refused=False),
    "a sound zip": Attack(packed("zip", untouched), "", refused=False),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_container(name: str, arena: Arena, record_count: Callable[[str, int], None]) -> None:
    """Each row is refused by its code, the container is kept byte for byte, nothing of it is unpacked."""
    arena.strike(ROWS[name])
    record_count("bad deliveries through ingest", 1)


def test_rows_of_spoiled_bags_are_those_of_the_table() -> None:
    """The bags packed here are all in the table of spoiled bags."""
    assert set(SPOILED) <= set(BAGS)


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
def test_cut_container_never_becomes_a_package(
    kind: str, archive: Archive, take_in: Ingest, tmp_path: Path, record_count: Callable[[str, int], None]
) -> None:
    """B4: cut at every eleventh byte and at its last ones, a container is refused and kept as it came."""
    whole = small(kind)
    cuts = sorted({*range(0, len(whole), 11 if kind != "tar" else 113), *range(len(whole) - 3, len(whole))})
    for cut in cuts:
        path = tmp_path / f"cut.{kind}"
        path.write_bytes(whole[:cut])
        receipt = take_in(path).receipt
        assert receipt.status == "refused", cut
        kept = regular_files(archive.refused / receipt.receipt_id / "container")
        assert list(kept.values()) == [whole[:cut]]
    assert list(aip_store(archive).object_roots()) == []
    assert list(archive.custody.iterdir()) == []
    record_count("sweep points", len(cuts))
