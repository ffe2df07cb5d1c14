"""How the report of a visit is read, as values: its tables, what stands in them, what it should agree with.

A table's rows become a header unit of the report, by their labels; a source such as ``Metrics/MAD (ppm)``
names one of them wherever an agreement names sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from policies.sources import Expression


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Where a table stands: from each line in which ``begins`` is found to the next ``ends`` or other table.

    Without ``begins`` it is the whole report.
    """

    begins: re.Pattern[str] | None = None
    ends: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class ReportValue:
    """A value of the report: how it is made, its unit, and what it should be.

    ``same_as`` names a column of ObsCore or a value of the package's products, from which it may differ by
    ``within``, in its own unit (days, for a time). ``above`` and ``below`` are bounds that a sane value does
    not reach: numbers, or names of other values of the report.
    """

    expression: Expression
    unit: str = ""
    same_as: str = ""
    within: float = 0.0
    above: float | str | None = None
    below: float | str | None = None


@dataclass(frozen=True, slots=True)
class ReportRule:
    """How a report is read; ``none`` are its own words for no value, ``unreadable`` is accept or refuse."""

    tables: Mapping[str, ReportTable]
    values: Mapping[str, ReportValue] = field(default_factory=dict)
    none: tuple[str, ...] = ()
    unreadable: str = "accept"

    def sources(self) -> Iterator[str]:
        """Yield all sources that values are made of."""
        for value in self.values.values():
            yield from (*value.expression.sources, *value.expression.plus)
