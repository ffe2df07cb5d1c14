"""Proofs that what the archive keeps stands in its ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aip.stored import StoredAip
from dip.order import LEDGER_FILES, LEDGER_PROOF
from oais.archive import Home
from oais.errors import DamageError, NotFoundError, WrongUsageError
from oais.files import read_regular
from oais.functions.ledger.recording import ledger_of
from oais.functions.storage import find_aip
from oais.functions.withdrawal.keeping import WithdrawnError, subject_of
from oais.information.identifiers import RECEIPT_ID, parse_aip_reference
from oais.information.ledger.notes import Checkpoint
from oais.information.ledger.proofs import Proof, check_proof, parse_proof
from oais.information.listing import listing
from oais.information.text import printable
from oais.ledger.opened import find_line

_WITHDRAWAL: Final = re.compile(r"[^/]+@[0-9]+/[a-z]+")
"""How the ledger names the records of a withdrawal: ``ID@1/request``."""


def prove(home: Home, about: str) -> Proof:
    """Return the proof of a version, written ``ID`` or ``ID@v2``, or of a receipt by its name.

    Of an AIP that was withdrawn ``ID`` gives the proof of its tombstone, ``ID@v2`` that of the version that
    was; ``ID@1/request`` and so on are the records of its withdrawals.
    Raises NotFoundError when there is no such thing or it does not stand in the ledger, WrongUsageError,
    DamageError, StorageError.
    """
    if RECEIPT_ID.fullmatch(about):
        return _proof(home, "receipt", about)
    if _WITHDRAWAL.fullmatch(about):
        return _proof(home, "deaccession", about)
    reference = parse_aip_reference(about)
    try:
        stored = find_aip(home, reference.aip_id)
    except WithdrawnError as error:
        if reference.version is None:
            return _proof(home, "deaccession", subject_of(error.tombstone))
        return _proof(home, "aip-version", str(reference))
    version = stored.open(reference.version)
    return _proof(home, "aip-version", f"{stored.aip_id}@v{version.number}")


def _proof(home: Home, kind: str, subject: str) -> Proof:
    ledger = ledger_of(home)
    opened = find_line(ledger.root, kind, subject) if ledger.signed else None
    if opened is None or opened.size > ledger.head().size:
        raise NotFoundError(
            f"{printable(subject)} does not stand in the ledger",
            remedy="the next 'oais submit' adds what is kept",
        )
    return ledger.prove(opened)


def proof_files(home: Home, stored: StoredAip, version: int) -> Mapping[str, bytes]:
    """Return what a DIP carries of the ledger about a version: nothing where that cannot be proven.

    Whoever may have the files gets them also from an archive whose ledger is damaged; its audit tells.
    """
    try:
        proof = _proof(home, "aip-version", f"{stored.aip_id}@v{version}")
    except (NotFoundError, DamageError):
        return {}
    return {LEDGER_PROOF: proof.as_bytes(), LEDGER_FILES: listing(stored.inventory.versions[version].state)}


def check_proof_file(home: Home, path: Path) -> tuple[Proof, Checkpoint]:
    """Check the file of a proof by the keys that this archive trusts.

    Raises WrongUsageError when it cannot be read, DamageError saying what does not fit.
    """
    try:
        data = read_regular(path)
    except OSError as error:
        raise WrongUsageError(f"{path}: {error.strerror}", remedy="name the file of a proof") from error
    try:
        proof = parse_proof(data)
        return proof, check_proof(proof, home.trusted_keys(), ends=home.ended_keys())
    except ValueError as error:
        raise DamageError(
            f"{path.name} proves nothing: {error}", remedy="'oais ledger prove' gives the proof again"
        ) from error
