"""Proof that what was acknowledged is kept: every fault at every step of every operation, and no power.

docs/proofs.md tells what each proof shows, what is planted for it to find, and what it does not show.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from proofs.storage.operations import OPERATIONS
from proofs.storage.power import why_not
from proofs.storage.sweeping import lose_power, sweep, table_of
from proofs.storage.variants import VARIANTS, caught
from tests.conftest import lacking

Tell = Callable[[str], None]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Print a line at once, whatever pytest keeps to itself."""

    def told(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", flush=True)

    return told


@pytest.fixture
def every(pytestconfig: pytest.Config) -> int:
    """Of so many steps one is met; 1 unless only a share of all was asked for."""
    return int(pytestconfig.getoption("--every"))


@pytest.fixture
def moments(pytestconfig: pytest.Config) -> int:
    """Of so many moments the power is lost at one; 1 unless only a share of all was asked for."""
    return int(pytestconfig.getoption("--moments"))


def test_nothing_that_fails_leaves_half_a_thing(tell: Tell, every: int) -> None:
    """Steps: whatever befalls any step of any operation, what was acknowledged stands and all can go on."""
    first = random.SystemRandom().randrange(every)
    tell(f"every={every} first={first}")
    swept = sweep(OPERATIONS, every=every, first=first)
    tell(table_of(swept.points))
    tell(f"points={swept.points.total()} ends={swept.ends}")
    assert swept.wrong == []


def test_no_power_cut_loses_what_was_acknowledged(tell: Tell, moments: int) -> None:
    """Power: cut at every moment, whatever the disk held of what it was given since a flush."""
    if why_not():
        lacking(f"a disk that can be recorded: {why_not()}")
    seed = random.SystemRandom().randrange(2**32)
    tell(f"seed={seed} moments={moments}")
    lost = lose_power(OPERATIONS, seed, every=moments)
    tell(" ".join(f"{name}={number}" for name, number in lost.states.items()))
    tell(f"states={lost.states.total()} ends={lost.ends}")
    assert lost.wrong == []


def test_broken_variants_are_caught(tell: Tell) -> None:
    """Planted: whatever is done wrongly on purpose is found by the steps or by the power cuts."""
    variants = [each for each in VARIANTS if each.fault is not None or not why_not()]
    missed = [each.name for each in variants if not caught(each)]
    tell(f"broken variants caught={len(variants) - len(missed)}/{len(VARIANTS)}")
    assert missed == []
