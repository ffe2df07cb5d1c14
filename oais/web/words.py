"""Numbers, sizes and times as people read them: the filters of the templates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import quote

from oais.functions.access.views import HeaderCard
from oais.information.identifiers import parse_aip_reference

UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_THIN = "\u202f"


def human_size(size: int) -> str:
    """Return a size in decimal units: ``2.5 MB``; one decimal below ten."""
    amount, unit = float(size), 0
    while amount >= 999.5 and unit < len(UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    if unit == 0:
        return f"{size} byte" if size == 1 else f"{size} bytes"
    return f"{amount:.1f} {UNITS[unit]}" if amount < 9.95 else f"{amount:.0f} {UNITS[unit]}"


def grouped(number: int) -> str:
    """Return a whole number with thin spaces between groups of three digits."""
    return f"{number:,}".replace(",", _THIN)


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 product``, ``12 products``."""
    return f"{grouped(number)} {one if number == 1 else many or one + 's'}"


def sentence(text: str) -> str:
    """Return a text with a large first letter, all others as they are."""
    return text[:1].upper() + text[1:]


def moment(iso: str) -> str:
    """Return an ISO 8601 time without its fraction: ``2026-11-21 03:54:49 UTC``."""
    if len(iso) < 19:
        return iso
    return f"{iso[:10]} {iso[11:19]} UTC"


def day(iso: str) -> str:
    """Return the day of an ISO 8601 time."""
    return iso[:10]


def last_day(iso: str) -> str:
    """Return the last day on which holds what ends at an ISO 8601 time; no text for no end."""
    return (datetime.fromisoformat(iso) - timedelta(microseconds=1)).date().isoformat() if iso else ""


def level_step(level: str) -> int:
    """Return how far a level is processed, 0 to 3, by its own number: it chooses the badge's colour.

    ``N0`` → 0, ``L0.5`` → 0, ``N1`` → 1, ``DL5`` → 3; a level without a number is a step beside them (4).
    """
    number = re.search(r"\d", level)
    return min(int(number.group()), 3) if number else 4


def matching(cards: Iterable[HeaderCard], text: str) -> list[HeaderCard]:
    """Return the header cards whose keyword, value or comment holds ``text``, whatever its case."""
    wanted = text.casefold()
    return [card for card in cards if wanted in f"{card.keyword}\n{card.value}\n{card.comment}".casefold()]


def version_url(reference: str) -> str:
    """Return the address of ``ID@vN``."""
    found = parse_aip_reference(reference)
    return f"/aip/{url_path(found.aip_id)}/v{found.version}"


def url_path(path: str) -> str:
    """Percent-encode a path for a URL, keeping its slashes."""
    return quote(path, safe="/:@!$&'()*+,=-._~")
