"""How an agreement writes the reading of a report: the schema of ``report``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from oais.information.description import OBSCORE_FIELDS
from policies.expressions import EXPRESSION_FIELDS, expression_of
from policies.report_rule import ReportRule, ReportTable, ReportValue
from policies.schema import Converter, Faults, Field, list_of, map_of, number, one_of, record, regex, text
from policies.yaml import Scalar, Sequence, Table, Value

VALUE_NAME = r"[a-z][a-z0-9_]{0,40}"
"""The pattern of a value's name, of headers and reports alike."""

_NAMES = text(pattern=VALUE_NAME, expected="a lower-case name")
_TABLE_NAME = r"(?!(name|tag|submission)\Z)[A-Za-z][A-Za-z0-9_-]{0,40}"


def _bound(value: Value, faults: Faults) -> float | str | None:
    """Read a bound: a number, or the name of another value of the report."""
    if isinstance(value, Scalar) and re.fullmatch(VALUE_NAME, value.text):
        return value.text
    return number(value, faults)


def _tolerance(value: Value, faults: Faults) -> float | None:
    """Read how far two values may lie apart."""
    found = number(value, faults)
    if found is not None and found < 0:
        faults.note(value.line, f"{found:g}", "a number that is not below zero")
        return None
    return found


_OWN_FIELDS = {
    "unit": Field(text(longest=40), default=""),
    "same_as": Field(_NAMES, default=""),
    "within": Field(_tolerance, default=0.0),
    "above": Field(_bound),
    "below": Field(_bound),
}
_MADE = {name: row for name, row in EXPRESSION_FIELDS.items() if name not in ("text", "joined_by")}
_MADE["from"] = Field(EXPRESSION_FIELDS["from"].convert, required=True)


def _value(**found: Any) -> ReportValue:
    own = {name: found.pop(name) for name in _OWN_FIELDS}
    return ReportValue(expression_of(text=EXPRESSION_FIELDS["text"].default, joined_by=None, **found), **own)


report: Converter[ReportRule] = record(
    ReportRule,
    {
        "tables": Field(
            map_of(
                record(ReportTable, {"begins": Field(regex), "ends": Field(regex)}),
                keys=_TABLE_NAME,
                expected="a name of letters, digits, '-' and '_'",
            ),
            required=True,
        ),
        "values": Field(
            map_of(record(_value, {**_MADE, **_OWN_FIELDS}), keys=VALUE_NAME, expected="a lower-case name"),
            default={},
        ),
        "none": Field(list_of(text(longest=60), or_one=True), default=()),
        "unreadable": Field(one_of("refuse", "accept"), default="accept"),
    },
)


def check_reports(table: Table, products: Iterable[Value], faults: Faults) -> None:
    """Note everything that a value of a report names and that is not there: a table, a bound, ``same_as``.

    It is read from the file as it stands, so that it is told with its own line and beside all other faults.
    """
    products = list(products)
    mappings = table.entries.get("mappings")
    held = [*products, *(mappings.entries.values() if isinstance(mappings, Table) else ())]
    known = {*OBSCORE_FIELDS, *(name for item in held for name in _value_names(item))}
    for product in products:
        tables, values = (_entry(_entry(product, "report"), key) for key in ("tables", "values"))
        if isinstance(tables, Table) and isinstance(values, Table):
            for name, item in values.entries.items():
                _check_tables(item, tables, faults)
                _check_bounds(name, item, values, faults)
                _check_same_as(item, known, faults)


def _check_tables(item: Value, tables: Table, faults: Faults) -> None:
    given = [_entry(item, "from"), _entry(item, "plus")]
    for source in (each for one in given for each in (one.items if isinstance(one, Sequence) else [one])):
        if not isinstance(source, Scalar) or "/" not in source.text:
            continue
        if source.text.partition("/")[0] not in tables.entries:
            expected = f"a table of this report ({', '.join(tables.entries)}) and a label"
            faults.note(source.line, f"the source {source.text!r}", expected)


def _check_bounds(name: str, item: Value, values: Table, faults: Faults) -> None:
    for bound in (_entry(item, "above"), _entry(item, "below")):
        named = isinstance(bound, Scalar) and re.fullmatch(VALUE_NAME, bound.text)
        if named and isinstance(bound, Scalar) and bound.text not in values.entries:
            expected = "a number or another of the values"
            faults.note(bound.line, f"the bound {bound.text!r} of {name}", expected)


def _check_same_as(item: Value, known: Collection[str], faults: Faults) -> None:
    named = _entry(item, "same_as")
    if isinstance(named, Scalar) and named.text not in known:
        expected = "a column of ObsCore, or a value or a part of a file name in this agreement"
        faults.note(named.line, f"same_as {named.text!r}", expected)


def _value_names(item: Value) -> set[str]:
    values = _entry(item, "values")
    names = set(values.entries) if isinstance(values, Table) else set()
    for key in ("file_name", "path"):
        pattern = _entry(item, key)
        if isinstance(pattern, Scalar):
            names.update(re.findall(r"\(\?P<(\w+)>", pattern.text))
    return names


def _entry(value: Value | None, key: str) -> Value | None:
    return value.entries.get(key) if isinstance(value, Table) else None
