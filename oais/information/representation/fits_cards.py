"""One FITS header unit: its 80-character cards read into keywords and values (FITS 4.0 §4).

Own code, so that a damaged header is described and not repaired, and so that a small file costs a
millisecond.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

CARD = 80
COMMENTARY = frozenset({"COMMENT", "HISTORY", ""})

_STRING = re.compile(r" *'((?:[^']|'')*)' *(?:/.*)?\Z")
_QUOTED = re.compile(r" *'(?:[^']|'')*'")
_NUMBER = re.compile(r" *([+-]?\d+)(\.\d*)?([EDed][+-]?\d+)? *(?:/.*)?\Z")
_FRACTION = re.compile(r" *([+-]?\.\d+)([EDed][+-]?\d+)? *(?:/.*)?\Z")
_LOGICAL = re.compile(r" *([TF]) *(?:/.*)?\Z")
_COMPLEX = re.compile(r" *(\([^/]*\)) *(?:/.*)?\Z")
_HIERARCH = re.compile(r"HIERARCH +([^=]+?) *=(.*)\Z")
_NOT_FITS_TEXT = re.compile("[^ -~]")


@dataclass(slots=True)
class Cards:
    """What one header unit says: ``values`` by keyword as the file spells it, and what is odd.

    A keyword given twice keeps its first value; COMMENT and HISTORY are joined by newlines; a value
    that is not one of FITS stays as its raw text. Complex numbers stay text.
    """

    values: dict[str, Any] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    unparsed: list[str] = field(default_factory=list)
    unprintable: int = 0
    count: int = 0

    def integer(self, keyword: str) -> int | None:
        """Return an integer value, or None when it is missing or something else."""
        value = self.values.get(keyword)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def text(self, keyword: str) -> str:
        """Return a string value, empty when it is missing or something else."""
        value = self.values.get(keyword)
        return value if isinstance(value, str) else ""


def parse_cards(header: bytes) -> Cards:
    """Read the cards of a header unit up to its END; never raises, oddities are counted."""
    cards = Cards()
    commentary: dict[str, list[str]] = {}
    continued = ""
    for card in _split(header.decode("latin-1")):
        cards.count += 1
        cards.unprintable += bool(_NOT_FITS_TEXT.search(card))
        if continued and card.startswith("CONTINUE"):
            _continue(cards, continued, card[8:])
            continue
        keyword, value = _keyword_and_value(card)
        continued = ""
        if value is not None:
            continued = keyword
            _keep(cards, keyword, value)
        elif keyword in ("COMMENT", "HISTORY"):
            commentary.setdefault(keyword, []).append(card[8:].rstrip())
    cards.values.update((keyword, "\n".join(lines)) for keyword, lines in commentary.items())
    return cards


def _keyword_and_value(card: str) -> tuple[str, str | None]:
    """Return the keyword and the text of its value field; None for a card without a value."""
    keyword = card[:8].rstrip()
    if card[8:10] == "= " and keyword not in COMMENTARY:
        return keyword, card[10:]
    if keyword == "HIERARCH" and (long := _HIERARCH.match(card)):
        return long[1], long[2]
    return keyword, None


def _split(text: str) -> Iterator[str]:
    for start in range(0, len(text), CARD):
        card = text[start : start + CARD]
        if card.startswith("END") and not card[3:].strip():
            return
        yield card


def _keep(cards: Cards, keyword: str, field_text: str) -> None:
    if keyword in cards.values:
        cards.repeated.append(keyword)
        return
    known, value = parse_value(field_text)
    if not known:
        cards.unparsed.append(keyword)
    cards.values[keyword] = value


def _continue(cards: Cards, keyword: str, field_text: str) -> None:
    """Append a CONTINUE card to the string before it (FITS 4.0 §4.2.1.2)."""
    before = cards.values.get(keyword)
    known, more = parse_value(field_text)
    if isinstance(before, str) and known and isinstance(more, str):
        cards.values[keyword] = (before.removesuffix("&") + more).rstrip()


def parse_value(field_text: str) -> tuple[bool, Any]:
    """Return whether a value field is one of FITS 4.0 §4.2, and its value; None is undefined."""
    string = _STRING.match(field_text)
    if string:
        return True, string[1].replace("''", "'").rstrip()
    number = _NUMBER.match(field_text)
    if number:
        if number[2] is None and number[3] is None:
            return True, int(number[1])
        return _float(number[1] + (number[2] or "") + (number[3] or ""))
    logical = _LOGICAL.match(field_text)
    if logical:
        return True, logical[1] == "T"
    fraction = _FRACTION.match(field_text)
    if fraction:
        return _float(fraction[1] + (fraction[2] or ""))
    stripped = field_text.strip()
    if not stripped or stripped.startswith("/"):
        return True, None
    pair = _COMPLEX.match(field_text)
    return (True, pair[1]) if pair else (False, stripped.partition(" /")[0].strip())


def _float(text: str) -> tuple[bool, Any]:
    value = float(text.replace("D", "E").replace("d", "e"))
    return (True, value) if abs(value) != float("inf") else (True, text)


def cards_with_comments(header: bytes) -> list[tuple[str, str, str]]:
    """Return each card as keyword, value in the file's own spelling, and comment."""
    found = []
    for card in _split(header.decode("latin-1")):
        keyword, value = _keyword_and_value(card)
        if value is None:
            found.append((keyword, card[8:].strip(), ""))
            continue
        quoted = _QUOTED.match(value)
        start = quoted.end() if quoted else 0
        before, _, comment = value[start:].partition("/")
        found.append((keyword, (value[:start] + before).strip(), comment.strip()))
    return found
