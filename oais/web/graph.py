"""What was made from what as SVG: columns from the earliest to the latest, every box a link."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from oais.functions.access.views import Lineage, Step
from oais.web.languages import PLAIN, Language
from oais.web.plots import WIDTH, svg
from oais.web.words import url_path, version_url

ROLES: Final = ("this", "input", "reference file", "software", "step", "document")
"""Roles by the number of their colour; what came of a package has that of an input."""

TITLE: Final = "How it was made"
TOLD: Final = "%(things)s, %(links)s from one to another"
ITSELF, LATER, ELSEWHERE = "this", "made from it", "not held here"
WORDS: Final = (TITLE, TOLD, ITSELF, LATER, ELSEWHERE, *ROLES)
"""What the graph says, for the catalogues of its translations; ``COUNTED`` what it counts."""

COUNTED: Final = (("thing", "things"), ("link", "links"))

LIST: Final = "#list"
"""Where a box leads that the archive holds nothing of: the list below the drawing."""

_BOX: Final = 44.0
_BETWEEN: Final = 14.0
_TOP: Final = 8.0
_GAP: Final = 46.0
_LETTER: Final = 7.4
"""Width of a letter at the size of the names, so that they are cut before they leave their box."""


def lineage_svg(lineage: Lineage, language: Language = PLAIN) -> str:
    """Draw the graph in the reader's language; what is earlier stands left of what was made from it."""
    columns = sorted({step.column for step in lineage.steps})
    rows = {column: [step for step in lineage.steps if step.column == column] for column in columns}
    tallest = max(len(steps) for steps in rows.values())
    height = 2 * _TOP + tallest * (_BOX + _BETWEEN) - _BETWEEN
    width = (WIDTH - _GAP * (len(columns) - 1)) / max(len(columns), 2)
    places: dict[str, tuple[float, float]] = {}
    for number, column in enumerate(columns):
        free = (tallest - len(rows[column])) * (_BOX + _BETWEEN) / 2
        for row, step in enumerate(rows[column]):
            places[step.key] = number * (width + _GAP) + 1, _TOP + free + row * (_BOX + _BETWEEN)
    parts = [*_arrows(lineage, places, width - 2)]
    parts += [_box(step, *places[step.key], width - 2, language) for step in lineage.steps]
    told = language.word(TOLD) % {
        "things": language.counted(len(lineage.steps), *COUNTED[0]),
        "links": language.counted(len(lineage.edges), *COUNTED[1]),
    }
    return svg(language.word(TITLE), told, "".join(parts), height=height, role="group")


def _arrows(lineage: Lineage, places: dict[str, tuple[float, float]], width: float) -> Iterator[str]:
    for earlier, later in lineage.edges:
        (left, top), (right, low) = places[earlier], places[later]
        left, top, low = left + width, top + _BOX / 2, low + _BOX / 2
        middle = (left + right) / 2
        path = (
            f"M{left:.1f} {top:.1f}C{middle:.1f} {top:.1f} {middle:.1f} {low:.1f} {right - 6:.1f} {low:.1f}"
        )
        head = f"M{right - 7:.1f} {low - 4:.1f}L{right - 1:.1f} {low:.1f}L{right - 7:.1f} {low + 4:.1f}"
        yield f'<path class="arrow" d="{path}{head}" fill="none" stroke="#5a6376"/>'


def _box(step: Step, left: float, top: float, width: float, language: Language) -> str:
    number = ROLES.index(step.role)
    letters = int((width - 18) / _LETTER)
    said = f"{step.name} {step.value}".strip() if step.role != "this" else step.name
    away = "" if step.target or step.more else f", {language.word(ELSEWHERE)}"
    told = f"{language.word(step.role)}: {said}{away}"
    address = _address(step.target) if step.target else LIST
    current = ' aria-current="page"' if step.role == "this" else ""
    below = language.word(LATER if step.column > 0 and step.role != ITSELF else step.role)
    first, second = (step.value or step.name, below) if step.role != "this" else (step.name, step.value)
    return (
        f'<a href="{escape(address)}"{current}><title>{escape(told)}</title>'
        f'<rect class="box r{number}{"" if step.target else " away"}" x="{left:.1f}" y="{top:.1f}" '
        f'width="{width:.1f}" height="{_BOX:g}" rx="6" fill="none" stroke="#5a6376"/>'
        f'<text class="ink" x="{left + 9:.1f}" y="{top + 19:.1f}">{escape(_cut(first, letters))}</text>'
        f'<text class="tick" x="{left + 9:.1f}" y="{top + 35:.1f}" font-size="11">'
        f"{escape(_cut(second, letters))}</text></a>"
    )


def _address(target: str) -> str:
    return version_url(target) if "@v" in target else f"/aip/{url_path(target)}"


def _cut(text: str, longest: int) -> str:
    """Return a text that fits, its end kept where it is a name of a file: that is where names differ."""
    if len(text) <= longest:
        return text
    kept = max(longest - 1, 2)
    return f"{text[: kept // 2]}…{text[len(text) - (kept - kept // 2) :]}"
