"""The answers of Sesame, the name resolver of CDS, and of services that speak as it does: XML or text.

The XML has a ``Resolver`` for each of the services behind it, with ``jradeg`` and ``jdedeg`` where that one
knows the name. In the text such a line begins with ``%J``, and all else with ``#`` or ``%``.
"""

from __future__ import annotations

import math
from typing import Final

from oais.information.xml import XmlLimits, XmlRefusedError, parse_xml

_LIMITS: Final = XmlLimits(size=1 << 16, depth=8, attributes=16, elements=2_000, namespaces=8)
_MARKS: Final = (b"#", b"%")


def position_in(answer: bytes) -> tuple[float, float] | None:
    """Return right ascension and declination (ICRS degrees) that an answer gives, None when it gives none.

    Raises ValueError for what is no such answer.
    """
    text = answer.strip()
    return _in_xml(text) if text.startswith(b"<") else _in_text(text)


def _in_xml(text: bytes) -> tuple[float, float] | None:
    try:
        root = parse_xml(text, _LIMITS)
    except XmlRefusedError as error:
        raise ValueError(error.message) from error
    if root.tag != "Sesame":
        raise ValueError("its XML is not of Sesame")
    for resolver in root.iterfind("Target/Resolver"):
        ra, dec = resolver.findtext("jradeg"), resolver.findtext("jdedeg")
        if ra is not None or dec is not None:
            return _position(ra or "", dec or "")
    return None


def _in_text(text: bytes) -> tuple[float, float] | None:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or not all(line.startswith(_MARKS) for line in lines):
        raise ValueError("it is neither Sesame's XML nor its text")
    for line in lines:
        if line.startswith(b"%J "):
            _, ra, dec, *_ = (*line.decode("utf-8", "replace").split(), "", "")
            return _position(ra, dec)
    return None


def _position(ra: str, dec: str) -> tuple[float, float]:
    found = float(ra), float(dec)
    if not (all(map(math.isfinite, found)) and 0 <= found[0] <= 360 and -90 <= found[1] <= 90):
        raise ValueError("its position is not on the sky")
    return found
