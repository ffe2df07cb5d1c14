"""Broken variants of the archive, each of which the proofs must catch."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from aip.medium import Folder
from aip.storage import AipStore
from oais import confirming, files
from oais.functions import recovery
from proofs.storage.course import Sweep
from proofs.storage.faults import Fault
from proofs.storage.operations import OPERATIONS
from proofs.storage.sweeping import courses
from proofs.storage.world import place_in_memory

Break = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing done wrongly, and the operation in which it shows; by a fault or a power cut."""

    name: str
    operation: str
    break_it: Break
    fault: Fault | None = None


def _acknowledged_before_fsync(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(os, "fsync", lambda _: None)


def _forgotten_folders(patch: pytest.MonkeyPatch) -> None:
    real = files._sync

    def synced(path: Any, how: int = os.O_NOFOLLOW) -> None:
        if not how & os.O_DIRECTORY:
            real(path, how)

    patch.setattr(files, "_sync", synced)


def _copy_that_replaces(patch: pytest.MonkeyPatch) -> None:
    def exchanged(_medium: Folder, new: str, old: str) -> None:
        shutil.rmtree(_medium.base / old)
        os.rename(_medium.base / new, _medium.base / old)

    patch.setattr(Folder, "exchange", exchanged)


def _retried_fsync(patch: pytest.MonkeyPatch) -> None:
    real = files._sync

    def again(*arguments: Any) -> None:
        try:
            real(*arguments)
        except OSError:
            real(*arguments)

    patch.setattr(files, "_sync", again)


def _forgotten_fsync(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(confirming, "_close", lambda *_: None)


def _inventory_first(patch: pytest.MonkeyPatch) -> None:
    real = AipStore._add_version

    def added(store: AipStore, sealed: Any, target: Any) -> None:
        files.write_durably(target / "inventory.json", (sealed.staged.path / "inventory.json").read_bytes())
        real(store, sealed, target)

    patch.setattr(AipStore, "_add_version", added)


def _recovery_that_deletes_too_much(patch: pytest.MonkeyPatch) -> None:
    real = recovery._remove_remains

    def removed(archive: Any) -> Any:
        for path in AipStore(archive.aip_root).object_roots():
            if not (path / "logs" / "audits.jsonl").exists():
                shutil.rmtree(path)
        return real(archive)

    patch.setattr(recovery, "_remove_remains", removed)


def _repetition_that_doubles(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("oais.functions.ingest.receipt_of_held", lambda *_: None)
    patch.setattr("oais.functions.submission.already_held", lambda *_: None)


VARIANTS = (
    Variant("acknowledged before fsync", "ingest", _acknowledged_before_fsync),
    Variant("no fsync of a folder", "replication", _forgotten_folders),
    Variant("a copy put in place of another", "repair", _copy_that_replaces, Fault.KILL),
    Variant("retried fsync", "ingest", _retried_fsync, Fault.EIO),
    Variant("a failed fsync forgotten", "ingest", _forgotten_fsync, Fault.EIO),
    Variant("inventory before its version", "new version", _inventory_first, Fault.KILL),
    Variant("recovery that deletes too much", "ingest", _recovery_that_deletes_too_much, Fault.KILL),
    Variant("repetition that doubles", "ingest", _repetition_that_doubles, Fault.KILL),
)


def caught(variant: Variant) -> str:
    """Return the first thing that the proofs find wrong with a variant, or nothing."""
    chosen = [operation for operation in OPERATIONS if operation.name == variant.operation]
    with (
        pytest.MonkeyPatch.context() as patch,
        courses(chosen, lambda: variant.break_it(patch)) as swept,
        place_in_memory("disk") as room,
    ):
        (course,) = swept
        if variant.fault is None:
            found = course.lose_power(room, random.Random(1), enough=1)
            return found.wrong[0] if found.wrong else ""
        return _first(course, variant.fault)


def _first(course: Sweep, fault: Fault) -> str:
    """Meet the fault at the steps that make things count, from the last one on."""
    telling = "rename" if fault is Fault.KILL else "fsync"
    for at, met in reversed(course.points()):
        if met is fault and course.steps[at - 1] == telling:
            wrong = course.meet([(at, met)]).wrong
            if wrong:
                return wrong[0]
    return ""
