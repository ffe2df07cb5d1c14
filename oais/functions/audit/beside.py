"""What an archive keeps beside its AIPs and its ledger: policies, logs, people, keys, refused deliveries.

Each is compared with what says how it was: the record of changes, its own chain, a signature, a receipt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from oais.archive import Home, signer_of
from oais.disk_faults import NotRegularError, storage_errors
from oais.errors import ConfigurationError, DamageError, NotFoundError, StorageError
from oais.files import listed, read_regular
from oais.functions.database_check import UncheckedError, fault_of_people
from oais.functions.ledger.recording import REPAIRS
from oais.functions.policy.history import policy_history
from oais.functions.receipts import open_receipt
from oais.functions.security_log import path_of, verify
from oais.information.budget import Budget
from oais.information.findings import Finding, finding
from oais.information.fixity import hash_file
from oais.information.listing import listing
from oais.information.signature import key_id_of_pem, plain_pem, verify_signature
from oais.information.text import printable
from oais.walking import walk
from policies.loading import AGREEMENTS

_DATABASE: Final = "oais.sqlite"
_UNREADABLE: Final = "AUD-009"
_HOLDS_BYTES: Final = "BAG-064"
"""What a receipt says of a delivery that could not be read whole: its digest is not of all that is there."""


def beside_findings(home: Home) -> Iterator[Finding]:
    """Yield what is wrong with policies, the log of people and rights, repairs' reports, database and keys.

    The database may lie elsewhere, and the key may be lost: neither keeps anybody from an audit.
    """
    checks = {
        "policies": _policies,
        "ledger/security.jsonl": _security_log,
        "ledger/repairs": _repairs,
        _DATABASE: _database,
        "keys/trusted": _trusted,
        "keys": _signing,
    }
    for place, check in checks.items():
        try:
            yield from check(home)
        except StorageError as error:
            yield finding(_UNREADABLE, place, error.message)


def refused_findings(home: Home, budget: Budget | None = None) -> Iterator[Finding]:
    """Yield the refused deliveries that are not what their receipts say was received; reads every byte.

    No more is read than ``budget`` gives. One without a receipt, or whose receipt is damaged, says nothing
    here: the receipts are verified by themselves.
    """
    with storage_errors("reading sip/refused"):
        folders = sorted(home.refused.iterdir()) if home.refused.is_dir() else []
    for folder in folders:
        place = folder.relative_to(home.home).as_posix()
        with suppress(NotFoundError, DamageError):
            try:
                told = refused_fault(home, folder, budget)
            except StorageError as error:
                yield finding(_UNREADABLE, place, error.message)
                continue
            if told:
                yield finding("AUD-013", place, told)


def refused_fault(home: Home, folder: Path, budget: Budget | None = None) -> str:
    """Return how a refused delivery is not what its receipt says was received; nothing when it is.

    Raises NotFoundError for one without a receipt, DamageError, StorageError.
    """
    receipt, place = open_receipt(home, folder.name), folder.relative_to(home.home).as_posix()
    if not receipt.delivery_digest or any(each.code == _HOLDS_BYTES for each in receipt.findings):
        return ""
    with storage_errors(f"reading {place}"):
        found = _delivery_digest(folder, budget)
    if found == receipt.delivery_digest:
        return ""
    return f"{place}: sha512 is {found[:16]}…, its receipt says {receipt.delivery_digest[:16]}…"


def room_of(found: Finding) -> str:
    """Return what a finding beside the AIPs is about: the room of the home, or the file that lies in none."""
    room, inside, _ = found.path.partition("/")
    return f"{room}{inside}"


def _delivery_digest(folder: Path, budget: Budget | None) -> str:
    """Return the digest of what was delivered: of the container, or of the listing of a directory."""
    container = folder / "container"
    if container.is_dir():
        return "".join(_sha512(path, budget) for path in sorted(container.iterdir()))
    bag = folder / "bag"
    digests = {entry.path: _sha512(bag / entry.path, budget) for entry in walk(bag) if entry.is_file}
    return hashlib.sha512(listing(digests)).hexdigest()


def _sha512(path: Path, budget: Budget | None) -> str:
    read = hash_file(path, ("sha512",), from_disk=True, budget=budget)
    if read.problem:
        raise StorageError(f"reading {printable(path.name)}: {read.problem}", remedy="check the disk first")
    return read.digests["sha512"]


def _policies(home: Home) -> Iterator[Finding]:
    """Compare the policies with those that were recorded last; before the first record nothing is known."""
    with suppress(DamageError):  # a line that cannot be read is missed by whoever verifies the ledger
        newest = next(iter(policy_history(home.home)), None)
        if newest is None:
            return
        now = _policy_files(home.home / "policies", newest.files)
        for path in sorted({*newest.files, *now}):
            if now.get(path) != newest.files.get(path):
                what = "is gone" if path not in now else "is new" if path not in newest.files else "differs"
                place = f"policies/{path}"
                told = f"{place} {what} since {newest.since}, and that is not on record"
                yield finding("AUD-014", place, told)


def _policy_files(folder: Path, recorded: Collection[str]) -> dict[str, str]:
    """Return the sha256 of each policy by its path below ``policies/``: agreements, and what is recorded."""
    with storage_errors("reading the policies"):
        paths = {*folder.glob(f"{AGREEMENTS}/*.yaml"), *(folder / path for path in recorded)}
        there = sorted(path for path in paths if path.exists())
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(read_regular(path)).hexdigest()
            for path in there
        }


def _security_log(home: Home) -> Iterator[Finding]:
    """Verify the chain of the log; a second change of policies comes after an event for the first one."""
    path = path_of(home.home)
    place, line = path.relative_to(home.home).as_posix(), verify(path)
    with suppress(DamageError):
        if not path.exists() and len(policy_history(home.home)) > 1:
            yield finding("AUD-011", place, f"{place} is missing")
    if line is not None:
        yield finding("AUD-011", place, f"{place}: line {line} is not what was written there")


def _repairs(home: Home) -> Iterator[Finding]:
    """Verify the signature of each report; the report itself stands in the ledger."""
    trusted = home.trusted_keys().values()
    for path in listed(home.home / "ledger" / REPAIRS, ".xml"):
        place = path.with_suffix(".xml.sig")
        with storage_errors(f"reading {path.name}"):
            try:
                data, signature = read_regular(path), read_regular(place)
            except (FileNotFoundError, NotRegularError):
                data, signature = b"", b""
        if not any(verify_signature(key, data, signature) for key in trusted):
            named = place.relative_to(home.home).as_posix()
            yield finding("AUD-012", named, f"{named} is no signature of the archive over {path.name}")


def _database(home: Home) -> Iterator[Finding]:
    """Let SQLite check the database of people and orders, where that lies in the home.

    It was made before the first event in the log of people and rights.
    """
    path = home.home / _DATABASE
    if not path.exists():
        own = not (home.settings.database or home.warnings)  # of settings with a fault the defaults count
        if own and path_of(home.home).exists():
            yield finding("AUD-010", path.name, f"{path.name} is missing")
        return
    try:
        wrong = fault_of_people(path)
    except UncheckedError as error:
        yield finding(_UNREADABLE, path.name, f"{path.name}: {error}")
        return
    if wrong:
        yield finding("AUD-010", path.name, f"{path.name}: {wrong}")


def _trusted(home: Home) -> Iterator[Finding]:
    """Tell of a file of a trusted key that holds another key than its name says, or more than a key."""
    for path in listed(home.home / "keys" / "trusted", ".pem"):
        place = path.relative_to(home.home).as_posix()
        with storage_errors(f"reading {path.name}"):
            data = read_regular(path)
        try:
            right = key_id_of_pem(data) == path.stem and plain_pem(data) == data
        except ValueError:
            right = False
        if not right:
            yield finding(
                "AUD-016", place, f"{place} does not hold the key {path.stem} as the archive wrote it"
            )


def _signing(home: Home) -> Iterator[Finding]:
    """Tell of a signing key that is lost or is another one, and of a public half that is not its own."""
    place = "keys/archive.key"
    try:
        signer = signer_of(home.home)
    except ConfigurationError as error:
        yield finding("AUD-015", place, printable(error.message))
        return
    except DamageError:  # of trust/, whose lists are looked through by themselves
        return
    if signer.key_id not in home.trusted_keys():
        yield finding("AUD-015", place, f"{place} is key {signer.key_id}, which is not trusted")
        return
    place = "keys/archive.pub"
    with suppress(OSError):  # it may be missing: the key has it
        if read_regular(home.home / place) != signer.public_pem:
            yield finding("AUD-015", place, f"{place} is not the public half of key {signer.key_id}")
