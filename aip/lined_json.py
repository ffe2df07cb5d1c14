"""JSON for people and programs: a line for each entry near the top, compact below, stable bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from oais.information.description import SPARSE


def _fields(value: object) -> dict[str, Any]:
    """Return a value's fields only when it is written: thousands of products never stand twice in memory.

    Those that are sparse are left out where they are empty.
    """
    if is_dataclass(value) and not isinstance(value, type):
        held = ((item, getattr(value, item.name)) for item in fields(value))
        return {item.name: found for item, found in held if found or SPARSE not in item.metadata}
    raise TypeError(f"{type(value).__name__} has no place in JSON")


_COMPACT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_fields)


def lined_json(plain: Any, depth: int, *, sort: bool = False) -> bytes:
    """Return UTF-8 JSON whose first ``depth`` levels have a line for each entry.

    A number that JSON has no word for (NaN, infinity) becomes null. Much faster than indenting
    everything, which only Python's slow encoder can do.
    """
    return b"".join(iter_lined_json(plain, depth, sort=sort))


def iter_lined_json(plain: Any, depth: int, *, sort: bool = False) -> Iterator[bytes]:
    """Yield the same bytes piece by piece, so that a long list is never held as text."""
    for piece in _lined(plain, depth, "", sort):
        yield piece.encode("utf-8", "backslashreplace")
    yield b"\n"


def _lined(plain: Any, depth: int, indent: str, sort: bool) -> Iterator[str]:
    if depth == 0 or not plain or not isinstance(plain, dict | list | tuple):
        yield _encoded(plain)
        return
    inner = indent + " "
    if isinstance(plain, dict):
        entries = sorted(plain.items()) if sort else list(plain.items())
        named = [(f"{_encoded(str(key))}: ", value) for key, value in entries]
        before, after = "{", "}"
    else:
        named = [("", value) for value in plain]
        before, after = "[", "]"
    for name, value in named:
        yield f"{before}\n{inner}{name}"
        yield from _lined(value, depth - 1, inner, sort)
        before = ","
    yield f"\n{indent}{after}"


def _encoded(plain: Any) -> str:
    try:
        return _COMPACT.encode(plain)
    except ValueError:
        return _COMPACT.encode(_finite(plain))


def _finite(plain: Any) -> Any:
    if isinstance(plain, float):
        return plain if math.isfinite(plain) else None
    if is_dataclass(plain) and not isinstance(plain, type):
        return _finite(_fields(plain))
    if isinstance(plain, Mapping):
        return {key: _finite(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [_finite(value) for value in plain]
    return plain
