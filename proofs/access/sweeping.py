"""Sweeps the matrix: all of it in two processes, one door in this one, and the moments at which sets open."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count, takewhile
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from typing import Any, TypeVar

from oais.functions.service import Service
from oais.web.app import DOORS, create_app
from oais.web.doors import Door
from policies.access import Action
from proofs.access import sets
from proofs.access.addresses import About, addresses
from proofs.access.asking import Client
from proofs.access.expected import MOMENTS
from proofs.access.matrix import Findings, Matrix, methods_of
from proofs.access.world import Clock, World


class _Listening(logging.Handler):
    """Keeps every line of the log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(self.format(record))


@contextmanager
def _listening(found: Findings) -> Iterator[None]:
    """Search what is written to the log meanwhile; nobody has a right to read of any set there."""
    listening = _Listening()
    logging.getLogger().addHandler(listening)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(listening)
    heard = sets.canaries_in("\n".join(listening.lines))
    found.leaks += [f"the log tells {kind} of {name}" for name, kind in sorted(heard)]


_Result = TypeVar("_Result")
_WORK: list[Callable[[int], Any]] = []
"""What a forked process is there for."""


def _do(number: int) -> Any:
    return _WORK[-1](number)


def in_two(work: Callable[[int], _Result]) -> list[_Result]:
    """Do two parts of a work, 0 and 1, each in a process of its own, and return what both brought."""
    # What was made so far is nothing either process frees: it need not be walked through, and so copied.
    gc.freeze()
    context = get_context("fork")
    try:
        with ProcessPoolExecutor(2, context, initializer=_WORK.append, initargs=(work,)) as pool:
            return [part.result() for part in [pool.submit(_do, number) for number in range(2)]]
    finally:
        gc.unfreeze()


def sweep(world: World, ways: Sequence[str], doors: Sequence[Door] = DOORS) -> Findings:
    """Ask all addresses of these doors in these ways, in two processes."""
    taken = get_context("fork").Value("i", 0)
    found = Findings()
    for part in in_two(lambda _: _swept(world, doors, ways, shared_out(taken))):
        found.add(part)
    return found


def shared_out(taken: Synchronized[int]) -> Iterator[int]:
    """Yield numbers, each to one of those who share ``taken``: whoever is through takes the next."""
    while True:
        with taken.get_lock():
            number = taken.value
            taken.value += 1
        yield number


def _swept(
    world: World, doors: Sequence[Door], ways: Sequence[str], numbers: Iterable[int] | None = None
) -> Findings:
    """Ask all addresses of these doors, or those with these numbers until one is beyond the last."""
    found = Findings()
    there_are = [address for door in doors for address in addresses(door, world)]
    chosen = takewhile(lambda number: number < len(there_are), count() if numbers is None else numbers)
    wanted = (there_are[number] for number in chosen)
    with world.opened(Clock()) as service, _listening(found), _client(service, doors) as client:
        found.add(Matrix(client, world.headers, methods_of(doors)).sweep(wanted, ways))
    return found


def moments(world: World, doors: Sequence[Door]) -> Findings:
    """Ask for data as a stranger one second before they open and when they do, without any restart."""
    found, clock = Findings(), Clock()
    asked = [
        address
        for door in doors
        if door.asks is Action.DOWNLOAD and "GET" in door.methods
        for address in addresses(door, world)
        if address.about is About.DATA and address.name in MOMENTS
    ]
    with world.opened(clock) as service, _client(service, doors) as client:
        for address in sorted(asked, key=lambda each: MOMENTS[each.name]):
            opening = datetime.fromisoformat(MOMENTS[address.name])
            for clock.now, given in ((opening - timedelta(seconds=1), False), (opening, True)):
                status = client.ask("GET", address.text).status
                found.cells += 1
                if (status == 200) is not given:
                    found.faults.append(f"{address.text} at {clock.now}: {status}")
    return found


def _client(service: Service, doors: Sequence[Door]) -> Client:
    return Client(create_app(service.archive, service=service, doors=doors))
