"""Bounded: ten times as many AIPs, ten times as many files in one, and one very large file cost no more each.

Every time is held per AIP or per file against the same with a tenth of them; memory is held as it is.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.figures import Figure, Target
from benchmarks.material import bag_of_files, small_bags, sparse_bag
from benchmarks.measuring import Case, cold, run_case
from benchmarks.site import high_water, serving, slowest
from benchmarks.sizes import Sizes

_FLAT = Target("ratio", 1.5)
_SPEED = Target("figure", 400, at_least=True)
_LINES = 2**24


def by_aips(work: Path, sizes: Sizes) -> Iterator[Figure]:
    """Take in, audit, show, serve and index again a tenth of the AIPs, and all of them.

    Both are audited from a cold cache: of the larger number it would hold a smaller part.
    """
    numbers = (sizes.many_aips // 10, sizes.many_aips)
    taken = []
    for number in numbers:
        home = work / f"home-{number}"
        bags = small_bags(work / f"bags-{number}", number)
        cases = {
            "ingest": run_case("submit", watch=True, home=home, bags=bags),
            "audit": _audited_cold(home),
            "rebuild of index and catalogue": run_case("rebuild", watch=True, home=home),
            "showing one": run_case("show", home=home, aip_id="bounded.00000", times=sizes.requests),
        }
        shutil.rmtree(work / f"bags-{number}")
        taken.append(cases)
    what = f"{numbers[1]:,} AIPs"
    rebuilt = numbers[1] / taken[1]["rebuild of index and catalogue"].seconds
    yield Figure(f"rebuild of index and catalogue, {what}", rebuilt, "AIPs/s", _SPEED)
    counts = dict.fromkeys(taken[0], numbers) | {"showing one": (sizes.requests, sizes.requests)}
    yield from _flat(what, f"{numbers[0]:,} AIPs", taken[0], taken[1], counts)
    home = work / f"home-{numbers[1]}"
    with serving(home) as (process, address):
        targets = [f"/aip/bounded.{number * 7 % numbers[1]:05}" for number in range(sizes.requests)]
        yield slowest(f"site with {what}, one of them", address, targets, 50)
        found = [f"/search?q=file&page={1 + number % 5}" for number in range(sizes.requests)]
        yield slowest(f"site with {what}, search", address, found, 50)
        yield Figure(f"memory, site with {what}", high_water(process.pid), "MB", Target("figure", 300))
    for number in numbers:
        shutil.rmtree(work / f"home-{number}")


def _audited_cold(home: Path) -> Case:
    cold(home)
    return run_case("audit", watch=True, home=home, full=False, from_disk=False)


def by_files(work: Path, sizes: Sizes) -> Iterator[Figure]:
    """Do the same with one AIP of a tenth of the files, and of all of them."""
    numbers = (sizes.many_files // 10, sizes.many_files)
    taken = []
    for number in numbers:
        home, name = work / f"files-{number}", f"bounded.of-{number}"
        bag = bag_of_files(work / f"bag-{number}", number, 1_024, name)
        taken.append(
            {
                "ingest": run_case("submit", watch=True, home=home, bags=[bag]),
                "audit": run_case("audit", watch=True, home=home, full=False, from_disk=False),
                "rebuild of index and catalogue": run_case("rebuild", watch=True, home=home),
                "showing a page of it": run_case("show", home=home, aip_id=name, times=5),
            }
        )
        shutil.rmtree(bag)
        shutil.rmtree(home)
    what, peer = f"an AIP of {numbers[1]:,} files", f"one of {numbers[0]:,} files"
    yield from _flat(what, peer, taken[0], taken[1], dict.fromkeys(taken[0], numbers))


def by_size(work: Path, sizes: Sizes) -> Iterator[Figure]:
    """Take in and audit a sparse file, and one of a tenth of its size: no byte of it is held."""
    numbers = (sizes.sparse_bytes // 10, sizes.sparse_bytes)
    taken = []
    for number in numbers:
        home = work / f"sparse-{number}"
        bag = sparse_bag(work / f"sparse-bag-{number}", number, "bounded.sparse")
        taken.append(
            {
                "ingest": run_case("submit", watch=True, home=home, bags=[bag]),
                "audit": run_case("audit", watch=True, home=home, full=False, from_disk=False),
                "full audit": run_case("audit", watch=True, home=home, full=True, from_disk=False),
            }
        )
        shutil.rmtree(bag)
        shutil.rmtree(home)
    what, peer = _sized(numbers[1]), _sized(numbers[0])
    yield from _flat(what, peer, taken[0], taken[1], dict.fromkeys(taken[0], numbers))


def _sized(size: int) -> str:
    return f"a sparse file of {size / 2**30:.2g} GiB" if size >= 2**30 else f"one of {size / 2**20:.0f} MiB"


def _flat(
    what: str,
    peer: str,
    few: Mapping[str, Case],
    many: Mapping[str, Case],
    counts: Mapping[str, tuple[int, int]],
) -> Iterator[Figure]:
    """Yield, for each call, its time for a thousand things and its memory, beside those of few things."""
    for name, (less, more) in counts.items():
        small, large = few[name], many[name]
        unit, per = ("s", 2**30) if more > _LINES else ("ms", 1)
        scale = per if unit == "s" else 1_000
        ours, theirs = scale * large.seconds / more, scale * small.seconds / less
        each = "each GiB" if unit == "s" else "each"
        note = f"{large.seconds:.3g} s in all"
        yield Figure(f"{name}, {what}: {each}", ours, unit, _FLAT, peer, theirs, note=note)
        if large.tree_mb:
            title = f"memory, {name}, {what}"
            yield Figure(title, large.memory_mb, "MB", _FLAT, peer, small.memory_mb)
