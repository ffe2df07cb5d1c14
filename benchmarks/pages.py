"""Pages: how long each page of a large archive's site takes, and how heavy it is, for all who may see it.

Time is told twice: as a visitor waits, and what the site's process reckoned meanwhile, which other work on
the machine blurs less. The peer is a bare page of as many bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from starlette.routing import compile_path

from benchmarks.figures import Figure, Target
from benchmarks.large import Large, fill_large
from benchmarks.listed import about
from benchmarks.site import serving
from benchmarks.sizes import Sizes
from oais.web.app import DOORS
from oais.web.cookies import SESSION
from oais.web.doors import API

_UNCOUNTED: Final = 2
_FASTER: Final = Target("figure", 100)
_LIGHTER: Final = Target("figure", 150)
_SHOWN: Final = ("text/", "application/atom+xml")
"""Beginnings of the types of what is read in a browser or a program and made for each question."""
_MATCHERS: Final = {
    door.path: compile_path(door.path)[0]
    for door in DOORS
    if "GET" in door.methods and not door.path.startswith((API, "/static/"))
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One page asked by one visitor: waited and reckoned milliseconds of each request, and its bytes."""

    address: str
    who: str
    first: float
    waited: tuple[float, ...]
    reckoned: tuple[float, ...]
    size: int


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Ask for every page as a stranger, a scientist and the staff, and for a bare page of equal weight."""
    large = fill_large(work / "home", sizes.aips, sizes.places)
    times = max(2, sizes.requests // 20)
    plain = {path: path for path in _MATCHERS if "{" not in path}
    asked: dict[str, list[Asked]] = {}
    with serving(large.home) as (process, address), serving(large.home, "bare") as (_, bare):
        for name, target in [*plain.items(), *about(large)]:
            for one in _by_all(process.pid, address, large, target, times):
                asked.setdefault(name, []).append(one)
        rows = [_figure(name, seen, _bare(bare, seen, times)) for name, seen in asked.items()]
    return [*rows, *_whole(large, asked)]


def _by_all(number: int, address: str, large: Large, target: str, times: int) -> Iterator[Asked]:
    """Yield how one page answered each visitor who may see it; what is no page is left out."""
    for who, secret in large.sessions.items():
        with closing(HTTPConnection(address, timeout=120)) as connection:
            headers = {"Accept": "text/html"} | ({"Cookie": f"{SESSION}={secret}"} if secret else {})
            taken = []
            for _ in range(_UNCOUNTED + times):
                before, started = reckoned(number), perf_counter()
                connection.request("GET", target, headers=headers)
                response = connection.getresponse()
                size = len(response.read())
                taken.append((1000 * (perf_counter() - started), reckoned(number) - before))
                is_page = (response.getheader("Content-Type") or "").startswith(_SHOWN)
                is_page &= not (response.getheader("Content-Disposition") or "").startswith("attachment")
                if response.status >= 500:
                    raise RuntimeError(f"{target} answered {who} with {response.status}")
                if response.status != 200 or not is_page:
                    break
            else:
                waited, worked = zip(*taken[_UNCOUNTED:], strict=True)
                yield Asked(target, who, taken[0][0], waited, worked, size)


def reckoned(number: int) -> float:
    """Return the milliseconds that all threads of a process have been on a processor so far."""
    tasks = Path(f"/proc/{number}/task").glob("*/schedstat")
    return sum(_nanoseconds(task) for task in tasks) / 1e6


def _nanoseconds(task: Path) -> int:
    try:
        return int(task.read_text().split()[0])
    except OSError:
        return 0  # a thread that has just ended


def p95(times: Iterable[float]) -> float:
    """Return the time within which 19 of 20 answers came."""
    ordered = sorted(times)
    return ordered[ceil(0.95 * len(ordered)) - 1]


def _bare(address: str, seen: Iterable[Asked], times: int) -> float:
    """Return the p95 of a bare page as heavy as the heaviest of these."""
    target = f"/?bytes={max(one.size for one in seen)}"
    waited = []
    with closing(HTTPConnection(address, timeout=120)) as connection:
        for _ in range(_UNCOUNTED + times):
            started = perf_counter()
            connection.request("GET", target)
            connection.getresponse().read()
            waited.append(1000 * (perf_counter() - started))
    return p95(waited[_UNCOUNTED:])


def _figure(name: str, seen: list[Asked], theirs: float) -> Figure:
    """Return the row of a page: that of the visitor for whom the most is reckoned."""
    worst = max(seen, key=lambda one: p95(one.reckoned))
    weight = max(one.size for one in seen) / 1024
    note = (
        f"{worst.who}; reckoned {p95(worst.reckoned):.0f} ms, median {median(worst.waited):.0f} ms, "
        f"at first {worst.first:.0f} ms; {weight:.0f} KB"
    )
    return Figure(f"`{name}`", p95(worst.waited), "ms", _FASTER, "a bare page", theirs, note)


def _whole(large: Large, asked: dict[str, list[Asked]]) -> Iterator[Figure]:
    """Yield what holds for all pages together: the most reckoned, the heaviest, and what nobody asked."""
    every = [one for seen in asked.values() for one in seen]
    slowest = max(every, key=lambda one: p95(one.reckoned))
    heaviest = max(every, key=lambda one: one.size)
    named = f"{len(every)} of {len(large.sessions)} visitors' pages"
    yield Figure(f"most reckoned: `{slowest.address}`", p95(slowest.reckoned), "ms", _FASTER, note=named)
    yield Figure(f"heaviest: `{heaviest.address}`", heaviest.size / 1024, "KB", _LIGHTER, note=named)
    paths = {one.address.partition("?")[0] for one in every}
    left = [name for name, found in _MATCHERS.items() if not any(map(found.match, paths))]
    told = ", ".join(f"`{name}`" for name in left)
    yield Figure("addresses that gave no page", len(left), "", Target("figure", len(_MATCHERS)), note=told)
