"""Positions as people write them: degrees or sexagesimal, hours for a right ascension."""

from __future__ import annotations

import re
from typing import Final

from oais.errors import WrongUsageError
from oais.information.text import printable

_NUMBER: Final = r"\d+(?:\.\d*)?|\.\d+"
_DEGREES: Final = re.compile(rf"([+-]?)({_NUMBER})\s*(?:d|deg|°)?", re.IGNORECASE)
_SEXAGESIMAL: Final = re.compile(
    rf"([+-]?)(\d+)\s*([hd°:\s])\s*(\d+)\s*[m'′:\s]\s*(?:({_NUMBER})\s*[s\"″]?)?", re.IGNORECASE
)
_LONGEST: Final = 40


def parse_ra(text: str) -> float:
    """Return a right ascension in degrees, given so (``83.63``) or in hours (``05:34:31.9``, ``5h34m31.9s``).

    What is sexagesimal is hours, unless its first unit is written as degrees (``83d38m``).
    Raises WrongUsageError naming what was found.
    """
    degrees = _parsed(text, 15.0)
    if degrees is None or not 0 <= degrees <= 360:
        raise WrongUsageError(
            f"{printable(text)!r} is not a right ascension; expected 0 to 360 degrees or hours, "
            "such as 83.63 or 05:34:31.9"
        )
    return degrees


def parse_dec(text: str) -> float:
    """Return a declination in degrees, given so (``-60.9``) or sexagesimal (``+22:00:52``, ``-60d54m``).

    Raises WrongUsageError naming what was found.
    """
    degrees = None if re.search("h", text, re.IGNORECASE) else _parsed(text, 1.0)
    if degrees is None or not -90 <= degrees <= 90:
        raise WrongUsageError(
            f"{printable(text)!r} is not a declination; expected -90 to 90 degrees, "
            "such as -60.9 or +22:00:52"
        )
    return degrees


def _parsed(text: str, unit: float) -> float | None:
    """Return an angle in degrees; ``unit`` is how many a sexagesimal one of no named unit counts in."""
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    if len(plain) > _LONGEST:
        return None
    if found := _DEGREES.fullmatch(plain):
        return _signed(found[1], float(found[2]))
    found = _SEXAGESIMAL.fullmatch(plain)
    if not found:
        return None
    minutes, seconds = int(found[4]), float(found[5] or 0)
    if minutes >= 60 or seconds >= 60:
        return None
    unit = {"h": 15.0, "d": 1.0, "°": 1.0}.get(found[3].lower(), unit)
    return _signed(found[1], (int(found[2]) + minutes / 60 + seconds / 3600) * unit)


def _signed(sign: str, size: float) -> float:
    return -size if sign == "-" else size
