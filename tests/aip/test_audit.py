"""Every change of a stored AIP is found with its exact path, and a sound one is never accused."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from aip.audit import audit_aip
from aip.storage import AipStore
from aip.stored import AUDITS, INVENTORY, SIDECAR, StoredAip
from oais.information.fixity import FileFixity
from oais.information.reader.ocfl_object import Aip
from oais.information.signature import create_signer
from tests.aip.building import ONE, RICH, TRUSTED, fits_bytes, store_package


@pytest.fixture
def stored(store: AipStore, tmp_path: Path) -> StoredAip:
    """An AIP of two versions that has been audited twice."""
    store_package(store, "x.rich", RICH, tmp_path)
    found = store_package(store, "x.rich", {**RICH, "data/a.fits": fits_bytes(9)}, tmp_path)
    assert audit_aip(found, TRUSTED).findings == ()
    assert audit_aip(found, TRUSTED, algorithms=("sha512",)).findings == ()
    return found


def _paths(stored: StoredAip, *algorithms: str) -> set[str]:
    result = audit_aip(stored.path, TRUSTED, algorithms=algorithms or ("blake3",), record=False)
    return {found.path for found in result.findings}


def _codes(stored: StoredAip) -> set[str]:
    return {found.code for found in audit_aip(stored.path, TRUSTED, record=False).findings}


def _replace(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def test_sound_aip_is_never_accused(stored: StoredAip) -> None:
    """An untouched AIP has no finding by any algorithm, and every content file was read."""
    for algorithms in (("blake3",), ("sha512",), ("sha256", "sha512", "blake3")):
        result = audit_aip(stored, TRUSTED, algorithms=algorithms)
        assert result.findings == ()
        assert result.intact
        assert result.files == sum(len(paths) for paths in stored.inventory.manifest.values())
        assert result.bytes > 0


def test_one_flipped_bit_in_any_file_is_found_with_its_path(
    stored: StoredAip, record_count: Callable[[str, int], None]
) -> None:
    """In every file of the object, one bit changed gives findings for exactly that path."""
    files = sorted(path for path in stored.path.rglob("*") if path.is_file())
    flips = 0
    for path in files:
        data = path.read_bytes()
        for position in {0, len(data) // 2, len(data) - 1}:
            changed = bytearray(data)
            changed[position] ^= 1
            _replace(path, bytes(changed))
            flips += 1
            assert _paths(stored) == {path.relative_to(stored.path).as_posix()}
        _replace(path, data)
    assert _paths(stored) == set()
    assert len(files) > 45
    record_count("bits flipped in stored AIPs", flips)


def test_every_deleted_file_is_found_with_its_path(stored: StoredAip) -> None:
    """Each file taken away alone, but the log of audits, is missed by its path."""
    for path in sorted(path for path in stored.path.rglob("*") if path.is_file()):
        name = path.relative_to(stored.path).as_posix()
        if name == AUDITS:
            continue
        aside = stored.path.parent / "aside"
        path.rename(aside)
        assert name in _paths(stored)
        aside.rename(path)
    assert _paths(stored) == set()


@pytest.mark.parametrize(
    "name",
    [
        "extra",
        "v1/extra",
        "v1/content/extra.fits",
        "v2/content/representations/original/data/.hidden",
        "logs/extra",
        "logs/signatures/v7.inventory.json.sig",
    ],
)
def test_added_file_is_found(stored: StoredAip, name: str) -> None:
    """A file that nothing accounts for is told wherever it lies."""
    (stored.path / name).write_bytes(b"")
    assert _paths(stored) == {name}


def test_swapped_files_of_one_size_are_found(stored: StoredAip) -> None:
    """Two products of one size exchanged, with their times put back, are both told."""
    folder = stored.path / "v1/content/representations/original/data"
    one, two = folder / "a.fits", folder / "é#100%.fits"
    times = [(path.stat().st_atime_ns, path.stat().st_mtime_ns) for path in (one, two)]
    one.rename(folder / "aside")
    two.rename(one)
    (folder / "aside").rename(two)
    for path, time in zip((one, two), times, strict=True):
        os.utime(path, ns=time)
    base = "v1/content/representations/original/data/"
    assert _paths(stored) == {f"{base}a.fits", f"{base}é#100%.fits"}


def test_swapped_aips_are_found(store: AipStore, stored: StoredAip, tmp_path: Path) -> None:
    """A whole sound AIP in the place of another is told by its identifier."""
    other = store_package(store, "x.other", ONE, tmp_path)
    shutil.rmtree(stored.path)
    shutil.copytree(other.path, stored.path)
    assert _codes(stored) == {"AIP-010"}


def test_link_in_place_of_a_file_is_found(stored: StoredAip) -> None:
    """A symbolic link to the very same bytes is not a stored file."""
    path = stored.path / "v1/content/representations/original/data/a.fits"
    path.rename(stored.path.parent / "elsewhere")
    path.symlink_to(stored.path.parent / "elsewhere")
    assert _codes(stored) == {"AIP-012"}


OWN = [
    "0=ocfl_object_1.1",
    INVENTORY,
    SIDECAR,
    AUDITS,
    f"v1/{INVENTORY}",
    f"v2/{SIDECAR}",
    "logs/signatures/v1.inventory.json.sig",
    "logs/signatures/v2.inventory.json.pub.pem",
]


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
@pytest.mark.parametrize("name", OWN)
def test_what_stands_in_place_of_the_archives_own_files_is_found(
    stored: StoredAip, name: str, kind: str
) -> None:
    """A link to the same bytes, a pipe nobody writes to, a folder: told by its path, and never waited for."""
    path, elsewhere = stored.path / name, stored.path.parent / "elsewhere"
    path.rename(elsewhere)
    before = elsewhere.read_bytes()
    if kind == "link":
        path.symlink_to(elsewhere)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    result = audit_aip(stored.path, TRUSTED)
    assert not result.intact
    assert ("AIP-012", name) in {(found.code, found.path) for found in result.findings}
    assert elsewhere.read_bytes() == before
    aip = Aip(str(stored.path), list(TRUSTED.values()))
    aip.verify()
    assert name in aip.faults


def test_unreadable_is_told_apart_from_changed(stored: StoredAip, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file the disk cannot read is AIP-004, not a wrong digest."""

    def fail(*_: object, **__: object) -> FileFixity:
        return FileFixity(0, {}, "unreadable: Input/output error")

    monkeypatch.setattr("oais.information.many_files.hash_file", fail)
    result = audit_aip(stored, TRUSTED, from_disk=False, record=False, workers=1)
    assert {found.code for found in result.findings} == {"AIP-004"}
    assert "Input/output error" in result.findings[0].message


@pytest.mark.parametrize("algorithm", ["blake3", "sha512"])
def test_what_the_disk_does_not_give_is_never_called_changed(
    stored: StoredAip, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    """An I/O error at any file of the object, or at a folder, is AIP-004 with its path and nothing else."""
    files = [path for path in sorted(stored.path.rglob("*")) if path.is_file()]
    opening, refused = os.open, ""

    def failing(path: object, *words: object, **more: object) -> int:
        if os.fspath(path) == refused:  # type: ignore[call-overload]
            raise OSError(errno.EIO, "Input/output error", refused)
        return opening(path, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", failing)
    for file in files:
        refused = str(file)
        result = audit_aip(stored, TRUSTED, algorithms=(algorithm,), record=False, workers=1)
        name = file.relative_to(stored.path).as_posix()
        assert {(found.code, found.path) for found in result.findings} == {("AIP-004", name)}
        assert result.only_unreadable


def test_one_reading_that_fails_is_no_verdict(stored: StoredAip, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever single opening of an audit the disk refuses: AIP-004 or nothing, never a wrong byte."""
    opening, left = os.open, 0

    def failing(path: object, *words: object, **more: object) -> int:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError(errno.EIO, "Input/output error", path)
        return opening(path, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", failing)
    for number in range(1, 1000):
        left = number
        result = audit_aip(stored, TRUSTED, record=False, workers=1)
        assert {found.code for found in result.findings} <= {"AIP-004"}
        if left > 0:
            break
    assert number > 50


def test_a_line_that_a_crash_cut_short_is_no_damage(stored: StoredAip) -> None:
    """It was never acknowledged: both readers warn of it, and the next audit that writes replaces it."""
    log = stored.path / AUDITS
    whole = log.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    for cut in (start + 1, start + 40, len(whole) - 70):
        log.write_bytes(whole[:cut])
        result = audit_aip(stored.path, TRUSTED, record=False)
        assert result.intact
        assert [(found.code, found.path) for found in result.findings] == [("AIP-015", AUDITS)]
        aip = Aip(str(stored.path), list(TRUSTED.values()))
        aip.verify()
        assert (aip.faults, len(aip.notes)) == ({}, 1)
        audit_aip(stored.path, TRUSTED)
        assert audit_aip(stored.path, TRUSTED).findings == ()
    log.write_bytes(whole[:-1])
    assert not audit_aip(stored.path, TRUSTED, record=False).intact


def test_a_folder_that_cannot_be_read_is_not_empty(
    stored: StoredAip, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in it is not said to be missing."""
    listing, refused = os.scandir, f"{stored.path}/v1/content/metadata"

    def failing(path: str) -> object:
        if os.fspath(path) == refused:
            raise OSError(errno.EIO, "Input/output error", refused)
        return listing(path)

    monkeypatch.setattr(os, "scandir", failing)
    result = audit_aip(stored, TRUSTED, record=False, workers=1)
    assert {(found.code, found.path) for found in result.findings} == {("AIP-004", "v1/content/metadata")}


def test_stranger_who_seals_again_is_found(stored: StoredAip) -> None:
    """Inventory, sidecars and signature made anew with another key are not believed."""
    stranger = create_signer(b"\x09" * 32)
    data = (stored.path / INVENTORY).read_bytes().replace(b"version 2", b"version X")
    _reseal(stored, data, stranger.sign(data))
    assert "AIP-007" in _codes(stored)
    _replace(stored.path / "logs/signatures/v2.inventory.json.pub.pem", stranger.public_pem)
    assert {"AIP-007", "AIP-008"} <= _codes(stored)


def _reseal(stored: StoredAip, data: bytes, signature: bytes) -> None:
    import hashlib

    line = f"{hashlib.sha512(data).hexdigest()}  {INVENTORY}\n".encode()
    for folder in (stored.path, stored.path / "v2"):
        _replace(folder / INVENTORY, data)
        _replace(folder / SIDECAR, line)
    _replace(stored.path / "logs/signatures/v2.inventory.json.sig", signature)


def test_damaged_inventory_does_not_stop_the_audit(stored: StoredAip) -> None:
    """With the root's inventory ruined the version's copy is believed, and other damage still found."""
    _replace(stored.path / INVENTORY, b"{}")
    product = "v1/content/representations/original/data/a.fits"
    _replace(stored.path / product, fits_bytes(3))
    assert _paths(stored) == {INVENTORY, product}


def test_unfinished_version_is_a_warning(stored: StoredAip) -> None:
    """What a crash left between two renames is told as unfinished, not as damage."""
    (stored.path / "v3/content").mkdir(parents=True)
    (stored.path / "v3/content/x").write_bytes(b"")
    shutil.rmtree(stored.path / "v3")
    (stored.path / f".{INVENTORY}.123.tmp").write_bytes(b"")
    result = audit_aip(stored, TRUSTED, record=False)
    assert {found.code for found in result.findings} == {"AIP-014"}
    assert result.intact


def test_log_tells_every_audit_and_is_bound_together(stored: StoredAip) -> None:
    """Each audit is one line; a line cut out of the middle is found."""
    log = stored.path / AUDITS
    for _ in range(2):
        audit_aip(stored, TRUSTED)
    lines = log.read_bytes().splitlines(keepends=True)
    assert len(lines) == 4
    assert json.loads(lines[0])["findings"] == []
    log.write_bytes(b"".join(lines[:1] + lines[2:]))
    assert _paths(stored) == {AUDITS}


def test_light_audit_reads_nothing_and_misses_no_name(stored: StoredAip) -> None:
    """Without algorithms only names are compared: a lost file is told, a changed one is not."""
    (stored.path / "v1/content/representations/original/data/a.fits").unlink()
    _replace(stored.path / "v1/content/representations/original/data/table.asdf", b"other")
    result = audit_aip(stored, TRUSTED, algorithms=(), record=False)
    assert [found.code for found in result.findings] == ["AIP-002"]
    assert result.files == 0
