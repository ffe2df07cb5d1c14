"""The drill finds what it planted in copies, says so when an audit is blind, and leaves the archive alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.cli import main
from oais.errors import DamageError
from oais.functions.audit import run_audit
from oais.functions.audit.drill import run_drill
from oais.functions.audit.selecting import select_for_audit
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from tests.functions.conftest import tree_digest
from tests.functions.deliveries import plain_bag


@pytest.fixture
def held(archive: Archive, tmp_path: Path) -> Archive:
    """An archive that holds two AIPs, one in two versions."""
    bags = [
        plain_bag(tmp_path / "a.bag", "one.aip", {"a.csv": b"1,2\n"}),
        plain_bag(tmp_path / "b.bag", "two.aip", {"b.csv": b"3,4\n"}),
        plain_bag(tmp_path / "c.bag", "two.aip", {"b.csv": b"5,6\n"}),
    ]
    for bag in bags:
        assert [told.error for told in submit(archive, [bag])] == [""]
    return archive


def test_all_that_was_planted_is_found_and_nothing_is_left(
    held: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every kind of file and of damage, with the exact path; the archive is byte for byte as before."""
    run_audit(held, select_for_audit(held))  # so that there is a log of audits to be damaged
    before = tree_digest(held.home)
    assert main(["audit", "drill", "--home", str(held.home), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["aips"], told["missed"]) == (2, 0)
    assert {item["damage"] for item in told["planted"]} == {
        "one bit flipped",
        "last byte cut off",
        "deleted",
        "a link in its place",
        "a file added",
    }
    paths = {item["path"] for item in told["planted"]}
    own = {"inventory.json", "v2/inventory.json.sha512", "logs/signatures/v1.inventory.json.sig"}
    assert own | {"logs/audits.jsonl"} <= paths
    after = tree_digest(held.home)
    assert {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)} <= {
        "staging/building.lock"
    }


def test_an_audit_that_is_blind_fails_the_drill(
    held: Archive, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bits flipped in content are missed by an audit that compares no digest: exit code 3, each named."""
    monkeypatch.setattr("aip.audit._compare", lambda *_: ())
    assert main(["audit", "drill", "one.aip", "--seed", "7", "--home", str(held.home)]) == 3
    told = capsys.readouterr().out
    assert "missed" in told
    assert "seed 7" in told


def test_the_same_seed_plants_the_same(held: Archive) -> None:
    """A drill can be repeated."""
    chosen = select_for_audit(held, "one.aip")
    one, other = (run_drill(held, chosen, 11, lambda: None) for _ in range(2))
    assert [(item.path, item.damage) for item in one.planted] == [
        (item.path, item.damage) for item in other.planted
    ]


def test_an_aip_that_is_damaged_already_is_told(held: Archive) -> None:
    """What is found there would say nothing."""
    (find_aip(held, "one.aip").path / "stray").touch()
    with pytest.raises(DamageError, match="is not sound"):
        run_drill(held, select_for_audit(held, "one.aip"), 1, lambda: None)
    assert not list(held.staging.glob("audit-drill-*"))
