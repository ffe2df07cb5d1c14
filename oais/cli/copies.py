"""Copies at other locations: where they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from oais.cli.options import AsJson, Home, archive_at
from oais.cli.terminal import home_or_default, out, print_json, table, warn

location_app = typer.Typer(help="Keep copies of all AIPs at other locations.", no_args_is_help=True)

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
    """Show the locations, whether each is there, and since when it is to hold copies."""
    from oais.archive import open_home
    from oais.functions.copies.locations import locations

    known = locations(open_home(home_or_default(home)))
    if as_json:
        rows = [
            {"name": one.name, "path": str(one.path), "since": one.since, "away": one.away} for one in known
        ]
        print_json({"locations": rows})
        return
    if not known:
        out.print("no locations: 'oais location add NAME FOLDER' adds one")
        return
    shown = table("location", "state", "since", "folder", unbroken=8)
    for one in known:
        state = "[yellow]away[/]" if one.away else "[green]there[/]"
        shown.add_row(one.name, state, one.since[:10], escape(str(one.path)))
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
