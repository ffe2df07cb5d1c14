"""Every door, for every principal and every set, asked in every way: each answer is one cell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from oais.web.doors import Door
from policies.principals import Duty
from proofs.access import sets
from proofs.access.addresses import About, Address
from proofs.access.asking import FORM, JSON, Answer, Client
from proofs.access.expected import ACTIVE, DUTIES, NOBODIES, REFUSED, ROWS, STAFF

WAYS: Final[Mapping[str, tuple[str, dict[str, str]]]] = {
    "GET": ("GET", {"Accept": "text/html"}),
    "JSON": ("GET", {"Accept": "application/json"}),
    "HEAD": ("HEAD", {}),
    "Range": ("GET", {"Range": "bytes=0-99"}),
    "If-None-Match": ("GET", {"If-None-Match": "*"}),
    "CHANGE": ("POST", FORM),
}
TELLING_HEADERS: Final = frozenset({"etag", "repr-digest", "content-range", "accept-ranges", "last-modified"})
"""Headers that tell of bytes that were not given."""

ASKERS: Final = ("administrator", "archivist", *(who for who in ACTIVE if who not in STAFF), *REFUSED)
"""The staff ask first, so that an answer kept for them and given to others is found."""

_TOKEN = re.compile(r"\b[0-9a-f]{64}\b")
_NO_FAILURE: Final = frozenset(range(200, 500))
_NOBODYS: Final = frozenset({303, 400, 401, 403, 404, 415, 422})
_NAMED = re.compile(r"probe[./]([a-z./-]*[a-z])")


@dataclass(slots=True)
class Findings:
    """How many answers were looked at, what was answered wrongly, and what an answer told unduly."""

    cells: int = 0
    faults: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        """Add what another process found."""
        self.cells += other.cells
        self.faults += other.faults
        self.leaks += other.leaks


@dataclass(slots=True)
class Matrix:
    """Asks one application for all principals and judges each answer by the expected table."""

    client: Client
    headers: Mapping[str, Mapping[str, str]]
    methods: Mapping[str, frozenset[str]]
    found: Findings = field(default_factory=Findings)
    _unknown: dict[tuple[str, str, str], Answer] = field(default_factory=dict)

    def sweep(self, wanted: Iterable[Address], ways: Sequence[str] = tuple(WAYS)) -> Findings:
        """Ask every address in every way for everybody."""
        for address in wanted:
            for who in ASKERS:
                for way in ways:
                    self._cell(address, who, way)
        return self.found

    def _cell(self, address: Address, who: str, way: str) -> None:
        method, more = WAYS[way]
        if way == "JSON" and address.about is not About.OVERVIEW:
            return
        if way == "CHANGE":
            method = self._changing(address)
        if method not in address.door.answers_to and (way != "CHANGE" or not method):
            return
        if address.door.for_programs and way == "CHANGE":
            more = JSON
        body = b"{}" if more is JSON else b""
        answer = self.client.ask(method, address.text, {**self.headers[who], **more}, body)
        self.found.cells += 1
        cell = f"{who}: {way} {address.text}: {answer.status}"
        self.found.faults += [f"{cell}, {fault}" for fault in self._faults(address, who, way, answer)]
        self.found.leaks += [f"{cell}, {leak}" for leak in _leaks(address, who, answer)]

    def _changing(self, address: Address) -> str:
        """Return a changing method: one of the door's own, or one that nothing at its path answers to."""
        if "GET" not in address.door.methods:
            return address.door.methods[0]
        return "" if "POST" in self.methods[address.door.path] else "POST"

    def _faults(self, address: Address, who: str, way: str, answer: Answer) -> Iterator[str]:
        if address.name and way != "CHANGE" and who not in REFUSED:
            yield from self._wrong_status(address, who, way, answer)
        elif answer.status not in (expected := _allowed(address, who, way)):
            yield f"expected {'to be let in' if len(expected) > 9 else sorted(expected)}"
        if "per_page=100" in address.text and way == "JSON" and who not in REFUSED:
            yield from _wrong_hits(who, answer)

    def _wrong_status(self, address: Address, who: str, way: str, answer: Answer) -> Iterator[str]:
        expected = _status(address, who)
        if expected == 200:
            given = {200, 206, 304} if way in {"Range", "If-None-Match"} else {200}
            if answer.status not in given:
                yield f"expected {sorted(given)}"
            return
        if answer.status != expected:
            yield f"expected {expected}"
        if told := TELLING_HEADERS & set(answer.headers):
            yield f"headers that tell of the data: {', '.join(sorted(told))}"
        known = address.about is About.DATA and who in ROWS[address.name].described
        if expected == answer.status == 404 and way == "GET" and not known:
            yield from self._not_as_unknown(address, who, way, answer)

    def _not_as_unknown(self, address: Address, who: str, way: str, answer: Answer) -> Iterator[str]:
        method, more = WAYS[way]
        other = _renamed(address.text, address.name)
        unknown = self._unknown.get((other, who, way))
        if unknown is None:
            unknown = self.client.ask(method, other, {**self.headers[who], **more})
            self._unknown[other, who, way] = unknown
        mine = _unbound(_renamed(answer.body.decode(), address.name))
        same_headers = _lasting(answer.headers) == _lasting(unknown.headers)
        if (answer.status, mine) != (unknown.status, _unbound(unknown.body.decode())) or not same_headers:
            yield "not the answer of what does not exist"


def _leaks(address: Address, who: str, answer: Answer) -> Iterator[str]:
    """Tell of what an answer says that this principal may not know; what was asked may be said back."""
    asked = address.text.partition("=")[2].partition("&")[0]
    text = answer.text.replace(asked, "") if asked else answer.text
    # The desk tells the staff why a delivery was refused.
    told_at_desk = {sets.TURNED_AWAY} if who in STAFF and address.about is About.DUTY else set()
    for name, kind in sets.canaries_in(text):
        if name in told_at_desk:
            continue
        row = ROWS[name]
        if who not in (row.described if kind == "m" else row.had):
            yield f"tells {'of' if kind == 'm' else 'data of'} {name}"
    if not address.name:
        for told in set(_NAMED.findall(text)):
            named = told.replace(".", "/") if told.replace(".", "/") in ROWS else told
            if named in ROWS and named not in told_at_desk and not ROWS[named].lists(who):
                yield f"names {named}"


def _status(address: Address, who: str) -> int:
    row = ROWS[address.name]
    if address.about is About.PLACE:
        return 200 if row.lists(who) else 404
    return row.status(who, data=address.about is About.DATA)


def _allowed(address: Address, who: str, way: str) -> frozenset[int]:
    """Return the statuses that an address which is about no set may answer with."""
    asks = address.door.asks
    if way == "CHANGE" and "GET" in address.door.methods:
        return frozenset({405})
    if address.about is About.NOTHING:
        return _NO_FAILURE
    if who in REFUSED:
        return frozenset({401})
    if isinstance(asks, Duty):
        let_in = who in DUTIES[str(asks)]
        return _NO_FAILURE - {401, 403} if let_in else frozenset({401 if who in NOBODIES else 403})
    return _NOBODYS if address.about is About.OWN else frozenset({200, 304})


def _wrong_hits(who: str, answer: Answer) -> Iterator[str]:
    """Tell where a search that asks for all does not give what may be described, no more and no less."""
    never = {*sets.LATER, *sets.WITHDRAWN, sets.NEVER_DELIVERED, sets.TURNED_AWAY}
    expected = {sets.aip_id(name) for name, row in ROWS.items() if who in row.described and name not in never}
    view = json.loads(answer.body)
    found = {hit["aip_id"] for hit in view["hits"]}
    if found != expected:
        yield f"finds {sorted(found ^ expected)} otherwise than expected"


def _renamed(text: str, name: str) -> str:
    """Return the text as it would be for a set that was never made."""
    for given, unknown in (
        (sets.aip_id(name), "probe.unheard-of"),
        (sets.file_name(name), "curve-unheard-of.fits"),
        (sets.node(name), "probe/unheard-of"),
        (quote(sets.node(name), safe=""), "probe%2Funheard-of"),
    ):
        text = text.replace(given, unknown)
    return text


def _unbound(text: str) -> str:
    """Return the text without the token of its form, which is another each time."""
    return _TOKEN.sub("token", text)


def _lasting(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in {"content-length", "set-cookie"}}


def methods_of(doors: Iterable[Door]) -> dict[str, frozenset[str]]:
    """Return the methods that are answered at each path."""
    found: dict[str, set[str]] = {}
    for door in doors:
        found.setdefault(door.path, set()).update(door.answers_to)
    return {path: frozenset(methods) for path, methods in found.items()}
