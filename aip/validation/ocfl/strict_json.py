"""JSON from strangers: UTF-8 only, bounded in size and depth, and repeated keys are not lost."""

from __future__ import annotations

import json
from typing import NoReturn, cast

JsonObject = dict[str, object]


class RepeatingObject(dict[str, object]):
    """A JSON object in which a key stood more than once; ``repeated`` names each such key once."""

    repeated: tuple[str, ...] = ()


def parse_json(data: bytes) -> object:
    """Return the value that ``data`` spells; raises ValueError whose text says what is wrong.

    Numbers become floats, however many digits they have: no OCFL key takes a number, and a number
    of a million digits must not cost a million digits' time.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8") from None
    try:
        return cast(
            object,
            json.loads(
                text,
                object_pairs_hook=_object_of,
                parse_int=float,
                parse_constant=_refuse_constant,
            ),
        )
    except RecursionError:
        raise ValueError("objects or arrays are nested too deeply") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"{error.msg} at {place}") from None


def _object_of(pairs: list[tuple[str, object]]) -> JsonObject:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for key, _ in pairs:
        if key in seen:
            twice[key] = None
        seen.add(key)
    repeating = RepeatingObject(plain)
    repeating.repeated = tuple(twice)
    return repeating


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def repeated_keys(value: JsonObject) -> tuple[str, ...]:
    """Return the keys that stood more than once in the text of this object."""
    return value.repeated if isinstance(value, RepeatingObject) else ()


def as_object(value: object) -> JsonObject | None:
    """Return ``value`` if it is a JSON object, else None."""
    return cast(JsonObject, value) if isinstance(value, dict) else None


def as_list(value: object) -> list[object] | None:
    """Return ``value`` if it is a JSON array, else None."""
    return cast(list[object], value) if isinstance(value, list) else None


def same_value(one: object, other: object) -> bool:
    """Return whether two JSON values are equal; values too deep to compare are not."""
    try:
        return one == other
    except RecursionError:
        return False


def json_type(value: object) -> str:
    """Return the JSON word for the type of ``value``, for messages."""
    names = {dict: "an object", list: "an array", str: "a string", float: "a number"}
    if value is None:
        return "null"
    return names.get(type(value), "an object" if isinstance(value, dict) else "a boolean")
