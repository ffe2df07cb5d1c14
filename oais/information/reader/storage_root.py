"""A part of ``verify.py``: all AIPs of a storage root, and the receipts that lie beside it."""

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator

from oais.information.reader.ed25519 import judged
from oais.information.reader.folder import Folder, small_file
from oais.information.reader.head import StopError, reason
from oais.information.reader.withdrawals import Withdrawn

# -- A storage root: AIPs in three folders of three digits ----------------------------------------------

ROOT = "0=ocfl_1.1"
RECEIPT = re.compile("(r[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8})[.]json$")


def object_path(aip_id: str) -> str:
    """Return where an AIP lies (OCFL extension 0003-hash-and-id-n-tuple-storage-layout)."""
    digest = hashlib.sha256(aip_id.encode("utf-8", "surrogatepass")).hexdigest()
    name = "".join(
        chr(byte) if re.match("[A-Za-z0-9_-]", chr(byte)) else f"%{byte:02x}"
        for byte in aip_id.encode("utf-8", "surrogatepass")
    )
    leaf = name if len(name) <= 100 else f"{name[:100]}-{digest}"
    return f"{digest[:3]}/{digest[3:6]}/{digest[6:9]}/{leaf}"


def aips_in(root: str, faults: "dict[str, str]", layers: int = 4) -> "Iterator[str]":
    """Yield the folder of every AIP, in order; links and the like on the way to them are faults."""
    for name in sorted(os.listdir(root)):
        path = os.path.join(root, name)
        mode = os.lstat(path).st_mode
        if layers == 4 and name == "extensions":
            continue
        if stat.S_ISDIR(mode) and layers == 1:
            yield path
        elif stat.S_ISDIR(mode):
            yield from aips_in(path, faults, layers - 1)
        elif not stat.S_ISREG(mode):
            faults[path] = "is neither a folder nor a file"


def verify_root(root: str, faults: "dict[str, str]") -> None:
    """Check the declaration of the storage root itself."""
    try:
        declared = small_file(os.path.join(root, ROOT))
    except OSError as error:
        faults[ROOT] = reason(error)
    else:
        if declared != b"ocfl_1.1\n":
            faults[ROOT] = "does not hold 'ocfl_1.1'"


def verify_receipts(root: str, keys: "list[bytes]", faults: "dict[str, str]", withdrawn: Withdrawn) -> int:
    """Check that all that was accepted is there; return the number of receipts, -1 where there are none."""
    for aip_id, at in withdrawn.gone.items():
        if os.path.lexists(os.path.join(root, object_path(aip_id))):
            faults[aip_id] = f"was withdrawn at {at}, and is there"
    place = os.path.join(root, os.pardir, "ledger", "receipts")
    if not os.path.isdir(place):
        return -1
    count = 0
    for year in sorted(os.listdir(place)):
        for month in sorted(os.listdir(os.path.join(place, year))):
            folder = Folder(os.path.join(place, year, month))  # one month at a time: there may be millions
            for path in sorted(folder.files):
                match = RECEIPT.match(path)
                if match:
                    count += 1
                    verify_receipt(root, folder, match.group(1), keys, faults, withdrawn)
    return count


def verify_receipt(
    root: str, folder: Folder, name: str, keys: "list[bytes]", faults: "dict[str, str]", withdrawn: Withdrawn
) -> None:
    """Check one receipt, and that what it says was accepted is there."""
    try:
        data, signature = folder.bytes_of(f"{name}.json"), folder.bytes_of(f"{name}.json.sig")
        plain = json.loads(data.decode())
        about, version = str(plain["aip_id"]), int(plain["version"])
        whole, accepted = plain["receipt_id"] == name, plain["status"] == "accepted"
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        faults[f"receipt {name}"] = f"cannot be read: {reason(error)}"
        return
    if not whole or (keys and judged(keys, data, signature) is False):
        faults[f"receipt {name}"] = "is not what the archive signed"
    elif (
        accepted
        and name not in withdrawn.receipts
        and not os.path.isdir(os.path.join(root, object_path(about), f"v{version}"))
    ):
        faults[f"{about} v{version}"] = f"is missing: receipt {name} says it was accepted"


def folder_of(root: str, aip_id: str) -> str:
    """Return the folder of an AIP; raises StopError."""
    path = os.path.join(root, *object_path(aip_id).split("/"))
    if os.path.islink(path) or not os.path.isdir(path):
        raise StopError(2, f"there is no AIP {aip_id}; 'list' shows what there is")
    return path
