"""The dossier: its figures are those of the archive now, its commands and documents exist, it is signed."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from oais.archive import Archive, open_archive
from oais.cli import main
from oais.functions.administration import initialise
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.copies.locations import add_location
from oais.functions.copies.replication import sync_all
from oais.functions.ledger.recording import record_audit
from oais.functions.preservation.dossier.facts import gather
from oais.functions.preservation.dossier.making import make_dossier, requirements
from oais.functions.submission import submit
from tests.functions.deliveries import demo_bag, plain_bag
from workshop import reference

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive with two AIPs, audited, and without a copy elsewhere."""
    place = tmp_path_factory.mktemp("dossier")
    made = initialise(place / "home", name="Archive <of> tests & co")
    bags = [demo_bag(place / "hk.bag"), plain_bag(place / "p.bag", "plain.one", {"a.txt": b"words\n"})]
    assert [told.error for told in submit(made, bags)] == ["", ""]
    audited(made)
    return made


def audited(archive: Archive) -> None:
    """Audit everything and write it into the ledger, as the command does."""
    told = run_audit(archive, select_for_audit(archive, None, None, 0))
    record_audit(archive, told.started_at, told.as_plain())


def test_every_row_can_be_followed() -> None:
    """Its facts are computed, its commands and documents exist, no id stands twice, and people are told."""
    commands = reference.command_tree()
    ids = [row.id for row in requirements()]
    assert len(ids) == len(set(ids))
    for row in requirements():
        assert row.facts or row.outside, row.id
        for command in row.commands:
            if command.startswith("oais "):
                found = [name for name in commands if f"{command} ".startswith(f"{name} ")]
                assert found, (row.id, command)
        for document in row.documents:
            assert (ROOT / document).is_file(), (row.id, document)
    assert {f"CTS R{number}" for number in range(1, 17)} <= set(ids)


def test_every_fact_is_computed_and_used(archive: Archive) -> None:
    """Each fact speaks for some row, each row's facts exist, and none fails on a sound archive."""
    facts = gather(archive)
    used = {name for row in requirements() for name in row.facts}
    assert used == set(facts)
    assert not [fact for fact in facts.values() if fact.found.startswith("not known")]
    for name in ("receipts", "ledger", "signed", "reader", "audited", "findable", "identifiers"):
        assert facts[name].holds, facts[name]
    assert facts["receipts"].found.startswith("2 accepted, 0 refused, 0 damaged")
    assert facts["findable"].found == "2 of 2 AIPs in the catalogue"


def test_what_is_not_there_is_not_claimed(archive: Archive, tmp_path: Path) -> None:
    """Without copies the rows on copies are not fulfilled; with one they are, with three still not."""
    rows = {row.requirement.id: row for row in make_dossier(archive).rows}
    assert rows["NDSA Storage 1"].verdict == "not fulfilled"
    assert rows["CTS R14"].verdict == "in part"
    assert rows["CTS R5"].verdict == "for people to show"
    assert rows["CTS R3"].verdict == "in part"
    other = initialise(tmp_path / "home")
    submit(other, [plain_bag(tmp_path / "p.bag", "plain.one", {"a.txt": b"words\n"})])
    add_location(other, "elsewhere", tmp_path / "elsewhere")
    assert [told.findings for told in sync_all(other)] == [()]
    facts = gather(other)
    assert (facts["copies"].holds, facts["three copies"].holds) == (True, False)
    assert facts["audited"].holds is False


def test_a_fact_follows_what_happens(archive: Archive, tmp_path: Path) -> None:
    """An old audit does not speak for the archive any more; a lost signature, a changed receipt is seen."""
    later = replace(archive, clock=lambda: archive.clock().replace(year=archive.clock().year + 1))
    assert not gather(later)["audited"].holds
    (signature, *_) = archive.aip_root.rglob("v1.inventory.json.sig")
    aside = signature.rename(tmp_path / "sig")
    assert not gather(archive)["signed"].holds
    aside.rename(signature)
    (receipt, *_) = archive.receipts.rglob("*.json")
    text = receipt.read_bytes()
    receipt.write_bytes(text.replace(b"accepted", b"refusedd"))
    facts = gather(archive)
    assert not facts["receipts"].holds
    assert not facts["ledger"].holds
    receipt.write_bytes(text)
    assert gather(archive)["ledger"].holds


class Text(HTMLParser):
    """Collects the words and the addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.addresses: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_command_writes_a_page_that_openssl_proves(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str], program: Callable[[str], str]
) -> None:
    """Page and JSON say the same, fetch nothing, and both signatures are those of the archive's key."""
    target = tmp_path / "dossier"
    assert main(["dossier", str(target), "--home", str(archive.home)]) == 0
    assert "does not hold  copies" in capsys.readouterr().out
    told = json.loads((target / "dossier.json").read_bytes())
    assert sum(told["counts"].values()) == len(told["rows"]) == len(requirements())
    page = Text()
    page.feed((target / "dossier.html").read_text("utf-8"))
    words = " ".join(" ".join(page.words).split())
    assert page.addresses == []
    assert "Archive <of> tests & co" in words
    for row in told["rows"]:
        assert row["words"] in words
        for fact in row["evidence"]:
            assert " ".join(fact["found"].split()) in words
    for name in ("dossier.json", "dossier.html"):
        line = [program("openssl"), "pkeyutl", "-verify", "-pubin", "-inkey", "archive.pub.pem", "-rawin",
                "-in", name, "-sigfile", f"{name}.sig"]  # fmt: skip
        assert subprocess.run(line, cwd=target, capture_output=True, check=False).returncode == 0
    data = (target / "dossier.json").read_bytes()
    (target / "dossier.json").write_bytes(data.replace(b"fulfilled", b"fulfillad", 1))
    assert subprocess.run([*line[:-3], "dossier.json", "-sigfile", "dossier.json.sig"], cwd=target,
                          capture_output=True, check=False).returncode != 0  # fmt: skip


def test_it_is_not_written_into_the_archive(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    """The rooms of the archive hold nothing but its own."""
    assert main(["dossier", str(archive.home / "d"), "--home", str(archive.home)]) == 2
    assert "lies inside the archive" in capsys.readouterr().err
    assert open_archive(archive.home).home == archive.home
    assert not re.search("dossier", " ".join(path.name for path in archive.home.iterdir()))
