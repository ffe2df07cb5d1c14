"""Sweeps the matrix: all of it in two processes, one door in this one, and the moments at which sets open."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing import get_context

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


def sweep(world: World, ways: Sequence[str]) -> Findings:
    """Ask everything in these ways, in two processes."""
    found = Findings()
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        for part in [pool.submit(swept, world, DOORS, ways, share, 2) for share in range(2)]:
            found.add(part.result())
    return found


def swept(
    world: World, doors: Sequence[Door], ways: Sequence[str], share: int = 0, shares: int = 1
) -> Findings:
    """Ask a share of all addresses of these doors."""
    found = Findings()
    wanted = [address for door in doors for address in addresses(door, world)][share::shares]
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
