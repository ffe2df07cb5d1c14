"""Digests of many files: from the disk as from its cache; it is asked ahead, and every file closed again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from oais.information.budget import Budget
from oais.information.fixity import hash_bytes
from oais.information.many_files import hash_files

FILES = 60
AHEAD = 16
BLOCK = 1 << 20
BYTES_AHEAD = 8 << 20


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """Files of several sizes, and among them what is missing, a link and a folder."""
    for number in range(FILES):
        (tmp_path / f"file-{number:02}").write_bytes(bytes([number]) * (number % 7) * 20_000)
    (tmp_path / "link").symlink_to(tmp_path / "file-01")
    (tmp_path / "folder").mkdir()
    names = [f"file-{number:02}" for number in range(FILES)]
    return [str(tmp_path / name) for name in (*names[:5], "missing", "link", "folder", *names[5:])]


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_the_disk_tells_the_same_as_its_cache(paths: list[str]) -> None:
    """Order, sizes, digests and what could not be read are the same however the files are read."""
    cached = list(hash_files(paths, ("sha512",), workers=1))
    from_disk = list(hash_files(paths, ("sha512",), workers=1, from_disk=True))
    assert from_disk == cached
    assert [path for path, _ in from_disk] == paths
    told = {Path(path).name: found for path, found in from_disk}
    assert [told[name].problem for name in ("missing", "link", "folder")] == ["missing", "special", "special"]
    expected = hash_bytes(bytes([6]) * 6 * 20_000, ("sha512",))
    assert (told["file-06"].size, told["file-06"].digests) == (expected.size, expected.digests)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the system is told of each file that it should read before it is asked for."""
    advise: Callable[[int, int, int, int], None] = os.posix_fadvise
    told: list[int] = []

    def advised(descriptor: int, offset: int, length: int, advice: int) -> None:
        if advice == os.POSIX_FADV_WILLNEED:
            told.append(min(length, os.fstat(descriptor).st_size))
        advise(descriptor, offset, length, advice)

    monkeypatch.setattr(os, "posix_fadvise", advised)
    return told


def test_the_disk_is_asked_ahead_for_a_few_files(paths: list[str], asked: list[int]) -> None:
    """Before the first answer it has the next ones to read."""
    before = _open_files()
    answers = hash_files(paths, ("blake3",), workers=1, from_disk=True)
    next(answers)
    assert AHEAD - 3 <= len(asked) <= AHEAD + 1  # three of the first are no files
    assert max(asked) == 6 * 20_000  # small files as a whole
    assert _open_files() <= before + AHEAD
    assert len(list(answers)) == len(paths) - 1
    assert len(asked) == FILES
    assert _open_files() == before


def test_of_large_files_the_disk_is_asked_for_fewer(tmp_path: Path, asked: list[int]) -> None:
    """Of each a block is asked for, of all of them together no more than a few."""
    large = [tmp_path / f"large-{number:02}" for number in range(FILES)]
    for path in large:
        with path.open("wb") as stream:
            stream.truncate(3 * BLOCK)
    answers = hash_files(map(str, large), ("blake3",), workers=1, from_disk=True)
    next(answers)
    assert max(asked) == BLOCK
    assert BYTES_AHEAD - BLOCK <= sum(asked) <= BYTES_AHEAD + BLOCK
    assert {found.size for _, found in answers} == {3 * BLOCK}
    assert len(asked) == FILES


def test_whoever_stops_leaves_no_file_open(paths: list[str]) -> None:
    """What was opened ahead and is not wanted any more is closed."""
    before = _open_files()
    answers = hash_files(paths, ("blake3",), workers=1, from_disk=True)
    next(answers)
    assert _open_files() > before
    answers.close()  # type: ignore[attr-defined]  # it is a generator
    assert _open_files() == before


def test_within_a_budget_nothing_is_read_ahead(paths: list[str], asked: list[int]) -> None:
    """A byte that was not given is not read, not even by the system."""
    list(hash_files(paths, ("blake3",), workers=1, from_disk=True, budget=Budget(10**9)))
    assert asked == []
