"""What should be here and is not: whole AIPs, versions, receipts, the store itself; and what an audit needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from oais.archive import Archive
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from oais.functions.validation import validate
from tests.functions.deliveries import plain_bag


@pytest.fixture
def held(archive: Archive, tmp_path: Path) -> Archive:
    """An archive that holds two AIPs, one of them in two versions."""
    bags = [
        plain_bag(tmp_path / "a1.bag", "one.aip", {"a.csv": b"1,2\n"}),
        plain_bag(tmp_path / "b1.bag", "two.aip", {"b.csv": b"3,4\n"}),
        plain_bag(tmp_path / "b2.bag", "two.aip", {"b.csv": b"5,6\n"}),
    ]
    for bag in bags:
        assert [told.error for told in submit(archive, [bag])] == [""]
    assert find_aip(archive, "two.aip").head == 2
    return archive


def test_each_fault_of_the_store_is_told_once(held: Archive) -> None:
    """The check of the root and that of each AIP see the same bytes; who reads the list sees one line each."""
    place = find_aip(held, "one.aip").path
    (place / "v1" / "content" / "empty").mkdir()
    (place / "stray.txt").write_bytes(b"x")
    content = next((place / "v1" / "content" / "representations").rglob("a.csv"))
    content.write_bytes(b"9,9\n")
    told = [(found.code, found.path, found.message) for found in validate(held.aip_root).findings]
    assert len(told) == len(set(told))
    assert {"E024", "E092"} <= {code for code, _, _ in told}
