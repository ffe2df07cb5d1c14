"""What a stored AIP says of itself: description, events, report, and the record the catalogue keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aip.stored import StoredAip
from oais.information.description import PackageDescription
from oais.information.packages import AipRecord
from oais.information.premis import Event


def read_description(stored: StoredAip, version: int | None = None) -> PackageDescription:
    """Return the sealed description of a version; raises NotFoundError or DamageError."""
    raise NotImplementedError


def read_events(stored: StoredAip, version: int | None = None) -> tuple[Event, ...]:
    """Return every PREMIS event of a version, package-level ones first."""
    raise NotImplementedError


def read_report(stored: StoredAip, version: int | None = None) -> dict[str, Any]:
    """Return the quality report that was sealed with a version."""
    raise NotImplementedError


def read_record(stored: StoredAip) -> AipRecord:
    """Return what the catalogue keeps of the AIP."""
    raise NotImplementedError


def content_path(stored: StoredAip, version: int | None, logical: str) -> Path:
    """Return where the bytes of a logical path lie; raises NotFoundError."""
    return stored.open(version).file(logical).path
