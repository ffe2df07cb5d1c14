"""By what packages are sorted: a key for each, as an array, since all of them are sorted at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from search_index.catalogue.column_rows import PackageRow
from search_index.names import natural_text

Keys = npt.NDArray[np.float64]

_TEXTS: Final[dict[str, Callable[[PackageRow], str]]] = {
    "title": lambda row: row.sort_title,
    "ingested": lambda row: row.ingested_at,
    "id": lambda row: natural_text(row.aip_id),
    "visit": lambda row: natural_text(row.visit),
}
_LISTS: Final = {"target": "targets", "observation": "obs_ids"}
_NUMBERS: Final = {
    "time": "t_min",
    "stop": "t_max",
    "size": "size",
    "ra": "ra",
    "dec": "dec",
    "magnitude": "magnitude",
}

RANKED: Final = (*_TEXTS, *_LISTS, *_NUMBERS)
"""The orders that each package has a key for."""


def ranks(order: str, rows: Sequence[PackageRow]) -> Keys:
    """Return the key of each package in one of the orders ``RANKED``; one that is not known is NaN."""
    if order in _NUMBERS:
        return np.array([getattr(row, _NUMBERS[order]) for row in rows], dtype=np.float64)
    if order in _TEXTS:
        return _ranked(list(map(_TEXTS[order], rows)))
    texts = [getattr(row, _LISTS[order]) for row in rows]  # lists, kept as JSON: one of nothing has no key
    found = _ranked([natural_text(text) for text in texts])
    found[np.array([text == "[]" for text in texts], dtype=np.bool_)] = np.nan
    return found


def _ranked(keys: list[Any]) -> Keys:
    """Return the rank of each key; equal keys share one, so that the tie-breaker decides."""
    known = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return np.array([known[key] for key in keys], dtype=np.float64)
