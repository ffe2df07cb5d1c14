"""The list of accepted proposals: who is PI or co-PI of which observation requests, as CSV."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from oais.errors import InvalidError
from oais.functions.people.accounts import Entry
from oais.information.lists import read_list
from oais.information.text import printable

COLUMNS: Final = ("login", "name", "email", "role", "requests")

_ROLES: Final = ("PI", "co-PI")
_REQUEST: Final = re.compile(r"([^\s:]+):(\S(?:.*\S)?)")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A line of the list: who it is, PI or co-PI, and the requests, each MISSION:NAME."""

    line: int
    entry: Entry
    role: str
    requests: tuple[str, ...]


def read_proposals(text: str, missions: Collection[str]) -> list[Proposal]:
    """Read a proposal list, a CSV table with ``COLUMNS``, for an archive of these missions, named by slug.

    Requests are parted by semicolons where there is one, else by spaces. Raises InvalidError that tells the
    faults of all lines.
    """
    rows, faults = [], []
    for line, row in read_list(text, COLUMNS, "the list"):
        try:
            rows.append(_proposal(line, row, missions))
        except InvalidError as error:
            faults.append(f"line {line}: {error.message}")
    if faults:
        raise InvalidError("\n".join(faults), remedy="mend these lines; nothing was imported")
    return rows


def _proposal(line: int, row: Mapping[str, str], missions: Collection[str]) -> Proposal:
    entry = Entry(row["login"], row["name"], row["email"]).checked()
    told = row["requests"]
    names = [name.strip() for name in told.split(";")] if ";" in told else told.split()
    requests = tuple(filter(None, names))
    if row.get("") or row["role"] not in _ROLES or not requests:
        raise InvalidError(f"expected five columns, the role {' or '.join(_ROLES)}, and requests")
    for request in requests:
        require_request(request, missions)
    return Proposal(line, entry, row["role"], requests)


def require_request(request: str, missions: Collection[str]) -> None:
    """Make sure that data can be of the request: under any other name its owner would never find them.

    The data need not be there yet, so only the mission is known. Raises InvalidError.
    """
    found = _REQUEST.fullmatch(request)
    if found is None or found[1] not in missions:
        raise InvalidError(
            f"found the request {printable(request)!r}, expected MISSION:NAME with a mission of this archive"
        )
    if any(re.search(rf"\s{re.escape(mission)}:", found[2]) for mission in missions):
        raise InvalidError(f"found {printable(request)!r}, expected a semicolon between two requests")
