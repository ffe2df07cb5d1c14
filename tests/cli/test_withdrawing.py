"""The command for two archivists: each proves who he is by his own password."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oais.archive import open_archive
from oais.cli import main
from oais.functions.service import open_service
from oais.functions.submission import submit
from policies.principals import Role
from tests.functions.deliveries import plain_bag
from tests.web.people import PASSWORD, account

GONE = "one.gone"
WISH = ("--why", "privacy", "--reason", "It names a person.", "--basis", "a letter")

Run = Callable[..., Any]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An archive with one AIP and two archivists."""
    path = tmp_path / "home"
    assert main(["init", str(path)]) == 0
    archive = open_archive(path)
    (told,) = submit(archive, [plain_bag(tmp_path / "a.bag", GONE, {"a.csv": b"a\n1\n"})])
    assert told.error == ""
    service = open_service(archive)
    for login in ("ann", "ben"):
        account(service, login, Role.ARCHIVIST)
    account(service, "rita")
    service.database.close()
    return path


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command with --json and a password, and return its exit code and object."""

    def runner(*words: str, typed: str = PASSWORD) -> tuple[int, Any]:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        code = main([*words, "--home", str(home), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return runner


def test_asked_by_one_and_approved_by_another(run: Run) -> None:
    """``oais withdraw ID`` asks; the AIP is there until the other approves, then only its tombstone."""
    code, told = run("withdraw", GONE, "--as", "ann", *WISH)
    assert (code, told["state"], told["asked_by"]) == (0, "asked for", "ann")
    code, told = run("withdraw", "approve", GONE, "--as", "ann")
    assert (code, "yourself" in told["error"]) == (1, True)
    assert run("show", GONE)[0] == 0
    code, told = run("withdraw", "approve", GONE, "--as", "ben")
    assert (code, told["state"]) == (0, "withdrawn")
    for words in (("show", GONE), ("get", GONE, "--to", "out"), ("audit", GONE)):
        code, told = run(*words)
        assert (code, "was withdrawn on" in told["error"]) == (2, True), words
    assert run("audit", "--all")[0] == 0
    assert [row["state"] for row in run("withdraw", "list")[1]["past"]] == ["withdrawn"]


def test_a_name_alone_is_nobody(run: Run) -> None:
    """Without the right password, or without the right role, nothing is asked and nothing approved."""
    assert run("withdraw", GONE, "--as", "ann", *WISH, typed="guess")[0] == 1
    assert run("withdraw", GONE, "--as", "rita", *WISH)[0] == 1
    assert run("withdraw", GONE, "--as", "operator", *WISH)[0] == 1
    code, told = run("withdraw", "list")
    assert (code, told["waiting"], told["past"]) == (0, [], [])


def test_declined_and_let_in_again(run: Run) -> None:
    """A request can be taken back; what was withdrawn can be allowed to return."""
    run("withdraw", "ask", GONE, "--as", "ann", *WISH)
    code, told = run("withdraw", "decline", GONE, "--as", "ann", "--reason", "too soon")
    assert (code, told["state"], told["declined_because"]) == (0, "declined", "too soon")
    run("withdraw", GONE, "--as", "ben", *WISH)
    run("withdraw", "approve", GONE, "--as", "ann")
    code, told = run("withdraw", "readmit", GONE, "--as", "ben", "--reason", "she agreed")
    assert (code, told["state"]) == (0, "may be delivered again")
