"""The examples of docs/deposit.md do what the page says, run as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import lacking
from tests.functions.deliveries import plain_bag
from tests.web.depositing import DEPOSITS, furnish, served

PAGE = Path(__file__).resolve().parents[2] / "docs" / "deposit.md"


def test_the_examples_deliver(tmp_path: Path) -> None:
    """Three bags, sent by the command, at once and in pieces: each is accepted."""
    missing = [name for name in ("bash", "curl", "openssl", "tar") if shutil.which(name) is None]
    if missing:
        lacking(", ".join(missing))
    for name in ("one", "two", "three"):
        plain_bag(tmp_path / f"{name}.bag", f"example.{name}", {"a.csv": b"1,2\n" * 3000})
    script = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    assert script.count("curl") == 6
    with served(furnish(tmp_path / "home")) as site:
        environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "ARCHIVE": site.url,
            "OAIS_TOKEN": site.token,
        }
        with subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=environment, stdout=subprocess.PIPE
        ) as running:
            while running.poll() is None:
                site.ingest()
            assert running.stdout is not None
            assert b'"state": "received"' in running.stdout.read()
        assert running.returncode == 0
        site.ingest()
        told = site.ask("GET", DEPOSITS).json()["deposits"]
    assert {(item["name"], item["state"]) for item in told} == {
        ("one.bag.tar", "accepted"),
        ("two.tar", "accepted"),
        ("three.tar", "accepted"),
    }
