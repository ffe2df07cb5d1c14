"""Withdrawals as archivists see them: what waits for a second person, what is done, what proves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oais.archive import Home
from oais.errors import DamageError
from oais.functions.withdrawal.copies import locations_owing
from oais.functions.withdrawal.keeping import each_withdrawal, told_why
from oais.information.withdrawals import WHY_TOLD, State, Withdrawal

REASONS: Final = tuple((str(word), told) for word, told in WHY_TOLD.items())
"""The kinds of reason, each with its words."""

_WAITING: Final = frozenset({State.ASKED, State.UNFINISHED})


@dataclass(frozen=True, slots=True)
class WithdrawalView:
    """One withdrawal: who asked for it when and why, who decided what, and how far it is.

    ``by`` is the identifier of the account that asked, which may not approve.
    """

    aip_id: str
    number: int
    state: str
    why: str
    reason: str
    basis: str
    by: str
    asked_by: str
    asked_at: str
    expires_at: str
    decided_by: str = ""
    decided_at: str = ""
    declined_because: str = ""
    withdrawn_at: str = ""
    readmitted_by: str = ""
    readmitted_because: str = ""

    @property
    def waits(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.state in _WAITING


@dataclass(frozen=True, slots=True)
class WithdrawalsView:
    """All withdrawals, the newest first, records that cannot be believed, and who still ``owes`` copies."""

    waiting: tuple[WithdrawalView, ...]
    past: tuple[WithdrawalView, ...]
    faults: tuple[str, ...] = ()
    owes: tuple[str, ...] = ()


def list_withdrawals(home: Home) -> WithdrawalsView:
    """Return every withdrawal that was ever asked for; raises DamageError for the locations, StorageError."""
    rows: list[WithdrawalView] = []
    faults = []
    for _, found in each_withdrawal(home):
        if isinstance(found, DamageError):
            faults.append(found.message)
        else:
            rows += [withdrawal_view(home, each) for each in found]
    rows.sort(key=lambda row: (row.asked_at, row.aip_id), reverse=True)
    waiting = tuple(row for row in rows if row.waits)
    past = tuple(row for row in rows if not row.waits)
    return WithdrawalsView(waiting, past, tuple(faults), locations_owing(home))


def withdrawal_view(home: Home, withdrawal: Withdrawal) -> WithdrawalView:
    """Return what archivists are told of a withdrawal."""
    request, ruling, readmission = withdrawal.request, withdrawal.ruling, withdrawal.readmission
    return WithdrawalView(
        aip_id=request.aip_id,
        number=request.number,
        state=withdrawal.state(home.now()),
        why=told_why(request.why),
        reason=request.reason,
        basis=request.basis,
        by=request.act.by,
        asked_by=request.act.name,
        asked_at=request.act.at,
        expires_at=request.expires_at,
        decided_by=ruling.act.name if ruling else "",
        decided_at=ruling.act.at if ruling else "",
        declined_because=ruling.reason if ruling else "",
        withdrawn_at=withdrawal.tombstone.at if withdrawal.tombstone else "",
        readmitted_by=readmission.act.name if readmission else "",
        readmitted_because=readmission.reason if readmission else "",
    )
