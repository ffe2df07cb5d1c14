"""An image with what belongs around it, as SVG: pixels along its edges, the grid of the sky, a colour bar.

The picture itself is named by its address, so the drawing is for a page and not for itself alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

import numpy as np

from oais.information.representation.drawn_images import STRETCHES
from oais.information.representation.reading import GreyImage, GridAxis
from oais.web.captions import SCALE, Captions
from oais.web.images import shade
from oais.web.plots import (
    TOP,
    WIDTH,
    Frame,
    across_axis,
    axis_names,
    number_ticks,
    svg,
    up_axis,
    words,
)

_LEFT: Final = 92.0
_RIGHT: Final = 170.0
_BELOW: Final = 54.0
_HIGHEST: Final = 760.0
_LOWEST: Final = 60.0
_SHADES: Final = 48
_VALUES: Final = 6


def image_svg(image: GreyImage, address: str, *, title: str, told: str, words_of: Captions) -> str:
    """Draw an image whose picture lies at ``address`` with its axes, grid and colour bar."""
    frame = _frame(image)
    ranges = ((frame.x_low, frame.x_high), (frame.y_low, frame.y_high))
    parts = [
        *across_axis(frame, number_ticks(*ranges[0], 6)),
        *up_axis(frame, number_ticks(*ranges[1], 6)),
        _picture(frame, address),
        *axis_names(frame, words_of.say("column (pixel)"), words_of.say("row (pixel)"), _BELOW - 10),
        *(line for axis in image.grid for line in _grid(frame, axis)),
        *_bar(frame, image, words_of),
    ]
    return svg(title, told, "".join(parts), frame.bottom + _BELOW)


def _frame(image: GreyImage) -> Frame:
    """Return the place of the image: as wide as there is room, in its own proportions within limits."""
    rows, columns = image.shape
    wide = WIDTH - _LEFT - _RIGHT
    high = wide * rows / max(columns, 1)
    if high > _HIGHEST:
        wide, high = max(_LOWEST, wide * _HIGHEST / high), _HIGHEST
    high = max(high, _LOWEST)
    # Pixels are counted from 1, and their middles are whole numbers (FITS 4.0 §8.1).
    return Frame(
        0.5, columns + 0.5, 0.5, rows + 0.5, top=TOP, bottom=TOP + high, left=_LEFT, right=_LEFT + wide
    )


def _picture(frame: Frame, address: str) -> str:
    return (
        f'<image href="{escape(address)}" x="{frame.left:g}" y="{frame.top:g}" '
        f'width="{frame.right - frame.left:g}" height="{frame.bottom - frame.top:g}" '
        'preserveAspectRatio="none"/>'
    )


def _grid(frame: Frame, axis: GridAxis) -> Iterator[str]:
    """Yield the lines of longitude or latitude, each with its value at its end."""
    wide, high = frame.right - frame.left, frame.bottom - frame.top
    unit = {"deg": "°", "arcsec": "″"}.get(axis.unit, "")
    texts = _texts([line.value for line in axis.lines])
    for line, text in zip(axis.lines, texts, strict=True):
        points = [(frame.left + x * wide, frame.bottom - y * high) for x, y in line.path]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        yield f'<path class="sky" d="M{path}" fill="none" stroke="#fff" stroke-opacity="0.55"/>'
        x, y = max(points, key=lambda point: point[1] - point[0])
        yield (
            f'<text class="on-sky" x="{x + 4:.1f}" y="{y - 4:.1f}" fill="#fff" stroke="#000" '
            f'stroke-opacity="0.6" stroke-width="3" paint-order="stroke">{text}{unit}</text>'
        )


def _texts(values: list[float]) -> list[str]:
    """Return values with as many decimals as tell them apart."""
    for decimals in range(8):
        texts = [f"{value:.{decimals}f}" for value in values]
        exact = all(abs(float(text) - value) < 1e-9 for text, value in zip(texts, values, strict=True))
        if exact:
            break
    return [text.replace("-", "−") for text in texts]


def _bar(frame: Frame, image: GreyImage, words_of: Captions) -> Iterator[str]:
    """Yield the bar of colours with the values that they stand for, on the scale of the stretch."""
    left, high = frame.right + 26, frame.bottom - frame.top
    for step in range(_SHADES):
        top = frame.bottom - (step + 1) / _SHADES * high
        colour = shade((step + 0.5) / _SHADES)
        place = f'x="{left:g}" y="{top:.1f}" width="18" height="{high / _SHADES + 0.4:.1f}"'
        yield f'<rect {place} fill="{colour}"/>'
    if image.high > image.low:
        yield from _bar_values(frame, image, left + 24)
    name = image.value_unit or words_of.say("value")
    scale = words_of.say(SCALE, name=name, stretch=words_of.say(image.stretch))
    turned = f'transform="translate({WIDTH - 14} {(frame.top + frame.bottom) / 2:g}) rotate(-90)"'
    yield words("ink", f'{turned} text-anchor="middle"', scale)


def _bar_values(frame: Frame, image: GreyImage, left: float) -> Iterator[str]:
    shares = np.linspace(0.0, 1.0, 1025)
    shown = STRETCHES[image.stretch](shares)
    for mark in np.linspace(0.0, 1.0, _VALUES):
        value = image.low + float(np.interp(mark, shown, shares)) * (image.high - image.low)
        at = frame.bottom - float(mark) * (frame.bottom - frame.top)
        text = f"{value:.5g}".replace("-", "−")
        yield words("tick", f'x="{left:g}" y="{at + 4.5:.1f}"', text)
