"""What the archive knows of people and their doings: accounts, groups, sessions, orders.

Packages are never here: the file system is the archive. Each subject has a module with its tables and the
functions of their rows; all tables stand in one ``METADATA``, whole as soon as this package is imported.
"""

from sqlalchemy import Connection

from oais.database import (
    baskets,
    codes,
    confirmations,
    delegations,
    deposits,
    embargoes,
    groups,
    mail_queue,
    notices,
    orders,
    people,
    requests,
    saved_queries,
    sessions,
    statistics,
    target_lists,
    tokens,
)

__all__ = [
    "Connection",
    "baskets",
    "codes",
    "confirmations",
    "delegations",
    "deposits",
    "embargoes",
    "groups",
    "mail_queue",
    "notices",
    "orders",
    "people",
    "requests",
    "saved_queries",
    "sessions",
    "statistics",
    "target_lists",
    "tokens",
]
