"""A second writer of PDFs: what a browser prints of the same tables is read to the same values."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from oais.information.packages import Inspection
from oais.information.representation.inspection import Inspector
from policies.agreement import load_agreement
from policies.mapping import describe_product
from policies.report_reading import with_tables
from tests.functions.reported import METRICS, REPORT, RUN, STATUS
from tests.policies.test_report_reading import PDF, SHIPPED
from tests.web.test_browser import browser

__all__ = ["browser"]

pytestmark = pytest.mark.browser


def table(title: str, rows: dict[str, str]) -> str:
    """Return a table in HTML with its title above."""
    cells = "".join(
        f"<tr><td>{escape(label)}</td><td>{escape(said)}</td></tr>" for label, said in rows.items()
    )
    return f"<p>{title}</p><table>{cells}</table>"


PAGE = (
    "<h1>Data Reduction Pipeline Report</h1><p>Contents</p><p>2 Run 2</p><p>4 Metrics 3</p><h2>2 Run</h2>"
    f"{table('Table 1: Run informations', RUN)}<h2>3 Light curve</h2><h2>4 Metrics</h2>"
    f"{table('Table 2: Metrics', METRICS)}<h2>5 Status</h2>{table('Table 3: Data Reduction Steps', STATUS)}"
)


@pytest.mark.parametrize(
    "style",
    [
        "body{font:11pt serif} td{padding:2px 12px}",
        "body{font:9pt sans-serif} table{width:100%}",
        "body{font:12pt monospace} td{padding:0 4px}",
        "body{font:10pt serif; letter-spacing:.5px} td{padding:1px 6px}",
    ],
)
def test_values_are_read_however_it_is_set(
    browser: Browser, inspector: Inspector, tmp_path: Path, style: str
) -> None:
    """Proportional and fixed letters, wide and narrow columns, letters set apart: each row as it stands."""
    page = browser.new_page()
    page.set_content(f"<style>{style}</style>{PAGE}")
    path = tmp_path / REPORT
    path.write_bytes(page.pdf())
    page.close()
    text = inspector.text(path)
    assert (text.fault, text.parts) == ("", ())
    agreement = load_agreement(SHIPPED / "cheops.yaml")
    found = agreement.rule_for(f"data/{REPORT}")
    assert found is not None
    inspection = with_tables(Inspection(f"data/{REPORT}", PDF), found[0], text.lines)
    told = describe_product(agreement, found[0], inspection, found[1])
    assert told.findings == ()
    labels = {label.rstrip(":"): said for label, said in {**RUN, **METRICS}.items()}
    assert {item.source.partition("/")[2]: item.written for item in told.reported} == labels
    assert [link.value for link in told.provenance] == list(STATUS.values())
