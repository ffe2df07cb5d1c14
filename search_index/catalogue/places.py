"""Directions of all products in the order of their height, so that many cones are measured soon."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from search_index.query import Cone
from search_index.sky import ROUNDING, Floats, box, distances, inside, unit_vector

MANY_CONES: Final = 50
"""Cones that are read from the disk one by one."""

_AIP, _Z = 0, 3


class Places:
    """The directions of packages: what lies in a cone is cut out of a zone and compared by its cosine."""

    def __init__(self, directions: Floats) -> None:
        """Take rows that begin with the row number of a package and x, y, z; equal ones are held once."""
        rows = directions[np.argsort(directions[:, _Z], kind="stable"), : _Z + 1]
        # Products of a package mostly look the same way: those stand together now.
        other = np.ones(len(rows), dtype=np.bool_)
        other[1:] = np.any(rows[1:] != rows[:-1], axis=1)
        self._rows: Final = np.asfortranarray(rows[other])

    def around(self, cone: Cone) -> tuple[Floats, Floats]:
        """Return the row numbers of the packages in a cone, once for each direction, and how far they are."""
        _, _, (low, high) = box(cone)
        heights = self._rows[:, _Z]
        zone = self._rows[np.searchsorted(heights, low) : np.searchsorted(heights, high, side="right")]
        _, x, y, z = zone.T
        at = unit_vector(cone.ra, cone.dec)
        # The cosine is no measure of small angles, but of which are far too large.
        together = x * at[0] + y * at[1] + z * at[2]
        near = zone[together >= math.cos(math.radians(cone.radius)) - ROUNDING]
        apart = distances(cone, near[:, 1:4])
        hit = inside(cone, apart)
        return near[hit, _AIP], apart[hit]
