"""``oais export``: what the archive holds, written out in a form that needs no archive."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from oais.cli.options import AsJson, Home, archive_at
from oais.cli.terminal import count_progress, counted, out, print_json, show_size


def export(
    static: Annotated[
        Path, typer.Option(help="Folder for a browsable copy without server: missing, empty, or such a copy.")
    ],
    products: Annotated[
        bool, typer.Option("--products/--without-products", help="Put the data themselves into the copy.")
    ] = True,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Write what everybody may see at this moment as pages, lists and files that need no server."""
    from oais.web.still import make_still_copy

    archive = archive_at(home)
    with count_progress("copying the site", 0) as advance:
        made = make_still_copy(archive, static, products=products, progress=advance)
    if as_json:
        print_json(asdict(made))
        return
    files = f"{counted(made.files, 'file')}, {made.products} of them products"
    held = f"{counted(made.pages, 'page')} and {files}: {show_size(made.size)}"
    verdict = "renewed" if made.replaced else "written"
    out.print(f"[bold green]{verdict}[/]  {escape(made.path)}", soft_wrap=True)
    out.print(f"{held}; begin with index.html", soft_wrap=True)
