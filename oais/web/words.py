"""Numbers, sizes and times as people read them: the filters of the templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from oais.functions.access.views import HeaderCard
from oais.information.identifiers import parse_aip_reference

_THIN = "\u202f"

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
"""What is a word of a language, and no name of a file, a package or a setting."""


@dataclass(frozen=True, slots=True)
class Forms:
    """How a language writes sizes and days: ``units`` from bytes up, ``point``, parts of a ``day``."""

    units: tuple[str, ...]
    point: str
    day: str
    one: str


ENGLISH: Final = Forms(("bytes", "kB", "MB", "GB", "TB", "PB"), ".", "{year}-{month}-{day}", "byte")
FRENCH: Final = Forms(("octets", "ko", "Mo", "Go", "To", "Po"), ",", "{day}/{month}/{year}", "octet")


def human_size(size: int, forms: Forms = ENGLISH) -> str:
    """Return a size in decimal units: ``2.5 MB``; one decimal below ten."""
    amount, unit = float(size), 0
    while amount >= 999.5 and unit < len(forms.units) - 1:
        amount, unit = amount / 1000, unit + 1
    if unit == 0:
        return f"{size} {forms.one if size == 1 else forms.units[0]}"
    number = f"{amount:.1f}" if amount < 9.95 else f"{amount:.0f}"
    return f"{number.replace('.', forms.point)} {forms.units[unit]}"


def grouped(number: int) -> str:
    """Return a whole number with thin spaces between groups of three digits."""
    return f"{number:,}".replace(",", _THIN)


def counted(
    number: int, one: str, many: str = "", *, choose: Callable[[str, str, int], str] | None = None
) -> str:
    """Return a number with its noun: ``1 product``, ``12 products``; ``choose`` is a language's ngettext."""
    nouns = one, many or one + "s"
    noun = choose(*nouns, number) if choose else nouns[number != 1]
    return f"{grouped(number)} {noun}"


def figure(number: float | None) -> str:
    """Return a measured number with up to nine digits; no text for none."""
    return "" if number is None else f"{number:.9g}".replace("-", "−")


def sentence(text: str) -> str:
    """Return a text with a large first letter; one that begins with a name (``solo_L2.cdf``) as it is."""
    # Names tell small from large letters: written otherwise they are found nowhere.
    first = text.partition(" ")[0].rstrip(".,:;!?")
    return text[:1].upper() + text[1:] if _WORD.fullmatch(first) else text


def moment(iso: str, forms: Forms = ENGLISH) -> str:
    """Return an ISO 8601 time without its fraction: ``2026-11-21 03:54:49 UTC``."""
    if len(iso) < 19:
        return iso
    return f"{day(iso, forms)} {iso[11:19]} UTC"


def instant(iso: str, forms: Forms = ENGLISH) -> str:
    """Return an ISO 8601 time with all of its fraction: ``2019-11-21 23:59:45.123733 UTC``."""
    whole, _, fraction = iso.removesuffix("Z").partition(".")
    told = moment(whole, forms)
    return told.replace(" UTC", f".{fraction} UTC") if fraction.strip("0") else told


def day(iso: str, forms: Forms = ENGLISH) -> str:
    """Return the day of an ISO 8601 time, as the language writes it; what is no day as it is."""
    year, month, number = iso[:4], iso[5:7], iso[8:10]
    return forms.day.format(year=year, month=month, day=number) if len(iso) >= 10 else iso


def last_day(iso: str) -> str:
    """Return the last day on which holds what ends at an ISO 8601 time; no text for no end."""
    return (datetime.fromisoformat(iso) - timedelta(microseconds=1)).date().isoformat() if iso else ""


def lasting(seconds: float) -> str:
    """Return how long something lasts, in its two largest units: ``3 d 4 h``, ``12 min 5 s``, ``0.40 s``."""
    if seconds < 1:
        return f"{seconds:.2f} s"
    left, told = round(seconds), list[str]()
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or told:
            told.append(f"{grouped(count)} {name}" if count else "")
    return " ".join(part for part in told[:2] if part)


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
