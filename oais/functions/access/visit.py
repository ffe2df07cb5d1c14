"""One visit: the products of all its packages, to be filtered, leafed through and chosen from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from oais.errors import NotFoundError, WrongUsageError
from oais.functions.access.cards import precise_time
from oais.functions.access.decisions import Asker
from oais.functions.access.places import check_page
from oais.functions.access.views import AccessNote, Page, VisitReport, VisitRow
from oais.information.representation.signatures import DRAWN_FORMATS
from oais.information.text import printable
from policies.access import Action
from search_index.catalogue.traits import trait
from search_index.entries import ProductRow
from search_index.index import Index
from search_index.query import LARGEST_PAGE, LONGEST_CHOICE, Query

PAGE_SIZES = (50, 100, 200)
PREVIEWS = 2
"""Products whose drawings stand on the page of their visit."""


@dataclass(frozen=True, slots=True)
class VisitProduct:
    """One product of a visit: ``reference`` picks it, ``address`` is that of its page; ``size`` in bytes.

    ``start`` is when it was begun to be observed, to the microsecond; ``drawn`` that it has a drawing.
    """

    reference: str
    address: str
    aip_id: str
    name: str
    kind: str
    product_type: str
    level: str
    category: str
    size: int
    locked: bool
    start: str
    drawn: bool


@dataclass(frozen=True, slots=True)
class VisitView:
    """A visit: one page of its products that the words let through; ``products`` counts all it has.

    ``open`` counts those let through that whoever asks may have. Where none of all is, ``access`` says why of
    the first package. ``reports`` is what those among the rows say. ``previews``
    are products let through whose drawings are shown, of different types where there are several.
    """

    name: str
    visit: str
    mission: str
    packages: tuple[str, ...]
    rows: tuple[VisitProduct, ...]
    page: Page
    products: int
    open: int
    access: AccessNote | None
    previews: tuple[VisitProduct, ...]
    reports: tuple[VisitReport, ...] = ()


def visit_view(index: Index, asker: Asker, name: str, words: str, page: int, per_page: int) -> VisitView:
    """Return a page of the products of a visit; raises NotFoundError, WrongUsageError."""
    check_page(page)
    if per_page not in PAGE_SIZES:
        raise WrongUsageError(f"{per_page} rows a page is not one of {', '.join(map(str, PAGE_SIZES))}")
    products = visit_products(index, asker, name)
    through = filtered(products, words)
    first = (page - 1) * per_page
    mission, _, visit = name.partition(":")
    return VisitView(
        name=name,
        visit=visit,
        mission=mission,
        packages=tuple(dict.fromkeys(product.aip_id for product in products)),
        rows=through[first : first + per_page],
        page=Page(page, per_page, len(through)),
        products=len(products),
        open=sum(not product.locked for product in through),
        access=_why_closed(index, asker, products),
        previews=_previews(through),
    )


def _previews(products: Sequence[VisitProduct]) -> tuple[VisitProduct, ...]:
    """Return the first of each type that is drawn and open, then others; science before all else."""
    able = [product for product in products if product.drawn and not product.locked]
    able.sort(key=lambda product: product.kind != "science")
    firsts = {product.product_type: product for product in reversed(able)}
    ordered = dict.fromkeys((*(product for product in able if product in firsts.values()), *able))
    return tuple(ordered)[:PREVIEWS]


def _why_closed(index: Index, asker: Asker, products: tuple[VisitProduct, ...]) -> AccessNote | None:
    first = index.aip(products[0].aip_id) if products and all(each.locked for each in products) else None
    return asker.note(first.node, first.aip_id) if first else None


def filtered(products: tuple[VisitProduct, ...], words: str) -> tuple[VisitProduct, ...]:
    """Return the products that have each of the words, in any case, in one of the columns."""
    wanted = words.casefold().split()
    if len(words) > LONGEST_CHOICE:
        raise WrongUsageError(f"the words have {len(words)} characters; expected up to {LONGEST_CHOICE}")
    return tuple(
        item
        for item in products
        if all(
            word in f"{item.name}\n{item.product_type}\n{item.level}\n{item.category}".casefold()
            for word in wanted
        )
    )


def visit_products(index: Index, asker: Asker, name: str) -> tuple[VisitProduct, ...]:
    """Return the products of all packages of a visit that may be described; raises NotFoundError."""
    without = asker.branches_denied(Action.READ_METADATA)
    query = Query(together=name, without=without, order="id", limit=LARGEST_PAGE, facets=False)
    packages = [(hit.aip.node, hit.aip.aip_id) for hit in index.find(query).hits] if name else []
    asker.prepare(packages)
    known = [aip_id for node, aip_id in packages if asker.may(Action.READ_METADATA, node, aip_id)]
    if not known:
        raise NotFoundError(f"there is no visit {printable(name)!r}", remedy="search for a part of its name")
    locked = {aip_id: asker.locked(node, aip_id) for node, aip_id in packages}
    return tuple(_product(row, locked=locked[row.aip_id]) for row in index.product_rows(known))


def file_addresses(index: Index, asker: Asker, visits: Sequence[VisitRow]) -> list[str]:
    """Return, within the site, the addresses of the products of visits that may be had."""
    rows = index.product_rows([aip_id for row in visits for aip_id in row.aip_ids])
    asker.prepare((row.node, row.aip_id) for row in rows)
    had = (row for row in rows if asker.may(Action.DOWNLOAD, row.node, row.aip_id))
    return [f"/aip/{quote(row.aip_id)}/v{row.version}/files/{quote(row.path)}" for row in had]


def _product(row: ProductRow, *, locked: bool) -> VisitProduct:
    return VisitProduct(
        reference=f"{row.aip_id}@v{row.version}/{row.path}",
        address=f"/aip/{quote(row.aip_id)}/v{row.version}/products/{quote(row.path)}",
        aip_id=row.aip_id,
        name=row.name,
        kind=row.kind,
        product_type=row.product_type,
        level=row.level,
        category=trait(row.values, "observation_type") or row.kind,
        size=row.size,
        start=precise_time(row.t_min),
        drawn=bool(row.dataproduct_type) and row.format_id in DRAWN_FORMATS,
        locked=locked,
    )
