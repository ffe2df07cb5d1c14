"""``oais serve`` and ``oais demo`` as people start them: the worker beside the site does what it promises."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from watchfiles import watch

from oais.functions.administration import initialise

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("command", "says"),
    [("serve", "serving"), pytest.param("demo", "running at", marks=pytest.mark.long)],
)
def test_a_code_asked_for_on_the_site_arrives_with_its_address(
    tmp_path: Path, command: str, says: str
) -> None:
    """On any port the code is mailed, and the letter's link leads to the site that is served."""
    home = tmp_path / "home"
    initialise(home, name="Served")
    (home / "mail" / "new").mkdir(parents=True)
    arrived = home / "mail" / "new"
    run = [sys.executable, "-m", "oais", command, "--home", str(home), "--port", "0"]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True, cwd=ROOT) as site:
        try:
            assert site.stdout is not None
            told = []
            for line in site.stdout:
                told.append(line)
                if says in line:
                    break
            assert not any("127.0.0.1:8000" in line for line in told)  # nor do the letters of the story
            url = next(word for word in line.split() if word.startswith("http://"))
            body = json.dumps({"address": "ada@example.org"}).encode()
            with urlopen(
                Request(f"{url}/api/v1/codes", body, {"Content-Type": "application/json"})
            ) as answer:
                assert answer.status == 202
            for _ in islice(watch(arrived, rust_timeout=500, yield_on_timeout=True), 120):
                letters = [path.read_text("ascii") for path in arrived.iterdir()]
                if any(f"{url}/code" in letter for letter in letters):
                    break
            else:
                pytest.fail(f"no letter of {len(letters)} names {url}")
        finally:
            site.terminate()
