"""Submit: from a provider's bag to a stored, durable, indexed AIP, against commands that do parts of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from benchmarks.figures import Figure, Target
from benchmarks.material import bags_of_fits, write_big_bag
from benchmarks.measuring import PROGRAMS, after, alternate, run_case, run_command, warm
from benchmarks.sizes import Sizes


def one_big_bag(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure one large file against copying it, making that durable and hashing it once."""
    bag = write_big_bag(work / "bag", sizes.big_bytes, "bench.big")
    fresh = _Fresh(work, bag)
    taken = alternate(
        sizes.runs,
        ours=after(fresh.prepare, lambda: run_case("submit", home=fresh.place, bags=[bag]).seconds),
        peer=after(fresh.prepare, lambda: _copy_sync_hash(bag, fresh.place)),
    )
    what = f"submit of one bag of {sizes.big_bytes >> 20:,} MiB"
    return [Figure(what, taken["ours"], "s", Target("ratio", 1.3), "cp; fsync; sha512sum", taken["peer"])]


def _copy_sync_hash(bag: Path, target: Path) -> float:
    copy = str(target / "data" / "big.dat")
    seconds = run_command(["cp", "-r", str(bag), str(target)])
    return seconds + run_command(["sync", copy]) + run_command(["sha512sum", copy])


def many_small_bags(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure many small bags of real FITS against two commands for each bag."""
    bags = bags_of_fits(work / "bags", sizes.bags)
    fresh = _Fresh(work, work / "bags")
    some = bags[: sizes.peer_bags]
    taken = alternate(
        sizes.runs,
        ours=after(fresh.prepare, lambda: run_case("submit", home=fresh.place, bags=bags).seconds),
        peer=after(fresh.prepare, lambda: sum(_bag_by_bag(some, fresh.place))),
    )
    what = f"submit of {sizes.bags:,} bags of 3 small FITS"
    ours, theirs = taken["ours"] / len(bags), taken["peer"] / len(some)
    return [
        Figure(f"{what}: rate", 1 / ours, "AIPs/s", Target("figure", 50, at_least=True)),
        Figure(
            f"{what}: time for one",
            1000 * ours,
            "ms",
            Target("speed-up", 10, at_least=True),
            f"bagit.py --validate; ocfl-object.py create, on {len(some)} of them",
            1000 * theirs,
        ),
    ]


def _bag_by_bag(bags: list[Path], target: Path) -> Iterator[float]:
    target.mkdir()
    for bag in bags:
        yield run_command([str(PROGRAMS / "bagit.py"), "--quiet", "--validate", str(bag)])
        create = [str(PROGRAMS / "ocfl-object.py"), "create", "--quiet", "--id", bag.name]
        yield run_command([*create, "--srcdir", str(bag), "--objdir", str(target / bag.name)])


class _Fresh:
    """A place that is empty before each run, with nothing left to be written, and the bags in the page cache.

    What earlier runs left stays until all is measured: whoever starts at once would find the memory that its
    removal sets free, and a virtual machine gives what is free for a second back to its host.
    """

    def __init__(self, work: Path, bags: Path) -> None:
        self._work, self._bags = work, bags
        self._numbers = count()
        self.place = work / "none"

    def prepare(self) -> None:
        """Name a new place."""
        warm(self._bags)
        self.place = self._work / f"place-{next(self._numbers)}"


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure both."""
    return one_big_bag(work / "one", sizes) + many_small_bags(work / "many", sizes)
