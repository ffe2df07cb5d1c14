"""Restart: how long until the archive is ready again after its process was killed, and after none was."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from time import perf_counter, sleep

from benchmarks.figures import Figure, Target
from benchmarks.material import bags_of_fits, write_bag
from benchmarks.sizes import Sizes
from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.ledger.recording import record
from oais.functions.ledger.unrecorded import UNRECORDED
from oais.functions.storage import aip_store
from oais.functions.submission import submit
from oais.information.identifiers import object_path
from oais.information.ledger.statements import Statement

_BEGUN = 2
_BESIDE = ("0=ocfl_object_1.1", "inventory.json", "inventory.json.sha512")


def figures(work: Path, sizes: Sizes) -> list[Figure]:
    """Measure ``oais watch --once`` after an ingest was killed, after a fault of old, and after none."""
    archive = _filled(work, sizes.restarted)
    marks = archive.home / "ledger" / UNRECORDED
    killed, anything, idle = [], [], []
    for run in range(sizes.runs):
        _kill_a_submission(archive.home, work / f"bags-{run}", marks)
        killed.append(_watched(archive.home))
        assert not list(marks.iterdir())
        (marks / "1-before").touch()
        anything.append(_watched(archive.home))
        assert not list(marks.iterdir())
        idle.append(_watched(archive.home))
    number = f"{sizes.restarted:,} AIPs"
    return [
        Figure(f"start after kill -9, {number}", min(killed), "s", Target("figure", 2)),
        Figure(f"start when nothing was interrupted, {number}", min(idle), "s", Target("figure", 2)),
        Figure(f"start after a stop that names nothing, {number}", min(anything), "s", Target("figure", 10)),
    ]


def _kill_a_submission(home: Path, bags: Path, marks: Path) -> None:
    """Let ``oais submit`` take in some bags, and kill it and its workers once two of them are being kept."""
    command = [sys.executable, "-m", "oais", "submit", "--home", str(home)]
    with subprocess.Popen(
        [*command, *map(str, bags_of_fits(bags, 40))], stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        while not any(mark.read_bytes().count(b"\n") > _BEGUN for mark in marks.iterdir()):
            assert process.poll() is None, "the submission ended before it could be killed"
            sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)


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
