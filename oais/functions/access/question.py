"""A search as it is typed, and the query of the index that it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oais.errors import WrongUsageError
from oais.functions.resolving.resolver import Named
from search_index.angles import parse_dec, parse_ra
from search_index.conditions import parse_conditions
from search_index.query import (
    Cone,
    Query,
    TimeSpan,
    parse_cone,
    parse_range,
    parse_time,
)

RADIUS = "5.0"
"""Degrees around a position when no radius is said (CB-11)."""

ANY = "*"
"""Stands for every type of reference file."""

HIDE = "hide"
"""What ``Question.raw`` says to leave out raw data."""

VISITS = "visits"
"""What ``Question.show`` says to have a hit a visit; else each package is one."""


@dataclass(frozen=True, slots=True)
class Question:
    """A search as it is typed, all text; ``cone`` is RA,DEC,RADIUS in degrees, ``time`` FROM/TO.

    ``ra``, ``dec`` and ``radius`` are a cone too, degrees or sexagesimal; ``start`` and ``stop`` a time too.
    ``near`` is the name of a target: a cone lies around its position, which ``named`` has; nobody types that.
    ``ids`` may hold several identifiers, patterns or ranges, parted by commas or spaces. ``reference`` are
    types of reference files, of which any will do, ``*`` all there are. ``request`` is one observation
    request, written MISSION:NAME. ``where`` are conditions on values, parted by semicolons. ``among`` are the
    places and identifiers of a profile, of which any will do; nobody types them. ``list`` names a list of
    targets that is kept; ``targets`` are names and cones such as it has, of which any will do, and nobody
    types them either. ``raw`` is ``hide`` to leave out raw data. ``show`` is ``visits`` or ``packages``.
    """

    words: str = ""
    mission: str = ""
    level: str = ""
    kind: str = ""
    target: str = ""
    product_type: str = ""
    dataproduct_type: str = ""
    mag_min: str = ""
    mag_max: str = ""
    ra: str = ""
    dec: str = ""
    radius: str = RADIUS
    near: str = ""
    named: Named | None = None
    spectral_type: str = ""
    cone: str = ""
    pi: str = ""
    visit: str = ""
    observation: str = ""
    observation_type: str = ""
    proposal: str = ""
    revision: str = ""
    start: str = ""
    stop: str = ""
    time: str = ""
    reference: tuple[str, ...] = ()
    valid_from: str = ""
    valid_to: str = ""
    node: str = ""
    ids: str = ""
    request: str = ""
    among: tuple[str, ...] = ()
    where: str = ""
    list: str = ""
    targets: tuple[str | Cone, ...] | None = None
    raw: str = ""
    show: str = ""
    order: str = ""
    page: int = 1
    per_page: int = 25


def query_of(question: Question, without: tuple[str, ...]) -> Query:
    """Return a question as the index takes it; raises WrongUsageError for what cannot be read."""
    if question.show not in ("", VISITS, "packages"):
        raise WrongUsageError(f"show is {question.show!r}; expected visits or packages")
    if question.raw not in ("", HIDE):
        raise WrongUsageError(f"raw is {question.raw!r}; expected {HIDE}, or nothing to see raw data too")
    return Query(
        words=question.words,
        mission=question.mission,
        level=question.level,
        kind=question.kind,
        target=question.target,
        product_type=question.product_type,
        dataproduct_type=question.dataproduct_type,
        node=question.node,
        ids=tuple(question.ids.replace(",", " ").split()),
        request=question.request,
        among=question.among,
        targets=() if _unplaced(question) else question.targets,
        without=without,
        without_raw=question.raw == HIDE,
        order=_order(question),
        visits=question.show == VISITS,
        offset=(question.page - 1) * question.per_page,
        limit=question.per_page,
        **_of_target(question),
        **_of_observation(question),
    )


def _order(question: Question) -> str:
    """Return the order; by distance is the order of a cone alone, and falls away with it."""
    centred = question.cone or question.ra or question.dec or (question.near and not _unplaced(question))
    return "" if question.order.removeprefix("-") == "distance" and not centred else question.order


def _unplaced(question: Question) -> bool:
    """Return whether a cone is asked for around what nobody knows a position of: there is nothing in it."""
    return bool(question.near) and (question.named is None or question.named.position is None)


def _of_target(question: Question) -> dict[str, Any]:
    magnitudes = question.mag_min or question.mag_max
    return {
        "cone": _cone(question),
        "magnitude": parse_range(question.mag_min, question.mag_max) if magnitudes else None,
        "spectral_type": question.spectral_type,
    }


def _of_observation(question: Question) -> dict[str, Any]:
    return {
        "pi": question.pi,
        "visit": question.visit,
        "observation": question.observation,
        "observation_type": question.observation_type,
        "proposal": question.proposal,
        "where": parse_conditions(question.where),
        "revision": question.revision.lstrip("0") or question.revision[-1:],
        "reference": ANY if ANY in question.reference else question.reference,
        "time": _time(question),
        "valid": _ends("validity", question.valid_from, question.valid_to),
    }


def _cone(question: Question) -> Cone | None:
    placed = question.ra or question.dec
    if question.near and (placed or question.cone):
        raise WrongUsageError("a name and a position are given", remedy="give either of them")
    if question.cone and placed:
        raise WrongUsageError("a cone and a position are given", remedy="give either of them")
    if question.near:
        found = question.named.position if question.named else None
        radius = _radius(question)
        return Cone(found.ra, found.dec, radius) if found else None
    if not placed:
        return parse_cone(question.cone) if question.cone else None
    if not (question.ra and question.dec):
        lacking = "declination" if question.ra else "right ascension"
        raise WrongUsageError(f"the position has no {lacking}", remedy="give both RA and Dec, or neither")
    return Cone(parse_ra(question.ra), parse_dec(question.dec), _radius(question))


def _radius(question: Question) -> float:
    """Return the radius in degrees; a wrong one is a fault also where nobody knows the name that is asked."""
    try:
        radius = float(question.radius or RADIUS)
    except ValueError:
        raise WrongUsageError(f"the radius {question.radius!r} is no number of degrees") from None
    return Cone(0.0, 0.0, radius).radius


def _time(question: Question) -> TimeSpan | None:
    if question.time and (question.start or question.stop):
        raise WrongUsageError("a time and its start or stop are given", remedy="give either of them")
    if question.time:
        return parse_time(question.time)
    return _ends("time", question.start, question.stop)


def _ends(what: str, first: str, last: str) -> TimeSpan | None:
    if "/" in first + last:
        raise WrongUsageError(
            f"an end of the {what} holds a slash; expected one date or time such as 2018-01-01"
        )
    return parse_time(f"{first}/{last}") if first or last else None
