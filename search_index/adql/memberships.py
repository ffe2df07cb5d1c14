"""Packages by what the search's form asks: the words of ``package_has``, and the query each stands for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from oais.errors import WrongUsageError
from oais.information.text import printable
from search_index.adql.faults import AdqlError
from search_index.adql.writing import Membership
from search_index.catalogue.database import CatalogueConnection
from search_index.catalogue.selection import Scored, selected
from search_index.conditions import parse_conditions
from search_index.query import FACETS, TRAITS, Cone, Query, parse_cone, parse_time
from search_index.view import View
from search_index.words.terms import read_question

Values = tuple[str, ...]

NOT_RAW: Final = "not raw"
"""What data may be asked to be."""

MOST_MEMBERSHIPS: Final = 60
MOST_VALUES: Final = 2_000
"""Questions of this kind in one query, and values in all of them."""


def _one(values: Values) -> str:
    if len(values) != 1:
        raise WrongUsageError(f"{len(values)} values were given; expected one")
    return values[0]


def _not_raw(values: Values) -> bool:
    if _one(values) != NOT_RAW:
        raise WrongUsageError(f"found {printable(values[0], 80)!r}; expected {NOT_RAW!r}")
    return True


def _any(name: str, values: Values) -> dict[str, Any]:
    return {name: values}


def _target(value: str) -> str | Cone:
    """Return a target of a list: a cone where three numbers stand, else a name."""
    try:
        return parse_cone(value)
    except WrongUsageError:
        return value


ASKED: Final[Mapping[str, Callable[[Values], dict[str, Any]]]] = {
    **{name: partial(_any, name) for name in (*FACETS, *TRAITS)},
    "cone": lambda values: {"cone": parse_cone(_one(values))},
    "words": lambda values: {"words": _one(values)},
    "identifier": lambda values: {"ids": values},
    "request": lambda values: {"request": values},
    "node": lambda values: {"node": _one(values)},
    "place": lambda values: {"among": values},
    "any_target": lambda values: {"targets": tuple(map(_target, values))},
    "value": lambda values: {"where": parse_conditions(_one(values))},
    "data": lambda values: {"without_raw": _not_raw(values)},
    "time": lambda values: {"time": parse_time(_one(values))},
    "validity": lambda values: {"valid": parse_time(_one(values))},
}
"""What may be asked, and how a query of the search asks it."""


def members(
    view: View, connection: CatalogueConnection, asked: tuple[Membership, ...], without: tuple[str, ...]
) -> dict[str, str]:
    """Return by its parameter the packages of each question, row numbers as JSON; raises AdqlError."""
    values = sum(len(one.values) for one in asked)
    if len(asked) > MOST_MEMBERSHIPS or values > MOST_VALUES:
        raise AdqlError(
            f"package_has is asked {len(asked)} times of {values} values; "
            f"expected up to {MOST_MEMBERSHIPS} and {MOST_VALUES}"
        )
    return {one.parameter: _members(view, connection, one, without) for one in asked}


def _members(view: View, connection: CatalogueConnection, one: Membership, without: tuple[str, ...]) -> str:
    if one.what not in ASKED:
        raise AdqlError(
            f"package_has knows no {printable(one.what, 80)!r}",
            one.place,
            remedy=f"expected one of {', '.join(ASKED)}",
        )
    try:
        query = Query(**ASKED[one.what](one.values), without=without, facets=False)
        scored = _scored(view, query.words, without)
        if query.words and scored is None:
            return json.dumps(None)
        columns = view.columns
        found = view.checked(lambda: selected(columns, connection, query, scored))
    except WrongUsageError as error:
        raise AdqlError(error.message, one.place, remedy=error.remedy) from None
    return json.dumps(columns.numbers(found.positions))


def _scored(view: View, words: str, without: tuple[str, ...]) -> Scored | None:
    asked = read_question(words)
    if not asked:
        return None
    numbers, scores = view.matching(asked, without)
    return Scored(numbers[numbers > 0], scores[numbers > 0])
