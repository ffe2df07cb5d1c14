"""A service whose clock stands still until the test moves it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from oais.archive import create_archive
from oais.functions.service import Service, open_service
from oais.settings import Settings


class StillClock:
    """Tells the same moment until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Let time pass, or turn it back."""
        self.now += timedelta(**by)


def still_service(home: Path, clock: StillClock, **settings: Any) -> Service:
    """A new archive with its database under these settings."""
    made = create_archive(home, name="Test archive")
    changed = Settings(name="Test archive", base_url="https://archive.example.org", **settings)
    return open_service(replace(made, clock=clock, settings=changed))
