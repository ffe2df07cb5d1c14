"""Sweeps operations: every fault at every step, each in a process of its own, and the oracle asked after it.

Equal ends are judged once: what a fault leaves on the disk, together with whether it was acknowledged, is
compared by digest, so a point costs its own course and rarely the oracle's.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from oais.confirming import why_closed
from oais.errors import ArchiveError, as_fault
from proofs.access.sweeping import in_two
from proofs.storage import oracle, power
from proofs.storage.operations import Operation
from proofs.storage.oracle import Expected, facts_of
from proofs.storage.snapshots import Kept, digest_of, put_back, taken
from proofs.storage.steps import KILLED, Fault, Steps, applies
from proofs.storage.world import World, build, place_in_memory, without_chance, without_processes

_SLOWEST = 20
_UNCONFIRMED = (Fault.EIO, Fault.ENOSPC)
"""What can befall an fsync and leaves the disk able to hold the mark that it did."""


@dataclass(slots=True)
class Swept:
    """What a sweep met: points by operation and fault, states by operation, ends judged, and all wrong."""

    points: Counter[tuple[str, str]] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    ends: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Swept) -> None:
        """Take in what another sweep met."""
        self.points += other.points
        self.states += other.states
        self.ends += other.ends
        self.wrong += other.wrong


@dataclass(frozen=True, slots=True)
class Course:
    """How the operation ended in its process: ``ended`` is done, refused, killed or a fault of ours."""

    ended: str
    told: str
    calls: tuple[str, ...]
    met: str


def in_child(work: Callable[[], Any]) -> tuple[int, Any]:
    """Do something in a forked process; return its exit code and what came of it, None when it was killed.

    What one child imports its parent imports for all that come after.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            data = stream.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        told, imported = pickle.loads(data) if data else (None, ())
        _import(imported)
        return code, told
    code = 1
    try:
        signal.alarm(_SLOWEST)
        known = set(sys.modules)
        told = work()
        with os.fdopen(writing, "wb") as stream:
            stream.write(pickle.dumps((told, [name for name in sys.modules if name not in known])))
        code = 0
    finally:
        os._exit(code)


def _import(names: Sequence[str]) -> None:
    for name in names:
        with suppress(ImportError):
            importlib.import_module(name)
    if names:
        gc.collect()
        gc.freeze()


def _run(world: World, operation: Operation, fault: Fault | None, at: int) -> Course:
    """Do the operation in this process with a fault at one step."""
    without_chance(1)
    steps = Steps(world.place, fault, at)
    steps.install()
    steps.arm()
    try:
        operation.act(world)
    except Exception as error:  # noqa: BLE001 - whatever comes out is what is looked at
        steps.disarm()
        return Course(*_told(error), tuple(steps.calls), steps.met)
    finally:
        steps.disarm()
    return Course("done", "", tuple(steps.calls), steps.met)


def _told(error: Exception) -> tuple[str, str]:
    """Return how an error ends an operation: clearly, by saying what happened and what to do, or not."""
    if not isinstance(error, ArchiveError | MemoryError | OSError):
        return "unclear", repr(error)
    fault = as_fault(error)
    return "refused" if fault.message and fault.remedy else "unclear", f"{fault.message} ({fault.remedy})"


class Sweep:
    """One operation in one place, brought back to the same state before each point."""

    def __init__(self, world: World, base: Kept, operation: Operation) -> None:
        self._operation = operation
        put_back(world.place, base)
        self._world = world.opened_again()
        self._world.sent, self._world.facts = self._set_up(world)
        self._start = taken(world.place)
        self._ends: dict[tuple[bytes, bool], list[str]] = {}
        self._recovered: dict[tuple[bytes, bool], list[str]] = {}
        self.steps: tuple[str, ...] = ()
        self._expected = self._rehearse()

    def _set_up(self, world: World) -> tuple[dict[tuple[str, int], dict[str, bytes]], dict[str, str]]:
        """Set the operation up in a process of its own, since SQLite must not stay open over a fork.

        Return what was packed and noted.
        """

        def work() -> tuple[dict[tuple[str, int], dict[str, bytes]], dict[str, str]]:
            ours = world.opened_again()
            ours.sent, ours.facts = dict(world.sent), {}
            self._operation.set_up(ours)
            return ours.sent, ours.facts

        code, told = in_child(work)
        assert told is not None, (self._operation.name, code)
        sent, facts = told
        return sent, facts

    def _rehearse(self) -> Expected:
        """Do the operation with no fault, to know its steps and what it brings about."""
        before = in_child(lambda: facts_of(self._world, self._operation))[1]
        put_back(self._world.place, self._start)
        code, course = in_child(lambda: _run(self._world, self._operation, None, 0))
        assert course is not None, (self._operation.name, code)
        assert course.ended == "done", (self._operation.name, course)
        self.steps = course.calls
        after = in_child(lambda: facts_of(self._world, self._operation))[1]
        return Expected(before, after)

    def points(self) -> list[tuple[int, Fault]]:
        """Return every step by its number, with every fault that it can meet."""
        return [
            (number, fault)
            for number, call in enumerate(self.steps, 1)
            for fault in Fault
            if applies(fault, call)
        ]

    def meet(self, points: Iterable[tuple[int, Fault]]) -> Swept:
        """Let each of these faults befall the operation; return what came of it."""
        swept = Swept()
        for at, fault in points:
            where = f"{self._operation.name}, {fault} at step {at} ({self.steps[at - 1]})"
            swept.points[self._operation.name, fault] += 1
            swept.wrong += [f"{where}: {told}" for told in self._point(at, fault)]
        swept.ends = len(self._ends)
        return swept

    def lose_power(self, room: Path, drawn: random.Random, *, enough: int = 0, every: int = 1) -> Swept:
        """Do the operation on a disk that writes down what it is asked, and judge every moment of it.

        With ``enough`` the last moments come first, and so many faults are enough; with ``every`` only each
        so many-th moment is judged, from a drawn one on.
        """
        disk, noted = power.record(room, self._start, self._act_at)
        swept = Swept()
        numbered = list(enumerate(power.moments(noted, drawn)))[drawn.randrange(every) :: every]
        for number, moment in reversed(numbered) if enough else numbered:
            if enough and len(swept.wrong) >= enough:
                break
            swept.states[self._operation.name] += 1
            put_back(self._world.place, power.found_at(room, disk, moment))
            where = f"{self._operation.name}, power lost at moment {number} of {len(noted)}"
            swept.wrong += [f"{where}: {told}" for told in self._end(acknowledged=moment.acknowledged)]
        swept.ends = len(self._ends)
        return swept

    def _act_at(self, place: Path) -> None:
        """Do the operation in a process of its own in an archive that lies elsewhere."""

        def act() -> bool:
            without_chance(1)
            self._operation.act(replace(self._world, place=place).opened_again())
            return True

        assert in_child(act) == (0, True), f"{self._operation.name} fails on a sound disk"

    def _point(self, at: int, fault: Fault) -> list[str]:
        put_back(self._world.place, self._start)
        code, course = in_child(lambda: _run(self._world, self._operation, fault, at))
        wrong = []
        if course is None:
            if code != KILLED:
                return [f"the process ended with {code}"]
        elif course.ended == "unclear":
            wrong.append(f"no clear error: {course.told}")
        elif not course.met:
            wrong.append("the step was not reached")
        done = course is not None and course.ended == "done"
        if done and fault is Fault.EIO and course.met == "fsync" and not self._operation.warns:
            wrong.append("a write that the disk did not confirm was passed over")
        unconfirmed = course is not None and fault in _UNCONFIRMED and course.met == "fsync"
        if unconfirmed and not why_closed(self._world.home):
            wrong.append("more is stored after a write that the disk did not confirm")
        return wrong + self._end(acknowledged=done)

    def _end(self, *, acknowledged: bool) -> list[str]:
        """Judge the state in which things are now, unless an equal one was judged."""
        key = (digest_of(taken(self._world.place)), acknowledged)
        if key not in self._ends:
            recovered = self._asked(2, lambda: oracle.recovered(self._world))
            after = (digest_of(taken(self._world.place)), acknowledged)
            if after not in self._recovered:
                told = self._asked(3, lambda: self._judged(acknowledged=acknowledged))
                self._recovered[after] = told
            self._ends[key] = recovered + self._recovered[after]
        return self._ends[key]

    def _judged(self, *, acknowledged: bool) -> list[str]:
        return oracle.judged(self._world, self._operation, self._expected, acknowledged=acknowledged)

    def _asked(self, number: int, ask: Callable[[], list[str]]) -> list[str]:
        """Ask the oracle in a process of its own."""

        def asked() -> list[str]:
            without_chance(number)
            try:
                return ask()
            except Exception as error:  # noqa: BLE001 - an archive that cannot be asked is what is looked for
                return [f"it cannot be used: {error!r}"]

        code, told = in_child(asked)
        return [f"the oracle ended with {code}"] if told is None else list(told)


def sweep(
    operations: Sequence[Operation],
    *,
    every: int = 1,
    first: int = 0,
    wanted: Sequence[Fault] = tuple(Fault),
) -> Swept:
    """Sweep operations in two processes; with ``every`` only each so many-th step, from ``first`` on."""
    whole = Swept()
    for part in in_two(lambda number: _part(operations, number, (every, first % every), wanted)):
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


def _part(
    operations: Sequence[Operation], part: int, share: tuple[int, int], wanted: Sequence[Fault]
) -> Swept:
    swept = Swept()
    every, first = share
    with courses(operations) as each:
        for course in each:
            points = [
                (number, fault)
                for number, fault in course.points()
                if fault in wanted and number % every == first and number // every % 2 == part
            ]
            swept.add(course.meet(points))
    return swept


def table_of(points: Counter[tuple[str, str]]) -> str:
    """Return the counts of points, an operation each line."""
    names = list(dict.fromkeys(name for name, _ in points))
    return "\n".join(
        f"  {name}: " + " ".join(f"{fault}={points[name, fault]}" for fault in Fault if points[name, fault])
        for name in names
    )
