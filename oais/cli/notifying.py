"""What is told to people by mail: announcements, and sending by hand what the worker sends else."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oais.cli.options import AsJson, Home, service_at, text_of
from oais.cli.terminal import err, out, print_json
from oais.errors import ArchiveError

if TYPE_CHECKING:
    from oais.functions.audit import AuditSummary

notify_app = typer.Typer(help="Announce visits to their owners; send what is due.", no_args_is_help=True)


@notify_app.command("upcoming")
def notify_upcoming(
    request: Annotated[str, typer.Argument(help="The observation request, as MISSION:REQUEST.")],
    visit: Annotated[str, typer.Argument(help="The visit's name.")],
    at: Annotated[datetime, typer.Argument(help="When it is planned for, UTC.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Tell the owners of an observation request that a visit is planned; each is told once."""
    from oais.functions.notifications import announce_upcoming

    letters = announce_upcoming(service_at(home), request, visit, at.replace(tzinfo=UTC))
    print_json({"letters": letters}) if as_json else out.print(f"queued {letters} letters")


@notify_app.command("plan")
def notify_plan(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="A CSV table with the columns request, visit and at."
        ),
    ],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Tell owners of the visits that a table plans, up to a hundred in a letter; faults are told by line.

    When one line has a fault nobody is told anything. Visits in the past are left out.
    """
    from oais.functions.notifications import announce_plan

    done = announce_plan(service_at(home), text_of(file))
    told = f"visits {done.visits}, past {done.past}; queued {done.letters} letters"
    print_json(asdict(done)) if as_json else out.print(told)


@notify_app.command("send")
def notify_send(home: Home = None, as_json: AsJson = False) -> None:
    """Queue the notices that are due and send the mail that waits, as the worker does by itself."""
    from oais.functions.mailing import send_due
    from oais.functions.notifications import notify_due

    service = service_at(home)
    queued, sent = notify_due(service), send_due(service)
    told = f"queued {queued} notices, sent {sent} letters"
    print_json({"queued": queued, "sent": sent}) if as_json else out.print(told)


def tell_administrators(home: Path, summary: AuditSummary) -> None:
    """Queue a letter about damage; an archive without a database has nobody to tell.

    What stands in the way is said and changes nothing of the audit: its proof needs neither.
    """
    from oais.functions.notifications import report_damage

    if summary.intact or not (home / "keys" / "service.key").exists():
        return
    try:
        report_damage(service_at(home), summary)
    except ArchiveError as error:
        err.print(f"[yellow]the administrators could not be told: {error.message}[/]", soft_wrap=True)
