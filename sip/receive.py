"""Taking a delivery into custody: every byte copied and hashed once, nothing judged yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oais.information.fixity import FileFixity
from oais.information.packages import Submission


@dataclass(frozen=True, slots=True)
class ReceiveLimits:
    """How much one delivery may ask of us, in bytes and counts."""

    bytes: int = 1 << 40
    members: int = 1_000_000
    ratio: int = 200
    reserve: int = 64 << 20


def receive(
    delivery: Path,
    custody_root: Path,
    *,
    receipt_id: str,
    now: datetime,
    limits: ReceiveLimits | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Submission:
    """Copy a delivery into ``custody_root/<receipt_id>`` and hash it in the same reading."""
    raise NotImplementedError(delivery, custody_root, receipt_id, now, limits, workers, progress)


def content_digest(files: Mapping[str, FileFixity], external_identifier: str) -> str:
    """Return the sha512 that says whether two deliveries are the same content."""
    raise NotImplementedError(files, external_identifier)
