"""Bounded extracts for pages: against the common library, and table E's plots."""

from __future__ import annotations

import io
import math
import os
import re
import struct
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from oais.information.representation.decimation import Decimator, extremes
from oais.information.representation.drawings import read_series
from oais.information.representation.drawn_images import STRETCHES, stretched
from oais.information.representation.inspection import Inspector
from oais.information.representation.reading import (
    NotShownError,
    ask_reader,
    header_cards,
    read_image,
    read_inspection,
    read_table_rows,
)
from tests.information.fits_making import curve, header, image, primary, table


@dataclass(frozen=True)
class _Curve:
    """One column over another, as the first track of a series tells it."""

    x_name: str
    x_unit: str
    y_name: str
    y_unit: str
    quality_name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    total: int
    good: int
    flagged: int
    whole: bool


def read_light_curve(path: Path, y: str = "", max_points: int = 2_000) -> _Curve:
    """Read the series that is drawn of a file when nobody says more."""
    found = read_series(path, y=(y,) if y else (), max_points=max_points)
    (track,) = found.tracks
    return _Curve(
        x_name=found.x[0],
        x_unit=found.x[1],
        y_name=track.name,
        y_unit=track.unit,
        quality_name=found.quality,
        x=track.x,
        y=track.y,
        total=found.total,
        good=track.good,
        flagged=track.flagged,
        whole=found.whole,
    )


TESS = "data/tess/lc/test-lc-tess-pimen-100-cadences.fits"


def test_curve_is_the_good_points_of_the_table(shared: Path) -> None:
    """With few points nothing is thinned: exactly the finite, unflagged points come back."""
    with (shared / TESS).open("rb") as stream, fits.open(stream) as hdus:
        data = hdus[1].data
        good = np.isfinite(data["TIME"]) & np.isfinite(data["PDCSAP_FLUX"]) & (data["QUALITY"] == 0)
        times = data["TIME"][good].astype(float).tolist()
        fluxes = data["PDCSAP_FLUX"][good].astype(float).tolist()
    found = read_light_curve(shared / TESS)
    assert (found.x_name, found.y_name, found.quality_name) == ("TIME", "PDCSAP_FLUX", "QUALITY")
    assert (found.x_unit, found.y_unit) == ("BJD - 2457000, days", "e-/s")
    assert (list(found.x), list(found.y)) == (times, fluxes)
    assert (found.total, found.good, found.whole) == (100, len(times), True)


def test_thinned_curve_keeps_the_extremes(shared: Path) -> None:
    """A long curve comes back short, with its lowest and highest point."""
    path = shared / "data/tess/tic55525572_s0005/tic55525572_lc.fits"
    all_points = read_light_curve(path, y="SAP_FLUX", max_points=20_000)
    few = read_light_curve(path, y="SAP_FLUX", max_points=300)
    assert len(few.x) <= 300 < len(all_points.x)
    assert min(few.y) == min(all_points.y)
    assert max(few.y) == max(all_points.y)
    assert list(few.x) == sorted(few.x)


def test_gzip_is_read_as_plain(shared: Path) -> None:
    """A column inside gzip is read without unpacking the file anywhere."""
    found = read_light_curve(
        shared / "data/tess/tic55525572_s0005/tic55525572_tp.fits.gz", y="POS_CORR1", max_points=10
    )
    assert found.total == 18_944
    assert len(found.x) == 10


@pytest.mark.parametrize(
    ("name", "x", "y", "total"),
    [
        ("corot/resampled/100725706.csv", "DATE", "WHITEFLUX", 15_050),
        ("corot/seismo/HD174936in.dat", "col1", "col2", 73_626),
        ("psp/psp_fld_l2_mag_rtn_1min_20200104_v02.cdf", "epoch_mag_RTN_1min", "", 118),
        (
            "cluster/efw/C1_CP_EFW_L3_P__20010201_120000_20010201_120100_V110503.cef.gz",
            "time_tags__C1_CP_EFW_L3_P",
            "Spacecraft_potential__C1_CP_EFW_L3_P",
            15,
        ),
    ],
)
def test_other_tables_give_curves(name: str, x: str, y: str, total: int, shared: Path) -> None:
    """CSV, columns of numbers, CDF and CEF give their first series."""
    found = read_light_curve(shared / "data" / name)
    assert found.x_name == x
    assert found.y_name.startswith(y)
    assert found.total == total
    assert len(found.x) > 0


def test_table_head_is_that_of_the_common_library(shared: Path) -> None:
    """Names, units, formats and cells of the first rows agree."""
    found = read_table_rows(shared / TESS, 1, rows=5)
    with (shared / TESS).open("rb") as stream, fits.open(stream) as hdus:
        columns, data = hdus[1].columns, hdus[1].data
        assert [column.name for column in found.columns] == columns.names
        assert [column.unit for column in found.columns] == [unit or "" for unit in columns.units]
        for row, theirs in zip(found.rows, data, strict=False):
            for ours, value in zip(row, theirs, strict=True):
                number = float(value)
                assert ours == number if math.isfinite(number) else ours is None
    assert found.total == 100
    assert len(found.rows) == 5


def test_image_is_the_mean_of_blocks(shared: Path) -> None:
    """A compressed solar image made small equals block means of the common library's pixels."""
    path = shared / "data/soho/mdi/mdi.fd_Ic.20101015_230100_TAI.data.fits"
    found = read_image(path, max_side=128, percentiles=(0.0, 100.0))
    with path.open("rb") as stream, fits.open(stream) as hdus:
        pixels = np.asarray(hdus[1].data, dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # blocks of NaN alone have no mean
        small = np.nanmean(pixels.reshape(128, 8, 128, 8).swapaxes(1, 2), axis=(2, 3))
    assert (found.width, found.height, found.shape) == (128, 128, (1024, 1024))
    assert found.low == pytest.approx(np.nanmin(small))
    assert found.high == pytest.approx(np.nanmax(small))
    grey = np.frombuffer(found.grey, dtype=np.uint8).reshape(128, 128)
    finite = np.isfinite(small)
    expected = (small[finite] - found.low) / (found.high - found.low) * 255
    assert np.abs(grey[finite] - expected).max() <= 1


def test_plain_image_is_read_with_its_scale(tmp_path: Path) -> None:
    """BSCALE, BZERO and BLANK are applied to a plain image."""
    stream = io.BytesIO()
    pixels = np.arange(12, dtype=np.int16).reshape(3, 4)
    data = image(4, 3, data=pixels.astype(">i2").tobytes(), BSCALE=2.0, BZERO=10.0, BLANK=0)
    stream.write(data)
    path = tmp_path / "x.fits"
    path.write_bytes(stream.getvalue())
    found = read_image(path, percentiles=(0.0, 100.0))
    assert (found.low, found.high) == (12.0, 32.0)
    assert (found.width, found.height) == (4, 3)
    assert found.grey[0] == 0
    assert found.grey[-1] == 255


def test_header_cards_are_as_the_file_spells_them(shared: Path) -> None:
    """Keyword, value and comment come back as text."""
    cards = header_cards(shared / TESS, 1)
    assert ("TFIELDS", "20", "number of table fields") in cards
    assert cards[0] == ("XTENSION", "'BINTABLE'", "marks the beginning of a new HDU")


ODD = {
    "E4 all NaN": [(float(n), math.nan, 0) for n in range(50)],
    "E4 all infinite": [(float(n), math.inf, 0) for n in range(50)],
    "E4 all flagged": [(float(n), 1.0, 1) for n in range(50)],
    "E4 zero range": [(1.0, 5.0, 0)] * 50,
    "E4 one point": [(1.0, 5.0, 0)],
    "E4 no point": [],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_curve_is_shown_or_told(name: str, tmp_path: Path) -> None:
    """Curves without a good point come back empty, constant ones whole; nothing is not finite."""
    path = tmp_path / "x.fits"
    path.write_bytes(curve(ODD[name]))
    if not ODD[name]:
        with pytest.raises(NotShownError):
            read_light_curve(path)
        return
    found = read_light_curve(path)
    good = [point for point in ODD[name] if math.isfinite(point[1]) and not point[2]]
    assert list(zip(found.x, found.y, strict=True)) == [point[:2] for point in good]
    assert found.total == len(ODD[name])


def test_curve_of_a_thousand_million_points_is_read_as_far_as_there_is_time(tmp_path: Path) -> None:
    """E4: of a table of 10^9 rows those are drawn that were read in a second, and how many is said."""
    rows = 1_000_000_000
    head = table({"TIME": "D", "FLUX": "D"}, b"", 16).replace(b"NAXIS2  = %20d" % 0, b"NAXIS2  = %20d" % rows)
    path = tmp_path / "x.fits"
    path.write_bytes(primary() + head)
    os.truncate(path, len(primary() + head) + rows * 16)
    found = read_series(path, ask=partial(ask_reader, seconds=1.0))
    assert (found.total, found.whole) == (rows, False)
    assert 0 < found.read < rows
    assert len(found.tracks[0].x) <= 2_000


def test_one_pixel_and_flat_images(tmp_path: Path) -> None:
    """E4: an image of one pixel and one of a single value are shown in one grey."""
    path = tmp_path / "x.fits"
    path.write_bytes(image(1, 1))
    found = read_image(path)
    assert (found.width, found.height, len(found.grey)) == (1, 1, 1)
    path.write_bytes(image(9, 9))
    assert len(set(read_image(path).grey)) == 1


def test_very_wide_image_is_bounded(tmp_path: Path) -> None:
    """E4: a line of 100 000 columns comes back no wider than asked."""
    path = tmp_path / "x.fits"
    path.write_bytes(image(100_000, 3))
    found = read_image(path, max_side=256)
    assert found.width <= 256
    assert len(found.grey) == found.width * found.height


def test_markup_in_names_comes_back_as_text(tmp_path: Path) -> None:
    """E4: a column called like markup is a name; escaping it is the page's work, not ours."""
    path = tmp_path / "x.fits"
    path.write_bytes(curve([(1.0, 2.0, 0)], "TIME", "<script>FLUX", "Q"))
    assert read_light_curve(path).y_name == "<script>FLUX"


def test_kept_processes_inspect_too(shared: Path, tmp_path: Path) -> None:
    """One file is inspected for a page as ingest inspects it, its faults are findings."""
    found = read_inspection(shared / TESS, "x.fits")
    with Inspector(1) as inspector:
        assert [found] == list(inspector.inspect([("x.fits", shared / TESS)]))
    missing = read_inspection(tmp_path / "missing", "missing")
    assert [one.code for one in missing.findings] == ["FMT-002"]


def test_formula_cell_is_text(tmp_path: Path) -> None:
    """E5: a cell that a spreadsheet would run comes back as the text it is."""
    path = tmp_path / "x.csv"
    path.write_text("time,flux\n=cmd|' /C calc'!A0,2\n1,3\n2,4\n", "utf-8")
    assert read_table_rows(path).rows[0][0] == "=cmd|' /C calc'!A0"
    assert read_light_curve(path).x == (1.0, 2.0)


HUGE_TILES = {"ZIMAGE": True, "ZBITPIX": 16, "ZNAXIS": 2, "ZNAXIS1": 200_000, "ZNAXIS2": 200_000}

REFUSED = {
    "no file": b"",
    "E1 tiles of 200 000 square": primary() + table({"COMPRESSED_DATA": "1PB"}, bytes(8), 8, **HUGE_TILES),  # type: ignore[arg-type]
    "E1 image of 10^12": header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 2, "NAXIS1": 10**12, "NAXIS2": 1}),
    "E1 NAXIS 999": header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 999}),
    "cut": image(100, 100)[:2880],
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_shown_says_why(name: str, tmp_path: Path) -> None:
    """Absurd and damaged files give a message with a remedy, and do not have to be stopped for it."""
    path = tmp_path / "x.fits"
    path.write_bytes(REFUSED[name])
    for read in (read_image, read_light_curve, read_table_rows):
        with pytest.raises(NotShownError) as refusal:
            read(path)
        assert not re.search("reading it (took|ended)", refusal.value.message)
        assert refusal.value.remedy
        assert "Traceback" not in refusal.value.message


def test_column_that_is_not_there_is_named(shared: Path) -> None:
    """A wish for an unknown column or unit is told by its name."""
    with pytest.raises(NotShownError, match="NOSUCH"):
        read_light_curve(shared / TESS, y="NOSUCH")
    with pytest.raises(NotShownError, match="HDU 77"):
        header_cards(shared / TESS, 77)


finite = st.floats(-1e9, 1e9)


@given(st.lists(finite, min_size=1, max_size=400), st.integers(2, 50))
def test_thinning_keeps_lowest_highest_and_order(values: list[float], most: int) -> None:
    """However few points are asked for, the extremes are among them, in order."""
    x, y = np.arange(len(values), dtype=float), np.array(values)
    chosen = extremes(x, y, most)
    x, y = x[chosen], y[chosen]
    assert len(x) <= most or len(values) <= most
    assert y.min() == min(values)
    assert y.max() == max(values)
    assert list(x) == sorted(set(x))


@given(st.lists(st.tuples(finite, st.booleans()), max_size=300), st.integers(1, 70))
def test_thinning_in_pieces_counts_all_points(points: list[tuple[float, bool]], piece: int) -> None:
    """Taking points piece by piece, in any order, loses neither a count nor the lowest of each interval."""
    decimator = Decimator(20, (0.0, float(len(points))))
    starts = list(range(0, len(points), piece))
    for start in starts[::2] + starts[1::2]:
        part = points[start : start + piece]
        y = np.array([value for value, _ in part])
        flags = np.array([float(flag) for _, flag in part])
        rows = np.arange(start, start + len(part), dtype=float)
        decimator.take(rows, rows * 2, y, flags)
    good = [value for value, flag in points if not flag]
    x, y = decimator.points()
    assert list(x) == sorted(x)
    if len(good) > 20:
        size = len(points) / 10
        for number in range(10):
            held = [row for row in range(len(points)) if size * number <= row < size * (number + 1)]
            kept = [value for row, value in zip(x / 2, y, strict=True) if row in held]
            theirs = [points[row][0] for row in held if not points[row][1]]
            assert not theirs or (min(kept), max(kept)) == (min(theirs), max(theirs))
    assert (decimator.kept, decimator.flagged) == (len(good), len(points) - len(good))
    assert len(x) <= 20
    if good:
        assert (y.min(), y.max()) == (min(good), max(good))


def test_stretch_of_nothing_is_black() -> None:
    """An image of NaN alone is black and has no range."""
    assert stretched(np.full((2, 2), np.nan), 1, 99, STRETCHES["log"]) == (bytes(4), 0.0, 0.0)


def test_row_maker_is_what_the_table_says() -> None:
    """The hand-made curve has rows of 20 bytes."""
    assert struct.calcsize(">ddi") == 20
