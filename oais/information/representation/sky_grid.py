"""The grid of the sky over an image, by the WCS of its header, which astropy reads (FITS 4.0 §8)."""

from __future__ import annotations

import math
import warnings
from typing import Any, Final

import numpy as np

from oais.information.representation.decimation import Floats

_LINES: Final = 5
_POINTS: Final = 96
_SAMPLES: Final = 21
_ARCSEC: Final = 3_600.0
_NAMES: Final = {"RA": "right ascension", "DEC": "declination", "GLON": "galactic longitude"}
_MORE: Final = {"GLAT": "galactic latitude", "HPLN": "helioprojective x", "HPLT": "helioprojective y"}


def sky_grid(header: bytes, width: int, height: int) -> list[dict[str, Any]]:
    """Return lines of equal longitude and latitude over an image; none where no sky is told.

    Each axis has a ``name``, a ``unit`` and ``lines`` of a ``value`` and a ``path``: points in shares of
    the image's width, from the left, and of its height, from the first row.
    """
    wcs = _celestial(header)
    if wcs is None or width < 1 or height < 1:
        return []
    columns, rows = np.meshgrid(
        np.linspace(-0.5, width - 0.5, _SAMPLES), np.linspace(-0.5, height - 0.5, _SAMPLES)
    )
    longitude, latitude = (np.asarray(axis, np.float64) for axis in _world(wcs, columns, rows))
    good = np.isfinite(longitude) & np.isfinite(latitude)
    if not good.any():
        return []
    middle = float(longitude[good][good.sum() // 2])
    unwrapped = (longitude[good] - middle + 180.0) % 360.0 - 180.0 + middle
    ranges = [_ends(unwrapped), _ends(latitude[good])]
    return [_axis(wcs, number, ranges, (width, height)) for number in (0, 1)]


def _ends(values: Floats) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _celestial(header: bytes) -> Any:
    from astropy.io import fits
    from astropy.wcs import WCS

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wcs = WCS(fits.Header.fromstring(header.decode("latin-1")), naxis=2)
            return wcs if wcs.has_celestial and wcs.wcs.lng == 0 else None
    except Exception:  # noqa: BLE001 - what a damaged header makes astropy raise is no grid, no fault
        return None


def _world(wcs: Any, columns: Floats, rows: Floats) -> tuple[Floats, Floats]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        longitude, latitude = wcs.all_pix2world(columns, rows, 0)
    return longitude, latitude


def _axis(wcs: Any, number: int, ranges: list[tuple[float, float]], size: tuple[int, int]) -> dict[str, Any]:
    kind = str(wcs.wcs.ctype[number]).partition("-")[0]
    solar = kind in {"HPLN", "HPLT"}
    scale = _ARCSEC if solar else 1.0
    low, high = ranges[number]
    step = _step((high - low) * scale / _LINES) / scale
    first, last = math.ceil(low / step), math.floor(high / step)
    values = [count * step for count in range(first, min(last, first + 3 * _LINES) + 1)]
    lines = []
    for value in values:
        along = np.linspace(*ranges[1 - number], _POINTS)
        place = (np.full(_POINTS, value), along) if number == 0 else (along, np.full(_POINTS, value))
        path = _path(wcs, place, size)
        lines += [{"value": _shown(value, number, solar=solar), "path": path}] if len(path) > 1 else []
    name = {**_NAMES, **_MORE}.get(kind, kind)
    return {"name": name, "unit": "arcsec" if solar else "deg", "lines": lines}


def _shown(value: float, number: int, *, solar: bool) -> float:
    """Return a value as it is written: longitudes of the Sun on both sides of 0, of the sky from 0 to 360."""
    if solar:
        return ((value + 180.0) % 360.0 - 180.0) * _ARCSEC
    return value % 360.0 if number == 0 else value


def _step(about: float) -> float:
    """Return a round step, 1, 2 or 5 times a power of ten, not smaller than about this."""
    if not about > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(about))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= about * 0.999)


def _path(wcs: Any, place: tuple[Floats, Floats], size: tuple[int, int]) -> list[list[float]]:
    """Return the points of a line, told as longitudes and latitudes, that lie on the image."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        columns, rows = wcs.all_world2pix(*place, 0, quiet=True)
    x, y = (np.asarray(columns) + 0.5) / size[0], (np.asarray(rows) + 0.5) / size[1]
    inside = np.isfinite(x) & np.isfinite(y) & (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    return [[round(float(a), 5), round(float(b), 5)] for a, b in zip(x[inside], y[inside], strict=True)]
