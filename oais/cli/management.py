"""What archivists and operators do: make an archive, back it up, rebuild its index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from oais.cli.options import AsJson, Home, archive_at
from oais.cli.terminal import (
    count_progress,
    err,
    home_or_default,
    out,
    print_findings,
    print_json,
    print_pairs,
    print_warnings,
    show_size,
)
from oais.errors import WrongUsageError

if TYPE_CHECKING:
    from oais.functions.reopening import ReadBack

index_app = typer.Typer(
    help="Rebuild or check the index, which is made from aip/ alone.", no_args_is_help=True
)


def init(
    home: Annotated[Path, typer.Argument(help="An empty or missing directory.")],
    name: Annotated[str, typer.Option(help="The archive's name as people read it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a new archive with its signing key, the shipped policies and agreements."""
    from oais.functions.administration import initialise

    archive = initialise(home, name=name)
    agreements = sorted(archive.policies.agreements)
    if as_json:
        print_json({"home": str(archive.home), "key_id": archive.signer.key_id, "agreements": agreements})
        return
    out.print(f"made {escape(str(archive.home))}", soft_wrap=True)
    out.print(f"signing key {archive.signer.key_id} in keys/archive.key: keep a copy of it in a safe place")
    out.print(f"agreements: {', '.join(agreements)}", soft_wrap=True)


def status(home: Home = None, as_json: AsJson = False) -> int:
    """Tell in what state the archive is."""
    from dataclasses import asdict

    from oais.archive import open_archive
    from oais.functions.administration import tell_status

    told = tell_status(open_archive(home_or_default(home), ruled=False))
    if as_json:
        print_json(asdict(told))
    else:
        plain = {key: value for key, value in asdict(told).items() if key != "warnings"} | {
            "free_bytes": show_size(told.free_bytes),
            "agreements": ", ".join(told.agreements),
        }
        print_pairs((key.replace("_", " "), value) for key, value in plain.items())
    for name in told.conflicts:
        err.print(f"[yellow]{escape(name)} owns one of our import packages: install oais on its own[/]")
    print_warnings(told.warnings)
    return 1 if told.conflicts else 0


def reopen(
    home: Home = None,
    despite_damage: Annotated[
        bool, typer.Option(help="Open it although damage was found, for audits and repairs to deal with.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Open an archive again that a write closed which the disk did not confirm, once it is read back."""
    from oais.functions.reopening import reopen as open_again

    told = open_again(archive_at(home), despite_damage=despite_damage)
    if as_json:
        print_json(told.as_plain())
        return 0 if told.opened else 3
    if told.home.was or not told.locations:
        _print_read_back("the archive", told.home)
    for sentence in told.done:
        out.print(escape(sentence), soft_wrap=True)
    for name, one in told.locations.items():
        _print_read_back(f"location {name}", one)
    return 0 if told.opened else 3


def _print_read_back(name: str, told: ReadBack) -> None:
    if not told.was:
        out.print(f"{name} is open: every write was confirmed")
        out.print("a process that stores nothing all the same met another fault of the disk: start it again")
        return
    verdict = "[bold green]open again[/]" if told.opened else "[bold red]still closed[/]"
    read = f"{told.files} files written since a day before, {told.aips} AIPs of them read whole"
    out.print(f"{verdict}  {name}: {escape(told.was)}: {read}", soft_wrap=True)
    if told.opened:
        out.print("running processes store again by themselves")
    print_findings([found for _, found in told.findings])


def backup(
    target: Annotated[Path, typer.Argument(help="An empty or missing folder, or an earlier backup.")],
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Bring a backup of the whole archive up to date, also while the archive works; it is a home itself."""
    from oais.archive import open_home
    from oais.functions.backup import back_up

    archive = open_home(home_or_default(home))
    with count_progress("backup", 0) as advance:
        told = back_up(archive, target, advance)
    print_warnings((*archive.warnings, *told.warnings))
    if as_json:
        print_json(told.as_plain())
        return 3 if told.damaged else 0
    verdict = f"[bold red]{len(told.damaged)} not copied[/]" if told.damaged else "[bold green]up to date[/]"
    copied = f"{len(told.copied)} versions copied, each read again and proven"
    out.print(f"{verdict}  {escape(told.target)}: {told.aips} AIPs, {copied}", soft_wrap=True)
    for about, found in told.damaged:
        out.print(f"[bold]{escape(about)}[/]")
        print_findings([found])
    return 3 if told.damaged else 0


@index_app.command("rebuild")
def index_rebuild(home: Home = None, as_json: AsJson = False) -> None:
    """Make index and catalogue anew from aip/ alone."""
    from oais.archive import open_archive
    from oais.functions.data_management import rebuild_index

    with count_progress("index", 0) as advance:
        count = rebuild_index(open_archive(home_or_default(home)), advance)
    print_json({"aips": count}) if as_json else out.print(f"indexed {count} AIPs")


@index_app.command("check")
def index_check(home: Home = None, as_json: AsJson = False) -> int:
    """Compare the index with what is stored."""
    from oais.functions.data_management import check_index

    findings = check_index(archive_at(home))
    if as_json:
        print_json({"findings": [found.as_dict() for found in findings]})
    else:
        out.print("the index agrees with aip/" if not findings else f"{len(findings)} differences")
        print_findings(findings)
    return 1 if findings else 0


def validate(
    path: Annotated[Path, typer.Argument(help="A bag, an E-ARK package, an OCFL object or root, an AIP.")],
    key: Annotated[list[Path] | None, typer.Option(help="Public key (PEM) whose signatures count.")] = None,
    as_json: AsJson = False,
) -> int:
    """Apply the pure standards to anything: BagIt, E-ARK, OCFL, and all layers of an AIP of ours."""
    from oais.functions.validation import trusted_from
    from oais.functions.validation import validate as validate_path

    told = validate_path(path, trusted_from(key or ()))
    if as_json:
        print_json(told.as_plain())
    else:
        verdict = "[bold green]valid[/]" if told.valid else "[bold red]invalid[/]"
        out.print(f"{verdict}  {told.kind} {escape(told.path)}", soft_wrap=True)
        print_findings(told.findings)
    return 0 if told.valid else 1


def explain(
    code: Annotated[str, typer.Argument(help="A finding's code, such as BAG-003.")],
    as_json: AsJson = False,
) -> None:
    """Explain a finding's code: what it means, where the standard says so, what to do."""
    from oais.information.findings import finding_codes

    row = finding_codes().get(code.upper())
    if row is None:
        raise WrongUsageError(
            f"{code} is not the code of a finding", remedy="docs/findings.md lists all of them"
        )
    plain = {"code": row.code, "title": row.title, "severity": row.severity, "at submission": row.intake}
    plain |= {"clause": row.clause, "remedy": row.remedy}
    print_json(plain) if as_json else print_pairs(plain.items())


COMMANDS = (init, status, reopen, backup, validate, explain)
