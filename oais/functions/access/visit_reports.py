"""What the reports of a visit say, each read from the sealed description of its package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Final

from aip.storage import AipStore
from oais.archive import Home
from oais.errors import NotFoundError
from oais.functions.access.decisions import Asker, ClosedError
from oais.functions.access.looking import described
from oais.functions.access.packages import open_shown
from oais.functions.access.views import VisitReport
from oais.functions.access.visit import VisitProduct

MOST_REPORTS: Final = 3
"""Reports told on a page of a visit; each has a page of its own."""


def visit_reports(
    archive: Home, store: AipStore, asker: Asker, products: Iterable[VisitProduct]
) -> tuple[VisitReport, ...]:
    """Return what the reports among the products of a visit say, of those that were read."""
    return tuple(islice(_reports(archive, store, asker, products), MOST_REPORTS))


def _reports(
    archive: Home, store: AipStore, asker: Asker, products: Iterable[VisitProduct]
) -> Iterator[VisitReport]:
    for product in products:
        if product.kind != "report":
            continue
        reference, _, path = product.reference.partition("/")
        with suppress(NotFoundError, ClosedError):  # withdrawn or closed since it was found
            values = described(open_shown(archive, store, asker, reference), path).reported
            if values:
                yield VisitReport(product.name, product.address, values)
