"""The archivist's view of audits: what is proven at each location, what is late or wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import Final

from aip.audit import AuditResult
from oais.archive import Home
from oais.functions.audit.forecasting import Forecast, foretold
from oais.functions.audit.register import Register
from oais.functions.audit.reports import Kept, kept_reports
from oais.functions.copies.locations import HOME, roots, why_away
from oais.information.findings import Finding, Severity
from oais.information.text import printable

MOST_TOLD: Final = 50
"""AIPs and things that are told of one by one; of the rest the number."""

_MOST_WARNED: Final = 5
"""Warnings of the last report that are told of one by one."""

_MOST_REPORTS: Final = 200
"""How many of the newest reports are looked through for those of each location."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is not as it was sealed: ``about`` is an AIP, or a part of the archive that is ``no_aip``.

    ``unreadable`` is what the disk did not give, which may be whole; ``remedy`` says what to do now,
    ``commands`` with what.
    """

    about: str
    found_at: str
    unreadable: bool
    remedy: str
    commands: tuple[str, ...]
    findings: tuple[Finding, ...]
    no_aip: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The last whole run at a location, as the ledger keeps it."""

    started_at: str
    ended_at: str
    scope: str
    depth: str
    aips: int
    files: int
    bytes: int
    intact: bool


@dataclass(frozen=True, slots=True)
class LocationAudits:
    """The audits of one location: ``away`` says why nothing can be read there, ``warnings`` what is late.

    They also have what the last report warns of. ``troubled`` counts AIPs; ``troubles`` has the first of
    them, and what else the last report found.
    """

    name: str
    away: str
    forecast: Forecast
    warnings: tuple[str, ...]
    troubled: int
    troubles: tuple[Trouble, ...]
    report: Report | None

    @property
    def sound(self) -> bool:
        """Whether nothing is known that somebody must see to."""
        return not (self.away or self.troubles or self.warnings)


@dataclass(frozen=True, slots=True)
class AuditDesk:
    """All locations, the archive's own first; ``by_worker`` says whether audits run by themselves."""

    at: str
    by_worker: bool
    locations: tuple[LocationAudits, ...]


def audit_desk(archive: Home) -> AuditDesk:
    """Return what is known of all audits; no data are read. Raises DamageError, StorageError."""
    known = roots(archive)
    reports = _last_reports(archive, len(known))
    located = [
        _location(archive, name, root, reports.get(name, ()), copied=len(known) > 1)
        for name, root in known.items()
    ]
    return AuditDesk(archive.now(), archive.settings.audit_by_worker, tuple(located))


def _location(
    archive: Home, name: str, root: Path, reports: Sequence[Kept], *, copied: bool
) -> LocationAudits:
    with closing(Register(archive, name, root, reading=True)) as register:
        told = foretold(archive, name, register)
        beside = tuple(_beside(register, reports))[:MOST_TOLD]
        # Looking for them takes long, and mostly there are none.
        results = register.troubled(most=MOST_TOLD) if told.troubled else ()
        troubles = [_trouble(result, name, copied) for result in results]
    away = why_away(root) if name != HOME else ""
    report = _report(reports[0]) if reports else None
    warnings = (*_overdue(told, name), *told.warnings(), *(_noted(reports[0]) if reports else ()))
    return LocationAudits(name, away, told, warnings, told.troubled, (*beside, *troubles), report)


def _noted(report: Kept) -> list[str]:
    """Return what a report warns of: the first few, and how many more there are."""
    noted = report.get("warnings")
    told = [printable(str(text)) for text in noted] if isinstance(noted, list) else []
    more = len(told) - _MOST_WARNED
    return [
        *told[:_MOST_WARNED],
        *([f"more warnings, which the newest file in ledger/audits/ tells: {more}"] if more > 0 else []),
    ]


def _overdue(told: Forecast, location: str) -> Iterator[str]:
    if late := sum(depth.overdue for depth in told.coverage):
        where = "" if location == HOME else f" --location {location}"
        yield (
            f"audits overdue for more than a day: {late}; see that the worker runs (oais work), "
            f"or run: oais audit --due{where}"
        )


def _trouble(result: AuditResult, location: str, copied: bool) -> Trouble:
    name = quote(result.aip_id)
    again = f"oais audit {name}" if location == HOME else f"oais audit {name} --location {location}"
    commands: tuple[str, ...] = (again,)
    if result.only_unreadable:
        remedy = "check the disk first, the bytes may be sound; then read it again"
    elif copied:
        remedy = "make it anew from a copy that is proven, then read it again"
        commands = (f"oais repair {name}", again)
    else:
        remedy = "restore it from a backup, keep the damaged one for inquiry, then read it again"
    wrong = tuple(found for found in result.findings if found.severity is Severity.ERROR)
    return Trouble(printable(result.aip_id), result.ended_at, result.only_unreadable, remedy, commands, wrong)


def _beside(register: Register, reports: Sequence[Kept]) -> Iterator[Trouble]:
    """Yield what the last reports found of things that no register has: lost AIPs, the root, the ledger."""
    found: dict[str, list[Finding]] = {}
    at: dict[str, str] = {}
    for report in reports:
        for about, fault in _findings(report):
            if about not in at and not register.knows(about):
                found.setdefault(about, []).append(fault)
        at |= dict.fromkeys(found.keys() - at.keys(), str(report.get("ended_at", "")))
    for about, faults in found.items():
        no_aip = about.endswith("/")
        yield Trouble(about, at[about], False, faults[0].remedy, (), tuple(faults), no_aip)


def _findings(report: Kept) -> Iterator[tuple[str, Finding]]:
    for plain in report.get("findings", ()):
        with suppress(TypeError, KeyError, ValueError):
            told = {name: value for name, value in plain.items() if name != "aip"}
            fault = Finding(**told | {"severity": Severity(told["severity"])})
            if fault.severity is Severity.ERROR:
                yield printable(str(plain["aip"])), fault


def _report(plain: Kept) -> Report:
    scope, depth = str(plain.get("scope", "")), str(plain.get("depth", ""))
    aips, files, size = (int(plain.get(name, 0)) for name in ("aips", "files", "bytes"))
    times = (str(plain.get("started_at", "")), str(plain.get("ended_at", "")))
    return Report(*times, scope, depth, aips, files, size, bool(plain.get("intact")))


def _last_reports(archive: Home, wanted: int) -> dict[str, list[Kept]]:
    """Return the newest report of everything at each location, before it the newer ones of slices.

    Raises StorageError.
    """
    found: dict[str, list[Kept]] = {}
    whole: set[str] = set()
    for _, report in islice(kept_reports(archive), _MOST_REPORTS):
        location, scope = str(report.get("location", HOME)), str(report.get("scope", "")).split()
        if scope[:1] not in (["all"], ["due"]) or location in whole:
            continue
        if all(report.get("scope") != other.get("scope") for other in found.get(location, ())):
            found.setdefault(location, []).append(report)
        if len(scope) == 1:
            whole.add(location)
            if len(whole) == wanted:
                break
    return found
