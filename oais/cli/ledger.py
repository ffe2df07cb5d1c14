"""The tamper-evident ledger: shown, proven from, verified, and its checkpoints brought elsewhere."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from oais.cli.options import AsJson, Home, opened_service
from oais.cli.terminal import counted, home_or_default, out, print_findings, print_json, print_pairs, warn
from oais.errors import WrongUsageError
from oais.information.findings import Severity

ledger_app = typer.Typer(help="The tamper-evident ledger of all that is kept.", no_args_is_help=True)


@ledger_app.command("show")
def ledger_show(home: Home = None, as_json: AsJson = False) -> None:
    """Tell how many entries the ledger has, of what, and its newest root."""
    from oais.archive import open_home
    from oais.functions.ledger.verifying import tell_ledger

    told = tell_ledger(open_home(home_or_default(home)))
    if as_json:
        print_json(asdict(told))
        return
    kinds = ", ".join(f"{count} {kind}" for kind, count in told.entries.items())
    rows = (("log", told.origin), ("entries", told.size), ("of these", kinds), ("newest", told.newest_at))
    print_pairs((*rows, ("root hash", told.root)))


@ledger_app.command("record")
def ledger_record(home: Home = None, as_json: AsJson = False) -> None:
    """Look through all that is kept, and add what does not stand in the ledger yet.

    After a crash the next submission does so by itself.
    """
    from oais.archive import open_archive
    from oais.functions.recovery import look_again

    done = look_again(open_archive(home_or_default(home), ruled=False))
    if as_json:
        print_json({"done": done})
        return
    for sentence in done or ["nothing was missing: all that is kept stands in the ledger"]:
        out.print(escape(sentence), soft_wrap=True)


@ledger_app.command("prove")
def ledger_prove(
    about: Annotated[
        str, typer.Argument(help="An AIP, a version (ID@v2), a receipt, or a record such as ID@1/tombstone.")
    ],
    to: Annotated[Path | None, typer.Option(help="The file to write; else standard output.")] = None,
    home: Home = None,
) -> None:
    """Give the proof that it stands in the ledger, as one JSON file; of a withdrawn AIP, its tombstone."""
    from oais.archive import open_home
    from oais.disk_faults import storage_errors
    from oais.files import create_file
    from oais.functions.ledger.proving import prove

    data = prove(open_home(home_or_default(home)), about).as_bytes()
    if to is None:
        sys.stdout.write(data.decode())
        return
    if to.exists():
        raise WrongUsageError(f"{to} exists already", remedy="name a file that does not exist yet")
    with storage_errors(f"writing {to}"):
        create_file(to, data)
    out.print(f"wrote {escape(str(to))}", soft_wrap=True)


@ledger_app.command("verify")
def ledger_verify(
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that was kept elsewhere; may be given again.")
    ] = None,
    proof: Annotated[
        list[Path] | None, typer.Option(help="Check this proof, and nothing else; may be given again.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> int:
    """Prove the ledger whole and that what it stands for is kept; exit code 3 where it is not."""
    from oais.archive import open_home
    from oais.functions.ledger.verifying import verify_ledger

    archive = open_home(home_or_default(home))
    if proof:
        _check_proofs(archive.home, proof, as_json)
        return 0
    findings = verify_ledger(archive, checkpoint or ())
    intact = not any(found.severity is Severity.ERROR for found in findings)
    if as_json:
        print_json({"intact": intact, "findings": [found.as_dict() for found in findings]})
    else:
        out.print("[bold green]intact[/]" if intact else "[bold red]damaged[/]")
        print_findings(findings)
    return 0 if intact else 3


def _check_proofs(home: Path, proofs: list[Path], as_json: bool) -> None:
    from oais.archive import open_home
    from oais.functions.ledger.proving import check_proof_file

    answers = []
    for path in proofs:
        proof, checkpoint = check_proof_file(open_home(home), path)
        said = proof.statement
        answers.append({"file": str(path), "index": proof.index, "size": checkpoint.size} | asdict(said))
        if not as_json:
            place = f"entry {proof.index} of {checkpoint.size} in {checkpoint.origin}"
            out.print(f"[bold green]proven[/]  {said.kind} {escape(said.subject)}, {place}, {said.at}")
    if as_json:
        print_json({"proofs": answers})


@ledger_app.command("stamp")
def ledger_stamp(home: Home = None, as_json: AsJson = False) -> int:
    """Ask the authority for the time stamps that published checkpoints still lack; exit code 4 when away."""
    from oais.archive import open_home
    from oais.functions.ledger.stamping import stamp_owed

    done = stamp_owed(open_home(home_or_default(home)))
    if as_json:
        print_json({"tokens": [path.name for path in done.tokens], "owed": done.owed})
        return 4 if done.owed else 0
    for path in done.tokens:
        out.print(f"stamped ledger/timestamps/{path.name}", soft_wrap=True)
    for name, why in done.owed.items():
        warn(f"no time stamp over {name} yet: {why}")
    if not done.tokens and not done.owed:
        out.print("no time stamp is owed")
    return 4 if done.owed else 0


@ledger_app.command("renew")
def ledger_renew(home: Home = None, as_json: AsJson = False) -> None:
    """Renew the evidence of the past by today's signing key and a second hash, before older ones fall."""
    from oais.archive import open_archive
    from oais.functions.ledger.renewing import renew

    done = renew(open_archive(home_or_default(home), ruled=False))
    if as_json:
        print_json(asdict(done))
        return
    heads = f"{counted(done.signed_again, 'head')} signed again by key {done.key_id}"
    out.print(f"renewed the evidence of {done.size} entries: {heads}", soft_wrap=True)


@ledger_app.command("publish")
def ledger_publish(
    folder: Annotated[Path | None, typer.Argument(help="A folder on another disk or machine.")] = None,
    mail: Annotated[
        list[str] | None, typer.Option(help="Mail it to this address; may be given again.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Bring the newest checkpoint out of the archive's hands; those published before must still hold."""
    from oais.archive import open_home
    from oais.functions.ledger.publishing import mail_checkpoint, publish

    if folder is None and not mail:
        raise WrongUsageError("publish where? Name a folder, or give --mail ADDRESS")
    told: dict[str, object] = {}
    if folder is not None:
        published = publish(open_home(home_or_default(home)), folder)
        told |= {"file": str(published.path), "size": published.checkpoint.size}
        if published.owed:
            warn(f"no time stamp yet: {published.owed}", "'oais ledger stamp' asks again")
    if mail:
        with opened_service(home) as service:
            told |= {"size": [mail_checkpoint(service, address) for address in mail][-1].size, "mailed": mail}
    if as_json:
        print_json(told)
        return
    if folder is not None:
        out.print(f"wrote {escape(str(told['file']))}", soft_wrap=True)
    if mail:
        out.print(f"queued {counted(len(mail), 'letter')}; the worker or 'oais notify send' sends them")
