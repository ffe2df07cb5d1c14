"""Tile-compressed images, by astropy: it alone knows all their compression methods (FITS 4.0 §10)."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MOST_PIXELS = 64_000_000


def compressed_image(stream: BinaryIO, number: int) -> NDArray[np.float64]:
    """Return the first plane of the tile-compressed image in HDU ``number`` as float64.

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
    plane = np.asarray(data, dtype=np.float64)
    while plane.ndim > 2:
        plane = plane[0]
    return np.atleast_2d(plane)
