"""Orders at the command line, and the worker that ends when whoever started it has gone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from oais.cli import ordering
from oais.cli.commands import run
from oais.errors import StorageError
from oais.functions.working import Done
from tests.functions.deliveries import demo_bag


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """An archive with one AIP."""
    place = str(tmp_path / "home")
    bag = demo_bag(tmp_path / "hk.bag", identifier="tess.hk")
    assert (run(["init", place]), run(["submit", str(bag), "--home", place])) == (0, 0)
    capsys.readouterr()
    return place


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What a command answers as JSON."""
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_weigh_order_work_and_fetch(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The size is known before; the worker builds what is ordered where the order says it lies."""
    weighed = told(capsys, "order", "new", "--ids", "tess.* nobody", "--weigh", "--home", home)
    assert weighed["way"] == "direct"
    (missed,) = weighed["missed"]
    told_of = {"asked": "nobody", "reason": "nothing in the archive answers to it", "gone": False}
    assert missed == told_of
    placed = told(capsys, "order", "new", "tess.hk", "--format", "tar.gz", "--home", home)
    identifier = str(placed["identifier"])
    assert placed["state"] == "queued"
    assert run(["work", "--once", "--home", home]) == 0
    assert "orders built: 1" in capsys.readouterr().out
    shown = told(capsys, "order", "show", identifier, "--home", home)
    (place,) = shown["places"]
    assert (shown["state"], Path(place).stat().st_size) == ("available", shown["size"])
    assert run(["order", "cancel", identifier, "--home", home]) == 0
    assert run(["work", "--once", "--home", home]) == 0
    assert not Path(place).exists()
    assert told(capsys, "order", "repeat", identifier, "--home", home)["state"] == "queued"


def test_what_cannot_be_ordered_is_told(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown order, an unknown form and an empty selection end with a clear word and code 2."""
    for words in (["show", "x"], ["new", "tess.hk", "--format", "rar"], ["new", "--ids", "nobody"]):
        assert run(["order", *words, "--home", home]) == 2
        assert "Traceback" not in capsys.readouterr().err


def test_a_worker_beside_the_site_ends_with_it(home: str) -> None:
    """However the site ends, the pipe it holds closes, and its worker goes too."""
    command = [sys.executable, "-m", "oais", "work", "--beside", "http://localhost", "--home", home]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parents[2]) as worker:
        assert worker.stdin is not None
        worker.stdin.close()
        assert worker.wait(timeout=60) == 0


def test_a_worker_tells_a_fault_once(home: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Round after round meets the same: it is told when it comes, changes, and comes again."""
    gone = StorageError("the index is missing", remedy="run `oais index rebuild`")
    full = StorageError("no space left")
    faults: Mapping[str, str] = {}
    told = []
    for fault in (gone, gone, full, None, gone, gone):
        done = [Done("letters sent", 0, fault)] if fault else []
        faults = ordering._tell_round([*done, Done("orders built", 2)], faults)
        told.append(capsys.readouterr())
    assert [answer.out for answer in told] == 6 * ["orders built: 2\n"]
    assert [answer.err.count("letters sent: ") for answer in told] == [1, 0, 1, 0, 1, 0]
    assert "oais index rebuild" in told[0].err


def test_a_worker_of_a_home_without_index_says_so_once_and_works(
    home: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is asked to end: here after three pauses."""
    pauses = iter((False, False, True))
    monkeypatch.setattr(ordering, "_ended", lambda _beside: next(pauses))
    (Path(home) / "search_index" / "catalogue.sqlite").unlink()
    assert run(["work", "--home", home]) == 0
    assert capsys.readouterr().err.count("the index is missing") == 1
    assert next(pauses, None) is None
