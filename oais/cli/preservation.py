"""Preservation planning at the terminal: which formats are held, and what is to be done about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from oais.cli.options import AsJson, Home, archive_at
from oais.cli.terminal import counted, out, print_json, show_size, table

if TYPE_CHECKING:
    from oais.functions.preservation.census import Census, FormatRow

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


COMMANDS = (formats,)
