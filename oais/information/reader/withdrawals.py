"""A part of ``verify.py``: AIPs that two people withdrew, and the tombstones that answer for them."""

import json
import os
import re
from typing import Any

from oais.information.reader.ed25519 import judged
from oais.information.reader.folder import Folder
from oais.information.reader.head import reason

# -- Withdrawals: signed records beside the storage root --------------------------------------------------

STEPS = ("request", "decision", "tombstone", "deletion", "readmission")
RECORD = re.compile(f"([1-9][0-9]{{0,3}})[.]({'|'.join(STEPS)})[.]json$")


class Withdrawn:
    """All withdrawals: versions and receipts that tombstones answer for, and which AIPs are to be gone."""

    def __init__(self, root: str, keys: "list[bytes]", faults: "dict[str, str]") -> None:
        self.keys, self.faults = keys, faults
        self.versions: set[tuple[str, str]] = set()
        self.receipts: set[str] = set()
        self.gone: dict[str, str] = {}
        place = os.path.join(root, os.pardir, "ledger", "withdrawals")
        for name in sorted(os.listdir(place)) if os.path.isdir(place) else ():
            folder = Folder(os.path.join(place, name))
            found = [match for match in map(RECORD.match, folder.files) if match]
            for match in sorted(found, key=lambda match: (int(match.group(1)), STEPS.index(match.group(2)))):
                self._read(folder, match.group(), match.group(2), f"withdrawals/{name}/{match.group()}")

    def _read(self, folder: Folder, path: str, step: str, told: str) -> None:
        try:
            data, signature = folder.bytes_of(path), folder.bytes_of(f"{path}.sig")
            plain = json.loads(data.decode())
            if self.keys and judged(self.keys, data, signature) is False:
                raise ValueError("is not what the archive signed")
            if plain["step"] != step:
                raise ValueError(f"is a {plain['step']}")
            getattr(self, f"_take_{step}", lambda _: None)(plain)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            self.faults[told] = reason(error)

    def _take_tombstone(self, plain: "dict[str, Any]") -> None:
        if plain["asked"]["by"] == plain["approved"]["by"]:
            raise ValueError("one and the same account asked for it and approved it")
        for version in plain["versions"]:
            self.versions.add((f"{plain['aip_id']}@v{version['number']}", version["inventory"]))
            self.receipts.add(version["receipt"])
        self.gone[plain["aip_id"]] = plain["at"]

    def _take_readmission(self, plain: "dict[str, Any]") -> None:
        self.gone.pop(plain["aip_id"], None)


def record_path(leaf: str, record: str) -> str:
    """Return where a record of the ledger, ``1/tombstone``, lies below ``ledger/``; empty for no such."""
    path = record.replace("/", ".", 1) + ".json"
    return f"withdrawals/{leaf}/{path}" if RECORD.match(path) else ""
