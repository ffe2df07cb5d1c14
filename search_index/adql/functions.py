"""The functions that queries may use (ADQL 2.1 §2.3 and §4): what each takes, gives, and is in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from search_index.adql.columns import REAL, TEXT, WHOLE

NUMBERS: Final = REAL + WHOLE
"""The types of numbers."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of SQL: its name there, how many values it takes, of which types, and what it gives.

    What gives nothing of its own gives what its first value is.
    """

    sql: str
    fewest: int
    most: int
    takes: str = NUMBERS
    gives: str = REAL


SCALAR: Final = {
    **{name: Function(name.lower(), 1, 1) for name in (
        "SQRT", "EXP", "LOG10", "SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "DEGREES", "RADIANS", "FLOOR"
    )},
    "ABS": Function("magnitude_of", 1, 1),
    "CEILING": Function("ceil", 1, 1),
    "LOG": Function("ln", 1, 1),
    "TRUNCATE": Function("trunc", 1, 1),
    "SIGN": Function("sign", 1, 1, gives=WHOLE),
    "ROUND": Function("round", 1, 2),
    "ATAN2": Function("atan2", 2, 2),
    "POWER": Function("power", 2, 2),
    "MOD": Function("mod", 2, 2),
    "PI": Function("pi", 0, 0),
    "UPPER": Function("upper", 1, 1, TEXT, TEXT),
    "LOWER": Function("lower", 1, 1, TEXT, TEXT),
    "COALESCE": Function("coalesce", 2, 20, NUMBERS + TEXT, ""),
}  # fmt: skip
"""What makes one value of the values of a row; beyond the numbers a function is made for it gives NULL."""

AGGREGATE: Final = {
    "COUNT": Function("count", 1, 1, NUMBERS + TEXT, WHOLE),
    "MIN": Function("min", 1, 1, NUMBERS + TEXT, ""),
    "MAX": Function("max", 1, 1, NUMBERS + TEXT, ""),
    "SUM": Function("sum_of", 1, 1, NUMBERS, ""),
    "AVG": Function("mean_of", 1, 1, NUMBERS, REAL),
}
"""What makes one value of many rows."""

SHAPES: Final = ("POINT", "CIRCLE")
"""What stands for a part of the sky."""

GEOMETRIES: Final = ("CONTAINS", "INTERSECTS", "DISTANCE")
"""What parts of the sky are asked."""

COORDINATES: Final = ("COORD1", "COORD2")
"""What gives the right ascension and declination of a point."""

MEMBERSHIP: Final = "PACKAGE_HAS"
"""The function of the archive by which queries ask what the search's form asks; see ``memberships``."""

LACKING: Final = frozenset(
    {"BOX", "POLYGON", "REGION", "AREA", "CENTROID", "COORDSYS", "RAND", "CAST", "IN_UNIT", "SUBSTRING"}
)
"""What ADQL names and this archive has not."""
