"""Check that names, headers, tags and the provider's notes agree, and that values are possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from oais.information.description import OBSCORE_FIELDS, ObsCore
from oais.information.findings import Finding, finding
from oais.information.packages import Inspection
from policies.conversion import plain, to_text
from policies.header import HeaderReader
from policies.mapping import MappedProduct, describe_product
from policies.terms import Agreement, ProductRule
from sip.checks.delivery import Delivery

_EARLIEST = 0.0
_LATEST = 109207.0
"""17 November 1858 and 1 January 2158 as MJD: no space mission observes outside of them."""


def check_consistency(
    delivery: Delivery, agreement: Agreement, products: Mapping[str, MappedProduct]
) -> Iterator[Finding]:
    """Yield what contradicts itself; ``products`` is what the mapping made of each payload file."""
    for path in sorted(products):
        yield from products[path].findings
        yield from impossible_values(products[path], path)
    for inspection, rule, names in delivery.ruled(agreement):
        yield from _check_same(delivery, inspection, rule, names)
        yield from _check_stated(delivery, agreement, inspection, rule, names, products[inspection.path])


def impossible_values(product: MappedProduct, path: str) -> Iterator[Finding]:
    """Yield values that cannot be (errors) and values that are odd (warnings) of one product."""
    core = product.obscore
    for name, found, expected in _impossible(core, product):
        yield finding("CON-002", path, f"{name} is {found}, expected {expected}")
    for name, found, expected in _odd(core):
        yield finding("CON-006", path, f"{name} is {found}, expected {expected}")


def _impossible(core: ObsCore, product: MappedProduct) -> Iterator[tuple[str, Any, str]]:
    if core.s_ra is not None and not 0 <= core.s_ra <= 360:
        yield "s_ra", core.s_ra, "0 to 360 degrees"
    if core.s_dec is not None and not -90 <= core.s_dec <= 90:
        yield "s_dec", core.s_dec, "-90 to 90 degrees"
    for name in ("t_min", "t_max"):
        moment = getattr(core, name)
        if moment is not None and not _EARLIEST <= moment <= _LATEST:
            yield name, moment, "an MJD between the years 1858 and 2158"
    for name in ("t_exptime", "t_resolution", "em_min", "em_max", "s_fov", "s_xel1", "s_xel2", "t_xel"):
        size = getattr(core, name)
        if size is not None and size < 0:
            yield name, size, "zero or more"
    intervals = {
        "t_min": (core.t_min, core.t_max, "t_max"),
        "em_min": (core.em_min, core.em_max, "em_max"),
        "valid_from": (product.valid_from, product.valid_to, "valid_to"),
    }
    for name, (first, last, other) in intervals.items():
        if first is not None and last is not None and first > last:
            yield name, first, f"at most {other}, which is {last}"


def _odd(core: ObsCore) -> Iterator[tuple[str, Any, str]]:
    if core.t_min is not None and core.t_min == core.t_max:
        yield "t_max", f"equal to t_min ({core.t_max})", "a later moment: an observation takes time"
    if core.t_exptime == 0:
        yield "t_exptime", 0, "more than zero seconds"
    if (core.s_ra is None) != (core.s_dec is None):
        yield "position", f"s_ra {core.s_ra}, s_dec {core.s_dec}", "both or none"
    if core.s_ra == 0 and core.s_dec == 0:
        yield "position", "0, 0", "a position: zeros are often written for none"


def _check_same(
    delivery: Delivery, inspection: Inspection, rule: ProductRule, names: dict[str, str]
) -> Iterator[Finding]:
    reader = HeaderReader(inspection, names, delivery.submission, delivery.tags)
    known = {"level": rule.level, **names}
    for name, source in rule.same.items():
        said, header = known.get(name), plain(reader.first(source))
        if said is None or header is None or _agree(said, to_text(header)):
            continue
        if name == "level":
            message = f"{source} is {to_text(header)!r}, but a {rule.name} is of level {said!r}"
            yield finding("CON-004", inspection.path, message)
        else:
            message = f"{source} is {to_text(header)!r}, but the file name says {name} {said!r}"
            yield finding("CON-003", inspection.path, message)


def _agree(said: str, header: str) -> bool:
    """Return whether a name and a header say the same: as numbers, as words, or as the day of a time."""
    if said.isdigit() and header.isdigit():
        return int(said) == int(header)
    digits = "".join(character for character in header if character.isdigit())
    day = len(said) == 8 and said.isdigit() and digits.startswith(said)
    return day or said.casefold() == header.casefold()


def _check_stated(
    delivery: Delivery,
    agreement: Agreement,
    inspection: Inspection,
    rule: ProductRule,
    names: dict[str, str],
    product: MappedProduct,
) -> Iterator[Finding]:
    """Yield where ``submission.yaml`` says otherwise than the headers; what it says was taken."""
    if delivery.submission is None:
        return
    headers = describe_product(agreement, rule, inspection, names)
    for name in OBSCORE_FIELDS:
        told, stated = getattr(headers.obscore, name), getattr(product.obscore, name)
        if name not in ("calib_level", "dataproduct_type") and told is not None and told != stated:
            message = f"{name} is {told!r} by the headers, but submission.yaml says {stated!r}"
            yield finding("CON-005", inspection.path, message)
