"""Runs a room's tests against mutants, each in a process of its own, two at a time.

The process that forks has the libraries at hand and none of the archive's own modules, so that each
child imports the module under test as the mutant has it.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from itertools import chain, product
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryFile
from types import ModuleType
from typing import Any, TextIO

from _pytest.config import default_plugins

from proofs.access.mutants import Mutant, mutants

LIBRARIES = (
    *("pytest", "_pytest.assertion.rewrite", *(f"_pytest.{name}" for name in default_plugins)),
    *("hypothesis", "_hypothesis_pytestplugin"),
    *("yaml", "numpy", "lxml.etree", "pydantic", "tomllib", "asyncio", "unittest"),
)
_PROFILE = "killing"
"""How properties are tried here: one example that fails is enough, and nobody reads the smallest."""

_KINDS = ("not hypothesis", "hypothesis")
"""Tests of one case each kill most mutants; properties are tried on those that are left."""

_OPTIONS = (
    *("-x", "-q", "--tb=no", "--assert=plain", "-p", "_hypothesis_pytestplugin"),
    *("-p", "no:cacheprovider", "-p", "no:unraisableexception", f"--hypothesis-profile={_PROFILE}"),
)
_NOTHING_RUN = 5
UNUSABLE = frozenset({"3", "4", "5"})
"""Exit codes of pytest that say nothing of the mutant: its own fault, wrong use, no tests."""

_LEAVING = 19

SLOWEST = 300.0
"""Seconds after which a mutant counts as killed: it never comes to an end."""


class _Loading(MetaPathFinder, Loader):
    """Imports the mutated module in place of the real one."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """Return how the mutated module is imported; of others nothing."""
        return spec_from_loader(fullname, self) if fullname == self._mutant.module else None

    def create_module(self, _: ModuleSpec) -> ModuleType | None:
        """Leave the making of an empty module to Python."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module."""
        exec(self._mutant.code, module.__dict__)


def _judge(mutant: Mutant | None, tests: Sequence[str], root: str) -> None:
    """Run the tests until one fails, and end this process with pytest's own exit code."""
    import hypothesis
    import pytest

    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile(_PROFILE, deadline=None, database=None, phases=phases)
    os.chdir(root)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    if mutant is not None:
        sys.meta_path.insert(0, _Loading(mutant))
    codes = [_NOTHING_RUN]
    for kind, test in product(_KINDS, tests):
        codes.append(int(pytest.main([*_OPTIONS, "-m", f"not shared and {kind}", test])))
        if codes[-1] not in {0, _NOTHING_RUN}:
            os._exit(codes[-1])
    os._exit(min(codes))


def verdicts(
    killers: Mapping[str, Sequence[str]], root: Path, *, at_once: int = 3
) -> Iterator[tuple[str, int]]:
    """Yield every mutant as text and the exit code of its tests, 0 when it survived; first the unchanged.

    ``killers`` are the modules, each with the files of tests to run, those that fail soonest first. Mutants
    are awaited in order; so one more than there are cores keeps both busy.
    """
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.freeze()  # so that no child walks through, and so copies, what all have from here
    everything = list(dict.fromkeys(chain.from_iterable(killers.values())))
    waiting: list[Mutant | None] = [None]
    for module in killers:
        source = (root / f"{module.replace('.', '/')}.py").read_text("utf-8")
        waiting += mutants(module, source)
    running: list[tuple[Mutant | None, Any]] = []
    context = get_context("fork")
    while waiting or running:
        while waiting and len(running) < at_once:
            mutant = waiting.pop(0)
            tests = everything if mutant is None else killers[mutant.module]
            child = context.Process(target=_judge, args=(mutant, tests, str(root)))
            child.start()
            running.append((mutant, child))
        mutant, child = running.pop(0)
        child.join(SLOWEST)
        if child.is_alive():
            child.kill()
            child.join()
        yield str(mutant or "unchanged"), child.exitcode or 0


Outcome = tuple[int, list[str]]
"""How many mutants their tests kill, and which survive."""


@contextmanager
def trial(root: Path, killers: Mapping[str, Sequence[str]]) -> Iterator[Callable[[], Outcome]]:
    """Try all mutants meanwhile, in a process of its own; what is given waits for the outcome.

    That raises AssertionError when the tests fail without any change, or cannot be run.
    """
    given = [",".join((module, *tests)) for module, tests in killers.items()]
    command = [sys.executable, "-m", __name__, str(root), *given]
    home = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(root), home))}
    with (
        TemporaryFile("w+") as said,
        subprocess.Popen(
            command, cwd=root, env=environment, stdout=said, stderr=said, start_new_session=True
        ) as process,
    ):
        try:
            yield lambda: _outcome(process, said)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _outcome(process: subprocess.Popen[bytes], said: TextIO) -> Outcome:
    code = process.wait()
    said.seek(0)
    told = said.read()
    assert code == 0, told
    verdicts = [line.split("\t", 1) for line in told.splitlines()]
    assert verdicts[0] == ["0", "unchanged"], f"the tests fail without any change: {verdicts[0]}"
    assert not {code for code, _ in verdicts} & UNUSABLE, "the tests cannot be run"
    survived = [told for code, told in verdicts[1:] if code == "0"]
    return len(verdicts) - 1 - len(survived), survived


def main() -> int:
    """Print the exit code and the name of every mutant: ``ROOT MODULE,TEST,TEST…``.

    Takes what time of the processors others leave: it is awaited last.
    """
    os.nice(_LEAVING)
    given = [text.split(",") for text in sys.argv[2:]]
    for told, code in verdicts({module: tests for module, *tests in given}, Path(sys.argv[1])):
        sys.stdout.write(f"{code}\t{told}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
