"""The whole ledger against itself, against what is kept, and against checkpoints that were kept elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from time import time
from typing import Final

from oais.archive import Home
from oais.errors import ArchiveError, DamageError, NotFoundError, StorageError, WrongUsageError
from oais.files import read_regular
from oais.functions.copies.changes import LOG as LOCATIONS
from oais.functions.ledger.late import signed_too_late
from oais.functions.ledger.recording import AUDITS, REPAIRS, Kept, kept_in, known_in, require_ledger, standing
from oais.functions.ledger.renewing import renewals
from oais.functions.ledger.stamping import verify_stamps
from oais.functions.policy.history import LOG
from oais.functions.receipts import receipt_path
from oais.functions.storage import is_ingesting
from oais.functions.withdrawal.keeping import path_of as withdrawal_path
from oais.information.findings import Finding, finding
from oais.information.identifiers import object_path
from oais.ledger.opened import STATEMENTS, newest
from oais.ledger.verifying import Tree, proven_tree, verify_log, why_not_of

_ON_ITS_WAY: Final = 60.0
"""Seconds within which an ingest has recorded what it kept."""


@dataclass(frozen=True, slots=True)
class LedgerState:
    """The ledger in a few figures; ``root`` is the newest root hash in hexadecimal."""

    origin: str
    size: int
    root: str
    newest_at: str
    entries: dict[str, int]


def tell_ledger(home: Home) -> LedgerState:
    """Return the state of the ledger; raises NotFoundError before it is begun, DamageError, StorageError."""
    ledger = require_ledger(home)
    head, last = ledger.head(), newest(ledger.root)
    kinds = Counter(kind for kind, _ in known_in(ledger))
    at = last.statement.at if last is not None else ""
    return LedgerState(head.origin, head.size, head.root.hex(), at, dict(sorted(kinds.items())))


def verify_ledger(home: Home, elsewhere: Sequence[Path] = ()) -> list[Finding]:
    """Return everything that is wrong; ``elsewhere`` are files of checkpoints that were kept outside.

    Raises NotFoundError without a ledger, WrongUsageError for a file that cannot be read, StorageError.
    """
    ledger = require_ledger(home)
    found = list(verify_log(ledger))
    if not any(fault.path == "ledger/checkpoint" for fault in found):
        found += _against_kept(home)
        found += signed_too_late(home)
    found += verify_stamps(home)
    return [*found, *compare_elsewhere(home, elsewhere)]


def _against_kept(home: Home) -> Iterator[Finding]:
    """Compare what the ledger stands for with what is there."""
    known = dict(standing(home, known_in(require_ledger(home))))
    for thing in chain(list(renewals(home, known)), kept_in(home, told=known)):  # one may hold an inventory
        said = known.pop((thing.kind, thing.subject), None)
        place = _place_of(home, thing.kind, thing.subject)
        if said is None and not _on_its_way(home, home.home / place):
            yield finding("LED-005", place, f"{thing.subject} does not stand in the ledger")
        elif said is not None:
            yield from _wrong(thing, said, place)
    for kind, subject in known:
        place = _place_of(home, kind, subject)
        yield finding("LED-004", place, f"{subject} stands in the ledger, and cannot be found or read")


def _on_its_way(home: Home, path: Path) -> bool:
    """Return whether a thing was kept just now by an ingest that goes on: it may not be recorded yet.

    Deliveries are recorded some at a time. What nobody records is told of by the next verification.
    """
    try:
        young = time() - path.lstat().st_mtime < _ON_ITS_WAY
    except OSError:
        return False
    return young and is_ingesting(home)


def _wrong(thing: Kept, said: str, place: str) -> Iterator[Finding]:
    try:
        found, _ = thing.digests()
    except StorageError as error:
        yield finding("AUD-009", place, f"{place}: {error.message}")
    except ArchiveError as error:
        yield finding("LED-004", place, f"{place}: {error.message}")
    else:
        if found != said:
            told = f"sha512 is {found[:16]}…, the ledger says {said[:16]}…"
            yield finding("LED-004", place, f"{place}: {told}")


def _place_of(home: Home, kind: str, subject: str) -> str:
    """Return where a thing lies, below the home."""
    aip_id, _, version = subject.partition("@")
    try:
        receipt = receipt_path(home, subject).relative_to(home.home).as_posix() if kind == "receipt" else ""
    except NotFoundError:
        receipt = "ledger/receipts"
    if kind == "deaccession":
        with suppress(ValueError):
            return withdrawal_path(home, subject).relative_to(home.home).as_posix()
    places = {
        "aip-version": f"aip/{object_path(aip_id)}/{version}/inventory.json",
        "receipt": receipt,
        "policies": LOG,
        "audit": f"ledger/{AUDITS}/{subject}.json",
        "location": LOCATIONS,
        "repair": f"ledger/{REPAIRS}/{subject}.xml",
        "key": f"keys/trusted/{subject}.pem",
        "trust": f"trust/{subject}.json",
        "renewal": f"ledger/{STATEMENTS}",
    }
    return places.get(kind, "ledger")


def compare_elsewhere(home: Home, paths: Sequence[Path]) -> Iterator[Finding]:
    """Yield which checkpoints that were kept elsewhere are not of this ledger's history.

    Raises WrongUsageError for a file that cannot be read, NotFoundError without a ledger, StorageError.
    """
    if not paths:
        return
    ledger = require_ledger(home)
    try:
        tree = proven_tree(ledger, ledger.head())
    except DamageError:
        return  # the ledger's own checkpoint is void, which is told already
    for path in paths:
        try:
            note = read_regular(path)
        except OSError as error:
            raise WrongUsageError(
                f"{path}: {error.strerror}", remedy="name the file of a checkpoint"
            ) from error
        wrong = why_not_of(ledger, tree, note) if isinstance(tree, Tree) else "the ledger cannot be proven"
        if wrong:
            yield finding("LED-006", str(path), wrong)
