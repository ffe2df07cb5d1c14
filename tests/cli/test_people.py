"""The commands for people: each does what the pages do, and tells secrets once or never."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oais.archive import open_archive
from oais.cli import main
from oais.functions.people.tokens import known_by_token
from oais.functions.service import open_service

PASSWORD = "seven tall herons wade"

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of these tests; each uses logins of its own."""
    path = tmp_path_factory.mktemp("people") / "home"
    assert main(["init", str(path)]) == 0
    return path


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command with --json and return its object, which holds ``exit_code`` when it failed."""

    def runner(*words: str, typed: str = "") -> Any:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main([*words, "--home", str(home), "--json"])
        answer = json.loads(capsys.readouterr().out)
        assert answer.get("exit_code", 0) == code
        return answer

    return runner


@pytest.fixture
def words(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command that succeeds and return its words."""

    def runner(*words: str) -> str:
        capsys.readouterr()
        assert main([*words, "--home", str(home)]) == 0
        return capsys.readouterr().out

    return runner


@pytest.fixture
def imported(run: Run, tmp_path: Path) -> Callable[..., Any]:
    """Import people as PIs of requests: ``imported(pia="tess:AO-1 tess:AO-2")``."""

    def importer(**people: str) -> Any:
        rows = [f"{login},{login.title()},{login}@example.org,PI,{asked}" for login, asked in people.items()]
        path = tmp_path / "proposals.csv"
        path.write_text("\n".join(("login,name,email,role,requests", *rows)) + "\n", encoding="utf-8-sig")
        return run("person", "import", str(path))

    return importer


def admin(login: str) -> tuple[str, ...]:
    return ("admin", "create", login, "--name", "Rut", "--email", f"{login}@example.org")


def test_the_first_administrator_comes_from_standard_input(run: Run) -> None:
    """The password is typed, never an argument, and never shown."""
    made = run(*admin("rut"), typed=f"{PASSWORD}\n")
    assert (made["login"], made["role"], made["state"]) == ("rut", "administrator", "active")
    assert PASSWORD not in json.dumps(made)
    assert "argon2" not in json.dumps(made)


@pytest.mark.parametrize("typed", ["", "\n", "short\n", "passwordpassword\n"])
def test_a_weak_password_makes_no_administrator(run: Run, typed: str) -> None:
    """The fault names the rule; nobody is made."""
    fault = run(*admin("weak"), typed=typed)
    assert "password" in fault["error"]
    assert fault["exit_code"] == 2
    assert run("person", "list", "weak")["people"] == []


def test_people_are_imported_listed_and_shown(imported: Callable[..., Any], run: Run, words: Any) -> None:
    """In JSON and in words."""
    assert imported(pia="tess:AO-1 tess:AO-2", coco="tess:AO-1")["made"] == ["pia", "coco"]
    assert [person["login"] for person in run("person", "list", "PIA")["people"]] == ["pia"]
    assert [owner["request"] for owner in run("person", "show", "pia")["requests"]] == [
        "tess:AO-1",
        "tess:AO-2",
    ]
    assert "pia@example.org" in words("person", "list")
    assert "tess:AO-2 (PI)" in words("person", "show", "pia")


def test_a_bad_list_is_told_line_by_line(run: Run, tmp_path: Path) -> None:
    """Also one that is no text at all."""
    path = tmp_path / "bad.csv"
    path.write_text("login,name,email,role,requests\nx,,,,\n")
    assert "line 2" in run("person", "import", str(path))["error"]
    path.write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in run("person", "import", str(path))["error"]
    assert run("person", "import", str(tmp_path / "none.csv"))["exit_code"] == 2


def test_an_account_is_disabled_enabled_and_given_a_role(imported: Callable[..., Any], run: Run) -> None:
    """Each answer is the account as it is now."""
    imported(wilma="tess:AO-5")
    assert run("person", "disable", "wilma")["state"] == "disabled"
    assert run("person", "enable", "wilma")["state"] == "active"
    assert run("person", "role", "wilma", "archivist")["role"] == "archivist"
    assert run("person", "limit", "wilma", "--until", "2001-01-01")["state"] == "expired"
    assert run("person", "limit", "wilma")["state"] == "active"
    assert run("person", "role", "wilma", "god")["exit_code"] == 2
    assert "no account" in run("person", "role", "nobody", "archivist")["error"]


def test_what_does_not_wait_is_neither_approved_nor_refused(imported: Callable[..., Any], run: Run) -> None:
    """An active account is no candidate."""
    imported(fred="tess:AO-6")
    for verb in ("approve", "refuse"):
        assert "does not wait for approval" in run("person", verb, "fred")["error"]


def test_groups_are_made_filled_and_ended(imported: Callable[..., Any], run: Run, words: Any) -> None:
    """By identifier; dates are days of UTC."""
    imported(gita="tess:AO-7")
    made = run("group", "new", "N1 team", "--description", "PI and CoI", "--until", "2090-01-01")
    assert made["until"] == "2090-01-02T00:00:00.000000Z"
    group = made["identifier"]
    assert run("group", "add", group, "gita")["members"][0]["login"] == "gita"
    assert "gita" in words("group", "list")
    assert "gita" in words("group", "add", group, "gita", "--until", "2089-01-01")
    assert run("group", "remove", group, "gita")["members"] == []
    assert run("group", "end", group)["in_force"] is False
    assert "no group" in run("group", "add", "N1 team", "gita")["error"]
    assert "no day and no moment" in run("group", "new", "x", "--until", "tomorrow")["error"]


def test_a_token_is_shown_once(run: Run, home: Path, words: Any) -> None:
    """It counts for its machine account until it is revoked."""
    agreement = sorted(open_archive(home).policies.agreements)[0]
    machine = ("person", "provider", "bot", "--name", "Bot", "--email", "bot@example.org")
    assert run(*machine, "--agreement", agreement)["agreements"] == [agreement]
    made = run("token", "new", "bot", "--scope", "deposit", "--name", "pipeline")
    service = open_service(open_archive(home))
    assert known_by_token(service, made["token"]).principal.agreements == {agreement}
    service.database.close()
    listed = run("token", "list", "bot")["tokens"]
    assert [token["identifier"] for token in listed] == [made["identifier"]]
    assert made["token"] not in json.dumps(listed)
    assert "pipeline" in words("token", "list", "bot")
    assert run("token", "revoke", made["identifier"]) == {"revoked": made["identifier"]}
    assert run("token", "list", "bot")["tokens"][0]["in_force"] is False
    assert "oais_" in words("token", "new", "bot", "--scope", "deposit", "--name", "second")


def test_a_request_is_shared_edited_and_taken_back(
    imported: Callable[..., Any], run: Run, words: Any
) -> None:
    """In the name of its owner, who must own it."""
    imported(dora="tess:AO-8", dan="tess:AO-9")
    made = run("delegate", "new", "tess:AO-8", "--owner", "dora", "--to", "dan", "--note", "paper")
    assert (made["owner"], made["delegate"], made["in_force"]) == ("dora", "dan", True)
    edit = ("delegate", "edit", made["identifier"], "--owner", "dora", "--until", "2090-01-01")
    assert run(*edit)["until"].startswith("2090")
    assert "tess:AO-8" in words("delegate", "list", "dan")
    assert [one["identifier"] for one in run("delegate", "list", "dora")["given"]] == [made["identifier"]]
    assert "only the PI" in run("delegate", "new", "tess:AO-8", "--owner", "dan", "--to", "dora")["error"]
    assert run("delegate", "cancel", made["identifier"], "--owner", "dora")["in_force"] is False
    assert run("delegate", "list", "dan")["received"][0]["cancelled_at"]


def test_nothing_is_asked_where_an_erasure_would_be_refused(
    home: Path, imported: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Who would say yes for nothing is told at once why it cannot be, and what to do."""
    imported(willa="tess:AO-51")
    capsys.readouterr()
    assert main(["person", "erase", "willa", "--home", str(home)]) == 1
    told = capsys.readouterr()
    assert "tess:AO-51" in told.out
    assert "name the username of whoever takes them over" in " ".join(told.err.split())
    assert "Erase it for good?" not in told.out + told.err


def test_an_account_is_erased_after_it_was_said_what_goes(
    run: Run,
    imported: Callable[..., Any],
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without --yes what goes and stays is told; private requests need an heir, and are his afterwards."""
    imported(wanda="tess:AO-41", heide="tess:AO-42")
    told = run("person", "erase", "wanda")
    assert (told["alone"], told["erased"]) == (["tess:AO-41"], False)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    capsys.readouterr()
    assert main(["person", "erase", "wanda", "--home", str(home)]) != 0
    said = " ".join(capsys.readouterr().out.split())
    assert "imports of accounts that earlier releases wrote" in said
    assert run("person", "erase", "wanda", "--yes")["exit_code"] == 1
    assert run("person", "erase", "wanda", "--heir", "heide", "--yes")["erased"] is True
    assert run("person", "show", "wanda")["exit_code"] == 2
    owned = run("person", "show", "heide")["requests"]
    assert [one["request"] for one in owned] == ["tess:AO-41", "tess:AO-42"]
