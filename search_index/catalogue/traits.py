"""What a package is searched by besides ObsCore: its visit, its owner, its star, its revision.

The values are those that agreements give these names (docs/agreements.md); a package has what any of its
products has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from oais.information.description import PackageDescription, ProductDescription
from oais.information.version_facts import package_values

REFERENCE: Final = "calibration"
"""The kind of a reference file."""

_NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "pi": ("pi",),
    "visit": ("visit",),
    "observation": ("observation",),
    "observation_type": ("observation_type", "category"),
    "spectral_type": ("spectral_type",),
    "revision": ("revision", "archive_revision"),
}
"""Each trait and the values that tell it, the first there is."""


def traits(description: PackageDescription) -> Iterator[tuple[str, str]]:
    """Yield trait and value of all that the package or one of its products is; some more than once.

    Where nothing names a visit it is what stands in its place on the pages, so that this is found too.
    """
    for values in (description.values, *(product.values for product in description.products)):
        for name in _NAMED:
            yield name, trait(values, name)
    if not trait(package_values(description), "visit"):
        yield "visit", visit_of(description).partition(":")[2]
    for product in description.products:
        yield "observation", product.obscore.obs_id or ""
        yield "proposal", product.obscore.proposal_id or ""
        if product.kind == REFERENCE:
            yield "reference", product.product_type


def trait(values: Mapping[str, Any], name: str) -> str:
    """Return a trait as mission values tell it, empty when they do not; revision 03 is revision 3."""
    told = next((values[key] for key in _NAMED[name] if values.get(key) not in (None, "")), "")
    text = " ".join(str(told).split()) if isinstance(told, str | int | float) else ""
    return str(int(text)) if name == "revision" and text.isdecimal() else text


def magnitude(values: Mapping[str, Any]) -> float | None:
    """Return the magnitude of mission values, None when they have none."""
    try:
        number = float(values["magnitude"])
    except (KeyError, TypeError, ValueError):
        return None
    return number if abs(number) < 100 else None


def visit_of(description: PackageDescription) -> str:
    """Return what tells the visit of a package from all others: its mission, a colon and the visit's name.

    Visits of other observation requests may have the same name. Without a visit it is the one observation
    that all products are of; without that the package itself.
    """
    values = package_values(description)
    named, request = trait(values, "visit"), str(values.get("observation_request", ""))
    if named and request and not named.startswith(request):
        named = f"{request}/{named}"
    observed = {_observed(product) for product in description.products} - {""}
    only = observed.pop() if len(observed) == 1 else description.aip_id
    return f"{description.mission}:{named or only}"


def _observed(product: ProductDescription) -> str:
    return product.obscore.obs_id or ""
