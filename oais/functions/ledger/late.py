"""What a key signed after its end: it may have been in other hands by then, and is not believed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from aip.sealing import signature_name
from aip.stored import INVENTORY, SIGNATURES
from oais.archive import Home
from oais.disk_faults import unreadable
from oais.errors import NotFoundError, StorageError
from oais.files import read_regular
from oais.functions.ledger.recording import ledger_of
from oais.functions.receipts import receipt_path
from oais.information.findings import Finding, finding
from oais.information.identifiers import object_path
from oais.information.signature import verify_signature
from oais.ledger.opened import places


def signed_too_late(home: Home, aip_id: str = "") -> Iterator[Finding]:
    """Yield the versions and receipts that came into the ledger after the key had ended that signed them.

    With ``aip_id`` only those of one AIP. What is damaged is left to those who read it all. Raises
    DamageError, StorageError.
    """
    ends, ledger = home.ended_keys(), ledger_of(home)
    if not ends or not ledger.signed:
        return
    keys = home.trusted_keys()
    for (kind, subject), index in places(ledger.root, ledger.head().size).items():
        late = {key_id: keys[key_id] for key_id, end in ends.items() if end <= index}
        if not late or (aip_id and not subject.startswith(f"{aip_id}@v")):
            continue
        data, signature, place = _signed(home, kind, subject)
        for key_id, pem in late.items():
            if data and verify_signature(pem, data, signature):
                told = f"entry {index} of the ledger, {subject}, is signed by key {key_id}"
                yield finding("LED-007", place, f"{told}, which ended at {ends[key_id]} entries")


def _signed(home: Home, kind: str, subject: str) -> tuple[bytes, bytes, str]:
    """Return what was signed, the signature, and its place below the home; empty where there is none."""
    paths: tuple[Path, Path] | None = None
    aip_id, _, version = subject.rpartition("@v")
    if kind == "aip-version":
        root = home.aip_root / object_path(aip_id)
        paths = root / f"v{version}" / INVENTORY, root / SIGNATURES / signature_name(int(version))
    elif kind == "receipt":
        with suppress(NotFoundError):
            path = receipt_path(home, subject)
            paths = path, path.with_suffix(".json.sig")
    if paths is None:
        return b"", b"", ""
    try:
        return read_regular(paths[0]), read_regular(paths[1]), paths[0].relative_to(home.home).as_posix()
    except OSError as error:
        fault = unreadable(f"the signature of {subject}", error)
        if isinstance(fault, StorageError):
            raise fault from error
        return b"", b"", ""
