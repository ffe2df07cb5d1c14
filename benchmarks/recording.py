"""Record: how long the ledger takes to add very many entries at once, and to prove one of them."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from benchmarks.figures import Figure, Target
from benchmarks.sizes import Sizes
from oais.information.ledger.statements import Statement
from oais.information.signature import create_signer
from oais.ledger.log import Ledger
from oais.ledger.opened import find_line


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure the fastest of some runs: the others waited for the disk of somebody else."""
    runs = [_run(work / str(number), sizes.entries) for number in range(sizes.runs)]
    return [
        Figure(
            f"{sizes.entries:,} entries added and signed",
            min(run[0] for run in runs),
            "s",
            Target("figure", 2),
        ),
        Figure(f"one proof among {sizes.entries:,}", min(run[1] for run in runs), "ms", Target("figure", 50)),
    ]


def _run(work: Path, entries: int) -> tuple[float, float]:
    """Return the seconds of adding and the milliseconds of proving."""
    signer = create_signer()
    work.mkdir()
    ledger = Ledger(work / "ledger", {signer.key_id: signer.public_pem}, work / "lock")
    at, digest = "2026-11-21T12:00:00.000000Z", "0" * 128
    statements = [Statement(at, "receipt", f"r{number}", digest) for number in range(entries)]
    started = perf_counter()
    ledger.append(statements, signer)
    added = perf_counter() - started
    started = perf_counter()
    opened = find_line(ledger.root, "receipt", f"r{entries // 2}")
    assert opened is not None
    ledger.prove(opened)
    return added, (perf_counter() - started) * 1000
