"""Circles on the sky by unit vectors, which know no poles and no seam at right ascension 0 = 360."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from search_index.query import Cone

Floats = npt.NDArray[np.float64]

ROUNDING: Final = 1e-9
"""Widens boxes (no unit) and rims (degrees, 4 microarcseconds) so that rounding loses nobody on the rim."""


_DOUBT: Final = 1e-9
"""Degrees on both sides of a rim where squared lengths do not tell."""

_DOUBT_OF_SQUARES: Final = 1e-14
"""The same of squared lengths themselves: near 180 degrees they hardly grow any more."""


def unit_vector(ra: float, dec: float) -> tuple[float, float, float]:
    """Return the unit vector of a direction in degrees."""
    longitude, latitude = math.radians(ra), math.radians(dec)
    across = math.cos(latitude)
    return across * math.cos(longitude), across * math.sin(longitude), math.sin(latitude)


def is_direction(ra: float | None, dec: float | None) -> bool:
    """Return whether both angles are known and lie on the sky."""
    if ra is None or dec is None:
        return False
    return math.isfinite(ra) and -90.0 <= dec <= 90.0


def box(cone: Cone) -> tuple[tuple[float, float], ...]:
    """Return lowest and highest x, y and z of any direction inside the cone."""
    radius = math.radians(cone.radius)
    bounds = []
    for component in unit_vector(cone.ra, cone.dec):
        angle = math.acos(max(-1.0, min(1.0, component)))
        highest = math.cos(max(angle - radius, 0.0)) + ROUNDING
        lowest = math.cos(min(angle + radius, math.pi)) - ROUNDING
        bounds.append((lowest, highest))
    return tuple(bounds)


def rim(cone: Cone) -> tuple[float, float]:
    """Return two squared lengths between unit vectors: up to the first from its centre all is in the cone.

    Beyond the second nothing is; between them the angle has to tell.
    """
    rims = (min(max(cone.radius + ROUNDING + doubt, 0.0), 180.0) for doubt in (-_DOUBT, _DOUBT))
    near, far = (4.0 * math.sin(math.radians(each) / 2.0) ** 2 for each in rims)
    return near - _DOUBT_OF_SQUARES, far + _DOUBT_OF_SQUARES


def distances(cone: Cone, vectors: Floats) -> Floats:
    """Return the distance of each row (x, y, z) from the cone's centre, in degrees.

    Kahan's form keeps its precision at 0 and at 180 degrees, where the arc cosine loses half its digits.
    """
    # Component by component: sums along rows of three take most of the time.
    pairs = list(zip(vectors.T, unit_vector(cone.ra, cone.dec), strict=True))
    apart, together = _length([row - at for row, at in pairs]), _length([row + at for row, at in pairs])
    return np.asarray(np.degrees(2.0 * np.arctan2(apart, together)), dtype=np.float64)


def _length(components: list[Floats]) -> Floats:
    x, y, z = components
    return np.asarray(np.sqrt(x * x + y * y + z * z), dtype=np.float64)


def inside_box(cone: Cone, vectors: Floats) -> npt.NDArray[np.bool_]:
    """Return which rows (x, y, z) lie in the box around a cone: all that the cone has, and others."""
    within = np.ones(len(vectors), dtype=np.bool_)
    for row, (lowest, highest) in zip(vectors.T, box(cone), strict=True):
        within &= (row >= lowest) & (row <= highest)
    return within


def inside(cone: Cone, apart: Floats) -> npt.NDArray[np.bool_]:
    """Return which distances lie within the cone, its rim included."""
    return np.asarray(apart <= cone.radius + ROUNDING, dtype=np.bool_)
