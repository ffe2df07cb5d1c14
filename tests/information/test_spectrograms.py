"""Spectrograms of CDF, CEF and FITS: means that numpy finds too, axes wherever they are told, odd files."""

from __future__ import annotations

import gzip
import math
import os
from functools import partial
from pathlib import Path
from typing import Any

import cdflib
import numpy as np
import pytest
from astropy.io import fits

from oais.information.representation.drawings import Wanted, read_outline
from oais.information.representation.intervals import Interval
from oais.information.representation.kinds import KINDS, Offer, drawings_of
from oais.information.representation.reading import NotShownError, ask_reader
from oais.information.representation.spectra import Spectrogram, read_spectrogram
from tests.information.fits_making import primary, table
from tests.information.spectra_making import (
    ENERGIES,
    Variable,
    cef_of,
    distribution,
    energy_spectra,
    seconds,
    write_cdf,
    write_fits,
)

EPT = "data/solar_orbiter/solo_L2_epd-ept-north-hcad_20200713_V02.cdf"
ACE = "data/ace/ac_h2_sis_20101105_v06.cdf"
IN_NO_TIME = partial(ask_reader, seconds=0.0)


def means_by_numpy(found: Spectrogram, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Means of values (records, channels) in the pieces of time of a drawing; NaN where there is none."""
    pieces = len(found.means[0])
    low, high = found.x_range
    edges = low + (high - low) * np.arange(pieces + 1) / pieces
    piece = np.searchsorted(edges, times, side="right") - 1
    told = np.full((values.shape[1], pieces), np.nan)
    for number in range(pieces):
        held = values[piece == number]
        known = np.isfinite(held)
        sums = np.where(known, held, 0.0).sum(axis=0)
        told[:, number] = np.divide(
            sums, known.sum(axis=0), out=np.full(len(sums), np.nan), where=known.any(axis=0)
        )
    return told


def drawn_means(found: Spectrogram) -> np.ndarray:
    return np.array(found.means, dtype=np.float64)


def test_means_of_a_real_product_are_those_of_numpy(shared: Path) -> None:
    """Solar Orbiter's ions: a day of seconds in 240 pieces over the energies that DEPEND_1 names."""
    found = read_spectrogram(shared / EPT)
    cdf = cdflib.CDF(shared / EPT)
    flux = cdf.varget("Ion_Flux").astype(float)
    flux[flux < -1e30] = np.nan
    moments = cdflib.cdfepoch.to_datetime(cdf.varget("EPOCH"))
    days = (moments - np.datetime64("1858-11-17", "ns")) / np.timedelta64(86_400 * 10**9, "ns")
    assert (found.y[0], found.axis, found.scale) == ("Ion_Flux", ("Energy", "MeV"), "UTC")
    assert found.axis_logarithmic
    assert np.allclose(found.channels, cdf.varget("Ion_Bins_Low_Energy"))
    expected = means_by_numpy(found, days, flux)
    shown = drawn_means(found)
    known = np.isfinite(expected)
    assert 0.45 < known.mean() < 0.55  # half of that day has no records
    assert np.allclose(shown[known], expected[known], rtol=1e-5)
    assert found.counted == np.isfinite(flux).sum()
    assert found.missing == (~np.isfinite(flux)).sum()
    assert (found.read, found.within, found.whole) == (len(flux), len(flux), True)


def test_channels_without_numbers_are_counted_and_called_by_their_labels(shared: Path) -> None:
    """ACE tells its bands as texts (LABL_PTR_1) and not as numbers: the axis counts them."""
    found = read_spectrogram(shared / ACE, y="flux_O")
    assert found.axis == ("", "")
    assert found.channels == tuple(range(1, 9))
    assert found.labels[:2] == ("flux_O 7.3-10.0", "flux_O 10.0-13.1")
    assert len(found.labels) == 8
    assert not found.axis_logarithmic


def test_outline_offers_vectors_and_never_draws_them_unasked(shared: Path) -> None:
    """The spectrogram is the last of the drawings; a vector of three components is none of them."""
    (part,) = read_outline(shared / EPT)
    assert part.drawings[-1] == "spectrogram"
    assert part.drawings[0] == "series"
    assert ("Ion_Flux", "particles / (s cm^2 sr MeV)") in part.vectors
    assert not any(name == "RTN" for name, _ in part.vectors)
    (magnetic,) = read_outline(shared / "data/psp/psp_fld_l2_mag_rtn_1min_20200104_v02.cdf")
    assert magnetic.vectors == ()
    assert "spectrogram" not in magnetic.drawings


def test_interval_and_moment_are_of_utc(tmp_path: Path) -> None:
    """Only rows of an interval are averaged; the distribution is that of the piece at the moment."""
    values = distribution(600)
    path = energy_spectra(tmp_path / "x.cdf", values)
    wanted = Wanted(Interval("2020-01-01T00:02:00", "2020-01-01T00:04:00"))
    found = read_spectrogram(path, wanted=wanted, bins=120, at="2020-01-01T00:03:00.3")
    assert found.within == 120
    assert np.allclose(drawn_means(found), values[120:240].T, rtol=1e-5)
    assert np.allclose(np.array(found.cut, float), values[180], rtol=1e-5)
    assert found.cut_mjd_range == pytest.approx([58_849 + 180 / 86_400] * 2, abs=1e-9)
    wider = read_spectrogram(path, wanted=wanted, bins=12, at="2020-01-01T00:03:05")
    assert np.allclose(np.array(wider.cut, float), values[180:190].mean(axis=0), rtol=1e-5)
    assert wider.cut_mjd_range == pytest.approx([58_849 + n / 86_400 for n in (180, 189)], abs=1e-9)
    by_number = read_spectrogram(
        path, wanted=Wanted(low=58_849.0, high=58_849 + 59.5 / 86_400), bins=60, at=58_849.0
    )
    assert by_number.within == 60
    assert np.allclose(np.array(by_number.cut, float), values[0], rtol=1e-5)


def test_gap_between_records_stays_empty_and_slow_records_last(tmp_path: Path) -> None:
    """Where no record is for long there is a gap; of fewer records than pieces each lasts to the next."""
    times = np.concatenate([seconds(50, 4.0), 1_000.0 + seconds(50, 4.0)])
    found = read_spectrogram(energy_spectra(tmp_path / "x.cdf", distribution(100), times), bins=300)
    known = np.isfinite(drawn_means(found)).all(axis=0)
    width = 1_200 / 300  # about: a record stands in the middle of its 4 seconds
    assert known[: int(190 / width)].all()
    assert not known[int(210 / width) : int(990 / width)].any()
    assert known[int(1_005 / width) :].all()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_fill_values_and_odd_numbers_are_gaps(dtype: str, tmp_path: Path) -> None:
    """NaN, infinite and fill values count as missing and change no mean, as numpy has it."""
    values = distribution(480).astype(dtype)
    values[::3, 2], values[1::3, 2], values[2::3, 2] = np.nan, np.inf, -np.inf
    values[:, 5] = -1e31
    values[10:20, 7] = -1e31
    found = read_spectrogram(energy_spectra(tmp_path / "x.cdf", values), bins=48)
    clean = np.where(np.isfinite(values) & (values > -1e30), values, np.nan).astype(float)
    moments = np.array(found.x_range[0]) + seconds(480) / 86_400
    expected = means_by_numpy(found, moments + 1e-9, clean)
    assert np.allclose(drawn_means(found), expected, rtol=1e-5, equal_nan=True)
    assert found.missing == 480 * 2 + 10
    assert found.channel_counts[2] == found.channel_counts[5] == 0
    assert found.channel_means[5] is None
    assert found.low is not None
    assert found.low > 0


def test_all_fill_is_drawn_as_nothing(tmp_path: Path) -> None:
    """A file of fill values only is sound: it has no colours, and says how many values are missing."""
    values = np.full((30, 12), -1e31)
    found = read_spectrogram(energy_spectra(tmp_path / "x.cdf", values), at="2020-01-01T00:00:10")
    assert (found.counted, found.missing, found.low, found.high) == (0, 360, None, None)
    assert set(found.cut) == {None}


def test_axis_that_changes_in_time_is_followed(tmp_path: Path) -> None:
    """Records of another mode lie in the channels whose middle they hold; what is outside is counted."""
    narrow = np.geomspace(100.0, 1_000.0, 12)
    axes = np.vstack([np.tile(ENERGIES, (40, 1)), np.tile(narrow, (40, 1)), np.tile(ENERGIES * 1e4, (40, 1))])
    told = {"DEPEND_0": "Epoch", "DEPEND_1": "energy", "VAR_TYPE": "data"}
    values = np.tile(np.arange(1.0, 13.0), (120, 1))
    variables = {"flux": Variable(values, told), "energy": Variable(axes, {"UNITS": "eV"})}
    found = read_spectrogram(write_cdf(tmp_path / "x.cdf", seconds(120), variables), y="flux", bins=120)
    means = drawn_means(found)
    assert found.axis_varies
    assert np.allclose(found.channels, ENERGIES)
    assert np.array_equal(means[:, 10], values[0])
    inside = (ENERGIES > 95) & (ENERGIES < 1_050)
    nearest = np.abs(np.log(narrow) - np.log(ENERGIES[inside])[:, None]).argmin(axis=1)
    assert np.array_equal(means[inside, 60], nearest + 1.0)
    assert np.isnan(means[~inside, 60]).all()
    assert np.isnan(means[:, 100]).all()
    assert found.away == 40 * 12 - (40 * (found.edges[-1] >= ENERGIES * 1e4).sum())


def test_axis_that_comes_down_is_drawn_upwards(tmp_path: Path) -> None:
    """Energies are often stored from the highest on; channels are sorted with their values."""
    values = np.tile(np.arange(1.0, 13.0), (20, 1))
    told = {"DEPEND_0": "Epoch", "DEPEND_1": "energy", "VAR_TYPE": "data"}
    variables = {"flux": Variable(values, told), "energy": Variable(ENERGIES[::-1].copy(), {}, varies=False)}
    found = read_spectrogram(write_cdf(tmp_path / "x.cdf", seconds(20), variables))
    assert np.allclose(found.channels, ENERGIES)
    assert drawn_means(found)[:, 0].tolist() == list(range(12, 0, -1))
    assert list(found.edges) == sorted(found.edges)


VECTORS = {"DEPEND_0": "Epoch", "VAR_TYPE": "data"}
FAULTS: dict[str, tuple[dict[str, Variable], str]] = {
    "axis that is not there": (
        {"flux": Variable(distribution(9), {**VECTORS, "DEPEND_1": "nosuch"})},
        "'nosuch' .DEPEND_1., which the file has not",
    ),
    "axis of another length": (
        {
            "flux": Variable(distribution(9), {**VECTORS, "DEPEND_1": "energy"}),
            "energy": Variable(ENERGIES[:7], {}, varies=False),
        },
        "has 12 components, its axis energy .DEPEND_1. has 7",
    ),
    "three dimensions": (
        {"flux": Variable(distribution(9).reshape(9, 3, 4), VECTORS)},
        r"has 2 axes a record \(3 x 4\), expected one",
    ),
    "axis of one value": (
        {
            "flux": Variable(distribution(9), {**VECTORS, "DEPEND_1": "energy"}),
            "energy": Variable(np.full(12, 7.0), {}, varies=False),
        },
        "fewer than two different values",
    ),
    "axis of no value": (
        {
            "flux": Variable(distribution(9), {**VECTORS, "DEPEND_1": "energy"}),
            "energy": Variable(np.full((9, 12), np.nan), {}),
        },
        "has no value",
    ),
    "other time": (
        {"flux": Variable(distribution(9), {**VECTORS, "DEPEND_0": "Epoch_2"})},
        "'Epoch_2' .DEPEND_0., expected a time",
    ),
    "axis of fewer records": (
        {
            "flux": Variable(distribution(9), {**VECTORS, "DEPEND_1": "energy"}),
            "energy": Variable(np.tile(ENERGIES, (4, 1)), {}),
        },
        "has 9 records, its axis energy .DEPEND_1. has 4, expected as many, or 1",
    ),
    "records of another number": (
        {"flux": Variable(distribution(5), VECTORS)},
        "has 5 records, Epoch has 9",
    ),
}


def test_axis_of_one_record_is_that_of_all(tmp_path: Path) -> None:
    """Many files write a constant axis as the one record of a variable that could change."""
    told = {**VECTORS, "DEPEND_1": "energy"}
    variables = {"flux": Variable(distribution(9), told), "energy": Variable(ENERGIES[None], {})}
    found = read_spectrogram(write_cdf(tmp_path / "x.cdf", seconds(9), variables), y="flux")
    assert np.allclose(found.channels, ENERGIES)
    assert not found.axis_varies


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_drawn_over_an_axis_is_told(name: str, tmp_path: Path) -> None:
    """The message names the variable, what was found and what was expected; there is a remedy."""
    variables, said = FAULTS[name]
    path = write_cdf(tmp_path / "x.cdf", seconds(9), variables)
    with pytest.raises(NotShownError, match=said) as refusal:
        read_spectrogram(path, y="flux")
    assert "flux" in refusal.value.message
    assert refusal.value.remedy


def test_vector_without_any_axis_is_drawn_over_its_channels(tmp_path: Path) -> None:
    """Neither DEPEND_1 nor LABL_PTR_1: components are counted from 1."""
    path = write_cdf(tmp_path / "x.cdf", seconds(9), {"flux": Variable(distribution(9), VECTORS)})
    found = read_spectrogram(path)
    assert (found.axis, found.channels) == (("", ""), tuple(range(1, 13)))


def test_scales_are_as_they_are_wished(tmp_path: Path) -> None:
    """By default the logarithm where numbers are far apart; else what is asked, or a refusal."""
    path = energy_spectra(tmp_path / "x.cdf", distribution(60))
    assert (read_spectrogram(path).axis_logarithmic, read_spectrogram(path).logarithmic) == (True, True)
    plain = read_spectrogram(path, scales=("linear", "linear"))
    assert (plain.axis_logarithmic, plain.logarithmic) == (False, False)
    assert np.allclose(np.diff(plain.edges)[1:-1], (ENERGIES[2:] - ENERGIES[:-2])[:] / 2)
    variables = {
        "flux": Variable(distribution(9) - 1e6, {**VECTORS, "DEPEND_1": "angle"}),
        "angle": Variable(np.linspace(-90.0, 90.0, 12), {"UNITS": "deg"}, varies=False),
    }
    angles = write_cdf(tmp_path / "y.cdf", seconds(9), variables)
    assert not read_spectrogram(angles).axis_logarithmic
    assert read_spectrogram(angles, scales=("", "log")).not_positive > 0
    with pytest.raises(NotShownError, match="not above 0"):
        read_spectrogram(angles, scales=("log", ""))


def test_scale_that_the_file_tells_is_taken(tmp_path: Path) -> None:
    """SCALETYP of the axis and of the values, in CDF and CEF; zeros have no colour on it, and are counted."""
    values = np.tile(np.linspace(0.0, 11.0, 12), (20, 1))
    told = {**VECTORS, "DEPEND_1": "energy", "SCALETYP": "log"}
    narrow = Variable(np.linspace(1.0, 2.0, 12), {"SCALETYP": "LOG"}, varies=False)
    cdf = write_cdf(tmp_path / "x.cdf", seconds(20), {"flux": Variable(values, told), "energy": narrow})
    (tmp_path / "x.cef").write_bytes(cef_of(values, more='  SCALETYP = "log"\n'))
    for path in (cdf, tmp_path / "x.cef"):
        found = read_spectrogram(path, bins=20)
        assert (found.axis_logarithmic, found.logarithmic, found.not_positive) == (True, True, 20)
        assert not read_spectrogram(path, scales=("", "linear")).logarithmic


@pytest.mark.parametrize("name", ["x.cef", "x.cef.gz"])
def test_cef_is_drawn_over_the_data_of_its_depend(name: str, tmp_path: Path) -> None:
    """Cluster's exchange format: a constant variable with DATA is the axis; fill values are gaps."""
    values = distribution(480)
    values[100:110, 3] = -1e31
    data = cef_of(values)
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    found = read_spectrogram(tmp_path / name, bins=48)
    assert (found.y, found.axis) == (("flux", "keV/(cm^2 s sr keV)"), ("energy", "eV"))
    assert np.allclose(found.channels, ENERGIES, rtol=1e-6)
    values[values < -1e30] = np.nan
    expected = means_by_numpy(found, found.x_range[0] + seconds(480) / 86_400 + 1e-9, values)
    assert np.allclose(drawn_means(found), expected, rtol=1e-5, equal_nan=True)
    assert (found.total, found.whole, found.in_order) == (480, True, True)
    (part,) = read_outline(tmp_path / name)
    assert part.vectors == (("flux", "keV/(cm^2 s sr keV)"),)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"axis": "1, 2, 3"}, "has 12 components, its axis energy .DEPEND_1. has 3"),
        ({"depend": "nosuch"}, "'nosuch' .DEPEND_1., which the file has not"),
    ],
)
def test_cef_whose_axis_is_wrong_is_told(more: dict[str, Any], said: str, tmp_path: Path) -> None:
    """The fault is that of the named column, and the file's other drawings stay."""
    (tmp_path / "x.cef").write_bytes(cef_of(distribution(20), **more))
    with pytest.raises(NotShownError, match=said):
        read_spectrogram(tmp_path / "x.cef", y="flux")
    (part,) = read_outline(tmp_path / "x.cef")
    assert "spectrogram" not in part.drawings
    assert "series" in part.drawings


BORDERS = np.geomspace(1.0, 1e4, 13)


def fits_axes(path: Path) -> dict[str, Path]:
    """The same table four times, its axis told by keywords, a column, the bins of a table, or not at all."""
    values = distribution(60)
    keyed = write_fits(path / "keyed.fits", values)
    with fits.open(keyed, mode="update") as hdus:
        told = {"1CTYP2": "FREQ", "1CUNI2": "Hz", "1CRVL2": 100.0, "1CDLT2": 5.0, "1CRPX2": 1.0}
        hdus[1].header.update(told)
    beside = fits.Column("ENERGY", "12E", unit="eV", array=np.tile(ENERGIES, (60, 1)))
    bins = fits.BinTableHDU.from_columns(
        [
            fits.Column("E_MIN", "E", unit="keV", array=BORDERS[:-1]),
            fits.Column("E_MAX", "E", unit="keV", array=BORDERS[1:]),
        ],
        name="EBOUNDS",
    )
    return {
        "keywords": keyed,
        "column": write_fits(path / "beside.fits", values, beside),
        "bins": write_fits(path / "bins.fits", values, tables=(bins,)),
        "none": write_fits(path / "none.fits", values),
    }


AXES: dict[str, tuple[tuple[str, str], np.ndarray]] = {
    "keywords": (("FREQ", "Hz"), 100.0 + 5.0 * np.arange(12)),
    "column": (("ENERGY", "eV"), ENERGIES),
    "bins": (
        ("E_MIN..E_MAX", "keV"),
        np.sqrt(np.geomspace(1.0, 1e4, 13)[1:] * np.geomspace(1, 1e4, 13)[:-1]),
    ),
    "none": (("", ""), np.arange(1.0, 13.0)),
}


@pytest.mark.parametrize("name", AXES)
def test_axis_of_a_fits_column_is_where_it_is_told(name: str, tmp_path: Path) -> None:
    """Keywords of the column, a column beside it, bins of another table; else the channels are counted."""
    axis, channels = AXES[name]
    found = read_spectrogram(fits_axes(tmp_path)[name], y="FLUX", bins=60)
    assert found.axis == axis
    assert np.allclose(found.channels, channels, rtol=1e-6)
    assert np.allclose(drawn_means(found), distribution(60).astype("f4").T, rtol=1e-5)
    assert found.mjd_range[0] == pytest.approx(58_849 - (69.184 + 0.5) / 86_400, abs=1e-9)


def test_fits_cells_of_several_dimensions_are_told(tmp_path: Path) -> None:
    """TDIM of two axes is no spectrogram; one of which is 1 is."""
    path = write_fits(tmp_path / "x.fits", distribution(9))
    for dimensions, said in (("(3,4)", "has 2 axes a record"), ("(12,1)", "")):
        with fits.open(path, mode="update") as hdus:
            hdus[1].header["TDIM2"] = dimensions
        if said:
            with pytest.raises(NotShownError, match=said):
                read_spectrogram(path, y="FLUX")
        else:
            assert read_spectrogram(path, y="FLUX").counted == 9 * 12


def test_many_channels_are_drawn_together(tmp_path: Path) -> None:
    """Of a thousand channels neighbours are averaged; the table keeps each of them."""
    values = distribution(30, 1_000)
    found = read_spectrogram(write_fits(tmp_path / "x.fits", values), bins=30)
    assert len(found.means) == 125
    assert len(found.edges) == 126
    assert len(found.channels) == 1_000
    expected = values.astype("f4").astype(float).T.reshape(125, 8, 30).mean(axis=1)
    assert np.allclose(drawn_means(found), expected, rtol=1e-5)


def test_huge_numbers_hurt_nothing(tmp_path: Path) -> None:
    """A sum that no number holds is a gap; the drawing stays finite."""
    values = np.where(np.arange(40)[:, None] % 2, 1.7e308, 1.0) * np.ones((40, 12))
    found = read_spectrogram(energy_spectra(tmp_path / "x.cdf", values), bins=4)
    assert found.counted == 480
    assert all(value is None or math.isfinite(value) for row in found.means for value in row)


def test_spectrogram_of_a_very_long_table_is_made_of_what_there_was_time_for(tmp_path: Path) -> None:
    """Of 264 GB as much is read as there is time for, all over the table, and that is said."""
    rows, width = 1_000_000_000, 8 + 64 * 4
    head = table({"TIME": "D", "FLUX": "64E"}, b"", width).replace(
        b"NAXIS2  = %20d" % 0, b"NAXIS2  = %20d" % rows
    )
    path = tmp_path / "x.fits"
    path.write_bytes(primary() + head)
    os.truncate(path, len(primary() + head) + rows * width)
    found = read_spectrogram(path, ask=IN_NO_TIME)
    assert (found.total, found.whole) == (rows, False)
    assert 0 < found.read < rows
    assert found.counted == found.within * 64


def test_absent_columns_and_times_are_told(tmp_path: Path) -> None:
    """The message lists what there is; a table without a time, and an interval without rows, say so."""
    path = energy_spectra(tmp_path / "x.cdf", distribution(20))
    with pytest.raises(NotShownError, match="'nosuch': there is flux"):
        read_spectrogram(path, y="nosuch")
    never = Wanted(Interval("1990-01-01T00:00:00", "1991-01-01T00:00:00"))
    with pytest.raises(NotShownError, match="no row in the interval"):
        read_spectrogram(path, wanted=never)
    untimed = tmp_path / "x.fits"
    column = fits.Column("FLUX", "12E", array=distribution(5))
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([column])]).writeto(untimed)
    with pytest.raises(NotShownError, match="no column of the table is a time"):
        read_spectrogram(untimed)
    assert "spectrogram" not in read_outline(untimed)[0].drawings


def test_each_kind_is_one_entry() -> None:
    """What a part can give follows from the table of kinds alone, the best first."""
    assert drawings_of(Offer(("TIME", "FLUX"), ("SPECTRA",), rows=9)) == (
        "series",
        "histogram",
        "map",
        "spectrogram",
    )
    assert drawings_of(Offer(is_image=True)) == ("image",)
    assert drawings_of(Offer(("START", "STOP"), rows=1)) == ("intervals",)
    assert {kind.name for kind in KINDS.values()} == set(KINDS)


@pytest.mark.parametrize(
    ("at", "missed", "nearest"),
    [
        ("2020-01-01T00:01:40", False, 100.0),
        ("2020-01-01T00:10:00", True, 1_000.0),
        ("2020-01-01T00:01:00.9", False, 60.0),
        ("2019-12-31T23:59:58.5", False, 0.0),
        ("2019-12-31", True, 0.0),
        ("2021-01-01", True, 1_196.0),
    ],
)
def test_a_moment_without_a_record_is_told(at: str, missed: bool, nearest: float, tmp_path: Path) -> None:
    """In a gap, before and after all records; not between two of them that follow each other."""
    times = np.concatenate([seconds(50, 4.0), 1_000.0 + seconds(50, 4.0)])
    path = energy_spectra(tmp_path / "x.cdf", distribution(100), times)
    found = read_spectrogram(path, bins=480, at=at)
    assert found.cut_missed is missed
    assert found.cut_mjd_range[0] == pytest.approx(58_849 + nearest / 86_400, abs=4.5 / 86_400)
