"""Proof that what was acknowledged is kept: every fault at every step of every operation, and no power.

docs/proofs.md tells what each proof shows, what is planted for it to find, and what it does not show.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from proofs.storage.operations import OPERATIONS
from proofs.storage.sweeping import sweep, table_of

Tell = Callable[[str], None]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Print a line at once, whatever pytest keeps to itself."""

    def told(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", flush=True)

    return told


def test_nothing_that_fails_leaves_half_a_thing(tell: Tell) -> None:
    """Steps: whatever befalls any step of any operation, what was acknowledged stands and all can go on."""
    swept = sweep(OPERATIONS)
    tell(table_of(swept.points))
    tell(f"points={swept.points.total()} ends={swept.ends}")
    assert swept.wrong == []
