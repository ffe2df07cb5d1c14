"""What should be here and is not: whole AIPs, versions, receipts, the store; and what an audit needs."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from oais.archive import Archive, Home, open_archive, open_home
from oais.errors import ConfigurationError, NotFoundError, StorageError
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.administration import tell_status
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.audit.running import Manner, opened_run
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from oais.functions.validation import validate
from oais.web.app import create_app
from search_index.index import open_index
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
    """The check of the root and that of each AIP see the same bytes; a reader sees one line each."""
    place = find_aip(held, "one.aip").path
    (place / "v1" / "content" / "empty").mkdir()
    (place / "stray.txt").write_bytes(b"x")
    content = next((place / "v1" / "content" / "representations").rglob("a.csv"))
    content.write_bytes(b"9,9\n")
    told = [(found.code, found.path, found.message) for found in validate(held.aip_root).findings]
    assert len(told) == len(set(told))
    assert {"E024", "E092"} <= {code for code, _, _ in told}


def _told(archive: Home, aip_id: str | None = None) -> dict[str, list[str]]:
    """Audit everything, or one AIP; return the codes of what was found by what it is about."""
    summary = run_audit(archive, select_for_audit(archive, aip_id, None, 0), from_disk=False)
    told: dict[str, list[str]] = {}
    for found in summary.as_plain()["findings"]:
        told.setdefault(found["aip"], []).append(found["code"])
    assert summary.intact == (not told)
    return told


def _oais(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does."""
    return subprocess.run([sys.executable, "-m", "oais", *words], capture_output=True, text=True, check=False)


def test_a_deleted_aip_is_missed(held: Archive, tmp_path: Path) -> None:
    """Remove a whole AIP: the audit of all names it once though two receipts do; put back, all is intact."""
    place = find_aip(held, "two.aip").path
    shutil.move(place, tmp_path / "taken")
    assert _told(held) == {"two.aip": ["AUD-001"]}
    assert _told(held, "two.aip") == {"two.aip": ["AUD-001"]}
    assert _told(held, "one.aip") == {}
    with pytest.raises(NotFoundError):
        select_for_audit(held, "never.here", None, 0)
    shutil.move(tmp_path / "taken", place)
    assert _told(held) == {}


def test_the_command_ends_with_damage(held: Archive) -> None:
    """``oais audit --all`` and ``oais audit ID`` of a deleted AIP end with exit code 3."""
    shutil.rmtree(find_aip(held, "one.aip").path)
    for question in (["--all"], ["one.aip"]):
        done = _oais("audit", *question, "--home", str(held.home), "--json")
        assert done.returncode == 3, done.stderr
        (found,) = json.loads(done.stdout)["findings"]
        assert (found["aip"], found["code"]) == ("one.aip", "AUD-001")


def test_a_version_taken_back_is_missed(held: Archive) -> None:
    """An AIP rolled back to a sound v1, inventory, sidecar and signatures with it, is not intact."""
    place = find_aip(held, "two.aip").path
    shutil.rmtree(place / "v2")
    for name in ("inventory.json", "inventory.json.sha512"):
        shutil.copy(place / "v1" / name, place / name)
    for path in (place / "logs" / "signatures").glob("v2*"):
        path.unlink()
    assert _told(held) == {"two.aip": ["AUD-002"]}
    assert _told(held, "two.aip") == {"two.aip": ["AUD-002"]}


def test_a_receipt_that_was_changed_is_named(held: Archive) -> None:
    """A receipt with other words, without its signature, or with nothing in it is told with its path."""
    receipts = sorted(held.receipts.rglob("*.json"))
    receipts[0].write_bytes(receipts[0].read_bytes().replace(b"accepted", b"refused"))
    receipts[1].with_suffix(".json.sig").unlink()
    receipts[2].write_bytes(b"[]")
    summary = run_audit(held, select_for_audit(held, None, None, 0), from_disk=False)
    found = [item for item in summary.as_plain()["findings"] if item["code"] == "AUD-003"]
    assert [item["path"] for item in found] == [str(path.relative_to(held.home)) for path in receipts]


def _refusing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list: the disk does not give any file whose path ends with what is in it."""
    refused: list[str] = []
    opening = os.open

    def failing(path: object, *words: object, **more: object) -> int:
        if refused and os.fsdecode(path).endswith(tuple(refused)):  # type: ignore[arg-type]
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return opening(path, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", failing)
    return refused


def test_what_the_disk_does_not_give_beside_the_aips_is_no_damage(
    held: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receipt, its signature, a file of the storage root: told by its path as unreadable, not wrong."""
    receipt = min(held.receipts.rglob("*.json"))
    refused = _refusing(monkeypatch)
    for path in (receipt, receipt.with_suffix(".json.sig"), held.aip_root / "README.txt"):
        refused[:] = [str(path)]
        plain = run_audit(held, select_for_audit(held, None, None, 0), from_disk=False).as_plain()
        named = str(path.relative_to(held.home)).removesuffix(".sig")
        assert {(item["code"], item["path"]) for item in plain["findings"]} == {("AUD-009", named)}
        assert (plain["damaged"], plain["unreadable"]) == (0, 1)


def test_a_run_gone_on_with_asks_again_for_what_was_unreadable(
    held: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk did not give a file, and the run was stopped: the rest of it reads that file once more."""
    refused = _refusing(monkeypatch)
    refused.append("/v1/inventory.json.sha512")
    chosen = select_for_audit(held, None, None, 0)
    stopped = Manner(from_disk=False, enough=lambda: True)
    with opened_run(held, chosen, stopped) as run:
        assert [result.only_unreadable for result in run.results()] == [True]
        assert run.summary().as_plain()["unreadable"] == 1
    refused.clear()
    summary = run_audit(held, chosen, from_disk=False)
    assert (summary.resumed, summary.intact, summary.aips) == (True, True, 2)


def test_a_store_that_is_gone_is_damage(held: Archive) -> None:
    """Without its declaration the store is still audited, without aip/ every AIP is missed."""
    declaration = held.aip_root / "0=ocfl_1.1"
    for spoil in (lambda: declaration.write_bytes(b""), declaration.unlink):
        spoil()
        summary = run_audit(held, select_for_audit(held, None, None, 0), from_disk=False)
        assert [item["code"] for item in summary.as_plain()["findings"]] == ["AUD-004"]
        assert summary.aips == 2
    shutil.rmtree(held.aip_root)
    assert _told(held) == {"aip/": ["AUD-004"], "one.aip": ["AUD-001"], "two.aip": ["AUD-001"]}
    assert _told(held, "one.aip") == {"aip/": ["AUD-004"], "one.aip": ["AUD-001"]}


def test_an_audit_needs_neither_rules_nor_the_signing_key(held: Archive) -> None:
    """With every agreement broken and the private key lost, the audit still proves what is stored."""
    for path in (held.home / "policies").rglob("*.yaml"):
        path.write_bytes(b"\0")
    (held.home / "keys" / "archive.key").unlink()
    with pytest.raises(ConfigurationError):
        open_archive(held.home)
    assert _told(open_home(held.home)) == {}
    done = _oais("audit", "--all", "--home", str(held.home))
    assert done.returncode == 0, done.stderr
    shutil.rmtree(find_aip(held, "one.aip").path)
    assert _told(open_home(held.home)) == {"one.aip": ["AUD-001"]}


BROKEN = {
    "no YAML": b"name: [\n",
    "not UTF-8": b"\xff\n",
    "unknown setting": b"format: 1\nshoe_size: red\n",
    "wrong kind": b"format: 1\nworkers: many\n",
    "no format": b"name: 'One'\n",
    "empty": b"",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_audit_goes_on_without_its_settings(kind: str, held: Archive) -> None:
    """With oais.yaml broken the audit reads every byte with the defaults, finds damage, and says so."""
    (held.home / "oais.yaml").write_bytes(BROKEN[kind])
    with pytest.raises(ConfigurationError):
        open_archive(held.home)
    home = open_home(held.home)
    summary = run_audit(home, select_for_audit(home, None, None, 0), from_disk=False)
    assert (summary.aips, summary.intact) == (2, True)
    (warning,) = summary.as_plain()["warnings"]
    assert "oais.yaml" in warning
    assert "the defaults count" in warning
    shutil.rmtree(find_aip(held, "one.aip").path)
    assert _told(home) == {"one.aip": ["AUD-001"]}


def test_an_audit_without_settings_warns_and_ends_well(held: Archive) -> None:
    """The command tells the warning on standard error and in its JSON, and still ends by what it found."""
    (held.home / "oais.yaml").write_text("format: 1\nshoe_size: red\n")
    done = _oais("audit", "--all", "--json", "--home", str(held.home))
    assert done.returncode == 0, done.stderr
    assert "'shoe_size' is not a setting" in done.stderr
    assert "'shoe_size' is not a setting" in json.loads(done.stdout)["warnings"][0]


def test_an_archive_of_another_format_is_not_audited(held: Archive) -> None:
    """What lies in an archive of another format may mean something else: its number is told, alone."""
    (held.home / "oais.yaml").write_text("format: 2\nshoe_size: red\n")
    for opened in (open_home, open_archive):
        with pytest.raises(ConfigurationError, match="format is 2, this software reads format 1") as told:
            opened(held.home)
        assert "shoe_size" not in told.value.message


def test_a_missing_index_is_told_by_every_question(held: Archive) -> None:
    """Without search_index/ nobody is answered as if the archive were empty; a rebuild answers again."""
    assert tell_status(held).warnings == ()
    shutil.rmtree(held.index_root)
    opened = open_archive(held.home)
    access = open_access(opened)
    for ask in (access.holdings, access.tree, lambda: access.find(Question())):
        with pytest.raises(StorageError, match="the index is missing") as fault:
            ask()
        assert "oais index rebuild" in fault.value.remedy
        assert fault.value.http_status == 503
    site = TestClient(create_app(opened), base_url="http://localhost")
    assert site.get("/", headers={"Accept": "application/json"}).status_code == 503
    told = tell_status(opened)
    assert (told.aips, told.indexed_aips) == (2, 0)
    assert "oais index rebuild" in told.warnings[0]
    assert rebuild_index(opened) == 2
    assert tell_status(opened).warnings == ()


def test_status_tells_an_index_that_is_behind_or_ahead(held: Archive) -> None:
    """What the index does not know, and what only the index knows, is a warning with what to do."""
    open_index(held.index_root).remove(["one.aip"])
    assert "run `oais index rebuild`" in tell_status(held).warnings[0]
    rebuild_index(held)
    shutil.rmtree(find_aip(held, "one.aip").path)
    assert "oais audit --all" in tell_status(held).warnings[0]
    (found,) = check_index(held)
    assert (found.code, found.remedy[:15]) == ("IDX-002", "restore the AIP")
