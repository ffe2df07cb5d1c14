"""One product, as it is shown: its headers, the head of its table, and which picture it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oais.functions.access.views.datasets import DocumentCard
from oais.functions.access.views.files import ProductCard
from oais.functions.access.views.frame import AccessNote, Crumb
from oais.functions.access.views.packages import LinkView
from oais.functions.access.views.places import AipCard
from oais.information.description import ReportedValue


@dataclass(frozen=True, slots=True)
class HeaderCard:
    """One keyword of a header, its value as text, and its comment."""

    keyword: str
    value: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class UnitView:
    """One header unit of a file (a FITS HDU, the attributes of a CDF)."""

    index: int
    name: str
    kind: str
    shape: str
    cards: tuple[HeaderCard, ...]


@dataclass(frozen=True, slots=True)
class TableView:
    """Some rows of a table, each cell as text, a missing value empty."""

    unit: int
    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class VisitReport:
    """A report of a visit and the values in its tables; ``address`` is that of its page."""

    name: str
    address: str
    values: tuple[ReportedValue, ...]


@dataclass(frozen=True, slots=True)
class ProductView:
    """One product: description, headers, the head of its table, and which picture can be drawn.

    ``plot`` names its picture (light curve, time series, spectrum, event map, good times, image) or is
    empty; ``drawings`` are the kinds of all that can be drawn of it, the best of each part first.
    ``reported`` is what the tables of a report say, where it is one.
    """

    card: AipCard
    crumbs: tuple[Crumb, ...]
    access: AccessNote
    reference: str
    version: int
    product: ProductCard
    facts: Mapping[str, str]
    provenance: tuple[LinkView, ...]
    headers: tuple[UnitView, ...]
    table: TableView | None
    plot: str
    drawings: tuple[str, ...]
    documents: tuple[DocumentCard, ...] = ()
    reported: tuple[ReportedValue, ...] = ()
