"""Drawings made pictures inside the limited child, with a font that came with the software."""

from __future__ import annotations

import base64
import math
import re
from pathlib import Path
from typing import Final

import font_source_sans_pro
import resvg_py

from oais.information.representation.picturing import LONGEST_SIDE, MOST_PIXELS

_ENLARGED: Final = 2.0
_UNTOLD: Final = 960.0
"""Side of a drawing that does not tell its size, in its own units."""

_FONT: Final = Path(font_source_sans_pro.__file__).parent / "files" / "SourceSansPro-Regular.ttf"
_GROUND: Final = "#ffffff"


def rasterise(drawing: str) -> str:
    """Return a PNG of an SVG in base64, twice its size as far as that stays within bounds.

    Raises ValueError for what cannot be drawn.
    """
    wide, tall = _size(drawing)
    scale = min(_ENLARGED, math.sqrt(MOST_PIXELS / (wide * tall)), LONGEST_SIDE / max(wide, tall))
    made = resvg_py.svg_to_bytes(
        svg_string=drawing,
        background=_GROUND,
        width=max(1, math.floor(wide * scale)),
        skip_system_fonts=True,
        font_files=[str(_FONT)],
        font_family="Source Sans Pro",
        sans_serif_family="Source Sans Pro",
    )
    return base64.b64encode(made).decode("ascii")


def _size(drawing: str) -> tuple[float, float]:
    """Return width and height of a drawing in its own units."""
    found = re.search(r'viewBox="\S+ \S+ ([0-9.]+) ([0-9.]+)"', drawing)
    return (float(found[1]), max(float(found[2]), 1.0)) if found else (_UNTOLD, _UNTOLD)
