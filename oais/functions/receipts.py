"""The disposition of every delivery, kept for ever: a signed JSON file in ``ledger/receipts/YYYY/MM``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from oais.archive import Archive, Home
from oais.disk_faults import NotRegularError, storage_errors, unreadable
from oais.errors import DamageError, NotFoundError, StorageError
from oais.files import make_directories, read_regular, write_together
from oais.functions.unchanged import Unchanged
from oais.information.findings import Finding, Severity
from oais.information.identifiers import RECEIPT_ID
from oais.information.packages import Receipt
from oais.information.signature import verify_signature
from oais.information.text import printable, readable_json

RECEIPT_SCHEMA = "oais-receipt/1"

_FINDINGS: Final = b'\n "findings": [\n'

_NEWEST: Final[Unchanged[list[str]]] = Unchanged()
"""The newest names in a month, which is listed again only after another receipt came into it."""


def receipt_as_plain(receipt: Receipt) -> dict[str, Any]:
    """Return the receipt as the dictionary that is written and sealed."""
    plain = asdict(replace(receipt, findings=()))
    findings = [found.as_dict() for found in receipt.findings]
    return {"schema": RECEIPT_SCHEMA, **plain, "findings": findings}


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
        write_together({path.with_suffix(".json.sig"): archive.signer.sign(data), path: data})
    return receipt


def receipt_path(archive: Home, name: str) -> Path:
    """Return where a receipt is kept; raises NotFoundError for a name that is none."""
    match = RECEIPT_ID.fullmatch(name)
    if match is None:
        raise NotFoundError(
            f"{printable(name)!r} is not the name of a receipt, such as r20261121T035200Z-4f3a9c1b"
        )
    return archive.receipts / match[1] / match[2] / f"{name}.json"


def open_receipt(archive: Home, name: str) -> Receipt:
    """Read a receipt and verify its signature.

    Raises NotFoundError when there is none, DamageError when its bytes are not what was signed,
    StorageError when the disk refuses them.
    """
    path = receipt_path(archive, name)
    with storage_errors(f"reading receipt {name}"):
        if not path.exists():
            raise NotFoundError(f"there is no receipt {name}")
    return _verified(path, archive.trusted_keys())


def each_receipt(
    archive: Home, about: str = ""
) -> Iterator[tuple[Path, Receipt | DamageError | StorageError]]:
    """Yield every receipt with its file, or why it cannot be had; one at a time, there may be millions.

    A DamageError says that its bytes are wrong, a StorageError that the disk does not give them.

    With ``about`` only those in which that text stands, such as an AIP's identifier. The findings, which
    may be thousands, are left out: what was decided is wanted here, not why. Raises StorageError.
    """
    trusted = archive.trusted_keys()
    for path in _files(archive.receipts):
        try:
            if about and about.encode() not in read_regular(path):
                continue
            yield path, _verified(path, trusted, with_findings=False)
        except OSError as error:
            yield path, unreadable(f"receipt {path.stem}", error)
        except (StorageError, DamageError) as error:
            yield path, error


def receipt_names(archive: Home, since: str) -> Iterator[str]:
    """Yield the names of the receipts from a name on, in order; earlier months are not even listed."""
    return (path.stem for path in _files(archive.receipts, since) if path.stem >= since)


def newest_receipts(archive: Home, most: int) -> list[str]:
    """Return the names of the newest receipts, the newest first; earlier months are not even listed."""
    found: list[str] = []
    with storage_errors("reading the ledger of receipts"):
        months = (month for year in reversed(_sorted(archive.receipts)) for month in reversed(_sorted(year)))
        for month in filter(Path.is_dir, months):
            found += _newest_in(month, most - len(found))
            if len(found) >= most:
                break
    return found


def _newest_in(month: Path, most: int) -> list[str]:
    def load() -> list[str]:
        # One month may hold very many: their names are sorted as they are, none is made a path.
        names = sorted(os.listdir(month), reverse=True)
        stems = (name.removesuffix(".json") for name in names if name.endswith(".json"))
        return list(islice(filter(RECEIPT_ID.fullmatch, stems), most))

    return _NEWEST.read((month, most), (month,), load)


def _files(folder: Path, since: str = "") -> Iterator[Path]:
    with storage_errors("reading the ledger of receipts"):
        for year in _sorted(folder):
            for month in _sorted(year):
                if f"r{year.name}{month.name}" >= since[:7]:
                    yield from (path for path in _sorted(month) if RECEIPT_ID.fullmatch(path.stem))


def _sorted(folder: Path) -> list[Path]:
    """Return what is in a folder; of files only receipts, not the signatures beside them."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix != ".sig")


def _verified(path: Path, trusted: Mapping[str, bytes], *, with_findings: bool = True) -> Receipt:
    """Read one file; raises DamageError, also for the name of another receipt, and StorageError."""
    name = path.stem
    try:
        data, signature = _read(path), _read(path.with_suffix(".json.sig"))
        plain = json.loads(data if with_findings else _without_findings(data))
        key = trusted.get(plain["key_id"], b"")
        signed = verify_signature(key, data, signature)
        receipt = receipt_from_plain(plain if with_findings else {**plain, "findings": []})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamageError(
            f"receipt {name} cannot be read: {printable(str(error))}", remedy=_RESTORE
        ) from error
    if not signed or receipt.receipt_id != name:
        raise DamageError(
            f"receipt {name} is not what the archive signed: {name}.json and {name}.json.sig do not fit",
            remedy=_RESTORE,
        )
    return receipt


def _without_findings(data: bytes) -> bytes:
    """Cut the findings out of a receipt, which may be thousands, before it is taken apart.

    ``readable_json`` begins and ends them with lines that no text within can hold; what is written in
    another way is left as it is.
    """
    begin = data.find(_FINDINGS)
    end = data.find(b"\n ]", begin + len(_FINDINGS) - 1)
    return data[:begin] + b'\n "findings": [' + data[end:] if 0 <= begin < end else data


def _read(path: Path) -> bytes:
    """Read a file of the ledger; what is lost or replaced is damage, what the disk refuses is not."""
    with storage_errors(f"reading {path.name}"):
        try:
            return read_regular(path)
        except (FileNotFoundError, NotRegularError) as error:
            raise ValueError(f"{path.name}: {error.strerror}") from error


_RESTORE = "restore ledger/receipts from a copy; the AIP itself names its receipt too"
