"""Copies at other locations: where they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
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
    known = locations(archive)
    owed = {one.name: None if one.away else owed_to(archive, one) for one in known}
    if as_json:
        rows = [
            {
                "name": one.name,
                "path": str(one.path),
                "since": one.since,
                "away": one.away,
                "owed": owed[one.name],
            }
            for one in known
        ]
        print_json({"locations": rows})
        return
    if not known:
        out.print(_NONE)
        return
    shown = table("location", "state", "owed", "since", "folder", right=("owed",), unbroken=8)
    for one in known:
        state = "[yellow]away[/]" if one.away else "[green]there[/]"
        count = "" if one.away else str(owed[one.name])
        shown.add_row(one.name, state, count, one.since[:10], escape(str(one.path)))
    out.print(shown)


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
    if as_json:
        print_json({"locations": [one.as_plain() for one in told]})
    elif not told:
        out.print(_NONE)
    else:
        for one in told:
            _print_synced(one)
    return max((4 if one.away else 3 if one.findings else 0 for one in told), default=0)


def _print_synced(told: Synced) -> None:
    versions = f"{counted(len(told.copied), 'version')} copied and proven"
    if told.away:
        verdict = f"[yellow]stopped[/]  {told.location}: {versions}; {escape(told.away)}"
    elif told.findings:
        verdict = f"[bold red]{len(told.findings)} not copied[/]  {told.location}: {versions}"
    else:
        verdict = f"[bold green]up to date[/]  {told.location}: {counted(told.aips, 'AIP')}, {versions}"
    out.print(verdict, soft_wrap=True)
    print_findings(found for _, found in told.findings)
