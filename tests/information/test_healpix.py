"""Cells of equal area: numbers as astropy-healpix 2.0.1 gives them, and what must hold of any cell."""

from __future__ import annotations

import numpy as np
import pytest

from oais.information.celestial import apart
from oais.information.healpix import FACES, FINEST, cells_at, middle, outline

POLES_AND_SEAMS = [(0.0, 90.0), (0.0, -90.0), (45.0, 89.9), (0.0, 0.0), (359.9999999, 0.0), (180.0, 0.0)]


@pytest.mark.parametrize(
    ("order", "ra", "dec", "cell"),
    [
        (3, 83.63, 22.01, 377),
        (8, 329.717, -30.226, 752_227),
        (FINEST, 10.684708, 41.26875, 190_633_513_587_146_677),
        (5, 266.4, -89.2, 10_240),
    ],
)
def test_numbers_are_those_of_another_program(order: int, ra: float, dec: float, cell: int) -> None:
    """Nested, in the belt and the caps, up to the highest order."""
    assert cells_at(order, np.array([ra]), np.array([dec])).tolist() == [cell]


@pytest.mark.parametrize("order", [0, 1, 4])
def test_each_cell_holds_its_middle_and_is_numbered_once(order: int) -> None:
    """From number to direction and back, for all there are."""
    count = FACES * 4**order
    directions = np.array([middle(order, cell) for cell in range(count)])
    assert cells_at(order, directions[:, 0], directions[:, 1]).tolist() == list(range(count))


def test_cells_have_equal_areas() -> None:
    """Of positions spread evenly over the sphere each has about as many."""
    numbers = np.random.default_rng(7)
    ra, dec = numbers.uniform(0, 360, 192_000), np.degrees(np.arcsin(numbers.uniform(-1, 1, 192_000)))
    counts = np.bincount(cells_at(2, ra, dec), minlength=192)
    assert 850 < counts.min() <= counts.max() < 1150


@pytest.mark.parametrize(("ra", "dec"), POLES_AND_SEAMS)
@pytest.mark.parametrize("order", [0, 3, 12, FINEST])
def test_poles_and_seams_have_a_cell_that_lies_there(order: int, ra: float, dec: float) -> None:
    """The middle of the cell found is no farther than a cell is wide."""
    (cell,) = cells_at(order, np.array([ra]), np.array([dec])).tolist()
    assert 0 <= cell < FACES * 4**order
    assert apart(ra, dec, *middle(order, cell)) < 60.0 / 2**order


def test_an_outline_goes_around_its_middle() -> None:
    """All its positions are about as far from it, and just inside them lies the cell."""
    for cell in (0, 5, 300, 767):
        centre = middle(3, cell)
        for ra, dec in outline(3, cell):
            assert 2.0 < apart(*centre, ra, dec) < 9.0
            along = (ra - centre[0] + 180) % 360 - 180
            inside = centre[0] + 0.95 * along, centre[1] + 0.95 * (dec - centre[1])
            if abs(dec) < 85.0:
                assert cells_at(3, np.array([inside[0]]), np.array([inside[1]])).tolist() == [cell]
