"""The commands of policies and embargoes: in words and in JSON, with the exit code they promise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oais.archive import open_archive
from oais.cli import main
from oais.functions.administration import initialise
from oais.functions.data_management import rebuild_index
from oais.information.representation.inspection import Inspector
from tests.functions.embargoed import REQUEST, RULES, deliver

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with two visits of one request under an embargo."""
    place = tmp_path_factory.mktemp("policy")
    archive = initialise(place / "home")
    (archive.home / "policies" / "access.yaml").write_text(RULES)
    with Inspector(workers=1) as inspector:
        for visit in ("V1", "V2"):
            deliver(archive, inspector, place, visit, f"observation_request: OR 1\nvisit: {visit}\n")
    rebuild_index(archive)
    return archive.home


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on the archive: its exit code and what it wrote."""

    def runner(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([*words, "--home", str(home)])
        written = capsys.readouterr()
        return code, written.out, written.err

    return runner


def answer(run: Run, *words: str) -> Any:
    """What a command answers in JSON when all is well."""
    code, out, err = run(*words, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_an_embargo_is_declared_explained_and_waived(run: Run) -> None:
    """Each declaration changes what is explained, a supposed one only what is shown."""
    assert answer(run, "policy", "explain", "V1")["release"]["released_at"] == ""
    assert run("embargo", "complete", REQUEST, "V1", "--at", "2024-02-29")[0] == 0
    told = answer(run, "policy", "explain", "V1", "--at", "2025-01-01")
    assert told["release"]["released_at"] == "2025-08-29T00:00:00+00:00"
    assert answer(run, "show", "V1")["access"]["release"]["released_at"] == told["release"]["released_at"]
    assert "2025-08-29" in run("show", "V1")[1]
    supposed = ("--if", "visit=V2,completed=2024-02-29")
    assert answer(run, "policy", "explain", "V1", *supposed)["release"]["released_at"][:10] == "2025-02-28"
    days = answer(run, "policy", "calendar", "--from", "2025-01-01", "--until", "2026-01-01")
    assert [(day["what"], day["at"][:10]) for day in days] == [(REQUEST, "2025-08-29")]
    assert run("embargo", "waive", REQUEST, "--at", "2024-03-01")[0] != 0, "a waiver needs a reason"
    assert run("embargo", "waive", REQUEST, "--at", "2024-03-01", "--reason", "published")[0] == 0
    (known,) = answer(run, "embargo", "list")
    assert known["waiver"]["reason"] == "published"
    shown = run("policy", "explain", "V1")[1]
    assert "waived by" in shown
    assert "operator, published" in shown
    assert run("embargo", "waive", REQUEST, "--undo")[0] == 0
    assert run("embargo", "complete", REQUEST, "V1", "--undo")[0] == 0
    assert answer(run, "policy", "explain", "V1")["release"]["released_at"] == ""


def test_mistakes_end_with_a_fault_and_a_remedy(run: Run) -> None:
    """An unknown object, login, request or day is told on standard error, never with a traceback."""
    for words in (
        ("policy", "explain", "nothing"),
        ("policy", "explain", "V1", "--as", "nobody"),
        ("policy", "explain", "V1", "--at", "soon"),
        ("policy", "explain", "V1", "--if", "soon"),
        ("policy", "show", "nowhere"),
        ("policy", "calendar", "--from", "soon"),
        ("embargo", "complete", "generic:OR 9", "V1"),
        ("embargo", "complete", REQUEST, "V1", "--undo"),
    ):
        code, _out, err = run(*words)
        assert code in {1, 2}, words
        assert "Traceback" not in err
        assert err


def test_check_show_and_diff(run: Run, home: Path, tmp_path: Path) -> None:
    """Faults with their lines and exit code 1; the words of places; what other policies would change."""
    assert answer(run, "policy", "check") == []
    bad = tmp_path / "bad"
    (bad / "agreements").mkdir(parents=True)
    for path in (home / "policies" / "agreements").iterdir():
        (bad / "agreements" / path.name).write_bytes(path.read_bytes())
    (bad / "access.yaml").write_text(RULES.replace("metadata: public", "metadata: pubic"))
    code, out, _err = run("policy", "check", str(bad))
    assert code == 1
    assert "access.yaml:3" in out
    assert run("policy", "diff", str(bad))[0] != 0
    (bad / "access.yaml").write_text(RULES.replace("18 months", "24 months"))
    (change,) = answer(run, "policy", "diff", str(bad))
    assert change["node"] == "generic/products"
    assert "24 months" in change["after"]
    shown = answer(run, "policy", "show", "generic")
    assert shown["digest"] == open_archive(home).policies.digest
    assert "12 months after the last visit" in shown["nodes"]["generic/products"]


def test_a_group_that_nobody_made_is_warned_of(run: Run, home: Path) -> None:
    """The policies can be used, and the group is told by its identifier until somebody makes it."""
    made = json.loads(run("group", "new", "team", "--json")[1])["identifier"]
    rules = home / "policies" / "access.yaml"
    words = "  team: {{metadata: public, data: group, groups: [{}, {}], reason: a team}}\n"
    rules.write_text(RULES.replace("nodes:", words.format(made, "0" * 32) + "nodes:"))
    code, out, err = run("policy", "check")
    assert code == 0, (out, err)
    assert "can be used" in out
    assert "0" * 32 in out + err
    assert made not in out + err
    (warning,) = answer(run, "policy", "check")
    assert (warning["code"], warning["severity"]) == ("POL-002", "warning")
    rules.write_text(RULES)
    assert answer(run, "policy", "check") == []


def test_what_is_explained_can_be_read(run: Run) -> None:
    """Times are written for people, to the minute; in JSON as machines take them."""
    words = run("policy", "explain", "V1", "--at", "2026-02-28")[1]
    assert "at 2026-02-28 00:00 UTC" in words
    assert "+00:00" not in words
    assert answer(run, "policy", "explain", "V1", "--at", "2026-02-28")["at"] == "2026-02-28T00:00:00+00:00"
