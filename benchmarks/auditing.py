"""Audit: every byte of many AIPs proven, against coreutils that only hash them."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import Figure, Target
from benchmarks.material import bag_of_files
from benchmarks.measuring import after, alternate, cold, run_case, sha512_all, warm
from benchmarks.sizes import Sizes

_AIPS = 4
_PEER = "find, xargs -P2 sha512sum"


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure the daily audit (BLAKE3) and the full one (sha512), from memory and from the disk."""
    each = sizes.files // _AIPS
    bags = [
        bag_of_files(work / f"bag-{number}", each + number, sizes.file_bytes, f"bench.audit-{number}")
        for number in range(_AIPS)
    ]
    home = work / "home"
    run_case("submit", home=home, bags=bags)
    what = f"audit of {sizes.files:,} files, {sizes.files * sizes.file_bytes // 10**6:,} MB"
    return [
        *_measured(what, home, sizes.runs, from_disk=False),
        *_measured(what, home, sizes.runs, from_disk=True),
    ]


def _measured(what: str, home: Path, runs: int, *, from_disk: bool) -> list[Figure]:
    """Measure with the page cache filled or emptied before every run, for the peer alike."""
    aips = home / "aip"

    def prepare() -> None:
        (cold if from_disk else warm)(aips)

    taken = alternate(
        runs,
        BLAKE3=after(prepare, lambda: _audit(home, full=False, from_disk=from_disk)),
        sha512=after(prepare, lambda: _audit(home, full=True, from_disk=from_disk)),
        peer=after(prepare, lambda: sha512_all(aips)),
    )
    note = "cold" if from_disk else "warm"
    return [
        Figure(f"{what}, {name}", taken[name], "s", Target("ratio", 1.5), _PEER, taken["peer"], note=note)
        for name in ("BLAKE3", "sha512")
    ]


def _audit(home: Path, *, full: bool, from_disk: bool) -> float:
    return run_case("audit", home=home, full=full, from_disk=from_disk).seconds
