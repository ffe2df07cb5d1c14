"""A light curve drawn with braille dots, so that a terminal can show one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a braille cell (U+2800 …): four rows of two columns."""


def draw_curve(across: ArrayLike, up: ArrayLike, *, columns: int = 72, rows: int = 10) -> list[str]:
    """Return the lines of a picture ``columns`` × ``rows`` characters large, with the ranges beside it.

    Points that are no numbers are left out.
    The range drawn is the central 99 % of y, so that one outlier does not flatten the rest.
    """
    x, y = np.asarray(across, np.float64), np.asarray(up, np.float64)
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return ["(no point is a number)"]
    x, y = x[known], y[known]
    low, high = np.percentile(y, (0.5, 99.5))
    across = _scaled(x, x.min(), x.max(), 2 * columns - 1)
    down = _scaled(-np.clip(y, low, high), -high, -low, 4 * rows - 1)
    cells = np.zeros((rows, columns), dtype=np.uint32)
    bits = np.array(_DOTS, dtype=np.uint32)[down % 4, across % 2]
    np.bitwise_or.at(cells, (down // 4, across // 2), bits)
    lines = ["".join(chr(0x2800 + int(cell)) for cell in row) for row in cells]
    return _framed(lines, (f"{low:.6g}", f"{high:.6g}"), (f"{x.min():.6g}", f"{x.max():.6g}"))


def _framed(lines: list[str], y_range: tuple[str, str], x_range: tuple[str, str]) -> list[str]:
    """Put the ranges of y to the left of the picture and those of x below it."""
    margin = max(map(len, y_range))
    labels = [y_range[1], *[""] * (len(lines) - 2), y_range[0]]
    framed = [f"{label:>{margin}} ┤{line}" for label, line in zip(labels, lines, strict=True)]
    gap = len(lines[0]) - len(x_range[0]) - len(x_range[1])
    return [*framed, f"{'':{margin}}  {x_range[0]}{' ' * max(gap, 1)}{x_range[1]}"]


def _scaled(values: NDArray[np.float64], low: float, high: float, steps: int) -> NDArray[np.int64]:
    span = high - low
    if not span > 0:
        return np.zeros(values.shape, dtype=np.int64)
    return np.clip(np.rint((values - low) / span * steps), 0, steps).astype(np.int64)
