"""What is kept of a withdrawal: who asked, who decided, the tombstone, and that the bytes are gone.

An AIP is withdrawn whole, by two people (PREMIS: deaccession, then deletion). Each step is one record, which
is signed and never changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, Final, TypeVar

SCHEMA: Final = "oais-withdrawal/1"


class Why(StrEnum):
    """The kind of reason for which an AIP may be withdrawn; ``WHY_TOLD`` says each in words."""

    LAW = "law"
    PRIVACY = "privacy"
    RIGHTS = "rights"
    PROVIDER = "provider"
    ERROR = "error"
    DUPLICATE = "duplicate"


WHY_TOLD: Final = {
    Why.LAW: "the law, a court or an authority demands it",
    Why.PRIVACY: "it holds personal data",
    Why.RIGHTS: "somebody else has rights in the data",
    Why.PROVIDER: "its provider asked for it",
    Why.ERROR: "it should not have been delivered",
    Why.DUPLICATE: "the archive holds it under another identifier",
}


class Step(StrEnum):
    """The records of a withdrawal, in the order in which they come to be."""

    REQUEST = "request"
    DECISION = "decision"
    TOMBSTONE = "tombstone"
    DELETION = "deletion"
    READMISSION = "readmission"


class State(StrEnum):
    """How far a withdrawal is."""

    ASKED = "asked for"
    EXPIRED = "expired"
    DECLINED = "declined"
    UNFINISHED = "approved, not finished"
    WITHDRAWN = "withdrawn"
    READMITTED = "may be delivered again"


@dataclass(frozen=True, slots=True)
class Act:
    """Who did a step and when; ``by`` is the identifier of an account, ``name`` its login at that moment."""

    by: str
    name: str
    at: str


@dataclass(frozen=True, slots=True)
class Request:
    """That an AIP be withdrawn: ``reason`` is told on the tombstone, ``basis`` to the staff alone."""

    step: ClassVar[Step] = Step.REQUEST

    aip_id: str
    number: int
    act: Act
    expires_at: str
    why: str
    reason: str
    basis: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the second person decided."""

    step: ClassVar[Step] = Step.DECISION

    aip_id: str
    number: int
    act: Act
    approved: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LostVersion:
    """A version that is no more: when it was stored, its receipt, and what the archive committed to.

    ``inventory`` is the sha512 of its OCFL inventory, which has that of each file, and ``files`` that of its
    listing; both stand in the ledger.
    """

    number: int
    stored_at: str
    receipt: str
    inventory: str
    files: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What remains of an AIP of so many files and bytes, logs and all.

    How much of it is shown is decided by the policy of its node, when somebody asks.
    """

    step: ClassVar[Step] = Step.TOMBSTONE

    aip_id: str
    number: int
    at: str
    title: str
    node: str
    agreement: str
    why: str
    reason: str
    basis: str
    asked: Act
    approved: Act
    files: int
    bytes: int
    versions: tuple[LostVersion, ...]

    @property
    def head(self) -> int:
        """The number of the last version there was."""
        return max((version.number for version in self.versions), default=0)


@dataclass(frozen=True, slots=True)
class Deletion:
    """That the bytes are gone from the store."""

    step: ClassVar[Step] = Step.DELETION

    aip_id: str
    number: int
    at: str


@dataclass(frozen=True, slots=True)
class Readmission:
    """That the identifier may be delivered again, and why."""

    step: ClassVar[Step] = Step.READMISSION

    aip_id: str
    number: int
    act: Act
    reason: str


Record = Request | Ruling | Tombstone | Deletion | Readmission
_Record = TypeVar("_Record", Request, Ruling, Tombstone, Deletion, Readmission)

_EVENTS: Final = {Step.TOMBSTONE: "deaccession", Step.DELETION: "deletion"}
"""The PREMIS event types (id.loc.gov/vocabulary/preservation/eventType) that two of the records are."""


def record_as_plain(record: Record) -> dict[str, Any]:
    """Return a record as it is written."""
    plain = {"schema": SCHEMA, "step": str(record.step), **asdict(record)}
    event = _EVENTS.get(record.step)
    return plain if event is None else plain | {"premis_event": event}


def record_from_plain(kind: type[_Record], plain: Any) -> _Record:
    """Read a record back; raises ValueError, KeyError, TypeError or AttributeError for what is none."""
    if plain["schema"] != SCHEMA or plain["step"] != kind.step:
        raise ValueError(f"it is no {kind.step} of {SCHEMA}")
    values = {item.name: plain[item.name] for item in fields(kind)}
    for name in values.keys() & {"act", "asked", "approved"}:
        if isinstance(values[name], dict):
            values[name] = Act(**values[name])
    if "versions" in values:
        values["versions"] = tuple(LostVersion(**version) for version in values["versions"])
    return kind(**values)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One withdrawal with the records there are; those of an AIP are numbered from 1."""

    request: Request
    ruling: Ruling | None = None
    tombstone: Tombstone | None = None
    deletion: Deletion | None = None
    readmission: Readmission | None = None

    @property
    def aip_id(self) -> str:
        """The AIP it is about."""
        return self.request.aip_id

    @property
    def number(self) -> int:
        """Which of that AIP's withdrawals it is, from 1."""
        return self.request.number

    @property
    def approved(self) -> bool:
        """Whether the second person agreed."""
        return self.ruling is not None and self.ruling.approved

    def state(self, now: str) -> State:
        """Return how far it is at a moment, as the archive writes it."""
        if self.ruling is None:
            return State.ASKED if now < self.request.expires_at else State.EXPIRED
        if not self.ruling.approved:
            return State.DECLINED
        if self.deletion is None:
            return State.UNFINISHED
        return State.WITHDRAWN if self.readmission is None else State.READMITTED


def standing(withdrawals: Sequence[Withdrawal]) -> Withdrawal | None:
    """Return which of an AIP's withdrawals, the oldest first, keeps it out: its tombstone stands.

    None where no tombstone was ever laid, and where the AIP may be delivered again.
    """
    laid = [each for each in withdrawals if each.tombstone is not None]
    return laid[-1] if laid and laid[-1].readmission is None else None
