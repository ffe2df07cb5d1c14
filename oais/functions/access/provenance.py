"""How a version of a package was made and is kept: the graph, the list, the events, the badge."""

from __future__ import annotations

from oais.archive import Home
from oais.functions.access import cards
from oais.functions.access.decisions import Asker
from oais.functions.access.lineage import drawn, links_of, made_of
from oais.functions.access.looking import described
from oais.functions.access.packages import Shown, all_versions_told, events_of
from oais.functions.access.places import crumbs
from oais.functions.access.preservation import preservation_view
from oais.functions.access.views import ProvenanceView, Step
from oais.information.description import ProductDescription
from search_index.index import Index

MOST_PRODUCTS = 2_000
"""Products whose links are looked at; a package may hold many more."""


def provenance_view(home: Home, index: Index, asker: Asker, shown: Shown, path: str = "") -> ProvenanceView:
    """Return how a version was made, or the one product at ``path``; raises NotFoundError for none such."""
    description, place = shown.description, (shown.node, shown.description.aip_id, shown.version)
    products = _chosen(shown, path)
    links = links_of(index, asker, products)
    derived = made_of(index, asker, description.aip_id, shown.version, products)
    name = path.rpartition("/")[2] or description.title or description.aip_id
    this = Step(shown.reference, "this", name, shown.reference, shown.reference, 0)
    events = events_of(shown)
    return ProvenanceView(
        card=cards.described_card(
            description, sum(product.size for product in products), locked=asker.locked(*place)
        ),
        crumbs=crumbs(asker, shown.node),
        access=asker.note(*place),
        reference=shown.reference,
        version=shown.version,
        newest=shown.stored.head,
        product=path,
        lineage=drawn(index, asker, this, links, derived),
        links=links,
        derived=derived,
        events=tuple(
            event for event in events if not path or _is_about(event.objects, path, description.aip_id)
        ),
        preservation=preservation_view(
            home, shown.stored, shown.version, audited=all_versions_told(asker, shown)
        ),
    )


def _chosen(shown: Shown, path: str) -> tuple[ProductDescription, ...]:
    if not path:
        return shown.description.products[:MOST_PRODUCTS]
    return (described(shown, path),)


def _is_about(objects: tuple[str, ...], path: str, aip_id: str) -> bool:
    """Return whether an event is about the whole package or the product at ``path``."""
    return (
        not objects or aip_id in objects or any(path.endswith(name.removeprefix("data/")) for name in objects)
    )
