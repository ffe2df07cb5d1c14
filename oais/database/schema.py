"""What all tables share: one ``METADATA``, names of constraints, and the kinds of columns.

Only column types that SQLite and PostgreSQL share are used. Identifiers are random texts that mean nothing;
moments are texts as ``oais.archive.timestamp`` writes them, so that they sort as they follow.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from sqlalchemy import Column, ForeignKey, MetaData, Text

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def new_identifier() -> str:
    """Return an identifier that nobody can guess: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def identifier() -> Column[Any]:
    """The primary key of a table whose rows have a life of their own."""
    return Column("identifier", Text, primary_key=True)


def texts(*names: str) -> tuple[Column[Any], ...]:
    """Columns of text that always say something; what is not known is the empty text."""
    return tuple(Column(name, Text, nullable=False) for name in names)


def moments(*names: str) -> tuple[Column[Any], ...]:
    """Columns of moments that may not have come yet."""
    return tuple(Column(name, Text) for name in names)


def reference(name: str, target: str, *, primary_key: bool = False) -> Column[Any]:
    """A column that names a row of another table (``"people.identifier"``) and goes when that row goes."""
    key = ForeignKey(target, ondelete="CASCADE")
    return Column(name, Text, key, nullable=False, primary_key=primary_key, index=not primary_key)
