"""From real headers to descriptions: every sound product is inspected and compared with HEADERS.tsv."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from astropy.time import Time

from oais.information.packages import FormatIdentification, Inspection
from oais.information.representation.inspection import Inspector
from policies.agreement import Agreement
from policies.conversion import to_degrees, to_hours, to_mjd, to_number, utc_days
from policies.loading import PolicySet, load_policies
from policies.mapping import MappedProduct, describe_product
from policies.tree import Node
from tests.sip.real_products import sound_products

_FORMAT = FormatIdentification("x-fmt/383", "FITS", "4.0", "application/fits", "test", "given")
SHIPPED = Path(__file__).resolve().parents[2] / "policies" / "shipped"


@dataclass(frozen=True)
class Real:
    """A real product as the archive describes it, and what the independent table says of it."""

    name: str
    agreement: Agreement
    product: MappedProduct
    node: Node
    row: dict[str, str]
    level: str


@pytest.fixture(scope="module")
def policies() -> PolicySet:
    """The policies that come with the software."""
    return load_policies(SHIPPED)


@pytest.fixture(scope="module")
def real(shared: Path, policies: PolicySet) -> dict[str, Real]:
    """Every sound product, mapped."""
    return {item.name: item for item in _mapped(shared, policies)}


def _mapped(shared: Path, policies: PolicySet) -> Iterator[Real]:
    with (shared / "data/HEADERS.tsv").open(newline="") as stream:
        rows = {row["path"]: row for row in csv.DictReader(stream, delimiter="\t")}
    with (shared / "data/MANIFEST.tsv").open(newline="") as stream:
        levels = {row["path"]: row["level"] for row in csv.DictReader(stream, delimiter="\t")}
    products = sound_products(shared)
    with Inspector() as inspector:
        inspections = list(inspector.inspect((f"data/{name}", path) for name, path, _ in products))
    for (name, _, agreement_name), inspection in zip(products, inspections, strict=True):
        agreement = policies.agreement(agreement_name)
        found = agreement.rule_for(inspection.path)
        assert found is not None, f"{name} falls under no rule of {agreement_name}"
        product = describe_product(agreement, found[0], inspection, found[1])
        node = policies.tree.place(agreement, found[0], product.fields)
        yield Real(name, agreement, product, node, rows.get(name, {}), levels[name])


def test_every_sound_product_is_described_without_a_fault(real: dict[str, Real]) -> None:
    """All products fall under a rule, every value is read, and each rests at a data set of its own kind."""
    assert len(real) > 130
    for item in real.values():
        assert item.product.findings == (), (item.name, item.product.findings)
        assert item.product.level in item.agreement.levels
        assert item.node.kind == "data set" or item.product.kind == "report", item.name


def test_positions_are_those_of_the_headers(real: dict[str, Real]) -> None:
    """Right ascension and declination equal the independent reading of the headers."""
    compared = 0
    for item in real.values():
        if item.row.get("RA_OBJ"):
            core = item.product.obscore
            assert core.s_ra == pytest.approx(float(item.row["RA_OBJ"]), abs=1e-9), item.name
            assert core.s_dec == pytest.approx(float(item.row["DEC_OBJ"]), abs=1e-9), item.name
            compared += 1
        elif item.product.kind == "science" and item.row:
            assert item.product.obscore.s_ra is None, f"{item.name} has no position in its header"
    assert compared > 50


def test_targets_and_instruments_are_those_of_the_headers(real: dict[str, Real]) -> None:
    """OBJECT is the target (the Sun for those who look at it), INSTRUME and TELESCOP are kept."""
    compared = 0
    for item in real.values():
        if not item.name.endswith((".fits", ".fits.gz", ".fts")) or item.row.get("TELESCOP") in (
            None,
            "",
            "DUMMY",
        ):
            continue
        core, values = item.product.obscore, item.product.values
        if item.row["OBJECT"]:
            assert item.row["OBJECT"] in (core.target_name, values.get("object")), item.name
        assert core.instrument_name == item.row["INSTRUME"], item.name
        assert core.facility_name == item.row["TELESCOP"], item.name
        compared += 1
    assert compared > 70


def test_observing_dates_are_those_of_the_headers(real: dict[str, Real]) -> None:
    """t_min is DATE-OBS as astropy reads it; where only a day is given, the day."""
    compared = 0
    for item in real.values():
        date = item.row.get("DATE-OBS", "")
        start = item.product.obscore.t_min
        start = item.product.valid_from if item.product.kind == "calibration" else start
        if len(date) < 10 or not date[:4].isdigit():
            continue
        assert start is not None, item.name
        expected = Time(date.rstrip("Z"), scale="utc").mjd
        # the table took DATE-OBS of the first unit that has one; ours may be of the next
        tolerance = 1 if len(date) == 10 else 120 / 86400
        assert abs(start - expected) <= tolerance, (item.name, start, expected)
        compared += 1
    assert compared > 75


def test_native_levels_are_kept_and_mapped(real: dict[str, Real]) -> None:
    """Levels carry the mission's own words; pixels come below light curves on ObsCore's scale."""
    levels = {name: (item.product.level, item.product.obscore.calib_level) for name, item in real.items()}
    tess = "tess/tic55525572_s0005"
    assert levels[f"{tess}/tic55525572_tp.fits.gz"] == ("N0", 1)
    assert levels[f"{tess}/tic55525572_lc.fits"] == ("N1", 2)
    assert levels["corot/resampled/100725706.csv"] == ("N2", 2)
    for item in real.values():
        native = item.level.partition("-")[0]
        if native in item.agreement.levels and item.agreement.name not in ("ladee", "cheops", "sdo"):
            assert item.product.level == native, item.name


def test_cheops_headers_tell_their_provenance(real: dict[str, Real]) -> None:
    """Reference files, pipeline version and the status of each step become provenance links."""
    visit = "cheops/PR110047_TG000401"
    name = next(name for name in real if name.startswith(visit) and "SCI_COR_Lightcurve" in name)
    product = real[name].product
    references = [link.name for link in product.provenance if link.role == "reference file"]
    assert len(references) == 16
    assert "CH_TU2020-02-18T06-15-13_REF_APP_GainCorrection_V0109.fits" in references
    steps = {link.name: link.value for link in product.provenance if link.role == "step"}
    assert steps["Flat field"] == "completed"
    assert "Event flagging" not in steps, "N/A is no status"
    software = {link.name: link.value for link in product.provenance if link.role == "software"}
    assert software["processing pipeline"] == "14.1.2"
    values = product.values
    assert (values["pi"], values["category"], values["visit"]) == (
        "Alexis Smith", "time critical", "PR110047_TG000401",
    )  # fmt: skip
    assert (values["period_after_first_visit"], values["period_after_last_visit"]) == (547, 365)
    assert (values["archive_revision"], values["processing_number"]) == (3, 0)


def test_reference_files_carry_their_validity(real: dict[str, Real]) -> None:
    """The order of versions is not that of validity: each file says from when to when it holds."""
    maps = {name[-10:-5]: item.product for name, item in real.items() if "EXT_APP_SAAMap" in name}
    assert maps["V0301"].valid_from == pytest.approx(Time("2024-01-16T15:06:00").mjd)
    assert maps["V0302"].valid_from == pytest.approx(Time("2024-11-16T23:08:42").mjd)
    assert maps["V0302"].valid_to == 65059
    assert maps["V0302"].kind == "calibration"


def test_the_versions_of_one_product_share_one_identifier(real: dict[str, Real]) -> None:
    """Three deliveries of one light curve are versions of one package."""
    chain = [item for name, item in real.items() if "3iatlas" in name]
    found = set()
    for item in chain:
        rule, _ = item.agreement.rule_for(f"data/{item.name}") or (None, {})
        assert rule is not None
        assert rule.identifier is not None
        found.add(rule.identifier.fill(item.product.fields))
    assert len(chain) == 3
    assert len(found) == 1
    assert {item.product.values["file_version"] for item in chain} == {"1.0", "1.1", "1.2"}


def test_times_of_events_are_brought_to_utc(real: dict[str, Real]) -> None:
    """Mission seconds in Terrestrial Time become UTC: compared with astropy."""
    item = real["hess/hess_dl3_dr1/data/hess_dl3_dr1_obs_id_023523.fits.gz"]
    expected = Time(51910 + 0.000742870370370241 + 123890826 / 86400, format="mjd", scale="tt").utc.mjd
    assert item.product.obscore.t_min == pytest.approx(expected, abs=1e-8)
    assert item.product.obscore.t_exptime == 1687.0


@pytest.mark.parametrize(
    "day", ["1972-01-01", "1972-07-01", "1998-12-31T23:59:59", "1999-01-01", "2017-01-01", "2026-05-05"]
)
@pytest.mark.parametrize("scale", ["tai", "tt"])
def test_leap_seconds_are_those_of_astropy(day: str, scale: str) -> None:
    """TAI and TT are brought to UTC as astropy does, on both sides of leap seconds."""
    found = utc_days(float(getattr(Time(day, scale="utc"), scale).mjd), scale.upper())
    assert found == pytest.approx(to_mjd(day), abs=1e-8)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2011-06-07T12:34:56.789", "2011-06-07T12:34:56.789"),
        ("2011-06-07T12:34:56Z", "2011-06-07T12:34:56"),
        ("2011-06-07 12:34", "2011-06-07T12:34:00"),
        ("07/06/2011", "2011-06-07"),
        ("07/06/94", "1994-06-07"),
        ("20110607", "2011-06-07"),
        ("20110607_123456", "2011-06-07T12:34:56"),
        ("2011.06.07_12:34:56_TAI", "2011-06-07T12:34:56"),
        ("2019-11-21T23-59-45", "2019-11-21T23:59:45"),
        ("2016-12-31T23:59:60", "2017-01-01T00:00:00"),
        ("2019-11-21T23:59:45.123733", "2019-11-21T23:59:45.123733"),
    ],
)
def test_dates_in_the_styles_of_producers(text: str, iso: str) -> None:
    """Each style met in real files is read to the microsecond."""
    assert to_mjd(text) == pytest.approx(Time(iso, scale="utc").mjd, abs=1e-10)


@pytest.mark.parametrize(
    "text", ["2011-02-30", "2011-13-01", "yesterday", "", "2011", "99999-01-01", "2011-06-07T25:00:00"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    """Nonsense is not made into a day."""
    with pytest.raises(ValueError, match="date"):
        to_mjd(text)


def test_angles_and_numbers_in_the_styles_of_producers() -> None:
    """Numbers as texts, sexagesimal angles, Fortran exponents."""
    assert to_degrees("22d00m52.2s") == pytest.approx(22.0145)
    assert to_degrees("-00:30:00") == -0.5
    assert to_hours("05:34:31.94") == pytest.approx(83.633083333)
    assert to_number("1.5D3") == 1500.0
    assert to_degrees(" 83.6 ") == 83.6
    for text in ("nan", "inf", "", "12:61:00", True):
        with pytest.raises(ValueError, match="expected"):
            to_degrees(text)


def test_a_hostile_header_is_described_in_peace(policies: PolicySet, real: dict[str, Real]) -> None:
    """Values of wrong types and sizes become None and warnings, whatever they are."""
    agreement = policies.agreement("tess")
    rule, names = agreement.rule_for("data/x_lc.fits") or (None, {})
    sound = real["tess/tic55525572_s0005/tic55525572_lc.fits"]
    hostile = [
        None,
        True,
        math.inf,
        "x" * 100_000,
        "\x00\x1b[31m",
        [],
        [None],
        {},
        b"bytes",
        10**400,
        "1e999",
        object(),
    ]
    for value in hostile:
        header = dict.fromkeys(
            ("OBJECT", "SECTOR", "RA_OBJ", "DEC_OBJ", "DATE-OBS", "TICID", "TELESCOP"), value
        )
        inspection = Inspection("data/x_lc.fits", _FORMAT, (header, header), ({}, {}))
        product = describe_product(agreement, rule, inspection, names)
        assert product.obscore.s_ra is None
        assert product.obscore.t_min is None
        assert all(len(str(text)) < 5000 and "\x00" not in str(text) for text in product.values.values())
        assert policies.tree.place(agreement, rule, product.fields).path.startswith("tess/n1")
    assert sound.product.obscore.s_ra is not None
