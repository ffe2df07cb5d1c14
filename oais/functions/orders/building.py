"""Building ordered packages: one worker has an order at a time; whoever ends it makes the same bytes."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dip.building import write_package
from dip.layout import Package, known_form
from dip.order import DipItem
from dip.pieces import ASK_EVERY
from oais.archive import timestamp
from oais.confirming import require_open
from oais.database import orders
from oais.database.orders import Order, OrderState
from oais.errors import ArchiveError, as_fault
from oais.functions.access.facade import Access, open_access
from oais.functions.dissemination import whole
from oais.functions.orders.consumers import OPERATOR, person_of
from oais.functions.orders.cutting import cutting_of, tables_of
from oais.functions.orders.fetching import folder_of
from oais.functions.orders.letters import queue_letter
from oais.functions.orders.packages import Plan, Watch, lay_out_volumes, parts_of
from oais.functions.orders.placing import package_rows
from oais.functions.orders.reserving import NO_ROOM, reserve
from oais.functions.people.principals import principal_for
from oais.functions.service import Service
from policies.access import ANONYMOUS

LEASE = timedelta(minutes=2)
"""How long an order stays with a worker that gives no sign; then another takes it."""

_RENEWED_AFTER = timedelta(seconds=15)


class LeaseLostError(ArchiveError):
    """The order was cancelled, or another worker has it: what this one makes of it is not wanted any more."""


class Worker:
    """Builds the orders of the queue, one at a time; any number of workers may serve one archive."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._name = secrets.token_hex(8)
        self._access = open_access(service.archive, database=service.database)

    def build_next(self) -> Order | None:
        """Build the oldest order that waits and return it; None when none waits. Raises StorageError."""
        require_open(self._service.archive.home)
        now = self._service.now()
        with self._service.database.writing() as connection:
            order = orders.claim(connection, self._name, timestamp(now), timestamp(now + LEASE))
        if order is not None:
            try:
                self._build(order)
            except LeaseLostError:
                pass
            except KeyboardInterrupt:
                self._give_back(order)
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the reader is told and the queue goes on
                self._end(order, OrderState.FAILED, reason=as_fault(error).message)
        return order

    def _build(self, order: Order) -> None:
        with self._service.database.reading() as connection:
            picks = orders.picks(connection, order.identifier)
            known = orders.packages(connection, order.identifier)
        archive, sign = self._service.archive, _Sign(self._service, order, self._name)
        tables = tables_of(order)
        cutting = cutting_of(archive, tables, sign.alive) if tables else whole
        parts = parts_of(self._access_for(order), picks, cutting)
        plan = Plan(order.name, order.title, order.placed_at, known_form(order.form))
        packages = lay_out_volumes(archive, plan, parts, archive.settings.package_limit_bytes)
        folder = folder_of(archive, order.identifier)
        if package_rows(packages) != known:
            shutil.rmtree(folder, ignore_errors=True)  # the archive's name has changed since half was built
        for remains in folder.glob(".*"):
            remains.unlink(missing_ok=True)
        reserve(self._service, order, sum(p.size for p in packages if not (folder / p.name).exists()))
        _write_all(packages, folder, sign, Watch(lambda: self._access_for(order), parts))
        self._end(order, OrderState.AVAILABLE, packages=packages)

    def _give_back(self, order: Order) -> None:
        """Put an order back into the queue, so that it need not wait for the end of the lease."""
        with self._service.database.writing() as connection:
            orders.renew(connection, order.identifier, self._name, state=OrderState.QUEUED)

    def _access_for(self, order: Order) -> Access:
        """Return the access of the owner as it is now; a code counts as it did when the order was placed."""
        person, now = person_of(order.owner), self._service.now()
        if person == OPERATOR.identifier:
            principal = OPERATOR
        elif person:
            principal = principal_for(self._service, person, now, code_confirmed=order.code_confirmed)
        else:
            had_code = order.code_until is not None and order.code_until > order.placed_at
            principal = replace(ANONYMOUS, code_until=datetime.max.replace(tzinfo=UTC) if had_code else None)
        return self._access.asked_by(principal, now)

    def _end(
        self, order: Order, state: OrderState, *, reason: str = "", packages: Sequence[Package] = ()
    ) -> None:
        """Record how it ended and tell its owner, both or neither.

        That it still waits for room is told once, however often it is tried.
        """
        now = self._service.now()
        expires = now + timedelta(days=self._service.archive.settings.order_days)
        ended: dict[str, object] = {"state": state, "reason": reason, "lease_until": None}
        if state is OrderState.AVAILABLE:
            size = sum(package.size for package in packages)
            ended |= {"available_at": timestamp(now), "expires_at": timestamp(expires)}
            ended |= {"size": size, "done": size}
        with self._service.database.writing() as connection:
            if not orders.renew(connection, order.identifier, self._name, **ended):
                return
            if packages:
                orders.replace_packages(connection, order.identifier, package_rows(packages))
            if not (reason.startswith(NO_ROOM) and order.reason.startswith(NO_ROOM)):
                queue_letter(connection, self._service, order, state, reason, expires)


def _write_all(packages: Sequence[Package], folder: Path, sign: _Sign, watch: Watch) -> None:
    def ask(item: DipItem) -> None:
        sign(item)
        watch(item)

    for package in packages:
        target = folder / package.name
        if not target.exists():
            write_package(package, target, ask)
        sign.wrote(package)


class _Sign:
    """Gives a sign that the worker lives, and tells how far it is."""

    def __init__(self, service: Service, order: Order, worker: str) -> None:
        self._service = service
        self._order = order
        self._worker = worker
        self._given_at = service.now()
        self._finished = self._read = 0

    def __call__(self, item: DipItem) -> None:
        """Stand before each file and every 32 MiB of it; raises LeaseLostError."""
        self.alive()
        self._read += min(item.size, ASK_EVERY)

    def alive(self) -> None:
        """Give the sign when it is due; raises LeaseLostError."""
        now = self._service.now()
        if now - self._given_at >= _RENEWED_AFTER:
            self._renew(now)

    def wrote(self, package: Package) -> None:
        """Count a package that is whole."""
        self._finished, self._read = self._finished + package.size, 0
        self._renew(self._service.now())

    def _renew(self, now: datetime) -> None:
        done = min(self._finished + self._read, self._order.size)
        with self._service.database.writing() as connection:
            held = orders.renew(
                connection,
                self._order.identifier,
                self._worker,
                lease_until=timestamp(now + LEASE),
                done=done,
            )
        if not held:
            raise LeaseLostError("the order was cancelled or has another worker")
        self._given_at = now
