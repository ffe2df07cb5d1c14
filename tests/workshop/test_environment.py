"""Set-up from nothing, from half, from right, and without a network."""

import os
from pathlib import Path

import pytest

from workshop import commands
from workshop.environment import STAMP, Environment, make
from workshop.trouble import SetupError

HASH = "0" * 64


@pytest.fixture
def wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment that needs nothing installed, to be made by pip."""
    bin_folders = os.environ["PATH"].split(os.pathsep)
    without_uv = [folder for folder in bin_folders if not Path(folder, "uv").exists()]
    monkeypatch.setenv("PATH", os.pathsep.join(without_uv))
    lock = tmp_path / "empty.lock"
    lock.write_text("# nothing\n", encoding="utf-8")
    return Environment(tmp_path, tmp_path / ".venv", lock, with_project=False)


def test_made_once_and_then_left_alone(wanted: Environment) -> None:
    """The second call finds the stamp and changes nothing."""
    make(wanted)
    before = wanted.folder.stat().st_mtime_ns
    make(wanted)
    assert wanted.is_right()
    assert wanted.folder.stat().st_mtime_ns == before


def test_half_made_environment_is_made_anew(wanted: Environment) -> None:
    """A folder whose interpreter does not start, as an interrupted set-up leaves it, is replaced."""
    wanted.python.parent.mkdir(parents=True)
    wanted.python.write_bytes(b"half")
    make(wanted)
    assert wanted.is_right()
    assert wanted.python.resolve().stat().st_size > len(b"half")


def test_moved_environment_is_made_anew(wanted: Environment, tmp_path: Path) -> None:
    """After the project's folder moved, the environment's programs start again."""
    make(wanted)
    moved = tmp_path / "moved"
    moved.mkdir()
    wanted.folder.rename(moved / ".venv")
    here = Environment(moved, moved / ".venv", wanted.lock, with_project=False)
    make(here)
    shebang = (here.folder / "bin" / "pip").read_text(encoding="utf-8").splitlines()[0]
    assert str(here.python) in shebang


def test_changed_lock_is_noticed(wanted: Environment) -> None:
    """Another lock makes the environment wrong, and the next call makes it right again."""
    make(wanted)
    wanted.lock.write_text("# still nothing\n", encoding="utf-8")
    assert not wanted.is_right()
    make(wanted)
    assert wanted.is_right()


def test_no_network_is_told_in_plain_words(wanted: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a registry the message says so, and no stamp claims that set-up is done."""
    for name in [name for name in os.environ if name.startswith("PIP_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/nothing")
    monkeypatch.setenv("PIP_RETRIES", "0")
    wanted.lock.write_text(f"sampleproject==1.0 --hash=sha256:{HASH}\n", encoding="utf-8")
    with pytest.raises(SetupError, match="No package registry could be reached"):
        make(wanted)
    assert not (wanted.folder / STAMP).exists()


def test_setup_that_is_asked_wrongly_says_what_it_found(capfd: pytest.CaptureFixture[str]) -> None:
    """An argument too many is named, without a traceback."""
    assert commands.main(["setup", "everything"]) == 1
    said = capfd.readouterr().err
    assert "found everything" in said
    assert "Traceback" not in said


def test_unknown_proof_is_named(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for a proof that is not there names it, or says that there are none yet."""
    monkeypatch.setattr("workshop.environment.make", lambda _: None)
    commands.main(["proofs", "no-such-proof"])
    said = capfd.readouterr().err
    assert "no-such-proof" in said or "no proofs yet" in said
