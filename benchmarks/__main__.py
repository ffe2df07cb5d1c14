"""``python3 run.py bench [NAME…] [--quick]``: measures the archive against its peers in the same run."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import (
    asking,
    auditing,
    bounded,
    checking,
    deciding,
    delivering,
    logging_in,
    memory,
    pages,
    recording,
    report,
    restarting,
    site,
    submitting,
    tree,
)
from benchmarks.figures import Figure
from benchmarks.measuring import ROOT
from benchmarks.sizes import FULL, QUICK, Sizes

PAGE = ROOT / "docs" / "benchmarks.md"
WORK = ROOT / "build" / "benchmarks"
GROUPS: Mapping[str, Callable[[Path, Sizes], list[Figure]]] = {
    "check": checking.figures,
    "submit": submitting.figures,
    "audit": auditing.figures,
    "decide": deciding.figures,
    "record": recording.figures,
    "restart": restarting.figures,
    "memory": memory.figures,
    "bounded": lambda work, sizes: list(bounded.by_aips(work, sizes)),
    "many-files": lambda work, sizes: list(bounded.by_files(work, sizes)),
    "sparse": lambda work, sizes: list(bounded.by_size(work, sizes)),
    "site": site.figures,
    "tree": tree.figures,
    "pages": pages.figures,
    "login": logging_in.figures,
    "ask": asking.figures,
    "deliver": delivering.figures,
}


def main(arguments: Sequence[str], sizes: Sizes | None = None, page: Path | None = None) -> int:
    """Measure the groups named, or all; the exit code is 1 when a target is missed at full size."""
    options = _parser().parse_args(arguments)
    quick = options.quick or sizes is not None
    missed = False
    for group in options.groups or GROUPS:
        load = _load()
        figures = measure(group, sizes or (QUICK if quick else FULL))
        report.show(f"{group} (load before {load})", figures)
        missed = missed or not all(figure.holds for figure in figures)
        if page is not None or not quick:
            report.write(page or PAGE, group, figures, load)
    return int(missed and not quick)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="NAME", help=f"of {', '.join(GROUPS)}; else all")
    parser.add_argument("--quick", action="store_true", help="small sizes; docs/benchmarks.md stays")
    return parser


def measure(group: str, sizes: Sizes) -> list[Figure]:
    """Measure one group in a folder on the project's file system that is removed afterwards."""
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as work:
        return GROUPS[group](Path(work), sizes)


def _load() -> str:
    return f"{os.getloadavg()[0]:.2f}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
