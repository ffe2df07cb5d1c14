"""An archive with a few small AIPs, made once for a module, and a copy of it for each test."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from oais.archive import Archive, Clock, system_clock
from oais.functions.administration import initialise
from oais.functions.submission import submit
from tests.functions.deliveries import plain_bag


def archive_of(place: Path, names: Sequence[str], clock: Clock = system_clock) -> Archive:
    """Make an archive that holds an AIP of each of these names, of one file."""
    archive = replace(initialise(place / "home"), clock=clock)
    bags = [plain_bag(place / f"{name}.bag", name, {"a.csv": name.encode() * 9}) for name in names]
    assert [told.error for told in submit(archive, bags)] == [""] * len(names)
    return archive


def copy_of(archive: Archive, place: Path) -> Archive:
    """Return a copy of an archive, which may be harmed."""
    subprocess.run(["cp", "-a", archive.home, place / "home"], check=True)
    return replace(archive, home=place / "home")
