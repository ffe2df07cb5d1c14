"""Takes times and memory: ours in a fresh process each time, the peer's as the command people run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent
_CACHES = Path("/proc/sys/vm/drop_caches")
_MB = 1_000_000
_BETWEEN_LOOKS = 0.05

Run = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Case:
    """What a fresh process measured of our call: seconds, what it answered, memory in MB.

    ``process_mb`` is the largest process, ``tree_mb`` the most that all of them had at one moment, pages
    that they share counted once (0 when it was not watched).
    """

    seconds: float
    answer: Mapping[str, int | float | str]
    process_mb: float
    tree_mb: float = 0.0

    @property
    def memory_mb(self) -> float:
        """The larger of the two ways to count memory."""
        return max(self.process_mb, self.tree_mb)


def run_case(name: str, *, watch: bool = False, **arguments: object) -> Case:
    """Run one case of ``benchmarks.cases`` in a fresh process; raises RuntimeError when it fails."""
    command = [sys.executable, "-m", "benchmarks.cases", name]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        with process.stdin as asked:  # ten thousand bags are more than a command line holds
            asked.write(json.dumps(arguments, default=str).encode())
        tree = _most_memory(process.pid) if watch else 0.0
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the case {name} ended with exit code {process.returncode}")
    answer = json.loads(output)
    return Case(answer.pop("seconds"), answer, usage.ru_maxrss * 1024 / _MB, tree)


def _most_memory(root: int) -> float:
    """Return the most memory in MB that a process and all below it have at one moment, until it ends."""
    most = 0
    while True:
        family = _family(root)
        if not family:
            return most / _MB
        most = max(most, sum(_share(number) for number in family))
        sleep(_BETWEEN_LOOKS)


def _family(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        number = waiting.pop()
        try:
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
            below = [Path(f"/proc/{number}/task/{task}/children").read_text() for task in _tasks(number)]
        except OSError:
            continue
        if state != "Z":
            found.append(number)
            waiting.extend(int(child) for text in below for child in text.split())
    return found


def _tasks(number: int) -> list[str]:
    return os.listdir(f"/proc/{number}/task")


def _share(number: int) -> int:
    """Return the proportional share of memory of a process in bytes: shared pages by their sharers."""
    try:
        lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def run_command(command: Sequence[str] | str, *, cwd: Path | None = None) -> float:
    """Run a peer (a string goes to the shell) and return its seconds; raises CalledProcessError."""
    started = perf_counter()
    shell, silent = isinstance(command, str), subprocess.DEVNULL
    subprocess.run(command, check=True, cwd=cwd, shell=shell, stdout=silent, stderr=silent)
    return perf_counter() - started


def sha512_all(root: Path) -> float:
    """Return the seconds in which coreutils hash every file below ``root`` on two cores."""
    return run_command("find . -type f -print0 | xargs -0 -P2 -n2000 sha512sum", cwd=root)


def cat_all(root: Path) -> float:
    """Return the seconds in which ``cat`` reads every file below ``root``."""
    return run_command("find . -type f -print0 | xargs -0 -n2000 cat > /dev/null", cwd=root)


def bagit_validate(bag: Path) -> float:
    """Return the seconds in which bagit-python validates a bag with two processes."""
    return run_command([str(PROGRAMS / "bagit.py"), "--quiet", "--validate", "--processes", "2", str(bag)])


def alternate(runs: int, **measured: Run) -> dict[str, float]:
    """Run each in turn, ``runs`` times over, and return the median of each."""
    taken: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(runs):
        for name, run in measured.items():
            taken[name].append(run())
    return {name: median(values) for name, values in taken.items()}


def after(prepare: Callable[[], object], run: Run) -> Run:
    """Return a run that prepares first, outside the time taken."""

    def prepared() -> float:
        prepare()
        return run()

    return prepared


def warm(root: Path) -> None:
    """Read every file once, so that the page cache holds them, and let nothing wait to be written."""
    os.sync()
    subprocess.run("find . -type f -print0 | xargs -0 cat > /dev/null", shell=True, check=True, cwd=root)


def cold(root: Path) -> None:
    """Make the page cache forget: names as well where we may, else the files below ``root``."""
    os.sync()
    if os.access(_CACHES, os.W_OK):
        try:
            _CACHES.write_text("3")
        except OSError:
            pass
        else:
            return
    for path in root.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
