"""What lies beside the AIPs is told by the next audit too: every file of the home, wherever a bit changed."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from oais.archive import Archive, Home, open_home
from oais.cli.commands import run
from oais.errors import ArchiveError
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.audit.beside import refused_findings
from oais.functions.auditing import Auditor
from oais.functions.copies.locations import add_location
from oais.functions.copies.repair import recorded_in, repair
from oais.functions.copies.replication import sync_all
from oais.functions.database_check import UncheckedError, fault_of
from oais.functions.ledger.recording import record_audit
from oais.functions.people.accounts import Entry, create_administrator
from oais.functions.people.authority import OPERATOR
from oais.functions.people.groups import new_group
from oais.functions.policy.recording import record_policies
from oais.functions.service import open_service
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from oais.information.budget import Budget
from oais.information.identifiers import object_path
from tests.functions.conftest import SteadyClock
from tests.functions.copied import flip
from tests.functions.deliveries import plain_bag

MADE_AGAIN = ("search_index/", "audits/", "looks/", "staging/", "quarantine/", "mail/", ".search_index.lock")
"""What docs/format.md says may be deleted: nothing of it is believed."""

NOT_TOLD = {
    "oais.sqlite": "most of its pages are empty; tests/functions/test_database_check.py changes the others",
}


@pytest.fixture
def furnished(archive: Archive, tmp_path: Path) -> Archive:
    """An archive with something in every room: a repair, refusals, people, policies, an audit on record."""
    bags = [
        plain_bag(tmp_path / "held.bag", "x.held", {"a.csv": b"time,flux\n1,2\n"}),
        plain_bag(tmp_path / "bad.bag", "x.bad", {"bad.fits": b"SIMPLE", "a.csv": b"1,2\n"}),
        _tarred(plain_bag(tmp_path / "tarred.bag", "x.tarred", {"bad.fits": b"SIMPLE"})),
    ]
    assert [told.outcome for told in submit(archive, bags)] == ["stored", "refused", "refused"]
    add_location(archive, "vault", tmp_path / "vault")
    service = open_service(archive)
    create_administrator(service, Entry("rut", "Rut", "rut@example.org"), "four unconnected words do")
    new_group(service, OPERATOR, "team")
    record_policies(service)
    service.database.close()
    assert [told.findings for told in sync_all(archive)] == [()]
    flip(next(find_aip(archive, "x.held").path.glob("v1/content/**/a.csv")))
    assert repair(archive, object_path("x.held"), recorded_in(archive)).whole
    summary = run_audit(archive, select_for_audit(archive), full=True)
    assert (summary.intact, summary.warnings) == (True, ())
    record_audit(archive, summary.started_at, summary.as_plain())
    return archive


def _tarred(bag: Path) -> Path:
    path = bag.with_suffix(".tar")
    with tarfile.open(path, "w") as tar:
        tar.add(bag, bag.name)
    return path


def _told(home: Path, *, full: bool = True) -> list[str]:
    """Audit everything; return what is told, with its path."""
    try:
        opened = open_home(home)
        summary = run_audit(opened, select_for_audit(opened), full=full, from_disk=False)
    except ArchiveError as error:
        return [error.message]
    found = [f"{item['path']} {item['message']}" for item in summary.as_plain()["findings"]]
    return [*found, *summary.warnings]


def _beside(home: Path) -> list[str]:
    """Return every file of the home that is neither in an AIP nor made again, by its path."""
    paths = (path for path in sorted(home.rglob("*")) if path.is_file() and path.stat().st_size)
    names = (path.relative_to(home).as_posix() for path in paths)
    kept = (name for name in names if not name.startswith(("aip/", *MADE_AGAIN)) and name not in NOT_TOLD)
    return [name for name in kept if "/unpacked/" not in name]  # it is what the container holds


def test_one_bit_of_any_file_is_told_with_its_path(
    furnished: Archive, seeded: random.Random, record_count: Callable[[str, int], None]
) -> None:
    """N1, P4: each file beside the AIPs, flipped at a drawn place; restored, nothing is told any more."""
    names, silent = _beside(furnished.home), []
    rooms = {"/".join(name.split("/")[:2]) for name in names}
    assert {
        "ledger/security.jsonl",
        "ledger/policies.jsonl",
        "ledger/repairs",
        "ledger/receipts",
        "ledger/tile",
        "ledger/checkpoint",
        "ledger/locations.jsonl",
        "policies/agreements",
        "policies/access.yaml",
        "oais.yaml",
        "keys/service.key",
        "keys/archive.key",
        "keys/archive.pub",
        "keys/trusted",
        "sip/refused",
    } <= rooms
    for name in names:
        path = furnished.home / name
        data = path.read_bytes()
        changed = bytearray(data)
        changed[seeded.randrange(len(data))] ^= 1 << seeded.randrange(8)
        path.write_bytes(changed)
        told = "\n".join(_told(furnished.home))
        if not any(part in told for part in _exact(name)):
            silent.append((name, told))
        path.write_bytes(data)
    assert silent == []
    assert _told(furnished.home) == []
    record_count("flips beside the AIPs", len(names))


def _exact(name: str) -> tuple[str, ...]:
    """Return what names the file: its path, its own name, or the delivery that it belongs to."""
    folders = name.split("/")
    return ("/".join(folders[:3]),) if folders[:2] == ["sip", "refused"] else (name, folders[-1])


GONE = (
    "oais.sqlite",
    "ledger/security.jsonl",
    "ledger/policies.jsonl",
    "policies/access.yaml",
    "keys/archive.key",
)


def test_a_file_that_is_gone_is_told(furnished: Archive) -> None:
    """What an archive cannot be without, each by its name; nothing of a database that lies elsewhere."""
    rules = furnished.home / "policies" / "access.yaml"
    rules.write_bytes(rules.read_bytes() + b"# a remark\n")
    record_policies(open_service(furnished))
    assert _told(furnished.home) == []
    for name in GONE:
        path = furnished.home / name
        path.rename(furnished.home / "aside")
        assert name in "\n".join(_told(furnished.home)), name
        (furnished.home / "aside").rename(path)
    (furnished.home / "oais.sqlite").unlink()
    with (furnished.home / "oais.yaml").open("a") as settings:
        settings.write("database: postgresql+psycopg://oais@db.example/oais\n")
    (told,) = _told(furnished.home)
    assert told.startswith("oais.yaml was changed")


def test_a_log_of_people_whose_beginning_is_cut_off_is_told(furnished: Archive) -> None:
    """Each line is bound to the one before."""
    path = furnished.home / "ledger" / "security.jsonl"
    path.write_bytes(path.read_bytes().split(b"\n", 1)[1])
    assert "ledger/security.jsonl: line 1" in "\n".join(_told(furnished.home))


def test_a_report_without_its_signature_is_told(furnished: Archive) -> None:
    """AUD-012, an error: the command ends with damage."""
    (signature,) = (furnished.home / "ledger" / "repairs").glob("*.sig")
    signature.unlink()
    (found,) = _findings(furnished.home)
    assert (found["code"], found["path"]) == ("AUD-012", f"ledger/repairs/{signature.name}")
    assert run(["audit", "--all", "--home", str(furnished.home)]) == 3


def _findings(home: Home | Path) -> list[dict[str, str]]:
    opened = open_home(home) if isinstance(home, Path) else home
    return list(run_audit(opened, select_for_audit(opened), from_disk=False).as_plain()["findings"])


def test_a_policy_that_somebody_edits_is_a_warning_until_it_is_on_record(furnished: Archive) -> None:
    """Editing is what the file is for: the audit says so and ends well, and no more once it is recorded."""
    rules = furnished.home / "policies" / "access.yaml"
    rules.write_bytes(rules.read_bytes() + b"# a remark\n")
    (furnished.home / "policies" / "formats.yaml").write_bytes(b"# none of the rules of access\n")
    told = run_audit(furnished, select_for_audit(furnished), from_disk=False)
    assert told.intact
    (warning,) = told.warnings
    assert "policies/access.yaml differs since" in warning
    assert "look at 'oais policy check'" in warning, "what is warned of comes with what to do"
    record_policies(open_service(furnished))
    assert run_audit(furnished, select_for_audit(furnished), from_disk=False).warnings == ()


def test_refused_deliveries_are_read_by_a_full_audit_alone(furnished: Archive) -> None:
    """P3: both forms of a delivery; the daily audit does not read them; one thrown away is no loss."""
    kept = sorted(furnished.refused.iterdir())
    places = {path.relative_to(furnished.home).as_posix() for path in kept}
    paid: list[float] = []
    budget = Budget(1.0, clock=lambda: 0.0, sleep=paid.append)
    assert list(refused_findings(furnished, budget)) == []
    there = [path for path in furnished.refused.rglob("*") if path.is_file() and "unpacked" not in path.parts]
    assert paid[-1] + 0.5 == sum(path.stat().st_size for path in there)  # half a second is free
    for folder in kept:
        flip(next(path for path in there if folder in path.parents))
    assert _told(furnished.home, full=False) == []
    assert {line.split(" ")[0] for line in _told(furnished.home)} == places
    for folder in kept:
        shutil.rmtree(folder)
    assert _told(furnished.home) == []


def test_the_database_of_people_is_checked_by_sqlite(furnished: Archive, tmp_path: Path) -> None:
    """AUD-010 for pages that are no database any more; one that is in use is read all the same."""
    path = furnished.home / "oais.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("BEGIN IMMEDIATE")
        assert fault_of(path) == ""
        database.rollback()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sound = path.read_bytes()
    for name, data in (
        ("head", b"no database" + sound[11:]),
        ("page", sound[:4096] + bytes(4096) + sound[8192:]),
        ("cut", sound[: len(sound) // 2]),
    ):
        path.write_bytes(data)
        assert [found["code"] for found in _findings(furnished.home)] == ["AUD-010"], name
    path.write_bytes(sound)
    assert _findings(furnished.home) == []


def test_what_the_disk_does_not_give_is_not_called_wrong(
    furnished: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EIO of each of these files is AUD-009: it may be whole (N3)."""
    (report,) = (furnished.home / "ledger" / "repairs").glob("*.xml")
    real, refused = os.open, [""]

    def opened(path: object, *words: object, **more: object) -> int:
        if os.fspath(path) == refused[0]:  # type: ignore[call-overload]
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return real(path, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", opened)
    refused[0] = str(report.with_suffix(".xml.sig"))
    assert {found["code"] for found in _findings(furnished.home)} == {"AUD-009"}
    monkeypatch.setattr(
        "oais.functions.audit.beside.fault_of_people",
        lambda path: (_ for _ in ()).throw(UncheckedError("EIO")),
    )
    refused[0] = ""
    (found,) = _findings(furnished.home)
    assert (found["code"], found["path"]) == ("AUD-009", "oais.sqlite")


def test_the_worker_compares_it_once_a_day(furnished: Archive) -> None:
    """A log of many years is not read whenever an AIP is due; what is wrong stands in a report each day."""
    clock, timer = cast("SteadyClock", furnished.clock), [1000.0]
    auditor = Auditor(open_service(furnished), clock=lambda: timer[0])
    path = furnished.home / "ledger" / "security.jsonl"
    path.write_bytes(path.read_bytes().split(b"\n", 1)[1])
    for hours in (0, 24, 12, 12):
        timer[0] += hours * 3600
        clock.now += timedelta(hours=hours)
        auditor.audit_due()
    kept = sorted((furnished.home / "ledger" / "audits").glob("*.json"))
    reports = [json.loads(report.read_bytes()) for report in kept][1:]
    assert [{found["code"] for found in report["findings"]} for report in reports] == [
        {"AUD-011"},
        set(),
        {"AUD-011"},
    ]
    assert reports[1]["aips"] == 1
