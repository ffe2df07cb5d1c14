"""Killed, or failed by the disk, at every step of a withdrawal: the whole AIP is there, or its tombstone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from aip.validation.ocfl import check_ocfl_storage_root
from oais.archive import open_archive
from oais.database.orders import OrderState
from oais.errors import NotFoundError
from oais.functions.access.facade import open_access
from oais.functions.administration import initialise
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.data_management import check_index
from oais.functions.ledger.verifying import verify_ledger
from oais.functions.orders import fetching, placing, selection
from oais.functions.orders.consumers import consumer_of
from oais.functions.people.accounts import person_of
from oais.functions.recovery import sweep
from oais.functions.reopening import reopen
from oais.functions.service import open_service
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from oais.functions.withdrawal.asking import approve, ask
from oais.functions.withdrawal.keeping import ROOM, WithdrawnError
from policies.principals import Role
from tests.aip.crashing import DIED, DONE, OVERCOME, REFUSED, Fault, run_with_fault
from tests.functions.deliveries import plain_bag
from tests.web.people import account

GONE, KEPT = "one.gone", "two.kept"
SECRET = b"name,born\nAda Probe,1815-12-10\n"
MORE = ("unlink", "rmdir")


@pytest.fixture(scope="module")
def asked() -> Iterator[Path]:
    """The home of an archive in memory in which a withdrawal was asked for, and an order holds the AIP."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        archive = initialise(Path(folder) / "home", name="Test archive")
        for number, (aip_id, data) in enumerate(((GONE, b"a\n1\n"), (GONE, SECRET), (KEPT, b"b\n2\n"))):
            bag = plain_bag(Path(folder) / f"{number}.bag", aip_id, {"a.csv": data})
            assert [told.error for told in submit(archive, [bag])] == [""]
        service = open_service(archive)
        for login in ("ann", "ben"):
            account(service, login, Role.ARCHIVIST)
        access = open_access(archive, database=service.database)
        placing.place(
            consumer_of(service, access, "a browser"), selection.ticked(access, [GONE]).picks, "zip"
        )
        ann = person_of(service, "ann").identifier
        ask(service, ann, GONE, why="privacy", reason="It names a person.", basis="a letter")
        service.database.close()
        yield archive.home


def _approve(home: Path) -> None:
    service = open_service(open_archive(home))
    approve(service, person_of(service, "ben").identifier, GONE)
    service.database.close()


def _holding(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file() and SECRET in path.read_bytes()]


def _check_before(home: Path) -> bool:
    """Assert that a reader finds the whole AIP or the tombstone; return whether it is withdrawn."""
    archive = open_archive(home)
    try:
        stored = find_aip(archive, GONE)
    except WithdrawnError:
        with pytest.raises(WithdrawnError):
            open_access(archive).show(GONE)
        return True
    assert stored.head == 2
    assert all(file.size >= 0 for file in stored.open(2).files().values())
    assert open_access(archive).show(GONE).version == 2
    return False


def _check_after(home: Path) -> None:
    """Assert that a new start and a repeated command leave the tombstone, once, and nothing else of it."""
    archive = open_archive(home)
    gone = _check_before(home)
    assert reopen(archive).opened
    sweep(archive)
    assert _check_before(home) or not gone
    _approve(home)
    assert _check_before(home)
    assert _holding(home) == []
    told = run_audit(archive, select_for_audit(archive, None, None, 0))
    assert [(result.aip_id, result.findings) for result in told.damaged] == []
    assert check_index(archive) == []
    assert verify_ledger(archive) == []
    assert [found for found in check_ocfl_storage_root(archive.aip_root) if found.severity == "error"] == []
    assert sorted(path.name for path in (home / ROOM / "one%2egone").glob("*.json")) == [
        f"1.{step}.json" for step in ("decision", "deletion", "request", "tombstone")
    ]
    assert [path.name for path in archive.staging.iterdir() if path.is_dir()] == ["locks"]
    service = open_service(archive)
    access = open_access(archive, database=service.database)
    (order,) = fetching.list_orders(consumer_of(service, access, "a browser")).orders
    assert (order.state, "was withdrawn" in order.reason) == (OrderState.EXPIRED, True)
    service.database.close()


def _sweep_steps(asked: Path, fault: Fault, every: int) -> dict[int, int]:
    """Break the approval at each step, or each so manieth one, and return how many ended in which way."""
    ended: dict[int, int] = {}
    code, at, home = DIED, 0, asked.parent / "broken"
    while code != DONE:
        at += every if at else 1
        shutil.copytree(asked, home)
        try:
            code = run_with_fault(lambda: _approve(home), fault, at, MORE)
            assert code in {DIED, REFUSED, OVERCOME, DONE}
            ended[code] = ended.get(code, 0) + 1
            _check_after(home)
        except AssertionError as error:
            error.add_note(f"{fault} at step {at}, ended with {code}")
            raise
        finally:
            shutil.rmtree(home)
    return ended


def test_a_withdrawal_that_is_broken_off(asked: Path) -> None:
    """Killed at some steps: all of the AIP is there or the tombstone, and repeating finishes it."""
    assert _sweep_steps(asked, "killed", 13)[DIED] > 2


@pytest.mark.long
@pytest.mark.parametrize("fault", ["killed", "EIO", "ENOSPC"])
def test_a_withdrawal_that_is_broken_off_anywhere(asked: Path, fault: Fault) -> None:
    """At every fifth step; the proofs of storage meet every one."""
    ended = _sweep_steps(asked, fault, 5)
    assert ended[DIED if fault == "killed" else REFUSED] > 8


def test_without_a_tombstone_first_the_sweep_alarms(asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the tombstone is kept after the AIP has left; a crash in between is found by the oracle."""
    from oais.functions.withdrawal import removing

    home = asked.parent / "planted"
    shutil.copytree(asked, home)
    laid = removing._lay

    def late(archive: object, withdrawal: object) -> object:
        with monkeypatch.context() as patch:
            patch.setattr(removing, "keep", lambda *_: None)
            return laid(archive, withdrawal)  # type: ignore[arg-type]

    monkeypatch.setattr(removing, "_lay", late)
    monkeypatch.setattr(removing, "_delete", lambda _: os._exit(DIED))
    assert run_with_fault(lambda: _approve(home), "killed", 10**6) == DIED
    monkeypatch.undo()
    with pytest.raises(NotFoundError, match="the archive holds no AIP"):
        _check_before(home)
    shutil.rmtree(home)
