"""How agreements write the making of a value: the schema of ``Expression`` and ``LinkSource``.

The short form is one source, ``target_name: 0/OBJECT``; a list is a fallback, the first with a value
wins; a mapping says more: ``from``, ``text``, ``as``, ``pattern``, ``factor``, ``offset``, ``plus``,
``scale``, ``joined_by`` and ``words`` (a table of replacements).
"""

from __future__ import annotations

import re
from typing import Any

from policies.conversion import FORMS, SCALES
from policies.schema import (
    Converter,
    Faults,
    Field,
    list_of,
    map_of,
    number,
    one_of,
    record,
    regex,
    template,
    text,
)
from policies.sources import SOURCE, Expression, LinkSource, expanded
from policies.template import Template
from policies.yaml import Scalar, Sequence, Value

SOURCE_TEXT = text(
    pattern=SOURCE.pattern,
    expected="a source such as 0/OBJECT, EVENTS/RA_OBJ, name/visit or tag/External-Identifier",
)
_ROLES = ("reference file", "input", "software", "step", "document")


def source_list(value: Value, faults: Faults) -> tuple[str, ...] | None:
    """Read one source or a list of them, numbered ones written out."""
    found = list_of(SOURCE_TEXT, or_one=True)(value, faults)
    return None if found is None else tuple(one for source in found for one in expanded(source))


def expression_of(**found: Any) -> Expression:
    """Make an expression of what ``EXPRESSION_FIELDS`` found."""
    return Expression(
        sources=found["from"],
        text=found["text"].text,
        form=found["as"],
        pattern=found["pattern"],
        factor=found["factor"],
        offset=found["offset"],
        plus=found["plus"],
        scale=found["scale"],
        joined_by=found["joined_by"],
        words=tuple(found["words"].items()),
    )


EXPRESSION_FIELDS = {
    "from": Field(source_list, default=()),
    "text": Field(template, default=Template("")),
    "as": Field(one_of(*sorted(FORMS)), default=""),
    "pattern": Field(regex),
    "factor": Field(number, default=1.0),
    "offset": Field(number, default=0.0),
    "plus": Field(source_list, default=()),
    "scale": Field(one_of(*sorted(SCALES)), default="UTC"),
    "joined_by": Field(
        lambda value, faults: value.text if isinstance(value, Scalar) else _no_text(value, faults)
    ),
    "words": Field(map_of(text()), default={}),
}


def _no_text(value: Value, faults: Faults) -> None:
    faults.note(value.line, "a list or mapping", "a text")


_LONG: Converter[Expression] = record(expression_of, EXPRESSION_FIELDS)


def expression(value: Value, faults: Faults) -> Expression | None:
    """Read an expression in its short or long form."""
    if isinstance(value, Scalar | Sequence):
        sources = source_list(value, faults)
        return None if not sources else Expression(sources)
    before = len(faults.items)
    found = _LONG(value, faults)
    if found is not None and bool(found.sources) == bool(found.text) and len(faults.items) == before:
        faults.note(value.line, "both or none of 'from' and 'text'", "exactly one of them")
        return None
    return found


def _link(role: str, name: str, pattern: re.Pattern[str] | None, split: str, **found: object) -> LinkSource:
    sources = found["from"]
    return LinkSource(role, sources if isinstance(sources, tuple) else (), name, pattern, split)


LINK: Converter[LinkSource] = record(
    _link,
    {
        "role": Field(one_of(*_ROLES), required=True),
        "from": Field(source_list, required=True),
        "name": Field(text(), default=""),
        "pattern": Field(regex),
        "split": Field(text(), default=""),
    },
)
