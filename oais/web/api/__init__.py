"""The programs' way in: the same functions as the pages, asked and answered in JSON."""

from __future__ import annotations

from typing import Final

from oais.web.api import codes, orders, policies, subscriptions
from oais.web.doors import Door

API_DOORS: Final[tuple[Door, ...]] = (
    *codes.DOORS, *orders.DOORS, *policies.DOORS, *subscriptions.DOORS
)  # fmt: skip
"""Every address for programs."""
