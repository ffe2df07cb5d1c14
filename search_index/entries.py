"""What the index answers with: plain values that a page, a command line or JSON can show as they are.

Who may see an entry is not said here: policies change while the index stands still, so every door
asks ``policies`` about the ``node`` and ``access_policy`` that an entry names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oais.information.description import ProductDescription


@dataclass(frozen=True, slots=True)
class Amount:
    """How much there is: packages, products, and bytes on disk over all versions."""

    aips: int = 0
    products: int = 0
    bytes: int = 0

    def __add__(self, other: Amount) -> Amount:
        """Return the sum of two amounts."""
        return Amount(self.aips + other.aips, self.products + other.products, self.bytes + other.bytes)


@dataclass(frozen=True, slots=True)
class NodeEntry:
    """One place in the tree and how much lies in it and below it; an empty branch has zeros.

    ``children`` counts the nodes directly below, ``own`` what rests in the node itself.
    """

    path: str
    title: str
    description: str
    kind: str
    level: str
    mission: str
    theme: str
    parent: str
    order: int
    children: int
    total: Amount
    own: Amount


@dataclass(frozen=True, slots=True)
class VersionEntry:
    """One version of a stored package, as its inventory tells it; ``size`` in bytes."""

    number: int
    created_at: str
    message: str
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class AipEntry:
    """What the catalogue knows of one package; its description is the newest version's.

    ``ra`` and ``dec`` (ICRS degrees), ``t_min`` and ``t_max`` (MJD, UTC) sum up its products and are
    None where no product has them. ``size`` is in bytes over all versions. Packages of one ``visit`` are of
    one observation.
    """

    aip_id: str
    version: int
    object_path: str
    title: str
    summary: str
    mission: str
    collection: str
    node: str
    kind: str
    level: str
    agreement: str
    provider: str
    licence: str
    access_policy: str
    submission_key: str
    receipt: str
    ingested_at: str
    created_at: str
    targets: tuple[str, ...]
    instruments: tuple[str, ...]
    obs_ids: tuple[str, ...]
    ra: float | None
    dec: float | None
    t_min: float | None
    t_max: float | None
    products: int
    files: int
    size: int
    visit: str = ""
    magnitude: float | None = None
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToldOf:
    """What a decision about a version may ask of it; ``requests`` are the observation requests it is of."""

    node: str
    kind: str
    level: str
    values: Mapping[str, Any]
    requests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProductEntry:
    """One product of the newest version of a package, described as the package itself describes it."""

    aip_id: str
    version: int
    node: str
    product: ProductDescription


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product of a package's newest version, as a list shows it; ``values`` are the mission's own."""

    aip_id: str
    version: int
    node: str
    path: str
    name: str
    kind: str
    level: str
    product_type: str
    size: int
    format_id: str
    dataproduct_type: str | None
    t_min: float | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Holding:
    """What the archive holds of one mission, in all and by native level."""

    mission: str
    total: Amount
    levels: Mapping[str, Amount]


@dataclass(frozen=True, slots=True)
class Grown:
    """What came into a mission in a year (UTC): versions of packages, and their bytes on the disk."""

    mission: str
    year: int
    versions: int
    size: int


@dataclass(frozen=True, slots=True)
class Content:
    """What a place holds of one kind, level, type and format of products; times are MJD (UTC), or None."""

    product_type: str
    kind: str
    level: str
    format_name: str
    aips: int
    files: int
    size: int
    t_min: float | None
    t_max: float | None


@dataclass(frozen=True, slots=True)
class Covered:
    """When the ``files`` of one type of product were observed: intervals in MJD (UTC) that do not touch."""

    product_type: str
    files: int
    intervals: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """A document and the newest of the ``holders`` that hold it; validity is MJD (UTC), None where open."""

    aip_id: str
    version: int
    title: str
    node: str
    path: str
    product_type: str
    size: int
    valid_from: float | None
    valid_to: float | None
    holders: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The product of a mission's type that is nearest to a moment; it lasts from ``start`` to ``stop`` (MJD).

    ``offset`` are the seconds by which it begins after the moment, less than 0 where it ended before, 0 where
    it holds it; ``covering`` counts the products of its type that hold it.
    """

    aip_id: str
    version: int
    node: str
    mission: str
    path: str
    name: str
    kind: str
    level: str
    product_type: str
    format_id: str
    dataproduct_type: str | None
    start: float
    stop: float
    offset: float
    covering: int


@dataclass(frozen=True, slots=True)
class NearestTypes:
    """What is nearest to a moment, the nearest first, of the first of so many ``types``."""

    products: tuple[Nearest, ...]
    types: int


@dataclass(frozen=True, slots=True)
class MadeWith:
    """Software that the headers of some packages name; ``target`` is the AIP that was found to hold it."""

    name: str
    value: str
    target: str
    aips: int


@dataclass(frozen=True, slots=True)
class SkyMark:
    """Packages of one mission close together on the sky: how many, where, and how far apart.

    ``ra`` and ``dec`` are the middle and ``radius`` reaches all of them (ICRS degrees); ``field`` is the
    widest field of view among them (degrees, 0 where none is known); ``target`` and ``aip_id`` are told of
    one that stands alone.
    """

    mission: str
    ra: float
    dec: float
    radius: float
    field: float
    aips: int
    target: str = ""
    aip_id: str = ""


@dataclass(frozen=True, slots=True)
class FormatHolding:
    """What the newest versions of a mission's packages hold of one format; ``oldest`` came in first (UTC)."""

    format_id: str
    name: str
    mission: str
    files: int
    size: int
    aips: int
    oldest: str
    newest: str


@dataclass(frozen=True, slots=True)
class SubmissionEntry:
    """What became of a delivery that is in: the package, its version and the receipt given."""

    aip_id: str
    version: int
    receipt: str


@dataclass(frozen=True, slots=True)
class FileHolder:
    """Where a file of a given name rests: a reference that a header names is resolved by it."""

    aip_id: str
    version: int
    path: str
    sha256: str
