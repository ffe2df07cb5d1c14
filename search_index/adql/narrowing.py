"""Conditions by which packages are looked up, so that not every row has to be asked.

A narrowing may leave too many packages, never too few; unless it is the whole condition, that is asked all
the same of the rows that are left.
"""

from __future__ import annotations

from typing import NamedTuple

from search_index.adql.functions import MEMBERSHIP
from search_index.adql.geometry import circle_around
from search_index.adql.tree import Call, Expression, Literal, Operation
from search_index.adql.writing import Writer


class Narrowed(NamedTuple):
    """The SQL that finds the packages of a condition, empty where nothing does; ``whole`` if it is all."""

    packages: str = ""
    whole: bool = False


def narrowing(writer: Writer, condition: Expression) -> Narrowed:
    """Return how the packages of a condition that must hold are found."""
    call = _called(condition)
    if call is not None and call.name == MEMBERSHIP:
        return Narrowed(writer.among(writer.membership(call)), whole=True)
    if call is not None and call.name == "CONTAINS":
        cone = circle_around(writer, call)
        if cone is not None:
            asked = f"{cone.ra!r},{cone.dec!r},{cone.radius!r}"
            return Narrowed(writer.among(writer.asked("cone", (asked,), call.place)))
    return Narrowed()


def _called(condition: Expression) -> Call | None:
    """Return the function of ``1 = FUNCTION(…)``, whichever stands first."""
    if not isinstance(condition, Operation) or condition.sign != "=":
        return None
    for one, other in (condition.parts, reversed(condition.parts)):
        if isinstance(one, Literal) and one.value == 1 and isinstance(other, Call):
            return other
    return None
