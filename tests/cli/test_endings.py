"""How commands end when their output, their time or their words run out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functions.deliveries import plain_bag

OAIS = [sys.executable, "-m", "oais"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new archive with one AIP whose identifier is as long as a line."""
    root = tmp_path_factory.mktemp("endings")
    subprocess.run([*OAIS, "init", str(root / "home")], check=True, capture_output=True)
    bag = plain_bag(root / "long.bag", "a." + "very.long.name." * 5 + "z", {"a.csv": b"1,2\n"})
    subprocess.run([*OAIS, "submit", str(bag), "--home", str(root / "home")], check=True, capture_output=True)
    return root / "home"


def run(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    settings = {"capture_output": True, "text": True, **options}
    return subprocess.run([*OAIS, *words], check=False, **settings)  # type: ignore[call-overload, no-any-return]


def test_an_identifier_is_never_broken_in_a_pipe(home: Path) -> None:
    """What is copied or searched for stands in one piece, however long it is."""
    done = run("find", "very", "--home", str(home))
    assert "a." + "very.long.name." * 5 + "z@v1" in done.stdout


def test_a_reader_that_has_seen_enough_is_no_fault(home: Path) -> None:
    """A pipe closed by its reader ends the command with 0 and without a word."""
    reader, writer = os.pipe()
    os.close(reader)
    done = run("tree", "--home", str(home), stdout=writer, stderr=subprocess.PIPE, capture_output=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_behind_the_output_is_a_storage_fault(home: Path) -> None:
    """An answer that cannot be written is told, with exit code 4 and no trace."""
    with open("/dev/full", "w") as full:
        done = run("tree", "--home", str(home), stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 4
    assert "no space left" in done.stderr
    assert "Exception" not in done.stderr


def test_closed_output_troubles_nobody(home: Path) -> None:
    """Started without standard output a command still does its work."""
    command = " ".join([*OAIS, "ls", "--home", str(home), ">&-", "2>&-", "<&-"])
    assert subprocess.run(["/bin/sh", "-c", command], check=False).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_asked_to_end_says_so(home: Path, number: signal.Signals) -> None:
    """Ctrl-C and the polite signal end with 130 and a sentence."""
    command = [*OAIS, "watch", "--home", str(home)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert "watching" in running.stderr.readline()
        running.send_signal(number)
        said = running.stderr.read()
    assert running.returncode == 130
    assert "stopped" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("words", [[], ["index"]])
def test_a_bare_command_shows_its_help(words: list[str]) -> None:
    """Without a command the help is shown as help, and it counts as asked wrongly."""
    done = run(*words)
    assert done.returncode == 2
    assert "Usage" in done.stdout + done.stderr
    assert "error" not in done.stderr


def test_a_watch_that_refuses_something_says_so_to_scripts(home: Path, tmp_path: Path) -> None:
    """Watch --once ends with 1 when it refused a delivery."""
    bag = plain_bag(home / "sip" / "incoming" / "bad.bag", "bad.one", {"a.csv": b"1\n"})
    (bag / "bagit.txt").unlink()
    (home / "sip" / "incoming" / "bad.bag.ready").touch()
    assert run("watch", "--once", "--home", str(home)).returncode == 1
