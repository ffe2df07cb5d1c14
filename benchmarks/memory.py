"""Memory: the most that all processes of one call have at one moment, and whether it grows with the files."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.figures import Figure, Target
from benchmarks.material import bag_of_files, bags_of_fits, write_big_bag
from benchmarks.measuring import Case, run_case
from benchmarks.sizes import Sizes

_MOST = Target("figure", 300)


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure every kind of call once; memory hardly varies from run to run."""
    return [*_large_deliveries(work, sizes), *_by_number_of_files(work, sizes)]


def _large_deliveries(work: Path, sizes: Sizes) -> list[Figure]:
    bag = bag_of_files(work / "files", sizes.files, sizes.file_bytes)
    rows = [_row(f"check of {sizes.files:,} files", run_case("check", watch=True, bag=bag))]
    shutil.rmtree(bag)
    big = write_big_bag(work / "big", sizes.big_bytes, "bench.big")
    size = f"one file of {sizes.big_bytes >> 20:,} MiB"
    rows.append(_row(f"check of {size}", run_case("check", watch=True, bag=big)))
    rows.append(_row(f"submit of {size}", _submit(work, [big])))
    rows.append(_row(f"audit of {size}", _audit(work)))
    shutil.rmtree(big)
    bags = bags_of_fits(work / "bags", sizes.bags)
    return [*rows, _row(f"submit of {sizes.bags:,} small bags", _submit(work, bags))]


def _by_number_of_files(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure an AIP of many files beside one of few: what grows is what has to be small."""
    taken: dict[str, list[Case]] = {"submit": [], "audit": []}
    for number in (sizes.few_files, sizes.many_files):
        bag = bag_of_files(work / f"bag-{number}", number, sizes.file_bytes, f"bench.{number}")
        taken["submit"].append(_submit(work, [bag]))
        taken["audit"].append(_audit(work))
        shutil.rmtree(bag)
    rows = []
    for name, (few, many) in taken.items():
        what = f"{name} of an AIP of {sizes.many_files:,} files"
        rows.append(_row(what, many))
        peer = f"the same with {sizes.few_files:,} files"
        flat = Target("ratio", 1.5)
        rows.append(Figure(f"{what}: flat", many.memory_mb, "MB", flat, peer, few.memory_mb))
    return rows


def _row(what: str, case: Case) -> Figure:
    note = f"largest process {case.process_mb:.0f} MB"
    return Figure(f"memory, {what}", case.memory_mb, "MB", _MOST, note=note)


def _submit(work: Path, bags: list[Path]) -> Case:
    home = work / "home"
    shutil.rmtree(home, ignore_errors=True)
    return run_case("submit", watch=True, home=home, bags=bags)


def _audit(work: Path) -> Case:
    return run_case("audit", watch=True, home=work / "home", full=False, from_disk=True)
