"""Copies at other locations follow a withdrawal: at once where they can be reached, else at the next sync."""

from __future__ import annotations

from oais.archive import Home
from oais.errors import ArchiveError
from oais.functions.copies.locations import locations
from oais.functions.copies.replication import one_writer_at
from oais.functions.withdrawal.keeping import each_withdrawal
from oais.functions.withdrawal.quarantined import purge
from oais.functions.withdrawal.removing import follow, owed


def follow_everywhere(home: Home) -> None:
    """Let every location that is there follow all withdrawals; one that is away owes it. Never raises."""
    try:
        known = locations(home)
    except ArchiveError:
        return  # the list of locations is damaged: the audit tells, and a sync refuses
    for location in known:
        try:
            with one_writer_at(home, location):
                follow(home, location.root, location.staging / "withdrawn")
                purge(home, location.path)
        except ArchiveError:
            continue


def locations_owing(home: Home) -> tuple[str, ...]:
    """Return the locations that hold what was withdrawn, or are away and may; raises as ``owed``."""
    if not any(each_withdrawal(home)):
        return ()
    return tuple(
        f"{location.name} (away)" if location.away else location.name
        for location in locations(home)
        if location.away or owed(home, location.root)
    )
