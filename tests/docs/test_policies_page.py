"""The way that docs/access-policies.md shows to change a policy, gone as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from oais.functions.administration import initialise
from tests.conftest import lacking

PAGE = Path(__file__).resolve().parents[2] / "docs" / "access-policies.md"


def test_a_change_is_checked_compared_and_brought_in(tmp_path: Path) -> None:
    """What the comparison tells is in force afterwards; a copy with a fault is told, with the line."""
    if shutil.which("bash") is None:
        lacking("bash")
    home = initialise(tmp_path / "home", name="Test archive").home
    looking, bringing_in = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "%s" "$RULES" > "$1"\n')
    editor.chmod(0o755)
    rules = "policies:\n  open: {metadata: public, data: account, reason: for registered users}\nnodes: []\n"
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "EDITOR": str(editor),
    }

    def run(script: str, text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euc", script],
            cwd=home,
            env={**environment, "RULES": text},
            capture_output=True,
            text=True,
            check=False,
        )

    before = (home / "policies" / "access.yaml").read_text("utf-8")
    faulty = run(looking, rules.replace("data: account", "data: acount"))
    assert faulty.returncode != 0
    assert "acount" in faulty.stdout + faulty.stderr
    assert (home / "policies" / "access.yaml").read_text("utf-8") == before
    shutil.rmtree(tmp_path / "policies-new")
    sound = run(looking, rules)
    assert sound.returncode == 0, sound.stderr
    assert "data account" in sound.stdout
    assert run(bringing_in, rules).returncode == 0
    assert (home / "policies" / "access.yaml").read_text("utf-8") == rules
