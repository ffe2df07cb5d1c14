"""From raw data through reference files, software and parameters to a product, and on to what was made of it.

Links are those that headers name. What they name is followed into the archive's own packages as far as
whoever asks may know of them; a name in a header that one may read is told, held here or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from oais.functions.access.decisions import Asker
from oais.functions.access.packages import resolve_links
from oais.functions.access.views import Lineage, LinkView, Step
from oais.information.description import ProductDescription, ProvenanceLink
from policies.access import Action
from search_index import browsing
from search_index.index import Index

GENERATIONS: Final = 3
"""How far back inputs are followed."""

MOST_OF_A_ROLE: Final = 5
"""Things of one role that one package names, drawn one by one; of more the rest is one step."""

MOST_STEPS: Final = 48
_FOLLOWED: Final = frozenset({"input", "reference file"})
_ROLES: Final = ("input", "reference file", "software", "step", "document")


@dataclass(slots=True)
class _Drawing:
    steps: dict[str, Step] = field(default_factory=dict)
    edges: dict[tuple[str, str], None] = field(default_factory=dict)

    def add(self, step: Step) -> bool:
        """Add a step; return whether there was room for it, or it was there."""
        if step.key not in self.steps and len(self.steps) >= MOST_STEPS:
            return False
        self.steps.setdefault(step.key, step)
        return True


def links_of(index: Index, asker: Asker, products: Iterable[ProductDescription]) -> tuple[LinkView, ...]:
    """Return what products name as having made them, each thing once, resolved for whoever asks."""
    return resolve_links(index, asker, (link for product in products for link in product.provenance))


def made_of(
    index: Index, asker: Asker, aip_id: str, version: int, products: Sequence[ProductDescription]
) -> tuple[LinkView, ...]:
    """Return the packages that name this version, or these products, as what they came from."""
    names = tuple(product.path.rpartition("/")[2] for product in products)
    without = asker.branches_denied(Action.READ_METADATA)
    found = browsing.made_from(index, aip_id, version, names, without)
    known = index.aips(sorted({holder for holder, _ in found}))
    asker.prepare((entry.node, entry.aip_id) for entry in known.values())
    rows = []
    for holder, link in found:
        entry = known.get(holder)
        if entry is not None and asker.may(Action.READ_METADATA, entry.node, holder):
            rows.append(LinkView(link.role, entry.title or holder, "", link.source, holder))
    return tuple(dict.fromkeys(rows))


def drawn(
    index: Index, asker: Asker, this: Step, links: Sequence[LinkView], derived: Sequence[LinkView]
) -> Lineage:
    """Return the graph around a package: what it came from, generation by generation, and what came of it."""
    drawing = _Drawing({this.key: this})
    waiting = list(_before(drawing, this, links))
    for _ in range(GENERATIONS - 1):
        waiting = [
            earlier
            for step in waiting
            for earlier in _before(drawing, step, _links_behind(index, asker, step))
        ]
    for step in _steps(derived, 1):
        if drawing.add(step):
            drawing.edges[this.key, step.key] = None
    return Lineage(tuple(drawing.steps.values()), tuple(drawing.edges))


def _before(drawing: _Drawing, step: Step, links: Sequence[LinkView]) -> Iterator[Step]:
    """Draw what a step names as its origin; yield what of it the archive holds and can be followed."""
    for earlier in _steps(links, step.column - 1):
        new = earlier.key not in drawing.steps
        if earlier.key == step.key or not drawing.add(earlier):
            continue
        drawing.edges[earlier.key, step.key] = None
        if new and earlier.target and earlier.role in _FOLLOWED:
            yield earlier


def _steps(links: Sequence[LinkView], column: int) -> Iterator[Step]:
    """Yield a step for each link, role by role; of many of one role the last stands for all others."""
    for role in _ROLES:
        same = list(dict.fromkeys(link for link in links if link.role == role))
        shown = same if len(same) <= MOST_OF_A_ROLE + 1 else same[:MOST_OF_A_ROLE]
        for link in shown:
            key = link.target or f"{role}/{link.name}/{link.value}"
            yield Step(key, role, link.name, link.value, link.target, column)
        if rest := len(same) - len(shown):
            key = f"{role}/{same[len(shown)].name}/{rest}"
            yield Step(key, role, f"{rest} more", "", "", column, rest)


def _links_behind(index: Index, asker: Asker, step: Step) -> tuple[LinkView, ...]:
    """Return what a held package names; of an older version the catalogue knows no links."""
    aip_id, _, number = step.target.partition("@v")
    entry = index.aip(aip_id)
    if entry is None or (number and number != str(entry.version)):
        return ()
    links: list[ProvenanceLink] = []
    for held in index.products(aip_id):
        links += [link for link in held.product.provenance if link.role in _FOLLOWED | {"software"}]
    return resolve_links(index, asker, links)
