"""What two archivists do together: withdraw an AIP, so that only its tombstone remains."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from typer.core import TyperGroup

from oais.cli.options import AsJson, Home, archive_at, opened_service
from oais.cli.terminal import err, out, print_json, print_pairs, table

if TYPE_CHECKING:
    from oais.functions.service import Service
    from oais.functions.withdrawal.listing import WithdrawalView
    from oais.information.withdrawals import Withdrawal


class _AskedFirst(TyperGroup):
    """Takes ``oais withdraw ID`` for ``oais withdraw ask ID``."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Put the word in that was left out."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["ask", *args]
        return super().parse_args(ctx, args)


withdraw_app = typer.Typer(
    cls=_AskedFirst,
    help="Withdraw an AIP for good: one archivist asks, another approves, a tombstone remains.",
    no_args_is_help=True,
)

Aip = Annotated[str, typer.Argument(help="The identifier of an AIP; all its versions go.")]
Login = Annotated[
    str,
    typer.Option(
        "--as", help="Your login; the password is asked for, or is the first line of standard input."
    ),
]
Reason = Annotated[str, typer.Option(help="Why; it is kept for ever.")]


@withdraw_app.command("ask")
def withdraw_ask(
    aip: Aip,
    login: Login,
    reason: Annotated[
        str, typer.Option(help="Stands on the tombstone, for whoever may read the description.")
    ],
    why: Annotated[
        str, typer.Option(help="Kind of reason: law, privacy, rights, provider, error or duplicate.")
    ],
    basis: Annotated[str, typer.Option(help="Legal basis, and who asked for it; for the staff alone.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Ask that an AIP be withdrawn; nothing happens to it before another archivist approves."""
    from oais.functions.withdrawal.asking import ask

    _act(home, login, as_json, lambda service, by: ask(service, by, aip, why=why, reason=reason, basis=basis))


@withdraw_app.command("approve")
def withdraw_approve(aip: Aip, login: Login, home: Home = None, as_json: AsJson = False) -> None:
    """Approve what another archivist asked for: the AIP leaves the archive at once and for good."""
    from oais.functions.withdrawal.asking import approve

    _act(home, login, as_json, lambda service, by: approve(service, by, aip))


@withdraw_app.command("decline")
def withdraw_decline(
    aip: Aip, login: Login, reason: Reason, home: Home = None, as_json: AsJson = False
) -> None:
    """Decline a request, or take back one's own."""
    from oais.functions.withdrawal.asking import decline

    _act(home, login, as_json, lambda service, by: decline(service, by, aip, reason))


@withdraw_app.command("readmit")
def withdraw_readmit(
    aip: Aip, login: Login, reason: Reason, home: Home = None, as_json: AsJson = False
) -> None:
    """Allow that a withdrawn AIP is delivered again under its identifier."""
    from oais.functions.withdrawal.asking import readmit

    _act(home, login, as_json, lambda service, by: readmit(service, by, aip, reason))


@withdraw_app.command("list")
def withdraw_list(home: Home = None, as_json: AsJson = False) -> int:
    """List what waits for a second archivist and what was decided; exit code 3 for damaged records."""
    from dataclasses import asdict

    from oais.functions.withdrawal.listing import list_withdrawals

    told = list_withdrawals(archive_at(home))
    for fault in told.faults:
        err.print(f"[red]{escape(fault)}[/]", soft_wrap=True)
    if told.owes:
        err.print(f"[yellow]copies of what was withdrawn may still be at {escape(', '.join(told.owes))}[/]")
    rows = [*told.waiting, *told.past]
    if as_json:
        print_json(asdict(told))
    elif not rows:
        out.print("nobody ever asked for a withdrawal")
    else:
        shown = table("AIP", "state", "asked for", "by", "decided", "by", "reason")
        for row in rows:
            shown.add_row(
                row.aip_id,
                row.state,
                row.asked_at[:10],
                row.asked_by,
                row.decided_at[:10],
                row.decided_by,
                escape(row.reason),
            )
        out.print(shown)
    return 3 if told.faults else 0


def _act(home: Path | None, login: str, as_json: bool, step: Callable[[Service, str], Withdrawal]) -> None:
    """Do a step as the person whose password is given, and show what came of it."""
    from dataclasses import asdict

    from oais.functions.people.sessions import authenticated
    from oais.functions.withdrawal.listing import withdrawal_view

    with opened_service(home) as service:
        password = (
            typer.prompt(f"Password of {login}", hide_input=True, err=True)
            if sys.stdin.isatty()
            else sys.stdin.readline().rstrip("\r\n")
        )
        person = authenticated(service, login, password)
        told = withdrawal_view(service.archive, step(service, person.identifier))
    print_json(asdict(told)) if as_json else _show(told)


def _show(told: WithdrawalView) -> None:
    print_pairs(
        (
            ("AIP", told.aip_id),
            ("state", told.state),
            ("asked for by", f"{told.asked_by}, {told.asked_at[:10]}"),
            ("decided by", f"{told.decided_by}, {told.decided_at[:10]}" if told.decided_by else "nobody yet"),
            ("expires", told.expires_at[:10] if told.waits else ""),
            ("kind of reason", told.why),
            ("on the tombstone", told.reason),
        )
    )
