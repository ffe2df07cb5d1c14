"""Files of particle distributions made for tests, by the libraries that are the second opinion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cdflib
import numpy as np
from astropy.io import fits
from astropy.time import Time
from cdflib.cdfwrite import CDF
from numpy.typing import NDArray

BEGIN = datetime(2020, 1, 1)  # noqa: DTZ001 - UTC, written without its name
ENERGIES = np.geomspace(10.0, 30_000.0, 12)

_TYPES = {"i4": CDF.CDF_INT4, "f4": CDF.CDF_REAL4, "f8": CDF.CDF_REAL8, "U": CDF.CDF_CHAR}


@dataclass
class Variable:
    """A variable of a CDF: its values, shape (records, components) or (components), and its attributes."""

    values: NDArray[Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    varies: bool = True


def seconds(count: int, step: float = 1.0) -> NDArray[np.float64]:
    """Return times as seconds after the beginning."""
    return np.arange(count, dtype=np.float64) * np.float64(step)


def distribution(count: int, components: int = 12, seed: int = 3) -> NDArray[np.float64]:
    """Return a distribution of particles that wanders: positive, over several decades."""
    random = np.random.default_rng(seed)
    peak = components / 2 + components / 4 * np.sin(np.arange(count) / max(count, 1) * 9)
    shape = np.exp(-(((np.arange(components) - peak[:, None]) / 2.0) ** 2))
    return np.asarray(1e6 * shape * random.uniform(0.5, 1.5, (count, components)) + 1.0)


def write_cdf(path: Path, times: NDArray[np.float64], variables: Mapping[str, Variable]) -> Path:
    """Write a CDF of variables over ``Epoch``, which is TT2000 at some seconds after the beginning."""
    moments = [BEGIN + timedelta(seconds=float(second)) for second in times]
    parts = [[m.year, m.month, m.day, m.hour, m.minute, m.second, m.microsecond // 1000] for m in moments]
    epochs = np.array([cdflib.cdfepoch.compute_tt2000([*part, 0, 0]) for part in parts], dtype=np.int64)
    cdf = CDF(path, cdf_spec={"Compressed": 0})
    about = {"Variable": "Epoch", "Data_Type": CDF.CDF_TIME_TT2000, "Num_Elements": 1, "Rec_Vary": True}
    cdf.write_var({**about, "Dim_Sizes": []}, var_attrs={"UNITS": "ns"}, var_data=epochs)
    for name, one in variables.items():
        kind = "U" if one.values.dtype.kind == "U" else one.values.dtype.str[1:]
        sizes = list(one.values.shape[1:] if one.varies else one.values.shape)
        spec = {
            "Variable": name,
            "Data_Type": _TYPES[kind],
            "Num_Elements": max(map(len, one.values.tolist())) if kind == "U" else 1,
            "Rec_Vary": one.varies,
            "Dim_Sizes": sizes,
            "Compress": 0,
        }
        data = one.values if one.varies else one.values[None]
        cdf.write_var(spec, var_attrs=dict(one.attributes), var_data=data)
    cdf.close()
    return path


def energy_spectra(path: Path, values: NDArray[Any], times: NDArray[np.float64] | None = None) -> Path:
    """Write the usual file: ``flux`` over ``Epoch`` and constant ``energy``."""
    told = {"DEPEND_0": "Epoch", "DEPEND_1": "energy", "UNITS": "1/(cm2 s sr keV)", "VAR_TYPE": "data"}
    energy = {"UNITS": "eV", "LABLAXIS": "Energy", "VAR_TYPE": "support_data"}
    return write_cdf(
        path,
        seconds(len(values)) if times is None else times,
        {
            "flux": Variable(values, {**told, "FILLVAL": values.dtype.type(-1e31)}),
            "energy": Variable(ENERGIES[: values.shape[1]], energy, varies=False),
        },
    )


def cef_of(values: NDArray[Any], *, axis: str = "", depend: str = "energy", more: str = "") -> bytes:
    """Return a CEF file of ``flux`` over ``time_tags`` and the constant variable ``energy``."""
    count, size = values.shape
    data = axis or ", ".join(f"{energy:.6e}" for energy in ENERGIES[:size])
    head = f"""FILE_NAME = "C1_CP_PEA_TEST.cef"
FILE_FORMAT_VERSION = "CEF-2.0"
START_VARIABLE = time_tags
  VALUE_TYPE = ISO_TIME
  SIZES = 1
END_VARIABLE = time_tags
START_VARIABLE = energy
  VALUE_TYPE = FLOAT
  SIZES = {size}
  UNITS = "eV"
  DATA = {data}
END_VARIABLE = energy
START_VARIABLE = flux
  VALUE_TYPE = FLOAT
  SIZES = {size}
  UNITS = "keV/(cm^2 s sr keV)"
  FILLVAL = -1.0E31
  DEPEND_0 = time_tags
  DEPEND_1 = {depend}
{more}END_VARIABLE = flux
DATA_UNTIL = "END"
"""
    lines = [
        f"{(BEGIN + timedelta(seconds=number)).isoformat()}Z, {', '.join(f'{value:.6e}' for value in row)}"
        for number, row in enumerate(values)
    ]
    assert len(lines) == count
    return (head + "\n".join(lines) + '\n"END"\n').encode()


def write_fits(
    path: Path, values: NDArray[Any], *columns: fits.Column, tables: tuple[fits.BinTableHDU, ...] = ()
) -> Path:
    """Write a table of ``FLUX`` over ``TIME``, seconds of TT after that date, with more columns."""
    time = fits.Column("TIME", "D", unit="s", array=seconds(len(values)))
    flux = fits.Column("FLUX", f"{values.shape[1]}E", unit="1/s", array=values)
    table = fits.BinTableHDU.from_columns([time, flux, *columns], name="SPECTRA")
    table.header["TIMESYS"] = "TT"
    table.header["MJDREFI"] = int(Time(BEGIN, scale="utc").mjd)
    table.header["MJDREFF"] = 0.0
    table.header["TIMEUNIT"] = "s"
    fits.HDUList([fits.PrimaryHDU(), table, *tables]).writeto(path)
    return path
