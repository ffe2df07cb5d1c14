"""The disk fails, or the process is killed, at every step of one ingest: nothing is half done or lost."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from aip.validation.package import check_aip
from oais.archive import Archive
from oais.confirming import why_closed
from oais.errors import StorageError
from oais.functions.ingest import Ingested, ingest
from oais.functions.ledger.recording import kept_in, known_in, ledger_of, record
from oais.functions.ledger.unrecorded import marked
from oais.functions.recovery import sweep
from oais.functions.reopening import reopen
from oais.functions.storage import aip_store
from oais.information.findings import refuses
from oais.information.representation.inspection import Inspector
from tests.functions.attacking import Arena, furnish, regular_files
from tests.functions.deliveries import plain_bag
from tests.functions.faults import KILLED, at_step, failing, killing

FAULTS = {
    name: getattr(errno, name) for name in ("ENOSPC", "EIO", "EROFS", "EMFILE", "EDQUOT", "ESTALE", "EACCES")
}
STRIDE = 11
"""Every so many calls, from another one for each fault; the long runs meet all of them."""


def taken_in(archive: Archive, bag: Path, inspector: Inspector) -> Ingested:
    """Ingest one delivery and write down in the ledger that it came."""
    with marked(archive):
        done = ingest(archive, bag, inspector)
        record(archive, archive.signer, done.statements)
    return done


class Course:
    """One delivery and an archive, brought back to the same state before each point of a sweep."""

    def __init__(self, arena: Arena, room: Path, inspector: Inspector) -> None:
        self._template = arena.archive
        self._place = room / "course"
        self.inspector = inspector
        self.bag = plain_bag(arena.place / "swept.bag", "attack.swept", {"a.csv": b"time,flux\n1,2\n"})
        self.sent = regular_files(self.bag)
        self.archive = self._fresh()
        with at_step(0, killing) as counted:
            taken_in(self.archive, self.bag, inspector)
        self.steps = counted.count

    def _fresh(self) -> Archive:
        shutil.rmtree(self._place, ignore_errors=True)
        self._place = self._place.with_name(f"course-{secrets.token_hex(4)}")
        self._place.mkdir()
        return furnish(self._template, self._place)

    def restart(self) -> None:
        """Set the archive back to before the ingest."""
        self.archive = self._fresh()

    def check(self) -> None:
        """What is stored is whole, the source untouched, and the same ingest now succeeds."""
        assert regular_files(self.bag) == self.sent
        self._check_store()
        if why_closed(self.archive.home):
            assert reopen(self.archive).opened
        self._start_again()
        sweep(self.archive)
        assert self._left_behind() == []
        self._check_ledger()
        assert taken_in(self.archive, self.bag, self.inspector).receipt.status == "accepted"
        self._check_store()
        assert aip_store(self.archive).find("attack.swept") is not None
        assert self._left_behind() == []

    def _start_again(self) -> None:
        """Stand for a new process, which trusts the disk again: the archive lies elsewhere."""
        elsewhere = self.archive.home.rename(self.archive.home.with_name("again"))
        self.archive = replace(self.archive, home=elsewhere)

    def _check_store(self) -> None:
        for path in aip_store(self.archive).object_roots():
            assert not refuses(check_aip(path)), path

    def _check_ledger(self) -> None:
        """What was kept before the crash stands in the ledger after the sweep."""
        known = known_in(ledger_of(self.archive))
        assert [
            thing.subject for thing in kept_in(self.archive) if (thing.kind, thing.subject) not in known
        ] == []

    def _left_behind(self) -> list[str]:
        rooms = (self.archive.custody, self.archive.staging)
        return [
            path.name for room in rooms for path in room.iterdir() if path.is_dir() and path.name != "locks"
        ]


@pytest.fixture
def course(arena: Arena, inspector: Inspector) -> Iterator[Course]:
    """The ingest of one small bag, with its steps counted; in memory, where syncing takes no time."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else arena.place) as room:
        yield Course(arena, Path(room), inspector)


@pytest.mark.parametrize("fault", FAULTS)
def test_failing_disk(fault: str, course: Course, record_count: Callable[[str, int], None]) -> None:
    """P2, P3: whichever call fails, a StorageError comes out or all is well; repeated it succeeds."""
    record_count(
        "sweep points", fail_at(course, range(1 + list(FAULTS).index(fault), course.steps, STRIDE), fault)
    )


@pytest.mark.long
@pytest.mark.parametrize("fault", ["ENOSPC", "EIO"])
def test_disk_failing_anywhere(fault: str, course: Course, record_count: Callable[[str, int], None]) -> None:
    """The same at every single call."""
    record_count("sweep points", fail_at(course, range(1, course.steps + 1), fault))


def fail_at(course: Course, points: Iterable[int], fault: str) -> int:
    """Let the disk fail at each of these calls; return how many they were."""
    stopped = []
    for point in points:
        course.restart()
        stopped.append(_stopped(course, point, FAULTS[fault]))
        course.check()
    assert sum(stopped) > len(stopped) // 4
    return len(stopped)


def _stopped(course: Course, point: int, code: int) -> bool:
    """Ingest with a fault at one call; return whether it stopped us, as it may only by a StorageError."""
    done: Ingested | None = None
    stopped: StorageError | None = None
    with at_step(point, failing(code)):
        try:
            done = taken_in(course.archive, course.bag, course.inspector)
        except StorageError as error:
            stopped = error
    if stopped is not None:
        assert stopped.message, point
        assert stopped.remedy, point
    elif done is not None and done.receipt.status == "accepted":
        assert aip_store(course.archive).find("attack.swept") is not None
    return stopped is not None


def test_killed_process(course: Course, record_count: Callable[[str, int], None]) -> None:
    """P2: killed before a call, what is stored is whole, and the same ingest then succeeds."""
    record_count("sweep points", kill_at(course, range(3, course.steps, STRIDE)))


@pytest.mark.long
def test_process_killed_anywhere(course: Course, record_count: Callable[[str, int], None]) -> None:
    """The same at every third call."""
    record_count("sweep points", kill_at(course, range(1, course.steps, 3)))


def kill_at(course: Course, points: Iterable[int]) -> int:
    """Kill the process that ingests at each of these calls; return how many they were."""
    killed = 0
    for point in points:
        course.restart()
        child = os.fork()
        if child == 0:
            try:  # threads do not come along into a forked process, so it has an inspector of its own
                with Inspector(workers=1) as own, at_step(point, killing):
                    taken_in(course.archive, course.bag, own)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == KILLED, point
        course.check()
        killed += 1
    return killed
