"""``oais submit --to``: like a local submit, to an archive far away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functions.deliveries import plain_bag
from tests.web.depositing import Depository, furnish, served


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Depository]:
    """A served archive."""
    with served(furnish(tmp_path / "home")) as opened:
        yield opened


def submit(site: Depository, *arguments: str | Path, token: str = "") -> tuple[int, str, str]:
    """Run the command, the archive's worker at work meanwhile: exit code, output, errors."""
    command = [sys.executable, "-m", "oais", "submit", "--to", site.url, *map(str, arguments)]
    environment = {**os.environ, "OAIS_TOKEN": token}
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        while running.poll() is None:
            site.ingest()
        out, err = running.communicate()
        return running.returncode, out, err


def test_receipts_are_printed_as_of_a_local_submit(site: Depository, tmp_path: Path) -> None:
    """One stored, one refused with its findings: two lines, a tally, and exit code 1."""
    good = plain_bag(tmp_path / "good.bag", "far.good", {"a.csv": b"1\n"})
    bad = plain_bag(tmp_path / "bad.bag", "far.bad", {"a.csv": b"1\n"})
    (bad / "data" / "a.csv").write_bytes(b"2\n")
    code, out, _ = submit(site, good, bad, token=site.token)
    assert code == 1
    assert "accepted  good.bag → far.good@v1  receipt r" in out
    assert "refused   bad.bag → " in out
    assert "BAG-020  data/a.csv" in out
    assert "2 deliveries: 1 stored, 0 held already, 1 refused" in out


def test_the_token_may_lie_in_a_file(site: Depository, tmp_path: Path) -> None:
    """With --token-file the environment needs none, and --json tells the receipt."""
    bag = plain_bag(tmp_path / "one.bag", "far.one", {"a.csv": b"1\n"})
    (tmp_path / "token").write_text(f"{site.token}\n")
    code, out, _ = submit(site, bag, "--json", "--token-file", tmp_path / "token")
    (told,) = json.loads(out)["deliveries"]
    assert (code, told["receipt"]["status"], told["error"]) == (0, "accepted", "")


def test_without_a_token_nothing_is_sent(site: Depository, tmp_path: Path) -> None:
    """No token is wrong usage, a wrong one is refused; both say what to do."""
    bag = plain_bag(tmp_path / "one.bag", "far.one", {"a.csv": b"1\n"})
    code, _, err = submit(site, bag)
    assert (code, "put it into OAIS_TOKEN" in err) == (2, True)
    code, _, err = submit(site, bag, token="oais_wrong")
    assert (code, "does not count" in err) == (1, True)
    assert site.ask("GET", "/api/v1/deposits").json() == {"deposits": []}
