"""Tile-compressed images, by astropy: it alone knows all their compression methods (FITS 4.0 §10)."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MOST_PIXELS = 64_000_000


def compressed_image(stream: BinaryIO, number: int, plane: int = 0) -> NDArray[np.float64]:
    """Return one plane of the tile-compressed image in HDU ``number`` as float64.

    ``stream`` is an open file, never a name: astropy fetches what looks like a URL. Raises ValueError
    for an image of too many pixels, and whatever astropy raises for a damaged one.
    """
    from astropy.io import fits

    stream.seek(0)
    with fits.open(stream, memmap=False, lazy_load_hdus=True) as hdus:
        shape = hdus[number].shape
        if int(np.prod(shape, dtype=object)) > MOST_PIXELS:
            raise ValueError(f"the image has {shape} pixels, at most {MOST_PIXELS} are shown")
        data: Any = hdus[number].data
    pixels = np.atleast_2d(np.asarray(data, dtype=np.float64))
    chosen: NDArray[np.float64] = pixels.reshape(-1, *pixels.shape[-2:])[plane]
    return chosen
