"""Conditions on what missions say of their data: a named value compared with a number or a text."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from oais.errors import WrongUsageError
from oais.information.text import printable

MOST_CONDITIONS: Final = 20
LONGEST_CONDITION: Final = 256

_GAPS: Final = re.compile(r"[\W_]+")
_WRITTEN: Final = re.compile(r"\s*([^<>=!]+?)\s*(<=|>=|!=|<|>|=)\s*([^<>=!]+?)\s*")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a value must be: its ``name`` as it is compared, how it is compared, and with what.

    ``number`` is None where a text is asked for, which is ``=`` or ``!=`` alone.
    """

    name: str
    sign: str
    text: str
    number: float | None = None


def parse_conditions(text: str) -> tuple[Condition, ...]:
    """Read conditions parted by semicolons, ``cdpp_2_5_hours < 50; Flat field = skipped``.

    Names and texts are the same in any case, and names also with ``_`` or without spaces. Raises
    WrongUsageError naming what was found.
    """
    parts = [part for part in text.split(";") if part.strip()]
    if len(parts) > MOST_CONDITIONS:
        raise WrongUsageError(f"{len(parts)} conditions were given; at most {MOST_CONDITIONS} can be")
    return tuple(map(_parse, parts))


def _parse(text: str) -> Condition:
    written = _WRITTEN.fullmatch(text) if len(text) <= LONGEST_CONDITION else None
    if written is None:
        raise WrongUsageError(
            f"{printable(text.strip(), 80)!r} is not a condition; expected a name, one of < <= = != >= >, "
            "and a number or a text, such as calib_level >= 2"
        )
    name, sign, value = written.groups()
    number = number_of(value)
    if number is None and sign not in ("=", "!="):
        raise WrongUsageError(
            f"{printable(value, 80)!r} is no number, and {printable(name, 80)} {sign} asks for one",
            remedy="write a number, or = or != before a text",
        )
    return Condition(value_name(name), sign, value_text(value), number)


def value_name(name: str) -> str:
    """Return the name of a value as it is compared."""
    return _GAPS.sub("", name.casefold())


def value_text(text: str) -> str:
    """Return a text as it is compared."""
    return " ".join(text.split()).casefold()


def number_of(text: str) -> float | None:
    """Return the number that a text writes, None for another text."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
