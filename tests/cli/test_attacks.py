"""Hostile words in arguments and in what is stored: they are shown, but steer neither markup nor terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from oais.cli import main
from oais.cli.terminal import SafeConsole, print_json, print_pairs, table
from tests.functions.deliveries import DEMO

HOSTILE = (
    "\x1b]0;owned\x07",
    "\x1b[2J",
    "\x9b31m",
    "a\rb",
    "\u202egnp.exe",
    "\u2066x",
    "\udcff",
    "[/bold]",
    "[link=file:///x]y",
    "\\",
)
STEERING = "\x1b\x07\x9b\r\u202e\u2066\udcff"


def assert_harmless(text: str) -> None:
    """No character that a terminal obeys is in it."""
    assert not set(text) & set(STEERING), ascii(text)


@pytest.mark.parametrize("word", HOSTILE, ids=ascii)
def test_no_text_steers_the_terminal(word: str) -> None:
    """Whatever a value holds, plain, in a table or in a pair, comes out as visible characters."""
    written = io.StringIO()
    console = SafeConsole(file=written, width=100, markup=False)
    rows = table("name")
    rows.add_row(word.replace("[", "("))
    console.print(word)
    console.print(rows)
    assert_harmless(written.getvalue())


@pytest.mark.parametrize("word", HOSTILE, ids=ascii)
def test_no_json_steers_the_terminal(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON holds the value exactly, and only visible characters."""
    print_json({"name": word})
    written = capsys.readouterr().out
    assert_harmless(written)
    assert json.loads(written) == {"name": word}


def test_styles_and_lines_stay() -> None:
    """Our own colours and line ends still reach a terminal."""
    written = io.StringIO()
    console = SafeConsole(file=written, force_terminal=True, color_system="standard")
    console.print("[bold]one[/]\ntwo")
    assert written.getvalue() == "\x1b[1mone\x1b[0m\ntwo\n"


@pytest.mark.parametrize("word", HOSTILE, ids=ascii)
def test_pairs_are_harmless(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Facts of a header are printed by every command in this way."""
    print_pairs([("name", word)])
    assert_harmless(capsys.readouterr().out)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that holds one real light curve."""
    root = tmp_path_factory.mktemp("held")
    home = str(root / "home")
    assert main(["init", home]) == 0
    pack = ["pack", str(DEMO / "n1"), "--agreement", "tess", "--to", str(root / "lc.bag"), "--home", home]
    assert main(pack) == 0
    assert main(["submit", str(root / "lc.bag"), "--home", home]) == 0
    return root / "home"


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("show",),
    ("find",),
    ("find", "--ids"),
    ("find", "--cone"),
    ("tree",),
    ("ls",),
    ("receipt",),
    ("audit",),
    ("check",),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive without holdings, in a folder whose name looks like markup."""
    home = tmp_path_factory.mktemp("cli") / "home [/bold]"
    assert main(["init", str(home)]) == 0
    return home


@pytest.mark.parametrize(
    "word", [*HOSTILE, "x" * 5000, "٣", "－－json", "a\nb"], ids=lambda word: ascii(word)[:20]
)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_odd_arguments_are_answered_in_words(
    empty: Path, command: tuple[str, ...], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An argument that names nothing ends with 0, 1 or 2 and a message, never with a defect."""
    code = main([*command, word, "--home", str(empty)])
    written: Any = capsys.readouterr()
    assert code in ({0, 2, 4} if len(word) == 5000 else {0, 1, 2}), written.err
    assert "software itself failed" not in written.err
    assert_harmless(written.out + written.err)


@pytest.mark.parametrize(
    "word", ["x" * 5000, "/proc", "/dev/null", "\udcff", "[/bold]"], ids=lambda word: ascii(word)[:12]
)
def test_validate_knows_what_is_no_package(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Paths that no package can have are wrong usage."""
    assert main(["validate", word]) == 2
    assert_harmless(capsys.readouterr().err)


def test_validate_is_not_caught_by_loops_and_pipes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A loop of links, and a pipe nobody writes to, end at once."""
    import os

    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe.tar")
    (tmp_path / "round").mkdir()
    (tmp_path / "round" / "again").symlink_to("..")
    for name in ("loop", "pipe.tar", "round"):
        assert main(["validate", str(tmp_path / name)]) == 2
    assert "software itself failed" not in capsys.readouterr().err


@pytest.mark.parametrize("room", ["aip", "policies/agreements", "keys", "."])
def test_nothing_is_delivered_into_the_archives_rooms(
    held: Path, room: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A DIP among packages or agreements would break the archive; the room of orders may hold it."""
    home, aip = held, "tess.tic55525572.s0005.lc"
    (home.parent / "way").unlink(missing_ok=True)
    (home.parent / "way").symlink_to(home / room)
    for folder in (home / room, home.parent / "way"):
        assert main(["get", aip, "--to", str(folder / "x.zip"), "--home", str(home)]) == 2
        assert not (home / room / "x.zip").exists()
    assert "inside the archive" in capsys.readouterr().err


def test_targets_that_trap(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A link to nowhere is not written through; a name that looks like markup is only a name."""
    aip, home = "tess.tic55525572.s0005.lc", str(held)
    (held.parent / "link").symlink_to(held.parent / "elsewhere")
    assert main(["get", aip, "--to", str(held.parent / "link"), "--home", home]) == 2
    assert not (held.parent / "elsewhere").exists()
    assert main(["get", aip, "--to", str(held.parent / "x[/b]"), "--home", home]) == 0
    assert main(["get", aip, "--to", str(held / "dip" / "x.zip"), "--home", home]) == 0
    assert "x[/b]" in capsys.readouterr().out
