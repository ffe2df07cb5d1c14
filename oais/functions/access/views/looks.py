"""A closer look at a product's numbers: what can be drawn of them, what is drawn, and rows of its tables."""

from __future__ import annotations

from dataclasses import dataclass

from oais.functions.access.views.files import ProductCard
from oais.functions.access.views.frame import Crumb, Page
from oais.functions.access.views.products import TableView
from oais.information.representation.drawings import Part
from oais.information.representation.kinds import Drawn
from oais.information.representation.wish import Wish

__all__ = ["Drawn", "LookView", "RowsView", "SpanView", "SpansView", "Wish"]


@dataclass(frozen=True, slots=True)
class SpanView:
    """One of the pieces of time that a series is shown in: when it begins, and how many rows it has."""

    start: str
    rows: int


@dataclass(frozen=True, slots=True)
class SpansView:
    """The pieces of a ``span`` of time from the first row to the last; ``missing`` are those without rows."""

    span: str
    spans: tuple[SpanView, ...]
    missing: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class LookView:
    """A drawing of a product: ``name`` says what kind it is, ``part`` of which of the ``parts``.

    ``spans`` are there when the wish names one.
    """

    crumbs: tuple[Crumb, ...]
    reference: str
    version: int
    product: ProductCard
    parts: tuple[Part, ...]
    part: Part
    kind: str
    name: str
    wish: Wish
    drawn: Drawn
    spans: SpansView | None = None


@dataclass(frozen=True, slots=True)
class RowsView:
    """A page of the rows of a table; ``parts`` are the tables of the product."""

    crumbs: tuple[Crumb, ...]
    reference: str
    version: int
    product: ProductCard
    parts: tuple[Part, ...]
    table: TableView
    page: Page
