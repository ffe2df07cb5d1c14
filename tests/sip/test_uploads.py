"""Uploads at rest: what was synced counts, what was not is cut off, and two never write at once."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oais.errors import DamageError, StorageError
from sip import uploads
from sip.uploads import (
    NoRoomError,
    UploadBusyError,
    UploadWriter,
    create_upload,
    remove_upload,
    writing_upload,
)


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    """An upload that nothing has been sent for."""
    path = tmp_path / "uploads" / "0123" / "one.tar"
    path.parent.parent.mkdir()
    create_upload(path, 100)
    return path


def add_and_keep(writer: UploadWriter, data: bytes) -> None:
    writer.add(data)
    writer.keep()


def test_bytes_come_in_pieces(upload: Path) -> None:
    """Each writer goes on where the one before was acknowledged; nobody else may read the file."""
    with writing_upload(upload) as writer:
        writer.start_at(0)
        writer.add(b"one ")
        assert writer.keep() == 4
    with writing_upload(upload) as writer:
        writer.start_at(4)
        writer.add(b"two")
        assert writer.keep() == 7
    assert upload.read_bytes() == b"one two"
    assert upload.stat().st_mode & 0o777 == 0o600


def test_what_was_not_acknowledged_is_cut_off(upload: Path) -> None:
    """Bytes behind the acknowledged offset, left by whatever ended before it could sync, do not count."""
    upload.write_bytes(b"one \0\0\0garbage")
    with writing_upload(upload) as writer:
        writer.start_at(4)
        assert upload.read_bytes() == b"one "
        writer.add(b"wrong")
        writer.drop()
        writer.add(b"two")
        writer.keep()
    assert upload.read_bytes() == b"one two"


def test_lost_bytes_are_not_made_up(upload: Path) -> None:
    """A file shorter than what was acknowledged is damage; zeros are never put in."""
    upload.write_bytes(b"on")
    with writing_upload(upload) as writer, pytest.raises(DamageError, match="2 bytes, and 4 were"):
        writer.start_at(4)
    assert upload.read_bytes() == b"on"


def test_two_never_write_at_once(upload: Path) -> None:
    """The second writer is turned away at once; when the first is killed, the next one goes on."""
    holding = f"""
import signal, sys
from pathlib import Path
from sip.uploads import writing_upload
with writing_upload(Path({str(upload)!r})):
    print("held", flush=True)
    signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", holding], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(UploadBusyError), writing_upload(upload):
            pass
        other.send_signal(signal.SIGKILL)
        other.wait()
    with writing_upload(upload) as first:
        first.start_at(0)
        with pytest.raises(UploadBusyError), writing_upload(upload):
            pass


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_full_disk_takes_back_what_does_not_count(
    upload: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without room the writer stands where it was acknowledged, and nothing half done remains."""
    real_write = os.write

    def half_written(descriptor: int, data: bytes) -> int:
        if len(data) == 1:
            raise OSError(errno.ENOSPC, "full")
        return real_write(descriptor, data[:-1])

    def not_synced(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with writing_upload(upload) as writer:
        writer.start_at(0)
        writer.add(b"one ")
        writer.keep()
        with monkeypatch.context() as full:
            full.setattr(os, call, {"write": half_written, "fsync": not_synced}[call])
            with pytest.raises(NoRoomError, match="no room"):
                add_and_keep(writer, b"two")
        assert upload.read_bytes() == b"one "
        writer.add(b"three")
        assert writer.keep() == 9
    assert upload.read_bytes() == b"one three"


def test_a_broken_disk_is_not_called_full(upload: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An I/O error is told as what it is."""

    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "broken")

    with writing_upload(upload) as writer:
        writer.start_at(0)
        writer.add(b"one")
        monkeypatch.setattr(os, "fsync", broken)
        with pytest.raises(StorageError) as caught:
            writer.keep()
    assert not isinstance(caught.value, NoRoomError)


def test_an_upload_that_does_not_fit_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room is asked for before the first byte comes; the archive's reserve is not given away."""
    monkeypatch.setattr(uploads, "free_bytes", lambda _place: uploads.RESERVE + 99)
    with pytest.raises(NoRoomError):
        create_upload(tmp_path / "0123" / "one.tar", 100)
    assert list(tmp_path.iterdir()) == []
    create_upload(tmp_path / "0123" / "one.tar", 99)


def test_a_removed_upload_leaves_nothing(upload: Path) -> None:
    """The folder goes with the file, and removing again is no fault."""
    remove_upload(upload)
    remove_upload(upload)
    assert list(upload.parent.parent.iterdir()) == []
