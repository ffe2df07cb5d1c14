"""Copies at other locations: where they are kept, brought there, checked, and repaired from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from oais.cli.options import AsJson, Home, archive_at
from oais.cli.terminal import (
    count_progress,
    counted,
    home_or_default,
    out,
    print_findings,
    print_json,
    table,
    warn,
)
from oais.errors import WrongUsageError

if TYPE_CHECKING:
    from oais.functions.copies.checking import Checked
    from oais.functions.copies.repair import Repair
    from oais.functions.copies.replication import Synced

location_app = typer.Typer(help="Keep copies of all AIPs at other locations.", no_args_is_help=True)

_NONE = "no locations: 'oais location add NAME FOLDER' adds one"

Names = Annotated[list[str] | None, typer.Argument(help="Locations; else all.", show_default=False)]
LocationName = Annotated[str, typer.Argument(help="The location's name, such as vault-2.")]


@location_app.command("add")
def location_add(
    name: LocationName,
    folder: Annotated[Path, typer.Argument(help="An empty or missing folder, best on another disk.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Have a copy of every AIP kept in a folder too; 'oais location sync' brings what is stored already."""
    from oais.functions.copies.locations import add_location, on_one_disk

    archive = archive_at(home)
    location = add_location(archive, name, folder)
    if on_one_disk(archive, location):
        warn(f"{location.path} is on the disk of the archive", "a copy on another disk survives that one")
    if as_json:
        print_json({"name": location.name, "path": str(location.path), "since": location.since})
    else:
        out.print(f"added {location.name}: {escape(str(location.path))}", soft_wrap=True)


@location_app.command("list")
def location_list(home: Home = None, as_json: AsJson = False) -> None:
    """Show the locations: whether each is there, how many AIPs it is owed, and since when it is one."""
    from oais.archive import open_home
    from oais.functions.copies.locations import locations
    from oais.functions.copies.replication import owed_to

    archive = open_home(home_or_default(home))
    rows = [
        {
            "name": one.name,
            "path": str(one.path),
            "since": one.since,
            "away": one.away,
            "closed": one.closed,
            "owed": None if one.away else owed_to(archive, one),
        }
        for one in locations(archive)
    ]
    _answer(rows, lambda: _print_locations(rows), as_json)


def _print_locations(rows: list[dict[str, Any]]) -> None:
    shown = table("location", "state", "owed", "since", "folder", right=("owed",), unbroken=8)
    for row in rows:
        state = "[yellow]away[/]" if row["away"] else "[green]there[/]"
        if row["closed"]:
            state = "[bold red]closed[/]"
        count = "" if row["away"] else str(row["owed"])
        shown.add_row(row["name"], state, count, row["since"][:10], escape(row["path"]))
    out.print(shown)


def _answer(rows: list[dict[str, Any]], show: Callable[[], object], as_json: bool) -> None:
    """Tell of all locations, each in its manner, or that there is none."""
    if as_json:
        print_json({"locations": rows})
    elif not rows:
        out.print(_NONE)
    else:
        show()


@location_app.command("remove")
def location_remove(name: LocationName, home: Home = None, as_json: AsJson = False) -> None:
    """Keep no copies at a location any more; those that are there stay."""
    from oais.functions.copies.locations import remove_location

    location = remove_location(archive_at(home), name)
    if as_json:
        print_json({"name": location.name, "path": str(location.path)})
        return
    out.print(f"removed {location.name}; its copies stay in {escape(str(location.path))}", soft_wrap=True)


@location_app.command("sync")
def location_sync(
    names: Annotated[
        list[str] | None, typer.Argument(help="Locations; else all.", show_default=False)
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Bring every location what it is owed, each version proven before and after; the worker does it too."""
    from oais.archive import open_home
    from oais.functions.copies.locations import location_named
    from oais.functions.copies.replication import sync_all

    archive = open_home(home_or_default(home))
    for name in names or ():
        location_named(archive, name)
    with count_progress("copy", 0) as advance:
        told = list(sync_all(archive, names or (), advance))
    _answer([one.as_plain() for one in told], lambda: _print_synced(told), as_json)
    return max((4 if one.away else 3 if one.findings else 0 for one in told), default=0)


def _print_synced(told: list[Synced]) -> None:
    for one in told:
        versions = f"{counted(len(one.copied), 'version')} copied and proven"
        if one.away:
            verdict = f"[yellow]stopped[/]  {one.location}: {versions}; {escape(one.away)}"
        elif one.findings:
            verdict = f"[bold red]{len(one.findings)} not copied[/]  {one.location}: {versions}"
        else:
            verdict = f"[bold green]up to date[/]  {one.location}: {counted(one.aips, 'AIP')}, {versions}"
        out.print(verdict, soft_wrap=True)
        for aip_id in one.withdrawn:
            out.print(f"  {escape(aip_id)} was withdrawn: its copy was removed", soft_wrap=True)
        print_findings(found for _, found in one.findings)


@location_app.command("check")
def location_check(
    names: Names = None,
    aip: Annotated[list[str] | None, typer.Option(help="Ask for this AIP; may be given again.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Have every byte read again at the locations, proven by a number nobody could know before."""
    from oais.archive import open_home
    from oais.functions.copies.checking import check_location
    from oais.functions.copies.locations import location_named, locations

    archive = open_home(home_or_default(home))
    chosen = [location_named(archive, name) for name in names] if names else locations(archive)
    with count_progress("check", 0) as advance:
        told = [check_location(archive, one, aip or (), progress=advance) for one in chosen]
    _answer([one.as_plain() for one in told], lambda: _print_checked(told), as_json)
    worst = (4 if one.away else 3 if one.damaged else 1 if one.owed else 0 for one in told)
    return max(worst, default=0)


def _print_checked(told: list[Checked]) -> None:
    for one in told:
        read = f"{counted(one.aips, 'AIP')}, {counted(one.files, 'file')} read there"
        if one.away:
            verdict = f"[yellow]away[/]  {one.location}: {escape(one.away)}"
        elif one.damaged:
            verdict = f"[bold red]{one.damaged} damaged[/]  {one.location}: {read}"
        elif one.owed:
            verdict = f"[yellow]{one.owed} owed[/]  {one.location}: {read}"
        else:
            verdict = f"[bold green]intact[/]  {one.location}: {read}"
        out.print(verdict, soft_wrap=True)
        print_findings(found for _, found in one.findings)


def repair(
    aips: Annotated[list[str] | None, typer.Argument(help="AIPs; else --all.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every AIP of which there is any copy.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be done.")] = False,
    unreadable: Annotated[
        bool, typer.Option("--unreadable", help="Also make anew what cannot be read: its disk was seen to.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Make damaged, lost and older copies anew from a proven one, the archive's own too."""
    from oais.functions.copies.repair import places_of, recorded_in
    from oais.functions.copies.repair import repair as repair_one

    if bool(aips) == everything:
        raise WrongUsageError("repair what? Name AIPs, or give --all")
    archive = archive_at(home)
    recorded, told = recorded_in(archive), []
    places = places_of(archive, aips or ())
    with count_progress("repair", len(places)) as advance:
        for place in places:
            told.append(repair_one(archive, place, recorded, unreadable=unreadable, dry_run=dry_run))
            advance()
    if as_json:
        print_json({"aips": [one.as_plain() for one in told]})
    else:
        _print_repairs(told, dry_run)
    return 0 if all(one.whole for one in told) else 3


def _print_repairs(told: list[Repair], dry_run: bool) -> None:
    sound = [one for one in told if one.whole and not one.mended and not one.waiting]
    for one in told:
        if one in sound:
            continue
        states = ", ".join(f"{copy.location} {copy.state}" for copy in one.copies)
        verdict = "[bold red]nothing written[/]" if not one.source else "[bold green]repaired[/]"
        if dry_run and one.source:
            verdict = "[yellow]would repair[/]"
        source = f", from {one.source}" if one.source else ""
        out.print(f"{verdict}  [bold]{escape(one.aip_id)}[/]: {states}{source}", soft_wrap=True)
        for mended in one.mended:
            kept = f"; the damaged one lies in {escape(mended.aside)}" if mended.aside else ""
            out.print(f"  {mended.location}: made anew and proven{kept}", soft_wrap=True)
        print_findings(one.findings)
    if sound:
        out.print(f"[bold green]whole[/]  {counted(len(sound), 'AIP')}: every copy is what was sealed")
