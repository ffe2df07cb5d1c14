"""The commands of ``run.py``: set-up, demo, test, bench, proofs and lock."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from workshop import environment
from workshop.system_packages import missing_programs
from workshop.trouble import SetupError

ROOT = Path(__file__).resolve().parent.parent
CHECKS = (
    ("ruff check", "ruff", ("check", "--quiet", ".")),
    ("ruff format", "ruff", ("format", "--check", "--quiet", ".")),
    ("mypy --strict", "mypy", ()),
    ("import-linter", "lint-imports", ()),
)
IN_A_TEST_RUN = ("access", "site", "storage", "--every=3")
"""Of storage each third step with all its faults, and every moment; ``run.py proofs storage`` meets all."""

INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code; a set-up that fails is told in plain words."""
    options, rest = _parser().parse_known_args(arguments)
    command: Callable[[list[str]], int] = options.command
    try:
        return command(rest)
    except SetupError as error:
        environment.tell(f"run.py: {error}")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run.py", description="Set up, show, test and measure the archive.", allow_abbrev=False
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, text in (
        ("setup", setup, "make .venv with oais in it"),
        ("demo", demo, "build a demo archive and show it  [--no-serve] [--port N] [--home DIR]"),
        ("test", test, "set up, check and test everything  [pytest arguments]"),
        ("bench", bench, "measure speed and memory against peers"),
        ("proofs", proofs, "run the long proofs, or one of them  [NAME]"),
        ("lock", lock, "renew the requirements' lock files (needs uv)"),
    ):
        sub = commands.add_parser(name, help=text, add_help=False, allow_abbrev=False)
        sub.set_defaults(command=command)
    return parser


def setup(arguments: list[str]) -> int:
    """Make ``.venv`` with ``oais`` in it; nothing is done when it is right already."""
    if arguments:
        raise SetupError(f"setup takes no arguments, found {' '.join(arguments)}")
    environment.make(environment.runtime(ROOT))
    environment.tell("ready: .venv/bin/oais")
    return 0


def demo(arguments: list[str]) -> int:
    """Set up and hand over to ``oais demo`` with the same arguments."""
    environment.make(environment.runtime(ROOT))
    oais = ROOT / ".venv" / "bin" / "oais"
    os.execv(oais, [str(oais), "demo", *arguments])  # noqa: S606 - our own program, no shell


def test(arguments: list[str]) -> int:
    """Set up for tests, then lint, type-check, test and prove; with pytest arguments only test.

    Under CI=true a missing program fails the run instead of skipping its tests.
    """
    environment.make(environment.development(ROOT))
    environment.make(environment.oracles(ROOT))
    missing = missing_programs()
    for program in missing:
        environment.tell(
            f"missing: {program.names[0]} (Debian package {program.package}), needed for "
            f"{program.needed_for}; its tests are skipped"
        )
    failed = [] if arguments else _failed_checks()
    if missing and os.environ.get("CI") == "true":
        failed += [f"missing {program.names[0]}" for program in missing]
    code = _run("python", "-m", "pytest", *_workers(arguments), *arguments)
    proven = 0 if arguments else proofs(list(IN_A_TEST_RUN))
    for name in failed:
        environment.tell(f"FAILED: {name} (see above the tests)")
    return code or proven or int(bool(failed))


def bench(arguments: list[str]) -> int:
    """Run the benchmarks; each ratio is measured against a peer in the same run."""
    environment.make(environment.development(ROOT))
    return _run("python", "-m", "benchmarks", *arguments)


def proofs(arguments: list[str]) -> int:
    """Run the proofs in ``proofs/test_NAME.py``: sweeps too long for every test run."""
    environment.make(environment.development(ROOT))
    known = {path.stem.removeprefix("test_"): path for path in ROOT.glob("proofs/test_*.py")}
    if not known:
        environment.tell("There are no proofs yet: they will lie in proofs/test_NAME.py.")
        return 0
    unknown = [name for name in arguments if not name.startswith("-") and name not in known]
    if unknown:
        raise SetupError(f"no proof {unknown[0]}; there are: {', '.join(sorted(known))}")
    chosen = [str(known[name]) for name in arguments if name in known] or ["proofs"]
    options = [option for option in arguments if option.startswith("-")]
    return _run("python", "-m", "pytest", "-p", "tests.conftest", *chosen, *options)


def lock(arguments: list[str]) -> int:
    """Renew the three lock files; they hold versions and hashes, no registry's address.

    The larger set is solved first and binds the smaller, so both name the same versions. Without
    ``--upgrade`` what is locked stays, and only what pyproject.toml changed is solved anew.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise SetupError("uv is not on PATH: pip install uv (in an environment) and try again.")
    options = ["--universal", "--generate-hashes", "--python-version", "3.11", "--no-annotate"]
    options += ["--no-emit-index-url", "--no-emit-find-links", "--quiet", "--no-config"]
    options += ["--custom-compile-command", "python3 run.py lock", *arguments]
    project = ["pyproject.toml", "--group", "build"]
    oracles = ["requirements-oracles.in", "--override", "requirements-oracles.override"]
    for name, inputs in (
        ("requirements-dev.lock", [*project, "--group", "dev"]),
        ("requirements.lock", [*project, "-c", "requirements-dev.lock"]),
        ("requirements-oracles.lock", oracles),
    ):
        command = [uv, "pip", "compile", *inputs, *options, "--output-file", name]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code:
            return code
    return 0


def _failed_checks() -> list[str]:
    """Run each check, show only what fails, and name what failed."""
    failed = []
    for name, program, options in CHECKS:
        command = [str(environment.development(ROOT).python.parent / program), *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        environment.tell(f"{'ok' if done.returncode == 0 else 'FAILED'}: {name}")
        if done.returncode:
            environment.tell((done.stdout + done.stderr).strip())
            failed.append(name)
    return failed


def _workers(arguments: list[str]) -> tuple[str, ...]:
    """Two test processes, for this is made for two cores; unless the caller says otherwise.

    Each has half of the tests as they lie, so what a file's tests share is made once, and helps at the end.
    """
    said = any(word.startswith(("-n", "--numprocesses")) for word in arguments)
    return () if said else ("-n", "2", "--dist", "worksteal")


def _run(program: str, *arguments: str) -> int:
    """Run a program of the environment from the project's root and return its exit code."""
    sys.stdout.flush()
    command = [str(environment.development(ROOT).python.parent / program), *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode
