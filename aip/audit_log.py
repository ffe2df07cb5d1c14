"""The log of audits inside an object: a line each, bound to the line before by its digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aip.stored import AUDITS
from oais.files import open_regular
from oais.information.chained_log import append_entry, broken_lines
from oais.information.findings import Finding, finding

_LONGEST = 64 << 20


def append_audit(root: Path, entry: Mapping[str, Any]) -> None:
    """Add a line and make it durable; raises OSError. Two auditors at once write one after the other."""
    path = root / AUDITS
    path.parent.mkdir(exist_ok=True)
    append_entry(path, entry)


def check_audit_log(root: Path) -> Iterator[Finding]:
    """Yield a finding for every line of the log that is not as it was written, or was cut out."""
    try:
        with open(open_regular(root / AUDITS), "rb") as stream:
            data = stream.read(_LONGEST)
    except FileNotFoundError:
        return
    except OSError as error:
        yield finding("AIP-004", AUDITS, f"{AUDITS} cannot be read: {error.strerror}")
        return
    for number in broken_lines(data.splitlines()):
        message = f"line {number} of {AUDITS} is not as it was written, or does not follow the one before"
        yield finding("AIP-011", AUDITS, message)
    if data and not data.endswith(b"\n"):
        yield finding("AIP-011", AUDITS, f"the last line of {AUDITS} is cut short")
