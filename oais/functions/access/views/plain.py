"""Views as JSON can hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any


def as_plain(value: Any) -> Any:
    """Return a view as what JSON can hold, with properties of views (``Page.first``) and without bytes."""
    if is_dataclass(value) and not isinstance(value, type):
        told = ((item.name, getattr(value, item.name)) for item in fields(value))
        plain = {name: as_plain(held) for name, held in told if not isinstance(held, bytes)}
        computed = (key for key, thing in vars(type(value)).items() if isinstance(thing, property))
        return plain | {key: as_plain(getattr(value, key)) for key in computed}
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | set | frozenset):
        return [as_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
