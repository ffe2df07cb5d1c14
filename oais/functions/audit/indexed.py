"""The index as the worker compares it: with what is stored, and told of in the report of its audit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import time
from typing import Final

from aip.audit import AuditResult
from oais.archive import Archive
from oais.functions.audit.summary import AuditSummary
from oais.functions.data_management import check_index
from oais.functions.ledger.unrecorded import marks_left
from oais.functions.storage import is_ingesting
from oais.information.findings import Finding

INDEX: Final = "search_index/"
_MOST_TOLD: Final = 100
_OLD: Final = 86400.0


def with_index(archive: Archive, told: AuditSummary) -> AuditSummary | None:
    """Return a report that also tells how the index differs from what is stored; raises StorageError.

    None is returned while something is being stored or indexed: a difference would say nothing then.
    """
    if _is_busy(archive):
        return None
    found = check_index(archive)
    if _is_busy(archive):
        return None
    return _told(told, found) if found else told


def _is_busy(archive: Archive) -> bool:
    """Return whether something is being kept; a mark that is a day old was left by a crash."""
    return is_ingesting(archive) or any(map(_is_young, marks_left(archive)))


def _is_young(mark: Path) -> bool:
    try:
        return time() - mark.lstat().st_mtime < _OLD
    except FileNotFoundError:
        return False


def _told(told: AuditSummary, found: list[Finding]) -> AuditSummary:
    shown = tuple(found[:_MOST_TOLD])
    result = AuditResult(INDEX, 0, told.started_at, told.ended_at, (), 0, 0, shown)
    more = len(found) - len(shown)
    left = (f"the index differs in {more} more places: 'oais index check' names all",) if more else ()
    return replace(told, damaged=(*told.damaged, result), warnings=(*told.warnings, *left))
