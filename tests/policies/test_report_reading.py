"""From the lines of a report to its values, as an agreement says: pure, no PDF."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oais.information.description import ReportedValue
from oais.information.packages import FormatIdentification, Inspection
from policies.agreement import parse_agreement
from policies.mapping import MappedProduct, describe_product
from policies.report_reading import MISSING, NOT_GIVEN, UNREADABLE, with_tables
from policies.terms import Agreement
from policies.yaml import Fault
from tests.agreed import DEMO

SHIPPED = Path(__file__).resolve().parents[2] / "policies" / "shipped" / "agreements"
PDF = FormatIdentification("fmt/276", "PDF", "1.7", "application/pdf", "test", "given")
GOOD = (
    DEMO
    + """\
  L2: {calib_level: 2, title: Two}
products:
  - name: report
    file_name: 'r(?P<number>[0-9]+)\\.pdf'
    kind: report
    level: L2
    node: l2
    required: [Steps/Dark]
    provenance: [{role: step, name: Dark, from: Steps/Dark}]
    report:
      tables:
        Metrics: {begins: 'Table 2', ends: '^Figure'}
        Steps: {begins: 'Table 3'}
        All: {}
      none: [TODO]
      values:
        mad: {from: Metrics/MAD (ppm), as: number, unit: ppm, above: 0}
        noise: {from: [Metrics/Noise, Metrics/Scatter], as: number, below: mad}
        start: {from: All/Data start, as: date, same_as: t_min, within: 1/86400}
        many: {from: All/Integration (s), pattern: '\\(([0-9]+) x', as: integer}
        mode: {from: All/Mode, same_as: number}
tree:
  - {path: l2, title: Level 2, level: L2, kind: data set}
"""
)


def agreed(text: str = GOOD) -> Agreement:
    """Read an agreement that has no fault."""
    faults: list[Fault] = []
    agreement = parse_agreement(text, "demo.yaml", faults)
    assert agreement is not None, faults
    return agreement


def told(*lines: str) -> MappedProduct:
    """Describe a report of these lines."""
    agreement = agreed()
    found = agreement.rule_for("data/r7.pdf")
    assert found is not None
    inspection = with_tables(Inspection("data/r7.pdf", PDF), found[0], lines)
    return describe_product(agreement, found[0], inspection, found[1])


def value_of(name: str, *lines: str) -> ReportedValue:
    """Return one value of a report of these lines."""
    return {item.name: item for item in told(*lines).reported}[name]


@pytest.mark.parametrize(
    "line",
    [
        "MAD (ppm)      15259",
        "  MAD (ppm)  15259",
        "MAD (ppm): 15259",
        "MAD (ppm) 15259",
        "MAD (ppm)\t15259\tnot so much",
        "M A D    (ppm)      15259",
        "MAD (ppm)15259   MAD (ppm)  15259",
        "median      3      MAD  (ppm) =      15259",
        "MAD (ppm)      15259      Table of others",
    ],
)
def test_a_row_is_read_however_its_cells_stand(line: str) -> None:
    """A wide gap, a narrow one, a colon, a tabulator, a second table beside it, a third cell."""
    found = value_of("mad", "Table 2: Metrics", line)
    assert (found.value, found.unit, found.written, found.reason) == (15259.0, "ppm", "15259", "")
    assert found.source == "Metrics/MAD (ppm)"


def test_a_table_is_where_it_begins() -> None:
    """Rows before it, after its end and in another table are not its own; it may begin again."""
    other = ("MAD (ppm)   1", "Table 2", "Figure 1", "MAD (ppm)   2", "Table 3", "MAD (ppm)   3")
    assert value_of("mad", *other).reason == MISSING
    assert value_of("mad", *other, "Table 2, continued", "MAD (ppm)   4").value == 4.0


def test_words_that_only_follow_a_label_count_least() -> None:
    """A sentence that begins as a row does is not the row, where there is one."""
    assert value_of("mad", "Table 2", "MAD (ppm) is explained below", "MAD (ppm)   7").value == 7.0
    assert value_of("mad", "Table 2", "MAD (ppm)  is  said", "MAD (ppm)   7", "MAD (ppm)").value == 7.0
    assert value_of("mad", "Table 2", "MAD (ppm)", "MAD (ppm) 7").value == 7.0
    assert value_of("mad", "Table 2", "the MAD (ppm)   7", "NOMAD (ppm)   7").reason == MISSING


def test_the_first_of_several_labels_that_has_a_value_is_taken() -> None:
    """As with headers; what was taken is told."""
    assert value_of("noise", "Table 2", "Scatter   3").source == "Metrics/Scatter"
    assert value_of("noise", "Table 2", "Noise   N/A", "Scatter   3").value == 3.0
    assert value_of("noise", "Table 2", "Noise   2", "Scatter   3").value == 2.0


def test_why_there_is_no_value_is_told() -> None:
    """The report's own word for none, a row that is not there, and what is no number, are three things."""
    assert value_of("mad", "Table 2", "MAD (ppm)   TODO") == ReportedValue(
        "mad", "Metrics/MAD (ppm)", None, "ppm", "TODO", NOT_GIVEN
    )
    assert value_of("mad", "Table 2", "MAD (ppm)   n/a").reason == NOT_GIVEN
    assert value_of("mad", "Table 2", "MAD (ppm)").reason == NOT_GIVEN
    assert value_of("mad", "Table 2").reason == MISSING
    product = told("Table 2", "MAD (ppm)   many")
    assert product.reported[0].reason == UNREADABLE
    assert product.reported[0].written == "many"
    (found,) = [item for item in product.findings if item.code == "CON-001"]
    assert "mad of data/r7.pdf: found 'many', but a number is expected" in found.message


def test_rows_that_contradict_each_other_are_no_number() -> None:
    """Both are shown; the same twice is one."""
    twice = value_of("mad", "Table 2", "MAD (ppm)   7", "MAD (ppm)   8")
    assert (twice.value, twice.written, twice.reason) == (None, "7, 8", UNREADABLE)
    assert value_of("mad", "Table 2", "MAD (ppm)   7", "MAD (ppm)   7").value == 7.0


def test_values_are_made_as_those_of_headers() -> None:
    """Dates as MJD, a part of a text, and steps of processing by the same sources."""
    lines = (
        "Data start   2018-09-01T12:00:00",
        "Integration (s)   60.0 (3 x 20.0 s)",
        "Table 3",
        "Dark  done",
    )
    values = {item.name: item.value for item in told(*lines).reported}
    assert (values["start"], values["many"]) == (58362.5, 3)
    (link,) = told(*lines).provenance
    assert (link.role, link.name, link.value) == ("step", "Dark", "done")


_WORDS = st.sampled_from(
    ["Table 2", "MAD (ppm)", "Noise", "TODO", "7", ":", "=", "  ", "   ", "\t", "Figure"]
)


@given(st.lists(st.lists(_WORDS | st.text(max_size=8), max_size=9).map(" ".join), max_size=12))
def test_any_lines_make_values_or_say_why_not(lines: list[str]) -> None:
    """Each value of the agreement comes once, with a value or a reason, whatever the report holds."""
    reported = told(*lines).reported
    assert [item.name for item in reported] == ["mad", "noise", "start", "many", "mode"]
    for item in reported:
        assert (item.value is None) == bool(item.reason)
        assert len(item.written) <= 400


def test_a_line_of_nothing_but_gaps_is_read_in_time() -> None:
    """Of the longest lines and as many as a report may have, no text makes reading endless."""
    for line in ("MAD  " * 400, "MAD (ppm)  " * 180, " " * 1990 + "MAD (ppm)"):
        assert value_of("mad", "Table 2", "MAD (ppm)   5", *[line[:2000]] * 524).written.startswith("5")


def test_a_report_that_was_not_read_has_no_values() -> None:
    """They are not missing from it: nobody knows."""
    agreement = agreed()
    found = agreement.rule_for("data/r7.pdf")
    assert found is not None
    product = describe_product(agreement, found[0], Inspection("data/r7.pdf", PDF), found[1])
    assert product.reported == ()


FAULTS = {
    "no such table": (
        "Metrics/MAD (ppm)",
        "Metric/MAD (ppm)",
        "a table of this report (Metrics, Steps, All)",
    ),
    "no such bound": ("below: mad", "below: med", "a number or another of the values"),
    "no such value": ("same_as: number", "same_as: target", "a column of ObsCore, or a value"),
    "no source": ("{from: All/Mode, same_as: number}", "{as: text}", "it to be given"),
    "misspelt": ("unit: ppm", "units: ppm", "did you mean 'unit'"),
    "no tolerance": ("within: 1/86400", "within: a second", "a number"),
    "a table named as tags are": ("Steps: {begins", "tag: {begins", "a name of letters"),
    "a way that is none": ("none: [TODO]", "unreadable: ignore", "one of refuse, accept"),
}


@pytest.mark.parametrize(("old", "new", "expected"), FAULTS.values(), ids=FAULTS)
def test_faults_are_told_with_their_lines(old: str, new: str, expected: str) -> None:
    """Each as all of an agreement are."""
    assert old in GOOD
    faults: list[Fault] = []
    assert parse_agreement(GOOD.replace(old, new, 1), "demo.yaml", faults) is None
    assert any(expected in str(fault) and fault.line > 15 for fault in faults), [str(each) for each in faults]


def test_all_faults_of_a_report_are_told_at_once_each_with_its_line() -> None:
    """What is named and not there does not wait for what is misspelt, nor the other way round."""
    changes = {
        "Metrics/MAD (ppm)": "Metric/MAD (ppm)",
        "above: 0": "above: nan",
        "Metrics/Scatter": "Metrik/Scatter",
        "below: mad": "below: med",
        "same_as: t_min, within: 1/86400": "same_as: t_mni, within: -1",
        "as: integer": "as: integr",
    }
    text = GOOD
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    faults: list[Fault] = []
    assert parse_agreement(text, "demo.yaml", faults) is None
    first = 1 + next(at for at, line in enumerate(GOOD.splitlines()) if line.strip().startswith("mad:"))
    lines = [first, first, first + 1, first + 1, first + 2, first + 2, first + 3]
    assert sorted(fault.line for fault in faults) == lines, [str(each) for each in faults]
