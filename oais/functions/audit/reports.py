"""The reports of audits as the ledger's folder keeps them, the newest first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from oais.archive import Home
from oais.files import listed, read_regular
from oais.functions.ledger.recording import AUDITS

Kept = Mapping[str, Any]
"""A report as it is kept: ``AuditSummary.as_plain``."""


def kept_reports(home: Home) -> Iterator[tuple[Path, Kept]]:
    """Yield each report with its file, the newest first, read when it is asked for; raises StorageError.

    What is no report is empty: the audit of the ledger tells of it.
    """
    room = home.home / "ledger" / AUDITS
    for path in reversed(listed(room, ".json")):
        yield path, _read(path)


def _read(path: Path) -> Kept:
    with suppress(OSError, ValueError, RecursionError):
        plain = json.loads(read_regular(path, follow=False))
        return plain if isinstance(plain, dict) else {}
    return {}
