"""CDF files: global attributes and variables of all versions met, and damaged files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oais.information.representation.cdf import cdf_series, read_cdf
from oais.information.representation.contents import Contents
from oais.information.representation.numbers import open_numbers

REAL = {
    "ace/ac_h2_sis_20101105_v06.cdf": ("AC_H2_SIS", 61, "2.5"),
    "psp/psp_fld_l2_mag_rtn_1min_20200104_v02.cdf": ("psp_fld_l2_mag_RTN_1min", 6, "3.7"),
    "solar_orbiter/solo_L1_swa-pas-mom_20200706_V01.cdf": ("solo_L1_swa-pas-mom", 11, "3.7"),
    "solar_orbiter/solo_L2_epd-ept-north-hcad_20200713_V02.cdf": (
        "solo_L2_epd-ept-north-hcad",
        25,
        "3.7",
    ),
    "ulysses/uy_proton-distributions_swoops_00000000_v01.cdf": (
        "uy_proton-distributions_swoops",
        15,
        "3.8",
    ),
}


def read(path: Path) -> Contents:
    """Read a CDF file as the inspection does."""
    with path.open("rb") as stream:
        return read_cdf(stream, path.name)


@pytest.mark.parametrize("name", REAL)
def test_real_file_tells_source_version_and_variables(name: str, shared: Path) -> None:
    """Source, version and count of variables are those of the manifest."""
    source, variables, version = REAL[name]
    found = read(shared / "data" / name)
    assert found.findings == ()
    unit = found.structure[0]
    assert unit["name"] == source
    assert len(unit["columns"]) == variables
    assert unit["version"].startswith(version)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_cut_file_is_told(name: str, share: float, shared: Path, tmp_path: Path) -> None:
    """A file cut anywhere is damaged, the compressed ones too."""
    data = (shared / "data" / name).read_bytes()
    path = tmp_path / "cut.cdf"
    path.write_bytes(data[: int(len(data) * share)])
    assert [one.code for one in read(path).findings] == ["FMT-006"]


def test_series_has_times_in_mjd(shared: Path) -> None:
    """The time of a real product of 4 January 2020 is within that day, fill values are NaN."""
    with (shared / "data" / "psp" / "psp_fld_l2_mag_rtn_1min_20200104_v02.cdf").open("rb") as file:
        series, left_out = cdf_series(file)
    assert left_out == []
    name, unit, days = series[0]
    assert unit == "MJD (UTC)"
    assert name == "epoch_mag_RTN_1min"
    assert days.min() >= 58852.0
    assert days.max() < 58853.0
    assert [len(values) for _, _, values in series] == [len(days)] * len(series)


def test_large_variables_are_read_in_pieces_or_named(monkeypatch: pytest.MonkeyPatch, shared: Path) -> None:
    """The same numbers come however little is read at a time; what cannot be held is told by its name."""
    path = shared / "data" / "psp" / "psp_fld_l2_mag_rtn_1min_20200104_v02.cdf"
    with path.open("rb") as file:
        whole, _ = cdf_series(file)
        rows = len(whole[0][2])
        monkeypatch.setattr("oais.information.representation.cdf.MOST_VALUES", 3 * rows)
        pieces, left_out = cdf_series(file)
        monkeypatch.setattr("oais.information.representation.cdf.MOST_VALUES", 3 * rows - 1)
        shorter, named = cdf_series(file)
        told = open_numbers(file, "fmt/1948", None).left_out
    assert left_out == []
    for (name, _, values), (other, _, found) in zip(whole, pieces, strict=True):
        assert name == other
        assert np.array_equal(values, found, equal_nan=True)
    assert named == ["psp_fld_l2_mag_RTN_1min"]
    assert not {name for name, _, _ in shorter} & {f"{named[0]}[{n}]" for n in range(3)}
    assert told == tuple(named)
