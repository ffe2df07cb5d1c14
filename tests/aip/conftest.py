"""Stores and stored packages that the tests of ``aip`` share."""

from __future__ import annotations

from pathlib import Path

import pytest

from aip.storage import AipStore
from tests.aip.building import new_store


@pytest.fixture
def store(tmp_path: Path) -> AipStore:
    """An empty store below ``tmp_path/home``."""
    return new_store(tmp_path / "home")
