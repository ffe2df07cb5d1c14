"""Since when which locations hold copies, as the ledger's list of changes tells."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from oais.disk_faults import storage_errors
from oais.errors import DamageError
from oais.information.chained_log import broken_lines, written_lines

LOG: Final = "ledger/locations.jsonl"


@dataclass(frozen=True, slots=True)
class LocationChange:
    """When a location was ``added`` or ``removed``, its name, and the folder it is."""

    at: str
    event: str
    name: str
    path: str

    def as_plain(self) -> dict[str, Any]:
        """Return it as its line holds it."""
        return asdict(self)

    @property
    def subject(self) -> str:
        """What the ledger calls it."""
        return f"{self.name}@{self.at}"

    @property
    def sha512(self) -> str:
        """The digest that stands in the ledger: over event, name and folder, a line each."""
        return hashlib.sha512(f"{self.event}\n{self.name}\n{self.path}\n".encode()).hexdigest()


def location_changes(home: Path) -> list[LocationChange]:
    """Return every change of the list, oldest first; raises DamageError, StorageError."""
    path = home / LOG
    with storage_errors("reading the list of locations"):
        lines = written_lines(path)
    broken = next(broken_lines(lines), None)
    try:
        rows = [] if broken else [json.loads(line) for line in lines]
        changes = [LocationChange(row["at"], row["event"], row["name"], row["path"]) for row in rows]
    except (ValueError, LookupError, TypeError, RecursionError):
        broken, changes = broken or 1, []
    if broken:
        raise DamageError(
            f"line {broken} of {LOG} is not as it was written",
            remedy="restore it from the backup of the archive's home",
        )
    return changes
