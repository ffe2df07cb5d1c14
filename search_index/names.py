"""Names as people sort and ask for them: in natural order, and with ``*`` and ``?`` left open."""

from __future__ import annotations

import fnmatch
import re

_DIGITS = re.compile(r"[0-9]+")
_GAP = re.compile(r"[\s_]+|(?<=[a-z])-(?=\d)")


def plain_name(text: str) -> str:
    """Return a name without case and blanks: ``TIC 123``, ``tic123`` and ``TIC-123`` are one name."""
    return _GAP.sub("", text.casefold())


def glob(pattern: str) -> re.Pattern[str]:
    """Return the matcher of a pattern with ``*`` and ``?``; time stays in proportion to the text."""
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))


def natural_text(text: str) -> str:
    """Return a text whose plain order is the natural one of ``text``: ``run 9`` before ``run 10``."""
    return _DIGITS.sub(_counted, text.casefold())


def _counted(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0")
    return f"{len(digits):04d}{digits}"
