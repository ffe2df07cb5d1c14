"""Until when something holds, as people write it: the same for pages, programs and commands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from oais.errors import InvalidError
from oais.functions.embargo.inputs import moment_named

_DAY: Final = len("2026-11-21")


def end_named(text: str) -> datetime | None:
    """Return the first moment at which something holds no more; None for no text, which is no end.

    A day is the last on which it holds: it ends when the next one begins in UTC. A time, with its zone, is
    the end itself. Raises InvalidError.
    """
    if not text:
        return None
    moment = moment_named(text)
    if len(text) != _DAY:
        return moment
    try:
        return moment + timedelta(days=1)
    except OverflowError:
        raise InvalidError(f"no day follows {text}", remedy="leave the end out instead") from None
