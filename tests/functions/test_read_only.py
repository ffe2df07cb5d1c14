"""An archive on a disk that takes no writes: every question is answered, every change refused in words."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from oais.archive import Archive, open_archive
from oais.errors import StorageError
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.access.views import as_plain
from oais.functions.administration import tell_status
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.receipts import open_receipt
from oais.functions.submission import submit
from search_index.index import open_index
from tests.functions.conftest import tree_digest
from tests.functions.deliveries import plain_bag


@pytest.fixture
def held(archive: Archive, tmp_path: Path) -> Archive:
    """An archive that holds one AIP."""
    bag = plain_bag(tmp_path / "a.bag", "one.aip", {"a.csv": b"1,2\n"})
    assert [told.error for told in submit(archive, [bag])] == [""]
    return archive


@pytest.fixture
def sealed_disk(held: Archive, tmp_path: Path) -> Iterator[Path]:
    """The home of a copy of the archive on a disk of its own, mounted read-only."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        shutil.copytree(held.home, disk / "home", symlinks=True)
        shutil.rmtree(disk / "home" / "dip")  # a room that cannot be made is no reason not to open
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        yield disk / "home"
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def _answers(archive: Archive) -> str:
    access = open_access(archive)
    with closing(access.index):
        views = [
            access.holdings(),
            access.tree(8),
            access.find(Question(words="one")),
            access.show("one.aip"),
        ]
    return json.dumps([as_plain(view) for view in views], sort_keys=True, default=str)


def test_a_read_only_disk_answers_every_question(held: Archive, sealed_disk: Path) -> None:
    """Questions, status, check and audit of a read-only home say what they say of a writable one."""
    archive = open_archive(sealed_disk)
    assert _answers(archive) == _answers(held)
    assert tell_status(archive).warnings == ()
    assert check_index(archive) == []
    assert run_audit(archive, select_for_audit(archive, None, None, 0)).intact


def test_a_read_only_disk_refuses_changes_in_words(sealed_disk: Path, tmp_path: Path) -> None:
    """Deliveries, rebuilds and the command line tell of the read-only disk, exit code 4, no traceback."""
    archive = open_archive(sealed_disk)
    with pytest.raises(StorageError, match="Read-only"):
        rebuild_index(archive)
    bag = plain_bag(tmp_path / "b.bag", "two.aip", {"b.csv": b"3,4\n"})
    for words, code in ((["submit", str(bag)], 4), (["index", "rebuild"], 4), (["find", "one"], 0)):
        command = [sys.executable, "-m", "oais", *words, "--home", str(sealed_disk)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stdout + done.stderr
        assert not code or "Read-only" in done.stdout + done.stderr, (words, done.stdout, done.stderr)


def test_commits_still_in_the_log_are_seen(held: Archive, tmp_path: Path) -> None:
    """A disk that turned read-only under a running archive: what only the log of writes has is found too."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        writer = sqlite3.connect(held.index_root / "catalogue.sqlite")
        writer.execute("UPDATE aips SET title = 'only in the log'")
        writer.commit()
        shutil.copytree(held.index_root, disk / "search_index")
        writer.close()
        assert (disk / "search_index" / "catalogue.sqlite-wal").stat().st_size
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        entry = open_index(disk / "search_index").aip("one.aip")
        assert entry is not None
        assert entry.title == "only in the log"
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_reading_leaves_no_trace_where_nothing_may_be_written(
    held: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the system denies writing, questions take no lock and make no file: checked on any machine."""
    expected = _answers(held)
    before = tree_digest(held.home)
    monkeypatch.setattr(os, "access", lambda _path, how, **_: how != os.W_OK)

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a question took a lock")

    monkeypatch.setattr("fcntl.flock", refused)
    assert _answers(open_archive(held.home)) == expected
    assert tree_digest(held.home) == before


def test_what_may_not_be_read_is_told_in_words(held: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store and a receipt whose rights were lost are a fault of the disk, not damage, not a defect."""
    listing, opening = os.scandir, os.open

    def refusing(path: object) -> None:
        if str(path).startswith(f"{held.home}/"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    def scandir(path: object = ".") -> object:
        refusing(path)
        return listing(path)  # type: ignore[call-overload]

    def opened(path: object, *how: int, **more: int) -> int:
        refusing(path)
        return opening(path, *how, **more)  # type: ignore[arg-type]

    (receipt,) = (path.stem for path in held.receipts.rglob("*.json"))
    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(os, "open", opened)
    for act in (
        lambda: rebuild_index(held),
        lambda: select_for_audit(held, None, None, 0),
        lambda: open_receipt(held, receipt),
    ):
        with pytest.raises(StorageError, match="Permission denied"):
            act()


def test_rooms_that_cannot_be_made_do_not_stop_reading(
    held: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening makes missing rooms where it may, else reads without them, and tells other faults."""
    shutil.rmtree(held.dip_root)

    def failing(code: int) -> None:
        def mkdir(self: Path, *_: object, **__: object) -> None:
            raise OSError(code, os.strerror(code), str(self))

        monkeypatch.setattr(Path, "mkdir", mkdir)

    for code in (errno.EROFS, errno.EACCES):
        failing(code)
        assert open_access(open_archive(held.home)).show("one.aip").card.aip_id == "one.aip"
    failing(errno.EIO)
    with pytest.raises(StorageError):
        open_archive(held.home)
    monkeypatch.undo()
    assert open_archive(held.home).dip_root.is_dir()
