"""Orders at the command line: select, weigh, order, and the worker that builds."""

from __future__ import annotations

import select
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from oais.cli.options import (
    AsJson,
    Home,
    ProfileName,
    ProfileOwner,
    StrictTables,
    TableForm,
    ends_of,
    profile_at,
    service_at,
)
from oais.cli.terminal import (
    counted,
    err,
    home_or_default,
    out,
    print_json,
    print_pairs,
    show_size,
    table,
    warn,
)

if TYPE_CHECKING:
    from oais.functions.orders.consumers import Consumer
    from oais.functions.orders.fetching import OrderView
    from oais.functions.orders.selection import Selection
    from oais.functions.working import Done

_PAUSE = 2.0
"""Seconds between two looks at the queue when nothing was found in it."""

order_app = typer.Typer(help="Order packages of several AIPs, which the worker builds.", no_args_is_help=True)

Identifier = Annotated[str, typer.Argument(help="The identifier of an order.")]


@order_app.command()
def new(
    names: Annotated[
        list[str] | None, typer.Argument(help="AIPs or single files: ID, ID@v2, ID@v2/PATH.")
    ] = None,
    ids: Annotated[str, typer.Option(help="Identifiers, patterns (*) or ranges (a..b).")] = "",
    node: Annotated[str, typer.Option(help="All at a place in the tree and below.")] = "",
    time: Annotated[str, typer.Option(help="Products that overlap FROM/TO, dates or times in UTC.")] = "",
    profile: ProfileName = "",
    owner: ProfileOwner = "",
    form: Annotated[
        str, typer.Option("--format", help="zip or tar.gz; zip, or as the profile says.", show_default=False)
    ] = "",
    tables: TableForm = "",
    strict: StrictTables = False,
    weigh_only: Annotated[
        bool, typer.Option("--weigh", help="Tell how much it is and order nothing.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Select files and order them; what is unknown or may not be had is told, each with its reason."""
    from oais.functions.access.profiles import within
    from oais.functions.access.question import Question
    from oais.functions.access.views import as_plain
    from oais.functions.orders.cutting import tables_wanted
    from oais.functions.orders.placing import place
    from oais.functions.orders.selection import Selection, found, ticked
    from oais.functions.orders.weighing import weigh

    consumer, kept = _operator(home), profile_at(home, owner, profile)
    form = form or (kept.format if kept else "") or "zip"
    time = time or (kept.interval if kept else "")
    wanted = tables_wanted(tables, *ends_of(time), strict=strict)
    chosen = ticked(consumer.access, names or [])
    if ids or node or kept or (time and not names):
        more = found(consumer.access, within(Question(ids=ids, node=node, time=time), kept))
        chosen = Selection(chosen.picks + more.picks, chosen.missed + more.missed)
    weighed = weigh(consumer.access, chosen.picks)
    if weigh_only:
        plain = {"files": weighed.files, "size": weighed.size, "way": weighed.way}
        print_json({**plain, "missed": as_plain(chosen.missed)}) if as_json else print_pairs(plain.items())
    else:
        _tell(consumer, place(consumer, chosen.picks, form, wanted).identifier, as_json)
    _tell_missed(chosen)


@order_app.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List everybody's orders, the newest first."""
    from oais.functions.access.views import as_plain
    from oais.functions.orders.fetching import list_orders

    view = list_orders(_operator(home), everybody=True)
    if as_json:
        print_json(as_plain(view))
        return
    rows = table("order", "state", "placed", "files", "size", right=("files", "size"), unbroken=32)
    for order in view.orders:
        rows.add_row(
            order.identifier, order.state, order.placed_at[:19], str(order.files), show_size(order.size)
        )
    out.print(rows)


@order_app.command()
def show(identifier: Identifier, home: Home = None, as_json: AsJson = False) -> None:
    """Show an order: how far it is, its packages and where they lie."""
    _tell(_operator(home), identifier, as_json)


@order_app.command()
def cancel(
    identifier: Identifier,
    reason: Annotated[str, typer.Option(help="Why; its owner is told by mail.")] = "",
    home: Home = None,
) -> None:
    """End an order before its day; what was built of it goes at the worker's next round."""
    from oais.functions.orders import ending

    ending.cancel(_operator(home), identifier, reason)
    out.print(f"cancelled {escape(identifier)}")


@order_app.command()
def repeat(identifier: Identifier, home: Home = None, as_json: AsJson = False) -> None:
    """Place an order again, by the rights of now."""
    from oais.functions.orders import placing

    consumer = _operator(home)
    _tell(consumer, placing.repeat(consumer, identifier).identifier, as_json)


def work(
    once: Annotated[bool, typer.Option("--once", help="Do what waits, then end.")] = False,
    beside: Annotated[
        str,
        typer.Option(help="Address of the site that started it: letters lead there, and it ends with it."),
    ] = "",
    home: Home = None,
) -> None:
    """Build orders, take in deposits, draw, send mail, until interrupted; several may serve one archive."""
    from oais.archive import open_archive
    from oais.functions.service import open_service
    from oais.functions.working import chores_of, work_round

    archive = open_archive(home_or_default(home))
    if beside:
        archive = replace(archive, settings=archive.settings.reached_at(beside))
    chores = chores_of(open_service(archive))
    faults: Mapping[str, str] = {}
    while True:
        done = list(work_round(chores))
        faults = _tell_round(done, faults)
        busy = any(item.count for item in done)
        if once and not busy:
            return
        if not busy and _ended(bool(beside)):
            return


def _tell_round(done: Iterable[Done], before: Mapping[str, str]) -> Mapping[str, str]:
    """Print what a round did; a fault only where the round ``before`` did not meet it. Return the faults."""
    faults = {}
    for item in done:
        if item.fault is None:
            out.print(f"{item.chore}: {item.count}")
            continue
        faults[item.chore] = item.fault.message
        if before.get(item.chore) != item.fault.message:
            warn(f"{item.chore}: {item.fault.message}", item.fault.remedy)
    return faults


def _ended(beside: bool) -> bool:
    """Pause; return whether whoever started this worker has gone, which closes the pipe it holds."""
    return bool(select.select([sys.stdin] if beside else [], [], [], _PAUSE)[0])


def _operator(home: Path | None) -> Consumer:
    from oais.functions.access.facade import open_access
    from oais.functions.orders.consumers import OPERATOR, consumer_of

    service = service_at(home)
    return consumer_of(service, open_access(service.archive, OPERATOR, service.database), "")


def _tell(consumer: Consumer, identifier: str, as_json: bool) -> None:
    from oais.functions.access.views import as_plain
    from oais.functions.orders.fetching import folder_of, show_order

    order = show_order(consumer, identifier)
    folder = folder_of(consumer.service.archive, identifier)
    places = [str(folder / package.name) for package in order.packages]
    if as_json:
        print_json({**as_plain(order), "places": places})
        return
    print_pairs(
        [
            ("order", order.identifier),
            ("state", _state(order)),
            ("holds", f"{counted(order.files, 'file')}, {show_size(order.size)}"),
            *(("package", place) for place in places),
        ]
    )


def _state(order: OrderView) -> str:
    told = f"{order.state} {order.percent} %" if order.under_way else str(order.state)
    return f"{told}: {order.reason}" if order.reason else told


def _tell_missed(selection: Selection) -> None:
    for missed in selection.missed:
        err.print(f"[yellow]not selected[/] {escape(missed.asked)}: {escape(missed.reason)}")
