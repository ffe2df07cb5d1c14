"""The pages of the site: each handler reads the request, asks one function, and shapes the answer."""

from __future__ import annotations

from typing import Final

from oais.web.doors import Door
from oais.web.site import (
    asking,
    audits,
    baskets,
    browsing,
    codes,
    delegations,
    deposits,
    desk,
    entrance,
    feeds,
    groups,
    guide,
    holdings,
    keys,
    log,
    looks,
    me,
    orders,
    packages,
    people,
    policies,
    preservation,
    products,
    saved,
    search,
    subscriptions,
    tokens,
    withdrawals,
)

SITE_DOORS: Final[tuple[Door, ...]] = (
    *feeds.DOORS,
    *browsing.DOORS,
    *holdings.DOORS,
    *search.DOORS,
    *packages.DOORS,
    *products.DOORS,
    *looks.DOORS,
    *keys.DOORS,
    *guide.DOORS,
    *entrance.DOORS,
    *me.DOORS,
    *asking.DOORS,
    *tokens.DOORS,
    *delegations.DOORS,
    *deposits.DOORS,
    *saved.DOORS,
    *subscriptions.DOORS,
    *codes.DOORS,
    *desk.DOORS,
    *people.DOORS,
    *groups.DOORS,
    *log.DOORS,
    *baskets.DOORS,
    *orders.DOORS,
    *policies.DOORS,
    *preservation.DOORS,
    *audits.DOORS,
    *withdrawals.DOORS,
)
"""Every page; of two addresses that fit, the earlier answers."""
