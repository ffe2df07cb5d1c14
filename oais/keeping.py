"""What was reckoned or read once and is asked for again: the newest few answers, by what they answer.

Threads may share what is known without a lock: each step is one that no other thread comes between, and at
worst two make the same, of which one stays.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T")


def remembered(known: dict[_K, _T], most: int, key: _K, make: Callable[[], _T]) -> _T:
    """Return what is known by a key, made where it is not; the oldest is forgotten beyond ``most``."""
    try:
        return known[key]
    except KeyError:
        made = make()
    keep(known, most, key, made)
    return made


def keep(known: dict[_K, _T], most: int, key: _K, value: _T) -> None:
    """Know a value by a key from now on, as the newest; the oldest is forgotten beyond ``most``."""
    known.pop(key, None)
    if len(known) >= most:
        known.pop(list(known)[0], None)  # noqa: RUF015 - one step, so that no other thread comes between
    known[key] = value
