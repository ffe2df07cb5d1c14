"""Since when which policies were in force, as the ledger's list of changes tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from oais.disk_faults import storage_errors
from oais.errors import DamageError
from oais.information.chained_log import written_lines

LOG: Final = "ledger/policies.jsonl"


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """Since when policies of this digest are in force; ``files`` has the digest of each."""

    since: str
    digest: str
    files: Mapping[str, str]


def policy_history(home: Path) -> list[PolicyChange]:
    """Return since when which policies were in force, the newest first; raises StorageError, DamageError."""
    path = home / LOG
    with storage_errors("reading which policies were in force"):
        lines = written_lines(path)
    try:
        rows = [json.loads(line) for line in lines]
        return [PolicyChange(row["since"], row["policies"], row["files"]) for row in reversed(rows)]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise DamageError(
            f"a line of {LOG} cannot be read", remedy="restore it from a copy of the ledger"
        ) from error
