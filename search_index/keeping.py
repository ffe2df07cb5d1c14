"""What was reckoned once and is asked for again: the newest few answers, by what they answer."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T")


def remembered(known: dict[_K, _T], most: int, key: _K, make: Callable[[], _T]) -> _T:
    """Return what is known by a key, made where it is not; the oldest is forgotten beyond ``most``.

    Threads may share ``known``: at worst two make the same, and one of them stays.
    """
    try:
        return known[key]
    except KeyError:
        made = make()
    if len(known) >= most:
        known.pop(list(known)[0], None)  # noqa: RUF015 - one step, so that no other thread comes between
    known[key] = made
    return made
