"""Options that several commands share, written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path | None,
    typer.Option("--home", "-H", help="The archive's home; else OAIS_HOME, else here.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON object.")]
Agreement = Annotated[
    str,
    typer.Option("--agreement", "-a", help="Agreement to use when the bag names none.", show_default=False),
]
Reference = Annotated[str, typer.Argument(help="An AIP identifier, or one of its versions: ID@v2.")]
