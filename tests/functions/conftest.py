"""An archive to work with, its clock in the test's hand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.ingest import Ingested, ingest
from oais.functions.submission import submit
from oais.information.representation.inspection import Inspector
from tests.functions import attacking
from tests.functions.deliveries import plain_bag
from tests.readers import inspector, readers_lent

__all__ = ["inspector", "readers_lent"]

Ingest = Callable[[Path], Ingested]


class SteadyClock:
    """Tells a time that moves one second at each look."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """A new archive whose clock moves one second at each look."""
    return replace(initialise(tmp_path / "home", name="Test archive"), clock=SteadyClock())


@pytest.fixture
def take_in(archive: Archive, inspector: Inspector) -> Ingest:
    """Ingest one delivery into the archive."""
    return lambda delivery: ingest(archive, delivery, inspector)


def tree_digest(root: Path) -> dict[str, bytes]:
    """Return every file below a directory with its bytes, to compare before and after."""
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }


@pytest.fixture(scope="session")
def inhabited(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive that holds a data set of somebody else, to be copied and never changed."""
    place = tmp_path_factory.mktemp("inhabited")
    archive = replace(initialise(place / "home", name="Test archive"), clock=SteadyClock())
    secret = plain_bag(place / "other.bag", "other.provider", {"secret.csv": attacking.CANARY.encode()})
    assert [told.error for told in submit(archive, [secret])] == [""]
    return archive


@pytest.fixture
def arena(inhabited: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> attacking.Arena:
    """A copy of that archive, before which bad deliveries are put one by one."""
    for name in ("bad", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return attacking.Arena(attacking.furnish(inhabited, tmp_path), tmp_path)
