"""How agreements write the making of a value: the schema of ``Expression`` and ``LinkSource``.

The short form is one source, ``target_name: 0/OBJECT``; a list is a fallback, the first with a value
wins; a mapping says more: ``from``, ``text``, ``as``, ``pattern``, ``factor``, ``offset``, ``plus``,
``scale``, ``joined_by`` and ``words`` (a table of replacements).
"""

from __future__ import annotations

import re

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


def _sources(value: Value, faults: Faults) -> tuple[str, ...] | None:
    found = list_of(SOURCE_TEXT, or_one=True)(value, faults)
    return None if found is None else tuple(one for source in found for one in expanded(source))


def _expression(  # noqa: PLR0913  one argument per name of the file
    from_: tuple[str, ...],
    text: Template,
    as_: str,
    pattern: re.Pattern[str] | None,
    factor: float,
    offset: float,
    plus: tuple[str, ...],
    scale: str,
    joined_by: str | None,
    words: dict[str, str],
) -> Expression:
    return Expression(
        from_, text.text, as_, pattern, factor, offset, plus, scale, joined_by, tuple(words.items())
    )


_FIELDS = {
    "from": Field(_sources, default=()),
    "text": Field(template, default=Template("")),
    "as": Field(one_of(*sorted(FORMS)), default="text"),
    "pattern": Field(regex),
    "factor": Field(number, default=1.0),
    "offset": Field(number, default=0.0),
    "plus": Field(_sources, default=()),
    "scale": Field(one_of(*sorted(SCALES)), default="UTC"),
    "joined_by": Field(
        lambda value, faults: value.text if isinstance(value, Scalar) else _no_text(value, faults)
    ),
    "words": Field(map_of(text()), default={}),
}


def _no_text(value: Value, faults: Faults) -> None:
    faults.note(value.line, "a list or mapping", "a text")


def _keyword_safe(**found: object) -> Expression:
    renamed = {f"{key}_" if key in ("from", "as") else key: value for key, value in found.items()}
    return _expression(**renamed)  # type: ignore[arg-type]


_LONG: Converter[Expression] = record(_keyword_safe, _FIELDS)


def EXPRESSION(value: Value, faults: Faults) -> Expression | None:  # noqa: N802  a converter like the others
    """Read an expression in its short or long form."""
    if isinstance(value, Scalar | Sequence):
        sources = _sources(value, faults)
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
        "from": Field(_sources, required=True),
        "name": Field(text(), default=""),
        "pattern": Field(regex),
        "split": Field(text(), default=""),
    },
)
