"""What the archive does: accepts a signed list of trusted keys, and takes the new signing key into use.

The list is what decides. Until it lies in ``trust/`` everything is as before; from then on the new key
signs, also when what remains to be done is interrupted.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oais.archive import NEXT_KEY, Home
from oais.disk_faults import storage_errors
from oais.errors import ConfigurationError, NotFoundError, RefusedError, WrongUsageError
from oais.files import make_directories, read_regular, sync_directory, write_durably
from oais.functions.ledger.recording import ledger_of, record_keys
from oais.functions.ledger.unrecorded import marked
from oais.information.signature import Signer, open_signer
from oais.information.trust import TrustRoot, parse_root, wrong_with
from oais.information.trust_folder import TRUST, root_name, trust_in
from oais.ledger.renewing import sign_heads_again


@dataclass(frozen=True, slots=True)
class Finished:
    """The list that counts now, the key that signs, and how many heads were signed again."""

    root: TrustRoot
    key_id: str
    signed_again: int


def finish(home: Home, folder: Path) -> Finished:
    """Bring the list that lies in a folder with its signatures into force; repeated, it is completed.

    Raises NotFoundError, WrongUsageError, RefusedError when it does not follow from the one in force,
    ConfigurationError when the key that is to sign is not here, DamageError, StorageError.
    """
    settle(home)
    before = trust_in(home.home)
    data, root, signatures = _brought(folder, before)
    if before is not None and root == before:
        signer = _signer_for(home, root)
        record_keys(home, signer)
        return Finished(root, signer.key_id, 0)
    if wrong := wrong_with(root, data, signatures, before):
        raise RefusedError(
            f"{root_name(root.version)} does not count: {wrong}",
            remedy="let the others sign it too ('oais keys sign'), then finish again; nothing was changed",
        )
    _require_all_named(home, root)
    signer = _signer_for(home, root)
    with marked(home):
        again = _sign_what_ended(home, before, root, signer)
        _bring_into_force(home, root, data, signatures, signer)
        settle(home)
        record_keys(home, signer)
    return Finished(root, signer.key_id, again)


def _brought(folder: Path, before: TrustRoot | None) -> tuple[bytes, TrustRoot, dict[str, bytes]]:
    """Return the list of a folder that follows the one in force, or is it, and its signatures."""
    current = 0 if before is None else before.version
    names = [root_name(number) for number in (current + 1, current) if number]
    path = next((folder / name for name in names if (folder / name).exists()), None)
    if path is None:
        raise NotFoundError(
            f"{folder} holds no {names[0]}, which is the next", remedy="name the folder that was prepared"
        )
    try:
        with storage_errors(f"reading {path}"):
            data = read_regular(path)
            root = parse_root(data)
            stem = f"root.{root.version}."
            found = {
                sig.name.removeprefix(stem).removesuffix(".sig"): read_regular(sig)
                for sig in folder.glob(f"{stem}*.sig")
            }
    except ValueError as error:
        raise WrongUsageError(f"{path}: {error}", remedy="prepare it again; nothing was changed") from error
    return data, root, found


def _require_all_named(home: Home, root: TrustRoot) -> None:
    missing = set(home.trusted_keys()) - set(root.keys)
    if missing:
        raise RefusedError(
            f"{root_name(root.version)} leaves out the trusted key {min(missing)}",
            remedy="prepare the list again: all that this key signed would be void",
        )


def _signer_for(home: Home, root: TrustRoot) -> Signer:
    """Return the private key that is to sign from now on; raises ConfigurationError when it is not here."""
    using = set(root.keys) - set(root.ends)
    for name in (NEXT_KEY, "archive.key"):
        path = home.home / "keys" / name
        if path.exists() and (signer := open_signer(path)).key_id in using:
            return signer
    raise ConfigurationError(
        f"the private key of {', '.join(sorted(using))}, which is to sign, is not in keys/",
        remedy="prepare the list again in this archive with --new-key, and let it be signed again",
    )


def _sign_what_ended(home: Home, before: TrustRoot | None, root: TrustRoot, signer: Signer) -> int:
    """Let the new key vouch for the heads that the old one signed beyond its end; return how many."""
    known = {} if before is None else before.ends
    ends = [size for key, size in root.ends.items() if key not in known]
    ledger = ledger_of(home)
    if not ends or not ledger.signed or ledger.head().size <= min(ends):
        return 0
    return sign_heads_again(ledger, signer, above=min(ends))


def _bring_into_force(
    home: Home, root: TrustRoot, data: bytes, signatures: Mapping[str, bytes], signer: Signer
) -> None:
    """Write the keys and signatures, and last the list itself: with it everything counts."""
    trusted, trust = home.home / "keys" / "trusted", home.home / TRUST
    with storage_errors("bringing the list of trusted keys into force"):
        write_durably(trusted / f"{signer.key_id}.pem", signer.public_pem)
        for made in make_directories(trust):
            sync_directory(made.parent)
        for key_id, signature in signatures.items():
            write_durably(trust / f"root.{root.version}.{key_id}.sig", signature)
        write_durably(trust / root_name(root.version), data)


def settle(home: Home) -> None:
    """Put the new signing key in the place of the old one, if the list in force names it.

    Raises ConfigurationError, DamageError, StorageError.
    """
    trust, keys = trust_in(home.home), home.home / "keys"
    if trust is None or not (keys / NEXT_KEY).exists():
        return
    signer = open_signer(keys / NEXT_KEY)
    if signer.key_id not in trust.keys or signer.key_id in trust.ends:
        return
    others = [pem for key_id, pem in trust.keys.items() if key_id != signer.key_id]
    with storage_errors("taking the new signing key into use"):
        write_durably(keys / "archive.pub", signer.public_pem)
        if home.aip_root.is_dir():
            write_durably(home.aip_root / "archive.pub.pem", b"".join([signer.public_pem, *reversed(others)]))
        os.replace(keys / NEXT_KEY, keys / "archive.key")
        sync_directory(keys)
