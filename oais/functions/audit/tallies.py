"""The columns of a register of audits, read at once and kept until it changes: all that a forecast counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from oais.archive import Home
from oais.functions.audit.depths import Depth
from oais.functions.audit.register import Register, register_path
from oais.functions.unchanged import Unchanged

READING: Final = (Depth.FAST, Depth.FULL)
"""Depths whose audits read all bytes."""

_QUERY: Final = (
    f"SELECT bytes, trouble <> '', {', '.join(f'{depth}_at' for depth in Depth)}, "  # noqa: S608 - ours
    f"{', '.join(f'julianday({depth}_at)' for depth in READING)} FROM aip"
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tally:
    """All AIPs of a location, a row each: bytes, and by depth when each was last proven.

    ``days`` is the same as Julian dates, shape (AIPs, depths that read), NaN where there was no proof;
    ``oldest`` by depth the first of all (empty: there are no AIPs, or one without a proof).
    """

    sizes: npt.NDArray[np.int64]
    troubled: int
    at: Mapping[Depth, npt.NDArray[np.str_]]
    oldest: Mapping[Depth, str]
    days: Floats


def tally_of(home: Home, location: str, register: Register) -> Tally:
    """Return the tally of a register that is open; its arrays are shared and not to be changed."""
    path = register_path(home, location)
    log = path.with_name(f"{path.name}-wal")
    return _KNOWN.read(path, (path, log), lambda: _tally(register))


def _tally(register: Register) -> Tally:
    columns: list[Any] = list(zip(*register.rows(_QUERY), strict=True))
    sizes, troubled, *rest = columns or [()] * (2 + len(Depth) + len(READING))
    texts = dict(zip(Depth, rest, strict=False))
    days = rest[len(Depth) :]
    return Tally(
        np.array(sizes, dtype=np.int64),
        sum(troubled),
        {depth: np.array(each, dtype=np.str_) for depth, each in texts.items()},
        {depth: min(each, default="") for depth, each in texts.items()},
        np.array(days, dtype=np.float64).T.reshape(-1, len(READING)),
    )


_KNOWN: Final[Unchanged[Tally]] = Unchanged()
