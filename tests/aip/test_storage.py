"""What is stored: one OCFL object per AIP, bytes linked and not copied, versions that hold what changed."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from aip.reading import read_description
from aip.recovery import is_unfinished
from aip.sealing import SealedAip, seal
from aip.staging import stage_aip
from aip.storage import AipStore
from aip.stored import INVENTORY, SIDECAR, open_stored
from aip.validation.ocfl import check_ocfl_storage_root
from oais.errors import ConfigurationError, DamageError, RefusedError, StorageError
from oais.information.findings import Severity
from tests.aip.building import (
    MANY,
    NOW,
    ONE,
    RICH,
    SIGNER,
    contents_of,
    fits_bytes,
    later,
    new_store,
    root_of,
    store_package,
)

SECOND = {**{name: data for name, data in RICH.items() if "asdf" not in name}, "data/a.fits": fits_bytes(9)}


def test_first_version_holds_every_file_at_its_place(store: AipStore, tmp_path: Path) -> None:
    """A stored AIP gives back each delivered file by its logical path, with size and digests."""
    stored = store_package(store, "x.rich", RICH, tmp_path)
    files = stored.open(1).files()
    product = files["representations/original/data/é#100%.fits"]
    assert product.path.read_bytes() == RICH["data/é#100%.fits"]
    assert product.size == len(RICH["data/é#100%.fits"])
    assert set(product.digests) == {"sha512", "sha256"}
    assert "metadata/other/sip/manifest-sha512.txt" in files
    assert "documentation/guide.txt" in files
    assert stored.path == root_of(store, "x.rich")


def test_bytes_are_linked_from_custody_not_copied(store: AipStore, tmp_path: Path) -> None:
    """The product in the store is the inode that lay in custody, and nobody may write it."""
    stored = store_package(store, "x.one", ONE, tmp_path)
    kept = stored.open().file("representations/original/data/img 1.fits").path
    custody = tmp_path / "bag-x.one-1" / "data" / "img 1.fits"
    assert kept.stat().st_ino == custody.stat().st_ino
    assert kept.stat().st_mode & 0o222 == 0


def test_file_with_another_name_is_copied(store: AipStore, tmp_path: Path) -> None:
    """A file that somebody else holds by another name is never shared with the archive."""
    contents = contents_of("x.one", tmp_path / "bag", ONE)
    other = tmp_path / "kept-by-somebody.fits"
    os.link(tmp_path / "bag" / "data" / "img 1.fits", other)
    staged = stage_aip(contents, tmp_path / "home" / "staging", None)
    stored = store.store(seal(staged, SIGNER))
    kept = stored.open().file("representations/original/data/img 1.fits").path
    assert kept.stat().st_ino != other.stat().st_ino
    assert kept.read_bytes() == ONE["data/img 1.fits"]


def test_second_version_stores_only_what_changed(store: AipStore, tmp_path: Path) -> None:
    """A new version holds the changed product and new metadata; the old one stays as it was."""
    first = store_package(store, "x.rich", RICH, tmp_path)
    before = first.open(1).files()
    second = store_package(store, "x.rich", SECOND, tmp_path)
    new = {path for path in second.inventory.fixity["sha256"] if path.startswith("v2/")}
    assert {path for path in new if "/data/" in path} == {"v2/content/representations/original/data/a.fits"}
    assert second.open(1).files() == before
    kept = second.open(2).files()
    assert "representations/original/data/table.asdf" not in kept
    assert kept["representations/original/data/a.fits"].path.read_bytes() == fits_bytes(9)
    assert kept["schemas/mets.xsd"].path == before["schemas/mets.xsd"].path


def test_objects_and_root_are_valid_by_two_validators(store: AipStore, tmp_path: Path) -> None:
    """Objects of one, two and three versions and the root are valid for ocfl-py and for our own check."""
    from ocfl.storage_root import StorageRoot
    from ocfl.validator import Validator

    one = store_package(store, "x.one", ONE, tmp_path)
    store_package(store, "x.many", MANY, tmp_path)
    for payload in (RICH, SECOND, {**SECOND, "data/new.fits": fits_bytes(5)}):
        rich = store_package(store, "x.rich", payload, tmp_path)
        validator = Validator()
        assert validator.validate_object(str(rich.path)), str(validator)
    assert rich.versions == (1, 2, 3)
    assert Validator().validate_object(str(one.path))
    assert StorageRoot(root=str(store.root)).validate()
    errors = [found for found in check_ocfl_storage_root(store.root) if found.severity is Severity.ERROR]
    assert errors == []


def test_signature_verifies_with_openssl(
    store: AipStore, tmp_path: Path, program: Callable[[str], str]
) -> None:
    """The signature over an inventory is checked by openssl with the key of the storage root."""
    stored = store_package(store, "x.one", ONE, tmp_path)
    words = ["pkeyutl", "-verify", "-pubin", "-inkey", str(store.root / "archive.pub.pem"), "-rawin"]
    signature = stored.path / "logs/signatures/v1.inventory.json.sig"
    command = [program("openssl"), *words, "-sigfile", str(signature), "-in"]
    good = subprocess.run([*command, str(stored.path / "v1" / INVENTORY)], check=False)
    bad = subprocess.run([*command, str(stored.path / SIDECAR)], check=False)
    assert good.returncode == 0
    assert bad.returncode != 0


def test_sidecar_verifies_with_sha512sum(
    store: AipStore, tmp_path: Path, program: Callable[[str], str]
) -> None:
    """The sidecar is in the form that sha512sum -c reads."""
    stored = store_package(store, "x.one", ONE, tmp_path)
    subprocess.run([program("sha512sum"), "-c", SIDECAR], cwd=stored.path, check=True)


def test_only_seal_makes_a_sealed_aip(tmp_path: Path) -> None:
    """An unsigned package cannot be handed to the store."""
    new_store(tmp_path / "home")
    staged = stage_aip(contents_of("x.one", tmp_path / "bag", ONE), tmp_path / "home/staging", None)
    with pytest.raises(TypeError, match=r"aip\.sealing\.seal"):
        SealedAip(staged, "0" * 128, object())  # type: ignore[arg-type]


def test_the_same_identifier_is_not_stored_twice(store: AipStore, tmp_path: Path) -> None:
    """A first version of an AIP that is in the store is refused and changes nothing."""
    stored = store_package(store, "x.one", ONE, tmp_path)
    before = (stored.path / INVENTORY).read_bytes()
    contents = contents_of("x.one", tmp_path / "again", MANY)
    staged = stage_aip(contents, tmp_path / "home/staging", None)
    with pytest.raises(RefusedError, match="in the store already"):
        store.store(seal(staged, SIGNER))
    assert (stored.path / INVENTORY).read_bytes() == before
    assert not staged.path.exists()


def test_a_version_built_upon_an_older_one_is_refused(store: AipStore, tmp_path: Path) -> None:
    """Of two second versions built at the same time only one is stored."""
    first = store_package(store, "x.one", ONE, tmp_path)
    contents = later(contents_of("x.one", tmp_path / "late", MANY), 2)
    late = seal(stage_aip(contents, tmp_path / "home/staging", first), SIGNER)
    store_package(store, "x.one", RICH, tmp_path)
    with pytest.raises(RefusedError, match="another version"):
        store.store(late)
    found = store.find("x.one")
    assert found is not None
    assert found.versions == (1, 2)


def test_find_and_objects(store: AipStore, tmp_path: Path) -> None:
    """A stored AIP is found by its identifier, an unknown one is None, and all are listed."""
    for name in ("x.a", "x.b", "x.c"):
        store_package(store, name, ONE, tmp_path)
    found = store.find("x.b")
    assert found is not None
    assert found.aip_id == "x.b"
    assert store.find("x.z") is None
    assert sorted(item.aip_id for item in store.objects()) == ["x.a", "x.b", "x.c"]


def test_damaged_inventory_is_not_taken_for_a_missing_aip(store: AipStore, tmp_path: Path) -> None:
    """An AIP whose inventory is damaged or gone is damage, never an unknown identifier."""
    stored = store_package(store, "x.one", ONE, tmp_path)
    path = stored.path / INVENTORY
    path.write_bytes(path.read_bytes().replace(b"first", b"forst", 1))
    with pytest.raises(DamageError, match="sidecar does not confirm"):
        store.find("x.one")
    path.unlink()
    with pytest.raises(DamageError, match="has no inventory"):
        store.find("x.one")


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO])
@pytest.mark.parametrize("name", [INVENTORY, SIDECAR, "description.json"])
def test_what_the_disk_does_not_give_is_no_damage(
    name: str, code: int, store: AipStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost permission and a failing disk are told with the file and a remedy, not as damage."""
    stored = store_package(store, "x.one", ONE, tmp_path)

    def refusing(opening: Callable[..., object]) -> Callable[..., object]:
        def refused(path: Path | str, *how: object, **more: object) -> object:
            if Path(path).name == name:
                raise OSError(code, os.strerror(code), str(path))
            return opening(path, *how, **more)

        return refused

    monkeypatch.setattr(Path, "open", refusing(Path.open))
    monkeypatch.setattr(os, "open", refusing(os.open))
    with pytest.raises(StorageError, match=f"{name}.* cannot be read: {os.strerror(code)}") as told:
        read_description(stored) if name == "description.json" else store.find("x.one")
    assert told.value.remedy
    if name != "description.json":
        with pytest.raises(StorageError):
            list(store.objects())


def test_something_else_in_the_place_of_an_inventory_is_damage(store: AipStore, tmp_path: Path) -> None:
    """A folder where the inventory should be is damage, which no permission mends."""
    path = store_package(store, "x.one", ONE, tmp_path).path / INVENTORY
    path.unlink()
    path.mkdir()
    with pytest.raises(DamageError, match="not a regular file"):
        store.find("x.one")


def test_reader_between_inventory_and_sidecar_sees_a_whole_version(store: AipStore, tmp_path: Path) -> None:
    """After a crash between the two last renames readers see the new version, and recovery finishes it."""
    store_package(store, "x.one", ONE, tmp_path)
    old_sidecar = (root_of(store, "x.one") / SIDECAR).read_bytes()
    old_inventory = (root_of(store, "x.one") / INVENTORY).read_bytes()
    second = store_package(store, "x.one", MANY, tmp_path)
    (second.path / SIDECAR).write_bytes(old_sidecar)
    assert open_stored(second.path).head == 2
    assert is_unfinished(second.path)
    assert "sidecar" in store.recover()[0]
    (second.path / SIDECAR).write_bytes(old_sidecar)
    (second.path / INVENTORY).write_bytes(old_inventory)
    assert open_stored(second.path).head == 1
    assert "brought to the root" in store.recover()[0]
    assert open_stored(second.path).head == 2
    assert store.recover() == []


def test_root_explains_itself(store: AipStore) -> None:
    """The storage root says how to find and check an AIP without this program."""
    text = (store.root / "README.txt").read_text()
    assert "sha256sum" in text
    assert (store.root / "0=ocfl_1.1").read_text() == "ocfl_1.1\n"
    with pytest.raises(RefusedError):
        store.create_root(SIGNER.public_pem)


def test_a_folder_that_is_no_root_is_told(tmp_path: Path) -> None:
    """Listing a folder that is no storage root says what is missing."""
    with pytest.raises(ConfigurationError, match=r"0=ocfl_1\.1"):
        list(AipStore(tmp_path).objects())


def test_a_root_that_is_gone_is_not_an_empty_one(store: AipStore, tmp_path: Path) -> None:
    """While the disk of the root is away no AIP is said to be missing, and none is stored in its place."""
    store_package(store, "x.there", {"data/a.csv": b"a"}, tmp_path / "first")
    away = store.root.rename(tmp_path / "away")
    store.root.mkdir()
    for name in ("x.there", "x.never"):
        with pytest.raises(StorageError, match="is not there"):
            store.find(name)
    with pytest.raises(StorageError, match="is not there"):
        store_package(store, "x.other", {"data/a.csv": b"a"}, tmp_path / "second")
    assert list(store.root.iterdir()) == []
    store.root.rmdir()
    away.rename(store.root)
    assert store.find("x.there") is not None
    assert store.find("x.never") is None


def test_paths_that_lead_out_are_refused(store: AipStore, tmp_path: Path) -> None:
    """A content path that leaves the package is refused and nothing stays in staging."""
    contents = contents_of("x.one", tmp_path / "bag", ONE)
    bad = replace(contents.files[0], path="representations/original/data/../../../evil")
    with pytest.raises(RefusedError, match="not a path"):
        stage_aip(replace(contents, files=(bad,)), tmp_path / "home/staging", None)
    assert [path.name for path in (tmp_path / "home/staging").iterdir()] == ["locks"]


def test_full_disk_is_told_before_the_first_byte(
    store: AipStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without room for the package nothing is staged and the message names both numbers."""
    contents = contents_of("x.one", tmp_path / "bag", ONE)
    monkeypatch.setattr("aip.staging.free_bytes", lambda _: 1000)
    with pytest.raises(StorageError, match="1000 are free"):
        stage_aip(contents, tmp_path / "home/staging", None)


def test_the_same_contents_give_the_same_bytes(tmp_path: Path) -> None:
    """Two archives that take in the same package hold the same inventory and signature."""
    stores = [new_store(tmp_path / name) for name in ("one", "two")]
    found = [store_package(item, "x.rich", RICH, tmp_path / item.root.parent.name) for item in stores]
    assert found[0].inventory_digest == found[1].inventory_digest
    assert NOW in (found[0].path / INVENTORY).read_text()
