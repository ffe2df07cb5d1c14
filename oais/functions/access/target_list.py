"""A list of targets, names and positions mixed: each line read, and what is held of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from oais.database import target_lists
from oais.database.engine import Database
from oais.database.target_lists import TargetList
from oais.errors import NotFoundError, WrongUsageError
from oais.functions.access.decisions import Asker
from oais.functions.access.question import Question
from policies.access import Action
from search_index.angles import parse_dec, parse_ra
from search_index.answers import Resolved
from search_index.index import Index
from search_index.query import LONGEST_CHOICE, Cone

MOST_LINES: Final = 1_000
RADIUS: Final = "0.05"
"""Degrees around the positions of a list, unless it says otherwise."""

_GAPS: Final = re.compile(r"[,;\t]+")
_ANGLE: Final = re.compile(r"[+\-\u2212]?[0-9.]+(?:[:hdms°'\"′″][0-9.:hdms°'\"′″]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One line of the list: its number, what it says, and what is held of it.

    ``ra`` and ``dec`` in degrees where it is a position; a ``fault`` says why nothing could be looked for, or
    that no target is called so. ``distance`` in degrees is that of the nearest product.
    """

    number: int
    text: str
    ra: float | None = None
    dec: float | None = None
    fault: str = ""
    visits: int = 0
    aip_ids: tuple[str, ...] = ()
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class TargetListView:
    """A list of targets with what is held of each, those that name nothing known, and all packages found.

    ``identifier`` is that of a list that is kept: a search may ask for it.
    """

    lines: tuple[TargetLine, ...]
    radius: float
    unresolved: tuple[TargetLine, ...]
    aip_ids: tuple[str, ...]
    identifier: str = ""


def target_list(index: Index, asker: Asker, text: str, radius: str) -> TargetListView:
    """Look for each line of a list; raises WrongUsageError for one too long and a radius that is none."""
    around = radius_of(radius)
    read = lines_read(text, around)
    asked = [what for _, what in read if what]
    answers = iter(index.resolve(asked, asker.branches_denied(Action.READ_METADATA)))
    lines = tuple(_answered(line, next(answers)) if what else line for line, what in read)
    found = dict.fromkeys(aip_id for line in lines for aip_id in line.aip_ids)
    return TargetListView(lines, around, tuple(line for line in lines if line.fault), tuple(found))


def kept_list(database: Database | None, identifier: str) -> TargetList:
    """Return a list that is kept; raises NotFoundError."""
    kept = None
    if database is not None:
        with database.reading() as connection:
            kept = target_lists.by_identifier(connection, identifier)
    if kept is None:
        raise NotFoundError(
            "there is no such list of targets (any more)",
            remedy="send the list again at /search/list, and save the search to keep it",
        )
    return kept


def with_targets(question: Question, database: Database | None) -> Question:
    """Return a question with the targets of the list that it names, once; raises NotFoundError."""
    if not question.list or question.targets is not None:
        return question
    kept = kept_list(database, question.list)
    return replace(question, targets=targets_of(kept.lines, kept.radius))


def targets_of(text: str, radius: str) -> tuple[str | Cone, ...]:
    """Return the names and cones of a list that can be looked for; raises as ``target_list``."""
    return tuple(what for _, what in lines_read(text, radius_of(radius)) if what)


@lru_cache(maxsize=8)
def lines_read(text: str, radius: float) -> tuple[tuple[TargetLine, str | Cone | None], ...]:
    """Return each line of a list and what it asks for; a page of a list reads it more than once."""
    return tuple(_read(number, line, radius) for number, line in _lines(text))


def _lines(text: str) -> list[tuple[int, str]]:
    """Return the lines that say something, by number from 1; ``#`` begins a remark."""
    told = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    lines = [(number, line) for number, line in told if line and not line.startswith("#")]
    if len(lines) > MOST_LINES:
        raise WrongUsageError(
            f"the list has {len(lines)} targets; expected up to {MOST_LINES}", remedy="send it in parts"
        )
    return lines


def radius_of(text: str) -> float:
    """Return the degrees around the positions of a list; raises WrongUsageError."""
    try:
        radius = float(text or RADIUS)
    except ValueError:
        radius = 0.0
    if not 0 < radius <= 10:
        raise WrongUsageError(f"the radius {text!r} is not above 0 and up to 10 degrees")
    return radius


def _read(number: int, text: str, radius: float) -> tuple[TargetLine, str | Cone | None]:
    """Return a line and what it asks for; None when it cannot be read."""
    halves = _position_in(text)
    if halves is None:
        fault = f"longer than {LONGEST_CHOICE} characters" if len(text) > LONGEST_CHOICE else ""
        return TargetLine(number, text[:LONGEST_CHOICE], fault=fault), None if fault else text
    try:
        ra, dec = parse_ra(halves[0]), parse_dec(halves[1])
    except WrongUsageError as error:
        return TargetLine(number, text[:LONGEST_CHOICE], fault=error.message), None
    return TargetLine(number, text, ra, dec), Cone(ra, dec, radius)


def _position_in(text: str) -> tuple[str, str] | None:
    """Return right ascension and declination as a line writes them, None when it is a name.

    A name may stand before the position.
    """
    parts = [part.strip() for part in _GAPS.split(text) if part.strip()]
    if len(parts) >= 2 and all(_is_angle(part) for part in parts[-2:]):
        return parts[-2], parts[-1]
    words = text.split()
    if len(parts) == 1 and len(words) in (2, 6) and all(_ANGLE.fullmatch(word) for word in words):
        half = len(words) // 2
        return " ".join(words[:half]), " ".join(words[half:])
    return None


def _is_angle(text: str) -> bool:
    return all(_ANGLE.fullmatch(word) for word in text.split())


def _answered(line: TargetLine, found: Resolved) -> TargetLine:
    fault = "" if found.aip_ids or line.ra is not None else "no target is called so"
    return TargetLine(
        line.number, line.text, line.ra, line.dec, fault, found.visits, found.aip_ids, found.distance
    )


def as_table(lines: Sequence[TargetLine]) -> list[tuple[str, ...]]:
    """Return the lines as rows of texts below a row of names, one row for each package found."""
    rows: list[tuple[str, ...]] = [("line", "asked", "fault", "aip_id", "nearest")]
    for line in lines:
        apart = "" if line.distance is None else f"{line.distance:.6f}"
        rows += [(str(line.number), line.text, line.fault, aip_id, apart) for aip_id in line.aip_ids or ("",)]
    return rows
