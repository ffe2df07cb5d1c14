"""Time spans: a hit shares at least a moment with what was asked."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oais.errors import WrongUsageError
from search_index.index import Index, create_index
from search_index.query import Query, TimeSpan, parse_time
from tests.search_index.factory import product, record

_DICE = random.Random(3)
SPANS = [(start, start + _DICE.choice([0, 1, 30])) for start in range(0, 300, 7)]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index of packages with known spans, one of them without any."""
    index = create_index(tmp_path_factory.mktemp("days") / "search_index")
    records = [
        record(f"day.{start:03d}", product("a.fits", t_min=float(start), t_max=float(stop)))
        for start, stop in SPANS
    ]
    index.add([*records, record("timeless", product("b.fits"))])
    return index


@given(start=st.none() | st.integers(-5, 340).map(float), length=st.none() | st.integers(0, 60))
def test_every_file_that_overlaps_is_found(days: Index, start: float | None, length: int | None) -> None:
    """Closed intervals overlap when each begins before the other ends; touching is enough."""
    stop = None if length is None else (start or 0.0) + length
    found = days.find(Query(time=TimeSpan(start, stop), limit=1000, order="time"))
    low, high = (-1e9 if start is None else start), (1e9 if stop is None else stop)
    expected = [f"day.{first:03d}" for first, last in SPANS if first <= high and last >= low]
    assert [hit.aip.aip_id for hit in found.hits] == expected


def test_a_reference_file_is_found_by_its_validity(empty: Index) -> None:
    """What was not observed counts by when it is valid; an unknown end is open."""
    for_ever = product("flat.fits", kind="calibration", valid_from=100.0)
    ended = product("dark.fits", kind="calibration", valid_from=100.0, valid_to=200.0)
    empty.add([record("for-ever", for_ever), record("ended", ended)])

    def found(span: TimeSpan) -> list[str]:
        return [hit.aip.aip_id for hit in empty.find(Query(time=span, order="id")).hits]

    assert found(TimeSpan(150, 160)) == ["ended", "for-ever"]
    assert found(TimeSpan(5000, 5001)) == ["for-ever"]
    assert found(TimeSpan(None, 99)) == []


@pytest.mark.parametrize(
    ("text", "start", "stop"),
    [
        ("58000/58001.5", 58000.0, 58001.5),
        ("2018-01-01/2018-01-02", 58119.0, 58121.0),
        ("2018-01-01", 58119.0, 58120.0),
        ("2018-01-01T12:00:00/", 58119.5, None),
        ("/2018-01-01T12:00:00Z", None, 58119.5),
        ("2018-01-01T12:00:00+12:00/2018-01-02T00:00", 58119.0, 58120.0),
    ],
)
def test_a_time_span_is_read(text: str, start: float | None, stop: float | None) -> None:
    """Dates, times and MJD are read as UTC; a date means the whole day."""
    span = parse_time(text)
    assert span.start == (None if start is None else pytest.approx(start, abs=1e-8))
    assert span.stop == (None if stop is None else pytest.approx(stop, abs=1e-8))


@pytest.mark.parametrize(
    "text",
    ["", "/", "yesterday", "2018-13-01/", "2/1", "nan/1", "1/inf", "1/2/3", "\0/1", "٣/x", "1" * 9999],
)
def test_a_malformed_time_span_is_refused(text: str) -> None:
    """What is not a span of time is wrong usage, whatever it is."""
    with pytest.raises(WrongUsageError):
        parse_time(text)
