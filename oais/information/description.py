"""Package Description: what an AIP and each of its products is about, in the words of IVOA ObsCore 1.1.

Native levels are kept and mapped to ``calib_level``; a value that is not known is None, never 0.
Times are MJD in UTC days, angles ICRS degrees, wavelengths metres.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeGuard

DATAPRODUCT_TYPES = frozenset(
    {"image", "cube", "spectrum", "sed", "timeseries", "visibility", "event", "measurements"}
)
"""The values ObsCore 1.1 §3.3.1 allows; anything else stays None and is kept as the native type."""

KINDS = (
    "science",
    "calibration",
    "engineering",
    "auxiliary",
    "planning",
    "report",
    "document",
    "software",
)
"""What a product can be: calibration and reference have a validity interval, engineering is housekeeping."""


@dataclass(frozen=True, slots=True)
class ProvenanceLink:
    """A thing that a header names as having made this product.

    ``role`` is ``reference file``, ``input``, ``software``, ``step`` or ``document``; ``value`` is the name
    as the header gives it (or the status of a step); ``target`` is the AIP that holds it, if the archive
    holds one; ``source`` is the keyword it was read from.
    """

    role: str
    name: str
    value: str = ""
    source: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class ReportedValue:
    """A value that the text of a report gives, or a place in it for one.

    ``source`` is table and label, ``written`` what the report has there. Where ``value`` is None, ``reason``
    says why: ``not given`` (the report has a word for none there, such as N/A or TODO), ``not in the report``
    or ``cannot be read``. Times are MJD in UTC days; other values are in ``unit``.
    """

    name: str
    source: str
    value: float | int | str | None = None
    unit: str = ""
    written: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ObsCore:
    """The ObsCore columns that a header can give; the derived ones are made where a table is written."""

    dataproduct_type: str | None = None
    calib_level: int | None = None
    obs_collection: str | None = None
    obs_id: str | None = None
    obs_title: str | None = None
    target_name: str | None = None
    s_ra: float | None = None
    s_dec: float | None = None
    s_fov: float | None = None
    s_resolution: float | None = None
    s_xel1: int | None = None
    s_xel2: int | None = None
    t_min: float | None = None
    t_max: float | None = None
    t_exptime: float | None = None
    t_resolution: float | None = None
    t_xel: int | None = None
    em_min: float | None = None
    em_max: float | None = None
    em_res_power: float | None = None
    em_xel: int | None = None
    o_ucd: str | None = None
    pol_states: str | None = None
    facility_name: str | None = None
    instrument_name: str | None = None
    proposal_id: str | None = None


OBSCORE_FIELDS = tuple(item.name for item in fields(ObsCore))


CALIBRATED: Final = 2
"""The ``calib_level`` of ObsCore from which data are ready for science; what is below is raw."""

SPARSE: Final = "sparse"
"""Marks a field that is not written where it is empty: descriptions without it are as they always were."""

SCHEMAS: Final = ("oais-description/1", "oais-description/2")
"""What a sealed description says it is: the second has what the text of reports tells of products."""

OPEN_END: Final = 1.0e9
"""MJD that stands for an end of validity that is not known yet; far beyond any mission."""


def _is_time(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


@dataclass(frozen=True, slots=True)
class ProductDescription:
    """One product (a file of the payload): where it is, what it is, and what its headers say.

    ``path`` is the path inside the AIP, ``sip_path`` the one the provider gave it. ``values`` keeps
    mission values that ObsCore has no column for (magnitude, PI, visit, revision …) under the names
    that the agreement gives them; ``reported`` has those that the text of a report tells.
    """

    path: str
    sip_path: str
    size: int
    sha256: str
    kind: str
    level: str
    product_type: str
    format_id: str
    format_name: str
    media_type: str
    obscore: ObsCore = field(default_factory=ObsCore)
    valid_from: float | None = None
    valid_to: float | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[ProvenanceLink, ...] = ()
    reported: tuple[ReportedValue, ...] = field(default=(), metadata={SPARSE: True})

    @property
    def span(self) -> tuple[float, float] | None:
        """First and last MJD of what was observed, or else of its validity, an open end at ±``OPEN_END``.

        None when it has no time.
        """
        observed = [time for time in (self.obscore.t_min, self.obscore.t_max) if _is_time(time)]
        if observed:
            return observed[0], observed[-1]
        valid = (self.valid_from, self.valid_to)
        if not any(map(_is_time, valid)):
            return None
        return (
            valid[0] if _is_time(valid[0]) else -OPEN_END,
            valid[1] if _is_time(valid[1]) else OPEN_END,
        )


@dataclass(frozen=True, slots=True)
class PackageDescription:
    """What the AIP says of itself: sealed inside as ``metadata/descriptive/description.json``."""

    aip_id: str
    version: int
    title: str
    summary: str
    mission: str
    collection: str
    node: str
    kind: str
    level: str
    agreement: str
    provider: str
    creators: tuple[str, ...]
    publisher: str
    year: int
    licence: str
    credit: str
    access_policy: str
    submission_key: str
    receipt: str
    ingested_at: str
    products: tuple[ProductDescription, ...]
    software: tuple[Mapping[str, str], ...] = ()
    documents: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def product_count(self) -> int:
        """How many products there are; documents and software count only where there is nothing else."""
        data = sum(item.kind not in {"document", "software"} for item in self.products)
        return data or len(self.products)

    @property
    def schema(self) -> str:
        """The schema that holds it: the first that was ever written, unless a report's values are in it."""
        return SCHEMAS[any(product.reported for product in self.products)]


def from_plain(plain: Mapping[str, Any]) -> PackageDescription:
    """Read a description back; raises KeyError, TypeError or ValueError when it is not one of ours."""
    schema = plain.get("schema", SCHEMAS[0])
    if schema not in SCHEMAS:
        raise ValueError(f"its schema is {schema!r}, expected one of {', '.join(SCHEMAS)}")
    products = tuple(_product_from_plain(item) for item in plain["products"])
    names = {item.name for item in fields(PackageDescription)}
    rest = {key: value for key, value in plain.items() if key in names and key != "products"}
    for name in ("creators", "software", "documents"):
        rest[name] = tuple(rest.get(name, ()))
    return PackageDescription(products=products, **rest)


def _product_from_plain(plain: Mapping[str, Any]) -> ProductDescription:
    values = dict(plain)
    values["obscore"] = ObsCore(**plain["obscore"])
    values["provenance"] = tuple(ProvenanceLink(**link) for link in plain["provenance"])
    values["reported"] = tuple(ReportedValue(**value) for value in plain.get("reported", ()))
    return ProductDescription(**values)
