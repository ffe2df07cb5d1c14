"""What persons do: make a root key, prepare what is to be trusted, and sign it, each at his own machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from oais.archive import NEXT_KEY, Home
from oais.disk_faults import storage_errors
from oais.errors import NotFoundError, RefusedError, WrongUsageError
from oais.files import create_file, make_directories, read_regular, sync_directory, write_durably
from oais.functions.keys.finishing import settle
from oais.functions.ledger.recording import ledger_of
from oais.information.signature import (
    ED25519,
    Signer,
    create_signer,
    open_signer,
    plain_pem,
    private_pem,
    signer_in,
)
from oais.information.trust import RootKey, SigningKey, TrustRoot, parse_root
from oais.information.trust_folder import read_root, root_name, trust_in

GRACE: Final = 1000
"""Entries that a key which is changed in good order may still sign, until its ceremony is finished."""

LEAST_PASSPHRASE: Final = 12


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be prepared: nothing given means that it stays as it is."""

    root_keys: Mapping[str, Path]
    threshold: int = 0
    new_key: str = ""
    reason: str = ""
    ends_at: int | None = None


def create_root_key(path: Path, passphrase: str) -> Signer:
    """Make a root key: ``path``, encrypted with a passphrase, and ``path.pub`` beside it.

    Raises RefusedError for a place inside an archive, WrongUsageError, StorageError.
    """
    if len(passphrase) < LEAST_PASSPHRASE:
        raise WrongUsageError(
            f"a passphrase of {len(passphrase)} characters is too short for a root key",
            remedy=f"take at least {LEAST_PASSPHRASE}: some words that nobody would guess",
        )
    public = path.with_name(f"{path.name}.pub")
    for there in (path, public):
        if there.exists():
            raise WrongUsageError(f"{there} is there already", remedy="name a file that does not exist yet")
    if home := next((above for above in path.resolve().parents if (above / "oais.yaml").exists()), None):
        raise RefusedError(
            f"{path} lies inside the archive {home}: whoever has its disk would have the root key too",
            remedy="name a place on a medium that its holder keeps",
        )
    signer = create_signer()
    with storage_errors(f"writing {path}"):
        make_directories(path.parent)
        create_file(path, private_pem(signer, passphrase), mode=0o600)
        create_file(public, signer.public_pem)
        sync_directory(path.parent)
    return signer


def prepare(home: Home, change: Change, folder: Path) -> TrustRoot:
    """Write the next list of trusted keys to a folder, to be signed there; return it.

    The list before lies beside it, so that whoever signs can compare. A new signing key is made in the
    archive, where it waits. Raises WrongUsageError, RefusedError, ConfigurationError, StorageError.
    """
    settle(home)
    before = trust_in(home.home)
    if before is None and not change.root_keys:
        raise WrongUsageError(
            "this archive has no root keys yet",
            remedy="name them: --root-key NAME=FILE.pub for each holder; docs/keys.md tells the ceremony",
        )
    roots = _root_keys(change.root_keys) if change.root_keys else before.root_keys if before else ()
    kept = before.threshold if before is not None and not change.root_keys else len(roots) // 2 + 1
    now = home.now()
    root = TrustRoot(
        version=1 if before is None else before.version + 1,
        made_at=now,
        threshold=change.threshold or kept,
        root_keys=roots,
        signing_keys=_signing_keys(home, before, change, now),
    )
    _require_sound(root, before)
    with storage_errors(f"writing to {folder}"):
        make_directories(folder)
        for path in folder.glob(f"root.{root.version}.*"):
            path.unlink()  # signatures over another draft would only confuse
        if before is not None:
            write_durably(folder / root_name(before.version), read_root(home.home, before.version)[0])
        write_durably(folder / root_name(root.version), root.as_bytes())
    return root


def _require_sound(root: TrustRoot, before: TrustRoot | None) -> None:
    try:
        parse_root(root.as_bytes())
    except ValueError as error:
        raise WrongUsageError(f"this cannot be prepared: {error}", remedy="see docs/keys.md") from error
    if before is not None and replace(root, version=before.version, made_at=before.made_at) == before:
        raise WrongUsageError(
            "nothing would change", remedy="name new root keys, or ask for a new signing key with --new-key"
        )


def _root_keys(named: Mapping[str, Path]) -> tuple[RootKey, ...]:
    found = []
    for holder, path in named.items():
        try:
            found.append(RootKey(holder, plain_pem(read_regular(path))))
        except OSError as error:
            raise NotFoundError(f"the root key {path} of {holder}: {error.strerror}") from error
        except ValueError as error:
            raise WrongUsageError(
                f"{path} of {holder} is no public key in PEM", remedy="name the file that ends in .pub"
            ) from error
    return tuple(found)


def _signing_keys(home: Home, before: TrustRoot | None, change: Change, now: str) -> tuple[SigningKey, ...]:
    if before is None:
        keys = tuple(SigningKey(plain_pem(pem), now) for pem in home.trusted_keys().values())
    else:
        keys = before.signing_keys
    if not change.new_key:
        if change.reason or change.ends_at is not None:
            raise WrongUsageError(
                "a key ends only when another takes its place", remedy="add --new-key to the command"
            )
        return keys
    ledger = ledger_of(home)
    size = ledger.head().size if ledger.signed else 0
    reason = change.reason or "rotated"
    if reason == "stolen" and change.ends_at is None:
        raise WrongUsageError(
            "up to which entry is the stolen key still believed?",
            remedy=f"give --ends-at SIZE: that of the last checkpoint before the theft; now there are {size}",
        )
    end = change.ends_at if change.ends_at is not None else size + GRACE * (reason == "rotated")
    if not 0 <= end <= size + GRACE:
        raise WrongUsageError(f"--ends-at {end} is not between 0 and {size + GRACE}")
    coming = _coming_key(home, change.new_key)
    ended = tuple(replace(key, ends_at=end, reason=reason) if key.ends_at is None else key for key in keys)
    return (*ended, SigningKey(coming.public_pem, now))


def _coming_key(home: Home, algorithm: str) -> Signer:
    """Return the key that waits in the archive, made now unless one of that algorithm waits already."""
    path = home.home / "keys" / NEXT_KEY
    if path.exists():
        waiting = open_signer(path)
        if waiting.algorithm == algorithm:
            return waiting
    signer = create_signer(algorithm=algorithm or ED25519)
    write_durably(path, private_pem(signer), mode=0o600)
    return signer


def sign(proposal: Path, key: Path, passphrase: str) -> tuple[TrustRoot, RootKey, Path]:
    """Sign a prepared list with one root key, anywhere; return the list, whose key it is and the signature.

    Raises WrongUsageError when the list or the key cannot be read, RefusedError when the key has no part
    in it, StorageError.
    """
    data, root = read_proposal(proposal)
    try:
        signer = signer_in(read_regular(key), passphrase)
    except OSError as error:
        raise NotFoundError(f"the root key {key}: {error.strerror}") from error
    except ValueError as error:
        raise WrongUsageError(
            f"the root key {key} cannot be opened: {error}", remedy="is it the right file and passphrase?"
        ) from error
    holders = {one.key_id: one for one in (*_holders_before(proposal, root), *root.root_keys)}
    if signer.key_id not in holders:
        names = ", ".join(one.holder for one in holders.values())
        raise RefusedError(
            f"the key {signer.key_id} is none of those that may sign {proposal.name}: {names}",
            remedy="take the key of one of these, or prepare the list with this one among --root-key",
        )
    path = proposal.with_name(f"root.{root.version}.{signer.key_id}.sig")
    write_durably(path, signer.sign(data))
    return root, holders[signer.key_id], path


def _holders_before(proposal: Path, root: TrustRoot) -> tuple[RootKey, ...]:
    """Return the root keys of the list before, which lies beside what is signed."""
    beside = proposal.with_name(root_name(root.version - 1))
    try:
        return parse_root(read_regular(beside)).root_keys if root.version > 1 else ()
    except (OSError, ValueError):
        return ()


def read_proposal(path: Path) -> tuple[bytes, TrustRoot]:
    """Return a prepared list and its bytes; raises NotFoundError, WrongUsageError."""
    try:
        data = read_regular(path)
        return data, parse_root(data)
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}", remedy="name the root.N.json of a folder") from error
    except ValueError as error:
        raise WrongUsageError(
            f"{path.name}: {error}", remedy="prepare it again with 'oais keys prepare'; nothing was signed"
        ) from error
