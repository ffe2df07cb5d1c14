"""Migrating one file to another format in the limited processes: the parent's side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oais.errors import ArchiveError, StorageError
from oais.information.findings import Severity
from oais.information.packages import FormatIdentification
from oais.information.representation.derived_tables import UNWRITTEN
from oais.information.representation.frames import EFFORT
from oais.information.representation.limited import WALL_SECONDS, kept_pool
from oais.information.representation.pathways import Pathway
from oais.information.representation.reading import read_inspection
from oais.information.text import printable

_EFFORT = 20
"""Times as long as a byte is read it may take to write and to compare it."""


class NotMigratedError(ArchiveError):
    """A file that has no lossless way to the other format; the message says what stands in it."""

    exit_code = 2
    http_status = 422


@dataclass(frozen=True, slots=True)
class Proof:
    """That nothing was lost: what was compared, by which reader, and the format that was found."""

    facts: Mapping[str, int]
    reader: str
    format: FormatIdentification

    @property
    def told(self) -> str:
        """What was found equal, in words."""
        return ", ".join(f"{count} {name}" for name, count in self.facts.items()) + " equal"


def migrate_file(source: Path, target: Path, way: Pathway, name: str) -> Proof:
    """Write ``source`` in the other format to ``target``, which is new, read it back, and compare the two.

    ``name`` is the name of the file made. Raises NotMigratedError when the way does not exist for this file
    or anything differs, StorageError when the disk does not take it; ``target`` may then be there in part.
    """
    request = {
        "path": os.path.abspath(source),
        "target": os.path.abspath(target),
        "from": way.source,
        "to": way.target,
        EFFORT: _EFFORT,
    }
    _asked({**request, "task": "migrate"}, name)
    compared = _asked({**request, "task": "compare"}, name)
    found = read_inspection(target, name)
    faults = [item.message for item in found.findings if item.severity is Severity.ERROR]
    if found.format.format_id != way.target or faults:
        seen = faults[0] if faults else f"it was found to be {found.format.format_id} ({found.format.name})"
        raise NotMigratedError(f"{printable(name)} did not become {way.target}: {seen}", remedy=_REMEDY)
    return Proof(compared["facts"], compared["reader"], found.format)


def _asked(request: Mapping[str, Any], name: str) -> dict[str, Any]:
    (answer,) = kept_pool(WALL_SECONDS).ask([request])
    if "fault" in answer:
        raise NotMigratedError(f"{printable(name)}: {printable(str(answer['fault']))}", remedy=_REMEDY)
    result: dict[str, Any] = answer["result"]
    if UNWRITTEN in result:
        raise StorageError(f"writing {printable(name)}: {printable(str(result[UNWRITTEN]))}")
    return result


_REMEDY = "leave the file as it is; it stays readable in the version that holds it"
