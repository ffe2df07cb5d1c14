"""What all tests share: real data, second opinions, counts, seeds, and a closed network."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest

from tests import counting, naming, network

ROOT = Path(__file__).resolve().parent.parent
UNDER_CI = os.environ.get("CI") == "true"

EarkAnswer = dict[str, list[dict[str, str | None]]]
EarkValidator = Callable[[Path], EarkAnswer]

hypothesis.settings.register_profile("here", deadline=None, print_blob=True)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.load_profile("ci" if UNDER_CI else "here")


def pytest_configure(config: pytest.Config) -> None:
    """Close the network before the first test module is imported, and start counting."""
    network.close_the_network()
    config.pluginmanager.register(counting)
    config.pluginmanager.register(naming)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what reads ``../shared``, so that ``-m 'not shared'`` leaves it out."""
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.shared)


def lacking(what: str) -> NoReturn:
    """Skip the test that lacks something this machine does not have; under CI fail it."""
    if UNDER_CI:
        pytest.fail(f"missing under CI: {what}")
    pytest.skip(f"missing: {what}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ``../shared`` beside the project's root, with the real mission products."""
    folder = ROOT.parent / "shared"
    if not (folder / "data" / "MANIFEST.tsv").is_file():
        lacking("../shared (the real mission products)")
    return folder


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Path of a program used as second opinion, by its name, or skip the test."""

    def find(name: str) -> str:
        found = shutil.which(name)
        if found is None:
            lacking(f"the program {name}")
        return str(found)

    return find


@pytest.fixture(scope="session")
def oracle_python() -> Path:
    """The interpreter that runs ``tests/oracles/eark.py``."""
    python = ROOT / ".venv-oracles" / "bin" / "python"
    if not python.exists():
        lacking(".venv-oracles (python3 run.py test makes it)")
    return python


@pytest.fixture(scope="session")
def eark(oracle_python: Path) -> EarkValidator:
    """Validate a package directory with the E-ARK validator: its errors and warnings."""

    def validate(package: Path) -> EarkAnswer:
        command = [oracle_python, ROOT / "tests" / "oracles" / "eark.py", package]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={})
        answer: EarkAnswer = json.loads(done.stdout)
        return answer

    return validate


@pytest.fixture
def record_count(request: pytest.FixtureRequest) -> Callable[[str, int], None]:
    """Add to a count shown at the end of the run: ``record_count("sweep points", n)``."""

    def record(name: str, number: int) -> None:
        request.node.user_properties.append((counting.COUNT, (name, number)))

    return record


@pytest.fixture
def seeded(request: pytest.FixtureRequest) -> random.Random:
    """A random generator whose seed is shown when the test fails.

    Give the seed back by ``OAIS_TEST_SEED=N`` to see the same failure again.
    """
    seed = int(os.environ.get("OAIS_TEST_SEED") or random.SystemRandom().randrange(2**32))
    request.node.add_report_section("setup", "seed", f"OAIS_TEST_SEED={seed}")
    return random.Random(seed)


@pytest.fixture(autouse=True)
def _network_stays_closed() -> Iterator[None]:
    """Fail a test that asked for an address outside this machine, even if it hid the refusal."""
    network.asked_for.clear()
    yield
    if network.asked_for:
        asked = ", ".join(sorted(set(network.asked_for)))
        pytest.fail(f"the test asked the network for {asked}")
