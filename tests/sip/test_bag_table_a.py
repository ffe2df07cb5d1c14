"""Every row of table A of the bad inputs: what the archive refuses, and under which code.

The intake profile must report the code with the severity given, and the pure standard must come to the
verdict given.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from oais.information.findings import finding_codes
from sip.bag.validation import validate_bag
from tests.sip.bags import chmod, codes, make_bag
from tests.sip.spoiled import CASES


def test_the_bag_that_is_spoiled_is_sound(tmp_path: Path) -> None:
    """Without being spoiled the bag of these tests has no finding at all, in either profile."""
    root = make_bag(tmp_path / "bag")
    assert validate_bag(root).findings == ()
    assert validate_bag(root, profile="intake").findings == ()


@pytest.mark.parametrize("case", CASES)
def test_what_the_intake_profile_says(
    case: str, tmp_path: Path, record_count: Callable[[str, int], None]
) -> None:
    """The spoiled bag gets the documented code with the severity of the archive's own profile."""
    spoil, code, severity, _ = CASES[case]
    root = make_bag(tmp_path / "bag")
    spoil(root)
    result = validate_bag(root, profile="intake")
    assert code in codes(result.findings, severity), result.findings
    assert result.valid is not bool(codes(result.findings, "error"))
    record_count("matrix cells", 1)


@pytest.mark.parametrize("case", CASES)
def test_what_the_standard_says(case: str, tmp_path: Path, record_count: Callable[[str, int], None]) -> None:
    """The same bag is judged by RFC 8493 alone: an error only where the standard says MUST."""
    spoil, code, _, valid = CASES[case]
    root = make_bag(tmp_path / "bag")
    spoil(root)
    result = validate_bag(root)
    if code != "BAG-030":  # the standard knows no longest line
        assert code in codes(result.findings), result.findings
    assert result.valid is valid, result.findings
    record_count("matrix cells", 1)


def test_every_row_has_a_case() -> None:
    """Rows A1 to A21 are all in the table (A22 and A23 are checks of content)."""
    assert {case.split()[0] for case in CASES} == {f"A{row}" for row in range(1, 22)}


def test_every_code_is_documented() -> None:
    """Codes used in the table stand in the table of codes, with a remedy."""
    table = finding_codes()
    for _, code, severity, _ in CASES.values():
        assert table[code].remedy
        assert table[code].intake == severity


def test_modes_of_the_test_bag(tmp_path: Path) -> None:
    """The set-user-ID case really sets the bit here, whoever runs the test."""
    root = make_bag(tmp_path / "bag")
    chmod("data/img.fits", 0o4755)(root)
    assert (root / "data/img.fits").stat().st_mode & stat.S_ISUID
