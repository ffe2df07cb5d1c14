"""JSON for people and programs: a line for each entry near the top, compact below, stable bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

_COMPACT = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def lined_json(plain: Any, depth: int, *, sort: bool = False) -> bytes:
    """Return UTF-8 JSON whose first ``depth`` levels have a line for each entry.

    A number that JSON has no word for (NaN, infinity) becomes null. Much faster than indenting
    everything, which only Python's slow encoder can do.
    """
    try:
        text = _lined(plain, depth, "", sort)
    except ValueError:
        text = _lined(_finite(plain), depth, "", sort)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _lined(plain: Any, depth: int, indent: str, sort: bool) -> str:
    if depth == 0 or not plain or not isinstance(plain, dict | list | tuple):
        return _COMPACT.encode(plain)
    inner = indent + " "
    if isinstance(plain, dict):
        entries = sorted(plain.items()) if sort else plain.items()
        lines = [
            f"{inner}{_COMPACT.encode(str(key))}: {_lined(value, depth - 1, inner, sort)}"
            for key, value in entries
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    lines = [f"{inner}{_lined(value, depth - 1, inner, sort)}" for value in plain]
    return "[\n" + ",\n".join(lines) + f"\n{indent}]"


def _finite(plain: Any) -> Any:
    if isinstance(plain, float):
        return plain if math.isfinite(plain) else None
    if isinstance(plain, Mapping):
        return {key: _finite(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [_finite(value) for value in plain]
    return plain
