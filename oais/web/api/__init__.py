"""The doors of programs under ``/api/v1``: the same functions as the pages, JSON in and out."""

from __future__ import annotations

from typing import Final

from oais.web.api import (
    account,
    archive,
    audits,
    codes,
    desk,
    erasing,
    groups,
    lists,
    orders,
    policies,
    preservation,
    staff,
    subscriptions,
    withdrawals,
)
from oais.web.doors import Door

API_DOORS: Final[tuple[Door, ...]] = (
    *archive.DOORS,
    *account.DOORS,
    *audits.DOORS,
    *desk.DOORS,
    *erasing.DOORS,
    *groups.DOORS,
    *lists.DOORS,
    *codes.DOORS,
    *orders.DOORS,
    *policies.DOORS,
    *preservation.DOORS,
    *staff.DOORS,
    *subscriptions.DOORS,
    *withdrawals.DOORS,
)
"""Every address of the API; of two that fit, the earlier answers."""
