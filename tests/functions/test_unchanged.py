"""What was read of files is known until they change, and what has just changed is not kept at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oais.functions.unchanged import Unchanged

_SECOND = 1_000_000_000


class Reading:
    """Reads a file and counts how often; the disk's clock stands where the test sets it."""

    def __init__(self, path: Path) -> None:
        self.path, self.times, self.now = path, 0, 1_000 * _SECOND
        self._known: Unchanged[str] = Unchanged(most=2, now=lambda: self.now)

    def write(self, text: str) -> None:
        """Write at this moment; where the same text was, only the moment tells."""
        self.path.write_text(text)
        os.utime(self.path, ns=(self.now, self.now))

    def ask(self, key: str = "it") -> str:
        """Return what the file says."""
        return self._known.read(key, (self.path, self.path.with_name("beside")), self._load)

    def _load(self) -> str:
        self.times += 1
        return self.path.read_text() if self.path.exists() else "nothing"


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """A file that was written a minute ago."""
    found = Reading(tmp_path / "file")
    found.write("one")
    found.now += 60 * _SECOND
    return found


def test_what_stays_is_read_once(reading: Reading) -> None:
    """A file that nobody wrote to is not read a second time."""
    assert [reading.ask(), reading.ask()] == ["one", "one"]
    assert reading.times == 1


def test_what_changes_is_read_again(reading: Reading) -> None:
    """A file that was written to, or is gone, is answered as it is now."""
    reading.ask()
    reading.write("two")
    assert reading.ask() == "two"
    reading.path.unlink()
    assert reading.ask() == "nothing"


def test_a_file_that_appears_beside_is_seen(reading: Reading) -> None:
    """One of several paths that was not there counts once it is."""
    reading.ask()
    reading.path.with_name("beside").write_text("log")
    reading.ask()
    assert reading.times == 2


def test_two_changes_within_one_tick_are_both_seen(reading: Reading) -> None:
    """What looks the same because the disk's clock stood still is read all the same."""
    reading.write("two")
    assert reading.ask() == "two"
    reading.write("owt")
    assert reading.ask() == "owt"


def test_what_changes_while_it_is_read_is_not_kept(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that was outdated when it came is given once at most."""

    def load() -> str:
        reading.write("two")
        return "one"

    with monkeypatch.context() as patched:
        patched.setattr(reading, "_load", load)
        reading.ask()
    reading.now += 60 * _SECOND
    assert reading.ask() == "two"


def test_only_the_newest_answers_are_kept(reading: Reading) -> None:
    """Beyond the most that is kept the oldest is read again."""
    for key in ("a", "b", "c", "a"):
        reading.ask(key)
    assert reading.times == 4
