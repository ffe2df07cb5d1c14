"""Cells of equal area on the sphere: HEALPix, numbered nested (Gorski et al. 2005, ApJ 622, 759).

Twelve faces, each parted into 4**order cells. All angles are degrees.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

FACES: Final = 12
FINEST: Final = 29
"""The highest order whose numbers fit into 64 bits."""

_ROW: Final = (2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4)
_COLUMN: Final = (1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7)
"""Where the southern corner of each face lies: rings from the north pole, eighths of a turn."""


def cells_at(order: int, ra: Floats, dec: Floats) -> Numbers:
    """Return the number of the cell in which each direction lies."""
    side = 1 << order
    height = np.sin(np.radians(dec))
    turn = np.mod(np.radians(ra), 2 * math.pi) / (math.pi / 2)  # quarters of a turn, in [0, 4)
    face, x, y = np.where(np.abs(height) <= 2 / 3, _belt(turn, height), _cap(turn, height, dec))
    along = np.clip(np.floor(np.stack((x, y)) * side).astype(np.int64), 0, side - 1)
    return np.asarray(face.astype(np.int64) * side * side + _woven(along[0]) + 2 * _woven(along[1]))


def cell_at(order: int, ra: float, dec: float) -> int:
    """Return the number of the cell in which one direction lies."""
    return int(cells_at(order, np.array([ra]), np.array([dec]))[0])


def _belt(turn: Floats, height: Floats) -> Floats:
    """Return face, x and y of directions between the caps, where the faces are squares that lean."""
    falling, rising = turn + 0.5 - height * 0.75, turn + 0.5 + height * 0.75
    down, up = np.floor(falling), np.floor(rising)
    middle = np.where(down == up, np.where(up == 4, 4, up + 4), 0.0)
    face = np.where(down == up, middle, np.where(down < up, down, up + 8))
    return np.stack((face, rising - up, 1 - (falling - down)))


def _cap(turn: Floats, height: Floats, dec: Floats) -> Floats:
    """Return face, x and y of directions near a pole, where the faces come together."""
    quarter = np.minimum(np.floor(turn), 3.0)
    # 1 - |sin| loses its digits at a pole; this form of it does not.
    out = math.sqrt(6) * np.sin(np.radians(90.0 - np.abs(dec)) / 2.0)
    left, right = (turn - quarter) * out, (1 - (turn - quarter)) * out
    north = height > 0
    x, y = np.where(north, 1 - right, left), np.where(north, 1 - left, right)
    return np.stack((quarter + np.where(north, 0, 8), x, y))


def _woven(values: Numbers) -> Numbers:
    """Spread the bits of numbers, so that those of another fit between them."""
    spread = values.astype(np.uint64)
    for shift, mask in (
        (32, 0x00000000FFFFFFFF),
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        spread = (spread | (spread << np.uint64(shift))) & np.uint64(mask)
    return spread.astype(np.int64)


def _taken_apart(cell: int) -> tuple[int, int]:
    """Return the two numbers whose bits are woven into one."""
    bits = range(FINEST)
    return (
        sum((cell >> 2 * bit & 1) << bit for bit in bits),
        sum((cell >> 2 * bit + 1 & 1) << bit for bit in bits),
    )


def outline(order: int, cell: int, steps: int = 4) -> list[tuple[float, float]]:
    """Return positions along the edges of a cell, ``steps`` on each, from its southern corner eastwards."""
    side = 1 << order
    face, within = divmod(cell, side * side)
    x, y = _taken_apart(within)
    shares = [step / steps for step in range(steps)]
    edges = [
        *((share, 0.0) for share in shares),
        *((1.0, share) for share in shares),
        *((1.0 - share, 1.0) for share in shares),
        *((0.0, 1.0 - share) for share in shares),
    ]
    return [_direction(face, (x + right) / side, (y + up) / side) for right, up in edges]


def middle(order: int, cell: int) -> tuple[float, float]:
    """Return right ascension and declination of the middle of a cell."""
    side = 1 << order
    face, within = divmod(cell, side * side)
    x, y = _taken_apart(within)
    return _direction(face, (x + 0.5) / side, (y + 0.5) / side)


def _direction(face: int, x: float, y: float) -> tuple[float, float]:
    """Return the direction of a point of a face, whose sides are 1 long."""
    ring = _ROW[face] - x - y
    if 1.0 <= ring <= 3.0:
        wide, dec = 1.0, math.degrees(math.asin((2.0 - ring) * 2.0 / 3.0))
    else:
        wide = max(min(ring, 4.0 - ring), 0.0)
        from_pole = math.degrees(2.0 * math.asin(wide / math.sqrt(6.0)))
        dec = 90.0 - from_pole if ring < 1.0 else from_pole - 90.0
    eighths = _COLUMN[face] + ((x - y) / wide if wide > 1e-12 else 0.0)
    return eighths * 45.0 % 360.0, dec
