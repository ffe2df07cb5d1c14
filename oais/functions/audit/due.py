"""What of an archive is due to be audited at a moment, by the cadences of its settings."""

from __future__ import annotations

from datetime import datetime, timedelta

from oais.archive import Home, timestamp
from oais.functions.audit.depths import Depth, cadence_days
from oais.functions.audit.register import Chosen
from oais.functions.audit.selecting import Selection


def due_at(archive: Home, depth: Depth, now: str, chosen: Selection) -> Chosen:
    """Return which AIPs are due to a depth at a moment; never, where its cadence is 0."""
    days = cadence_days(archive.settings, depth)
    if days == 0:
        return Chosen("0", (), chosen.part)
    return Chosen(f"{depth}_at <= ?", (days_before(now, days),), chosen.part)


def days_before(moment: str, days: float) -> str:
    """Return the moment so many days before another one."""
    return timestamp(datetime.fromisoformat(moment) - timedelta(days=days))
