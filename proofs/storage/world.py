"""The archive that is proven about: small, in memory where there is some, its time and chance in our hand."""

from __future__ import annotations

import os
import random
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from aip import audit
from oais.archive import Archive, open_archive
from oais.errors import StorageError
from oais.functions.administration import initialise
from oais.functions.audit import running
from oais.functions.service import Service, open_service
from oais.functions.submission import submit
from oais.information.packages import FormatIdentification, Inspection
from tests.functions.deliveries import plain_bag

HELD = "x.held"
"""An AIP that is in the archive before anything befalls it."""

FIRST = {"a.csv": b"time,flux\n1,2\n", "deep/b.csv": b"time,flux\n3,4\n"}
SECOND = {"a.csv": b"time,flux\n1,2\n", "c.csv": b"time,flux\n5,6\n"}
_START = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Clock:
    """Tells a time that moves one second at each look."""

    def __init__(self) -> None:
        self.now = _START

    def __call__(self) -> datetime:
        """Return the time."""
        self.now += timedelta(seconds=1)
        return self.now


_CSV = FormatIdentification("x-fmt/18", "Comma Separated Values", "", "text/csv", "own", "extension")


class Inspecting:
    """Stands for the inspector, whose processes would take longer than all else: formats are no matter."""

    def inspect(self, items: Iterable[tuple[str, Path]]) -> Iterator[Inspection]:
        """Yield the inspection of each file, which is said to be a table."""
        return (Inspection(name, _CSV) for name, _ in items)


@dataclass(slots=True)
class World:
    """An archive at a place, what was delivered to it, and its people where an operation has any."""

    place: Path
    archive: Archive
    service: Service | None = None
    sent: dict[tuple[str, int], dict[str, bytes]] = field(default_factory=dict)
    """The payload of every version that may be there."""

    facts: dict[str, str] = field(default_factory=dict)
    """What an operation notes of its set-up."""

    @property
    def home(self) -> Path:
        """The archive's home."""
        return self.place / "home"

    @property
    def people(self) -> Service:
        """The archive with its people; opened by who needs it."""
        if self.service is None:
            self.service = open_service(self.archive)
        return self.service

    def bag(self, aip_id: str, version: int) -> Path:
        """Return where the delivery of a version lies, beside the archive."""
        return self.place / f"{aip_id}.v{version}"

    def pack(self, aip_id: str, version: int, payload: dict[str, bytes]) -> Path:
        """Make the delivery of a version."""
        self.sent[aip_id, version] = payload
        return plain_bag(self.bag(aip_id, version), aip_id, payload)

    def opened_again(self) -> World:
        """Return the archive as a new process finds it: nothing is remembered."""
        archive = replace(open_archive(self.home, clock=Clock()), settings=self.archive.settings)
        return replace(self, archive=archive, service=None)


def deliver(world: World, aip_id: str, version: int) -> str:
    """Submit a version through the door of producers; return what became of it. Raises what stopped it."""
    (told,) = submit(world.archive, [world.bag(aip_id, version)])
    if told.error:
        raise StorageError(told.error, remedy=told.remedy)
    return told.outcome


def build(place: Path) -> World:
    """Make the archive in an empty place, with one AIP of one version in it."""
    initialise(place / "home", name="Probe")
    for path in (place / "home" / "policies" / "agreements").iterdir():
        if path.name != "generic.yaml":
            path.unlink()
    archive = open_archive(place / "home", clock=Clock())
    settings = replace(archive.settings, workers=1, requests_per_minute=0, packages_per_minute=0)
    world = World(place, replace(archive, settings=settings))
    world.pack(HELD, 1, FIRST)
    assert deliver(world, HELD, 1) == "stored"
    return world


@contextmanager
def place_in_memory(name: str) -> Iterator[Path]:
    """Give a folder for many small archives, in memory where there is some: fsync need not reach a disk."""
    memory = Path("/dev/shm")
    room = memory if os.access(memory, os.W_OK) else None
    with TemporaryDirectory(prefix=f"oais-{name}-", dir=room) as folder:
        yield Path(folder)


@contextmanager
def without_processes() -> Iterator[None]:
    """Let every delivery be inspected in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("oais.functions.submission.Inspector", lambda workers: nullcontext(Inspecting()))  # noqa: ARG005
        yield


def without_chance(number: int) -> None:
    """Let this process have no chance: what is drawn is the same in every child, so equal states compare."""
    drawn = random.Random(number)
    os.getpid = lambda: 4242
    random.seed(number)
    vars(tempfile)["_name_sequence"] = map(str, count())
    for timed in (audit, running):  # else what is kept of an audit depends on how fast it was
        vars(timed)["monotonic"] = lambda: 0.0
    secrets.token_bytes = lambda nbytes=None: drawn.randbytes(nbytes or 32)
    secrets.token_hex = lambda nbytes=None: drawn.randbytes(nbytes or 32).hex()
    secrets.token_urlsafe = lambda nbytes=None: drawn.randbytes(nbytes or 32).hex()


def empty(place: Path) -> None:
    """Make a place empty."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
