"""What is sent of a delivery: the same bytes whenever and from wherever they are read."""

from __future__ import annotations

import os
import random
import shutil
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from oais.errors import NotFoundError, RefusedError, WrongUsageError
from sip.containers.extraction import extract
from sip.parcel import parcel_of
from tests.functions.deliveries import plain_bag

LONG = "d" * 90 + "/" + "e" * 120 + "/long.csv"


def bag(root: Path) -> Path:
    """A bag with an empty file, one of exactly one block, a long name and an odd one."""
    payload = {"a.csv": b"1,2\n", "empty.csv": b"", "block.bin": b"x" * 512, LONG: b"far\n", "ü.txt": b"u"}
    return plain_bag(root, "parcel.one", payload)


def test_a_folder_is_sent_as_a_tar_of_all_its_files(tmp_path: Path) -> None:
    """Any tar reader finds in it the files of the folder, byte for byte, below the folder's name."""
    folder = bag(tmp_path / "one.bag")
    parcel = parcel_of(folder)
    data = parcel.read(0, parcel.size)
    assert (parcel.name, len(data)) == ("one.bag.tar", parcel.size)
    with tarfile.open(fileobj=BytesIO(data)) as opened:
        found = {
            member.name: opened.extractfile(member).read()  # type: ignore[union-attr]
            for member in opened
            if member.isfile()
        }
    expected = {f"one.bag/{path.relative_to(folder)}": path for path in folder.rglob("*") if path.is_file()}
    assert found == {name: path.read_bytes() for name, path in expected.items()}


def test_the_archive_itself_unpacks_it_without_a_finding(tmp_path: Path) -> None:
    """What is sent is a container that the archive takes."""
    parcel = parcel_of(bag(tmp_path / "one.bag"))
    (tmp_path / "one.tar").write_bytes(parcel.read(0, parcel.size))
    (tmp_path / "out").mkdir()
    extraction = extract(tmp_path / "one.tar", tmp_path / "out")
    assert extraction.findings == ()
    assert len(extraction.files) == 11


def test_any_part_is_the_same_bytes(tmp_path: Path) -> None:
    """Read in pieces of any size from any place, it is what it is when read whole."""
    seed = int(os.environ.get("OAIS_TEST_SEED") or random.SystemRandom().getrandbits(32))
    chance = random.Random(seed)
    parcel = parcel_of(bag(tmp_path / "one.bag"))
    whole = parcel.read(0, parcel.size + 1)
    for _ in range(500):
        offset, count = chance.randrange(parcel.size + 1), chance.randrange(3000)
        assert parcel.read(offset, count) == whole[offset : offset + count], f"seed {seed}"
    offset, pieces = 0, []
    while offset < parcel.size:
        pieces.append(parcel.read(offset, 511))
        offset += len(pieces[-1])
    assert b"".join(pieces) == whole


def test_a_copy_of_the_folder_gives_the_same_bytes(tmp_path: Path) -> None:
    """Times, owners and modes are not sent."""
    folder = bag(tmp_path / "a" / "one.bag")
    shutil.copytree(folder, tmp_path / "b" / "one.bag", copy_function=shutil.copyfile)
    (tmp_path / "b" / "one.bag" / "data" / "a.csv").chmod(0o600)
    first, second = parcel_of(folder), parcel_of(tmp_path / "b" / "one.bag")
    assert first.read(0, first.size) == second.read(0, second.size)


def test_a_container_is_sent_as_it_is(tmp_path: Path) -> None:
    """A file is not packed again."""
    path = tmp_path / "one.zip"
    path.write_bytes(bytes(range(256)) * 5)
    parcel = parcel_of(path)
    assert (parcel.name, parcel.size, parcel.read(0, 9999)) == ("one.zip", 1280, path.read_bytes())
    assert parcel.read(250, 10) == path.read_bytes()[250:260]


def test_what_changes_while_it_is_sent_is_not_sent(tmp_path: Path) -> None:
    """A file that is written to after it was listed stops the sending, and has another fingerprint."""
    folder = bag(tmp_path / "one.bag")
    parcel = parcel_of(folder)
    (folder / "data" / "a.csv").write_bytes(b"9,9,9\n")
    with pytest.raises(RefusedError, match=r"data/a\.csv has changed"):
        parcel.read(0, parcel.size)
    assert parcel_of(folder).fingerprint != parcel.fingerprint


def test_what_no_bag_may_hold_is_told_at_once(tmp_path: Path) -> None:
    """Links and pipes are all named before anything is sent; a delivery that is not there likewise."""
    folder = bag(tmp_path / "one.bag")
    (folder / "data" / "link").symlink_to("a.csv")
    os.mkfifo(folder / "data" / "pipe")
    with pytest.raises(WrongUsageError, match=r"data/link is a symbolic link\ndata/pipe is a FIFO"):
        parcel_of(folder)
    with pytest.raises(NotFoundError):
        parcel_of(tmp_path / "nothing")
