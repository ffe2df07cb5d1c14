"""Which software this is: packages, deliveries and agents of events name its version."""

from __future__ import annotations

from functools import cache
from importlib import metadata

DISTRIBUTION = "oais-archive"
"""The name under which this software is installed."""


@cache
def software_version() -> str:
    """Return the version of this software as installed, ``0+unknown`` when it is not installed."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "0+unknown"
