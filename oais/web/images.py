"""Images as PNG: a sober colour scale over 8-bit grey, the first row of the detector at the bottom."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from oais.information.representation.reading import GreyImage

_SMALLEST_SIDE = 420
_STOPS = (0.0, 64.0, 128.0, 191.0, 255.0)
_COLOURS = ((9, 12, 28), (38, 46, 108), (136, 74, 124), (228, 134, 92), (255, 244, 214))


def shade(share: float) -> str:
    """Return the colour of a share of the scale, from 0 for dark to 1 for light, as SVG writes it."""
    bands = (np.interp(share * 255.0, _STOPS, [colour[band] for colour in _COLOURS]) for band in range(3))
    return "#" + "".join(f"{round(float(band)):02x}" for band in bands)


def image_png(image: GreyImage) -> bytes:
    """Return a PNG of an image; a small one is enlarged by whole pixels, so that they can be seen."""
    grey = np.frombuffer(image.grey, np.uint8).reshape(image.height, image.width)
    shades = np.arange(256.0)
    scale = np.stack(
        [np.interp(shades, _STOPS, [colour[band] for colour in _COLOURS]) for band in range(3)], axis=1
    ).astype(np.uint8)
    picture = Image.fromarray(scale[np.flipud(grey)])
    factor = _SMALLEST_SIDE // max(picture.size)
    if factor > 1:
        size = (picture.width * factor, picture.height * factor)
        picture = picture.resize(size, Image.Resampling.NEAREST)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
