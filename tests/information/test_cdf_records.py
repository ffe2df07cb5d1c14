"""Records of CDF variables read by their blocks: what cdflib reads too, and no more bytes than are wanted."""

from __future__ import annotations

from pathlib import Path

import cdflib
import numpy as np
import pytest
from cdflib.cdfwrite import CDF

from oais.information.representation.cdf import open_cdf
from oais.information.representation.cdf_records import Records
from tests.information.spectra_making import distribution, energy_spectra

REAL = (
    "ace/ac_h2_sis_20101105_v06.cdf",
    "psp/psp_fld_l2_mag_rtn_1min_20200104_v02.cdf",
    "solar_orbiter/solo_L2_epd-ept-north-hcad_20200713_V02.cdf",
)


@pytest.mark.parametrize("name", REAL)
def test_records_of_real_files_are_those_of_cdflib(name: str, shared: Path) -> None:
    """Every variable with records, of versions 2 and 3, compressed and not, at the ends and in the middle."""
    path, compared = shared / "data" / name, 0
    cdf = cdflib.CDF(path)
    with path.open("rb") as stream:
        records = Records(open_cdf(stream))
        for variable in [*cdf.cdf_info().zVariables, *cdf.cdf_info().rVariables]:
            about = cdf.varinq(variable)
            last = about.Last_Rec
            if last < 3 or "CHAR" in about.Data_Type_Description:
                continue
            for first, end in ((0, last), (0, 0), (last // 3, last // 2), (last, last)):
                ours = records.read(variable, first, end - first + 1).ravel()
                theirs = np.atleast_1d(cdf.varget(variable, startrec=first, endrec=end)).ravel()
                assert np.array_equal(ours, theirs, equal_nan=ours.dtype.kind == "f"), variable
                compared += 1
    assert compared >= 8


def test_one_record_of_a_large_block_costs_its_own_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that was written at once is one block; cdflib, which reads it whole, is not asked."""
    values = distribution(5_000)
    path = energy_spectra(tmp_path / "x.cdf", values)
    with path.open("rb") as stream:
        cdf = open_cdf(stream)
        records = Records(cdf)
        monkeypatch.setattr(cdf, "varget", None)
        assert np.array_equal(records.read("flux", 4_321, 2).reshape(2, 12), values[4_321:4_323])


def test_compressed_blocks_are_left_to_cdflib(tmp_path: Path) -> None:
    """Compressed variables, of several blocks, give the same numbers."""
    values = distribution(5_000)
    cdf = CDF(tmp_path / "x.cdf", cdf_spec={"Compressed": 0})
    spec = {"Variable": "flux", "Data_Type": CDF.CDF_REAL8, "Num_Elements": 1, "Rec_Vary": True}
    cdf.write_var({**spec, "Dim_Sizes": [12], "Compress": 6}, var_attrs={}, var_data=values)
    cdf.close()
    with (tmp_path / "x.cdf").open("rb") as stream:
        found = Records(open_cdf(stream)).read("flux", 1_000, 3_000)
    assert np.array_equal(found, values[1_000:4_000])
