"""Tree: how long one place of very many waits to be shown, the places below it under mixed policies."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.mixed import PLACE, fill_mixed
from benchmarks.site import serving, slowest
from benchmarks.sizes import Sizes
from oais.functions.access.places import BRANCHES_SHOWN
from oais.web.cookies import SESSION


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Leaf through all places below one, as a stranger and as a member of a group who is logged in."""
    home = work / "home"
    secret = fill_mixed(home, sizes.places)
    pages = -(-sizes.places // BRANCHES_SHOWN)
    targets = [f"/tree/{PLACE}?branches={1 + number % pages}" for number in range(sizes.requests)]
    who = {"a stranger": "", "a member of a group": f"{SESSION}={secret}"}
    what = f"a place of {sizes.places:,} under mixed policies"
    with serving(home) as (_process, address):
        return [slowest(f"{what}, {name}", address, targets, 60, cookie) for name, cookie in who.items()]
