"""What is said of a report: where it contradicts the other products or itself, and what it lacks."""

from __future__ import annotations

import pytest

from oais.information.findings import Finding, Severity, finding
from oais.information.packages import FormatIdentification, Inspection
from policies.agreement import load_agreement
from policies.mapping import describe_product
from policies.report_reading import with_tables
from sip.checks.delivery import Delivery
from sip.checks.reports import Held, check_reports
from tests.functions.reported import CURVE, METRICS, REPORT, RUN, STATUS
from tests.policies.test_report_reading import PDF, SHIPPED, agreed

FITS = FormatIdentification("x-fmt/383", "FITS", "4.0", "application/fits", "test", "given")
HEADER = {
    "PROGTYPE": 11,
    "PROG_ID": 47,
    "REQ_ID": 4,
    "VISITCTR": 1,
    "OBSID": 1532996,
    "PI_NAME": "Alexis Smith",
    "SPECTYPE": "A2V",
    "MAG_G": 7.575,
    "TARGNAME": "KELT-20",
    "T_STRT_U": "2021-07-11T04:05:52.140994",
    "T_STOP_U": "2021-07-11T15:06:01.670544",
}
REPORTED = f"data/{REPORT}"


def checked(
    changed: dict[str, str] | None = None, header: dict[str, object] | None = None, held: Held = lambda _: ()
) -> list[Finding]:
    """Check a report with some rows changed, empty ones left out, beside a light curve of this header."""
    told = {**RUN, **METRICS, **STATUS, **(changed or {})}
    lines = [
        line
        for title, table in (
            ("Run informations", RUN),
            ("Metrics", METRICS),
            ("Data Reduction Steps", STATUS),
        )
        for line in (f"Table 1: {title}", *(f"{label}     {told[label]}" for label in table if told[label]))
    ]
    agreement = load_agreement(SHIPPED / "cheops.yaml")
    ruled = agreement.rule_for(REPORTED)
    assert ruled is not None
    curve = Inspection(f"data/{CURVE}", FITS, ({}, HEADER if header is None else header), ({}, {}))
    inspections = {
        REPORTED: with_tables(Inspection(REPORTED, PDF), ruled[0], lines),
        f"data/{CURVE}": curve,
    }
    products = {}
    for path, inspection in inspections.items():
        found = agreement.rule_for(path)
        assert found is not None
        products[path] = describe_product(agreement, found[0], inspection, found[1])
    return list(check_reports(Delivery("1.0", {}, inspections), agreement, products, held))


def test_a_report_that_says_what_the_headers_say_is_not_spoken_of() -> None:
    """To the second, whatever the case of its words; a metric that was not computed is no fault."""
    assert checked() == []
    assert (
        checked({"Data start": "2021-07-11T04:05:52", "PI Name": "alexis SMITH", "Visit id": "01532996"})
        == []
    )


@pytest.mark.parametrize(
    ("label", "said", "column", "held"),
    [
        ("Data start", "2021-07-11T04:05:40", "t_min", "59406.1707"),
        ("Data stop", "2021-07-11T16:06:01", "t_max", "59406.6291"),
        ("Target Name", "simulation", "target_name", "KELT-20"),
        ("Mag V", "9.0", "magnitude", "7.575"),
        ("PI Name", "CHEOPSim", "pi", "Alexis Smith"),
        ("Visit id", "3204", "observation", "1532996"),
        ("Spectral Type", "G0", "spectral_type", "A2V"),
    ],
)
def test_a_difference_names_both_values(label: str, said: str, column: str, held: str) -> None:
    """It is a warning: neither is known to be the right one."""
    (found,) = checked({label: said})
    assert (found.code, found.severity, found.path) == ("RPT-004", Severity.WARNING, REPORTED)
    assert f"Run/{label} is '{said}'" in found.message
    assert f"{column} of the products is {held}" in found.message


def test_what_the_products_do_not_say_is_not_compared() -> None:
    """Nor is a product of another visit asked."""
    silent = {name: HEADER[name] for name in ("PROGTYPE", "PROG_ID", "REQ_ID", "VISITCTR")}
    assert checked({"Target Name": "simulation"}, silent) == []
    assert checked({"Target Name": "simulation"}, {**HEADER, "VISITCTR": 2}) == []


def test_what_the_delivery_does_not_say_is_compared_with_what_is_held() -> None:
    """Of the report's own visit; where the delivery says it itself, nobody is asked."""
    other = {**HEADER, "VISITCTR": 2}
    asked = []

    def held(visit: str) -> tuple[dict[str, object], ...]:
        asked.append(visit)
        return ({"target_name": "KELT-20", "pi": None}, {"target_name": None, "magnitude": 7.5})

    (found,) = checked({"Target Name": "simulation"}, other, held)
    assert "target_name of what is held of the visit is KELT-20" in found.message
    assert set(asked) == {"PR110047_TG000401"}
    asked.clear()
    assert len(checked({"Target Name": "simulation"}, None, held)) == 1
    assert asked == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"cdpp 6.5h (ppm)": "0"}, "cdpp_6_5_hours is '0', expected a value above 0"),
        ({"MAD (ppm)": "-3"}, "median_absolute_deviation is '-3', expected a value above 0"),
        (
            {"Data stop": RUN["Data start"]},
            "data_stop is '{0}', expected a value above data_start, which is '{0}'".format(RUN["Data start"]),
        ),
    ],
)
def test_a_value_that_cannot_well_be_is_odd(changed: dict[str, str], message: str) -> None:
    """Zero noise, and an observation that takes no time: warnings that block nothing."""
    found = [each for each in checked(changed) if each.code == "RPT-005"]
    assert [(each.severity, each.message) for each in found] == [(Severity.WARNING, message)]


def test_rows_that_are_missing_are_named_together() -> None:
    """The first of them; a report without any of its tables is one finding too."""
    (found,) = checked({"MAD (ppm)": "", "p2p (ppm)": ""})
    assert found.code == "RPT-003"
    assert found.message.startswith("Metrics/MAD (ppm), Metrics/p2p (ppm) cannot be found")
    (whole,) = checked(dict.fromkeys({**RUN, **METRICS, **STATUS}, ""))
    assert whole.message.startswith("Run/Data start, Run/Data stop, Run/Visit id")
    assert " and 23 more cannot be found" in whole.message


@pytest.mark.parametrize(
    ("unreadable", "codes"), [("accept", ["RPT-001"]), ("refuse", ["RPT-001", "AGR-018"])]
)
def test_only_the_agreement_refuses_what_cannot_be_read(unreadable: str, codes: list[str]) -> None:
    """And then by a finding of the agreement, which is an error."""
    shipped = (SHIPPED / "cheops.yaml").read_text(encoding="utf-8")
    assert "      none: [N/A, TODO]\n" in shipped
    agreement = agreed(shipped.replace("      none: [N/A, TODO]\n", f"      unreadable: {unreadable}\n"))
    found = agreement.rule_for(REPORTED)
    assert found is not None
    unread = Inspection(REPORTED, PDF, findings=(finding("RPT-001", REPORTED, "it is damaged"),))
    product = describe_product(agreement, found[0], unread, found[1])
    told = list(check_reports(Delivery("1.0", {}, {REPORTED: unread}), agreement, {REPORTED: product}))
    assert [each.code for each in told] == codes
    assert [each.severity for each in told][1:] == [Severity.ERROR] * (len(codes) - 1)
