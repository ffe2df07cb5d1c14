"""The ground: files are opened, written and exchanged in one way, whatever lies there."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

import pytest

from oais import files
from oais.disk_faults import NotRegularError
from oais.errors import StorageError
from oais.files import (
    create_file,
    exchange_directories,
    listed,
    open_regular,
    read_regular,
    rename_into_place,
    write_durably,
)


def test_only_a_regular_file_is_opened(tmp_path: Path) -> None:
    """A directory and a pipe that nobody writes to are refused at once, a link is not followed."""
    (tmp_path / "file").write_bytes(b"data")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    for special in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(NotRegularError, match="not a regular file"):
            open_regular(special)
    with pytest.raises(OSError, match="symbolic links") as caught:
        open_regular(tmp_path / "link")
    assert caught.value.errno == errno.ELOOP
    with open(open_regular(tmp_path / "file"), "rb") as stream:
        assert stream.read() == b"data"
    assert read_regular(tmp_path / "link") == b"data"


def test_a_new_file_replaces_none_and_a_durable_one_does(tmp_path: Path) -> None:
    """`create_file` fails where something is; `write_durably` puts new bytes in its place, and no rest."""
    create_file(tmp_path / "a", b"first", mode=0o600)
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "a", b"second")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    write_durably(tmp_path / "a", b"third")
    assert (tmp_path / "a").read_bytes() == b"third"
    assert os.listdir(tmp_path) == ["a"]


def test_a_rename_never_replaces(tmp_path: Path) -> None:
    """What is in place already stays, and so does what was to take its place."""
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    with pytest.raises(FileExistsError):
        rename_into_place(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "new" / "new").exists()
    rename_into_place(tmp_path / "new", tmp_path / "deep" / "er" / "new")
    assert (tmp_path / "deep" / "er" / "new" / "new").exists()


class _NoExchange:
    """A file system that cannot exchange two names in one step."""

    @staticmethod
    def renameat2(*_arguments: object) -> int:
        ctypes.set_errno(errno.EINVAL)
        return -1


@pytest.mark.parametrize("in_one_step", [True, False])
def test_two_folders_change_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, in_one_step: bool
) -> None:
    """Each has the other's content afterwards, and nothing is left beside them."""
    if not in_one_step:
        monkeypatch.setattr(files, "_LIBC", _NoExchange)
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "is").write_text(name)
    exchange_directories(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old" / "is").read_text() == "new"
    assert (tmp_path / "new" / "is").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["new", "old"]


def test_a_folder_that_may_not_be_read_is_not_taken_for_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not there has nothing in it; of what the system refuses nobody can say so."""
    (tmp_path / "b.pem").touch()
    (tmp_path / "a.pem").touch()
    (tmp_path / "a.txt").touch()
    assert [path.name for path in listed(tmp_path, ".pem")] == ["a.pem", "b.pem"]
    assert listed(tmp_path / "none", ".pem") == []

    def refused(folder: Path) -> list[str]:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder)

    monkeypatch.setattr(os, "listdir", refused)
    with pytest.raises(StorageError, match="Permission denied"):
        listed(tmp_path, ".pem")
