"""The operations that are swept: how each is set up, done, and seen to be done; a new one is ten lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from oais.errors import StorageError
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.data_management import rebuild_index
from proofs.storage.world import FIRST, HELD, SECOND, World, deliver

NEW = "x.new"


_UNREADABLE = re.compile(r"unreadable|cannot be read|the log of ")
"""What an audit says of a disk that fails: that it could not read or note, never that bytes are others."""


def _nothing(_world: World) -> None:
    """Stand for a set-up that needs none."""


def _no_facts(_world: World) -> Counter[str]:
    return Counter()


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that people ask of the archive.

    ``act`` does it, may be repeated, and is acknowledged by coming back; ``facts`` are what it brings about
    besides what every archive is asked (see the oracle). ``set_up`` is done once, before anything fails.
    """

    name: str
    act: Callable[[World], object]
    set_up: Callable[[World], object] = _nothing
    facts: Callable[[World], Counter[str]] = _no_facts


OPERATIONS: list[Operation] = []


def _audit(world: World) -> None:
    alone = replace(world.archive, settings=replace(world.archive.settings, workers=64))
    summary = run_audit(alone, select_for_audit(alone, None, None, 0), from_disk=False)
    found = [each for result in summary.damaged for each in result.findings]
    if any(not _UNREADABLE.search(each.message) for each in found):
        raise AssertionError(f"a false alarm: {found}")
    if found:
        raise StorageError(found[0].message, remedy=found[0].remedy)


OPERATIONS += [
    Operation("ingest", lambda world: deliver(world, NEW, 1), lambda world: world.pack(NEW, 1, FIRST)),
    Operation(
        "new version", lambda world: deliver(world, HELD, 2), lambda world: world.pack(HELD, 2, SECOND)
    ),
    Operation("audit", _audit),
    Operation("rebuild", lambda world: rebuild_index(world.archive)),
]
