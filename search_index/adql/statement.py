"""The whole SELECT as one statement of SQL, in which a row that may not be known of is no row at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oais.information.text import printable
from search_index.adql import choosing
from search_index.adql.choosing import Order, Where
from search_index.adql.columns import COLUMNS, NAMES, TABLE, TEXT
from search_index.adql.faults import AdqlError
from search_index.adql.narrowing import narrowing
from search_index.adql.sources import NUMBER, TAKEN_TOGETHER, is_shared, source
from search_index.adql.tree import Call, Column, Expression, Item, Literal, Operation, Select, Star
from search_index.adql.writing import Membership, Writer, aggregated, check_grouped, of_packages


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """A column of an answer; one that is no column of the table has no unit and no meaning."""

    name: str
    code: str
    unit: str = ""
    ucd: str = ""
    utype: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, what it gives, what it needs, and how many rows it asks for at most (None: all).

    ``counting`` gives the number of rows alone; it is empty where all must be made to be counted.
    """

    sql: str
    counting: str
    columns: tuple[OutputColumn, ...]
    parameters: dict[str, object]
    memberships: tuple[Membership, ...]
    top: int | None
    offset: int


def statement(select: Select) -> Statement:
    """Return a query as SQL; raises AdqlError for names and types that have no meaning."""
    if select.table.lower() not in NAMES:
        raise AdqlError(
            f"there is no table {printable(select.table, 80)!r}; expected {TABLE}", select.table_place
        )
    writer = Writer(frozenset({select.alias} if select.alias else {*NAMES, "obscore"}))
    items = list(_items(writer, select))
    asked = [item.expression for item in items] + _after(select)
    summed = bool(select.groups) or aggregated(asked)
    rows = not summed and not select.distinct
    together = not rows and all(map(is_shared, _named_in_table(select, items)))
    if together:
        writer.number = NUMBER
    chosen = [writer.value(item.expression) for item in items]
    named = ", ".join(f"{sql.text} AS c{number}" for number, sql in enumerate(chosen))
    where = _where(writer, select)
    parts = [f"WHERE {where.sql}"]
    if select.groups:
        parts.append(f"GROUP BY {', '.join(_grouped(writer, each) for each in select.groups)}")
    if select.having is not None:
        if not select.groups:
            raise AdqlError("HAVING asks for GROUP BY before it", select.having.place)
        parts.append(f"HAVING {writer.condition(select.having)}")
    if summed:
        for expression in asked:
            if not _is_output(expression, items):
                check_grouped(expression, select.groups)
    outputs = [sql.text if rows else f"c{number}" for number, sql in enumerate(chosen)]
    order = list(_order(writer, select, items, outputs))
    return Statement(
        sql=choosing.rows(named, where, order)
        if rows
        else _of_sums(select, named, together, parts, [*map(str, order), *outputs]),
        counting=choosing.number(where) if rows else "",
        columns=tuple(_output(writer, item, sql.code) for item, sql in zip(items, chosen, strict=True)),
        parameters=writer.parameters,
        memberships=tuple(writer.memberships),
        top=select.top,
        offset=select.offset,
    )


def _of_sums(select: Select, named: str, together: bool, parts: list[str], order: list[str]) -> str:
    """Return the statement of rows that are summed up, or each told once."""
    begin = f"SELECT {'DISTINCT ' if select.distinct else ''}{named}"
    taken = TAKEN_TOGETHER if together else source((named, *parts))
    return " ".join([begin, taken, *parts, choosing.by(order), choosing.PART])


def _after(select: Select) -> list[Expression]:
    """Return what stands in HAVING and ORDER BY."""
    having = [] if select.having is None else [select.having]
    return having + [sorting.expression for sorting in select.order]


def _named_in_table(select: Select, items: list[Item]) -> list[Expression]:
    """Return what is selected, asked and grouped by, and sorted by but for names that the answer gives."""
    after = (each for each in _after(select) if not _is_output(each, items))
    where = () if select.where is None else (select.where,)
    return [*(item.expression for item in items), *after, *select.groups, *where]


def _items(writer: Writer, select: Select) -> Iterator[Item]:
    """Yield what is selected, a star as all columns."""
    for item in select.items:
        if isinstance(item.expression, Star):
            writer.check_table(item.expression)
            yield from (Item(Column("", name, item.expression.place)) for name in COLUMNS)
        else:
            yield item


def _where(writer: Writer, select: Select) -> Where:
    """Return what the rows are asked; packages that a condition names were found in sight of who asks."""
    packages: list[str] = []
    conditions: dict[bool, list[str]] = {True: [], False: []}
    shared = True
    writer.inside = True
    for each in () if select.where is None else _conjuncts(select.where):
        narrowed = narrowing(writer, each)
        packages += [narrowed.packages] if narrowed.packages else []
        if not narrowed.whole:
            asked = writer.condition(each)
            conditions[of_packages(writer, each)].append(asked)
            shared = shared and is_shared(each)
    writer.inside = False
    return Where(tuple(packages), tuple(conditions[True]), tuple(conditions[False]), shared)


def _conjuncts(condition: Expression) -> tuple[Expression, ...]:
    """Return conditions that all must hold."""
    if isinstance(condition, Operation) and condition.sign == "AND":
        return tuple(part for each in condition.parts for part in _conjuncts(each))
    return (condition,)


def _grouped(writer: Writer, expression: Expression) -> str:
    if isinstance(expression, Literal):
        raise AdqlError("found a number or text; expected a column to group by", expression.place)
    writer.inside = True
    sql = writer.value(expression).text
    writer.inside = False
    return sql


def _is_output(expression: Expression, items: list[Item]) -> bool:
    """Return whether an expression of ORDER BY names a column of the answer."""
    if isinstance(expression, Literal) and isinstance(expression.value, int):
        return True
    return (
        isinstance(expression, Column)
        and not expression.table
        and expression.name in {item.name for item in items}
    )


def _order(writer: Writer, select: Select, items: list[Item], outputs: list[str]) -> Iterator[Order]:
    """Yield what the answer is sorted by; what has no value comes last."""
    for sorting in select.order:
        if select.distinct and not _is_selected(sorting.expression, items):
            message = "with DISTINCT, rows are sorted by what is selected alone"
            raise AdqlError(message, sorting.expression.place)
        text = _sorted_by(writer, sorting.expression, items, outputs)
        meant = _meant(sorting.expression, items)
        yield Order(text, sorting.falling, of_packages(writer, meant), is_shared(meant))


def _is_selected(expression: Expression, items: list[Item]) -> bool:
    """Return whether rows that are equal in the answer are equal in an expression too."""
    return _is_output(expression, items) or expression in [item.expression for item in items]


def _sorted_by(writer: Writer, expression: Expression, items: list[Item], outputs: list[str]) -> str:
    if isinstance(expression, Literal):
        if not isinstance(expression.value, int) or not 1 <= expression.value <= len(items):
            raise AdqlError(
                f"found {expression.value!r}; expected a column of the answer, 1 to {len(items)}",
                expression.place,
            )
        return outputs[expression.value - 1]
    if _is_output(expression, items):
        assert isinstance(expression, Column)
        return outputs[[item.name for item in items].index(expression.name)]
    return writer.value(expression).text


def _meant(expression: Expression, items: list[Item]) -> Expression:
    """Return what an expression of ORDER BY stands for: a column of the answer is what is selected there."""
    if isinstance(expression, Literal) and isinstance(expression.value, int):
        return items[expression.value - 1].expression
    if _is_output(expression, items) and isinstance(expression, Column):
        return items[[item.name for item in items].index(expression.name)].expression
    return expression


def _output(writer: Writer, item: Item, code: str) -> OutputColumn:
    """Return a column of the answer: under its own name, or under what it is made by."""
    expression = item.expression
    if isinstance(expression, Column):
        column = writer.column(expression)
        named = item.name or column.name
        return OutputColumn(named, code, column.unit, column.ucd, column.utype, column.description)
    name = expression.name.lower() if isinstance(expression, Call) else "value"
    return OutputColumn(item.name or name, code or TEXT)
