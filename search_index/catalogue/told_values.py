"""What conditions are asked of: the named values of a package and its products, and steps of processing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from sqlalchemy import ColumnElement, Connection, and_, not_, select

from oais.information.description import PackageDescription
from oais.information.text import printable
from search_index.catalogue.columns import Columns
from search_index.catalogue.facets import Mask
from search_index.catalogue.schema import TOLD_VALUES
from search_index.conditions import LONGEST_CONDITION, Condition, number_of, value_name, value_text
from search_index.query import is_plain

STEP: Final = "step"
"""The role of a step of processing among what a header says of the making of a product."""

_OBSCORE: Final = ("calib_level", "proposal_id", "t_exptime", "t_resolution")
"""Columns of ObsCore that conditions ask of; for the others the form has fields."""


def told_values(description: PackageDescription) -> list[dict[str, Any]]:
    """Return the rows of a package, sorted: each name with each of its values once."""
    found = {
        (value_name(name), value_text(text)): number_of(text)
        for name, text in _told(description)
        if name and 0 < len(text) <= LONGEST_CONDITION
    }
    return [
        {"name": name, "text": printable(text, LONGEST_CONDITION), "number": number}
        for (name, text), number in sorted(found.items())
        if name
    ]


def _told(description: PackageDescription) -> Iterator[tuple[str, str]]:
    """Yield name and value of all that is told, some of it more than once."""
    for values in (description.values, *(product.values for product in description.products)):
        yield from ((name, str(value)) for name, value in values.items() if is_plain(value))
    for product in description.products:
        told = ((item, item.written if item.value is None else str(item.value)) for item in product.reported)
        yield from ((item.name, text) for item, text in told)
        yield from ((link.name, link.value) for link in product.provenance if link.role == STEP)
        columns = ((name, getattr(product.obscore, name)) for name in _OBSCORE)
        yield from ((name, str(value)) for name, value in columns if value not in (None, ""))


def fulfilling(columns: Columns, connection: Connection, condition: Condition) -> Mask:
    """Return the packages with a value that a condition asks for."""
    query = select(TOLD_VALUES.c.aip_no).where(TOLD_VALUES.c.name == condition.name, _compared(condition))
    numbers = connection.execute(query).scalars().all()
    return columns.mask(columns.positions(np.array(numbers, dtype=np.int64)))


def _compared(condition: Condition) -> ColumnElement[bool]:
    """Return what holds for a row: numbers are compared as such, and unlike a number is only another one."""
    number, wanted = TOLD_VALUES.c.number, condition.number
    if wanted is None:
        same = TOLD_VALUES.c.text == condition.text
        return not_(same) if condition.sign == "!=" else same
    compared: dict[str, ColumnElement[bool]] = {
        "<": number < wanted,
        "<=": number <= wanted,
        "=": number == wanted,
        "!=": number != wanted,
        ">=": number >= wanted,
        ">": number > wanted,
    }
    return and_(number.is_not(None), compared[condition.sign])
