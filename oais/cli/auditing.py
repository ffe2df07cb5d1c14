"""``oais audit``: what is stored is read again and proven; what is due, what will be late, and the drill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape
from typer.core import TyperGroup

from oais.cli.notifying import tell_administrators
from oais.cli.options import AsJson, Home
from oais.cli.terminal import (
    count_progress,
    counted,
    home_or_default,
    out,
    print_findings,
    print_json,
    print_warnings,
    show_size,
    table,
)
from oais.errors import ArchiveError, WrongUsageError

if TYPE_CHECKING:
    from oais.archive import Home as ArchiveHome
    from oais.functions.audit import AuditSummary
    from oais.functions.audit.drill import Drill
    from oais.functions.audit.forecasting import Forecast


class _RunsUnlessNamed(TyperGroup):
    """Takes what is none of its commands for the arguments of ``run``: ``oais audit --all``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``run`` in front where no command is named."""
        if not (args and (args[0] in self.commands or args[0] in ctx.help_option_names)):
            args = ["run", *args]
        return super().parse_args(ctx, args)


audit_app = typer.Typer(
    cls=_RunsUnlessNamed,
    help="Prove that stored bytes are what was sealed; 'oais audit --all' means 'oais audit run --all'.",
)

Location = Annotated[str, typer.Option(help="Name of the location whose copies are read.")]


@audit_app.command("run")
def audit(
    aip: Annotated[str | None, typer.Argument(help="One AIP; else --all, --due or --sample.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Audit every AIP.")] = False,
    due: Annotated[
        bool, typer.Option("--due", help="Audit what is due by the settings, each as deep as it is due.")
    ] = False,
    sample: Annotated[int | None, typer.Option(help="Audit N AIPs chosen by chance.", min=1)] = None,
    part: Annotated[
        str, typer.Option("--slice", metavar="N/T", help="Only the N-th of T parts: 1/7, 2/7 … 7/7.")
    ] = "",
    full: Annotated[bool, typer.Option("--full", help="sha512 of every byte instead of BLAKE3.")] = False,
    light: Annotated[
        bool, typer.Option("--light", help="Names and sizes; only what looks changed is read.")
    ] = False,
    budget: Annotated[
        str, typer.Option(metavar="RATE", help="Bytes read in a second at most, such as 50MB/s.")
    ] = "",
    location: Location = "home",
    anew: Annotated[bool, typer.Option("--anew", help="Begin again what was stopped on the way.")] = False,
    cached: Annotated[
        bool, typer.Option("--cached", help="Read through the page cache instead of the disk.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of the sample, to repeat it.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Prove that stored bytes are what was sealed; exit code 3 and the exact path where they are not.

    A run that was stopped is gone on with by the next one that asks for the same.
    """
    _require_one(aip, everything, due, sample, part=part, full=full, light=light)
    depth: Word = "full" if full else "light" if light else "due" if due else "fast"
    asked = _Asked(aip, due, sample, part, depth, budget, location, anew, cached, seed)
    return _run(home_or_default(home), asked, as_json)


Word = Literal["light", "fast", "full", "due"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the options of one audit say."""

    aip: str | None
    due: bool
    sample: int | None
    part: str
    depth: Word
    budget: str
    location: str
    anew: bool
    cached: bool
    seed: int | None


def _run(home: Path, asked: _Asked, as_json: bool) -> int:
    import secrets

    from oais.archive import open_home
    from oais.functions.audit.depths import Depth
    from oais.functions.audit.running import Manner, opened_run
    from oais.functions.audit.selecting import WHOLE, select_for_audit, slice_from
    from oais.information.budget import Budget, bytes_per_second

    archive = open_home(home)
    seed = secrets.randbits(32) if asked.seed is None else asked.seed
    part = slice_from(asked.part) if asked.part else WHOLE
    pace = Budget(bytes_per_second(asked.budget)) if asked.budget else None
    depth = None if asked.depth == "due" else Depth(asked.depth)
    chosen = select_for_audit(
        archive, asked.aip, asked.sample, seed, due=asked.due, part=part, location=asked.location
    )
    with opened_run(archive, chosen, Manner(depth, not asked.cached, pace, asked.anew)) as run:
        with count_progress("audit", len(chosen)) as advance:
            for _ in run.results():
                advance()
        told = run.summary()
    print_warnings((*told.warnings, *_recorded(archive, told)))
    _tell(told, as_json, {"seed": seed} if asked.sample else {})
    tell_administrators(archive.home, told)
    return 0 if told.intact else 3


def _require_one(
    aip: str | None,
    everything: bool,
    due: bool,
    sample: int | None,
    *,
    part: str,
    full: bool,
    light: bool,
) -> None:
    if sum((aip is not None, everything, due, sample is not None)) != 1:
        raise WrongUsageError("audit what? Name one AIP, or give --all, --due, or --sample N")
    if full and light:
        raise WrongUsageError("--full reads everything and --light nothing: give one of them")
    if part and aip is not None:
        raise WrongUsageError("--slice parts the whole archive: it goes with --all, --due or --sample")


def _recorded(archive: ArchiveHome, told: AuditSummary) -> Iterator[str]:
    """Write the audit down in the ledger; yield what stands in the way, which changes no result."""
    from oais.functions.ledger.recording import record_audit

    try:
        record_audit(archive, told.started_at, told.as_plain())
    except ArchiveError as error:
        yield f"the audit could not be written into the ledger: {error.message}"


def _tell(told: AuditSummary, as_json: bool, more: dict[str, Any]) -> None:
    if as_json:
        print_json(told.as_plain() | more)
        return
    out.print(_verdict(told))
    depth = {"light": "names and sizes", "fast": "BLAKE3", "full": "sha512"}.get(told.depth, "as deep as due")
    read = f"{show_size(told.bytes)} read" + (f" at {show_size(told.rate)}/s" if told.bytes else "")
    went_on = f", begun {told.started_at[:16]}Z and gone on with" if told.resumed else ""
    place = "" if told.location == "home" else f" of {told.location}"
    out.print(f"[dim]{escape(told.scope)}{escape(place)}, {depth}: {read}{went_on}[/]", soft_wrap=True)
    for result in told.damaged:
        out.print(f"[bold]{escape(result.aip_id)}[/]")
        print_findings(result.findings)


def _verdict(told: AuditSummary) -> str:
    unreadable = len(told.unreadable)
    damaged = len(told.damaged) - unreadable
    words = [f"[bold red]{damaged} damaged[/]"] if damaged else []
    words += [f"[bold yellow]{unreadable} unreadable[/]"] if unreadable else []
    verdict = ", ".join(words) or "[bold green]intact[/]"
    return f"{verdict}  {counted(told.aips, 'AIP')}, {counted(told.files, 'file')}"


@audit_app.command("forecast")
def audit_forecast(home: Home = None, as_json: AsJson = False) -> int:
    """Tell when each depth was last read, what is due, and what will be late; exit code 1 then."""
    from dataclasses import asdict

    from oais.archive import open_home
    from oais.functions.audit.forecasting import forecasts

    told = forecasts(open_home(home_or_default(home)))
    if as_json:
        locations = [{**asdict(item), "kept": item.kept, "warnings": item.warnings()} for item in told]
        print_json({"kept": all(item.kept for item in told), "locations": locations})
    else:
        for item in told:
            _print_forecast(item)
    return 0 if all(item.kept for item in told) else 1


def _print_forecast(told: Forecast) -> None:
    pace = f"{show_size(told.pace)}/s" if told.pace else "not known before the first audit"
    held = f"{counted(told.aips, 'AIP')}, {show_size(told.bytes)}"
    out.print(
        f"[bold]{escape(told.location)}[/]  {held}; read at {pace}, asked for {show_size(told.steady)}/s"
    )
    numbers = ("in time", "due", "overdue", "to read")
    rows = table("depth", "every", *numbers, "oldest", right=numbers)
    for item in told.coverage:
        every = counted(item.days, "day") if item.days else "never"
        rows.add_row(
            item.depth,
            every,
            f"{item.current}/{item.aips}",
            str(item.due),
            str(item.overdue),
            show_size(item.due_bytes),
            item.oldest_at[:10],
        )
    out.print(rows)
    if told.troubled:
        out.print(f"[bold red]{told.troubled} AIPs were not intact when they were last read[/]")
    for warning in told.warnings():
        out.print(f"[yellow]{escape(warning)}[/]", soft_wrap=True)
    if told.kept:
        out.print("[green]all of it will be read in time[/]" if told.pace else "[dim]no forecast yet[/]")


@audit_app.command("drill")
def audit_drill(
    aip: Annotated[str | None, typer.Argument(help="One AIP; else some chosen by chance.")] = None,
    aips: Annotated[int, typer.Option(help="How many AIPs are chosen.", min=1)] = 3,
    seed: Annotated[int | None, typer.Option(help="Seed of the choice, to repeat it.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Damage copies of AIPs on purpose and see that audits find it; exit code 3 when one was missed.

    The archive itself is only read; the copies lie in staging/ and are gone at the end.
    """
    import secrets

    from oais.archive import open_home
    from oais.functions.audit.drill import run_drill
    from oais.functions.audit.selecting import select_for_audit

    archive = open_home(home_or_default(home))
    chance = secrets.randbits(32) if seed is None else seed
    chosen = select_for_audit(archive, aip, aips, chance)
    with count_progress("drill", 0) as advance:
        told = run_drill(archive, chosen, chance, advance)
    if as_json:
        print_json(told.as_plain())
    else:
        _print_drill(told)
    return 3 if told.missed else 0


def _print_drill(told: Drill) -> None:
    missed = len(told.missed)
    verdict = f"[bold red]{missed} missed[/]" if missed else "[bold green]all found[/]"
    planted = counted(len(told.planted), "damage")
    out.print(f"{verdict}  {planted} in copies of {counted(told.aips, 'AIP')}, seed {told.seed}")
    rows = table("damage", "path", "found by", "within", "took", right=("within", "took"))
    for item in told.planted:
        within = counted(item.within_days, "day") if item.within_days else "never"
        where = escape(", ".join(item.told) or "nothing")
        by = (item.depth, within) if item.found else (f"[bold red]missed[/]: told {where}", "")
        rows.add_row(item.damage, escape(item.path), *by, f"{item.seconds:.2f} s")
    out.print(rows)
    out.print("[dim]within: how long it may lie there until the schedule reads so deep (oais.yaml)[/]")
