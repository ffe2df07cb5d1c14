"""How the limited child and its parent speak: length-prefixed JSON, so that nothing sent can run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from sys import intern
from typing import Any

from oais.information.findings import Finding, Severity
from oais.information.packages import FormatIdentification, Inspection

LENGTH = 4
SPENT = "spent"
"""Key of an answer after which the child ends, because a file has used up its memory."""

WITH_PRONOM = "--with-pronom"
"""Argument of a child that is to load PRONOM before it takes its limits."""

NEEDS_PRONOM = "needs PRONOM"
"""Key of an answer that asks for a child that has loaded PRONOM: this one was started without."""

FOLDER = "oais-inspect-"
"""How the name of a child's own folder begins."""

EFFORT = "effort"
"""Key of a request: how many times the usual time for each byte it may take."""

MOST_FRAME = 256 << 20
"""Bytes of one message; a child that announces more is ended."""


def pack(message: object) -> bytes:
    """Return a message as it travels."""
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")
    return len(body).to_bytes(LENGTH, "big") + body


def unpack(body: bytes | bytearray) -> Any:
    """Return the message of one frame's body."""
    return json.loads(body)


def inspection_as_plain(inspection: Inspection) -> dict[str, Any]:
    """Return an inspection in plain values; its path stays with the one who asked."""
    identified = inspection.format
    return {
        "format": [
            identified.format_id,
            identified.name,
            identified.version,
            identified.media_type,
            identified.tool,
            identified.basis,
        ],
        "headers": list(inspection.headers),
        "structure": list(inspection.structure),
        "findings": [found.as_dict() for found in inspection.findings],
    }


def inspection_from_plain(path: str, plain: Mapping[str, Any]) -> Inspection:
    """Make the inspection of ``path`` out of plain values; raises KeyError or TypeError for others."""
    return Inspection(
        path=path,
        format=_identified(*plain["format"]),
        headers=tuple(plain["headers"]),
        structure=tuple(plain["structure"]),
        findings=tuple(_finding_from_plain(found) for found in plain["findings"]),
    )


@lru_cache(maxsize=256)
def _identified(*fields: str) -> FormatIdentification:
    """Make one value for all files that are identified alike: a delivery may hold thousands of them."""
    return FormatIdentification(*fields)


def _finding_from_plain(plain: Mapping[str, str]) -> Finding:
    shared = {key: intern(plain[key]) for key in ("code", "clause", "remedy")}  # alike in thousands of files
    return Finding(**{**plain, **shared, "severity": Severity(plain["severity"])})  # type: ignore[arg-type]
