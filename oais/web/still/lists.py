"""The lists of a still copy: every product a stranger may know of, as CSV and as VOTable."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np

from oais.functions.access.facade import Access
from oais.functions.access.views.packages import AipView
from oais.information.identifiers import AipReference
from oais.information.representation.rows import Field, Piece, Rows
from oais.information.representation.table_writing import write_csv, write_votable
from oais.web.still.crawl import Crawl
from oais.web.still.places import Address

CSV, VOTABLE = "/products.csv", "/products.vot"
_NEWEST = "/aip/"
_COLUMNS = (
    *("aip_id", "version", "product", "level", "product_type", "format"),
    *("target", "observed_from", "size", "sha256", "page", "file"),
)
_UNITS = {"size": "byte"}
_NUMBERS = frozenset({"version", "size"})

Row = tuple[str | int, ...]


def write_lists(crawl: Crawl, access: Access) -> int:
    """Write both lists into the copy; returns the number of their rows. The newest versions only."""
    found = list(_rows(crawl, access))
    columns = list(zip(*found, strict=True)) if found else [() for _ in _COLUMNS]
    fields = tuple(_field(name, column) for name, column in zip(_COLUMNS, columns, strict=True))
    piece = Piece(tuple(_array(name, column) for name, column in zip(_COLUMNS, columns, strict=True)))
    rows = Rows("products", fields, len(found), None, lambda: iter((piece,) if found else ()))
    label = (("archive", access.archive.settings.name), ("rows", str(len(found))))
    for path, write in ((CSV, _as_csv), (VOTABLE, _as_votable)):
        address = Address(path)
        crawl.keep(address, address.place(), write(label, rows))
    return len(found)


def _field(name: str, column: tuple[str | int, ...]) -> Field:
    if name in _NUMBERS:
        return Field(name, _UNITS.get(name, ""), "K")
    return Field(name, "", "A", max((len(str(cell).encode()) for cell in column), default=1))


def _array(name: str, column: tuple[str | int, ...]) -> Any:
    kind: Any = np.int64 if name in _NUMBERS else np.str_
    return np.array(column, dtype=kind).reshape(-1, 1)


def _as_csv(label: tuple[tuple[str, str], ...], rows: Rows) -> bytes:
    out = io.BytesIO()
    write_csv(out, label, rows)
    return out.getvalue()


def _as_votable(label: tuple[tuple[str, str], ...], rows: Rows) -> bytes:
    out = io.BytesIO()
    write_votable(out, label, [(rows, ())])
    return out.getvalue()


def _rows(crawl: Crawl, access: Access) -> Iterator[Row]:
    newest = sorted(
        address.path.removeprefix(_NEWEST)
        for address in crawl.pages
        if address.path.startswith(_NEWEST) and address.path.count("/") == 2 and not address.numbers
    )
    for aip_id in newest:
        view = access.show(aip_id)
        yield from _of_page(crawl, view)
        for number in range(2, view.page.pages + 1):
            yield from _of_page(crawl, access.show(aip_id, number))


def _of_page(crawl: Crawl, view: AipView) -> Iterator[Row]:
    reference = AipReference(view.card.aip_id, view.version)
    base = f"/aip/{reference.aip_id}/v{view.version}"
    for product in view.products:
        page = crawl.place_of(Address(f"{base}/products/{product.path}")) or ""
        if not page:
            continue
        yield (
            reference.aip_id,
            view.version,
            product.name,
            product.level,
            product.product_type or product.kind,
            product.format_name,
            view.card.target,
            view.card.start,
            product.size,
            product.digests.get("sha256", ""),
            page,
            crawl.place_of(Address(f"{base}/files/{product.path}")) or "",
        )
