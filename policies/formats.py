"""The risk register of file formats: a judgement of each, its reason, and when it is looked at again.

The register that comes with the software counts unless the archive has a ``formats.yaml`` of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final, Literal, get_args

from oais.errors import ConfigurationError
from oais.files import read_regular
from policies.schema import Converter, Faults, Field, list_of, one_of, record, text
from policies.schema import date as day
from policies.yaml import Fault, Table, configuration_error, parse_strict_yaml

FORMATS_FILE: Final = "formats.yaml"

Risk = Literal["low", "moderate", "high"]
RISKS: Final[tuple[str, ...]] = get_args(Risk)


@dataclass(frozen=True, slots=True)
class FormatRisk:
    """What is judged of a format, when, and until when that is believed; ``to`` is what it should become."""

    format_id: str
    risk: Risk
    reason: str
    reviewed: date
    review_by: date
    to: str = ""

    def is_overdue(self, today: date) -> bool:
        """Return whether the judgement is too old to be believed; on its last day it is not."""
        return today > self.review_by


@dataclass(frozen=True, slots=True)
class RiskRegister:
    """The judgements by format id, and where they were read: the archive's own file, or the shipped one."""

    risks: Mapping[str, FormatRisk]
    source: str


@dataclass(frozen=True, slots=True)
class _Row:
    ids: tuple[str, ...]
    risk: Risk
    reason: str
    reviewed: datetime
    review_by: datetime
    to: str


_ID = text(
    pattern=r"(x-)?fmt/[0-9]{1,6}|oais/[a-z0-9.-]{1,60}|UNKNOWN", expected="a PRONOM id or one of ours"
)
_ROWS = list_of(
    record(
        _Row,
        {
            "ids": Field(list_of(_ID, or_one=True), required=True),
            "risk": Field(one_of(*RISKS), required=True),
            "reason": Field(text(longest=500), required=True),
            "reviewed": Field(day, required=True),
            "review_by": Field(day, required=True),
            "to": Field(_ID, default=""),
        },
    )
)
_FILE: Converter[dict[str, tuple[_Row, ...]]] = record(dict, {"formats": Field(_ROWS, required=True)})


def load_register(directory: Path) -> RiskRegister:
    """Read the archive's ``formats.yaml``, else the shipped one; raises ConfigurationError."""
    try:
        data = read_regular(directory / FORMATS_FILE)
    except FileNotFoundError:
        return parse_register(shipped_register(), f"shipped {FORMATS_FILE}")
    except OSError as error:
        raise ConfigurationError(
            f"policies/{FORMATS_FILE} cannot be read: {error.strerror}",
            remedy="give the archive's user the right to read it, or remove it: the shipped one counts then",
        ) from error
    return parse_register(data, f"policies/{FORMATS_FILE}")


def shipped_register() -> bytes:
    """Return the text of the register that comes with the software."""
    return (resources.files("policies") / "shipped" / FORMATS_FILE).read_bytes()


@lru_cache(maxsize=2)
def parse_register(data: bytes, source: str) -> RiskRegister:
    """Read the text of a register; raises ConfigurationError listing every fault with its line."""
    table, faults = parse_strict_yaml(data, source)
    risks = _risks(table, source, faults) if table is not None else {}
    if faults:
        raise configuration_error(faults)
    return RiskRegister(risks, source)


def _risks(table: Table, source: str, items: list[Fault]) -> dict[str, FormatRisk]:
    faults = Faults(source, items)
    read = _FILE(table, faults)
    risks: dict[str, FormatRisk] = {}
    for row in read["formats"] if read else ():
        if row.review_by < row.reviewed:
            found = f"review_by {row.review_by:%Y-%m-%d} of {row.ids[0]}"
            faults.note(0, found, f"a day after it was reviewed, {row.reviewed:%Y-%m-%d}")
        for format_id in row.ids:
            if format_id in risks:
                faults.note(0, f"{format_id} twice", "one row for each format", "keep one of them")
            risks[format_id] = FormatRisk(
                format_id, row.risk, row.reason, row.reviewed.date(), row.review_by.date(), row.to
            )
    return risks
