"""What a check has to say of a producer's data or of a stored package.

Codes are data: one TOML table per family in ``finding_codes/``. A check names a code, a path and what
was found; severity, clause and remedy come from the table, so that text and documentation agree.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources

from oais.information.text import printable


class Severity(StrEnum):
    """MUST becomes an error, SHOULD a warning, a remark an info."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class FindingCode:
    """One row of the documented table of codes.

    ``intake`` is the severity under the archive's own stricter profile, where it differs from what
    the pure standard says.
    """

    code: str
    severity: Severity
    clause: str
    title: str
    remedy: str
    intake: Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or remark: stable code, the path it is about, what was found and expected, what to do."""

    code: str
    severity: Severity
    clause: str
    path: str
    message: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        """Return the six fields as plain strings, the form of ``--json``."""
        return {key: str(value) for key, value in asdict(self).items()}


@cache
def finding_codes() -> dict[str, FindingCode]:
    """Return the whole table of codes, read once from ``finding_codes/*.toml``."""
    table: dict[str, FindingCode] = {}
    for entry in sorted(resources.files(__package__).joinpath("finding_codes").iterdir(), key=str):
        if not entry.name.endswith(".toml"):
            continue
        for code, row in tomllib.loads(entry.read_text("utf-8")).items():
            if code in table:
                raise ValueError(f"finding code {code} stands in two tables")
            severity = Severity(row["severity"])
            table[code] = FindingCode(
                code=code,
                severity=severity,
                clause=row.get("clause", ""),
                title=row["title"],
                remedy=row.get("remedy", ""),
                intake=Severity(row.get("intake", severity)),
            )
    return table


def finding(code: str, path: str, message: str, *, remedy: str | None = None) -> Finding:
    """Make a finding of a documented code; an undocumented one is a defect and raises KeyError."""
    row = finding_codes()[code]
    return Finding(
        code=code,
        severity=row.severity,
        clause=row.clause,
        path=printable(path),
        message=printable(message),
        remedy=row.remedy if remedy is None else remedy,
    )


def under_intake_profile(found: Finding) -> Finding:
    """Return the finding with the severity that our stricter intake profile gives it."""
    return replace(found, severity=finding_codes()[found.code].intake)


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by severity, the worst first, then by path and code."""
    order = list(Severity)
    return tuple(sorted(findings, key=lambda item: (order.index(item.severity), item.path, item.code)))


def refuses(findings: Iterable[Finding]) -> bool:
    """Return whether any finding is an error."""
    return any(found.severity is Severity.ERROR for found in findings)
