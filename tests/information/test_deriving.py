"""Tables cut at exact boundaries and written in other formats, against astropy and cdflib."""

from __future__ import annotations

import csv
import gzip
import io
import math
import os
import random
import struct
import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any

import astropy.io.votable
import cdflib
import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time
from lxml import etree

from oais.errors import WrongUsageError
from oais.information.representation.derived_tables import DerivedTable, TableForm, table_place
from oais.information.representation.deriving import NotDerivedError, derive_table
from oais.information.representation.intervals import Interval, parse_interval
from tests.information.fits_making import primary, table

LABEL = (("source", "archive.one@v2"), ("path", "lc.fits"), ("sha256", "ab" * 32))
TESS = "data/tess/tic55525572_s0005/tic55525572_lc.fits"
PSP = "data/psp/psp_fld_l2_mag_rtn_1min_20200104_v02.cdf"
ACE = "data/ace/ac_h2_sis_20101105_v06.cdf"
EFW = "data/cluster/efw/C1_CP_EFW_L3_P__20010201_120000_20010201_120100_V110503.cef.gz"
ASP = "data/cluster/asp/C2_CP_ASP_ACTIVE__20010101_000000_20100101_000000_V081030.cef"
VISIT = "data/cheops/PR110047_TG000401/"
LIGHT_CURVE = f"{VISIT}CH_PR110047_TG000401_TU2021-07-11T04-05-52_SCI_COR_Lightcurve-DEFAULT_V0300.fits"


def span(start: str, end: str) -> Interval:
    """Return an interval that has an end."""
    interval = parse_interval(start, end)
    assert interval is not None
    return interval


def derived(
    source: Path, folder: Path, form: TableForm, interval: Interval | None
) -> tuple[Path, tuple[DerivedTable, ...]]:
    """Derive a table into a folder."""
    target = folder / f"{source.name}.{form}"
    target.unlink(missing_ok=True)
    return target, derive_table(source, target, form, interval, LABEL)


def csv_rows(path: Path) -> tuple[list[str], list[str], list[list[str]]]:
    """Read a CSV back: comments, names, rows."""
    lines = path.read_text("utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    names, *rows = csv.reader(io.StringIO("\n".join(lines[len(comments) :])))
    return comments, names, rows


def votable(path: Path) -> Any:
    """Read a VOTable back, valid by the schema of the IVOA."""
    schemas = Path(astropy.io.votable.__file__).parent / "data"
    etree.XMLSchema(etree.parse(schemas / "VOTable.v1.4.xsd")).assertValid(etree.parse(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return astropy.io.votable.parse(path).get_first_table()


def test_fits_is_cut_in_its_own_scale(shared: Path, tmp_path: Path) -> None:
    """The rows kept are those whose TDB lies in the interval, byte for byte, and nothing else changes."""
    interval = span("2018-11-20", "2018-11-21T12:00:00")
    target, (cut,) = derived(shared / TESS, tmp_path, "fits", interval)
    with fits.open(shared / TESS) as before, fits.open(target) as after:
        days = before[1].data["TIME"].astype(float)
        times = Time(np.where(np.isfinite(days), days, 0.0) + 2_457_000, format="jd", scale="tdb").utc
        within = (times >= Time(interval.start, scale="utc")) & (times < Time(interval.stop, scale="utc"))
        expected = before[1].data[within & np.isfinite(days)]
        assert 0 < len(expected) < len(days)
        assert after[1].data.tobytes() == expected.tobytes()
        assert not np.isnan(after[1].data["TIME"]).any()
        assert after[2].data.tobytes() == before[2].data.tobytes()
        history = "\n".join(after[0].header["HISTORY"])
        for _, value in LABEL:
            assert value[:50] in history
        assert after[0].header["DERIVED"] is True
        assert after[1].header["CUTROWS"] == len(expected)
    assert (cut.kept, cut.total, cut.time) == (len(expected), len(days), "TIME")
    assert cut.compared == "TDB, in days since JD 2457000.0"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(target) as read:
            read.verify("exception")


def clock_file(tmp_path: Path, seconds: list[float], **more: str | float) -> Path:
    """Make a FITS table whose TIME counts seconds of TT from J2000."""
    said: dict[str, Any] = {"TIMESYS": "TT", "MJDREFI": 51_544, "MJDREFF": 0.5, "TUNIT1": "s", **more}
    rows = b"".join(struct.pack(">dI", value, n) for n, value in enumerate(seconds))
    path = tmp_path / "clock.fits"
    path.write_bytes(primary() + table({"TIME": "1D", "N": "1J"}, rows, 12, **said))
    return path


def kept(target: Path) -> list[int]:
    """Return the numbers of the rows of a cut ``clock_file``."""
    with fits.open(target) as hdus:
        return [int(value) for value in hdus[1].data["N"]]


def test_boundaries_are_exact_to_the_last_bit(tmp_path: Path) -> None:
    """A row at the start is in, one at the end is out, and so are their neighbours one bit further."""
    # TT is 69.184 s ahead of UTC since 2017, so these UTC times are whole seconds of TT.
    start, stop = 631_108_870.0, 631_112_470.0
    interval = span("2020-01-01T00:00:00.816", "2020-01-01T01:00:00.816Z")
    rows = [
        value
        for end in (start, stop)
        for value in (math.nextafter(end, -math.inf), end, math.nextafter(end, math.inf))
    ]
    source = clock_file(tmp_path, [*rows, math.nan, math.inf, -math.inf])
    target, (cut,) = derived(source, tmp_path, "fits", interval)
    assert kept(target) == [1, 2, 3]
    assert (cut.kept, cut.total) == (3, 9)


def test_boundaries_between_two_numbers(tmp_path: Path, seeded: random.Random) -> None:
    """Where no number is the boundary, the last before it is out and the first after it in: by fractions."""
    for _ in range(5):
        nanoseconds = seeded.randrange(10**9)
        exact = 631_108_869 + Fraction(184, 1_000) + Fraction(nanoseconds, 10**9)
        near = float(exact)
        rows = [math.nextafter(near, -math.inf), near, math.nextafter(near, math.inf)]
        moment = f"2020-01-01T00:00:00.{nanoseconds:09}"
        target, _ = derived(clock_file(tmp_path, rows), tmp_path, "fits", span(moment, ""))
        assert kept(target) == [n for n, value in enumerate(rows) if Fraction(value) >= exact]
        target, _ = derived(clock_file(tmp_path, rows), tmp_path, "fits", span("", moment))
        assert kept(target) == [n for n, value in enumerate(rows) if Fraction(value) < exact]


def test_the_leap_second_has_rows_of_its_own(tmp_path: Path) -> None:
    """Between 23:59:60 and midnight lies one second of TT, and its rows can be asked for."""
    # 2016-12-31T23:59:60 UTC is 536500868.184 s after J2000.
    first = clock_file(tmp_path, [536_500_867.9, 536_500_868.5, 536_500_869.0, 536_500_869.2])
    target, _ = derived(first, tmp_path, "fits", span("2016-12-31T23:59:60", "2017-01-01T00:00:00"))
    assert kept(target) == [1, 2]


@pytest.mark.parametrize(
    ("start", "end", "rows"),
    [("2030-01-01", "2031-01-01", 0), ("1999-01-01", "1999-02-01", 0), ("2018-01-01", "2019-01-01", 18_279)],
)
def test_an_interval_may_hold_nothing_or_all(
    shared: Path, tmp_path: Path, start: str, end: str, rows: int
) -> None:
    """A cut without rows is a whole file with an empty table; rows without a time are in no cut."""
    target, (cut,) = derived(shared / TESS, tmp_path, "fits", span(start, end))
    with fits.open(shared / TESS) as hdus:
        known = int(np.isfinite(hdus[1].data["TIME"]).sum())
    with fits.open(target) as hdus:
        assert len(hdus[1].data) == cut.kept == (known if rows else 0)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2020-01-02", "2020-01-01"),
        ("2020-01-01T12:00:00", "2020-01-01T12:00:00"),
        ("2020-02-30", ""),
        ("2020-01-01T24:00", ""),
        ("2020-01-01T00:00:60", ""),
        ("yesterday", ""),
        ("58849.5", ""),
        ("2020-01-01T00:00:00+02:00", ""),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_an_impossible_interval_is_refused(start: str, end: str) -> None:
    """Reversed and empty intervals and texts that are no UTC are refused, each with what is expected."""
    with pytest.raises(WrongUsageError) as refused:
        parse_interval(start, end)
    assert refused.value.remedy


def test_a_date_means_the_whole_day() -> None:
    """A date as the end includes that day; a time as the end is not in the interval."""
    assert parse_interval("2020-01-31", "2020-01-31") == Interval(
        "2020-01-31T00:00:00", "2020-02-01T00:00:00"
    )
    assert parse_interval("", "2020-01-31T10:00") == Interval("", "2020-01-31T10:00:00")
    assert parse_interval("", " ") is None


def test_csv_gives_every_number_back(shared: Path, tmp_path: Path) -> None:
    """Each cell of a real light curve, as text and read again, is the number that was stored."""
    target, (cut,) = derived(shared / TESS, tmp_path, "csv", None)
    comments, names, rows = csv_rows(target)
    with fits.open(shared / TESS) as hdus:
        data = hdus[1].data
        assert names == list(hdus[1].columns.names)
        assert len(rows) == len(data) == cut.kept
        for number, name in enumerate(names):
            stored = data[name]
            read = np.array([row[number] for row in rows], dtype=stored.dtype.newbyteorder("="))
            assert np.array_equal(read, stored, equal_nan=stored.dtype.kind == "f")
    assert comments[0] == "# source: archive.one@v2"
    assert f"# rows: {len(rows)} of {len(rows)}" in comments


def test_votable_is_read_back(shared: Path, tmp_path: Path) -> None:
    """A cut as VOTable is valid by the IVOA's schema, tells where it is from, and has the very numbers."""
    interval = span("2018-11-20", "2018-11-21T12:00:00")
    target, (cut,) = derived(shared / TESS, tmp_path, "votable", interval)
    cut_fits, _ = derived(shared / TESS, tmp_path, "fits", interval)
    read = votable(target)
    with fits.open(cut_fits) as hdus:
        assert len(read.array) == len(hdus[1].data) == cut.kept > 0
        for name in hdus[1].columns.names:
            stored = hdus[1].data[name]
            values = np.ma.getdata(read.array[name])
            assert np.array_equal(values, stored, equal_nan=stored.dtype.kind == "f")
    tree = etree.parse(target)
    told = {info.get("name"): info.get("value") for info in tree.iter("{*}INFO")}
    assert told["source"] == "archive.one@v2"
    assert told["interval"] == "[2018-11-20T00:00:00, 2018-11-21T12:00:00) UTC"
    assert told["rows"] == f"{cut.kept} of {cut.total}"


@pytest.mark.parametrize("form", ["fits", "csv", "votable"])
def test_tt2000_is_compared_to_the_nanosecond(shared: Path, tmp_path: Path, form: TableForm) -> None:
    """The records of a CDF from one record's own time to another's: the first is in, the last is out."""
    cdf = cdflib.CDF(shared / PSP)
    times = cdf.varget("epoch_mag_RTN_1min")
    first, last = (cdflib.cdfepoch.encode_tt2000(int(times[n])) for n in (10, 31))
    target, (cut, flags) = derived(shared / PSP, tmp_path, form, span(first, last))
    assert (flags.table, flags.total) == ("epoch_quality_flags", 1440)
    field = cdf.varget("psp_fld_l2_mag_RTN_1min")[10:31]
    assert (cut.kept, cut.total) == (21, 118)
    if form == "fits":
        with fits.open(target) as hdus:
            assert np.array_equal(hdus[1].data["epoch_mag_RTN_1min"], times[10:31])
            assert np.array_equal(hdus[1].data["psp_fld_l2_mag_RTN_1min"], field, equal_nan=True)
    elif form == "votable":
        array = votable(target).array
        assert np.array_equal(array["epoch_mag_RTN_1min"], times[10:31])
        assert np.array_equal(np.asarray(array["psp_fld_l2_mag_RTN_1min"]), field, equal_nan=True)
    else:
        _, names, rows = csv_rows(target)
        assert [int(row[names.index("epoch_mag_RTN_1min")]) for row in rows] == times[10:31].tolist()
        place = names.index("psp_fld_l2_mag_RTN_1min[0]")
        read = np.array([row[place : place + 3] for row in rows], dtype=np.float32)
        assert np.array_equal(read, field, equal_nan=True)


@pytest.mark.parametrize("form", ["fits", "csv", "votable"])
def test_all_tables_of_a_cdf_are_written(shared: Path, tmp_path: Path, form: TableForm) -> None:
    """Variables of a second time are a table of their own, cut by that time, with its very numbers."""
    cdf = cdflib.CDF(shared / PSP)
    times = cdf.varget("epoch_quality_flags")
    first, last = (cdflib.cdfepoch.encode_tt2000(int(times[n])) for n in (100, 160))
    target, (_, cut) = derived(shared / PSP, tmp_path, form, span(first, last))
    flags = cdf.varget("psp_fld_l2_quality_flags")[100:160]
    assert (cut.table, cut.kept, cut.total) == ("epoch_quality_flags", 60, 1440)
    if form == "fits":
        with fits.open(target) as hdus:
            assert [hdu.name for hdu in hdus[1:]] == ["epoch_mag_RTN_1min", "epoch_quality_flags"]
            assert np.array_equal(hdus[2].data["psp_fld_l2_quality_flags"], flags)
    elif form == "votable":
        votable(target)
        both = list(astropy.io.votable.parse(target).iter_tables())
        assert [table.name for table in both] == ["epoch_mag_RTN_1min", "epoch_quality_flags"]
        assert np.array_equal(both[1].array["psp_fld_l2_quality_flags"], flags)
    else:
        comments, names, rows = csv_rows(table_place(target, 1))
        assert "# table: epoch_quality_flags" in comments
        place = names.index("psp_fld_l2_quality_flags")
        assert [int(row[place]) for row in rows] == flags.tolist()


def several_tables(tmp_path: Path) -> Path:
    """Make a FITS file: a table with a time, one without, an empty one, one that is not written."""
    said: dict[str, Any] = {"TIMESYS": "TT", "MJDREFI": 51_544, "MJDREFF": 0.5, "TUNIT1": "s"}
    clock = b"".join(struct.pack(">dI", 631_108_870.0 + n, n) for n in range(4))
    path = tmp_path / "several.fits"
    path.write_bytes(
        primary()
        + table({"TIME": "1D", "N": "1J"}, clock, 12, EXTNAME="RATE", **said)
        + table({"START": "1J", "STOP": "1J"}, struct.pack(">4i", 1, 2, 3, 4), 8, EXTNAME="GTI")
        + table({"ID": "1J"}, b"", 4, EXTNAME="NONE")
        + table({"LIST": "1PJ(0)"}, bytes(8), 8, EXTNAME="LISTS")
    )
    return path


def test_all_tables_of_a_fits_file_are_written(tmp_path: Path) -> None:
    """Those with a time are cut, others come whole, and what cannot be written is named with its reason."""
    source = several_tables(tmp_path)
    interval = span("2020-01-01T00:00:01.816", "2020-01-01T00:00:03.816")
    target, made = derived(source, tmp_path, "csv", interval)
    assert [(item.table, item.kept, item.total, bool(item.left_out)) for item in made] == [
        ("RATE", 2, 4, False),
        ("GTI", 2, 2, False),
        ("NONE", 0, 0, False),
        ("LISTS", 0, 1, True),
    ]
    assert made[3].left_out == "LIST is of the type 1PJ(0), which is not converted"
    comments, _, rows = csv_rows(target)
    assert [row[1] for row in rows] == ["1", "2"]
    assert "# left out: LISTS: LIST is of the type 1PJ(0), which is not converted" in comments
    comments, names, rows = csv_rows(table_place(target, 1))
    assert (names, rows) == (["START", "STOP"], [["1", "2"], ["3", "4"]])
    assert "# interval: none: its rows have no time" in comments
    assert csv_rows(table_place(target, 2))[1:] == (["ID"], [])
    assert not table_place(target, 3).exists()
    target, _ = derived(source, tmp_path, "votable", interval)
    votable(target)
    tables = list(astropy.io.votable.parse(target).iter_tables())
    assert [(item.name, len(item.array)) for item in tables] == [("RATE", 2), ("GTI", 2), ("NONE", 0)]


def test_real_tables_of_one_file_are_all_there(shared: Path, tmp_path: Path) -> None:
    """An event list with its good times and responses: six tables, each with the values astropy reads."""
    source = shared / "data/hess/hess_dl3_dr1/data/hess_dl3_dr1_obs_id_020275.fits.gz"
    target, made = derived(source, tmp_path, "votable", None)
    votable(target)
    tables = list(astropy.io.votable.parse(target).iter_tables())
    with fits.open(source) as hdus:
        stored = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU)]
        assert [item.name for item in tables] == [hdu.name for hdu in stored] == [cut.table for cut in made]
        for read, hdu in zip(tables, stored, strict=True):
            for name in hdu.columns.names:
                values = np.ma.getdata(read.array[name])
                assert np.array_equal(
                    np.asarray(values.tolist(), dtype=object).astype(str).ravel(),
                    np.asarray(hdu.data[name].tolist(), dtype=object).astype(str).ravel(),
                )


def test_cdf_epoch_is_cut(shared: Path, tmp_path: Path) -> None:
    """Milliseconds since year 0 are compared with the interval by cdflib's own count of them."""
    cdf = cdflib.CDF(shared / ACE)
    times = cdf.varget("Epoch")
    interval = span("2010-11-05T03:00", "2010-11-05T06:00")
    start, stop = (cdflib.cdfepoch.compute_epoch([2010, 11, 5, hour, 0, 0, 0]) for hour in (3, 6))
    target, (cut,) = derived(shared / ACE, tmp_path, "fits", interval)
    within = (times >= start) & (times < stop)
    with fits.open(target) as hdus:
        assert np.array_equal(hdus[1].data["Epoch"], times[within])
        assert np.array_equal(hdus[1].data["flux_He"], cdf.varget("flux_He")[within])
    assert 0 < cut.kept == within.sum() < len(times)


def test_cef_is_cut_by_its_time_tags(shared: Path, tmp_path: Path) -> None:
    """Time tags are compared as texts: the record at the start is in, the one at the end is out."""
    target, (cut,) = derived(
        shared / EFW, tmp_path, "csv", span("2001-02-01T12:00:06", "2001-02-01T12:00:30")
    )
    with gzip.open(shared / EFW, "rt") as stream:
        body = stream.read().partition('DATA_UNTIL = "END_OF_DATA"')[2]
    tags = [line.partition(",")[0].strip() for line in body.splitlines() if line.endswith("$")]
    wanted = [tag for tag in tags if "2001-02-01T12:00:06" <= tag < "2001-02-01T12:00:30"]
    _, _, rows = csv_rows(target)
    assert [row[0] for row in rows] == wanted
    assert (cut.kept, cut.total) == (len(wanted), len(tags))


def test_of_a_time_range_the_beginning_counts(shared: Path, tmp_path: Path) -> None:
    """A CEF record that spans a time is in when it begins in the interval."""
    target, _ = derived(shared / ASP, tmp_path, "votable", span("2001-02-01", "2002-12-31"))
    begins = [str(tag).partition("/")[0] for tag in votable(target).array["time_tags__C2_CP_ASP_ACTIVE"]]
    assert begins
    assert all("2001-02-01" <= tag < "2003" for tag in begins)


def test_utc_in_texts_and_mjd_of_tt_agree(shared: Path, tmp_path: Path) -> None:
    """Two products of one visit, one with UTC texts and one with MJD in TT, have the same rows kept."""
    interval = span("2021-07-11T05:00", "2021-07-11T06:00")
    _, (texts,) = derived(shared / LIGHT_CURVE, tmp_path, "csv", interval)
    _, (days,) = derived(shared / f"{VISIT}KELT-20_401_sa.fits", tmp_path, "csv", interval)
    assert (texts.time, days.time) == ("UTC_TIME", "MJD_TIME")
    assert 0 < texts.kept == days.kept


@pytest.mark.parametrize("form", ["fits", "csv", "votable"])
def test_the_same_is_made_of_the_same(shared: Path, tmp_path: Path, form: TableForm) -> None:
    """A file that is made twice has the same bytes, so a download can go on."""
    interval = span("2018-11-20", "2018-11-20")
    first = derived(shared / TESS, tmp_path, form, interval)[0].read_bytes()
    assert derived(shared / TESS, tmp_path, form, interval)[0].read_bytes() == first


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("data/soho/lasco/lasco_c2_25299383_s.fts", "no binary table"),
        ("data/proba2/lyra/lyra_20150101-000000_lev3_std_truncated.fits.gz", "no time scale"),
        ("data/cheops/documents/PIPE_manual.pdf", "no table"),
        ("data/corot/resampled/100725706.csv", "no table"),
        ("data/damaged/test-lc-tess-pimen-corrupted.fits", "ends after 23 of 100 rows"),
    ],
)
def test_what_cannot_be_cut_is_told(shared: Path, tmp_path: Path, path: str, reason: str) -> None:
    """An image, a document, a table without a time scale and a damaged one are refused, each with why."""
    with pytest.raises(NotDerivedError, match=reason):
        derived(shared / path, tmp_path, "fits", span("2015-01-01", ""))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"TIMESYS": "LOCAL"}, "no time scale"),
        ({"TIMESYS": "UTC"}, "leap seconds"),
        ({"TUNIT1": "cadences"}, "the unit"),
        ({"TIMEOFFS": 3.5}, "shifted"),
    ],
)
def test_a_time_that_is_not_described_is_not_guessed(
    tmp_path: Path, more: dict[str, str | float], reason: str
) -> None:
    """A scale, unit or origin that the header leaves open is a reason not to cut."""
    with pytest.raises(NotDerivedError, match=reason):
        derived(clock_file(tmp_path, [0.0], **more), tmp_path, "fits", span("2015-01-01", ""))


def test_texts_are_no_formulas_and_no_markup(tmp_path: Path) -> None:
    """A cell that a spreadsheet or a browser would run arrives as text."""
    cells = [b'=cmd|"/c x"!A', b"<script>&amp;", b"#comment,\n", b"-1+1"]
    rows = b"".join(cell.ljust(16) for cell in cells)
    path = tmp_path / "texts.fits"
    path.write_bytes(primary() + table({"=NAME": "16A"}, rows, 16))
    target, _ = derived(path, tmp_path, "csv", None)
    lines = list(csv.reader(line for line in target.open(newline="") if not line.startswith("#")))
    assert [row[0][0] for row in lines if row and row[0] != "<script>&amp;"] == ["'"] * 4
    target, _ = derived(path, tmp_path, "votable", None)
    assert [cell.text for cell in etree.parse(target).iter("{*}TD")][:2] == ['=cmd|"/c x"!A', "<script>&amp;"]


def test_values_that_are_missing_or_shifted(tmp_path: Path) -> None:
    """Nulls become empty cells, unsigned integers and scaled columns their values, as astropy reads them."""
    rows = b"".join(
        struct.pack(">hhhcB", null, unsigned, scaled, flag, 7)
        for null, unsigned, scaled, flag in [
            (-9, -32_768, 10, b"T"),
            (5, 32_767, 20, b"F"),
            (6, 0, 30, b"\0"),
        ]
    )
    said: dict[str, Any] = {"TNULL1": -9, "TZERO2": 32_768, "TSCAL3": 0.1, "TZERO3": 1.0}
    columns = {"NULL": "1I", "UNSIGNED": "1I", "SCALED": "1I", "FLAG": "1L", "BYTE": "1B"}
    path = tmp_path / "odd.fits"
    path.write_bytes(primary() + table(columns, rows, 8, **said))
    target, _ = derived(path, tmp_path, "csv", None)
    _, _, read = csv_rows(target)
    with fits.open(path) as hdus:
        data = hdus[1].data
        assert [int(row[1]) for row in read] == data["UNSIGNED"].tolist() == [0, 65_535, 32_768]
        assert [float(row[2]) for row in read] == data["SCALED"].tolist()
    assert [row[0] for row in read] == ["", "5", "6"]
    assert [row[3] for row in read] == ["T", "F", ""]
    array = votable(derived(path, tmp_path, "votable", None)[0]).array
    assert array["NULL"].mask.tolist() == [True, False, False]
    assert array["UNSIGNED"].tolist() == [0, 65_535, 32_768]


def test_a_million_rows_are_cut_a_piece_at_a_time(tmp_path: Path) -> None:
    """Of 80 MB only the rows asked for are written, and the process stays within its memory."""
    rows = np.zeros(1_000_000, [("t", ">f8"), ("rest", ">f8", (9,))])
    rows["t"] = np.arange(1_000_000) + 0.5
    path = tmp_path / "long.fits"
    said: dict[str, Any] = {"TIMESYS": "TT", "MJDREFI": 51_544, "MJDREFF": 0.5, "TUNIT1": "s"}
    path.write_bytes(primary() + table({"TIME": "1D", "REST": "9D"}, rows.tobytes(), 80, **said))
    # From J2000 on: 2000-01-01T11:58:55.816 UTC; TT is 64.184 s ahead.
    interval = span("2000-01-06T11:58:55.816", "2000-01-06T12:58:55.816")
    target, (cut,) = derived(path, tmp_path, "fits", interval)
    with fits.open(target) as hdus:
        assert hdus[1].data["TIME"].tolist() == [432_000.5 + n for n in range(3_600)]
    assert (cut.kept, cut.total) == (3_600, 1_000_000)
    assert os.path.getsize(target) < 400_000


def test_nothing_that_is_there_is_overwritten(shared: Path, tmp_path: Path) -> None:
    """A target that exists is left as it is."""
    target = tmp_path / "kept.csv"
    target.write_bytes(b"mine")
    with pytest.raises(Exception, match=r"kept\.csv"):
        derive_table(shared / TESS, target, "csv", None, LABEL)
    assert target.read_bytes() == b"mine"
