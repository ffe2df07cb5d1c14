"""A small declarative schema: tables of fields with converters, all faults at once, each with its line.

A converter takes a value of a YAML file and the list of faults; it returns what the value means, or None
after noting a fault. Nothing is guessed: ``no`` is not false, ``010`` is not a number.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from policies.template import Template, template_fault
from policies.yaml import Fault, Scalar, Sequence, Table, Value, described

T = TypeVar("T")


@dataclass(slots=True)
class Faults:
    """Where converters note what is wrong with one file."""

    source: str
    items: list[Fault]

    def note(self, line: int, found: str, expected: str, remedy: str = "") -> None:
        """Note one fault."""
        self.items.append(Fault(self.source, line, found, expected, remedy))


Converter = Callable[[Value, Faults], T | None]


@dataclass(frozen=True, slots=True)
class Field:
    """One name of a mapping: how its value is read, and what stands in when it is left out."""

    convert: Converter[Any]
    required: bool = False
    default: Any = None


def text(*, longest: int = 4000, pattern: str = "", expected: str = "a text") -> Converter[str]:
    """Return a converter of a text that is not empty, matching ``pattern`` whole if one is given."""
    shape = re.compile(pattern, re.DOTALL) if pattern else None

    def convert(value: Value, faults: Faults) -> str | None:
        if not isinstance(value, Scalar) or value.null or not value.text.strip():
            faults.note(value.line, described(value), expected)
            return None
        found = " ".join(value.text.split()) if shape is None else value.text
        if len(found) > longest or (shape is not None and not shape.fullmatch(found)):
            faults.note(value.line, described(value), expected)
            return None
        return found

    return convert


def one_of(*words: str) -> Converter[str]:
    """Return a converter of one of these words, spelled exactly so."""

    def convert(value: Value, faults: Faults) -> str | None:
        if isinstance(value, Scalar) and value.text in words and not value.null:
            return value.text
        near = _nearest(value.text, words) if isinstance(value, Scalar) else ""
        faults.note(value.line, described(value), f"one of {', '.join(words)}", near)
        return None

    return convert


def boolean(value: Value, faults: Faults) -> bool | None:
    """Read ``true`` or ``false``; nothing else is a yes or a no."""
    word = one_of("true", "false")(value, faults)
    return None if word is None else word == "true"


def number(value: Value, faults: Faults) -> float | None:
    """Read a decimal number, or a fraction of two such as ``1/86400``."""
    shape = r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?"
    found = text(pattern=rf"{shape}(/{shape})?", expected="a number")(value, faults)
    if found is None:
        return None
    over, _, under = found.partition("/")
    if under and float(under) == 0:
        faults.note(value.line, found, "a fraction that is not over zero")
        return None
    return float(over) / float(under or 1)


def integer(least: int, most: int) -> Converter[int]:
    """Return a converter of a whole number without leading zeros, within bounds."""

    def convert(value: Value, faults: Faults) -> int | None:
        found = value.text if isinstance(value, Scalar) else ""
        if re.fullmatch(r"0|-?[1-9][0-9]{0,8}", found) and least <= int(found) <= most:
            return int(found)
        faults.note(value.line, described(value), f"a whole number from {least} to {most}")
        return None

    return convert


def date(value: Value, faults: Faults) -> datetime | None:
    """Read a day that exists, ``2026-02-28``, as its first moment in UTC."""
    found = text(pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}", expected="a date such as 2026-02-28")(value, faults)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found).replace(tzinfo=UTC)
    except ValueError:
        faults.note(value.line, f"{found!r}", "a day that exists")
        return None


def regex(value: Value, faults: Faults) -> re.Pattern[str] | None:
    """Read a regular expression of Python's ``re``."""
    if not isinstance(value, Scalar) or value.null or not value.text:
        faults.note(value.line, described(value), "a regular expression")
        return None
    try:
        return re.compile(value.text)
    except (re.error, OverflowError, RecursionError) as error:
        faults.note(value.line, f"{value.text[:80]!r} ({error})", "a regular expression of Python")
        return None


def template(value: Value, faults: Faults) -> Template | None:
    """Read a text with ``{fields}``."""
    found = text(expected="a text with {fields}")(value, faults)
    wrong = template_fault(found or "")
    if found is None or wrong:
        if wrong:
            faults.note(value.line, wrong, "fields such as {name} or {name:int}")
        return None
    return Template(found)


def list_of(convert_item: Converter[T], *, or_one: bool = False) -> Converter[tuple[T, ...]]:
    """Return a converter of a list; with ``or_one`` a single value may stand for a list of one."""

    def convert(value: Value, faults: Faults) -> tuple[T, ...] | None:
        if or_one and not isinstance(value, Sequence):
            value = Sequence(value.line, [value])
        if not isinstance(value, Sequence):
            faults.note(value.line, described(value), "a list", "begin each item with '- '")
            return None
        found = [convert_item(item, faults) for item in value.items]
        return tuple(item for item in found if item is not None)

    return convert


def map_of(convert_item: Converter[T], *, keys: str = "", expected: str = "") -> Converter[dict[str, T]]:
    """Return a converter of a mapping of free names; ``keys`` is the pattern the names must match."""
    shape = re.compile(keys) if keys else None

    def convert(value: Value, faults: Faults) -> dict[str, T] | None:
        if not isinstance(value, Table):
            faults.note(value.line, described(value), "a mapping of names to values")
            return None
        result: dict[str, T] = {}
        for name, item in value.entries.items():
            if shape is not None and not shape.fullmatch(name):
                faults.note(value.key_lines[name], f"the name {name!r}", expected)
                continue
            found = convert_item(item, faults)
            if found is not None:
                result[name] = found
        return result

    return convert


def record(build: Callable[..., T], fields: Mapping[str, Field]) -> Converter[T]:
    """Return a converter of a mapping with known names; ``build`` gets them as keyword arguments.

    Unknown and missing names are faults; nothing is built when anything in it is faulty.
    """

    def convert(value: Value, faults: Faults) -> T | None:
        if not isinstance(value, Table):
            faults.note(value.line, described(value), f"a mapping with {_some(fields)}")
            return None
        before = len(faults.items)
        _check_names(value, fields, faults)
        found = {
            name: row.convert(value.entries[name], faults) if name in value.entries else row.default
            for name, row in fields.items()
        }
        return None if len(faults.items) > before else build(**found)

    return convert


def _check_names(value: Table, fields: Mapping[str, Field], faults: Faults) -> None:
    for name, line in value.key_lines.items():
        if name not in fields:
            near = _nearest(name, tuple(fields))
            faults.note(line, f"the unknown name {name!r}", f"one of {', '.join(fields)}", near)
    for name, row in fields.items():
        if row.required and name not in value.entries:
            faults.note(value.line, f"no {name!r}", "it to be given", f"add the line '{name}: …'")


def _some(fields: Mapping[str, Field]) -> str:
    needed = [name for name, row in fields.items() if row.required] or list(fields)
    return ", ".join(needed[:6])


def _nearest(word: str, words: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, words, 1)
    return f"did you mean {near[0]!r}?" if near else ""
