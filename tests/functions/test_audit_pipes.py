"""A pipe where a file of the home should be keeps no audit waiting, and nobody else either."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oais.archive import Archive, open_home
from oais.errors import ArchiveError, DamageError
from oais.functions.audit.beside import beside_findings
from oais.functions.clock import forward_clock
from oais.functions.policy.recording import record_policies
from oais.functions.receipts import each_receipt, receipt_path
from oais.functions.service import open_service


@contextmanager
def soon() -> Iterator[None]:
    """Fail, and do not wait for ever, when something is not done within five seconds."""

    def late(*_: object) -> None:
        raise TimeoutError("it waits for a writer")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("ledger/security.jsonl", "AUD-009"),
        ("keys/archive.key", "AUD-015"),
        ("keys/trusted/0123456789abcdef.pem", "AUD-009"),
        ("policies/access.yaml", "AUD-009"),
        ("policies/agreements/new.yaml", "AUD-009"),
    ],
)
def test_a_pipe_is_told_and_waited_for_by_nobody(archive: Archive, place: str, code: str) -> None:
    """What cannot be read is not taken for damage, but it is told."""
    (archive.home / "policies" / "agreements").mkdir(exist_ok=True)
    record_policies(open_service(archive))
    pipe(archive.home / place)
    with soon():
        assert code in {found.code for found in beside_findings(open_home(archive.home))}


def test_a_pipe_in_place_of_the_security_log_keeps_no_service_waiting(archive: Archive) -> None:
    """The clock asks it for its last event before anything is served."""
    pipe(archive.home / "ledger" / "security.jsonl")
    with soon(), pytest.raises(ArchiveError, match="reading the security log"):
        forward_clock(archive)


def test_a_receipt_of_nothing_but_brackets_is_told_as_damage(archive: Archive) -> None:
    """Python gives up on it in another way than on what is no JSON."""
    path = receipt_path(archive, f"r{datetime(2026, 11, 22, 12, tzinfo=UTC):%Y%m%dT%H%M%SZ}-0123abcd")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"[" * 100_000)
    path.with_suffix(".json.sig").write_bytes(b"")
    ((_, read),) = each_receipt(archive)
    assert isinstance(read, DamageError)
