"""A search of the form said in ADQL: whatever the form can ask, one query asks too.

Conditions on packages stand as ``package_has``, since a package answers when any of its products does. The
circle and the time must hold for one product, and stand as conditions on rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from search_index.adql.columns import TABLE
from search_index.adql.memberships import NOT_RAW
from search_index.conditions import Condition
from search_index.query import FACETS, TRAITS, Cone, Query, TimeSpan, as_order, choices

_SELECTED: Final = (
    *("package_id", "product_path", "dataproduct_type", "obs_collection", "obs_id", "target_name"),
    *("s_ra", "s_dec", "t_min", "t_max", "access_url"),
)
_ORDERS: Final = {
    "title": "package_title",
    "id": "package_id",
    "time": "t_min",
    "size": "package_size",
    "ingested": "ingested_at",
    "stop": "t_max",
    "target": "target_name",
    "ra": "s_ra",
    "dec": "s_dec",
    "magnitude": "magnitude",
    "visit": "visit_id",
    "observation": "obs_id",
}
"""The columns of the products by which the orders of packages are said."""


def adql_of(query: Query) -> str:
    """Return the ADQL that finds the products of all packages that a query finds, and of no others.

    ``without`` is no part of it: who asks is known where it is answered. Nor are the page and its size.
    """
    lines = [f"SELECT {', '.join(_SELECTED)}", f"FROM {TABLE}"]
    conditions = list(_conditions(query))
    lines += [f"{'WHERE' if number == 0 else '  AND'} {text}" for number, text in enumerate(conditions)]
    if order := _order(query):
        lines.append(f"ORDER BY {order}")
    return "\n".join(lines)


def _conditions(query: Query) -> Iterator[str]:
    if query.words.strip():
        yield _has("words", query.words)
    for name in (*FACETS, *TRAITS):
        yield from _any(name, choices(getattr(query, name)))
    yield from _any("identifier", choices(query.ids))
    yield from _any("request", choices(query.request))
    yield from _any("place", query.among)
    if query.node:
        yield _has("node", query.node)
    if query.targets is not None:
        named = tuple(_written(one) if isinstance(one, Cone) else one for one in query.targets)
        yield from _any("any_target", named) if named else ("1 = 0",)
    for condition in query.where:
        yield _has("value", _said(condition)) if condition.name else "1 = 0"
    if query.valid is not None:
        yield _has("validity", _between(query.valid))
    if query.without_raw:
        yield _has("data", NOT_RAW)
    if query.together:
        yield f"visit_id = {_quoted(query.together)}"
    yield from _in_numbers(query)


def _in_numbers(query: Query) -> Iterator[str]:
    """Yield the conditions on magnitude, place and time."""
    if query.magnitude is not None:
        low, high = query.magnitude.low, query.magnitude.high
        ends = ((">=", low), ("<=", high))
        yield from (f"magnitude {sign} {end!r}" for sign, end in ends if end is not None)
        if low is None and high is None:
            yield "magnitude IS NOT NULL"
    if (cone := query.cone) is not None:
        circle = f"CIRCLE('ICRS', {cone.ra!r}, {cone.dec!r}, {cone.radius!r})"
        yield f"1 = CONTAINS(POINT('ICRS', s_ra, s_dec), {circle})"
    if (time := query.time) is not None:
        if time.stop is not None:
            yield f"covers_from <= {time.stop!r}"
        if time.start is not None:
            yield f"covers_to >= {time.start!r}"
        if time.start is None and time.stop is None:
            yield "covers_from IS NOT NULL"


def _order(query: Query) -> str:
    order, turned = as_order(query, bool(query.words.strip()))
    if order == "distance" and query.cone is not None:
        centre = f"POINT('ICRS', {query.cone.ra!r}, {query.cone.dec!r})"
        said = f"DISTANCE(POINT('ICRS', s_ra, s_dec), {centre})"
    else:
        said = _ORDERS.get(order, "")
    return f"{said} DESC" if said and turned else said


def _any(name: str, values: tuple[str, ...]) -> Iterator[str]:
    if values:
        yield _has(name, *values)


def _has(what: str, *values: str) -> str:
    return f"1 = package_has({', '.join(map(_quoted, (what, *values)))})"


def _quoted(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))


def _written(cone: Cone) -> str:
    return f"{cone.ra!r},{cone.dec!r},{cone.radius!r}"


def _said(condition: Condition) -> str:
    return f"{condition.name} {condition.sign} {condition.text}"


def _between(span: TimeSpan) -> str:
    return "/".join("" if end is None else repr(end) for end in (span.start, span.stop))
