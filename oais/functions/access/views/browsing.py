"""What is told of the sky, of gaps and of how things were made."""

from __future__ import annotations

from dataclasses import dataclass

from oais.functions.access.views.datasets import Gap, Lane
from oais.functions.access.views.frame import AccessNote, Crumb, Page
from oais.functions.access.views.packages import EventView, LinkView, PreservationView
from oais.functions.access.views.places import AipCard, Branch


@dataclass(frozen=True, slots=True)
class InventoryView:
    """What times a data set covers and where it has gaps; ``product_type`` narrows both."""

    node: Branch
    crumbs: tuple[Crumb, ...]
    product_type: str
    lanes: tuple[Lane, ...]
    gaps: tuple[Gap, ...]
    page: Page


@dataclass(frozen=True, slots=True)
class SkyPoint:
    """One mark of the map: packages of one mission close together (ICRS degrees), as the index has them."""

    mission: str
    ra: float
    dec: float
    radius: float
    field: float
    aips: int
    target: str
    aip_id: str


@dataclass(frozen=True, slots=True)
class MissionOnSky:
    """How many packages of a mission have a position; its place in the list chooses its colour."""

    mission: str
    aips: int


@dataclass(frozen=True, slots=True)
class SkyCell:
    """How many packages lie in one cell of the sky (HEALPix, nested)."""

    number: int
    aips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SkyPosition:
    """A position that was asked for, in ICRS as degrees and as people write it, and in two other frames.

    ``cell`` is the number of its cell. ``near`` are the marks that are nearest, each with its distance; all
    angles are degrees.
    """

    ra: float
    dec: float
    written: str
    galactic: tuple[float, float]
    ecliptic: tuple[float, float]
    cell: int
    near: tuple[tuple[SkyPoint, float], ...]


@dataclass(frozen=True, slots=True)
class SkyView:
    """Where the holdings lie on the sky; ``unplaced`` packages have no position.

    ``cells`` are those of HEALPix ``order`` in which there is anything; ``asked`` is the position that was
    asked for, if any.
    """

    mission: str
    missions: tuple[MissionOnSky, ...]
    points: tuple[SkyPoint, ...]
    placed: int
    unplaced: int
    order: int = 0
    cells: tuple[SkyCell, ...] = ()
    asked: SkyPosition | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing in the making of data: ``column`` 0 is this package, less is before it and 1 after.

    ``target`` is the AIP that it is, if one holds it that may be known; ``more`` stands for that many others.
    """

    key: str
    role: str
    name: str
    value: str
    target: str
    column: int
    more: int = 0


@dataclass(frozen=True, slots=True)
class Lineage:
    """Things and what was made from what: pairs of keys, from the earlier to the later."""

    steps: tuple[Step, ...]
    edges: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProvenanceView:
    """From what, by what and with what a package or one ``product`` of it was made, and what came of it."""

    card: AipCard
    crumbs: tuple[Crumb, ...]
    access: AccessNote
    reference: str
    version: int
    newest: int
    product: str
    lineage: Lineage
    links: tuple[LinkView, ...]
    derived: tuple[LinkView, ...]
    events: tuple[EventView, ...]
    preservation: PreservationView
