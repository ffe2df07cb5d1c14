"""What an audit of everything looks at around the AIPs, each finding with what it is about."""

from __future__ import annotations

from oais.archive import Home
from oais.functions.audit.beside import beside_findings, refused_findings, room_of
from oais.functions.ledger.recording import ledger_of
from oais.functions.ledger.verifying import verify_ledger
from oais.information.budget import Budget
from oais.information.findings import Finding


def around_aips(
    home: Home, *, beside: bool, refused: bool, budget: Budget | None
) -> list[tuple[str, Finding]]:
    """Return what is wrong with the ledger, ``beside`` the AIPs, and with bytes of ``refused`` deliveries.

    Raises StorageError.
    """
    found = list(beside_findings(home)) if beside else []
    if refused:
        found += refused_findings(home, *([budget.take] if budget is not None else []))
    told = [(room_of(each), each) for each in found]
    if ledger_of(home).signed:
        told += [("ledger/", each) for each in verify_ledger(home)]
    return told
