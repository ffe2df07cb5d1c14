"""The columns that queries may name, read from ``columns.toml`` beside this module."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from search_index.catalogue.schema import SHARED

TABLE: Final = "ivoa.obscore"
NAMES: Final = (TABLE, "obscore")
"""What the table may be called."""

TEXT, REAL, WHOLE = "A", "D", "K"
"""The types of columns, as FITS names them."""

_SHARED: Final = frozenset(SHARED)
_OF_PRODUCT: Final = re.compile(r"\bp\.(\w+)")


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: its SQL, type, unit and meaning; one with a ``utype`` is of ObsCore."""

    name: str
    sql: str
    code: str
    unit: str = ""
    ucd: str = ""
    utype: str = ""
    description: str = ""

    @property
    def standard(self) -> bool:
        """Whether ObsCore has the column."""
        return bool(self.utype)

    @property
    def of_package(self) -> bool:
        """Whether all products of a package have the same in the column."""
        return not of_products([self.sql])

    @property
    def shared(self) -> bool:
        """Whether products that are taken together have the same in the column."""
        return of_products([self.sql]) <= _SHARED


def of_products(texts: Iterable[str]) -> set[str]:
    """Return the columns of the table of products that some SQL names."""
    return {name for text in texts for name in _OF_PRODUCT.findall(text)}


def _of_trait(trait: str) -> str:
    """Return the SQL of what a package is searched by; several values stand in order, ``; `` between them."""
    assert trait.replace("_", "").isalpha()
    # The sign keeps SQLite from walking all values of the facet, in their order, for each package.
    values = f"SELECT f.value FROM facet_values f WHERE f.aip_no = a.no AND +f.facet = '{trait}'"  # noqa: S608
    return f"(SELECT group_concat(value, '; ') FROM ({values} ORDER BY f.value))"  # noqa: S608


def _read() -> Mapping[str, TableColumn]:
    told = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return {name: _column(name, **facts) for name, facts in told.items()}


def _column(name: str, *, sql: str = "", trait: str = "", utype: str = "", **facts: str) -> TableColumn:
    sql = _of_trait(trait) if trait else sql or f"p.{name}"
    return TableColumn(name, sql, utype=f"obscore:{utype}" if utype else "", **facts)


COLUMNS: Final = _read()
"""All columns by name, in the order of ``SELECT *``: those of ObsCore first."""
