"""Audit: every byte of many AIPs proven, against programs that only read or hash them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, Target
from benchmarks.material import bag_of_files
from benchmarks.measuring import (
    after,
    alternate,
    bagit_validate,
    cat_all,
    cold,
    run_case,
    sha512_all,
    warm,
)
from benchmarks.sizes import Sizes

_AIPS = 4
_LARGER = 100
_SHA512SUM = "find, xargs -P2 sha512sum"
_CAT = "find, xargs cat > /dev/null"
_BAGIT = "bagit.py --validate"


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure the daily audit (BLAKE3) and the full one (sha512), from memory and from the disk.

    Files as small as 10 KiB cost more to open than to hash; the same bytes and a quarter in larger ones do
    not.
    """
    few = max(sizes.files // (_LARGER * _AIPS) * 5, 1)
    return [
        *_audited(work / "small", sizes.files // _AIPS, sizes.file_bytes, sizes.runs),
        *_audited(work / "large", few, sizes.file_bytes * _LARGER, sizes.runs),
    ]


def _audited(work: Path, each: int, size: int, runs: int) -> Iterator[Figure]:
    """Measure four AIPs of so many files, more or less, each of so many bytes."""
    bags = [
        bag_of_files(work / f"bag-{number}", each + number, size, f"bench.audit-{number}")
        for number in range(_AIPS)
    ]
    home = work / "home"
    run_case("submit", home=home, bags=bags)
    what = f"audit of {each * _AIPS:,} files of {size // 1024:,} KiB"
    yield from _warm(what, home, bags, runs)
    yield from _cold(what, home, runs)


def _warm(what: str, home: Path, bags: list[Path], runs: int) -> list[Figure]:
    """Measure with the page cache filled before every run, for the peers alike."""
    aips = home / "aip"

    def prepare() -> None:
        warm(aips)

    def fill_with_bags() -> None:
        for bag in bags:
            warm(bag)

    taken = alternate(
        runs,
        BLAKE3=after(prepare, lambda: _audit(home, full=False, from_disk=False)),
        sha512=after(prepare, lambda: _audit(home, full=True, from_disk=False)),
        peer=after(prepare, lambda: sha512_all(aips)),
        bagit=after(fill_with_bags, lambda: sum(map(bagit_validate, bags))),
    )
    return [
        _against(f"{what}, BLAKE3", taken["BLAKE3"], _BAGIT, taken["bagit"], 5.0, "warm"),
        _against(f"{what}, sha512", taken["sha512"], _SHA512SUM, taken["peer"], 0.95, "warm"),
    ]


def _cold(what: str, home: Path, runs: int) -> list[Figure]:
    """Measure with the page cache emptied before every run, for the peers alike."""
    aips = home / "aip"

    def prepare() -> None:
        cold(aips)

    taken = alternate(
        runs,
        BLAKE3=after(prepare, lambda: _audit(home, full=False, from_disk=True)),
        sha512=after(prepare, lambda: _audit(home, full=True, from_disk=True)),
        peer=after(prepare, lambda: sha512_all(aips)),
        cat=after(prepare, lambda: cat_all(aips)),
    )
    return [
        _against(f"{what}, BLAKE3", taken["BLAKE3"], _CAT, taken["cat"], 0.9, "cold"),
        _against(f"{what}, sha512", taken["sha512"], _SHA512SUM, taken["peer"], 0.95, "cold"),
    ]


def _against(what: str, ours: float, peer: str, theirs: float, least: float, note: str) -> Figure:
    """Return a row whose target is a throughput: at least so many times the peer's."""
    return Figure(what, ours, "s", Target("speed-up", least, at_least=True), peer, theirs, note=note)


def _audit(home: Path, *, full: bool, from_disk: bool) -> float:
    return run_case("audit", home=home, full=full, from_disk=from_disk).seconds
