"""From the lines of a report to its tables and values; pure.

A value that a report does not give is kept as none, with why: a metric that was never computed and one
that was lost in reading are not the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from oais.information.description import ReportedValue
from oais.information.packages import Inspection
from policies.conversion import plain, to_text
from policies.report_rule import ReportRule, ReportTable, ReportValue
from policies.sources import Expression
from policies.terms import ProductRule

TABLE_KIND: Final = "table of a report"

NOT_GIVEN: Final = "not given"
"""The report has a word in its place, such as N/A or TODO."""

MISSING: Final = "not in the report"
UNREADABLE: Final = "cannot be read"
REASONS: Final = (NOT_GIVEN, MISSING, UNREADABLE)
"""Why a report has no value, as it is sealed."""

_LONGEST: Final = 400
_MOST_TOLD: Final = 20
_WIDE: Final = "   "
"""So many blanks part the cells of a row; two of them also stand between words of one cell."""

Make = Callable[[str, Expression], Any]
"""Makes a value by an expression, None where it cannot, as headers' values are made."""


def with_tables(inspection: Inspection, rule: ProductRule, lines: Iterable[str]) -> Inspection:
    """Return the inspection of a report with each of its tables as a header unit, rows by their labels."""
    if rule.report is None:
        return inspection
    labels = _labels(rule, rule.report)
    stretches = _stretches(rule.report.tables, lines)
    headers = tuple(_rows(stretches[name], labels[name]) for name in rule.report.tables)
    structure = tuple({"name": name, "kind": TABLE_KIND} for name in rule.report.tables)
    return replace(
        inspection,
        headers=(*inspection.headers, *headers),
        structure=(*inspection.structure, *structure),
    )


def reported_values(rule: ReportRule, inspection: Inspection, make: Make) -> tuple[ReportedValue, ...]:
    """Return all values of a report that was read, in the order of its agreement; none of another."""
    units = {
        shape["name"]: header
        for shape, header in zip(inspection.structure, inspection.headers, strict=False)
        if shape.get("kind") == TABLE_KIND
    }
    if not units:
        return ()
    return tuple(_reported(rule, name, value, units, make) for name, value in rule.values.items())


def _reported(
    rule: ReportRule, name: str, value: ReportValue, units: Mapping[str, Mapping[str, Any]], make: Make
) -> ReportedValue:
    found = [(source, _written(units, source)) for source in value.expression.sources]
    given = [(source, text) for source, text in found if text is not None]
    source, text = next((pair for pair in given if plain(pair[1]) is not None), (given or found)[0])
    empty = ReportedValue(name, source, None, value.unit, to_text(text or "")[:_LONGEST])
    if text is None:
        return replace(empty, reason=MISSING)
    if plain(text) is None or text.casefold() in {word.casefold() for word in rule.none}:
        return replace(empty, reason=NOT_GIVEN)
    made = make(name, replace(value.expression, sources=(source,)))
    return replace(empty, value=made, reason=UNREADABLE if made is None else "")


def _written(units: Mapping[str, Mapping[str, Any]], source: str) -> str | None:
    table, _, label = source.partition("/")
    found: str | None = units.get(table, {}).get(label)
    return found


def _labels(rule: ProductRule, report: ReportRule) -> dict[str, list[str]]:
    """Return by table the labels that anything in the rule asks for, as the agreement spells them."""
    labels: dict[str, list[str]] = {name: [] for name in report.tables}
    for source in dict.fromkeys((*report.sources(), *rule.sources())):
        table, _, label = source.partition("/")
        if table in labels:
            labels[table].append(label)
    return labels


def _stretches(tables: Mapping[str, ReportTable], lines: Iterable[str]) -> dict[str, list[str]]:
    """Return the lines of each table: all from where it begins, wherever it begins again."""
    stretches: dict[str, list[str]] = {name: [] for name in tables}
    whole = [name for name, table in tables.items() if table.begins is None]
    current = ""
    for line in lines:
        said = " ".join(line.split())
        begun = [name for name, table in tables.items() if table.begins and table.begins.search(said)]
        ends = tables[current].ends if current else None
        if begun:
            current = begun[0]
        elif ends is not None and ends.search(said):
            current = ""
        elif current:
            stretches[current].append(line)
        for name in whole:
            stretches[name].append(line)
    return stretches


def _rows(lines: Iterable[str], labels: Iterable[str]) -> dict[str, str]:
    """Return what stands beside each label that is found; several values of one are put together.

    What stands apart from its label, as in a cell of its own, counts before what only follows it in a line.
    """
    closed_up = {label: _closed_up(label).rstrip(":=") for label in labels}
    sought = {label: text for label, text in closed_up.items() if text}
    found: dict[str, dict[int, list[str]]] = {}
    for line in lines:
        wide = line.replace("\t", _WIDE)
        closed = _closed_up(wide)
        places: list[int] = []
        for label, text in sought.items():
            at = closed.find(text)
            while at >= 0:
                places = places or [place for place, mark in enumerate(wide) if not mark.isspace()]
                _note(wide, places[at], places[at + len(text) - 1] + 1, found.setdefault(label, {}))
                at = closed.find(text, at + 1)
    return {
        label: ", ".join(dict.fromkeys(values[max(values)]))[:_LONGEST]
        for label, values in found.items()
        if values
    }


def _closed_up(text: str) -> str:
    """Return a text without its blanks: how wide a page sets the words of a label is not part of it."""
    return "".join(text.split())


def _note(line: str, begin: int, end: int, values: dict[int, list[str]]) -> None:
    """Note what follows a label in a line, by how far it stands apart: 0 where there is nothing at all.

    It is a label only at the beginning of a line or after two blanks, and not as the beginning of a word.
    """
    before, after = line[:begin], line[end:]
    said = after.lstrip(" :=")
    if (before.strip() and not before.endswith("  ")) or (after and after[0] not in " :="):
        return
    gap = len(after) - len(after.lstrip())
    apart = 0 if not said else len(_WIDE) if after.lstrip()[0] in ":=" else min(gap, len(_WIDE))
    told = values.setdefault(apart, [])
    if len(told) < _MOST_TOLD:
        told.append(said.split(_WIDE)[0].strip())
