"""``oais keys`` as persons type it: one ceremony, from the first key to the list that is in force."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from oais.cli import main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "keys.md"


def test_a_ceremony_by_the_commands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each step says what comes next; the signatures are such that openssl finds them good."""
    monkeypatch.chdir(tmp_path)
    Path("words").write_text("some words that nobody guesses\n", encoding="utf-8")

    def run(line: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(line.split())
        written = capsys.readouterr()
        return code, written.out + written.err

    assert run("init home")[0] == 0
    assert "root keys     none" in run("keys show -H home")[1]
    assert json.loads(run("keys show --json -H home")[1])["root"] is None
    for name in ("anna", "ben"):
        code, told = run(f"keys create {name}.key --passphrase-file words")
        assert (code, "bring this one to the archive" in told) == (0, True)
    assert run("keys create anna.key --passphrase-file words")[0] == 2
    assert run("keys prepare go --root-key anna -H home")[0] == 2
    code, told = run("keys prepare go --root-key anna=anna.key.pub --root-key ben=ben.key.pub -H home")
    assert (code, "2 of 2 root keys" in told) == (0, True)
    assert run("keys finish go -H home")[0] == 1
    for name in ("anna", "ben"):
        code, told = run(f"keys sign go/root.1.json --key {name}.key --passphrase-file words --yes")
        assert (code, f"{name} signed root.1" in told) == (0, True)
    code, told = run("keys finish go -H home")
    assert (code, "root.1 is in force" in told) == (0, True)
    shown: dict[str, Any] = json.loads(run("keys show --json -H home")[1])
    assert [key["holder"] for key in shown["root"]["root_keys"]] == ["anna", "ben"]
    for signature in Path("home/trust").glob("*.sig"):
        key_id = signature.name.split(".")[2]
        (key,) = [key for key in shown["root"]["root_keys"] if key["key_id"] == key_id]
        Path("key.pem").write_text(key["public_key"], encoding="ascii")
        asked = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in home/trust/root.1.json -sigfile"
        assert (
            subprocess.run([*asked.split(), str(signature)], check=False, capture_output=True).returncode == 0
        )
    assert run("keys prepare go --new-key --algorithm rot13 -H home")[0] == 2
    assert run("keys prepare go --algorithm ed25519 -H home")[0] == 2
    code, told = run("keys prepare go --new-key --reason stolen -H home")
    assert (code, "up to which entry" in told) == (2, True)


def test_every_command_of_the_page_exists() -> None:
    """What docs/keys.md types is what the program takes: command and options."""
    lines = re.findall(r"^ *(oais keys .+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    reference = (PAGE.parent / "commands.md").read_text(encoding="utf-8")
    assert len(lines) > 8
    for line in lines:
        name = " ".join(line.split()[:3])
        assert f"`{name}" in reference or name in reference, name
        for option in re.findall(r"--[a-z-]+", line):
            assert option in reference, line
