"""Sweeps operations in two processes: every fault at every step, and power lost at every moment."""

from __future__ import annotations

import gc
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Final

from proofs.access.sweeping import in_two, shared_out
from proofs.storage.course import Sweep, Swept
from proofs.storage.faults import Fault
from proofs.storage.operation import Operation
from proofs.storage.snapshots import taken
from proofs.storage.world import build, place_in_memory, without_processes

_TOGETHER: Final = 200
"""So many points a process takes at once."""


def sweep(operations: Sequence[Operation], *, every: int = 1, first: int = 0) -> Swept:
    """Sweep operations in two processes; with ``every`` only each so many-th step, from ``first`` on."""
    whole, numbers = Swept(), get_context("fork").Value("i", 0)
    for part in in_two(lambda _: _part(operations, shared_out(numbers), (every, first % every))):
        whole.add(part)
    return whole


def lose_power(operations: Sequence[Operation], seed: int, *, every: int = 1) -> Swept:
    """Let operations lose their power at every moment, or each so many-th, in two processes."""
    whole = Swept()
    for part in in_two(lambda number: _without_power(operations[number::2], seed + number, every)):
        whole.add(part)
    return whole


def _without_power(operations: Sequence[Operation], seed: int, every: int) -> Swept:
    swept, drawn = Swept(), random.Random(seed)
    with courses(operations) as each, place_in_memory("disk") as room:
        for course in each:
            swept.add(course.lose_power(room, drawn, every=every))
    return swept


@contextmanager
def courses(
    operations: Sequence[Operation], before: Callable[[], None] = lambda: None
) -> Iterator[Iterator[Sweep]]:
    """Give each operation, set up in one place; ``before`` is done when the archive is made."""
    with place_in_memory("steps") as place, without_processes():
        world = build(place)
        base = taken(place)
        before()
        gc.freeze()
        yield (Sweep(world, base, operation) for operation in operations)


def _part(operations: Sequence[Operation], numbers: Iterator[int], share: tuple[int, int]) -> Swept:
    """Sweep what falls to this process: steps that follow each other, which often end alike."""
    swept, (every, first) = Swept(), share
    number, mine = 0, next(numbers)
    with courses(operations) as each:
        for course in each:
            points = [point for point in course.points() if point[0] % every == first]
            for begin in range(0, len(points), _TOGETHER):
                if number == mine:
                    swept.add(course.meet(points[begin : begin + _TOGETHER]))
                    mine = next(numbers)
                number += 1
    return swept


def table_of(points: Counter[tuple[str, str]]) -> str:
    """Return the counts of points, an operation each line."""
    names = list(dict.fromkeys(name for name, _ in points))
    return "\n".join(
        f"  {name}: " + " ".join(f"{fault}={points[name, fault]}" for fault in Fault if points[name, fault])
        for name in names
    )
