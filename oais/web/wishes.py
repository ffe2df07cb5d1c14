"""What is wanted drawn, in an address and back; and the steps that lead from one drawing to the next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from oais.errors import WrongUsageError
from oais.functions.access.looking import MOST_COLUMNS
from oais.functions.access.views.looks import LookView, Wish
from oais.information.representation.drawings import Series
from oais.information.representation.drawn_images import STRETCHES
from oais.information.representation.kinds import KINDS
from oais.information.representation.spectra import Spectrogram
from oais.information.text import printable
from oais.web.time_axis import utc_text

SCALES: Final = ("linear", "log")
"""The scales of the axis and of the colours of a spectrogram, where they are not left to the numbers."""

_CLOSER: Final = 0.25
"""Share of what is shown by which one step goes closer, at each side."""

_COLUMNS: Final = ("y", *(f"y{number}" for number in range(2, MOST_COLUMNS + 1)))
"""The parameters that name columns: each is given once, as all parameters of the site are."""

Steps = tuple[tuple[str, str], ...]


def wished(told: Mapping[str, str]) -> Wish:
    """Return the wish that the query of an address tells; empty fields are no wishes. WrongUsageError."""
    kind, stretch = told.get("plot", ""), told.get("stretch") or "linear"
    if kind and kind not in KINDS:
        raise WrongUsageError(f"the plot is {printable(kind)!r}, expected {', '.join(sorted(KINDS))}")
    if stretch not in STRETCHES:
        raise WrongUsageError(f"the stretch is {printable(stretch)!r}, expected {', '.join(STRETCHES)}")
    return Wish(
        kind=kind,
        unit=_whole("unit", told),
        x=told.get("x", ""),
        y=tuple(dict.fromkeys(told[name] for name in _COLUMNS if told.get(name))),
        start=told.get("start", "").strip(),
        end=told.get("end", "").strip(),
        span=told.get("span", ""),
        period=_number("period", told),
        epoch=_number("epoch", told) or 0.0,
        stretch=stretch,
        plane=_whole("plane", told) or 0,
        bins=_whole("bins", told),
        at=told.get("at", "").strip(),
        axis=_scale("axis", told),
        colours=_scale("colours", told),
    )


def _scale(name: str, told: Mapping[str, str]) -> str:
    scale = told.get(name, "")
    if scale and scale not in SCALES:
        raise WrongUsageError(f"{name} is {printable(scale)!r}, expected {' or '.join(SCALES)}")
    return scale


def _whole(name: str, told: Mapping[str, str]) -> int | None:
    text = told.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise WrongUsageError(f"{name} is {printable(text)!r}, expected a whole number")
    return int(text)


def _number(name: str, told: Mapping[str, str]) -> float | None:
    text = told.get(name, "").strip()
    try:
        number = float(text) if text else None
    except ValueError:
        number = math.nan
    if number is not None and not math.isfinite(number):
        raise WrongUsageError(f"{name} is {printable(text)!r}, expected a number")
    return number


def query_of(wish: Wish, *, flagged: bool = False, **changes: object) -> str:
    """Return the query of an address that tells a wish, with changes; what nobody wished is left out."""
    told: dict[str, object] = {
        "plot": wish.kind,
        "unit": wish.unit,
        "x": wish.x,
        **dict(zip(_COLUMNS, wish.y, strict=False)),
        "start": wish.start,
        "end": wish.end,
        "span": wish.span,
        "period": wish.period,
        "epoch": wish.epoch or "",
        "stretch": wish.stretch if wish.stretch != "linear" else "",
        "plane": wish.plane or "",
        "bins": wish.bins,
        "at": wish.at,
        "axis": wish.axis,
        "colours": wish.colours,
        "flagged": "1" if flagged else "",
    }
    kept = {name: value for name, value in (told | changes).items() if value not in (None, "")}
    return urlencode(kept)


def steps_of(view: LookView, *, flagged: bool) -> Steps:
    """Return the names and queries of the steps along and into a series; none for what is folded."""
    ends = _shown(view)
    if ends is None:
        return ()
    low, high = ends
    size = high - low
    moves = (
        ("Earlier", low - size, low),
        ("Closer", low + size * _CLOSER, high - size * _CLOSER),
        ("Wider", low - size / 2, high + size / 2),
        ("Later", high, high + size),
    )
    write = utc_text if _is_utc(view) else repr
    found = []
    for name, start, end in moves:
        told = (write(start), write(end))
        if all(told) and told[0] != told[1]:
            query = query_of(view.wish, flagged=flagged, start=told[0], end=told[1], span="")
            found.append((name, query))
    return (*found, ("Whole", query_of(view.wish, flagged=flagged, start="", end="", span="")))


def _is_utc(view: LookView) -> bool:
    if isinstance(view.drawn, Spectrogram):
        return bool(view.drawn.mjd_range)
    return isinstance(view.drawn, Series) and any(track.mjd for track in view.drawn.tracks)


def _shown(view: LookView) -> tuple[float, float] | None:
    """Return the ends of what a series or a spectrogram shows, as numbers of its axis."""
    if isinstance(view.drawn, Spectrogram):
        low, high = view.drawn.mjd_range or view.drawn.x_range
        return low, high
    if not isinstance(view.drawn, Series) or view.wish.period is not None:
        return None
    utc = _is_utc(view)
    across = [value for track in view.drawn.tracks for value in (track.mjd if utc else track.x)]
    return (min(across), max(across)) if across and max(across) > min(across) else None
