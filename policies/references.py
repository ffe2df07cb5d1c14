"""Data sets that the archive only refers to: held elsewhere, or planned. ``references.yaml`` names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from policies.schema import Faults, Field, list_of, one_of, record, text
from policies.yaml import Fault, parse_strict_yaml

REFERENCES_FILE: Final = "references.yaml"
ELSEWHERE, PLANNED = "held elsewhere", "planned"


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of the portal without bytes: what the data are, who holds them, and at which address.

    Whoever writes it makes it known to everybody.
    """

    title: str
    theme: str
    discipline: str
    description: str
    held_by: str
    address: str
    state: str


_ADDRESS: Final = text(
    longest=500,
    pattern=r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[!-~]*)?",
    expected="an address that begins with https:// or http://",
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
_FILE: Final = record(
    lambda references: references, {"references": Field(list_of(record(Reference, _FIELDS)), required=True)}
)


def parse_references(data: bytes, faults: list[Fault]) -> tuple[Reference, ...]:
    """Read ``references.yaml``, noting every fault with its line; what is held elsewhere needs an address."""
    table, found = parse_strict_yaml(data, REFERENCES_FILE)
    faults.extend(found)
    if table is None:
        return ()
    notes = Faults(REFERENCES_FILE, faults)
    references: tuple[Reference, ...] = _FILE(table, notes) or ()
    for reference in references:
        if reference.state == ELSEWHERE and not reference.address:
            remedy = f"say where it is, or that its state is {PLANNED}"
            notes.note(0, f"{reference.title!r} without an address", "an address", remedy)
    return references
