"""Views as JSON can hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any

_AS_THEY_ARE = frozenset({str, int, bool, type(None)})


def as_plain(value: Any) -> Any:
    """Return a view as what JSON can hold, with properties of views (``Page.first``) and without bytes."""
    if type(value) in _AS_THEY_ARE:  # most of what a view tells
        return value
    if is_dataclass(value) and not isinstance(value, type):
        told = ((name, getattr(value, name)) for name in _names_of(type(value)))
        return {name: as_plain(held) for name, held in told if not isinstance(held, bytes)}
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | set | frozenset):
        return [as_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


@cache
def _names_of(view: type) -> tuple[str, ...]:
    """Return what a kind of view tells: its fields, then its properties."""
    computed = (key for key, thing in vars(view).items() if isinstance(thing, property))
    return (*(item.name for item in fields(view)), *computed)
