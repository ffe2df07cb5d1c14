"""The tree and the holdings, as they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from oais.functions.access.views.datasets import DataSetView
from oais.functions.access.views.frame import AccessNote, Crumb, Page
from policies.references import News, Publication


@dataclass(frozen=True, slots=True)
class Branch:
    """A node as a row of the tree: what it is, what lies below it, and whether it is locked.

    ``level`` is the mission's own word (``N0``). ``branches`` is filled as deep as was asked;
    ``branch_count`` counts all children, shown or not. ``opens`` is
    the day on which what is locked opens, where one is known.
    """

    path: str
    title: str
    description: str
    kind: str
    level: str
    mission: str
    theme: str
    aips: int
    products: int
    size: int
    locked: bool
    opens: str = ""
    branch_count: int = 0
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True)
class AipCard:
    """An AIP as a row of a list; ``products`` counts neither its documents nor its software."""

    aip_id: str
    title: str
    mission: str
    node: str
    kind: str
    level: str
    version: int
    products: int
    size: int
    target: str = ""
    instrument: str = ""
    start: str = ""
    stop: str = ""
    ingested_at: str = ""
    locked: bool = False
    opens: str = ""


@dataclass(frozen=True, slots=True)
class NodeView:
    """A place of the tree with what is directly below it and the AIPs that lie in it.

    ``data_set`` is told of data sets, and of other places where AIPs lie;
    ``publications`` are about all of it.
    """

    node: Branch
    crumbs: tuple[Crumb, ...]
    access: AccessNote
    aips: tuple[AipCard, ...]
    page: Page
    branch_page: Page
    data_set: DataSetView | None = None
    publications: tuple[Publication, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the holdings under one name (a level, a kind)."""

    name: str
    aips: int
    size: int


@dataclass(frozen=True, slots=True)
class ReferenceCard:
    """Data that the archive only refers to; ``state`` is ``held elsewhere`` or ``planned``."""

    title: str
    description: str
    held_by: str
    address: str
    state: str


@dataclass(frozen=True, slots=True)
class Group:
    """What the portal shows of one theme and discipline: missions, and what is only referred to."""

    theme: str
    discipline: str
    missions: tuple[Branch, ...]
    references: tuple[ReferenceCard, ...]


@dataclass(frozen=True, slots=True)
class HoldingsView:
    """What the archive holds, in total, by mission and by level, what came in last, and the newest news."""

    name: str
    aips: int
    products: int
    size: int
    missions: tuple[Branch, ...]
    levels: tuple[Share, ...]
    newest: tuple[AipCard, ...]
    groups: tuple[Group, ...]
    news: tuple[News, ...]
