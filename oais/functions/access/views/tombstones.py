"""What is shown of an AIP that was withdrawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommitmentView:
    """A version that is no more: its receipt, and the sha512 of its inventory, which the ledger holds."""

    number: int
    stored_at: str
    receipt: str
    inventory_sha512: str


@dataclass(frozen=True, slots=True)
class TombstoneView:
    """A tombstone; what comes after ``versions`` is empty for who is not of the staff."""

    aip_id: str
    title: str
    withdrawn_at: str
    why: str
    reason: str
    files: int
    size: int
    versions: tuple[CommitmentView, ...]
    basis: str = ""
    asked_by: str = ""
    asked_at: str = ""
    approved_by: str = ""
