"""Preservation planning at the terminal: which formats are held, and what is to be done about them."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from oais.cli.options import AsJson, Home, archive_at
from oais.cli.terminal import count_progress, counted, out, print_json, show_size, table

if TYPE_CHECKING:
    from oais.functions.preservation.census import Census, FormatRow
    from oais.functions.preservation.coverage import Coverage, DataSetCoverage
    from oais.functions.preservation.migration import Migrated

_COLOURS = {"low": "green", "moderate": "yellow", "high": "bold red", "": "bold red"}


def formats(
    check: Annotated[
        bool, typer.Option("--check", help="Exit code 1 when a format is not judged, or too long ago.")
    ] = False,
    register: Annotated[
        bool, typer.Option("--register", help="Print the shipped risk register, to begin one's own with.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Tell which formats the newest versions hold, how much of each, and what threatens them."""
    from oais.functions.preservation.census import take_census
    from policies.formats import shipped_register

    if register:
        out.print(shipped_register().decode(), end="", markup=False, highlight=False, soft_wrap=True)
        return 0
    census = take_census(archive_at(home))
    if as_json:
        print_json(census.as_plain())
    else:
        _print_census(census)
    return int(check and bool(census.unsettled))


def _print_census(census: Census) -> None:
    shown = table("format", "name", "files", "size", "missions", "came in", "risk", right=("files", "size"))
    for row in census.rows:
        came = row.oldest if row.oldest == row.newest else f"{row.oldest} to {row.newest}"
        amounts = (str(row.files), show_size(row.size), escape(", ".join(row.missions)), came)
        shown.add_row(row.format_id, escape(row.name), *amounts, _risk(row))
    out.print(shown)
    for row in census.rows:
        if row.needs:
            out.print(f"[yellow]{row.format_id}[/]  {escape(row.needs)}", soft_wrap=True)
    out.print(
        f"{counted(len(census.rows), 'format')}, {len(census.unsettled)} to be judged; {census.register}",
        style="dim",
        soft_wrap=True,
    )


def _risk(row: FormatRow) -> str:
    word = row.risk or row.standing
    overdue = ", overdue" if row.standing == "overdue" else ""
    return f"[{_COLOURS[row.risk]}]{word}{overdue}[/]"


def migrate(
    source: Annotated[str, typer.Option("--from", help="The format that goes, such as oais/fits-gzip.")] = "",
    target: Annotated[str, typer.Option("--to", help="The format that comes, such as x-fmt/383.")] = "",
    only: Annotated[
        list[str] | None, typer.Option(help="Only this AIP; may be given often. Else all that hold it.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Convert and compare, but store nothing.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Make new versions of AIPs in which a format is replaced by a better one, without any loss."""
    from oais.functions.preservation.migration import candidates, way_between
    from oais.functions.preservation.migration import migrate as migrate_all

    way = way_between(source, target)
    archive = archive_at(home)
    chosen = candidates(archive, way, only or ())
    told = []
    with count_progress("migrate", len(chosen)) as advance:
        for one in migrate_all(archive, way, chosen, dry_run=dry_run):
            told.append(one)
            if not as_json:
                _print_migrated(one)
            advance()
    counts = Counter(one.outcome for one in told)
    if as_json:
        print_json({"from": source, "to": target, "dry_run": dry_run, "counts": counts,
                    "aips": [one.as_plain() for one in told]})  # fmt: skip
    else:
        summed = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        out.print(summed or f"no AIP holds {source}", style="dim")
    return max((one.exit_code for one in told), default=0)


def _print_migrated(one: Migrated) -> None:
    if one.reason:
        colour = "dim" if one.outcome == "nothing to do" else "yellow"
        out.print(f"[{colour}]{one.outcome}[/]  {escape(one.aip_id)}: {escape(one.reason)}", soft_wrap=True)
        return
    out.print(f"[green]{one.outcome}[/]  {escape(one.aip_id)}@v{one.version}", soft_wrap=True)
    for file in one.files:
        sizes = f"{show_size(file.size_before)} to {show_size(file.size_after)}"
        out.print(f"  {escape(file.path)}  {sizes}; {file.equal}, by {file.reader}", soft_wrap=True)


def coverage(
    aip: Annotated[str | None, typer.Argument(help="One AIP, with its tables; else all data sets.")] = None,
    node: Annotated[str, typer.Option(help="Only the data sets at this place of the tree and below.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Tell how far data explain themselves: could a stranger read them with only what is inside?"""
    from oais.functions.preservation.coverage import coverage_by_data_set, coverage_of
    from oais.functions.storage import find_aip

    archive = archive_at(home)
    if aip is not None:
        judged = coverage_of(find_aip(archive, aip))
        print_json(judged.as_plain()) if as_json else _print_coverage(judged)
        return int(bool(judged.missing))
    found = list(coverage_by_data_set(archive, node))
    if as_json:
        print_json({"data_sets": [asdict(one) for one in found]})
    else:
        _print_data_sets(found)
    return int(any(one.missing or one.unread for one in found))


def _print_coverage(judged: Coverage) -> None:
    out.print(f"[bold]{escape(judged.aip_id)}@v{judged.version}[/]  {judged.score:.0%} explained by itself")
    shown = table("part", "", "found")
    for part in judged.parts:
        colour = {"present": "green", "missing": "bold red"}.get(part.state, "dim")
        todo = f"\n[dim]{escape(part.remedy)}[/]" if part.remedy else ""
        shown.add_row(part.name, f"[{colour}]{part.state}[/]", f"{escape(part.found)}{todo}")
    out.print(shown)


def _print_data_sets(found: list[DataSetCoverage]) -> None:
    shown = table("data set", "AIPs", "explained", "missing, in how many", right=("AIPs", "explained"))
    for one in found:
        if one.unread:
            continue
        missing = ", ".join(f"{name} {count}" for name, count in sorted(one.missing.items()))
        shown.add_row(escape(one.node), str(one.aips), f"{one.score:.0%}", missing or "[green]nothing[/]")
    out.print(shown)
    for one in found:
        if one.unread:
            out.print(f"[bold red]{counted(len(one.unread), 'AIP')} cannot be read[/]: oais audit run --all")


def dossier(
    folder: Annotated[Path, typer.Argument(help="Where page, JSON and signatures go; made if missing.")],
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Write the evidence for an auditor, computed now: what holds of each requirement, and what not."""
    from oais.functions.preservation.dossier.making import make_dossier, write_dossier

    archive = archive_at(home)
    made = make_dossier(archive)
    written = write_dossier(archive, made, folder)
    if as_json:
        print_json(made.as_plain())
        return 0
    summed = ", ".join(f"{count} {verdict}" for verdict, count in sorted(made.counts.items()))
    out.print(f"{counted(len(made.rows), 'requirement')}: {summed}")
    facts = {fact.name: fact for row in made.rows for fact in row.evidence if not fact.holds}
    for fact in facts.values():
        out.print(f"[yellow]does not hold[/]  {escape(fact.name)}: {escape(fact.found)}", soft_wrap=True)
    out.print(
        f"wrote {', '.join(escape(path.name) for path in written)} into {escape(str(folder))}", style="dim"
    )
    return 0


COMMANDS = (formats, migrate, coverage, dossier)
