"""Directions in other frames than ICRS, and as people write them; all angles are degrees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame turned against ICRS: its north pole there, and its longitude of the pole of ICRS."""

    pole_ra: float
    pole_dec: float
    of_icrs_pole: float

    def of_icrs(self, ra: float, dec: float) -> tuple[float, float]:
        """Return longitude and latitude in this frame."""
        turned, latitude = _turned(ra - self.pole_ra, dec, self.pole_dec)
        return (self.of_icrs_pole - turned) % 360.0, latitude

    def to_icrs(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return right ascension and declination of a direction in this frame."""
        turned, dec = _turned(self.of_icrs_pole - longitude, latitude, self.pole_dec)
        return (self.pole_ra + turned) % 360.0, dec


GALACTIC: Final = Frame(192.85948, 27.12825, 122.93192)
"""As the Hipparcos catalogue defines it in ICRS (ESA SP-1200, volume 1, 1.5.3)."""

ECLIPTIC: Final = Frame(270.0, 90.0 - 84381.406 / 3600.0, 90.0)
"""Mean ecliptic and equinox of J2000, by the obliquity of IAU 2006."""


def _turned(along: float, up: float, pole: float) -> tuple[float, float]:
    """Return the angle at a pole, and the latitude from it, of a direction ``along`` from it and ``up``."""
    turn, height, tilt = math.radians(along), math.radians(up), math.radians(pole)
    sine = math.sin(height) * math.sin(tilt) + math.cos(height) * math.cos(tilt) * math.cos(turn)
    angle = math.atan2(
        math.cos(height) * math.sin(turn),
        math.sin(height) * math.cos(tilt) - math.cos(height) * math.sin(tilt) * math.cos(turn),
    )
    return math.degrees(angle), math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def apart(ra: float, dec: float, other_ra: float, other_dec: float) -> float:
    """Return the angle between two directions (by Vincenty's form, which is exact at 0 and at 180)."""
    along, up, down = math.radians(other_ra - ra), math.radians(dec), math.radians(other_dec)
    across = math.hypot(
        math.cos(down) * math.sin(along),
        math.cos(up) * math.sin(down) - math.sin(up) * math.cos(down) * math.cos(along),
    )
    towards = math.sin(up) * math.sin(down) + math.cos(up) * math.cos(down) * math.cos(along)
    return math.degrees(math.atan2(across, towards))


def in_hours(ra: float) -> str:
    """Write a right ascension as ``05h34m31.9s``, to a tenth of a second of time."""
    tenths = round(ra % 360.0 * 2400.0) % 864_000
    minutes, tenths = divmod(tenths, 600)
    return f"{minutes // 60:02}h{minutes % 60:02}m{tenths / 10:04.1f}s"


def in_minutes(dec: float) -> str:
    """Write a declination as ``+22°00′52″``, to a second of arc."""
    seconds = round(abs(dec) * 3600.0)
    minutes, seconds = divmod(seconds, 60)
    return f"{'−' if dec < 0 else '+'}{minutes // 60:02}°{minutes % 60:02}′{seconds:02}″"
