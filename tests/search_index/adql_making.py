"""Queries in ADQL made at random: most can be answered, some are cut, doubled or sprinkled with attacks."""

from __future__ import annotations

import random
from collections.abc import Callable

from search_index.adql.columns import COLUMNS

_TEXTS = [name for name, column in COLUMNS.items() if column.code == "A"]
_NUMBERS = [name for name, column in COLUMNS.items() if column.code != "A"]
_SETS = (
    "'mission', 'alpha'", "'level', 'N1'", "'target', 'TIC*'", "'words', 'title'", "'words', 'canary'",
    "'node', 'alpha/secret'", "'identifier', '*'", "'place', 'alpha'", "'value', 'noise > 1'", "'visit', 'V'",
    "'any_target', '10,0,180', 'x'", "'time', '2018-01-01/2030-01-01'", "'validity', '/'",
    "'data', 'not raw'",
)  # fmt: skip
ATTACKS = (
    "; DROP TABLE aips", " UNION SELECT * FROM aips", "--", "/*", "') OR ('1'='1", "\0", "\u202e", "1e999",
    " ATTACH DATABASE 'x' AS y", " PRAGMA table_info(aips)", "(SELECT sql FROM sqlite_master)", "a.node",
    "p.*",
    "randomblob(9999999)", "load_extension('x')", ":seen", "?1", "@x", "$x", "{{7*7}}", "%00", "CASE WHEN 1",
    "'",
    '"',
    "((((((((((", "))))", "told_values", "SELECT", " OFFSET 99999999999999999999",
    "9" * 400, "||||",
    "\r\nX: y",
)  # fmt: skip


class Maker:
    """Makes queries; the same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def query(self) -> str:
        """Return one query."""
        dice = self._dice
        made = self._grouped() if dice.random() < 0.4 else self._plain()
        if dice.random() < 0.25:
            at = dice.randrange(len(made))
            made = made[:at] + dice.choice(ATTACKS) + made[at + dice.randrange(3) :]
        if dice.random() < 0.05:
            made = made[: dice.randrange(len(made))]
        return made

    def _plain(self) -> str:
        dice = self._dice
        items = ", ".join(self._value(2) for _ in range(dice.randrange(1, 4)))
        head = dice.choice(["*", items, items, f"DISTINCT {items}", f"TOP {dice.randrange(9)} {items}"])
        order = f" ORDER BY {self._value(1)} {dice.choice(['', 'DESC'])}" if dice.random() < 0.3 else ""
        offset = f" OFFSET {dice.randrange(9)}" if dice.random() < 0.2 else ""
        table = dice.choice(["ivoa.obscore", "obscore AS o"])
        return f"SELECT {head} FROM {table}{self._where()}{order}{offset}"

    def _grouped(self) -> str:
        dice = self._dice
        by = self._value(1)
        sums = ", ".join(self._sum() for _ in range(dice.randrange(1, 3)))
        if dice.random() < 0.4:
            return f"SELECT {sums} FROM obscore{self._where()}"
        having = f" HAVING {self._sum()} > {dice.randrange(5)}" if dice.random() < 0.4 else ""
        return f"SELECT {by}, {sums} FROM ivoa.obscore{self._where()} GROUP BY {by}{having} ORDER BY 2 DESC"

    def _sum(self) -> str:
        dice = self._dice
        name = dice.choice(["COUNT", "MIN", "MAX", "SUM", "AVG"])
        if name == "COUNT":
            return f"COUNT({dice.choice(['*', 'DISTINCT ' + self._value(1), self._value(1)])})"
        return f"{name}({self._number(1) if name in ('SUM', 'AVG') else self._value(1)})"

    def _where(self) -> str:
        return f" WHERE {self._condition(3)}" if self._dice.random() < 0.8 else ""

    def _condition(self, depth: int) -> str:
        dice = self._dice
        if depth and dice.random() < 0.4:
            joined = dice.choice(["AND", "OR"])
            return f"({self._condition(depth - 1)} {joined} {self._condition(depth - 1)})"
        kinds: list[Callable[[], str]] = [
            lambda: f"{self._number(depth)} {dice.choice(['<', '<=', '=', '<>', '>'])} {self._number(depth)}",
            lambda: f"{self._text(depth)} {dice.choice(['=', '<>', '<'])} {self._text(depth)}",
            lambda: (
                f"{self._text(1)} {dice.choice(['LIKE', 'NOT LIKE', 'ILIKE'])} '%{dice.choice('aqs_%')}%'"
            ),
            lambda: f"{self._number(1)} BETWEEN {dice.randrange(-90, 0)} AND {dice.uniform(0, 90)}",
            lambda: f"{self._value(1)} IS {dice.choice(['', 'NOT '])}NULL",
            lambda: f"NOT {self._condition(0)}",
            lambda: f"{dice.randrange(2)} = package_has({dice.choice(_SETS)})",
            lambda: f"{self._text(0)} IN ('alpha', 'N1', 'canary')",
            lambda: f"1 = {dice.choice(['CONTAINS', 'INTERSECTS'])}({self._shape()}, {self._shape()})",
            lambda: f"1 / (package_size - {dice.randrange(20_000)}) > 0",
        ]
        return dice.choice(kinds)()

    def _shape(self) -> str:
        dice = self._dice
        ra, dec, radius = dice.uniform(0, 360), dice.uniform(-90, 90), dice.choice([0.1, 20, 180])
        return dice.choice(
            [
                "POINT('ICRS', s_ra, s_dec)",
                "s_region",
                f"CIRCLE({ra}, {dec}, {radius})",
                f"POINT({ra}, s_dec)",
            ]
        )

    def _value(self, depth: int) -> str:
        return self._number(depth) if self._dice.random() < 0.5 else self._text(depth)

    def _number(self, depth: int) -> str:
        dice = self._dice
        if not depth or dice.random() < 0.5:
            return dice.choice([dice.choice(_NUMBERS), str(dice.randrange(100)), f"{dice.uniform(-1, 1)}"])
        inner, other = self._number(depth - 1), self._number(depth - 1)
        return dice.choice(
            [
                f"({inner} {dice.choice('+-*/')} {other})",
                f"{dice.choice(['ABS', 'SQRT', 'LOG', 'FLOOR', 'SIN', 'EXP', 'SIGN'])}({inner})",
                f"{dice.choice(['POWER', 'MOD', 'ATAN2', 'COALESCE'])}({inner}, {other})",
                f"DISTANCE(s_ra, s_dec, {inner}, {other})",
            ]
        )

    def _text(self, depth: int) -> str:
        dice = self._dice
        if not depth or dice.random() < 0.7:
            return dice.choice([dice.choice(_TEXTS), "'N1'", "'o''x'"])
        return dice.choice([f"UPPER({self._text(depth - 1)})", f"({self._text(0)} || {self._text(0)})"])
