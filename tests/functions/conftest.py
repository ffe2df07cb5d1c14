"""An archive to work with, its clock in the test's hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.ingest import Ingested, ingest
from oais.information.representation.inspection import Inspector

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


@pytest.fixture(scope="session")
def inspector() -> Iterator[Inspector]:
    """The processes that read strangers' files, started once."""
    with Inspector(workers=1) as started:
        yield started


@pytest.fixture
def take_in(archive: Archive, inspector: Inspector) -> Ingest:
    """Ingest one delivery into the archive."""
    return lambda delivery: ingest(archive, delivery, inspector)


def tree_digest(root: Path) -> dict[str, bytes]:
    """Return every file below a directory with its bytes, to compare before and after."""
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }
