"""From what the index and the descriptions say to the rows and facts that people read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from oais.functions.access.views import AipCard, FileView, ProductCard
from oais.information.description import ObsCore, PackageDescription, ProductDescription
from search_index.entries import AipEntry

_MJD_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)
_LENGTHS = (("pm", 1e12), ("nm", 1e9), ("µm", 1e6), ("mm", 1e3), ("m", 1.0))
_MEDIA_TYPES = {
    ".xml": "application/xml",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".py": "text/x-python",
    ".fits": "application/fits",
    ".zip": "application/zip",
}


def iso_time(mjd: float | None) -> str:
    """Return an MJD (UTC days) as ISO 8601 to the second, empty when unknown or out of any calendar."""
    moment = second_of(mjd)
    return "" if moment is None else moment.replace(tzinfo=None).isoformat() + "Z"


def precise_time(mjd: float | None) -> str:
    """Return an MJD (UTC days) as ISO 8601 to the microsecond, empty as ``iso_time`` is."""
    if mjd is None or not math.isfinite(mjd):
        return ""
    try:
        moment = _MJD_EPOCH + timedelta(days=mjd)
    except OverflowError:
        return ""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _exact_time(mjd: float | None) -> str:
    """Return an MJD as ``precise_time`` does, without a fraction where there is none."""
    return precise_time(mjd).replace(".000000Z", "Z")


def second_of(mjd: float | None) -> datetime | None:
    """Return the second nearest to an MJD (UTC days), None when unknown or out of any calendar."""
    if mjd is None or not math.isfinite(mjd):
        return None
    try:
        moment = _MJD_EPOCH + timedelta(days=mjd) + timedelta(milliseconds=500)
    except OverflowError:
        return None
    return moment.replace(microsecond=0)


def aip_card(entry: AipEntry, *, locked: bool, opens: str = "") -> AipCard:
    """Return the row of an AIP in a list."""
    return AipCard(
        aip_id=entry.aip_id,
        title=entry.title,
        mission=entry.mission,
        node=entry.node,
        kind=entry.kind,
        level=entry.level,
        version=entry.version,
        products=entry.products,
        size=entry.size,
        target=", ".join(entry.targets[:3]),
        instrument=", ".join(entry.instruments[:3]),
        start=iso_time(entry.t_min),
        stop=iso_time(entry.t_max),
        ingested_at=entry.ingested_at,
        locked=locked,
        opens=opens,
    )


def described_card(description: PackageDescription, size: int, *, locked: bool) -> AipCard:
    """Return the row of an AIP from its own description."""
    obscores = [product.obscore for product in description.products]
    starts = [value.t_min for value in obscores if value.t_min is not None]
    stops = [value.t_max for value in obscores if value.t_max is not None]
    return AipCard(
        aip_id=description.aip_id,
        title=description.title,
        mission=description.mission,
        node=description.node,
        kind=description.kind,
        level=description.level,
        version=description.version,
        products=description.product_count,
        size=size,
        target=distinct(value.target_name for value in obscores),
        instrument=distinct(value.instrument_name for value in obscores),
        start=iso_time(min(starts, default=None)),
        stop=iso_time(max(stops, default=None)),
        ingested_at=description.ingested_at,
        locked=locked,
    )


def highest_level(description: PackageDescription) -> int | None:
    """Return the highest calibration level (ObsCore) among the products, None when none has one."""
    levels = (product.obscore.calib_level for product in description.products)
    return max((level for level in levels if level is not None), default=None)


def distinct(values: Iterable[str | None], most: int = 3) -> str:
    """Return up to ``most`` different texts, joined by commas."""
    return ", ".join(list(dict.fromkeys(value for value in values if value))[:most])


def product_card(product: ProductDescription, digests: Mapping[str, str]) -> ProductCard:
    """Return the row of a product; ``digests`` is what the inventory holds."""
    return ProductCard(
        path=product.path,
        name=product.path.rsplit("/", maxsplit=1)[-1],
        size=product.size,
        digests=dict(digests) or {"sha256": product.sha256},
        kind=product.kind,
        level=product.level,
        product_type=product.product_type,
        format_name=product.format_name,
        format_id=product.format_id,
        media_type=product.media_type,
    )


def file_view(path: str, size: int, digests: Mapping[str, str], title: str = "") -> FileView:
    """Return the row of a file that is no product."""
    name = path.rsplit("/", maxsplit=1)[-1]
    return FileView(path, name, size, dict(digests), media_type_of(name), title)


def media_type_of(name: str) -> str:
    """Return the media type that a file name's ending stands for."""
    dot = name.rfind(".")
    return _MEDIA_TYPES.get(name[dot:].lower(), "application/octet-stream")


def package_facts(description: PackageDescription) -> dict[str, str]:
    """Return what a reader wants to know first of a package, label by label, known values only."""
    obscores = [product.obscore for product in description.products]
    facts = {
        "Mission": description.mission,
        "Target": distinct(value.target_name for value in obscores),
        **_coverage(obscores),
        "Collection": description.collection,
        "Kind": description.kind,
        "Level": description.level,
        "Facility": distinct(value.facility_name for value in obscores),
        "Instrument": distinct(value.instrument_name for value in obscores),
        "Observation": distinct(value.obs_id for value in obscores),
        "Proposal": distinct(value.proposal_id for value in obscores),
        "Provider": description.provider,
        "Licence": description.licence,
        "Access policy": description.access_policy,
        "Agreement": description.agreement,
        "Ingested": description.ingested_at,
        "Receipt": description.receipt,
    }
    return {label: text for label, text in facts.items() if text} | plain_facts(description.values)


def _coverage(obscores: Sequence[ObsCore]) -> dict[str, str]:
    """Return where and when the products were observed: from the first of them to the last."""
    starts = [value.t_min for value in obscores if value.t_min is not None]
    stops = [value.t_max for value in obscores if value.t_max is not None]
    places = [place for place in dict.fromkeys(map(_position, obscores)) if place]
    others = f", and {len(places) - 1} other positions" if len(places) > 1 else ""
    return {
        "Position": f"{places[0]}{others}" if places else "",
        "Begins": _exact_time(min(starts, default=None)),
        "Ends": _exact_time(max(stops, default=None)),
        "Exposure": distinct(_quantity(value.t_exptime, "s") for value in obscores),
    }


def product_facts(product: ProductDescription) -> dict[str, str]:
    """Return what is known of a product: ObsCore values with their units, then the mission's own."""
    values = product.obscore
    facts = {
        "Target": values.target_name or "",
        "Position": _position(values),
        "Begins": _exact_time(values.t_min),
        "Ends": _exact_time(values.t_max),
        "Exposure": _quantity(values.t_exptime, "s"),
        "Time resolution": _quantity(values.t_resolution, "s"),
        "Samples": _quantity(values.t_xel, ""),
        "Wavelength": _wavelengths(values.em_min, values.em_max),
        "Observed quantity": values.o_ucd or "",
        "Facility": values.facility_name or "",
        "Instrument": values.instrument_name or "",
        "Observation": values.obs_id or "",
        "Proposal": values.proposal_id or "",
        "Data product type": values.dataproduct_type or "",
        "Calibration level": "" if values.calib_level is None else str(values.calib_level),
        "Valid": _interval_text(iso_time(product.valid_from), iso_time(product.valid_to)),
    }
    return {label: text for label, text in facts.items() if text} | plain_facts(product.values)


def plain_facts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return a mission's own values as labelled texts; what is nested or unknown is left out."""
    return {
        _label(name): str(value)
        for name, value in values.items()
        if isinstance(value, str | int | float) and str(value)
    }


def _label(name: str) -> str:
    """Return a value's name as a label: short first words are the abbreviations they are."""
    first, _, rest = name.replace("_", " ").partition(" ")
    return f"{first.upper() if len(first) <= 3 else first.capitalize()} {rest}".strip()


def _position(values: ObsCore) -> str:
    if values.s_ra is None or values.s_dec is None:
        return ""
    return f"RA {values.s_ra:.6f}°, Dec {values.s_dec:+.6f}° (ICRS)".replace("-", "−")


def _quantity(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:,.10g} {unit}".replace(",", "\u202f").strip()


def _wavelengths(low: float | None, high: float | None) -> str:
    """Return an interval in the unit that suits its upper end, given metres."""
    if low is None or high is None:
        return ""
    unit, factor = next((name, size) for name, size in _LENGTHS if high < 1000 / size or size == 1)
    return f"{low * factor:.4g} to {high * factor:.4g} {unit}"


def _interval_text(first: str, last: str) -> str:
    return f"{first or '…'} to {last or '…'}" if first or last else ""
