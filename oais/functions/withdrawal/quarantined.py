"""Damaged copies that a repair put aside: those of an AIP that was withdrawn go with it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from oais.archive import Home
from oais.disk_faults import storage_errors
from oais.files import sync_directory
from oais.functions.withdrawal.keeping import sound_withdrawals
from oais.information.identifiers import object_path
from oais.information.withdrawals import standing

_ASIDE: Final = re.compile(r"[0-9TZ.-]+Z-(.+?)(\.[0-9]+)?")
"""The name of a copy put aside: moment, the folder it was, and a number where that was taken."""


def purge(home: Home, base: Path) -> None:
    """Delete below ``base/quarantine`` what is of AIPs for which a tombstone stands; raises StorageError."""
    room = base / "quarantine"
    aside = [(path, match[1]) for path in _found_in(room) if (match := _ASIDE.fullmatch(path.name))]
    if not aside:
        return
    gone = {
        object_path(withdrawal.aip_id).rpartition("/")[2]
        for withdrawal in map(standing, sound_withdrawals(home))
        if withdrawal is not None
    }
    with storage_errors("deleting damaged copies of what was withdrawn"):
        for path, name in aside:
            if name in gone:
                shutil.rmtree(path)
        sync_directory(room)


def _found_in(room: Path) -> list[Path]:
    with storage_errors("looking for damaged copies that were put aside"):
        return sorted(room.iterdir()) if room.is_dir() else []
