"""One product: what its headers say, rows of its tables, and which picture it has."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from oais.functions.access import cards
from oais.functions.access.decisions import Asker
from oais.functions.access.documents import valid_documents
from oais.functions.access.looking import Stored, described, name_of, parts_of, shown_unasked
from oais.functions.access.packages import Shown, resolve_links
from oais.functions.access.places import check_page, crumbs
from oais.functions.access.views import (
    HeaderCard,
    OpenedFile,
    Page,
    ProductView,
    TableView,
    UnitView,
)
from oais.functions.access.views.looks import RowsView
from oais.information.representation.choosing import IMAGE
from oais.information.representation.inspection import Inspector
from oais.information.representation.reading import (
    NotShownError,
    TableRows,
    header_cards,
    read_table_rows,
)
from oais.information.text import printable
from policies.access import Action
from search_index.index import Index

ROWS_SHOWN = 20
"""Rows of a table on the page of its product."""

ROWS_OF_PAGE = 100
"""Rows on a page of the table itself."""

UNITS_SHOWN = 40
"""Header units of one file on a page."""

_NO_HEADERS = frozenset({"document", "software"})
_LONGEST_INSPECTED = 64 << 20


def product_view(home: Path, index: Index, asker: Asker, shown: Shown, path: str) -> ProductView:
    """Return all that is told of a product; table and picture only to who may download. NotFoundError."""
    product = described(shown, path)
    file = shown.stored.open(shown.version).file(path)
    stored = Stored.at(home, file.path, file.digests)
    place = (shown.node, shown.description.aip_id, shown.version)
    access = asker.note(*place)
    table, plot, drawings = None, "", dict[str, None]()
    if asker.may(Action.DOWNLOAD, *place):
        parts = parts_of(stored)
        drawings = dict.fromkeys(kind for one in parts for kind in one.drawings)
        part = shown_unasked(parts, product)
        table, plot = _table(stored), name_of(part, part.drawings[0]) if part else ""
    return ProductView(
        card=cards.described_card(shown.description, product.size, locked=not access.open),
        crumbs=crumbs(asker, shown.node),
        access=access,
        reference=shown.reference,
        version=shown.version,
        product=cards.product_card(product, file.digests),
        facts=cards.product_facts(product),
        provenance=resolve_links(index, asker, product.provenance),
        headers=() if product.kind in _NO_HEADERS else _headers(stored, product.size),
        table=table,
        plot=plot,
        drawings=tuple(drawings),
        documents=valid_documents(index, asker, shown.description, product),
        reported=product.reported,
    )


def rows_view(
    home: Path, asker: Asker, shown: Shown, opened: OpenedFile, path: str, unit: int | None, page: int
) -> RowsView:
    """Return a page of the rows of an opened table; raises NotFoundError when there is none."""
    product = described(shown, path)
    check_page(page)
    stored = Stored.at(home, opened.disk_path, opened.digests)
    found = read_table_rows(stored.path, unit, ROWS_OF_PAGE, (page - 1) * ROWS_OF_PAGE)
    return RowsView(
        crumbs=crumbs(asker, shown.node),
        reference=shown.reference,
        version=shown.version,
        product=cards.product_card(product, opened.digests),
        parts=tuple(part for part in parts_of(stored) if IMAGE not in part.drawings),
        table=_table_view(found),
        page=Page(page, ROWS_OF_PAGE, found.total),
    )


@lru_cache(maxsize=512)
def _headers(stored: Stored, size: int) -> tuple[UnitView, ...]:
    """Return the headers of a stored file, which never change; none where there are none to show."""
    units = tuple(_fits_units(stored.path))
    return units or (_other_units(stored.path) if size <= _LONGEST_INSPECTED else ())


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
def _table(stored: Stored) -> TableView | None:
    try:
        head = read_table_rows(stored.path, rows=ROWS_SHOWN)
    except NotShownError:
        return None
    return _table_view(head)


def _table_view(head: TableRows) -> TableView:
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
