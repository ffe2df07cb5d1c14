"""The numbers behind drawings, against the common libraries and what the products say of themselves."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time
from astropy.visualization import AsinhStretch, LogStretch
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from oais.information.representation.drawings import (
    Wanted,
    read_event_map,
    read_good_times,
    read_histogram,
    read_outline,
    read_series,
    read_spans,
)
from oais.information.representation.intervals import Interval
from oais.information.representation.numbers import Pass, Span, open_numbers, spread
from oais.information.representation.reading import (
    NotShownError,
    ask_reader,
    read_image,
    read_table_rows,
)
from tests.information.fits_making import curve, image, primary, table

TESS = "data/tess/tic55525572_s0005/tic55525572_lc.fits"
CHEOPS = (
    "data/cheops/PR110047_TG000401/"
    "CH_PR110047_TG000401_TU2021-07-11T04-05-52_SCI_COR_Lightcurve-DEFAULT_V0300.fits"
)
HESS = "data/hess/hess_dl3_dr1/data/hess_dl3_dr1_obs_id_020275.fits.gz"
PSP = "data/psp/psp_fld_l2_mag_rtn_1min_20200104_v02.cdf"
ALL = 20_000
IN_NO_TIME = partial(ask_reader, seconds=0.0)
IN_2018 = Wanted(Interval("2018-01-01T00:00:00", "2019-01-01T00:00:00"))


def columns(path: Path, unit: int, *names: str) -> list[np.ndarray]:
    """Columns of a FITS table by astropy, as numbers of the machine."""
    with path.open("rb") as stream, fits.open(stream) as hdus:
        return [np.asarray(hdus[unit].data[name]).astype(np.float64) for name in names]


def test_time_of_a_series_is_the_utc_that_the_product_writes_beside_it(shared: Path) -> None:
    """CHEOPS counts in TT and writes UTC as text too: the two agree within a millisecond."""
    found = read_series(shared / CHEOPS, max_points=ALL)
    with (shared / CHEOPS).open("rb") as stream, fits.open(stream) as hdus:
        written = Time(list(hdus[1].data["UTC_TIME"]), format="isot", scale="utc").mjd
        counted = hdus[1].data["MJD_TIME"].astype(float)
    place = {value: n for n, value in enumerate(counted.tolist())}
    expected = np.array([written[place[value]] for value in found.tracks[0].x])
    assert found.scale == "TT"
    assert len(expected) == found.tracks[0].good == 664
    assert np.abs(np.array(found.tracks[0].mjd) - expected).max() * 86_400 < 1e-3


def test_interval_of_utc_holds_the_rows_that_astropy_counts(shared: Path) -> None:
    """Two days out of a sector, several columns at once, with their counts and ranges."""
    wanted = Wanted(Interval("2018-11-20T00:00:00", "2018-11-21T12:00:00"))
    found = read_series(shared / TESS, y=("SAP_FLUX", "SAP_BKG"), wanted=wanted, max_points=ALL)
    times, flux, quality = columns(shared / TESS, 1, "TIME", "SAP_FLUX", "QUALITY")
    ends = Time(["2018-11-20T00:00:00", "2018-11-21T12:00:00"], scale="utc").tdb.jd - 2_457_000
    inside = (times >= ends[0]) & (times < ends[1])
    good = inside & np.isfinite(flux) & (quality == 0)
    flux_track, background = found.tracks
    assert found.within == inside.sum()
    assert list(flux_track.y) == flux[good].tolist()
    assert (flux_track.least, flux_track.greatest) == (flux[good].min(), flux[good].max())
    assert flux_track.mean == pytest.approx(flux[good].mean())
    assert flux_track.flagged == (inside & (quality != 0) & np.isfinite(flux)).sum()
    assert background.name == "SAP_BKG"


def test_numbers_of_the_column_bound_it_too(shared: Path) -> None:
    """Without UTC the ends are numbers, both included."""
    found = read_series(shared / TESS, wanted=Wanted(low=1440.0, high=1441.0), max_points=ALL)
    assert 1440.0 <= min(found.tracks[0].x) <= max(found.tracks[0].x) <= 1441.0


def test_folding_gives_the_phase_of_every_point(shared: Path) -> None:
    """Phase 0 is the epoch; all good points are there, in the order of their phase."""
    period, epoch = 0.94145, 1441.0
    found = read_series(shared / TESS, y=("SAP_FLUX",), fold=(period, epoch), max_points=ALL)
    times, flux, quality = columns(shared / TESS, 1, "TIME", "SAP_FLUX", "QUALITY")
    good = np.isfinite(times) & np.isfinite(flux) & (quality == 0)
    cycles = (times[good] - epoch) / period
    phases = cycles - np.round(cycles)
    order = np.argsort(phases, kind="stable")
    (track,) = found.tracks
    assert np.allclose(track.x, phases[order], atol=1e-9)
    assert sorted(track.y) == sorted(flux[good].tolist())
    assert track.mjd == ()


def test_vectors_of_a_cdf_are_columns(shared: Path) -> None:
    """Each component is a column of its own, over UTC."""
    name = "psp_fld_l2_mag_RTN_1min"
    found = read_series(shared / PSP, y=tuple(f"{name}[{n}]" for n in range(3)))
    assert [track.unit for track in found.tracks] == ["nT"] * 3
    assert found.scale == "UTC"
    assert found.tracks[0].mjd[0] == pytest.approx(Time("2020-01-04T02:34:30", scale="utc").mjd)


def test_events_are_counted_where_they_are(shared: Path) -> None:
    """The map's fields hold what numpy counts in the same ranges, and no event is lost."""
    found = read_event_map(shared / HESS, bins=40)
    ra, dec = columns(shared / HESS, 1, "RA", "DEC")
    theirs, _, _ = np.histogram2d(dec, ra, bins=40, range=[found.y_range, found.x_range])
    assert (found.x[0], found.y[0], found.unit_name) == ("RA", "DEC", "EVENTS")
    assert np.array_equal(np.array(found.counts), theirs)
    assert found.counted + found.outside + found.missing == len(ra)
    assert found.outside < len(ra) / 50


def test_energies_are_counted_in_steps_of_their_logarithm(shared: Path) -> None:
    """The histogram of an event list holds all its energies."""
    found = read_histogram(shared / HESS, bins=30)
    (energy,) = columns(shared / HESS, 1, "ENERGY")
    assert found.x == ("ENERGY", "TeV")
    assert found.logarithmic
    assert np.allclose(np.diff(np.log10(found.edges)), np.diff(np.log10(found.edges))[0])
    assert sum(found.counts) == len(energy) == found.counted
    assert list(found.counts) == np.histogram(energy, bins=np.array(found.edges))[0].tolist()


def test_good_times_are_intervals_of_utc(shared: Path) -> None:
    """GTI are counted as the events' TIME is, from the same MJDREF, in TT."""
    found = read_good_times(shared / HESS, 2)
    start, stop = columns(shared / HESS, 2, "START", "STOP")
    with (shared / HESS).open("rb") as stream, fits.open(stream) as hdus:
        header = hdus[2].header
        reference = header["MJDREFI"] + header["MJDREFF"]
    expected = Time(reference, start / 86_400, format="mjd", scale="tt").utc.mjd
    assert (list(found.starts), list(found.stops)) == (start.tolist(), stop.tolist())
    assert np.abs(np.array(found.start_mjd) - expected).max() * 86_400 < 1e-3
    assert found.length == pytest.approx((stop - start).sum())


def test_spectrum_is_drawn_over_its_channels(shared: Path) -> None:
    """OGIP: counts over channels; channels with a quality flag are not good."""
    path = shared / "data/hess/jointcrab_pair/spectra/pha_obs23523.fits"
    found = read_series(path)
    counts, quality = columns(path, 1, "COUNTS", "QUALITY")
    assert (found.x[0], found.tracks[0].name, found.quality) == ("CHANNEL", "COUNTS", "QUALITY")
    assert list(found.tracks[0].y) == counts[quality == 0].tolist()
    assert found.tracks[0].flagged == (quality != 0).sum()


def test_spans_are_counted_and_the_gap_is_missing(shared: Path) -> None:
    """The sector's days hold what astropy counts; the days of the gap in its middle are told as empty."""
    found = read_spans(shared / TESS, None, 24)
    (times,) = columns(shared / TESS, 1, "TIME")
    days = np.floor(Time(times[np.isfinite(times)] + 2_457_000, format="jd", scale="tdb").utc.mjd)
    theirs = {Time(day, format="mjd").isot[:10]: int((days == day).sum()) for day in np.unique(days)}
    assert {start[:10]: rows for start, rows in found.spans if rows} == theirs
    assert found.spans[0][0] == "2018-11-15T00:00:00"
    assert [rows for _, rows in read_spans(shared / TESS, None, 1).spans].count(0) > 0


def test_pieces_of_a_year_are_the_first_ones(tmp_path: Path) -> None:
    """Hours of a year are more than are listed, which is said; its days are all there, with their rows."""
    path = tmp_path / "year.csv"
    path.write_text("time,flux\n2026-01-01T00:30:00Z,1\n2026-01-01T00:59:59Z,2\n2026-12-31T12:00:00Z,3\n")
    hours = read_spans(path, None, 1)
    assert (len(hours.spans), hours.whole) == (2_001, False)
    assert hours.spans[:2] == (("2026-01-01T00:00:00", 2), ("2026-01-01T01:00:00", 0))
    days = read_spans(path, None, 24)
    assert (len(days.spans), days.whole) == (365, True)
    assert [rows for _, rows in days.spans if rows] == [2, 1]


@pytest.mark.parametrize(("name", "stretch"), [("log", LogStretch(1000)), ("asinh", AsinhStretch(0.1))])
def test_stretch_is_that_of_the_common_library(
    name: str, stretch: Callable[[np.ndarray], np.ndarray], shared: Path
) -> None:
    """The grey of each pixel is what astropy's stretch makes of its share of the range shown."""
    path = shared / "data/sdo/aia_171_level1.fits"
    found = read_image(path, max_side=4096, stretch=name)
    with path.open("rb") as stream, fits.open(stream) as hdus:
        pixels = np.asarray(hdus[0].data, dtype=float)
    shares = np.clip((pixels - found.low) / (found.high - found.low), 0, 1)
    grey = np.frombuffer(found.grey, np.uint8).reshape(found.shape).astype(float)
    assert np.abs(grey - stretch(shares) * 255).max() <= 1


@pytest.mark.parametrize(
    ("name", "unit", "scale"),
    [("sdo/aia_171_level1.fits", 0, 3600), ("tess/tic55525572_s0005/tic55525572_lc.fits", 2, 1)],
)
def test_grid_lies_where_the_wcs_says(name: str, unit: int, scale: int, shared: Path) -> None:
    """Each point of a line has, by the header's WCS, the longitude or latitude that the line is named by."""
    path = shared / "data" / name
    found = read_image(path, unit, grid=True)
    with path.open("rb") as stream, fits.open(stream) as hdus:
        wcs = WCS(hdus[unit].header, naxis=2)
    assert len(found.grid) == 2
    for number, axis in enumerate(found.grid):
        assert axis.lines
        for line in axis.lines:
            shares = np.array(line.path)
            world = wcs.all_pix2world(shares * np.array(found.shape)[::-1] - 0.5, 0)[:, number]
            off = (world * scale - line.value + 180 * scale) % (360 * scale) - 180 * scale
            assert np.abs(off).max() < 0.05 * scale / 100 + 0.5


def test_planes_of_a_cube_are_told_apart(tmp_path: Path) -> None:
    """A plane is asked for by its number; one that is not there is told."""
    planes = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    path = tmp_path / "cube.fits"
    fits.PrimaryHDU(planes).writeto(path)
    found = read_image(path, plane=2, percentiles=(0, 100))
    assert (found.planes, found.low, found.high) == (4, 12.0, 17.0)
    with pytest.raises(NotShownError, match="the image has 4"):
        read_image(path, plane=4)


def test_outline_tells_what_can_be_drawn(shared: Path) -> None:
    """Tables offer what their columns give; a table of one row nothing, but its good times."""
    drawings = {part.name: part.drawings for part in read_outline(shared / HESS)}
    assert drawings["EVENTS"][0] == "map"
    assert drawings["GTI"] == ("intervals",)
    assert drawings["AEFF"] == ()
    assert [part.drawings[0] for part in read_outline(shared / TESS)] == ["series", "image"]


ODD = {
    "NaN": [(float(n), math.nan, 0) for n in range(50)],
    "infinite": [(float(n), math.inf, 0) for n in range(50)],
    "flagged": [(float(n), 1.0, 1) for n in range(50)],
    "constant": [(1.0, 5.0, 0)] * 50,
    "huge": [(float(n), (-1) ** n * 1.7e308, 0) for n in range(200)],
    "one": [(1.0, 5.0, 0)],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_numbers_hurt_no_drawing(name: str, tmp_path: Path) -> None:
    """Whatever the numbers, each drawing counts every row, and gives none that is not finite."""
    path = tmp_path / "x.fits"
    path.write_bytes(curve(ODD[name]))
    rows = len(ODD[name])
    series = read_series(path, fold=(0.3, 0.0))
    (track,) = series.tracks
    assert track.good + track.flagged + track.missing == rows
    assert all(map(math.isfinite, (*track.x, *track.y)))
    events = read_event_map(path, x="TIME", y="FLUX")
    assert events.counted + events.outside + events.missing == rows
    counted = read_histogram(path, x="FLUX")
    assert sum(counted.counts) + counted.missing == rows
    assert all(map(math.isfinite, counted.edges))


def many(path: Path, flux: np.ndarray) -> np.ndarray:
    """Write a table of these values, each a second after the one before, and return their times."""
    rows = np.zeros(len(flux), [("time", ">f8"), ("flux", ">f8"), ("quality", ">i4")])
    rows["time"], rows["flux"] = np.arange(len(flux)), flux
    path.write_bytes(primary() + table({"TIME": "D", "FLUX": "D", "QUALITY": "J"}, rows.tobytes(), 20))
    return np.asarray(rows["time"], dtype=float)


def test_lowest_and_highest_of_each_interval_of_a_million_rows_are_drawn(tmp_path: Path) -> None:
    """Every row counts: of each hundredth of the table the extremes are those that numpy finds."""
    flux = np.random.default_rng(5).standard_normal(1_000_000)
    flux[123_456], flux[987_654], flux[500] = 9.0, -9.0, np.nan
    times = many(tmp_path / "x.fits", flux)
    found = read_series(tmp_path / "x.fits", max_points=200)
    (track,) = found.tracks
    assert (found.read, found.whole, track.good, track.missing) == (1_000_000, True, 999_999, 1)
    x, y = np.array(track.x), np.array(track.y)
    assert len(x) == 200
    for number in range(100):
        part = (times >= number * 1e4) & (times < (number + 1) * 1e4)
        shown = y[(x >= number * 1e4) & (x < (number + 1) * 1e4)]
        assert (shown.min(), shown.max()) == (np.nanmin(flux[part]), np.nanmax(flux[part]))
    assert track.mean == pytest.approx(np.nanmean(flux))


def test_drawing_whose_time_is_over_tells_how_many_rows_it_is_made_of(tmp_path: Path) -> None:
    """Two blocks of 4 MiB lie here at most when no time is left: one is read, by every drawing."""
    many(tmp_path / "x.fits", np.linspace(1.0, 2.0, 400_000))
    block = (4 << 20) // 20
    series = read_series(tmp_path / "x.fits", ask=IN_NO_TIME)
    assert (series.total, series.read, series.whole) == (400_000, block, False)
    assert series.tracks[0].good == series.within == block
    events = read_event_map(tmp_path / "x.fits", x="TIME", y="FLUX", ask=IN_NO_TIME)
    assert (events.read, events.whole, events.counted + events.outside) == (block, False, block)
    counted = read_histogram(tmp_path / "x.fits", x="FLUX", ask=IN_NO_TIME)
    assert (counted.read, counted.whole, counted.counted) == (block, False, block)
    whole = read_histogram(tmp_path / "x.fits", x="FLUX")
    assert (whole.read, whole.whole, sum(whole.counts)) == (400_000, True, 400_000)


def test_interval_of_a_long_table_is_drawn_as_if_it_stood_alone(tmp_path: Path) -> None:
    """Rows of an interval come from two blocks; all of them are drawn, in their order."""
    flux = np.random.default_rng(6).standard_normal(400_000)
    times = many(tmp_path / "x.fits", flux)
    found = read_series(tmp_path / "x.fits", wanted=Wanted(low=209_000.0, high=210_999.0), max_points=ALL)
    assert list(found.tracks[0].x) == times[209_000:211_000].tolist()
    assert list(found.tracks[0].y) == flux[209_000:211_000].tolist()


@given(st.integers(0, 5_000))
def test_blocks_are_read_all_over_the_table(count: int) -> None:
    """Each block comes once, and after any number of them no part is left out that is twice as large."""
    order = list(spread(count))
    assert sorted(order) == list(range(count))
    for read in (1, 2, 7, 100):
        gaps = np.diff([0, *sorted(order[:read]), count])
        assert read > count or gaps.max() <= max(1, 2 * count / read)


def test_text_that_is_longer_than_is_read_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a text table its first bytes are read, and how many rows that is."""
    monkeypatch.setattr("oais.information.representation.series.MOST_TEXT", 1_000)
    text = b"time,flux\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(1_000))
    numbers = open_numbers(io.BytesIO(text), "x-fmt/18", None)
    assert not numbers.whole
    reading = Pass(numbers, ["flux"], Span(), "", math.inf)
    assert 50 < sum(len(rows) for rows, _ in reading) == reading.rows < 1_000
    assert not reading.whole


def test_drawings_of_a_thousand_million_rows_are_bounded(tmp_path: Path) -> None:
    """Of 16 GB as much is read as there is time for, by every drawing; the last rows are shown at once."""
    rows = 1_000_000_000
    head = table({"TIME": "D", "FLUX": "D"}, b"", 16).replace(b"NAXIS2  = %20d" % 0, b"NAXIS2  = %20d" % rows)
    path = tmp_path / "x.fits"
    path.write_bytes(primary() + head)
    os.truncate(path, len(primary() + head) + rows * 16)
    assert read_histogram(path, ask=IN_NO_TIME).total == rows
    events = read_event_map(path, x="TIME", y="FLUX", ask=IN_NO_TIME)
    assert 0 < events.counted == events.read < rows
    folded = read_series(path, fold=(2.0, 0.0), max_points=500, ask=IN_NO_TIME)
    assert not folded.whole
    assert 0 < len(folded.tracks[0].x) <= 500
    assert read_spans(path, None, 24, ask=IN_NO_TIME).spans == ()
    assert read_table_rows(path, first=rows - 2, rows=10).rows == ((0.0, 0.0), (0.0, 0.0))


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda path: read_series(path, y=("NOSUCH",)), "no column of numbers is called 'NOSUCH'"),
        (lambda path: read_histogram(path, 7), "no HDU 7"),
        (read_good_times, "no columns START and STOP"),
        (
            lambda path: read_series(path, wanted=IN_2018),
            "does not tell its time in UTC",
        ),
    ],
)
def test_what_is_not_there_is_told(read: Callable[[Path], object], said: str, tmp_path: Path) -> None:
    """The message names what was wanted; there is a remedy."""
    path = tmp_path / "x.fits"
    path.write_bytes(curve([(1.0, 2.0, 0), (2.0, 3.0, 0)]))
    with pytest.raises(NotShownError, match=said) as refusal:
        read(path)
    assert refusal.value.remedy


def test_image_is_no_table(tmp_path: Path) -> None:
    """An image gives an image and nothing else."""
    path = tmp_path / "x.fits"
    path.write_bytes(image(5, 5))
    (part,) = read_outline(path)
    assert part.drawings == ("image",)
    with pytest.raises(NotShownError):
        read_series(path)
