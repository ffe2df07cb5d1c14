"""A DIP is a bag that others accept, the same bytes for the same order, and never holds damage."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bagit
import pytest

from dip.building import Container, DipItem, DipOrder, build_dip
from dip.order import ACCESS_DECISION
from dip.tags import PUBLIC_KEY, SIGNATURE
from oais.errors import DamageError, RefusedError, StorageError
from oais.information.fixity import hash_file
from oais.information.signature import create_signer
from tests.tars import unpack

SIGNER = create_signer(b"\x05" * 32)
CONTENT = {
    "mission/a.fits": b"SIMPLE" * 3000,
    "mission/é with space.txt": b"text\n",
    "empty": b"",
    "large.bin": os.urandom(3 << 20),
}


@pytest.fixture
def order(tmp_path: Path) -> DipOrder:
    """An order of four files of different sizes, with metadata."""
    items = []
    for number, (path, data) in enumerate(CONTENT.items()):
        source = tmp_path / "store" / str(number)
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(data)
        found = hash_file(source)
        items.append(DipItem(path, source, found.size, found.digests))
    return DipOrder(
        order_id="order-0001",
        title="Four files\nin two lines",
        items=tuple(items),
        metadata={ACCESS_DECISION: b"{}\n", "x.1/v1/premis.xml": b"<premis/>\n"},
        citation="Example Team (2026): Example. https://doi.example/1",
        licence="CC-BY-4.0",
        source_organization="Example Archive",
        at="2026-11-21T04:00:07Z",
    )


def _folder(order: DipOrder, tmp_path: Path, container: Container) -> Path:
    """Build the DIP and return the bag as a folder, unpacked when it is a zip."""
    dip = build_dip(order, tmp_path / "dip" / "bag", SIGNER, container=container)
    if container == "directory":
        return dip.path
    if container == "tar.gz":
        with tarfile.open(dip.path) as packed:
            unpack(packed, tmp_path / "unpacked")
    else:
        with zipfile.ZipFile(dip.path) as zipped:
            assert zipped.testzip() is None
            zipped.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked" / order.order_id


@pytest.mark.parametrize("container", ["directory", "zip", "tar.gz"])
def test_bag_is_accepted_by_bagit_and_sha512sum(
    order: DipOrder, tmp_path: Path, container: Container, program: Callable[[str], str]
) -> None:
    """Each container holds a bag that bagit validates, whose manifests sha512sum checks."""
    folder = _folder(order, tmp_path, container)
    bag = bagit.Bag(str(folder))
    assert bag.validate()
    assert bag.info["External-Identifier"] == "order-0001"
    for manifest in ("manifest-sha512.txt", "tagmanifest-sha512.txt"):
        subprocess.run([program("sha512sum"), "--strict", "-c", manifest], cwd=folder, check=True)
    for path, data in CONTENT.items():
        assert (folder / "data" / path).read_bytes() == data
    assert (folder / "metadata" / ACCESS_DECISION).read_bytes() == b"{}\n"


def test_signature_is_verified_by_openssl(
    order: DipOrder, tmp_path: Path, program: Callable[[str], str]
) -> None:
    """The command that the README names verifies the signature over the tag manifest."""
    folder = _folder(order, tmp_path, "directory")
    words = ["pkeyutl", "-verify", "-pubin", "-inkey", PUBLIC_KEY, "-rawin", "-sigfile", SIGNATURE]
    command = [program("openssl"), *words, "-in"]
    good = subprocess.run([*command, "tagmanifest-sha512.txt"], cwd=folder, check=False)
    bad = subprocess.run([*command, "tagmanifest-sha256.txt"], cwd=folder, check=False)
    assert (good.returncode, bad.returncode != 0) == (0, True)


def test_readme_tells_citation_and_licence(order: DipOrder, tmp_path: Path) -> None:
    """A reader finds how to cite, what is allowed and how to check; a missing licence is said."""
    text = (_folder(order, tmp_path, "directory") / "README.txt").read_text()
    assert order.citation in text
    assert "CC-BY-4.0" in text
    assert "openssl pkeyutl" in text
    plain = build_dip(replace(order, licence=""), tmp_path / "plain", container="directory")
    text = (plain.path / "README.txt").read_text()
    assert "not stated" in text
    assert "openssl" not in text


@pytest.mark.parametrize("container", ["zip", "tar.gz"])
def test_the_same_order_gives_the_same_bytes(order: DipOrder, tmp_path: Path, container: Container) -> None:
    """Two deliveries of one order are equal byte for byte, whenever and wherever they are built."""
    for item in order.items:
        os.utime(item.source)
    one = build_dip(order, tmp_path / "one.zip", SIGNER, container=container)
    (tmp_path / "elsewhere").mkdir()
    two = build_dip(order, tmp_path / "elsewhere" / "two.zip", SIGNER, container=container)
    assert one.path.read_bytes() == two.path.read_bytes()
    assert one.size == one.path.stat().st_size
    assert one.manifest_digest == two.manifest_digest
    other = build_dip(replace(order, at="2027-01-01T00:00:00Z"), tmp_path / "three.zip", SIGNER)
    assert other.path.read_bytes() != one.path.read_bytes()


def test_manifest_digest_names_what_was_delivered(order: DipOrder, tmp_path: Path) -> None:
    """The digest that the archive remembers is that of the manifest in the bag."""
    dip = build_dip(order, tmp_path / "bag", container="directory")
    data = (dip.path / "manifest-sha512.txt").read_bytes()
    assert dip.manifest_digest == hashlib.sha512(data).hexdigest()


@pytest.mark.parametrize("container", ["directory", "zip"])
@pytest.mark.parametrize("damage", ["changed", "cut", "longer", "gone"])
def test_damage_stops_the_delivery_and_leaves_nothing(
    order: DipOrder, tmp_path: Path, container: Container, damage: str
) -> None:
    """A stored file that is not what was sealed is named, and no half a bag stays behind."""
    source = order.items[0].source
    data = source.read_bytes()
    source.unlink()
    changed = {"changed": b"X" + data[1:], "cut": data[:-1], "longer": data + b"\0"}
    if damage in changed:
        source.write_bytes(changed[damage])
    with pytest.raises(DamageError, match=r"mission/a\.fits"):
        build_dip(order, tmp_path / "dip" / "bag", SIGNER, container=container)
    assert list((tmp_path / "dip").iterdir()) == []


def test_delivered_files_are_copies(order: DipOrder, tmp_path: Path) -> None:
    """Whoever changes a delivered file does not change the archive's."""
    folder = _folder(order, tmp_path, "directory")
    (folder / "data" / "mission" / "a.fits").write_bytes(b"changed")
    assert order.items[0].source.read_bytes() == CONTENT["mission/a.fits"]


@pytest.mark.parametrize("path", ["../evil", "/etc/passwd", "a//b", "a/./b", "line\nend", ""])
def test_paths_that_lead_out_are_refused(order: DipOrder, tmp_path: Path, path: str) -> None:
    """A payload path that is not one inside the bag is refused before anything is written."""
    item = replace(order.items[0], path=path)
    with pytest.raises(RefusedError, match="not a path"):
        build_dip(replace(order, items=(item,)), tmp_path / "bag")
    assert not (tmp_path / "bag").exists()


def test_impossible_orders_are_refused(order: DipOrder, tmp_path: Path) -> None:
    """No files, a path twice, no digests, or a target that is there: each is refused with its reason."""
    item = order.items[0]
    for wrong, reason in (
        (replace(order, items=()), "names no file"),
        (replace(order, items=(item, item)), "stands twice"),
        (replace(order, items=(replace(item, digests={"md5": "0"}),)), "on record"),
        (replace(order, order_id="a/b"), "name of a folder"),
    ):
        with pytest.raises(RefusedError, match=reason):
            build_dip(wrong, tmp_path / "bag")
    (tmp_path / "bag").mkdir()
    with pytest.raises(RefusedError, match="there already"):
        build_dip(order, tmp_path / "bag")


def test_full_disk_is_told_before_the_first_byte(
    order: DipOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without room for the bag nothing is written and the message names both numbers."""
    monkeypatch.setattr("dip.building.free_bytes", lambda _: 1000)
    with pytest.raises(StorageError, match="1000 are free"):
        build_dip(order, tmp_path / "dip" / "bag")
    assert list((tmp_path / "dip").iterdir()) == []


def test_the_readme_names_where_the_key_is(order: DipOrder, tmp_path: Path) -> None:
    """A signed delivery tells the address of the archive's keys."""
    address = "https://archive.example/keys"
    dip = build_dip(replace(order, keys_address=address), tmp_path / "bag", SIGNER, container="directory")
    assert f"public key from {address} rather" in (dip.path / "README.txt").read_text("utf-8")
