"""One operation, met by faults: each in a process of its own, and the oracle asked after it.

Equal ends are judged once: what a fault leaves on the disk, together with whether it was acknowledged, is
compared by digest, so a point costs its own course and rarely the oracle's. Where a process that is killed
would leave the disk is seen from inside one that goes on, at every step; of so many one is killed in truth.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from oais.confirming import why_closed
from oais.errors import ArchiveError, as_fault
from oais.functions.copies.locations import locations
from proofs.storage import oracle, power
from proofs.storage.children import in_child
from proofs.storage.faults import KILLED, Fault, applies
from proofs.storage.operation import Operation
from proofs.storage.oracle import Expected, facts_of
from proofs.storage.snapshots import Kept, digest_of, put_back, taken
from proofs.storage.steps import Steps, Watch
from proofs.storage.world import World, without_chance

Point = tuple[int, Fault]
"""The number of a step, and what befalls it."""

_ENDS_BY_IT: Final = (Fault.KILL, Fault.TORN)
_IN_TRUTH: Final = 25
"""Of so many ends by being killed one is made by killing, and compared with what was seen."""

_UNCONFIRMED: Final = {"fsync": (Fault.EIO, Fault.ENOSPC), "commit": (Fault.EIO,)}
"""What can befall an fsync, or that of a commit, and leaves the disk able to hold the mark that it did."""

_MADE_AGAIN: Final = frozenset({"audits", "looks"})
"""Folders of databases of which nothing is believed, and which are made again when they are lost."""


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
class Ended:
    """How the operation ended in its process: ``how`` is done, refused or unclear; None was killed.

    ``met`` is the kind of the step that met the fault, ``where`` the file if that was an fsync or commit.
    """

    how: str
    told: str
    calls: tuple[str, ...]
    met: str
    where: str


def _run(world: World, operation: Operation, point: Point | None = None, watch: Watch | None = None) -> Ended:
    """Do the operation in this process with a fault at one step."""
    without_chance(1)
    at, fault = point or (0, None)
    steps = Steps(world.place, fault, at, watch)
    steps.install()
    steps.arm()
    how = ("done", "")
    try:
        operation.act(world)
    except Exception as error:  # noqa: BLE001 - whatever comes out is what is looked at
        steps.disarm()
        how = _told(error)
    finally:
        steps.disarm()
    return Ended(*how, tuple(steps.calls), steps.met, steps.where)


def _told(error: Exception) -> tuple[str, str]:
    """Return how an error ends an operation: clearly, by saying what happened and what to do, or not."""
    if not isinstance(error, ArchiveError | MemoryError | OSError):
        return "unclear", repr(error)
    fault = as_fault(error)
    return "refused" if fault.message and fault.remedy else "unclear", f"{fault.message} ({fault.remedy})"


def _seen_at(world: World, operation: Operation, wanted: Collection[Point]) -> dict[Point, Kept]:
    """Do the operation in this process and return what lies there at each point, equal files only once."""
    found: dict[Point, Kept] = {}
    same: dict[tuple[int, bytes | None], tuple[int, bytes | None]] = {}

    def watch(at: int, fault: Fault) -> None:
        if (at, fault) in wanted:
            now = taken(world.place)
            found[at, fault] = {path: same.setdefault(kept, kept) for path, kept in now.items()}

    _run(world, operation, watch=watch)
    return found


class Sweep:
    """One operation in one place, brought back to the same state before each point."""

    def __init__(self, world: World, base: Kept, operation: Operation) -> None:
        self._operation = operation
        put_back(world.place, base)
        self._world = world.opened_again()
        self._world.sent, self._world.facts = self._set_up(world)
        self._start = taken(world.place)
        self._world = self._world.opened_again()
        self._ends: dict[tuple[bytes, bool], list[str]] = {}
        self._recovered: dict[tuple[bytes, bool], list[str]] = {}
        self.steps: tuple[str, ...] = ()
        self._expected = self._rehearse()

    @property
    def name(self) -> str:
        """What is done."""
        return self._operation.name

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
        assert told is not None, (self.name, code)
        sent, facts = told
        return sent, facts

    def _rehearse(self) -> Expected:
        """Do the operation with no fault, to know its steps and what it brings about."""
        before = self._told_by(lambda: facts_of(self._world, self._operation))
        ill = self._told_by(lambda: oracle.ill_before(self._world))
        put_back(self._world.place, self._start)
        ended: Ended = self._told_by(lambda: _run(self._world, self._operation))
        assert ended.how == "done", (self.name, ended.told)
        self.steps = ended.calls
        after = self._told_by(lambda: facts_of(self._world.opened_again(), self._operation))
        return Expected(before, after, ill)

    def _told_by(self, work: Callable[[], Any]) -> Any:
        """Return what comes of work in a process of its own, which must come to its end."""
        code, told = in_child(work)
        assert told is not None, (self.name, code)
        return told

    def points(self) -> list[Point]:
        """Return every step by its number, with every fault that it can meet."""
        return [
            (number, fault)
            for number, call in enumerate(self.steps, 1)
            for fault in Fault
            if applies(fault, call)
        ]

    def meet(self, points: Iterable[Point]) -> Swept:
        """Let each of these faults befall the operation; return what came of it."""
        swept, points, known = Swept(), list(points), len(self._ends)
        killed = {point for point in points if point[1] in _ENDS_BY_IT}
        put_back(self._world.place, self._start)
        seen = self._told_by(lambda: _seen_at(self._world, self._operation, killed)) if killed else {}
        for at, fault in points:
            where = f"{self.name}, {fault} at step {at} ({self.steps[at - 1]})"
            swept.points[self.name, fault] += 1
            told = self._killed(at, fault, seen) if (at, fault) in killed else self._point(at, fault)
            swept.wrong += [f"{where}: {each}" for each in told]
        swept.ends = len(self._ends) - known
        return swept

    def lose_power(self, room: Path, drawn: random.Random, *, enough: int = 0, every: int = 1) -> Swept:
        """Do the operation on a disk that writes down what it is asked, and judge every moment of it.

        With ``enough`` the last moments come first, and so many faults are enough; with ``every`` only each
        so many-th moment is judged, from a drawn one on.
        """
        disk, noted = power.record(room, self._start, self._act_at)
        swept, known = Swept(), len(self._ends)
        numbered = list(enumerate(power.moments(noted, drawn)))[drawn.randrange(every) :: every]
        for number, moment in reversed(numbered) if enough else numbered:
            if enough and len(swept.wrong) >= enough:
                break
            swept.states[self.name] += 1
            found = power.found_at(room, disk, moment)
            where = f"{self.name}, power lost at moment {number} of {len(noted)}"
            swept.wrong += [f"{where}: {told}" for told in self._end(found, acknowledged=moment.acknowledged)]
        swept.ends = len(self._ends) - known
        return swept

    def _act_at(self, place: Path) -> None:
        """Do the operation in a process of its own on another disk, which lies where the archive does."""

        def act() -> bool:
            without_chance(1)
            self._operation.act(self._world.opened_again())
            return True

        with power.lying_at(place, self._world.place):
            assert in_child(act) == (0, True), f"{self.name} fails on a sound disk"

    def _killed(self, at: int, fault: Fault, seen: dict[Point, Kept]) -> list[str]:
        """Judge what a process leaves that is killed at a step."""
        if (at, fault) not in seen:
            return ["the step was not reached"]
        wrong = []
        if at % _IN_TRUTH == 0:
            put_back(self._world.place, self._start)
            code, _ = in_child(lambda: _run(self._world, self._operation, (at, fault)))
            left, told = (
                digest_of(kept, pages=False) for kept in (taken(self._world.place), seen[at, fault])
            )
            if (code, left) != (KILLED, told):
                wrong.append(f"killed in truth it left other files ({code})")
        return wrong + self._end(seen[at, fault], acknowledged=False)

    def _point(self, at: int, fault: Fault) -> list[str]:
        put_back(self._world.place, self._start)
        code, ended = in_child(lambda: _run(self._world, self._operation, (at, fault)))
        if ended is None:
            return [f"the process ended with {code}"]
        wrong = [f"no clear error: {ended.told}"] if ended.how == "unclear" else []
        if not ended.met:
            wrong.append("the step was not reached")
        if ended.met == "fsync" and ended.how == "done" and fault is Fault.EIO and not self._operation.warns:
            wrong.append("a write that the disk did not confirm was passed over")
        if fault in _UNCONFIRMED.get(ended.met, ()) and self._stays_open(Path(ended.where)):
            wrong.append("more is stored after a write that the disk did not confirm")
        return wrong + self._end(taken(self._world.place), acknowledged=ended.how == "done")

    def _stays_open(self, where: Path) -> bool:
        """Whether the archive, or the location of copies, goes on storing in which that file is."""
        archive = self._world.archive
        rooms = (archive.home, *(location.path for location in locations(archive)))
        heeded = where.parent.name not in _MADE_AGAIN
        return heeded and any(where.is_relative_to(room) and not why_closed(room) for room in rooms)

    def _end(self, found: Kept, *, acknowledged: bool) -> list[str]:
        """Judge what lies there in the end, unless the equal was judged."""
        key = (digest_of(found), acknowledged)
        if key not in self._ends:
            put_back(self._world.place, found)
            recovered = self._asked(
                2, lambda: oracle.recovered(self._world, self._expected, acknowledged=acknowledged)
            )
            after = (digest_of(taken(self._world.place)), acknowledged)
            if after not in self._recovered:
                self._recovered[after] = self._asked(3, lambda: self._judged(acknowledged=acknowledged))
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
