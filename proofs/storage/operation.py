"""What an operation is to the proofs: how it is set up, done, and seen to be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from proofs.storage.world import World


def _nothing(_world: World) -> None:
    """Stand for a set-up that needs none."""


def _no_facts(_world: World) -> Counter[str]:
    return Counter()


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that people ask of the archive.

    ``act`` does it, may be repeated, and is acknowledged by coming back; ``facts`` are what it brings about
    besides what every archive is asked (see the oracle). ``set_up`` is done once, before anything fails.
    With ``warns`` a note that the disk did not confirm is told of, and no reason to come back by an error.
    ``again`` names facts of which each repetition adds one; ``later`` is how long after the fault it is
    repeated: nobody is believed to be at it still.
    """

    name: str
    act: Callable[[World], object]
    set_up: Callable[[World], object] = _nothing
    facts: Callable[[World], Counter[str]] = _no_facts
    warns: bool = False
    again: frozenset[str] = frozenset()
    later: timedelta = timedelta(hours=1)
