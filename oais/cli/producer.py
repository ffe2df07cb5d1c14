"""What a data provider does: pack a bag, check it, submit it, read the receipt."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from oais.cli.options import Agreement, AsJson, Home, archive_at
from oais.cli.terminal import (
    TerminalReporter,
    counted,
    err,
    home_or_default,
    out,
    print_findings,
    print_json,
    print_pairs,
    show_size,
)
from oais.errors import WrongUsageError
from oais.files import read_regular
from oais.information.findings import Severity
from oais.information.text import printable
from oais.processes import ending_noticed

if TYPE_CHECKING:
    from oais.functions.coordination import Disposition


def pack(
    folder: Annotated[Path, typer.Argument(help="A folder of products; it is copied, never changed.")],
    agreement: Annotated[str, typer.Option("--agreement", "-a", help="The agreement the bag is for.")],
    to: Annotated[
        Path | None, typer.Option("--to", help="Where to make the bag.", show_default="FOLDER.bag")
    ] = None,
    identifier: Annotated[str, typer.Option(help="External-Identifier; else made from the headers.")] = "",
    group: Annotated[str, typer.Option(help="Bag-Group-Identifier: the data set in the tree.")] = "",
    organization: Annotated[str, typer.Option(help="Source-Organization; else the agreement's.")] = "",
    email: Annotated[str, typer.Option(help="Contact-Email; else the agreement's.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a bag of a folder of products, its tags filled from their headers."""
    from oais.functions.packing import pack_folder

    target = to if to is not None else folder.resolve().with_name(f"{folder.resolve().name}.bag")
    packed = pack_folder(
        home_or_default(home),
        folder,
        agreement,
        target,
        identifier=identifier,
        group=group,
        organization=organization,
        email=email,
    )
    if as_json:
        print_json({"bag": str(packed)})
    else:
        out.print(f"packed {escape(str(packed))}", soft_wrap=True)


def check(
    bag: Annotated[Path, typer.Argument(help="A bag: a directory, .tar, .tar.gz or .zip.")],
    agreement: Agreement = "",
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Check a bag as submission would, and keep nothing."""
    from oais.archive import open_archive
    from oais.functions.checking import check_delivery

    checked = check_delivery(open_archive(home_or_default(home)), bag, agreement, reporter=TerminalReporter())
    if as_json:
        print_json(checked.as_plain())
    else:
        verdict = "[bold green]good[/]" if checked.passed else "[bold red]would be refused[/]"
        amount = f"{counted(checked.files, 'file')}, {show_size(checked.size)}"
        under = f", agreement {checked.agreement}" if checked.agreement else ""
        out.print(f"{verdict}  {escape(printable(bag.name))}: {amount}{under}", soft_wrap=True)
        print_findings(checked.findings)
    return 0 if checked.passed else 1


def submit(
    bags: Annotated[list[Path], typer.Argument(help="One bag or thousands; what is in already is skipped.")],
    agreement: Agreement = "",
    to: Annotated[
        str, typer.Option("--to", help="Address of an archive's site to send them to.", show_default=False)
    ] = "",
    token_file: Annotated[
        Path | None,
        typer.Option(help="File with the token for --to; else OAIS_TOKEN.", show_default=False),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Submit bags: each is stored as an AIP, or refused with every reason.

    With --to they are sent to an archive far away; what broke off goes on when the command is repeated.
    """
    results = []
    for disposition in _submitted(bags, agreement, to, token_file, home):
        results.append(disposition)
        if not as_json:
            _print_disposition(disposition)
    if as_json:
        print_json({"deliveries": [item.as_plain() for item in results]})
    elif len(results) > 1:
        _print_tally(results)
    return max((_exit_code(item) for item in results), default=0)


def _submitted(
    bags: list[Path], agreement: str, to: str, token_file: Path | None, home: Path | None
) -> Iterator[Disposition]:
    if to:
        from oais.functions.deposit.remote import Remote
        from oais.functions.deposit.sending import send

        remote = Remote(to, _token(token_file))
        return send(remote, bags, agreement=agreement, reporter=TerminalReporter())
    from oais.archive import open_archive
    from oais.functions.submission import submit as submit_all

    archive = open_archive(home_or_default(home))
    return submit_all(archive, bags, agreement=agreement, reporter=TerminalReporter(len(bags)))


def _token(file: Path | None) -> str:
    """Return the token of the account: from a file or the environment, never from the command line."""
    text = read_regular(file).decode("ascii", "replace") if file else os.environ.get("OAIS_TOKEN", "")
    token = text.strip()
    if not (token.isascii() and token.isprintable() and token):
        raise WrongUsageError(
            "there is no token of a provider's account",
            remedy="put it into OAIS_TOKEN, or into a file and name that with --token-file",
        )
    return token


def _exit_code(disposition: Disposition) -> int:
    return max(disposition.exit_code, int(disposition.outcome in {"refused", "stopped"}))


def _print_tally(results: list[Disposition]) -> None:
    tally = Counter(item.outcome for item in results)
    stopped = f", {tally['stopped']} stopped" if tally["stopped"] else ""
    out.print(
        f"{len(results)} deliveries: {tally['stored']} stored, {tally['held already']} held already, "
        f"{tally['refused']} refused{stopped}"
    )


def _print_disposition(disposition: Disposition) -> None:
    name = escape(printable(disposition.delivery.name))
    receipt = disposition.receipt
    if receipt is None:
        err.print(f"[bold red]stopped[/]   {name}: {escape(disposition.error)}", soft_wrap=True)
        if disposition.remedy:
            err.print(f"          → {escape(disposition.remedy)}", style="dim", soft_wrap=True)
        return
    status = disposition.outcome if disposition.skipped else receipt.status
    style = {"accepted": "bold green", "refused": "bold red"}.get(status, "cyan")
    what = (
        f"{receipt.aip_id}@v{receipt.version}"
        if receipt.status != "refused"
        else f"kept in sip/refused/{receipt.receipt_id}"
    )
    out.print(
        f"[{style}]{status:<9}[/] {name} → {escape(what)}  receipt {receipt.receipt_id}",
        soft_wrap=True,
    )
    worst = [found for found in receipt.findings if found.severity is not Severity.INFO]
    print_findings(worst, limit=20 if receipt.status == "refused" else 5)


def watch(
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
    settle: Annotated[
        float, typer.Option(help="Seconds without change after which a delivery is complete.")
    ] = 30.0,
    agreement: Agreement = "",
    home: Home = None,
) -> int:
    """Watch the drop folder sip/incoming and take in what is complete."""
    from oais.archive import open_archive
    from oais.functions.dropfolder import DropFolder, watch_folder

    if settle < 0:
        raise WrongUsageError(f"--settle is {settle}; expected 0 or more seconds")
    folder = DropFolder(
        open_archive(home_or_default(home)), settled_after=settle, reporter=TerminalReporter()
    )
    code = 0
    with ending_noticed() as ended:
        err.print(f"watching {folder.archive.incoming} (Ctrl-C ends)")
        for disposition in watch_folder(folder, once=once, agreement=agreement, ended=ended):
            _print_disposition(disposition)
            code = max(code, _exit_code(disposition))
    return code


def receipt(
    name: Annotated[str, typer.Argument(help="The receipt's name, such as r20261121T035200Z-4f3a9c1b.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the signed receipt of a delivery with all its findings."""
    from oais.functions.receipts import open_receipt, receipt_as_plain

    found = open_receipt(archive_at(home), name)
    if as_json:
        print_json(receipt_as_plain(found))
        return
    plain = receipt_as_plain(found)
    print_pairs(
        (key.replace("_", " "), value) for key, value in plain.items() if key not in {"findings", "schema"}
    )
    print_findings(found.findings)


COMMANDS = (pack, check, submit, watch, receipt)
