"""The table for programs of the Virtual Observatory: TAP 1.1, asked and answered at once."""

from __future__ import annotations

from typing import Final

from oais.web.doors import Door
from oais.web.tap import sync, vosi

TAP_DOORS: Final[tuple[Door, ...]] = (*sync.DOORS, *vosi.DOORS)
"""The doors of the service."""
