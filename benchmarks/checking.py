"""Check: the validator's call against coreutils and bagit-python, page cache warm for all."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import Figure, Target
from benchmarks.material import bag_of_files, write_big_bag
from benchmarks.measuring import alternate, bagit_validate, run_case, run_command, sha512_all, warm
from benchmarks.sizes import Sizes


def many_files(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure the check of a bag of many small files."""
    bag = bag_of_files(work / "files", sizes.files, sizes.file_bytes)
    warm(bag)
    taken = alternate(
        sizes.runs,
        ours=lambda: run_case("check", bag=bag).seconds,
        coreutils=lambda: sha512_all(bag),
        bagit=lambda: bagit_validate(bag),
    )
    what = f"check of {sizes.files:,} files of {sizes.file_bytes // 1024} KiB"
    return [
        Figure(what, taken["ours"], "s", Target("ratio", 2), "find, xargs -P2 sha512sum", taken["coreutils"]),
        Figure(
            what,
            taken["ours"],
            "s",
            Target("speed-up", 3, at_least=True),
            "bagit.py --validate --processes 2",
            taken["bagit"],
        ),
    ]


def one_big_file(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure the check of a bag of one large file."""
    bag = write_big_bag(work / "big", sizes.big_bytes, "bench.big")
    warm(bag)
    taken = alternate(
        sizes.runs,
        ours=lambda: run_case("check", bag=bag).seconds,
        coreutils=lambda: run_command(["sha512sum", str(bag / "data" / "big.dat")]),
    )
    what = f"check of one file of {sizes.big_bytes >> 20:,} MiB"
    return [Figure(what, taken["ours"], "s", Target("ratio", 0.85), "sha512sum", taken["coreutils"])]


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure both."""
    return many_files(work, sizes) + one_big_file(work, sizes)
