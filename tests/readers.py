"""One process that reads strangers' files for all deliveries: starting one takes longer than most of them.

A folder's conftest.py imports both fixtures. What is read in a child of ours, and whatever a test starts as
a program of its own, has readers of its own still.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import pytest

from oais.functions import checking, packing, submission
from oais.information.representation.inspection import Inspector

__all__ = ["inspector", "readers_lent"]


@pytest.fixture(scope="session")
def inspector() -> Iterator[Inspector]:
    """The process that reads strangers' files; it is started when the first one is to be read."""
    with Inspector(workers=1) as started:
        yield started


@pytest.fixture(scope="module", autouse=True)
def readers_lent(inspector: Inspector) -> Iterator[None]:
    """Lend it to whatever takes in, checks or packs a delivery in this process."""
    owner = os.getpid()

    def lent(workers: int | None = None) -> AbstractContextManager[Inspector]:
        return nullcontext(inspector) if os.getpid() == owner else Inspector(workers)

    with pytest.MonkeyPatch.context() as patch:
        for module in (checking, packing, submission):
            patch.setattr(module, "Inspector", lent)
        yield
