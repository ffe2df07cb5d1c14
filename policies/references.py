"""What the archive only refers to: data held elsewhere or planned, publications, news, and pages of its menu.

``references.yaml`` names them; whoever writes there makes it known to everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from policies.schema import Converter, Faults, Field, date, list_of, one_of, record, text
from policies.yaml import Fault, Value, parse_strict_yaml

REFERENCES_FILE: Final = "references.yaml"
ELSEWHERE, PLANNED = "held elsewhere", "planned"

MOST_IN_MENU: Final = 6
"""Entries of an archive's own in the menu of each page: more leave no room for the site's."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of the portal without bytes: what the data are, who holds them, and at which address."""

    title: str
    theme: str
    discipline: str
    description: str
    held_by: str
    address: str
    state: str


@dataclass(frozen=True, slots=True)
class Publication:
    """A paper or a list of papers about the data at a place of the tree and below; no place means all."""

    title: str
    address: str
    node: str

    def is_about(self, path: str) -> bool:
        """Whether it is about what rests at a place."""
        return not self.node or path == self.node or path.startswith(f"{self.node}/")


@dataclass(frozen=True, slots=True)
class News:
    """What the archive tells its readers: the day (ISO 8601), a title, a few words, and where more is."""

    day: str
    title: str
    told: str
    address: str


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A page beyond the site's own that its menu leads to."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Referred:
    """All that ``references.yaml`` names; the news with the newest first."""

    references: tuple[Reference, ...] = ()
    publications: tuple[Publication, ...] = ()
    news: tuple[News, ...] = ()
    menu: tuple[MenuEntry, ...] = ()


NOTHING_REFERRED: Final = Referred()


def _day(value: Value, faults: Faults) -> str | None:
    found = date(value, faults)
    return None if found is None else found.date().isoformat()


def _menu(value: Value, faults: Faults) -> tuple[MenuEntry, ...] | None:
    found = list_of(record(MenuEntry, _MENU_FIELDS))(value, faults)
    if found and len(found) > MOST_IN_MENU:
        faults.note(value.line, f"{len(found)} entries", f"up to {MOST_IN_MENU} in the menu of each page")
    return found


def _referred(**lists: tuple[object, ...]) -> Referred:
    news = sorted(lists.pop("news"), key=lambda item: item.day, reverse=True)  # type: ignore[attr-defined]
    return Referred(news=tuple(news), **lists)  # type: ignore[arg-type]


_WEB: Final = r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[!-~]*)?"
_ADDRESS: Final = text(longest=500, pattern=_WEB, expected="an address that begins with https:// or http://")
_ANY_ADDRESS: Final = text(
    longest=500,
    pattern=rf"{_WEB}|/(?!/)[!-\[\]-~]*",
    expected="an address that begins with https:// or http://, or / for a page of this site",
)
_FIELDS: Final = {
    "title": Field(text(longest=200), required=True),
    "theme": Field(text(longest=100), default=""),
    "discipline": Field(text(longest=100), default=""),
    "description": Field(text(), default=""),
    "held_by": Field(text(longest=200), default=""),
    "address": Field(_ADDRESS, default=""),
    "state": Field(one_of(ELSEWHERE, PLANNED), default=ELSEWHERE),
}
_PUBLICATION_FIELDS: Final = {
    "title": Field(text(longest=300), required=True),
    "address": Field(_ADDRESS, required=True),
    "node": Field(text(longest=256), default=""),
}
_NEWS_FIELDS: Final = {
    "day": Field(_day, required=True),
    "title": Field(text(longest=200), required=True),
    "told": Field(text(longest=1000), default=""),
    "address": Field(_ANY_ADDRESS, default=""),
}
_MENU_FIELDS: Final = {
    "title": Field(text(longest=30), required=True),
    "address": Field(_ANY_ADDRESS, required=True),
}
_FILE: Final[Converter[Referred]] = record(
    _referred,
    {
        "references": Field(list_of(record(Reference, _FIELDS)), default=()),
        "publications": Field(list_of(record(Publication, _PUBLICATION_FIELDS)), default=()),
        "news": Field(list_of(record(News, _NEWS_FIELDS)), default=()),
        "menu": Field(_menu, default=()),
    },
)


def parse_references(data: bytes, faults: list[Fault]) -> Referred:
    """Read ``references.yaml``, noting every fault with its line; what is held elsewhere needs an address."""
    table, found = parse_strict_yaml(data, REFERENCES_FILE)
    faults.extend(found)
    if table is None:
        return Referred()
    notes = Faults(REFERENCES_FILE, faults)
    referred = _FILE(table, notes) or Referred()
    for reference in referred.references:
        if reference.state == ELSEWHERE and not reference.address:
            remedy = f"say where it is, or that its state is {PLANNED}"
            notes.note(0, f"{reference.title!r} without an address", "an address", remedy)
    return referred
