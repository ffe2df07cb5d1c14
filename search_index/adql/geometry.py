"""Points, circles and regions on the sky (ADQL 2.1 §4.2) as SQL; whatever is asked, it is a distance.

A region is the circle of a product's field, or its position where no field is known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from oais.errors import WrongUsageError
from oais.information.text import printable
from search_index.adql.columns import REAL, WHOLE
from search_index.adql.faults import AdqlError
from search_index.adql.functions import NUMBERS
from search_index.adql.tree import Call, Column, Expression, Literal, Operation
from search_index.adql.writing import Sql, Writer
from search_index.query import Cone
from search_index.sky import ROUNDING, box, rim, unit_vector

_SYSTEMS: Final = ("", "ICRS", "ICRS GEOCENTER", "ICRS BARYCENTER")
_FIELD: Final = "CASE WHEN p.s_fov > 0 THEN p.s_fov / 2.0 ELSE 0.0 END"
_WHOLE_SKY: Final = 180.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A circle in SQL: its centre and radius in degrees; a point has the radius 0.

    ``known`` are the numbers where all three are such, and ``of_row`` says that it is the row's position.
    """

    ra: str
    dec: str
    radius: str = "0.0"
    known: tuple[float, float, float] | None = None
    of_row: bool = False
    area: bool = False


def geometry(writer: Writer, call: Call) -> Sql:
    """Return CONTAINS, INTERSECTS, DISTANCE or a coordinate in SQL; raises AdqlError."""
    if call.name in ("COORD1", "COORD2"):
        (shape,) = _shapes(writer, call, call.parts, 1)
        return Sql(shape.ra if call.name == "COORD1" else shape.dec, REAL)
    if call.name == "DISTANCE" and len(call.parts) == 4:
        ra1, dec1, ra2, dec2 = (writer.value(part, NUMBERS).text for part in call.parts)
        return Sql(f"sky_apart({ra1}, {dec1}, {ra2}, {dec2})", REAL)
    one, other = _shapes(writer, call, call.parts, 2)
    apart = f"sky_apart({one.ra}, {one.dec}, {other.ra}, {other.dec})"
    if call.name == "DISTANCE":
        if one.area or other.area:
            raise AdqlError("DISTANCE is that of two points", call.place)
        return Sql(apart, REAL)
    if call.name == "CONTAINS":
        within = f"({apart} + {one.radius} <= {other.radius} + {ROUNDING!r})"
    else:
        within = f"({apart} <= {one.radius} + {other.radius} + {ROUNDING!r})"
    return Sql(_boxed(writer, one, other, within), WHOLE)


def circle_around(writer: Writer, call: Call) -> Cone | None:
    """Return the circle within which a call of CONTAINS asks the position of the row to be, if it does."""
    return _known_circle(*_shapes(writer, call, call.parts, 2))


def _known_circle(one: Shape, other: Shape) -> Cone | None:
    """Return the circle that the position of the row is compared with; None for all else."""
    if not one.of_row or one.area or other.known is None or not 0 < other.known[2] <= _WHOLE_SKY:
        return None
    return Cone(*other.known)


def _boxed(writer: Writer, one: Shape, other: Shape, within: str) -> str:
    """Return the same told at once for rows that surely lie outside or inside a circle that is known."""
    circle = _known_circle(one, other)
    if circle is None:
        return within
    bounds = zip(("p.x", "p.y", "p.z"), box(circle), strict=True)
    outside = " OR ".join(
        f"{axis} < {writer.parameter(low)} OR {axis} > {writer.parameter(high)}"
        for axis, (low, high) in bounds
    )
    centre = (writer.parameter(part) for part in unit_vector(circle.ra, circle.dec))
    parts = (f"({axis} - {at})" for axis, at in zip(("p.x", "p.y", "p.z"), centre, strict=True))
    squared = " + ".join(f"{part} * {part}" for part in parts)
    near, far = map(writer.parameter, rim(circle))
    told = f"WHEN {squared} <= {near} THEN 1 WHEN {squared} > {far} THEN 0"
    return f"(CASE WHEN {outside} THEN 0 {told} ELSE {within} END)"


def _shapes(writer: Writer, call: Call, parts: Sequence[Expression], wanted: int) -> list[Shape]:
    if len(parts) != wanted:
        raise AdqlError(f"{call.name} has {len(parts)} values; expected {wanted}", call.place)
    return [_shape(writer, part) for part in parts]


def _shape(writer: Writer, part: Expression) -> Shape:
    if isinstance(part, Column) and writer.column(part).name == "s_region":
        return Shape("p.s_ra", "p.s_dec", _FIELD, of_row=True, area=True)
    if isinstance(part, Call) and part.name == "POINT":
        return _point(writer, part)
    if isinstance(part, Call) and part.name == "CIRCLE":
        return _circle(writer, part)
    if isinstance(part, Call):
        writer.sql(part)  # a function that is lacking says so itself
    raise AdqlError("expected POINT(…), CIRCLE(…) or s_region", part.place)


def _without_system(call: Call) -> tuple[Expression, ...]:
    """Return the values of a shape without the name of its system; raises AdqlError for another than ICRS."""
    first = call.parts[0] if call.parts else None
    if not (isinstance(first, Literal) and isinstance(first.value, str)):
        return call.parts
    if first.value.strip().upper() not in _SYSTEMS:
        raise AdqlError(f"the system is {printable(first.value, 80)!r}; expected 'ICRS'", first.place)
    return call.parts[1:]


def _point(writer: Writer, call: Call) -> Shape:
    parts = _without_system(call)
    if len(parts) != 2:
        raise AdqlError(f"POINT has {len(parts)} coordinates; expected 2", call.place)
    ra, dec = (writer.value(part, NUMBERS).text for part in parts)
    columns = [writer.column(part).name for part in parts if isinstance(part, Column)]
    numbers = [_number(part) for part in parts]
    known = None if None in numbers else _checked(call, numbers, 0.0)
    return Shape(ra, dec, known=known, of_row=columns == ["s_ra", "s_dec"])


def _circle(writer: Writer, call: Call) -> Shape:
    parts = _without_system(call)
    if len(parts) == 2 and isinstance(parts[0], Call) and parts[0].name == "POINT":
        parts = (*_without_system(parts[0]), parts[1])
    if len(parts) != 3:
        raise AdqlError(f"CIRCLE has {len(parts)} numbers; expected ra, dec and radius", call.place)
    ra, dec, radius = (writer.value(part, NUMBERS).text for part in parts)
    numbers = [_number(part) for part in parts]
    known = None if None in numbers else _checked(call, numbers[:2], numbers[2] or 0.0)
    return Shape(ra, dec, radius, known, area=True)


def _checked(call: Call, centre: Sequence[float | None], radius: float) -> tuple[float, float, float]:
    """Return centre and radius as they are known; raises AdqlError for what is not on the sky."""
    ra, dec = (number or 0.0 for number in centre)
    try:
        Cone(ra, dec, radius or 1.0)
    except WrongUsageError as error:
        raise AdqlError(error.message, call.place) from None
    return ra, dec, radius


def _number(part: Expression) -> float | None:
    """Return the number that stands in the query, with a sign or without; None for all else."""
    if isinstance(part, Operation) and part.sign == "negative":
        inner = _number(part.parts[0])
        return None if inner is None else -inner
    return float(part.value) if isinstance(part, Literal) and isinstance(part.value, int | float) else None


def sky_apart(ra1: object, dec1: object, ra2: object, dec2: object) -> float | None:
    """Return how far two directions are apart, in degrees; None where one of them is none.

    Kahan's form, as ``search_index.sky.distances`` has it for many.
    """
    angles = [angle for angle in (ra1, dec1, ra2, dec2) if isinstance(angle, int | float)]
    if len(angles) < 4 or not all(map(math.isfinite, angles)) or max(abs(angles[1]), abs(angles[3])) > 90:
        return None
    one, other = unit_vector(angles[0], angles[1]), unit_vector(angles[2], angles[3])
    apart, together = math.dist(one, other), math.dist(one, [-part for part in other])
    return math.degrees(2.0 * math.atan2(apart, together))
