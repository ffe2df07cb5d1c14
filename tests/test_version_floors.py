"""Older versions of these libraries are known to be wrong for us; none may come back."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FLOORS = {
    "starlette": (1, 3, 1),
    "lxml": (6, 1, 0),
    "pillow": (12, 2, 0),
}
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-oracles.lock")


def numbers(text: str) -> tuple[int, ...]:
    """The leading numbers of a version, for comparing."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_installed_version_stands_on_its_floor(name: str, floor: tuple[int, ...]) -> None:
    """What is installed is not older than the first version that is right."""
    assert numbers(version(name)) >= floor


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_locked_versions_stand_on_their_floor(name: str, floor: tuple[int, ...]) -> None:
    """No lock names an older version, on any Python."""
    locked = [
        found
        for lock in LOCKS[:2]
        for found in re.findall(rf"^{re.escape(name)}==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    ]
    assert len(locked) >= len(LOCKS[:2])
    assert min(map(numbers, locked)) >= floor


def test_whoosh_is_the_one_release_we_know() -> None:
    """Forks of Whoosh install the same module; only 2.7.4 itself may be here."""
    assert version("whoosh") == "2.7.4"
    locked = (ROOT / "requirements-dev.lock").read_text().casefold()
    assert re.findall(r"^(whoosh\S*)==", locked, re.MULTILINE) == ["whoosh"]


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_hashes_and_no_addresses(lock: str) -> None:
    """Each locked package has a hash, and no registry is named."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
    assert packages
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in text
    assert "index-url" not in text


def test_development_lock_holds_the_runtime_lock_whole() -> None:
    """Tests run on the very versions that users get: set-up for tests counts as set-up for use."""
    runtime, development = (
        set(re.findall(r"^\S+==[^\\\n]+", (ROOT / lock).read_text(), re.MULTILINE)) for lock in LOCKS[:2]
    )
    assert runtime
    assert runtime - development == set()
