"""The list of locations: what may be one, what each change leaves, and what it survives."""

from __future__ import annotations

import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from aip.validation.ocfl import check_ocfl_storage_root
from oais.archive import Archive, open_archive
from oais.errors import ArchiveError, DamageError, NotFoundError, RefusedError, StorageError, WrongUsageError
from oais.functions.administration import initialise
from oais.functions.backup import back_up
from oais.functions.copies.changes import LOG
from oais.functions.copies.locations import (
    add_location,
    location_named,
    locations,
    remove_location,
    roots,
)
from oais.functions.data_management import rebuild_index
from oais.functions.ledger.verifying import tell_ledger, verify_ledger
from oais.information.findings import Severity


def test_a_location_is_a_storage_root_of_its_own(archive: Archive, tmp_path: Path) -> None:
    """What is made there is a valid, empty OCFL storage root with the reader in it, shut to others."""
    location = add_location(archive, "vault", tmp_path / "far" / "vault")
    assert (location.name, location.root) == ("vault", tmp_path / "far" / "vault" / "aip")
    assert [
        found for found in check_ocfl_storage_root(location.root) if found.severity is Severity.ERROR
    ] == []
    assert (location.root / "verify.py").read_bytes() == (archive.aip_root / "verify.py").read_bytes()
    assert location.path.stat().st_mode & 0o777 == 0o700
    assert dict(roots(archive)) == {"home": archive.aip_root, "vault": location.root}


def test_each_change_stands_in_the_ledger(archive: Archive, tmp_path: Path) -> None:
    """Added, removed, and added again under another name: each is proven, and the list is right."""
    add_location(archive, "vault", tmp_path / "vault")
    add_location(archive, "second", tmp_path / "second")
    gone = remove_location(archive, "vault")
    assert gone.root.is_dir()  # whoever is taken off the list keeps what he has
    add_location(archive, "attic", tmp_path / "vault")
    assert [one.name for one in locations(archive)] == ["second", "attic"]
    assert tell_ledger(archive).entries["location"] == 4
    assert verify_ledger(archive) == []


def test_the_list_survives_a_rebuild_and_a_restore(archive: Archive, tmp_path: Path) -> None:
    """It is kept with the ledger: what is made again does not touch it, and the backup has it."""
    add_location(archive, "vault", tmp_path / "vault")
    shutil.rmtree(archive.index_root)
    rebuild_index(archive)
    back_up(archive, tmp_path / "backup")
    for home in (archive.home, tmp_path / "backup"):
        assert [one.name for one in locations(open_archive(home))] == ["vault"]


@pytest.mark.parametrize("name", ["", "home", "Vault", "../x", "a b", "-a", "ü", "a" * 32, "a\n", "a\x1b[2J"])
def test_a_name_that_cannot_be_is_refused(archive: Archive, tmp_path: Path, name: str) -> None:
    """Nothing is made and nothing is noted."""
    with pytest.raises(WrongUsageError, match="no name for a location"):
        add_location(archive, name, tmp_path / "vault")
    assert not (tmp_path / "vault").exists()
    assert not (archive.home / LOG).exists()


def test_a_place_that_cannot_be_is_refused(archive: Archive, tmp_path: Path) -> None:
    """The archive itself, what holds it, another location, somebody's folder, another archive's copies."""
    add_location(archive, "vault", tmp_path / "vault")
    other = initialise(tmp_path / "other")
    add_location(other, "theirs", tmp_path / "theirs")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("precious")
    (tmp_path / "file").write_text("a file")
    inside = [archive.home, archive.home / "x", archive.home.parent, tmp_path / "vault" / "x"]
    for place in inside:
        with pytest.raises(WrongUsageError, match="lie in each other"):
            add_location(archive, "second", place)
    for place in (tmp_path / "full", tmp_path / "theirs"):
        with pytest.raises(RefusedError, match="holds no copies of this archive"):
            add_location(archive, "second", place)
    for place in (tmp_path / "file", Path(os.fsdecode(str(tmp_path / "n").encode() + b"\xff"))):
        with pytest.raises(ArchiveError):
            add_location(archive, "second", place)
    with pytest.raises(RefusedError, match="already"):
        add_location(archive, "vault", tmp_path / "new")
    with pytest.raises(NotFoundError, match="there are: vault"):
        remove_location(archive, "second")
    assert [one.name for one in locations(archive)] == ["vault"]
    assert sorted(path.name for path in (tmp_path / "full").iterdir()) == ["thesis.txt"]


def test_an_adding_that_was_broken_off_is_simply_repeated(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had begun is no location, and no folder of a stranger; with any file beside it it is."""
    place = tmp_path / "vault"

    def stopped(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr("oais.functions.copies.locations.rename_into_place", stopped)
        with pytest.raises(StorageError, match="the location vault: Input/output error"):
            add_location(archive, "vault", place)
    assert (locations(archive), (place / "aip").exists()) == ([], False)
    (place / "staging" / "notes.txt").touch()
    with pytest.raises(RefusedError, match="holds no copies of this archive"):
        add_location(archive, "vault", place)
    (place / "staging" / "notes.txt").unlink()
    assert add_location(archive, "vault", place).away == ""
    assert os.listdir(place / "staging") == ["locks"]


def test_an_unmounted_disk_is_away_and_not_begun_anew(archive: Archive, tmp_path: Path) -> None:
    """An empty mount point is no storage root, and none is made in it."""
    location = add_location(archive, "vault", tmp_path / "vault")
    (tmp_path / "vault").rename(tmp_path / "unplugged")
    (tmp_path / "vault").mkdir()
    assert "No such file" in location_named(archive, "vault").away
    with pytest.raises(StorageError, match="vault is away"):
        location.store()
    assert list((tmp_path / "vault").iterdir()) == []


@pytest.mark.parametrize("kept", [1, 100, -1])
def test_a_line_that_a_crash_cut_short_gives_way(archive: Archive, tmp_path: Path, kept: int) -> None:
    """It was never acknowledged: the list is as before, and goes on with the next change."""
    add_location(archive, "vault", tmp_path / "vault")
    log = archive.home / LOG
    (line,) = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(line + line[:kept])
    assert [place.name for place in locations(archive)] == ["vault"]
    add_location(archive, "second", tmp_path / "second")
    assert [place.name for place in locations(archive)] == ["vault", "second"]


@pytest.mark.parametrize("change", ["flip", "cut", "other name"])
def test_a_changed_list_is_damage(archive: Archive, tmp_path: Path, change: str) -> None:
    """Nobody is led to another folder by an edit of the list; the ledger's verification names it."""
    add_location(archive, "vault", tmp_path / "vault")
    add_location(archive, "second", tmp_path / "second")
    path = archive.home / LOG
    lines = path.read_bytes().splitlines(keepends=True)
    changed = {
        "flip": lines[0].replace(b"vault", b"vaulu") + lines[1],
        "cut": lines[1],
        "other name": lines[0] + json.dumps({"at": "", "event": "added", "name": "x"}).encode() + b"\n",
    }
    path.write_bytes(changed[change])
    with pytest.raises(DamageError, match=r"line \d of ledger/locations.jsonl"):
        locations(archive)
    assert {found.code for found in verify_ledger(archive)} == {"LED-004"}


def test_a_change_that_a_crash_kept_out_of_the_ledger_comes_in(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is the source: the next start adds what it stands for."""
    from oais.functions.copies import locations as module
    from oais.functions.ledger.recording import record_kept

    with monkeypatch.context() as patch:
        patch.setattr(module, "record_location", lambda *_: None)
        add_location(archive, "vault", tmp_path / "vault")
    assert "location" not in tell_ledger(archive).entries
    assert record_kept(replace(archive)) == 1
    assert verify_ledger(archive) == []
