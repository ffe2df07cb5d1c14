"""What can be drawn of a table, and which of its columns when nobody says: by the names columns have."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

SERIES: Final = "series"
MAP: Final = "map"
HISTOGRAM: Final = "histogram"
INTERVALS: Final = "intervals"
IMAGE: Final = "image"
SPECTROGRAM: Final = "spectrogram"

_TIME = re.compile(r"(BJD|MJD|HJD|JD|TIME|DATE|EPOCH)", re.IGNORECASE)
_SPECTRAL = re.compile(
    r"\A(CHANNEL|ENERGY|ENERG_LO|E_REF|E_MIN|WAVELENGTH|WAVE|LAMBDA|LOGLAM|FREQ(UENCY)?)\Z", re.IGNORECASE
)
_SPECTRUM = re.compile(r"\A(COUNTS|RATE|FLUX|SPECRESP|MATRIX|DNDE|NPRED)", re.IGNORECASE)
_NOT_SIGNAL = re.compile(
    r"(ERR|BKG|BACKGROUND|QUAL|FLAG|STATUS|CADENCE|ROLL|GROUPING|(\A|_)ID(\Z|_))", re.IGNORECASE
)
_QUALITY = re.compile(r"\A(SAP_)?(QUALITY|STATUS|FLAG|FLAGS)\Z", re.IGNORECASE)
_SKY: Final = (("RA", "DEC"), ("X", "Y"), ("DETX", "DETY"))
_ENERGY: Final = ("ENERGY", "PI", "PHA")
_BOUNDS: Final = ("START", "STOP")


def time_column(names: Sequence[str]) -> str:
    """Return the first column that is a time by its name; of a table without names the first; or none."""
    found = next((name for name in names if _TIME.search(name)), "")
    if not found and names and all(name.startswith("col") for name in names):
        return names[0]  # by custom
    return found


def spectral_column(names: Sequence[str]) -> str:
    """Return the column that a spectrum is drawn over, empty when the table is none."""
    found = next((name for name in names if _SPECTRAL.match(name)), "")
    return found if any(_SPECTRUM.match(name) for name in names if name != found) else ""


def sky_columns(names: Collection[str]) -> tuple[str, str] | None:
    """Return the columns of an event's place, sky before detector; None when there are none."""
    upper = {name.upper(): name for name in names}
    return next(((upper[x], upper[y]) for x, y in _SKY if x in upper and y in upper), None)


def energy_column(names: Collection[str]) -> str:
    """Return the column of an event's energy, empty when there is none."""
    upper = {name.upper(): name for name in names}
    return next((upper[name] for name in _ENERGY if name in upper), "")


def interval_columns(names: Collection[str]) -> tuple[str, str] | None:
    """Return the columns of beginning and end of good time intervals; None when there are none."""
    upper = {name.upper(): name for name in names}
    return (upper["START"], upper["STOP"]) if all(name in upper for name in _BOUNDS) else None


def first_signal(names: Sequence[str], x: str) -> str:
    """Return the column to draw over ``x``; raises ValueError when there is none.

    It is of a spectrum its counts, else the first flux, corrected before raw, else the first other column
    that is neither a time nor an error.
    """
    others = [name for name in names if name != x and not _NOT_SIGNAL.search(name)]
    fluxes = sorted(
        (name for name in others if "FLUX" in name.upper()),
        key=lambda name: (not name.upper().startswith("PDC"), names.index(name)),
    )
    spectra = [name for name in others if _SPECTRUM.match(name)] if x == spectral_column(names) else []
    signals = [name for name in others if not _TIME.search(name)]
    found = next(iter([*spectra, *fluxes, *signals, *(name for name in names if name != x)]), "")
    if not found:
        raise ValueError("the table has not two columns of numbers")
    return found


def quality_column(names: Sequence[str], others: Collection[str]) -> str:
    """Return the column that flags doubtful rows, none of ``others``; empty when there is none."""
    return next((name for name in names if _QUALITY.match(name) and name not in others), "")
