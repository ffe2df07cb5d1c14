"""Options that several commands share, written once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from oais.cli.terminal import home_or_default, warn
from oais.errors import WrongUsageError

if TYPE_CHECKING:
    from oais.archive import Archive
    from oais.database.saved_queries import Profile
    from oais.functions.service import Service

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
Account = Annotated[str, typer.Argument(help="Login or identifier of an account.")]
FullName = Annotated[str, typer.Option("--name", help="The name as people read it.")]
Email = Annotated[str, typer.Option("--email", help="The address that mail goes to.")]
RoleWord = Annotated[
    Literal["registered", "provider", "archivist", "administrator"], typer.Argument(help="The new role.")
]
Until = Annotated[
    str,
    typer.Option("--until", help="Last day it holds (its end in UTC) or moment with zone; else no end."),
]

CutTime = Annotated[
    str, typer.Option("--time", help="Only the rows of tables from FROM on and before TO, UTC.")
]
TableForm = Annotated[
    str,
    typer.Option(
        "--as", help="Tables as fits, csv, votable, or original; fits when they are cut.", show_default=False
    ),
]
StrictTables = Annotated[
    bool, typer.Option("--strict", help="Refuse when a file cannot be cut or converted so.")
]

TargetFile = Annotated[
    Path | None, typer.Option("--targets", exists=True, dir_okay=False, help="A file of targets, one a line.")
]
ProfileName = Annotated[
    str, typer.Option("--profile", help="Only what a saved profile names, within its interval; with --owner.")
]
ProfileOwner = Annotated[str, typer.Option("--owner", help="Login of whoever keeps the profile.")]


def ends_of(time: str) -> tuple[str, str]:
    """Return the ends of ``FROM/TO``; a single date or time is both."""
    start, slash, end = time.partition("/")
    return (start, end) if slash else (start, start)


def archive_at(home: Path | None) -> Archive:
    """Return the archive, also without valid policies: that is said, and everything is denied."""
    from oais.archive import open_archive

    archive = open_archive(home_or_default(home), ruled=False)
    if trouble := archive.in_force.trouble():
        warn(trouble, "'oais policy check' tells what to mend")
    return archive


def text_of(path: Path) -> str:
    """Return the text of a file that a person wrote; raises WrongUsageError when it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUsageError(f"{path.name} is not UTF-8 text", remedy="save it as UTF-8") from error


def service_at(home: Path | None) -> Service:
    """Return the archive with its people, open until the command ends, as ``archive_at`` does."""
    from oais.functions.service import open_service

    return open_service(archive_at(home))


def profile_at(home: Path | None, owner: str, name: str) -> Profile | None:
    """Return the profile that ``--profile`` and ``--owner`` name, None when neither was given.

    Raises WrongUsageError when one of the two is missing, NotFoundError.
    """
    from oais.functions.access.profiles import profile_named

    if not (name or owner):
        return None
    if not (name and owner):
        raise WrongUsageError("a profile is named by its owner too", remedy="give both --profile and --owner")
    with opened_service(home) as service:
        return profile_named(service, owner, name)


@contextmanager
def opened_service(home: Path | None) -> Iterator[Service]:
    """Open the archive with its people for one command, and close it."""
    service = service_at(home)
    try:
        yield service
    finally:
        service.database.close()


def end_from(text: str) -> datetime | None:
    """Return the end that ``--until`` names, None when it was left out; raises InvalidError."""
    from oais.functions.people.ends import end_named

    return end_named(text)
