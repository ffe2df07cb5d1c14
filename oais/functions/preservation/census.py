"""The census of formats: what is held of each, what is judged of it, and what somebody must look at."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby
from typing import Any, Literal

from oais.archive import Archive
from oais.information.representation.identification import known_formats
from policies.formats import FormatRisk, RiskRegister, load_register
from search_index.entries import FormatHolding
from search_index.index import Index, open_index

Standing = Literal["reviewed", "overdue", "not judged"]

_WORST = {"high": 0, "": 1, "moderate": 2, "low": 3}


@dataclass(frozen=True, slots=True)
class FormatRow:
    """One format of the census: amounts of the newest versions, and what the register says of it.

    ``oldest`` and ``newest`` are the days on which its first and last package came in; ``risk`` is empty
    where nobody judged it; ``to`` is the format it should be migrated to.
    """

    format_id: str
    name: str
    files: int
    size: int
    aips: int
    missions: tuple[str, ...]
    oldest: str
    newest: str
    specification: str
    standing: Standing
    risk: str = ""
    reason: str = ""
    reviewed: str = ""
    review_by: str = ""
    to: str = ""

    @property
    def needs(self) -> str:
        """What somebody must do about it, or nothing."""
        if self.standing == "not judged":
            return "judge it: add it to policies/formats.yaml"
        if self.standing == "overdue":
            return f"judge it again: the review was due on {self.review_by}"
        if self.to:
            return f"migrate it: oais migrate --from {self.format_id} --to {self.to}"
        return "ask the provider what it is" if self.risk == "high" else ""


@dataclass(frozen=True, slots=True)
class Census:
    """Every format that is held, those to look at first, and the register they were judged by."""

    rows: tuple[FormatRow, ...]
    register: str
    today: str

    @property
    def unsettled(self) -> tuple[FormatRow, ...]:
        """The formats that nobody judged, or whose judgement is too old."""
        return tuple(row for row in self.rows if row.standing != "reviewed")

    def as_plain(self) -> dict[str, Any]:
        """Return what JSON shows."""
        rows = [{**asdict(row), "needs": row.needs} for row in self.rows]
        amounts = {"files": sum(row.files for row in self.rows), "bytes": sum(row.size for row in self.rows)}
        unsettled = [row.format_id for row in self.unsettled]
        return {
            "today": self.today, "register": self.register, **amounts, "unsettled": unsettled, "formats": rows
        }  # fmt: skip


def take_census(archive: Archive, index: Index | None = None) -> Census:
    """Count the formats of the newest versions and judge each by the register.

    An ``index`` that is open already may know the count from before.

    Raises ConfigurationError when the register has faults, StorageError when the index cannot be asked.
    """
    register = load_register(archive.home / "policies")
    if index is None:
        with closing(open_index(archive.index_root)) as opened:
            holdings = opened.formats()
    else:
        holdings = index.formats()
    return census_of(holdings, register, archive.clock().date())


def census_of(holdings: Iterable[FormatHolding], register: RiskRegister, today: date) -> Census:
    """Return the census of holdings that are sorted by format: the worst first, of these the most files."""
    rows = [
        _row(format_id, list(found), register.risks.get(format_id), today)
        for format_id, found in groupby(holdings, key=lambda holding: holding.format_id)
    ]
    rows.sort(key=lambda row: (row.standing == "reviewed", _WORST[row.risk], not row.to, -row.files))
    return Census(tuple(rows), register.source, today.isoformat())


def _row(format_id: str, found: list[FormatHolding], risk: FormatRisk | None, today: date) -> FormatRow:
    known = known_formats().get(format_id)
    standing: Standing = "reviewed"
    if risk is None:
        standing = "not judged"
    elif risk.is_overdue(today):
        standing = "overdue"
    return FormatRow(
        format_id=format_id,
        name=known.name if known else found[0].name,
        files=sum(item.files for item in found),
        size=sum(item.size for item in found),
        aips=sum(item.aips for item in found),
        missions=tuple(item.mission for item in found),
        oldest=min(item.oldest for item in found)[:10],
        newest=max(item.newest for item in found)[:10],
        specification=known.specification if known else "",
        standing=standing,
        risk=risk.risk if risk else "",
        reason=risk.reason if risk else "",
        reviewed=risk.reviewed.isoformat() if risk else "",
        review_by=risk.review_by.isoformat() if risk else "",
        to=risk.to if risk else "",
    )
