"""Root keys and signing keys: shown, made, and changed by a ceremony that works without a network."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from oais.cli.options import AsJson, Home
from oais.cli.terminal import counted, home_or_default, out, print_json, print_pairs, table
from oais.errors import NotFoundError, WrongUsageError

if TYPE_CHECKING:
    from oais.information.trust import SigningKey, TrustRoot

keys_app = typer.Typer(help="Root keys, and the signing keys that they name.", no_args_is_help=True)

PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="Read the passphrase from this file; else it is asked for."),
]
Folder = Annotated[Path, typer.Argument(help="The folder that goes from holder to holder.")]


@keys_app.command("show")
def keys_show(home: Home = None, as_json: AsJson = False) -> None:
    """Tell who holds root keys, which keys have signed and which one signs."""
    from oais.archive import open_home
    from oais.information.trust_folder import read_root, trust_in

    archive = open_home(home_or_default(home))
    root = trust_in(archive.home)
    if root is None:
        if as_json:
            print_json({"root": None, "signing_keys": list(archive.trusted_keys())})
            return
        out.print("root keys     none: whoever has the disk can exchange the signing keys")
        out.print(f"signing keys  {', '.join(archive.trusted_keys())}")
        out.print("docs/keys.md tells how root keys are made; 'oais keys create' makes one", soft_wrap=True)
        return
    first = hashlib.sha256(read_root(archive.home, 1)[0]).hexdigest()
    if as_json:
        print_json({"first": first, "root": _plain(root)})
        return
    print_pairs((("list", f"root.{root.version} of {root.made_at}"), ("begins with", f"root.1.json {first}")))
    _print_root(root)


def _plain(root: TrustRoot) -> dict[str, object]:
    plain: dict[str, object] = json.loads(root.as_bytes())
    return plain


def _print_root(root: TrustRoot) -> None:
    from oais.information.signature import algorithm_of_pem

    print_pairs((("needed", f"{root.threshold} of {counted(len(root.root_keys), 'root key')}"),))
    shown = table("root key", "holder")
    for holder in root.root_keys:
        shown.add_row(holder.key_id, escape(holder.holder))
    out.print(shown)
    shown = table("signing key", "algorithm", "since", "until")
    for key in root.signing_keys:
        shown.add_row(key.key_id, algorithm_of_pem(key.public_pem), key.since[:19] + "Z", _end_of(key))
    out.print(shown)


def _end_of(key: SigningKey) -> str:
    return "in use" if key.ends_at is None else f"entry {key.ends_at}, {key.reason}"


@keys_app.command("create")
def keys_create(
    file: Annotated[Path, typer.Argument(help="Where the root key is written, on a medium of its holder.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make a root key, encrypted with a passphrase, and its public half FILE.pub; needs no archive."""
    from oais.functions.keys.ceremony import create_root_key

    signer = create_root_key(file, _passphrase(passphrase_file, new=True))
    name = escape(str(file))
    out.print(f"root key {signer.key_id} in {name}: keep it apart from the archive", soft_wrap=True)
    out.print(f"public half in {name}.pub: bring this one to the archive", soft_wrap=True)


@keys_app.command("prepare")
def keys_prepare(
    folder: Folder,
    root_key: Annotated[
        list[str] | None, typer.Option(help="HOLDER=FILE.pub: a root key; name all that are to count.")
    ] = None,
    threshold: Annotated[int, typer.Option(help="How many must sign; else more than half.")] = 0,
    new_key: Annotated[bool, typer.Option("--new-key", help="Make another signing key.")] = False,
    algorithm: Annotated[str, typer.Option(help="Algorithm of the new key; else as before.")] = "",
    reason: Annotated[
        Literal["rotated", "lost", "stolen"] | None, typer.Option(help="Why the old key ends.")
    ] = None,
    ends_at: Annotated[
        int | None, typer.Option(help="Up to how many entries of the ledger the old key is believed.")
    ] = None,
    home: Home = None,
) -> None:
    """Write the next list of trusted keys to a folder, for the holders of the root keys to sign."""
    from oais.archive import open_home
    from oais.functions.keys.ceremony import Change, prepare

    archive = open_home(home_or_default(home))
    kind = (algorithm or _algorithm_in_use(archive.trusted_keys())) if new_key else ""
    if algorithm and not new_key:
        raise WrongUsageError("--algorithm is that of a new key", remedy="add --new-key")
    change = Change(_named(root_key or ()), threshold, kind, reason or "", ends_at)
    root = prepare(archive, change, folder)
    out.print(f"prepared root.{root.version}.json in {escape(str(folder))}", soft_wrap=True)
    _print_root(root)
    out.print("next: each holder runs 'oais keys sign', then 'oais keys finish' here", soft_wrap=True)


def _algorithm_in_use(keys: dict[str, bytes]) -> str:
    from oais.information.signature import algorithm_of_pem

    return algorithm_of_pem(list(keys.values())[-1])


def _named(words: list[str] | tuple[()]) -> dict[str, Path]:
    named = {}
    for word in words:
        holder, equals, path = word.partition("=")
        if not equals or not holder or not path or holder in named:
            raise WrongUsageError(
                f"--root-key {word}: expected HOLDER=FILE.pub, each holder once",
                remedy="for instance --root-key anna=anna.key.pub",
            )
        named[holder] = Path(path)
    return named


@keys_app.command("sign")
def keys_sign(
    proposal: Annotated[Path, typer.Argument(help="The root.N.json that was prepared.")],
    key: Annotated[Path, typer.Option(help="The root key of whoever signs.")],
    passphrase_file: PassphraseFile = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask whether that is what is to be signed.")
    ] = False,
) -> None:
    """Read what a list says, and sign it with one root key; needs no archive and no network."""
    from oais.functions.keys.ceremony import read_proposal, sign

    _, root = read_proposal(proposal)
    _print_root(root)
    if not yes:
        typer.confirm("Is that what you want to sign?", abort=True)
    _, holder, path = sign(proposal, key, _passphrase(passphrase_file))
    out.print(f"{escape(holder.holder)} signed root.{root.version}: {escape(str(path))}", soft_wrap=True)


@keys_app.command("finish")
def keys_finish(folder: Folder, home: Home = None) -> None:
    """Bring a list into force that enough holders signed; the new signing key is used from then on."""
    from oais.archive import open_home
    from oais.functions.keys.finishing import finish

    done = finish(open_home(home_or_default(home)), folder)
    out.print(f"root.{done.root.version} is in force; key {done.key_id} signs", soft_wrap=True)
    if done.signed_again:
        out.print(f"{counted(done.signed_again, 'head')} of the ledger signed again by it", soft_wrap=True)
    out.print("copy trust/ and a new checkpoint ('oais ledger publish') out of the archive", soft_wrap=True)


def _passphrase(path: Path | None, *, new: bool = False) -> str:
    if path is None:
        asked: str = typer.prompt("Passphrase of the root key", hide_input=True, confirmation_prompt=new)
        return asked
    try:
        return path.read_text("utf-8").rstrip("\n")
    except (OSError, ValueError) as error:
        raise NotFoundError(f"the passphrase in {path} cannot be read: {error}") from error
