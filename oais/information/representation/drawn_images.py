"""Images made small for pages, in the limited child: block means, a stretch, and a grid of the sky."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, Final

import numpy as np

from oais.information.representation.decimation import Floats
from oais.information.representation.fits_tables import (
    FoundHdu,
    Source,
    find_hdu,
    image_rows,
    open_source,
)

_LOG: Final = 1_000.0
_ASINH: Final = 10.0

STRETCHES: Final[Mapping[str, Callable[[Floats], Floats]]] = {
    "linear": lambda share: share,
    "log": lambda share: np.log1p(_LOG * share) / np.log1p(_LOG),
    "asinh": lambda share: np.arcsinh(_ASINH * share) / np.arcsinh(_ASINH),
}
"""How bright a value is shown, by its share of the way from the lowest shown to the highest."""


def image(
    stream: BinaryIO,
    unit: int | None,
    max_side: int,
    low: float,
    high: float,
    stretch: str = "linear",
    plane: int = 0,
    grid: bool = False,
) -> dict[str, Any]:
    """Return an image made small and stretched between two percentiles; row 0 is the first stored.

    Of a cube it is the plane with a number, counted from 0. Raises ValueError when there is none.
    """
    source = open_source(stream)
    found = find_hdu(source, unit, ("image", "compressed image"))
    compressed = found.cards.values.get("ZIMAGE") is True
    planes = _planes(found, compressed)
    if not 0 <= plane < planes:
        raise ValueError(f"there is no plane {plane}: the image has {planes}")
    shape, small = (_tiled if compressed else _plain)(source, found, max_side, plane)
    grey, lowest, highest = stretched(small, low, high, STRETCHES[stretch])
    return {
        "unit": found.number,
        "name": found.cards.text("EXTNAME"),
        "width": small.shape[1],
        "height": small.shape[0],
        "grey": base64.b64encode(grey).decode("ascii"),
        "shape": shape,
        "planes": planes,
        "low": lowest,
        "high": highest,
        "value_unit": found.cards.text("BUNIT"),
        "grid": _sky_grid(found.header, shape) if grid else [],
    }


def _sky_grid(header: bytes, shape: Sequence[int]) -> list[dict[str, Any]]:
    from oais.information.representation.sky_grid import sky_grid

    return sky_grid(header, shape[1], shape[0])


def _planes(found: FoundHdu, compressed: bool) -> int:
    prefix = "ZNAXIS" if compressed else "NAXIS"
    count = 1
    for axis in range(3, (found.cards.integer(prefix) or 2) + 1):
        count *= max(1, found.cards.integer(f"{prefix}{axis}") or 1)
    return count


def stretched(
    pixels: Floats, low_percent: float, high_percent: float, stretch: Callable[[Floats], Floats]
) -> tuple[bytes, float, float]:
    """Return 8-bit grey values between two percentiles, and the two values; NaN is black."""
    finite = pixels[np.isfinite(pixels)]
    if finite.size == 0:
        return bytes(pixels.size), 0.0, 0.0
    low, high = (float(value) for value in np.percentile(finite, [low_percent, high_percent]))
    with np.errstate(all="ignore"):
        scaled = (pixels - low) / (high - low) if high > low else np.where(pixels > low, 1.0, 0.5)
        grey = np.nan_to_num(stretch(np.clip(scaled, 0.0, 1.0)), nan=0.0) * 255.0
    grey[~np.isfinite(pixels)] = 0
    return grey.astype(np.uint8).tobytes(), low, high


def _tiled(source: Source, found: FoundHdu, max_side: int, number: int) -> tuple[list[int], Floats]:
    """Return shape and small copy of a tile-compressed image."""
    from oais.information.representation.compressed_images import compressed_image

    if source.plain is None:
        raise ValueError("a tile-compressed image inside gzip is not shown")
    plane = compressed_image(source.plain, found.number, number)
    return list(plane.shape), _blocks(plane, _step(plane.shape, max_side))


def _plain(source: Source, found: FoundHdu, max_side: int, number: int) -> tuple[list[int], Floats]:
    """Return shape and small copy of an image that is stored pixel by pixel."""
    shape = [found.cards.integer("NAXIS2") or 1, found.cards.integer("NAXIS1") or 0]
    step = _step(shape, max_side)
    source.skip(number * shape[0] * shape[1] * abs(found.cards.integer("BITPIX") or 8) // 8)
    parts = image_rows(source, found.cards, step)
    rows = [_blocks(part, step, tall=len(part)) for part in parts]
    if not rows:
        raise ValueError("the image has no whole row")
    return shape, np.concatenate(rows)


def _step(shape: Sequence[int], max_side: int) -> int:
    return max(1, -(-max(shape) // max(1, max_side)))


def _blocks(plane: Floats, step: int, tall: int = 0) -> Floats:
    """Return the mean of blocks of ``step`` columns and ``tall`` (or ``step``) rows, NaN left out."""
    tall = tall or step
    high, wide = -(-plane.shape[0] // tall) * tall, -(-plane.shape[1] // step) * step
    padding = ((0, high - plane.shape[0]), (0, wide - plane.shape[1]))
    blocks = np.pad(plane, padding, constant_values=np.nan)
    blocks = blocks.reshape(high // tall, tall, wide // step, step)
    good = np.isfinite(blocks)
    count = good.sum(axis=(1, 3))
    total = np.where(good, blocks, 0.0).sum(axis=(1, 3))
    with np.errstate(all="ignore"):
        mean: Floats = np.where(count > 0, total / count, np.nan)
    return mean
