"""What somebody wants drawn of a product, and which rows that means."""

from __future__ import annotations

import math
from dataclasses import dataclass

from oais.errors import WrongUsageError
from oais.information.representation.drawings import EVERYWHERE, Wanted
from oais.information.representation.intervals import parse_interval
from oais.information.text import printable


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants drawn; whatever is empty or None is chosen by what the product holds.

    ``kind`` is one of ``kinds.KINDS``; ``unit`` the HDU. ``start`` and ``end`` are UTC or numbers of the
    column ``x``; with ``span`` (1h, 6h or 24h) the whole one is shown in which ``start`` lies. ``period`` and
    ``epoch``, in the numbers of ``x``, fold a series. ``at`` is the moment whose distribution is drawn below
    a spectrogram; ``axis`` and ``colours`` are its scales, linear or log.
    """

    kind: str = ""
    unit: int | None = None
    x: str = ""
    y: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    span: str = ""
    period: float | None = None
    epoch: float = 0.0
    stretch: str = "linear"
    plane: int = 0
    bins: int | None = None
    at: str = ""
    axis: str = ""
    colours: str = ""


def wanted_of(wish: Wish) -> Wanted:
    """Return which rows a wish means: its ends are both numbers, or both UTC; raises WrongUsageError."""
    ends = [_number(text) for text in (wish.start, wish.end)]
    if any(end is not None for end in ends):
        if any(text and end is None for text, end in zip((wish.start, wish.end), ends, strict=True)):
            raise WrongUsageError(
                f"{printable(wish.start)} to {printable(wish.end)} mixes a number and a time",
                remedy="write both ends as numbers, or both as UTC",
            )
        if None not in ends and wish.end and float(wish.end) <= float(wish.start):
            raise WrongUsageError(f"{printable(wish.start)} to {printable(wish.end)} ends before it begins")
        return Wanted(low=ends[0], high=ends[1])
    return Wanted(parse_interval(wish.start, wish.end) or EVERYWHERE)


def moment_wanted(wish: Wish) -> str | float | None:
    """Return the moment of a wish: a number of the column, or UTC; raises WrongUsageError."""
    if not wish.at:
        return None
    number = _number(wish.at)
    if number is not None:
        return number
    found = parse_interval(wish.at, "")
    return found.start if found else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
