"""Site: how long a visitor waits for a page of the tree or an answer, on one worker over loopback."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import quote, urlsplit

from benchmarks.figures import Figure, Target
from benchmarks.holdings import SECTORS
from benchmarks.measuring import ROOT, run_case
from benchmarks.sizes import Sizes

_NODES = ("tess", "tess/n0", "tess/n1", "tess/n1/light-curves", "tess/n0/target-pixel-files", "corot")
_UNCOUNTED = 5
_HTML = {"Accept": "text/html"}


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure the tree, its places, and search; the first few answers of each are not counted."""
    home = work / "home"
    run_case("fill", home=home, aips=sizes.aips)
    dice = random.Random(4)
    kinds = {
        "the whole tree": ["/tree"] * sizes.requests,
        "a place of the tree": [_place(dice) for _ in range(sizes.requests)],
        "search": [_question(dice, sizes.aips) for _ in range(sizes.requests)],
    }
    rows = []
    with serving(home) as (process, address):
        for kind, targets in kinds.items():
            rows.append(slowest(f"site with {sizes.aips:,} AIPs, {kind}", address, targets, 50))
        memory = high_water(process.pid)
    what = f"memory, site with {sizes.aips:,} AIPs"
    return [*rows, Figure(what, memory, "MB", Target("figure", 300))]


@contextmanager
def serving(home: Path, case: str = "serve") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve an archive in a process of its own while the block runs; give the process and the address."""
    command = [sys.executable, "-m", "benchmarks.cases", case, json.dumps({"home": str(home)})]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, urlsplit(process.stdout.readline().strip()).netloc
        finally:
            process.terminate()


def slowest(what: str, address: str, targets: list[str], bound: float, cookie: str = "") -> Figure:
    """Ask for each target and return the p95, which may be at most ``bound`` milliseconds."""
    times = [1000 * seconds for seconds in _asked(address, targets, cookie)]
    note = f"median {median(times):.1f} ms, {len(times)} requests"
    return Figure(f"{what}: p95", quantiles(times, n=20)[-1], "ms", Target("figure", bound), note=note)


def _asked(address: str, targets: list[str], cookie: str) -> Iterator[float]:
    """Ask over one connection that stays open; yield seconds from the request to the last byte."""
    headers = _HTML | ({"Cookie": cookie} if cookie else {})
    connection = HTTPConnection(address, timeout=60)
    try:
        for number, target in enumerate([*targets[:_UNCOUNTED], *targets]):
            started = perf_counter()
            connection.request("GET", target, headers=headers)
            response = connection.getresponse()
            response.read()
            taken = perf_counter() - started
            if response.status != 200:
                raise RuntimeError(f"{target} answered {response.status}")
            if number >= _UNCOUNTED:
                yield taken
    finally:
        connection.close()


def _place(dice: random.Random) -> str:
    if dice.random() < 0.4:
        return f"/tree/{dice.choice(_NODES)}"
    kind = dice.choice(("n0/target-pixel-files", "n1/light-curves"))
    return f"/tree/tess/{kind}/sector-{dice.randint(1, SECTORS)}"


def _question(dice: random.Random, aips: int) -> str:
    """Return the address of a question of one of the kinds that people ask."""
    words = dice.choice(("light curve", "target pixel", "tess", "camera", "sector 5", "aperture"))
    star = quote(f"TIC {60_000_000 + 37 * dice.randrange(aips)}")
    ra, dec = dice.uniform(0, 360), dice.uniform(-80, 80)
    return dice.choice(
        (
            f"/search?q={quote(words)}",
            f"/search?q={star}",
            f"/search?q={quote(words)}&level=N1",
            f"/search?target={star}",
            f"/search?cone={ra:.3f},{dec:.3f},{dice.choice((1, 5, 20))}",
            f"/search?level=N0&page={dice.randint(1, 5)}",
            "/search?mission=TESS&time=2018-11-01/2018-12-31",
            f"/search?node=tess/n1/light-curves/sector-{dice.randint(1, SECTORS)}",
        )
    )


def high_water(number: int) -> float:
    """Return the most memory that a process had so far, in MB."""
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM"))
