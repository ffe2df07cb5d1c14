"""Restart: how long until the archive is ready again after its process was killed, and after none was."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from benchmarks.figures import Figure, Target
from benchmarks.material import write_bag
from benchmarks.sizes import Sizes
from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.ledger.recording import record
from oais.functions.ledger.unrecorded import UNRECORDED
from oais.functions.storage import aip_store
from oais.functions.submission import submit
from oais.information.identifiers import object_path
from oais.information.ledger.statements import Statement

_BESIDE = ("0=ocfl_object_1.1", "inventory.json", "inventory.json.sha512")


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure ``oais watch --once`` with a mark of a killed ingest, and without one."""
    archive = _filled(work, sizes.restarted)
    mark = archive.home / "ledger" / UNRECORDED / "1-killed"
    killed, idle = [], []
    for _ in range(sizes.runs):
        mark.touch()
        killed.append(_watched(archive.home))
        assert not mark.exists()
        idle.append(_watched(archive.home))
    number = f"{sizes.restarted:,} AIPs"
    return [
        Figure(f"start after kill -9, {number}", min(killed), "s", Target("figure", 2)),
        Figure(f"start when nothing was interrupted, {number}", min(idle), "s", Target("figure", 2)),
    ]


def _watched(home: Path) -> float:
    started = perf_counter()
    command = [sys.executable, "-m", "oais", "watch", "--once", "--home", str(home)]
    subprocess.run(command, check=True, capture_output=True)
    return perf_counter() - started


def _filled(work: Path, number: int) -> Archive:
    """Make an archive with one real AIP and ``number`` whose names and inventories are like its own.

    A restart asks of an AIP no more than that; each has its receipt, and all stand in the ledger.
    """
    archive = initialise(work / "home", name="Benchmark")
    bag = write_bag(work / "model.bag", iter([("a.csv", b"1,2\n")]), "model.aip", "generic")
    (told,) = submit(archive, [bag])
    assert told.outcome == "stored", told
    model = aip_store(archive).find("model.aip")
    assert model is not None
    at, statements = archive.now(), []
    for count in range(number):
        place = archive.aip_root / object_path(f"benchmark.{count}")
        (place / "v1").mkdir(parents=True)
        for name in _BESIDE:
            os.link(model.path / name, place / name)
        for name in _BESIDE[1:]:
            os.link(model.path / "v1" / name, place / "v1" / name)
        receipt = f"r20261121T{count // 3600 % 24:02}{count // 60 % 60:02}{count % 60:02}Z-{count:08x}"
        folder = archive.receipts / "2026" / "11"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{receipt}.json").touch()
        statements.append(Statement(at, "aip-version", f"benchmark.{count}@v1", "0" * 128, "0" * 128))
        statements.append(Statement(at, "receipt", receipt, secrets.token_hex(64)))
    record(archive, archive.signer, statements)
    return archive
