"""Each command answers, in words and in JSON, and ends with the exit code it promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import bagit
import pytest

from oais.cli import main
from oais.cli.picture import draw_curve
from oais.cli.showing import print_found
from oais.functions.access.views import FindView, Page
from tests.functions.deliveries import DEMO, demo_bag

AIP = "tess.tic55525572.s0005.lc"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with one real light curve, made by the commands themselves."""
    root = tmp_path_factory.mktemp("cli")
    assert main(["init", str(root / "home")]) == 0
    pack = ["pack", str(DEMO / "n1"), "--agreement", "tess", "--to", str(root / "lc.bag")]
    assert main([*pack, "--home", str(root / "home")]) == 0
    assert main(["submit", str(root / "lc.bag"), "--home", str(root / "home")]) == 0
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


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["tree"],
        ["tree", "tess/n1"],
        ["find", "55525572"],
        ["show", AIP],
        ["ls"],
        ["audit", "--all"],
        ["index", "check"],
        ["index", "rebuild"],
    ],
)
def test_an_answer_in_words_and_in_json(run: Any, words: list[str]) -> None:
    """Both forms end with 0, and the second is one JSON value and nothing else."""
    code, out, _ = run(*words)
    assert code == 0
    assert out.strip()
    code, out, _ = run(*words, "--json")
    assert code == 0
    assert json.loads(out) is not None


@pytest.mark.parametrize(
    ("fits", "does_not"),
    [
        (["--level", "N1"], ["--visit", "tic1"]),
        (["--observation", "tic55525572-s0005"], ["--observation", "tic1"]),
        (["--mag-min", "9", "--mag-max", "10"], ["--mag-min", "10"]),
        (["--node", "tess/n1"], ["--node", "tess/n0"]),
        (["55525572", "--order", "-time"], ["--spectral-type", "G2"]),
        ([], ["--pi", "nobody"]),
        ([], ["--observation-type", "none-such"]),
        ([], ["--reference", "none-such"]),
        ([], ["--reference", "*", "--valid-from", "1950-01-01", "--valid-to", "1950-02-01"]),
    ],
)
def test_a_search_is_narrowed_as_on_the_page(run: Any, fits: list[str], does_not: list[str]) -> None:
    """What fits finds the light curve, and what does not finds nothing."""
    for words, total in ((fits, 1), (does_not, 0)):
        code, out, err = run("find", *words, "--json")
        assert code == 0, err
        assert json.loads(out)["page"]["total"] == total, words


def test_a_search_around_a_name(run: Any) -> None:
    """The position is told with where it comes from; what nobody knows finds nothing."""
    code, out, _ = run("find", "--near", "tic55525572", "--radius", "0.1")
    assert code == 0
    assert "tic55525572: RA 72.69" in out
    assert "(the archive's index)" in out
    assert "Showing 1 to 1 of 1" in out
    code, out, _ = run("find", "--near", "nobody")
    assert code == 0
    assert "no position is known of nobody" in out


def test_raw_data_are_hidden_where_asked(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A light curve is not raw, a wrong word is told, and so is how much was left out."""
    code, out, _ = run("find", "tic55525572", "--raw", "hide", "--json")
    assert code == 0
    assert (json.loads(out)["page"]["total"], json.loads(out)["raw_hidden"]) == (1, 0)
    code, _, err = run("find", "--raw", "none")
    assert code == 2
    assert "raw is 'none'; expected hide" in err
    print_found(FindView((), (), Page(1, 25, 0), raw_hidden=2))
    assert "without 2 AIPs of raw data" in capsys.readouterr().out


def test_a_file_of_targets_is_searched(run: Any, tmp_path: Path) -> None:
    """Any of its targets is found; what names none is told by the number of its line."""
    listed = tmp_path / "stars.txt"
    for text, total in (("nobody 7\n# x\ntic55525572\n400 10\n", 1), ("nobody 7\n", 0), ("72.69 -60.9", 1)):
        listed.write_text(text, "utf-8")
        code, out, err = run("find", "--targets", str(listed), "--around", "0.1", "--json")
        assert code == 0, err
        assert json.loads(out)["page"]["total"] == total
        assert ("line 1 of stars.txt: 'nobody 7': no target is called so" in err) == ("nobody" in text)
        assert ("line 4 of stars.txt" in err) == ("400" in text)
    assert run("find", "--targets", str(tmp_path / "none.txt"))[0] == 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["show", "no.such.aip"], "no.such.aip"),
        (["show", "../etc/passwd"], "not an AIP reference"),
        (["find", "--cone", "400,0,1"], "right ascension"),
        (["find", "--time", "yesterday"], "not a time span"),
        (["audit"], "--all"),
        (["audit", "--sample", "0"], "--sample"),
        (["tree", "tess/nowhere"], "tess/nowhere"),
        (["submit", "/no/such.bag"], "no such file"),
        (["get", AIP, "*.nothing", "--to", "/tmp/never-made"], "*.nothing"),
        (["receipt", "r1"], "not the name of a receipt"),
        (["find", "--nonsense"], "--nonsense"),
    ],
)
def test_what_is_asked_wrongly_is_told_by_name(run: Any, words: list[str], expected: str) -> None:
    """Exit code 2, the message names what was found, and there is no traceback."""
    code, out, err = run(*words)
    assert code == 2
    assert expected in (out + err).replace("\n", " ")
    assert "Traceback" not in out + err


def test_a_home_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A directory without oais.yaml is not an archive."""
    assert main(["status", "--home", str(tmp_path)]) == 2
    assert "oais init" in capsys.readouterr().err


def test_an_archive_is_made_in_an_empty_place_only(tmp_path: Path) -> None:
    """Init refuses a directory that holds anything, and changes nothing in it."""
    (tmp_path / "thesis.tex").write_text("years of work")
    assert main(["init", str(tmp_path)]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_check_keeps_nothing_and_tells_the_verdict(run: Any, home: Path, tmp_path: Path) -> None:
    """A good bag is good, a damaged one would be refused (exit 1); the archive stays as it was."""
    bag = demo_bag(tmp_path / "hk.bag")
    before = sorted(path for path in home.rglob("*") if "search_index" not in path.parts)
    assert run("check", str(bag))[0] == 0
    (bag / "data" / "tic55525572_s0005_first1000_hk.fits").write_bytes(b"")
    code, out, _ = run("check", str(bag), "--json")
    assert code == 1
    assert json.loads(out)["valid"] is False
    assert sorted(path for path in home.rglob("*") if "search_index" not in path.parts) == before


def test_damage_ends_the_audit_with_three_and_its_path(home: Path, run: Any) -> None:
    """One flipped byte: exit code 3 and the exact path, in words and in JSON."""
    (path,) = home.glob("aip/*/*/*/*/v1/content/representations/original/data/*.fits")
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    try:
        code, out, _ = run("audit", AIP, "--json")
        told = json.loads(out)
        assert code == 3
        assert [item["path"] for item in told["findings"]] == [
            f"v1/content/representations/original/data/{path.name}"
        ]
        code, out, _ = run("audit", "--all")
        assert code == 3
        assert path.name in out.replace("\n", "")
    finally:
        path.write_bytes(good)


def test_a_dip_is_a_bag_others_accept(run: Any, tmp_path: Path, program: Any) -> None:
    """bagit-python accepts the DIP, sha512sum verifies it, and the zip holds the same files."""
    assert run("get", AIP, "*.fits", "--to", str(tmp_path / "dip"))[0] == 0
    assert bagit.Bag(str(tmp_path / "dip")).is_valid()
    command = [program("sha512sum"), "--quiet", "-c", "manifest-sha512.txt"]
    assert subprocess.run(command, cwd=tmp_path / "dip", check=False).returncode == 0
    assert run("get", AIP, "*.fits", "--to", str(tmp_path / "dip.zip"))[0] == 0
    with zipfile.ZipFile(tmp_path / "dip.zip") as packed:
        assert packed.testzip() is None
        (product,) = [name for name in packed.namelist() if name.endswith(".fits")]
        assert packed.read(product) == (tmp_path / "dip/data" / Path(product).name).read_bytes()


def test_a_dip_never_overwrites(run: Any, tmp_path: Path) -> None:
    """A target that exists is left as it is."""
    (tmp_path / "mine").write_text("mine")
    assert run("get", AIP, "--to", str(tmp_path / "mine"))[0] == 2
    assert (tmp_path / "mine").read_text() == "mine"


def test_validate_prints_one_object_for_scripts(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """path, kind, valid and findings with their six fields; exit 0 or 1."""
    bag = demo_bag(tmp_path / "hk.bag")
    (bag / "data" / "unlisted").write_bytes(b"x")
    capsys.readouterr()
    for path, kind, code in ((bag, "bag", 1), (home / "aip", "OCFL storage root", 0)):
        assert main(["validate", str(path), "--json"]) == code
        told = json.loads(capsys.readouterr().out)
        assert set(told) == {"path", "kind", "valid", "findings"}
        assert (told["kind"], told["valid"]) == (kind, code == 0)
        for found in told["findings"]:
            assert set(found) == {"code", "severity", "clause", "path", "message", "remedy"}


def test_a_finding_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """Every code that a provider meets can be asked about."""
    assert main(["explain", "ING-001"]) == 0
    assert "External-Identifier" in capsys.readouterr().out
    assert main(["explain", "XYZ-999"]) == 2


def test_the_demo_tells_its_story_twice(tmp_path: Path) -> None:
    """The demo ends well on an empty place, and again where its archive is already."""
    command = [sys.executable, "-m", "oais", "demo", "--no-serve", "--home", str(tmp_path / "demo")]
    command += ["--data", str(DEMO.parent)]
    for status in ("accepted", "held already"):
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "120"}
        )
        assert done.returncode == 0, done.stderr
        for word in (
            status,
            "The tree",
            "A light curve",
            "intact",
            "delivered",
            "An access code",
            "downloads in this browser",
            "Try next",
        ):
            assert word in done.stdout


def test_a_curve_without_numbers_is_drawn_as_such() -> None:
    """Nothing but NaN, one point and a flat line do not trouble the picture."""
    import numpy as np

    nothing = np.full(5, np.nan)
    assert draw_curve(nothing, nothing) == ["(no point is a number)"]
    assert len(draw_curve(np.zeros(1), np.ones(1))) == 11
    assert len(draw_curve(np.arange(9.0), np.ones(9))) == 11


@pytest.mark.parametrize("words", [["show", AIP], ["tree"], ["find", "55525572"]])
def test_a_database_that_does_not_answer_keeps_nobody_from_the_packages(
    run: Any, home: Path, words: list[str]
) -> None:
    """Who works at the archive's own machine sees all; what is not told, and why, is said beside it."""
    settings = home / "oais.yaml"
    before = settings.read_text("utf-8")
    settings.write_text(f"{before}database: postgresql+psycopg://oais:secret@localhost:1/people\n", "utf-8")
    try:
        code, out, err = run(*words, "--json")
        status, told, _ = run("status", "--json")
        wrong, _, stopped = run("person", "list")
    finally:
        settings.write_text(before, "utf-8")
    assert code == 0
    assert json.loads(out)
    assert status == 0
    assert wrong == 2
    for text in (err, json.dumps(json.loads(told)["warnings"]), stopped):
        assert "postgresql+psycopg://oais:***@localhost:1/people cannot be opened" in text
        assert "see that it is there, that its server runs" in text
        assert "secret" not in text
