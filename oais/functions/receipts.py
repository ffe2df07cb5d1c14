"""The disposition of every delivery, kept for ever: a signed JSON file in ``ledger/receipts/YYYY/MM``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from oais.archive import Archive
from oais.errors import DamageError, NotFoundError
from oais.files import make_directories, storage_errors, write_durably
from oais.information.findings import Finding, Severity
from oais.information.identifiers import RECEIPT_ID
from oais.information.packages import Receipt
from oais.information.signature import verify_signature
from oais.information.text import printable, readable_json

RECEIPT_SCHEMA = "oais-receipt/1"


def receipt_as_plain(receipt: Receipt) -> dict[str, Any]:
    """Return the receipt as the dictionary that is written and sealed."""
    plain = asdict(receipt)
    plain["findings"] = [found.as_dict() for found in receipt.findings]
    return {"schema": RECEIPT_SCHEMA, **plain}


def receipt_from_plain(plain: dict[str, Any]) -> Receipt:
    """Read a receipt back; raises KeyError or TypeError when it is not one."""
    values = {key: value for key, value in plain.items() if key not in {"schema", "key_id"}}
    values["findings"] = tuple(
        Finding(**{**item, "severity": Severity(item["severity"])}) for item in plain["findings"]
    )
    return Receipt(**values)


def issue_receipt(archive: Archive, receipt: Receipt) -> Receipt:
    """Sign the receipt and keep it; the same receipt issued again writes the same bytes."""
    plain = {**receipt_as_plain(receipt), "key_id": archive.signer.key_id}
    data = readable_json(plain)
    path = receipt_path(archive, receipt.receipt_id)
    with storage_errors(f"keeping receipt {receipt.receipt_id}"):
        make_directories(path.parent)
        write_durably(path.with_suffix(".json.sig"), archive.signer.sign(data))
        write_durably(path, data)
    return receipt


def receipt_path(archive: Archive, name: str) -> Path:
    """Return where a receipt is kept; raises NotFoundError for a name that is none."""
    match = RECEIPT_ID.fullmatch(name)
    if match is None:
        raise NotFoundError(
            f"{printable(name)!r} is not the name of a receipt, such as r20261121T035200Z-4f3a9c1b"
        )
    return archive.receipts / match[1] / match[2] / f"{name}.json"


def open_receipt(archive: Archive, name: str) -> Receipt:
    """Read a receipt and verify its signature.

    Raises NotFoundError when there is none, DamageError when its bytes are not what was signed.
    """
    path = receipt_path(archive, name)
    try:
        data = path.read_bytes()
        signature = path.with_suffix(".json.sig").read_bytes()
        plain = json.loads(data)
        key = archive.trusted_keys().get(plain["key_id"], b"")
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no receipt {name}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DamageError(f"receipt {name} cannot be read: {error}") from error
    if not verify_signature(key, data, signature):
        raise DamageError(
            f"receipt {name} is not what the archive signed",
            remedy="restore ledger/receipts from a copy; the AIP itself names its receipt too",
        )
    return receipt_from_plain(plain)
