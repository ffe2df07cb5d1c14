"""Which observation requests and visits a package is of: what an embargo is computed from.

The agreement's mapping, or the provider's ``submission.yaml``, gives the values that are read here:
``observation_request``, ``visit``, and the periods of the headers. All are kept as they were written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from oais.information.description import PackageDescription, ProductDescription

PERIOD_AFTER_FIRST: Final = "period_after_first_visit"
PERIOD_AFTER_LAST: Final = "period_after_last_visit"


@dataclass(frozen=True, slots=True)
class Observation:
    """One visit as a package tells of it; an empty text is what it does not say.

    ``request`` is the mission's slug, a colon and the name of the observation request. The periods are in
    days; ``completed`` is the day the provider declared the visit complete, ``waived_at`` the day the owner
    ``waived_by`` gave up the embargo.
    """

    request: str
    visit: str
    period_after_first: str = ""
    period_after_last: str = ""
    completed: str = ""
    waived_by: str = ""
    waived_at: str = ""


def observations(description: PackageDescription) -> tuple[Observation, ...]:
    """Return the visits that a package is of, each once; none where it names no observation request."""
    named = (observed_in(item, description.values, description.node) for item in description.products)
    return tuple(dict.fromkeys([*filter(None, named), *_of_provider(description)]))


def observed_in(product: ProductDescription, package: Mapping[str, Any], node: str) -> Observation | None:
    """Return the visit that a product of a package at this node is of; the ``package`` has values too."""
    request = _text(product.values, "observation_request") or _text(package, "observation_request")
    if not request:
        return None
    return Observation(
        request=f"{_mission(node)}:{request}",
        visit=_text(product.values, "visit") or _text(package, "visit"),
        period_after_first=_text(product.values, PERIOD_AFTER_FIRST),
        period_after_last=_text(product.values, PERIOD_AFTER_LAST),
    )


def _of_provider(description: PackageDescription) -> Iterator[Observation]:
    """Yield what ``submission.yaml`` says of visits and of a waiver."""
    mission = _mission(description.node)
    request, embargo = _text(description.values, "observation_request"), description.values.get("embargo")
    if not request or not isinstance(embargo, Mapping):
        return
    waiver = {"waived_by": _text(embargo, "waived_by"), "waived_at": _text(embargo, "waived_at")}
    for item in embargo.get("visits", ()) or ({"visit": _text(description.values, "visit")},):
        visit, completed = _text(item, "visit"), _text(item, "completed")
        yield Observation(f"{mission}:{request}", visit, completed=completed, **waiver)


def _mission(node: str) -> str:
    return node.partition("/")[0]


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return "" if value is None else str(value)
