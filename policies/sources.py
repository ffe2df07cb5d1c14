"""Where a described value comes from: a header, the file's name, a tag, ``submission.yaml``, or a text.

A source is written ``UNIT/KEYWORD``: UNIT is a number (0 is the first header unit), a unit's name
(``EVENTS``), or ``*`` for the first unit that has a value; ``name/GROUP`` is a group of the file name,
``tag/NAME`` a tag of the bag, ``submission/FIELD`` a field of ``metadata/submission.yaml``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SOURCE = re.compile(r"[^/\s]+/\S(?:.*\S)?")
_RANGE = re.compile(r"\{([0-9]{1,4})-([0-9]{1,4})\}")


@dataclass(frozen=True, slots=True)
class Expression:
    """How one value is made.

    The first of ``sources`` with a value is taken (or all of them, put together with ``joined_by``), cut
    by ``pattern`` (its first group), replaced by ``words``, read as ``form`` (empty: as the column asks),
    times ``factor``, plus ``offset`` and the values of the sources ``plus``, and brought from the time
    scale ``scale`` to UTC. ``text`` is used when no source is given; it may have ``{fields}``.
    """

    sources: tuple[str, ...] = ()
    text: str = ""
    form: str = ""
    pattern: re.Pattern[str] | None = None
    factor: float = 1.0
    offset: float = 0.0
    plus: tuple[str, ...] = ()
    scale: str = "UTC"
    joined_by: str | None = None
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LinkSource:
    """Which header values name things that made the product, and in which role.

    ``steps`` of role ``step`` carry a status; ``names`` give a step its plain name.
    """

    role: str
    sources: tuple[str, ...]
    name: str = ""
    pattern: re.Pattern[str] | None = None
    split: str = ""


def expanded(source: str) -> tuple[str, ...]:
    """Return the sources that a numbered one stands for: ``1/RF_FIL{1-20}`` is twenty of them."""
    match = _RANGE.search(source)
    if match is None:
        return (source,)
    numbers = range(int(match[1]), int(match[2]) + 1)
    return tuple(f"{source[: match.start()]}{number}{source[match.end() :]}" for number in numbers)
