"""From the doors of the site to addresses that can be asked: each door for each set it can be about.

A door that comes with a new parameter fails here until it is said what stands for it; so no door is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from oais.web.doors import Door
from policies.access import Action
from policies.principals import Duty
from proofs.access import sets
from proofs.access.world import World

_PARAMETER: Final = re.compile(r"\{(\w+)(?::\w+)?\}")
_PLACE: Final = "/tree/{path:path}"
_VISIT: Final = "/visit"
_SELECTING: Final = ("/api/v1/package",)
"""Doors that are told in the query which sets are meant."""

_NOBODYS: Final = "0" * 32
_OWN_ROOMS: Final = (
    "/me/deposits/",
    "/api/v1/deposits/",
    "/api/v1/me/",
    "/api/v1/tokens/",
    "/api/v1/approvals/",
    "/api/v1/subscriptions/",
    "/unsubscribe/",
    "/orders/",
    "/api/v1/orders/",
    "/basket/",
    "/api/v1/baskets/",
)
"""Rooms of things that belong to one person: asked for one that nobody has."""

_METADATA_FILE: Final = "METS.xml"


class About(StrEnum):
    """What an address shows, and so whose table decides."""

    PLACE = "a place of the tree"
    DESCRIPTION = "the description of a set"
    DATA = "the data of a set"
    OVERVIEW = "what there is"
    OWN = "something of one's own"
    DUTY = "a duty"
    NOTHING = "nothing protected"


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a door: about which set, if any, and what of it."""

    door: Door
    text: str
    about: About
    name: str = ""


class UnfilledError(Exception):
    """Nobody said what stands for a parameter of a door."""


def addresses(door: Door, world: World) -> Iterator[Address]:
    """Yield the addresses of a door; raises UnfilledError."""
    if _PLACE in door.path:
        for name in sets.SETS:
            yield Address(door, _filled(door, {"path": sets.node(name)}), About.PLACE, name)
    elif "{aip_id}" in door.path:
        yield from _of_sets(door)
    elif door.path == _VISIT:
        yield from _of_visits(door)
    elif door.path in _SELECTING:
        for name in sets.SETS:
            query = f"?pick={sets.aip_id(name)}@v{sets.version(name)}"
            yield Address(door, door.path + query, About.DATA, name)
    else:
        yield from _of_moments(door)
        yield from _of_others(door, world)


def _of_moments(door: Door) -> Iterator[Address]:
    """Yield what was observed at a moment at the place of each set, of a door that tells of moments."""
    for name in sets.SETS if door.path in _TIMELINES else ():
        yield Address(door, f"{door.path}?node={sets.node(name)}&at=2020-01-14", About.PLACE, name)


def _of_others(door: Door, world: World) -> Iterator[Address]:
    about = About.OVERVIEW if isinstance(door.asks, Action) else About.NOTHING
    about = About.DUTY if isinstance(door.asks, Duty) else about
    if door.path in _LISTED and "GET" in door.methods:
        yield Address(door, door.path.format(identifier=sets.LISTED) + _LISTED[door.path], about)
        return
    own = "{" in door.path or "GET" not in door.methods
    for query in _QUERIES.get(door.path, ("",)):
        filled = _filled(door, _identifiers(door, world)) + query
        asks_for_own = about is About.OVERVIEW and (own or "profile=" in query)
        yield Address(door, filled, About.OWN if asks_for_own else about)


def _of_visits(door: Door) -> Iterator[Address]:
    """Yield the addresses of sets that are a visit each: those that name no observation request."""
    alone = (name for name in sets.SETS if name not in {*sets.LATER, *sets.REQUESTS, *sets.WITHDRAWN})
    for name in alone:
        yield Address(door, f"{door.path}?of=Probe:{sets.aip_id(name)}", About.DESCRIPTION, name)


def _of_sets(door: Door) -> Iterator[Address]:
    about = About.DATA if door.asks is Action.DOWNLOAD else About.DESCRIPTION
    for name in sets.SETS:
        values = {"aip_id": sets.aip_id(name), "version": str(sets.version(name))}
        values["path"] = sets.product_path(name)
        if name in sets.LATER and "{version" not in door.path:
            continue
        yield Address(door, _filled(door, values), about, name)
        if door.path.endswith(_DRAWN):
            yield Address(door, f"{_filled(door, values)}?picture=svg", about, name)
        if door.path.endswith("/files/{path:path}"):
            described = _filled(door, values | {"path": _METADATA_FILE})
            yield Address(door, described, About.DESCRIPTION, name)


def _identifiers(door: Door, world: World) -> Mapping[str, str]:
    """Return what stands for the parameters of doors that are about no set."""
    for room, parameter, value in (
        ("/desk/people/of/", "identifier", world.identifiers["member"]),
        ("/api/v1/people/", "identifier", world.identifiers["member"]),
        ("/desk/groups/of/", "identifier", world.group),
        ("/api/v1/groups/", "identifier", world.group),
        ("/desk/refused/", "identifier", _refused(world)),
        ("/api/v1/refused/", "identifier", _refused(world)),
        ("/static/", "name", "site.css"),
        ("/keys/", "key_id", "0" * 16),
        *((room, "identifier", _NOBODYS) for room in _OWN_ROOMS),
    ):
        if door.path.startswith(room):
            return {parameter: value, "proof": "0" * 64, "login": "nobody", "number": "1"}
    return {}


def _refused(world: World) -> str:
    """Return the receipt of a delivery that was refused, where one was."""
    return max((path.name for path in (world.home / "sip" / "refused").iterdir()), default=_NOBODYS)


def _filled(door: Door, values: Mapping[str, str]) -> str:
    missing = [name for name in _PARAMETER.findall(door.path) if name not in values]
    if missing:
        raise UnfilledError(
            f"{door.path}: say in proofs/access/addresses.py what stands for {', '.join(missing)}"
        )
    return _PARAMETER.sub(lambda found: values[found[1]], door.path)


_DRAWN: Final = "/plots/{path:path}"
"""The door that also hands out the whole drawing of a set's product."""

_HIDDEN_WORDS = sets.canary("hidden", "m")
_QUESTIONS = (
    "",
    "?per_page=100",
    "?q=star",
    f"?q={_HIDDEN_WORDS}",
    "?node=probe/hidden",
    "?ids=probe.*&per_page=100",
    f"?profile={_NOBODYS}",
    "?order=-time&show=packages",
    "?ra=0&dec=0&radius=180",
    f"?list={sets.LISTED}&per_page=100",
    "?where=calib_level%3E%3D0",
    "?raw=hide",
    "?near=star&radius=180",
)
_COMPLETIONS = ("?target=", "?visit=probe", "?observation=probe", "?pi=")
_TABLES = tuple(
    f"{question or '?'}&format={form}"
    for question in ("", f"?q={_HIDDEN_WORDS}", "?ids=probe.*")
    for form in ("csv", "votable", "json", "urls")
)
_ADQL = (
    "SELECT * FROM ivoa.obscore",
    "SELECT COUNT(*), COUNT(DISTINCT package_id), SUM(package_size), AVG(s_ra), MAX(obs_title) FROM obscore",
    "SELECT node, COUNT(*) FROM obscore WHERE node LIKE '%h%' OR 1 / (s_ra - 7) > 0 GROUP BY node ORDER BY 2",
    "SELECT TOP 9 package_id FROM obscore WHERE 1 = package_has('words', 'qz0*') ORDER BY s_ra DESC OFFSET 1",
)
"""Queries that would tell of every set, by rows, sums, groups and words."""

_ASKED_IN_ADQL = (
    "",
    *(f"?{urlencode({'query': query})}" for query in _ADQL),
    *(f"?{urlencode({'query': _ADQL[0], 'format': form})}" for form in ("csv", "votable", "json")),
)
_ASKED_BY_TAP = tuple(
    f"?{urlencode({'LANG': 'ADQL', 'QUERY': query, 'MAXREC': 100, 'RESPONSEFORMAT': form})}"
    for query, form in (*((query, "votable") for query in _ADQL), (_ADQL[0], "csv"))
)
_AT_A_MOMENT = ("?at=2020-01-14T12:00:00", "?at=58849&node=probe")
_TIMELINES: Final = frozenset({"/timeline", "/api/v1/timeline"})
"""Doors that tell what was observed at a moment, also at one place."""

_QUERIES: Final = {
    "/search": _QUESTIONS,
    "/api/v1/search": _QUESTIONS,
    "/search/names": _COMPLETIONS,
    "/search/table": _TABLES,
    "/search/adql": _ASKED_IN_ADQL,
    "/tap/sync": _ASKED_BY_TAP,
    "/sky": (
        "",
        "?picture=png",
        "?ground=cells",
        "?ground=cells&picture=svg",
        "?ground=planes&ra=77&dec=-40",
    ),
    "/timeline": _AT_A_MOMENT,
    "/api/v1/timeline": _AT_A_MOMENT,
    "/volume": ("", "?picture=svg"),
    "/choose": ("?dataset=probe", f"?ids={sets.aip_id('hidden')}", f"?profile={_NOBODYS}"),
}
"""Questions to put to doors that show what there is."""

_LISTED: Final = {"/search/list": f"?list={sets.LISTED}", "/api/v1/lists/{identifier}": ""}
"""Doors that tell of that list."""
