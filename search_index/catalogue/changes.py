"""Which packages the newest changes were about: who has read the rest before reads only these again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from search_index.catalogue.schema import FACTS

_CHANGED: Final = "changed in {}"

MOST_GENERATIONS: Final = 64
"""How many of the newest changes are told of."""

MOST_CHANGED: Final = 2_000
"""Packages beyond which reading everything is as fast."""


def note(connection: Connection, generation: int, numbers: Iterable[int]) -> None:
    """Note the row numbers of the packages that this generation entered, replaced or removed."""
    forgotten = _CHANGED.format(generation - MOST_GENERATIONS)
    connection.execute(delete(FACTS).where(FACTS.c.name == forgotten))
    told = ",".join(map(str, numbers))
    connection.execute(insert(FACTS).values(name=_CHANGED.format(generation), value=told))


def changed_since(connection: Connection, before: int, now: int) -> set[int] | None:
    """Return the row numbers of what changed after one generation up to another; None where it is not told.

    It is not where too much changed, and where an older release wrote, which notes nothing.
    """
    if not 0 <= now - before <= MOST_GENERATIONS:
        return None
    names = [_CHANGED.format(generation) for generation in range(before + 1, now + 1)]
    told = connection.execute(select(FACTS.c.value).where(FACTS.c.name.in_(names))).scalars().all()
    if len(told) != len(names):
        return None
    changed = {int(number) for text in told for number in text.split(",") if number}
    return changed if len(changed) <= MOST_CHANGED else None
