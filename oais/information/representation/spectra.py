"""The numbers behind spectrograms, read by limited processes: the parent's side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oais.information.representation.drawings import Floats, NamedUnit, Wanted, asked_drawing
from oais.information.representation.reading import Ask, ask_reader

Maybe = tuple[float | None, ...]
"""Numbers, None where there is no value."""


@dataclass(frozen=True, slots=True)
class Spectrogram:
    """Means of a column ``y`` in equal pieces of the times ``x_range``, and in channels of its ``axis``.

    ``means`` has a row for each channel between two ``edges``, upwards, and a cell for each piece of time.
    ``channels`` are the middles of the channels of the file, which may be more than are drawn, each with its
    mean and the number of its values, and its label where the file tells no numbers of it; an axis without a
    name counts them. Where ``axis_varies`` it is that of the first record, and ``away`` values of others lie
    outside of it. ``low`` and ``high`` are the ends of the colours, which are ``logarithmic`` or not;
    ``not_positive`` means have no logarithm. ``cut`` is the mean of the records from and to ``cut_range``,
    those of the piece of time that lies nearest to the moment asked for; empty when none was. Where
    ``cut_missed`` no record lies at that moment.
    """

    unit: int
    unit_name: str
    x: NamedUnit
    scale: str
    y: NamedUnit
    axis: NamedUnit
    axis_varies: bool
    axis_logarithmic: bool
    labels: tuple[str, ...]
    x_range: tuple[float, float]
    mjd_range: Floats
    edges: Floats
    means: tuple[Maybe, ...]
    logarithmic: bool
    low: float | None
    high: float | None
    channels: Floats
    channel_means: Maybe
    channel_counts: tuple[int, ...]
    counted: int
    missing: int
    not_positive: int
    away: int
    cut_range: Floats
    cut_mjd_range: Floats
    cut: Maybe
    cut_missed: bool
    total: int
    read: int
    within: int
    whole: bool
    in_order: bool


def read_spectrogram(
    path: Path,
    unit: int | None = None,
    y: str = "",
    wanted: Wanted | None = None,
    bins: int = 240,
    at: str | float | None = None,
    scales: tuple[str, str] = ("", ""),
    ask: Ask = ask_reader,
) -> Spectrogram:
    """Read means of a vector over time and its axis, with its distribution ``at`` a moment.

    ``scales`` of axis and colours are linear, log, or empty for what suits the numbers. Raises NotShownError.
    """
    more = {"y": y, "bins": bins, "at": at, "axis": scales[0], "colours": scales[1]}
    return Spectrogram(**asked_drawing(ask, path, unit, "spectrogram", wanted, **more))
