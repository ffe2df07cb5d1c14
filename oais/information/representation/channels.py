"""The channels of a spectrogram: where they lie on its axis, and records that have another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.decimation import Floats
from oais.information.representation.vectors import Axis, Vectors

MOST_CHANNELS: Final = 128
"""Channels that are drawn: those of a finer axis are averaged side by side."""

WIDE: Final = 10**1.5
"""Positive numbers that span this factor are shown by their logarithm."""

_CLOSE: Final = 1e-6

Whole = NDArray[np.int64]


def channel_middles(vectors: Vectors, name: str, axis: Axis, size: int) -> Floats:
    """Return where the channels lie, those of the first record where the axis changes in time."""
    found = axis.values
    if found is None:
        for _, _, axes in vectors.rows(name):
            if axes is not None:
                known = np.flatnonzero(np.isfinite(axes).sum(axis=1) > 1)
                if len(known):
                    found = axes[known[0]]
                    break
    if found is None or len(np.unique(found[np.isfinite(found)])) < 2:
        told = "no value" if found is None else "fewer than two different values"
        raise ValueError(f"the axis {axis.name or name} of {name} has {told}, expected {size}")
    return found


def suits(values: Floats, wished: str, told: str) -> bool:
    """Tell whether an axis follows its logarithm: as it is wished, told by the file, or by its numbers.

    Raises ValueError where it is wished and there is none.
    """
    finite = values[np.isfinite(values)]
    positive = len(finite) > 0 and bool((finite > 0).all())
    if wished == "log" and not positive:
        raise ValueError("the axis has values that are not above 0, so that it has no logarithm")
    if wished:
        return wished == "log"
    return positive and (told == "log" or float(finite.max() / finite.min()) > WIDE)


def channel_edges(centres: Floats, *, logarithmic: bool) -> Floats:
    """Return the borders halfway between channels, and as far beyond the first and the last."""
    with np.errstate(over="ignore", invalid="ignore"):  # what cannot be drawn is told by ``drawn_edges``
        places = np.log10(centres) if logarithmic else centres
        middle = (places[1:] + places[:-1]) / 2
        borders = np.concatenate([[2 * places[0] - middle[0]], middle, [2 * places[-1] - middle[-1]]])
        return np.asarray(10**borders if logarithmic else borders)


def drawn_edges(centres: Floats, *, logarithmic: bool) -> Floats:
    """Return the borders of the channels of a grid, upwards; raises ValueError where floats have none."""
    edges = channel_edges(centres, logarithmic=logarithmic)
    if not np.isfinite(edges[-1] - edges[0]):
        reach = f"from {centres[0]:g} to {centres[-1]:g}"
        raise ValueError(f"the axis reaches {reach}, expected values between -1e307 and 1e307")
    return edges


def resampled(
    values: Floats, axes: Floats | None, centres: Floats, order: Whole, edges: Floats
) -> tuple[Floats, int]:
    """Return values by the channels of the grid, and how many lie outside of it.

    Of a record with another axis each channel is given the value whose own channel its middle lies in.
    """
    plain = values[:, order]
    if axes is None or not len(values):
        return plain, 0
    with np.errstate(invalid="ignore"):
        same = np.isclose(axes, centres, rtol=_CLOSE, atol=0.0, equal_nan=True).all(axis=1)
    away = 0
    for rows, one in _alike(axes, np.flatnonzero(~same)):
        places, outside = _places(one, centres[order], edges)
        held = values[np.ix_(rows, np.maximum(places, 0))]
        held[:, places < 0] = np.nan
        plain[rows] = held
        away += int(np.isfinite(values[np.ix_(rows, outside)]).sum())
    return plain, away


def _alike(axes: Floats, rows: Whole) -> Iterator[tuple[Whole, Floats]]:
    """Yield rows that have the same axis, with it."""
    if not len(rows):
        return
    distinct, which = np.unique(axes[rows], axis=0, return_inverse=True)
    which = which.ravel()
    order = np.argsort(which, kind="stable")
    ends = np.searchsorted(which[order], np.arange(len(distinct) + 1))
    for number, axis in enumerate(distinct):
        yield rows[order[ends[number] : ends[number + 1]]], axis


def _places(axis: Floats, centres: Floats, edges: Floats) -> tuple[Whole, Whole]:
    """Return the component of another axis in which each channel lies, -1 for none; and those outside."""
    known = np.flatnonzero(np.isfinite(axis))
    order = known[np.argsort(axis[known], kind="stable")]
    if len(order) < 2:
        return np.full(len(centres), -1), np.arange(len(axis))
    logarithmic = bool((axis[order] > 0).all()) and bool((centres > 0).all())
    own = channel_edges(axis[order], logarithmic=logarithmic)
    place = np.searchsorted(own, centres, side="right") - 1
    inside = (place >= 0) & (place < len(order))
    found = np.where(inside, order[np.clip(place, 0, len(order) - 1)], -1)
    outside = order[(axis[order] < edges[0]) | (axis[order] > edges[-1])]
    return found, outside


def merged(means: Floats) -> Floats:
    """Return means of channels side by side, where there are more than are drawn."""
    together = -(-means.shape[1] // MOST_CHANNELS)
    if together == 1:
        return means
    starts = np.arange(0, means.shape[1], together)
    good = np.isfinite(means)
    sums = np.add.reduceat(np.where(good, means, 0.0), starts, axis=1)
    with np.errstate(all="ignore"):
        return np.asarray(sums / np.add.reduceat(good.astype(np.float64), starts, axis=1))
