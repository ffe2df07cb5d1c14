"""Spectrograms of files made to break them: each is drawn, or it is said what was found and expected."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from cdflib.cdfwrite import CDF

from oais.information.representation.drawings import read_outline
from oais.information.representation.reading import NotShownError, ask_reader
from oais.information.representation.spectra import read_spectrogram
from tests.information.fits_making import card
from tests.information.spectra_making import cef_of, distribution, write_fits

VALUES = distribution(20)
_SIZES = b'  SIZES = 12\n  UNITS = "keV/'


def refusal(path: Path, **wish: object) -> str:
    with pytest.raises(NotShownError) as told:
        read_spectrogram(path, **wish)  # type: ignore[arg-type]
    assert "Error" not in str(told.value)
    return str(told.value)


@pytest.mark.parametrize("sizes", ["0", "1" + 30 * "0", "4611686018427387904, 4", "2000000000", "9" * 5_000])
def test_sizes_that_no_record_has(sizes: str, tmp_path: Path) -> None:
    """The variable is named with its sizes and those expected, wherever the file is looked into."""
    path = tmp_path / "a.cef"
    path.write_bytes(cef_of(VALUES).replace(_SIZES, _SIZES.replace(b"12", sizes.encode())))
    assert f"flux has the sizes {sizes[:40]}" in refusal(path)
    with pytest.raises(NotShownError, match="expected 1 to 10000 numbers a record"):
        read_outline(path)


@pytest.mark.parametrize("axis", [["1e308", "-1e308"] * 6, ["1e308", "1e-308", *["1"] * 10]])
def test_axis_wider_than_floats(axis: list[str], tmp_path: Path) -> None:
    """Neither its borders nor those of its logarithm are numbers."""
    path = tmp_path / "a.cef"
    path.write_bytes(cef_of(VALUES, axis=", ".join(axis)))
    assert "1e+308, expected values between -1e307 and 1e307" in refusal(path)


def test_times_wider_than_floats(tmp_path: Path) -> None:
    """All of them have no width; an interval of them has."""
    times = fits.Column("TIME", "D", array=np.array([-1.7e308, *range(18), 1.7e308]))
    flux = fits.Column("FLUX", "12E", array=VALUES)
    path = tmp_path / "a.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([times, flux])]).writeto(path)
    assert "the times reach from -1.7e+308 to 1.7e+308; ask for an interval" in refusal(path)


def test_rows_that_no_file_has(tmp_path: Path) -> None:
    """A header of more rows than a system counts: what is there is drawn, as of any table that is cut."""
    path = write_fits(tmp_path / "a.fits", VALUES)
    data = path.read_bytes()
    at = data.index(b"NAXIS2  =")
    path.write_bytes(data[:at] + card("NAXIS2", 999_999_999_999_999_999) + data[at + 80 :])
    (part,) = read_outline(path)
    assert part.rows == 999_999_999_999_999_999
    assert not read_spectrogram(path).whole


def test_moments_of_all_years_are_told_as_they_are(tmp_path: Path) -> None:
    """CDF_EPOCH reaches from the year 0 to 9999; beyond, and where it is filled, there is no time."""
    day, of_1500, of_3000 = 86_400_000.0, 547_864.0, 1_095_728.0
    epochs = [0.0, -1.0, 1e300, -1e31, 315_569_519_999_999.0, np.nan, of_1500 * day, of_3000 * day]
    path = tmp_path / "a.cdf"
    cdf = CDF(path, cdf_spec={"Compressed": 0})
    for name, kind, sizes, data in (
        ("Epoch", CDF.CDF_EPOCH, [], np.array(epochs)),
        ("flux", CDF.CDF_REAL8, [12], VALUES[: len(epochs)]),
    ):
        about = {"Variable": name, "Data_Type": kind, "Num_Elements": 1, "Rec_Vary": True}
        cdf.write_var({**about, "Dim_Sizes": sizes}, var_attrs={}, var_data=data)
    cdf.close()
    found = read_spectrogram(path)
    assert found.within == 2
    assert found.cut_range == ()
    middle = sum(found.mjd_range) / 2
    assert middle == pytest.approx((of_1500 + of_3000) / 2 - 678_941)
    late = read_spectrogram(path, at="3000-01-01T00:00:00")
    assert late.cut_mjd_range == pytest.approx((of_3000 - 678_941,) * 2)
    assert late.cut == pytest.approx(VALUES[7], rel=1e-5)


def test_axes_of_each_row_leave_time_to_look_at_the_clock(tmp_path: Path) -> None:
    """Where each of many rows has its own axis a drawing ends soon after it was to end."""
    rows = 8_192
    random = np.random.default_rng(1)
    axes = fits.Column("ENERGY", "4E", array=np.sort(random.random((rows, 4)), axis=1))
    path = write_fits(tmp_path / "a.fits", random.random((rows, 4)), axes)
    found = read_spectrogram(path, ask=partial(ask_reader, seconds=0.0))
    assert 0 < found.read < rows
    assert not found.whole
