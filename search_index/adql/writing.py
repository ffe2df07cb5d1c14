"""A query as SQL: names are looked up in our own table, and every value becomes a parameter.

No character of a query comes into the SQL; what stands there are texts of this room alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, NamedTuple

from oais.information.text import printable
from search_index.adql import functions
from search_index.adql.columns import COLUMNS, REAL, TEXT, WHOLE, TableColumn
from search_index.adql.faults import AdqlError, Place
from search_index.adql.functions import AGGREGATE, MEMBERSHIP, NUMBERS, SCALAR, Function
from search_index.adql.tree import Call, Column, Expression, Literal, Operation, Star, parts_of

CONDITION: Final = "?"
"""The type of what is true or not; ``NOTHING`` is that of NULL."""

NOTHING: Final = ""

_JOINED: Final = 20
"""How many texts one query may join: each makes the values of an answer longer."""

_COMPARISONS: Final = ("=", "<>", "<", "<=", ">", ">=")
_ARITHMETIC: Final = ("+", "-", "*", "/")


class Sql(NamedTuple):
    """A piece of SQL and its type."""

    text: str
    code: str


@dataclass(frozen=True, slots=True)
class Membership:
    """Packages that a query asks for as the form does: of what, which values, and where it stands."""

    what: str
    values: tuple[str, ...]
    parameter: str
    place: Place


@dataclass(slots=True)
class Writer:
    """Writes the expressions of one query; ``parameters`` and ``memberships`` are what the SQL needs.

    ``number`` is how rows are counted.
    """

    names: frozenset[str]
    parameters: dict[str, object] = field(default_factory=dict)
    memberships: list[Membership] = field(default_factory=list)
    joined: int = 0
    inside: bool = False
    aggregates: bool = False
    number: str = "count(*)"

    def condition(self, expression: Expression) -> str:
        """Return the SQL of a condition; raises AdqlError for a value."""
        sql = self.sql(expression)
        if sql.code != CONDITION:
            raise AdqlError("found a value; expected a condition such as t_min > 58000", expression.place)
        return sql.text

    def value(self, expression: Expression, codes: str = NUMBERS + TEXT) -> Sql:
        """Return the SQL of a value of one of some types; raises AdqlError."""
        sql = self.sql(expression)
        if sql.code == CONDITION or (sql.code and sql.code not in codes):
            found = {TEXT: "a text", CONDITION: "a condition"}.get(sql.code, "a number")
            wanted = "a value" if codes == NUMBERS + TEXT else "a text" if codes == TEXT else "a number"
            raise AdqlError(f"found {found}; expected {wanted}", expression.place)
        return sql

    def parameter(self, value: object) -> str:
        """Return the name under which a value is handed to the database."""
        name = f"v{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"

    def sql(self, expression: Expression) -> Sql:
        """Return the SQL of an expression and its type; raises AdqlError for what has no meaning."""
        if isinstance(expression, Literal):
            return self._literal(expression)
        if isinstance(expression, Column):
            column = self.column(expression)
            return Sql(f"({column.sql})", column.code)
        if isinstance(expression, Operation):
            return self._operation(expression)
        if isinstance(expression, Call):
            return self._call(expression)
        raise AdqlError("found '*'; expected a value", expression.place)

    def column(self, named: Column | Star) -> TableColumn:
        """Return the column of a name; raises AdqlError where there is none."""
        self.check_table(named)
        name = named.name if isinstance(named, Column) else ""
        if name in COLUMNS:
            return COLUMNS[name]
        close = get_close_matches(name.lower(), COLUMNS, n=1)
        meant = f"perhaps {close[0]} is meant" if close else "the columns are listed in the help"
        raise AdqlError(f"there is no column {printable(name, 80)!r}", named.place, remedy=meant)

    def check_table(self, named: Column | Star) -> None:
        """Raise AdqlError where the table before a name is not the one that is asked."""
        if named.table and named.table not in self.names:
            raise AdqlError(
                f"there is no table {printable(named.table, 80)!r} in this query; "
                f"expected {' or '.join(sorted(self.names))}",
                named.place,
            )

    def _literal(self, literal: Literal) -> Sql:
        if literal.value is None:
            return Sql("NULL", NOTHING)
        code = TEXT if isinstance(literal.value, str) else WHOLE if isinstance(literal.value, int) else REAL
        return Sql(self.parameter(literal.value), code)

    def _operation(self, operation: Operation) -> Sql:
        sign, parts = operation.sign, operation.parts
        if sign in ("AND", "OR"):
            return Sql(f"({f' {sign} '.join(map(self.condition, parts))})", CONDITION)
        if sign == "NOT":
            return Sql(f"(NOT {self.condition(parts[0])})", CONDITION)
        if sign in ("IS NULL", "IS NOT NULL"):
            return Sql(f"({self.value(parts[0]).text} {sign})", CONDITION)
        if sign in ("LIKE", "ILIKE"):
            return self._like(operation)
        if sign in _COMPARISONS or sign in ("BETWEEN", "IN"):
            return self._comparison(operation)
        return self._arithmetic(operation)

    def _arithmetic(self, operation: Operation) -> Sql:
        sign, parts = operation.sign, operation.parts
        if sign == "||":
            self.joined += 1
            if self.joined > _JOINED:
                raise AdqlError(f"more than {_JOINED} texts are joined", operation.place)
            texts = [self.value(part, TEXT).text for part in parts]
            return Sql(f"({' || '.join(texts)})", TEXT)
        numbers = [self.value(part, NUMBERS) for part in parts]
        code = WHOLE if all(number.code == WHOLE for number in numbers) else REAL
        if sign == "negative":
            return Sql(f"(- {numbers[0].text})", code)
        assert sign in _ARITHMETIC
        return Sql(f"({numbers[0].text} {sign} {numbers[1].text})", code)

    def _comparison(self, operation: Operation) -> Sql:
        values = [self.value(part) for part in operation.parts]
        if len({value.code == TEXT for value in values if value.code}) > 1:
            raise AdqlError("a text and a number are compared; expected two of a kind", operation.place)
        first, *others = (value.text for value in values)
        if operation.sign == "BETWEEN":
            return Sql(f"({first} BETWEEN {others[0]} AND {others[1]})", CONDITION)
        if operation.sign == "IN":
            return Sql(f"({first} IN ({', '.join(others)}))", CONDITION)
        return Sql(f"({first} {operation.sign} {others[0]})", CONDITION)

    def _like(self, operation: Operation) -> Sql:
        """Return the SQL of a comparison with a pattern: a text as it stands, so that its length is known."""
        text, pattern = operation.parts
        if not (isinstance(pattern, Literal) and isinstance(pattern.value, str)):
            raise AdqlError(f"{operation.sign} asks for a pattern in quotes", pattern.place)
        compared = self.value(text, TEXT).text
        asked = pattern.value
        while "%%" in asked:
            asked = asked.replace("%%", "%")
        if operation.sign == "LIKE":
            return Sql(f"({compared} LIKE {self.parameter(asked)})", CONDITION)
        return Sql(f"(lower({compared}) LIKE lower({self.parameter(asked)}))", CONDITION)

    def _call(self, call: Call) -> Sql:
        if call.name in SCALAR:
            return self._applied(call, SCALAR[call.name])
        if call.name in AGGREGATE:
            return self._aggregate(call)
        if call.name == MEMBERSHIP:
            return Sql(f"({self.among(self.membership(call))})", WHOLE)
        if call.name in (*functions.GEOMETRIES, *functions.COORDINATES):
            from search_index.adql.geometry import geometry

            return geometry(self, call)
        if call.name in functions.SHAPES:
            raise AdqlError(
                f"{call.name} is no value; expected it within CONTAINS, INTERSECTS or DISTANCE", call.place
            )
        known = (*SCALAR, *AGGREGATE, *functions.GEOMETRIES, *functions.SHAPES, MEMBERSHIP)
        lacks = call.name in functions.LACKING
        told = "cannot be asked here" if lacks else "is no function that is known"
        raise AdqlError(
            f"{printable(call.name, 80)} {told}", call.place, remedy=f"the functions are {', '.join(known)}"
        )

    def _applied(self, call: Call, function: Function) -> Sql:
        if not function.fewest <= len(call.parts) <= function.most:
            wanted = " to ".join(str(bound) for bound in sorted({function.fewest, function.most}))
            raise AdqlError(f"{call.name} has {len(call.parts)} values; expected {wanted}", call.place)
        values = [self.value(part, function.takes) for part in call.parts]
        if len({value.code == TEXT for value in values if value.code}) > 1:
            raise AdqlError(f"{call.name} has texts and numbers; expected one of them", call.place)
        whole = all(value.code == WHOLE for value in values)
        own = next((value.code for value in values if value.code), NOTHING)
        code = function.gives or (own if own == TEXT else WHOLE if whole else REAL)
        return Sql(f"{function.sql}({', '.join(value.text for value in values)})", code)

    def _aggregate(self, call: Call) -> Sql:
        if self.inside:
            raise AdqlError(f"{call.name} cannot stand here: it sums up rows", call.place)
        self.aggregates = self.inside = True
        try:
            if call.parts[:1] and isinstance(call.parts[0], Star):
                return Sql(self.number, WHOLE)
            sql = self._applied(call, AGGREGATE[call.name])
        finally:
            self.inside = False
        if not call.distinct:
            return sql
        return Sql(sql.text.replace("(", "(DISTINCT ", 1), sql.code)

    def membership(self, call: Call) -> str:
        """Return the parameter of a question about packages; what it asks for must stand as it is."""
        values = [part.value for part in call.parts if isinstance(part, Literal)]
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) < max(2, len(call.parts)):
            raise AdqlError(
                f"{MEMBERSHIP.lower()} asks for what and which in quotes, "
                f"such as {MEMBERSHIP.lower()}('target', 'HD 1*')",
                call.place,
            )
        return self.asked(texts[0], tuple(texts[1:]), call.place)

    def asked(self, what: str, values: tuple[str, ...], place: Place) -> str:
        """Return the parameter under which the packages of a question are handed over; each is asked once."""
        for known in self.memberships:
            if (known.what, known.values) == (what, values):
                return known.parameter
        parameter = f"m{len(self.memberships)}"
        self.memberships.append(Membership(what, values, parameter, place))
        return parameter

    @staticmethod
    def among(parameter: str) -> str:
        """Return the condition that a row is of one of the packages handed over."""
        return f"a.no IN (SELECT value FROM json_each(:{parameter}))"  # noqa: S608


def of_packages(writer: Writer, expression: Expression) -> bool:
    """Return whether an expression has the same value for all products of a package."""
    if isinstance(expression, Column | Star):
        return isinstance(expression, Column) and writer.column(expression).of_package
    return all(of_packages(writer, part) for part in parts_of(expression))


def check_grouped(expression: Expression, groups: Sequence[Expression]) -> None:
    """Raise AdqlError for a column that is neither grouped by nor summed up."""
    if expression in groups or (isinstance(expression, Call) and expression.name in AGGREGATE):
        return
    if isinstance(expression, Column | Star):
        name = expression.name if isinstance(expression, Column) else "*"
        raise AdqlError(
            f"{printable(name, 80)} stands beside what sums up rows; "
            "expected it in GROUP BY or within COUNT, MIN, MAX, SUM or AVG",
            expression.place,
        )
    for part in parts_of(expression):
        check_grouped(part, groups)


def aggregated(expressions: Iterable[Expression]) -> bool:
    """Return whether any expression sums up rows."""
    return any(
        (isinstance(each, Call) and each.name in AGGREGATE) or aggregated(parts_of(each))
        for each in expressions
    )
