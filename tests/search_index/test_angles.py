"""Positions as people write them, read as astropy reads them."""

from __future__ import annotations

import pytest
from astropy.coordinates import Angle

from oais.errors import WrongUsageError
from search_index.angles import parse_dec, parse_ra


@pytest.mark.parametrize(
    "text", ["05:34:31.94", "5h34m31.94s", "5 34 31.94", "0:0:0", "23:59:59.999", "12h30m", "00 00 01"]
)
def test_a_right_ascension_is_hours(text: str) -> None:
    """What is sexagesimal is hours."""
    assert parse_ra(text) == pytest.approx(Angle(text, unit="hourangle").deg, abs=1e-12)


@pytest.mark.parametrize(
    "text", ["+22:00:52.2", "-60d54m18s", "-0:30:00", "-00 00 01", "89:59:59.99", "+0d6m"]
)
def test_a_declination_is_degrees(text: str) -> None:
    """The sign holds for the whole, also of minus nought."""
    assert parse_dec(text) == pytest.approx(Angle(text, unit="deg").deg, abs=1e-12)


def test_degrees_are_taken_as_they_are() -> None:
    """A plain number is degrees for both, with a sign of any kind, and a unit if one likes."""
    assert (parse_ra("83.63"), parse_ra("83.63d"), parse_ra("83d30m")) == (83.63, 83.63, 83.5)
    assert (parse_dec("\N{MINUS SIGN}60.9"), parse_dec("+.5")) == (-60.9, 0.5)


@pytest.mark.parametrize(
    "text", ["", "x", "361", "24:00:01", "12:60:00", "12:00:60", "nan", "1e400", "1" * 60, "-1"]
)
def test_what_is_no_right_ascension_is_refused(text: str) -> None:
    """The fault names what was found."""
    with pytest.raises(WrongUsageError, match="not a right ascension"):
        parse_ra(text)


@pytest.mark.parametrize("text", ["", "91", "-90:00:01", "5h", "5h0m", "inf", "--1", "1:2:3:4"])
def test_what_is_no_declination_is_refused(text: str) -> None:
    """The fault names what was found."""
    with pytest.raises(WrongUsageError, match="not a declination"):
        parse_dec(text)
