"""This software knows its own version, installed or not."""

from __future__ import annotations

from importlib import metadata

import pytest

from oais.information.software import DISTRIBUTION, software_version


@pytest.mark.parametrize("installed", [True, False])
def test_version_is_that_of_the_installed_distribution(
    installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version is read from what is installed; a source tree that is not installed says so."""
    software_version.cache_clear()
    if not installed:
        monkeypatch.setattr("oais.information.software.DISTRIBUTION", "nobody-installs-this")
    assert software_version() == (metadata.version(DISTRIBUTION) if installed else "0+unknown")
    software_version.cache_clear()
