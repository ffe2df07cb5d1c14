"""Evidence renewed before an algorithm falls (the idea of RFC 4998): by another key, and by another hash.

The tree is of sha256. A renewal states the sha512 of all that the entries stand for, so that the past is
held by it also when entries with the same sha256 could be made; and every head that was ever signed is
signed by the key of today, so that no proof hangs on an older one alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from oais.archive import Archive, Home
from oais.errors import DamageError
from oais.functions.ledger.recording import Kept, Known, ledger_of, record, require_ledger
from oais.information.ledger.statements import Statement
from oais.ledger.opened import each_line
from oais.ledger.renewing import sign_heads_again
from oais.ledger.verifying import verify_log

_SUBJECT = "statements@"


@dataclass(frozen=True, slots=True)
class Renewed:
    """Over how many entries evidence was renewed, by which key, and how many heads it signed again."""

    size: int
    key_id: str
    signed_again: int


def renew(archive: Archive) -> Renewed:
    """Renew the evidence of the whole ledger; interrupted, it is simply repeated.

    Raises NotFoundError without a ledger, DamageError when it does not hold: then nothing is signed.
    """
    ledger = require_ledger(archive)
    wrong = next(verify_log(ledger), None)
    if wrong is not None:
        raise DamageError(f"{wrong.path}: {wrong.message}", remedy=f"nothing was renewed. {wrong.remedy}")
    size = ledger.head().size
    statement = Statement(archive.now(), "renewal", f"{_SUBJECT}{size}", _digest_of(archive, size))
    record(archive, archive.signer, [statement])
    return Renewed(size, archive.signer.key_id, sign_heads_again(ledger_of(archive), archive.signer))


def renewals(home: Home, known: Known) -> Iterator[Kept]:
    """Yield the renewals that stand in the ledger, to be compared with what they speak of."""
    for kind, subject in known:
        if kind == "renewal":
            yield _renewal(home, subject)


def _renewal(home: Home, subject: str) -> Kept:
    size = subject.removeprefix(_SUBJECT)
    return Kept("renewal", subject, lambda: (_digest_of(home, int(size)) if size.isdecimal() else "", ""))


def _digest_of(home: Home, size: int) -> str:
    """Return the sha512 of the first lines of ``statements.jsonl``, as ``head -n | sha512sum`` has it."""
    hasher = hashlib.sha512()
    for line in islice(each_line(home.home / "ledger"), size):
        hasher.update(line)
    return hasher.hexdigest()
