"""Frames and how directions are written, against astropy, which is no part of how they are reckoned."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import SkyCoord, angular_separation

from oais.information.celestial import ECLIPTIC, GALACTIC, Frame, apart, in_hours, in_minutes

DIRECTIONS = [(0.0, 0.0), (83.63308, 22.0145), (266.40499, -28.93617), (192.85948, 27.12825), (12.3, -89.9)]


@pytest.mark.parametrize(("frame", "name"), [(GALACTIC, "galactic"), (ECLIPTIC, "barycentricmeanecliptic")])
@pytest.mark.parametrize(("ra", "dec"), DIRECTIONS)
def test_frames_are_those_of_astropy(frame: Frame, name: str, ra: float, dec: float) -> None:
    """Within a tenth of a second of arc, there and back."""
    there = SkyCoord(ra, dec, unit="deg").transform_to(name).spherical
    expected = float(there.lon.deg), float(there.lat.deg)
    assert apart(*frame.of_icrs(ra, dec), *expected) < 0.1 / 3600
    assert apart(*frame.to_icrs(*expected), ra, dec) < 0.1 / 3600


@pytest.mark.parametrize("other", [(0.0, 0.0), (180.0, 0.0), (10.0, 1e-9), (359.0, 89.0), (0.0, -90.0)])
def test_angles_are_right_near_and_far(other: tuple[float, float]) -> None:
    """Also where a cosine would lose its digits."""
    expected = np.degrees(angular_separation(*np.radians((10.0, 0.0)), *np.radians(other)))
    assert apart(10.0, 0.0, *other) == pytest.approx(float(expected), abs=1e-12)


@pytest.mark.parametrize(
    ("ra", "dec", "written"),
    [
        (83.63308, 22.0145, "05h34m31.9s +22°00′52″"),
        (359.99999, -0.0001, "00h00m00.0s −00°00′00″"),
        (0.0, 89.99999, "00h00m00.0s +90°00′00″"),
        (187.5, -60.5, "12h30m00.0s −60°30′00″"),
    ],
)
def test_directions_are_written_as_people_do(ra: float, dec: float, written: str) -> None:
    """Rounding carries over, and never writes 60 of anything."""
    assert f"{in_hours(ra)} {in_minutes(dec)}" == written
