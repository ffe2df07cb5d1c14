"""``oais ledger`` and what a DIP carries of it, by the commands alone."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from oais.cli import main
from tests.functions.deliveries import plain_bag


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with two AIPs, made by the commands themselves."""
    root = tmp_path_factory.mktemp("ledger")
    assert main(["init", str(root / "home")]) == 0
    bags = [
        plain_bag(root / "one.bag", "one.aip", {"a.csv": b"1,2\n", "b.csv": b"3,4\n"}),
        plain_bag(root / "two.bag", "two.aip", {"c.csv": b"5,6\n"}),
    ]
    assert main(["submit", *map(str, bags), "--home", str(root / "home")]) == 0
    return root / "home"


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command on the archive: its exit code and what it wrote."""
    capsys.readouterr()

    def runner(*words: str) -> tuple[int, str, str]:
        code = main([*words, "--home", str(home)])
        written = capsys.readouterr()
        return code, written.out, written.err

    return runner


def test_show_tells_the_log_in_figures(run: Any) -> None:
    """Name, entries and root; with --json as one object."""
    code, out, _ = run("ledger", "show")
    assert code == 0
    assert "2 aip-version, 1 key, 2 receipt" in out
    told = json.loads(run("ledger", "show", "--json")[1])
    assert (told["size"], len(told["root"])) == (5, 64)
    assert told["origin"].startswith("oais-archive/")


def test_record_adds_what_is_missing_and_says_so(run: Any) -> None:
    """Nothing is missing after an ordinary day; with --json as one object."""
    assert run("ledger", "record") == (0, "nothing was missing: all that is kept stands in the ledger\n", "")
    assert json.loads(run("ledger", "record", "--json")[1]) == {"done": []}


def test_prove_writes_a_file_that_verify_accepts(run: Any, tmp_path: Path) -> None:
    """To a file or to standard output, the same bytes; and a proof of something else is none."""
    proof = tmp_path / "proof.json"
    assert run("ledger", "prove", "one.aip@v1", "--to", str(proof))[0] == 0
    assert run("ledger", "prove", "one.aip")[1] == proof.read_text(encoding="utf-8")
    code, out, _ = run("ledger", "verify", "--proof", str(proof))
    assert (code, out.split()[:3]) == (0, ["proven", "aip-version", "one.aip@v1,"])
    told = json.loads(run("ledger", "verify", "--proof", str(proof), "--json")[1])
    assert [item["subject"] for item in told["proofs"]] == ["one.aip@v1"]
    assert run("ledger", "prove", "one.aip", "--to", str(proof))[0] == 2
    proof.write_text(proof.read_text(encoding="utf-8").replace("one.aip", "two.aip"), encoding="utf-8")
    code, _, err = run("ledger", "verify", "--proof", str(proof))
    assert code == 3
    assert "proves nothing" in err
    assert run("ledger", "prove", "no.such")[0] == 2
    assert run("ledger", "verify", "--proof", str(tmp_path / "none.json"))[0] == 2


def test_verify_ends_with_3_and_the_path(run: Any, home: Path) -> None:
    """A flipped byte is told in words and in JSON."""
    assert run("ledger", "verify")[:2] == (0, "intact\n")
    path = next((home / "ledger" / "tile" / "entries" / "000.p").iterdir())
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 4]))
    try:
        code, out, _ = run("ledger", "verify")
        assert code == 3
        assert f"ledger/tile/entries/000.p/{path.name}" in out
        told = json.loads(run("ledger", "verify", "--json")[1])
        assert (told["intact"], [found["code"] for found in told["findings"]]) == (False, ["LED-002"])
    finally:
        path.write_bytes(data)


def test_publish_copies_a_checkpoint_that_verify_compares(run: Any, tmp_path: Path) -> None:
    """What is published is held against the ledger later; a publication to nowhere is asked wrongly."""
    code, out, _ = run("ledger", "publish", str(tmp_path / "outside"), "--json")
    assert code == 0
    copy = json.loads(out)["file"]
    assert run("ledger", "verify", "--checkpoint", copy)[0] == 0
    text = Path(copy).read_text(encoding="utf-8")
    Path(copy).write_text(text.replace("\n5\n", "\n6\n"), encoding="utf-8")
    code, out, _ = run("ledger", "verify", "--checkpoint", copy)
    assert code == 3
    assert "LED-006" in out
    assert run("ledger", "publish")[0] == 2
    assert run("ledger", "publish", "--mail", "nobody")[0] == 2
    assert "queued 1 letter" in run("ledger", "publish", "--mail", "witness@example.org")[1]


def test_an_audit_stands_in_the_ledger(run: Any) -> None:
    """Each audit adds its summary, and the ledger stays whole."""
    before = json.loads(run("ledger", "show", "--json")[1])["size"]
    assert run("audit", "--all")[0] == 0
    told = json.loads(run("ledger", "show", "--json")[1])
    assert (told["size"], told["entries"]["audit"]) == (before + 1, told["entries"]["audit"])
    assert run("ledger", "verify")[0] == 0


def test_a_dip_carries_the_proof_of_its_version(run: Any, tmp_path: Path) -> None:
    """The DIP proves that its files are of a version in the ledger, and always by the same bytes."""
    for name in ("first", "second"):
        assert run("get", "one.aip", "a.csv", "--to", str(tmp_path / name))[0] == 0
    dip = tmp_path / "first"
    proof = dip / "metadata" / "ledger-proof.json"
    assert proof.read_bytes() == (tmp_path / "second" / "metadata" / "ledger-proof.json").read_bytes()
    assert run("ledger", "verify", "--proof", str(proof))[0] == 0
    listing = (dip / "metadata" / "ledger-files.txt").read_bytes()
    said = dict(line.split(" ", 1) for line in json.loads(proof.read_bytes())["statement"].splitlines()[1:])
    assert said["subject"] == "one.aip@v1"
    assert said["files"] == hashlib.sha512(listing).hexdigest()
    digest = hashlib.sha512((dip / "data" / "a.csv").read_bytes()).hexdigest()
    assert f"{digest}  representations/original/data/a.csv\n".encode() in listing
    assert b"ledger-proof.json" in (dip / "README.txt").read_bytes()
    check = ["sha512sum", "-c", "--quiet", "tagmanifest-sha512.txt"]
    assert subprocess.run(check, cwd=dip, check=False).returncode == 0
