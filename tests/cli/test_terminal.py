"""How the command line says numbers."""

from __future__ import annotations

import pytest

from oais.cli.terminal import show_size


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_499, "999 kB"),
        (999_999, "1 MB"),
        (2_534_567, "2.53 MB"),
        (999_999_999_999, "1 TB"),
        (5 * 10**15, "5 PB"),
    ],
)
def test_a_size_has_three_figures_and_no_exponent(size: int, shown: str) -> None:
    """What rounds up to a thousand of a unit is one of the next."""
    assert show_size(size) == shown
