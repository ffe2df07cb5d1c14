"""Hits as visits: one row for all packages of a visit that answer, with what people look for first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from oais.functions.access.cards import distinct, precise_time
from oais.functions.access.decisions import Asker
from oais.functions.access.views import VisitRow
from policies.access import ANONYMOUS, Action
from search_index.answers import Hit, Visit
from search_index.catalogue.traits import magnitude, trait
from search_index.entries import AipEntry
from search_index.index import Index

NO_BEGINNING, NO_END = "no beginning", "no end"
"""What is told of a validity that is open at an end."""

_PROCESSING = ("pipeline_version", "processing_chain_version", "processing_version", "processing_chain")
_TO_WHOM = {"email-code": "public by access code", "account": "for accounts", "group": "for groups"}


def visit_rows(index: Index, asker: Asker, visits: Sequence[Visit]) -> tuple[VisitRow, ...]:
    """Return the rows of visits, without packages that may not be described and visits that have no other."""
    stranger = asker.asked_by(ANONYMOUS)
    packages = [(hit.aip.node, hit.aip.aip_id) for visit in visits for hit in visit.hits]
    asker.prepare(packages)
    stranger.prepare(packages)
    told = _Told(
        index.reports([aip_id for _, aip_id in packages]),
        index.validities([aip_id for _, aip_id in packages]),
    )
    shown = ((visit, [hit for hit in visit.hits if _may(asker, hit.aip)]) for visit in visits)
    return tuple(_row(asker, stranger, visit, hits, told) for visit, hits in shown if hits)


@dataclass(frozen=True, slots=True)
class _Told:
    """What products tell of packages, by their identifiers: the path of a report, and validity (MJD)."""

    reports: Mapping[str, str]
    validities: Mapping[str, tuple[float | None, float | None]]

    def report(self, aips: Sequence[AipEntry]) -> str:
        """Return the address of the first report; empty for none."""
        return next(
            (_address(aip, self.reports[aip.aip_id]) for aip in aips if aip.aip_id in self.reports), ""
        )

    def validity(self, aips: Sequence[AipEntry]) -> tuple[str, str]:
        """Return from when to when any of them holds, an open end in words; empty where none tells."""
        known = [self.validities[aip.aip_id] for aip in aips if aip.aip_id in self.validities]
        if not known:
            return "", ""
        begins, ends = zip(*known, strict=True)
        return (
            NO_BEGINNING if None in begins else precise_time(min(begins)),
            NO_END if None in ends else precise_time(max(ends)),
        )


def _may(asker: Asker, aip: AipEntry) -> bool:
    return asker.may(Action.READ_METADATA, aip.node, aip.aip_id)


def _row(asker: Asker, stranger: Asker, visit: Visit, hits: Sequence[Hit], told: _Told) -> VisitRow:
    aips = [hit.aip for hit in hits]
    valid_from, valid_to = told.validity(aips)
    placed = next((aip for aip in aips if aip.ra is not None and aip.dec is not None), None)
    values: dict[str, Any] = {}
    for aip in aips:
        values = dict(aip.values) | values
    apart = [hit.distance for hit in hits if hit.distance is not None]
    return VisitRow(
        name=visit.name,
        title=aips[0].title,
        visit=trait(values, "visit") or visit.name.partition(":")[2],
        observation=trait(values, "observation") or distinct(name for aip in aips for name in aip.obs_ids),
        report=told.report(aips),
        target=distinct(name for aip in aips for name in aip.targets),
        ra=placed.ra if placed else None,
        dec=placed.dec if placed else None,
        distance=min(apart, default=None),
        magnitude=magnitude(values),
        status=distinct(_status(stranger, aip) for aip in aips),
        locked=any(asker.locked(aip.node, aip.aip_id) for aip in aips),
        processing=next((str(values[name]) for name in _PROCESSING if values.get(name)), ""),
        start=precise_time(min((aip.t_min for aip in aips if aip.t_min is not None), default=None)),
        stop=precise_time(max((aip.t_max for aip in aips if aip.t_max is not None), default=None)),
        mission=aips[0].mission,
        level=_all(aip.level for aip in aips),
        kind=_all(aip.kind for aip in aips),
        instrument=distinct(name for aip in aips for name in aip.instruments),
        detector=_plain(values.get("detector")),
        pi=trait(values, "pi"),
        spectral_type=trait(values, "spectral_type"),
        observation_type=trait(values, "observation_type"),
        revision=trait(values, "revision"),
        valid_from=valid_from,
        valid_to=valid_to,
        ingested_at=max(aip.ingested_at for aip in aips),
        products=sum(aip.products for aip in aips),
        size=sum(aip.size for aip in aips),
        packages=visit.packages,
        aip_ids=tuple(aip.aip_id for aip in aips),
    )


def _plain(value: object) -> str:
    return str(value) if isinstance(value, str | int) else ""


def _all(names: Iterable[str]) -> str:
    return ", ".join(sorted({name for name in names if name}))


def _address(aip: AipEntry, path: str) -> str:
    return f"/aip/{quote(aip.aip_id)}/v{aip.version}/products/{quote(path)}"


def _status(stranger: Asker, aip: AipEntry) -> str:
    """Return who may have the data of a package, in a word or two."""
    decision = stranger.downloading(aip.node, aip.aip_id)
    if decision.allowed:
        return "public"
    if decision.release_at is not None:
        return f"private until {decision.release_at:%Y-%m-%d}"
    return _TO_WHOM.get(decision.word, "private")
