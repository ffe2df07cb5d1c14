"""The second opinion must itself be able to say no, or its yes means nothing."""

from pathlib import Path

import pytest

from tests.conftest import EarkValidator

NEARLY_EMPTY = (
    '<mets xmlns="http://www.loc.gov/METS/" xmlns:csip="https://DILCIS.eu/XML/METS/CSIPExtensionMETS"'
    ' csip:OAISPACKAGETYPE="AIP"><metsHdr/><structMap LABEL="CSIP"><div LABEL="x"/></structMap></mets>'
)


@pytest.mark.parametrize("mets", [None, "<mets", "<mets/>"], ids=["missing", "broken", "foreign"])
def test_what_is_no_package_gets_errors(eark: EarkValidator, tmp_path: Path, mets: str | None) -> None:
    """A folder without METS, or with one that cannot be read, is answered with an error."""
    if mets is not None:
        (tmp_path / "METS.xml").write_text(mets, encoding="utf-8")
    answer = eark(tmp_path)
    assert answer["errors"]
    assert all(finding["message"] for finding in answer["errors"])


def test_rules_are_named(eark: EarkValidator, tmp_path: Path) -> None:
    """An empty package breaks the requirements it must, and is warned of what it should have."""
    (tmp_path / "METS.xml").write_text(NEARLY_EMPTY, encoding="utf-8")
    answer = eark(tmp_path)
    assert {finding["rule"] for finding in answer["errors"]} >= {"CSIP1", "CSIP2", "CSIP10"}
    assert {finding["rule"] for finding in answer["warnings"]} >= {"CSIP8", "CSIPSTR9"}
