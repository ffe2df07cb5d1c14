"""Columns with many numbers a row, over an axis: energies, frequencies, pitch angles; of any format.

They are read a bounded piece at a time, all of their components, by readers of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from oais.information.representation.decimation import Floats
from oais.information.representation.numbers import Clock

FEWEST: Final = 4
"""Components of a column that is a distribution: three are a direction in space."""

MOST: Final = 4_096
"""Components of a column that is read."""

PIECE_VALUES: Final = 1 << 19
"""Values that are held of a column at a time."""

MOST_VECTORS: Final = 200
"""Columns of one table that are looked at."""

Moments = Iterator[tuple[int, Floats]]
"""Pieces of the column of times: the number of their first row, and the times."""

Rows = Iterator[tuple[Floats, Floats, Floats | None]]
"""Pieces of a vector: times (rows), values (rows, components), and where it changes its axis of each row."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What the components of a vector stand for: ``values`` (components), in ``unit``.

    Where nothing but their ``labels`` is told, or nothing at all, the values count them from 1; where the
    axis ``varies`` they are told with the rows. ``scale`` is log where the file says so (SCALETYP).
    """

    name: str
    unit: str
    values: Floats | None = None
    labels: tuple[str, ...] = ()
    varies: bool = False
    scale: str = ""


@dataclass(frozen=True, slots=True)
class Vector:
    """A column of ``size`` numbers a row; its ``fault`` says why it cannot be drawn over an axis.

    ``scale`` is log where the file says that its values are shown so (SCALETYP).
    """

    name: str
    unit: str
    size: int
    fault: str = ""
    scale: str = ""


@dataclass(frozen=True, slots=True)
class Vectors:
    """A table opened for its vectors.

    ``time`` is the column of times of a vector, with its unit, ``clock`` what it tells of UTC, ``total`` its
    rows; ``axis``, ``moments`` and ``rows`` read of the vector of that name. ``whole`` tells whether the
    file is no longer than it is read, ``in_order`` whether pieces come from the first row on.
    """

    unit: int
    name: str
    columns: Mapping[str, Vector]
    time: Callable[[str], tuple[str, str]]
    clock: Callable[[str], Clock | None]
    total: Callable[[str], int]
    axis: Callable[[str], Axis]
    moments: Callable[[str], Moments]
    rows: Callable[[str], Rows]
    whole: Callable[[], bool] = lambda: True
    in_order: bool = False

    def chosen(self, name: str) -> Vector:
        """Return the vector of a name, or the first that can be drawn; raises ValueError."""
        if name:
            found = self.columns.get(name)
            if found is None:
                raise ValueError(f"no column of several numbers a row is called {name!r}: {self._offered()}")
        else:
            found = next((one for one in self.columns.values() if not one.fault), None)
            found = found or next(iter(self.columns.values()), None)
            if found is None:
                raise ValueError(f"no column has {FEWEST} numbers a row or more, as a spectrogram needs")
        if found.fault:
            raise ValueError(f"{found.name} {found.fault}; {self._offered()}")
        return found

    def _offered(self) -> str:
        names = [one.name for one in self.columns.values() if not one.fault]
        return f"there is {', '.join(names[:20])}" if names else "there is no other"


def size_fault(sizes: list[int], records: int) -> str:
    """Return what is wrong with the sizes of a column's dimensions; empty when it is a vector."""
    long = [size for size in sizes if size != 1]
    if len(long) > 1:
        shape = " x ".join(map(str, long))
        return f"has {len(long)} axes a record ({shape}), expected one: a spectrogram shows one over time"
    if not long or long[0] < FEWEST:
        return f"has {long[0] if long else 1} numbers a record, expected {FEWEST} or more"
    if long[0] > MOST:
        return f"has {long[0]} numbers a record, expected at most {MOST}"
    return "" if records > 0 else "has no record"


def scale_told(text: str) -> str:
    """Return log where an attribute SCALETYP says so, else nothing: the numbers decide."""
    return "log" if text.strip().lower().startswith("log") else ""
