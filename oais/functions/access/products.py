"""One product: what its headers say, the head of its table, and the numbers behind its picture."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oais.errors import NotFoundError
from oais.functions.access import cards
from oais.functions.access.decisions import Asker
from oais.functions.access.packages import Shown, resolve_links
from oais.functions.access.places import crumbs
from oais.functions.access.views import (
    HeaderCard,
    OpenedFile,
    ProductView,
    TableView,
    UnitView,
)
from oais.information.description import ProductDescription
from oais.information.representation.inspection import Inspector
from oais.information.representation.reading import (
    Curve as ReadCurve,
)
from oais.information.representation.reading import (
    GreyImage,
    NotShownError,
    TableHead,
    header_cards,
    read_image,
    read_light_curve,
    read_table_head,
)
from oais.information.text import printable
from policies.access import Action
from search_index.index import Index

ROWS_SHOWN = 20
POINTS_SHOWN = 4_000
"""Points of a curve on a page; of each interval its extremes stay, so no spike is lost."""

SIDE_SHOWN = 800
UNITS_SHOWN = 40
"""Header units of one file on a page."""

_NO_HEADERS = frozenset({"document", "software"})
_LONGEST_INSPECTED = 64 << 20


@dataclass(frozen=True, slots=True)
class Curve:
    """A series to draw: ``y`` over ``x``, good points only; ``flagged`` counts those of doubtful quality."""

    title: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_label: str
    y_label: str
    total: int
    good: int
    flagged: int


def product_view(index: Index, asker: Asker, shown: Shown, path: str) -> ProductView:
    """Return all that is told of a product; table and picture only to who may download. NotFoundError."""
    product = _described(shown, path)
    stored = shown.stored.open(shown.version).file(path)
    place = (shown.node, shown.description.aip_id, shown.version)
    access = asker.note(*place)
    table, plot = None, ""
    if asker.may(Action.DOWNLOAD, *place):
        table, plot = _table(stored.path), _plot(stored.path, product)
    return ProductView(
        card=cards.described_card(shown.description, product.size, locked=not access.open),
        crumbs=crumbs(asker, shown.node),
        access=access,
        reference=shown.reference,
        version=shown.version,
        product=cards.product_card(product, stored.digests),
        facts=cards.product_facts(product),
        provenance=resolve_links(index, asker, product.provenance),
        headers=() if product.kind in _NO_HEADERS else _headers(stored.path, product.size),
        table=table,
        plot=plot,
    )


def _described(shown: Shown, path: str) -> ProductDescription:
    for product in shown.description.products:
        if product.path == path:
            return product
    raise NotFoundError(f"{shown.reference} has no product {printable(path)!r}")


@lru_cache(maxsize=512)
def _headers(path: Path, size: int) -> tuple[UnitView, ...]:
    """Return the headers of a stored file, which never change; none where there are none to show."""
    units = tuple(_fits_units(path))
    return units or (_other_units(path) if size <= _LONGEST_INSPECTED else ())


def _fits_units(path: Path) -> Iterator[UnitView]:
    for number in range(UNITS_SHOWN):
        unit = _fits_unit(path, number)
        if unit is None:
            return
        yield unit


def _other_units(path: Path) -> tuple[UnitView, ...]:
    (inspection,) = _inspector().inspect([(path.name, path)])
    names = [str(part.get("name", "")) for part in inspection.structure]
    return tuple(
        UnitView(
            index=number,
            name=names[number] if number < len(names) else "",
            kind=inspection.format.name,
            shape="",
            cards=tuple(HeaderCard(key, _text(value)) for key, value in header.items()),
        )
        for number, header in enumerate(inspection.headers)
    )


@cache
def _inspector() -> Inspector:
    """Return the limited process that reads headers for pages; started once, since starting is slow."""
    inspector = Inspector(workers=1)
    atexit.register(inspector.close)
    return inspector


def _fits_unit(path: Path, number: int) -> UnitView | None:
    try:
        found = header_cards(path, number)
    except NotShownError:
        return None
    values = {keyword: value.strip("' ") for keyword, value, _ in found}
    axes = values.get("NAXIS", "")
    lengths = [values.get(f"NAXIS{axis}", "?") for axis in range(1, int(axes) + 1 if axes.isdecimal() else 1)]
    kind = values.get("XTENSION", "PRIMARY").strip()
    table = kind in {"BINTABLE", "TABLE"} and len(lengths) == 2
    shape = f"{lengths[1]} rows × {values.get('TFIELDS', '?')} columns" if table else " × ".join(lengths)
    return UnitView(
        index=number,
        name=values.get("EXTNAME", ""),
        kind=_KINDS.get(kind, kind.lower()),
        shape=shape,
        cards=tuple(HeaderCard(keyword, _unquoted(value), comment) for keyword, value, comment in found),
    )


def _unquoted(value: str) -> str:
    """Return a card's value as people read it: of a text neither quotes nor the blanks that fill it up."""
    if len(value) >= 2 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'").rstrip()
    return value


_KINDS = {"PRIMARY": "primary", "BINTABLE": "binary table", "TABLE": "text table", "IMAGE": "image"}


@lru_cache(maxsize=512)
def _table(path: Path) -> TableView | None:
    try:
        head = read_table_head(path, rows=ROWS_SHOWN)
    except NotShownError:
        return None
    return _table_view(head)


def _table_view(head: TableHead) -> TableView:
    return TableView(
        unit=head.unit,
        columns=tuple(column.name for column in head.columns),
        units=tuple(column.unit for column in head.columns),
        rows=tuple(tuple(_text(value) for value in row) for row in head.rows),
        total=head.total,
    )


def _text(value: Any) -> str:
    """Return a cell as text: empty for none, numbers short, long vectors cut."""
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if value != value else f"{value:.9g}"  # noqa: PLR0124 - not a number
    if isinstance(value, list | tuple):
        head = ", ".join(_text(item) for item in value[:4])
        return f"[{head}, … {len(value)} values]" if len(value) > 4 else f"[{head}]"
    return printable(str(value), 120)


def _plot(path: Path, product: ProductDescription) -> str:
    """Return which picture can be drawn: the kind the description promises is tried first."""
    attempts = [("light curve", _curve), ("image", _image)]
    if product.obscore.dataproduct_type in {"image", "cube"}:
        attempts.reverse()
    return next((name for name, attempt in attempts if attempt(path) is not None), "")


@lru_cache(maxsize=128)
def _curve(path: Path) -> ReadCurve | None:
    try:
        found = read_light_curve(path, max_points=POINTS_SHOWN)
    except NotShownError:
        return None
    return found if found.good > 1 else None


@lru_cache(maxsize=32)
def _image(path: Path) -> GreyImage | None:
    try:
        return read_image(path, max_side=SIDE_SHOWN)
    except NotShownError:
        return None


def read_curve(opened: OpenedFile) -> Curve:
    """Return the light curve of an opened product; raises NotFoundError when it has none."""
    found = _curve(opened.disk_path)
    if found is None:
        raise NotFoundError(f"{opened.name} has no light curve to draw")
    return Curve(
        title=opened.name,
        x=np.array(found.x, dtype=np.float64),
        y=np.array(found.y, dtype=np.float64),
        x_label=_label(found.x_name, found.x_unit),
        y_label=_label(found.y_name, found.y_unit),
        total=found.total,
        good=found.good,
        flagged=found.flagged,
    )


def read_plane(opened: OpenedFile) -> GreyImage:
    """Return the picture in an opened product; raises NotFoundError when it has none."""
    found = _image(opened.disk_path)
    if found is None:
        raise NotFoundError(f"{opened.name} has no image to draw")
    return found


def _label(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name
