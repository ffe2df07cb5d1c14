"""What the archive already holds of a visit: what a report that comes alone is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from functools import cache
from typing import Any, Final

from aip.reading import read_description
from oais.archive import Archive
from oais.errors import DamageError, NotFoundError, WrongUsageError
from oais.functions.storage import find_aip
from oais.information.description import OBSCORE_FIELDS, ProductDescription
from policies.terms import Agreement
from search_index.index import open_index
from search_index.query import Query
from sip.checks.reports import Held

_MOST_PACKAGES: Final = 20


def held_of(archive: Archive, agreement: Agreement) -> Held:
    """Return what tells the values of all held products of a visit, those of this agreement alone.

    The index is asked at the first question, and each visit is looked up once. It raises as ``open_index``.
    """

    @cache
    def held(visit: str) -> tuple[Mapping[str, Any], ...]:
        return tuple(_fields(product) for product in _products(archive, agreement, visit))

    return held


def _products(archive: Archive, agreement: Agreement, visit: str) -> Iterator[ProductDescription]:
    try:
        query = Query(visit=visit, mission=agreement.mission, limit=_MOST_PACKAGES, facets=False)
    except WrongUsageError:  # a provider's name that no search would take
        return
    with closing(open_index(archive.index_root)) as index:
        found = [hit.aip.aip_id for hit in index.find(query).hits if hit.aip.agreement == agreement.name]
    for aip_id in found:
        with suppress(NotFoundError, DamageError):  # an audit tells of it; here it only says nothing
            products = read_description(find_aip(archive, aip_id)).products
            yield from (product for product in products if str(product.values.get("visit", "")) == visit)


def _fields(product: ProductDescription) -> dict[str, Any]:
    columns = {name: getattr(product.obscore, name) for name in OBSCORE_FIELDS}
    return {**columns, **product.values}
