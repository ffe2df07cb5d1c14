"""Receipts read for what was decided: their findings, which may be thousands, are proven and left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.errors import DamageError
from oais.functions.administration import initialise
from oais.functions.receipts import each_receipt, issue_receipt, open_receipt, receipt_path
from oais.information.findings import Finding, Severity
from oais.information.packages import Receipt

NAME = "r20261122T120000Z-0123abcd"
MEAN = '\n ],\n "aip_id": "another",\n "findings": [\n'
"""What looks like the end of the findings, in one of them."""


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive without any receipt."""
    return initialise(tmp_path / "home")


def _issued(archive: Archive, number: int) -> Receipt:
    found = Finding("FMT-001", Severity.WARNING, "a clause", f"data/{MEAN}", MEAN, 'say ["what"] ] it is')
    return issue_receipt(
        archive,
        Receipt(
            NAME,
            "accepted",
            f"bag {MEAN}",
            "2026-11-22T12:00:00Z",
            "a",
            "b",
            "c",
            "x.y",
            3,
            (found,) * number,
        ),
    )


@pytest.mark.parametrize("number", [0, 1, 700])
def test_a_receipt_without_its_findings_is_else_the_same(archive: Archive, number: int) -> None:
    """Whatever stands in the findings, everything beside them is read as it was written."""
    issued = _issued(archive, number)
    ((path, read),) = each_receipt(archive)
    assert path == receipt_path(archive, NAME)
    assert read == replace(issued, findings=())
    assert open_receipt(archive, NAME) == issued


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"a clause", b"b clause"),
        (b'"accepted"', b'"refused"'),
        (b"\n ]", b"\n  "),
        (b' "findings"', b' "found"'),
    ],
)
def test_damage_is_told_of_findings_that_are_not_taken_apart(
    archive: Archive, was: bytes, becomes: bytes
) -> None:
    """The signature is of the whole receipt: a byte changed within the findings is found as any other."""
    _issued(archive, 3)
    path = receipt_path(archive, NAME)
    data = path.read_bytes()
    assert was in data
    path.write_bytes(data.replace(was, becomes, 1))
    ((_, read),) = each_receipt(archive)
    assert isinstance(read, DamageError)
    assert NAME in read.message
