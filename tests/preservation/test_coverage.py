"""Coverage: each part of the rule is present, missing or not needed for the reason it says."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from oais.archive import Archive
from oais.cli import main
from oais.functions.administration import initialise
from oais.functions.preservation.coverage import Coverage, coverage_by_data_set, coverage_of
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from tests.functions.deliveries import demo_bag, plain_bag


def table(unit: str | None) -> bytes:
    """A FITS table of one column with or without a unit."""
    out = io.BytesIO()
    column = fits.Column("FLUX", "E", array=np.zeros(3, "f4"), unit=unit)
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([column])]).writeto(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """A mission's real delivery, a bare table, a file of no format, and a package with all that is needed."""
    place = tmp_path_factory.mktemp("coverage")
    made = initialise(place / "home")
    bags = [
        demo_bag(place / "n1.bag", "n1"),
        plain_bag(place / "bare.bag", "bare.table", {"a.fits": table(None)}),
        plain_bag(place / "strange.bag", "strange.file", {"a.bin": bytes(range(7, 200))}),
    ]
    for told in submit(made, bags):
        assert told.receipt is not None, told.error
        assert told.receipt.status == "accepted", told.receipt.findings
    return made


def states(judged: Coverage) -> dict[str, str]:
    """The state of each part by its name."""
    return {part.name: part.state for part in judged.parts}


def test_a_missions_delivery_is_judged_part_by_part(archive: Archive) -> None:
    """The demo's light curve brings its documents and its manifests; what is missing says what to do."""
    judged = coverage_of(find_aip(archive, "tess.tic55525572.s0005.n1"))
    told = states(judged)
    for name in ("formats identified", "format specifications", "documents that explain the data",
                 "checksums of the provider", "what it is and whose"):  # fmt: skip
        assert told[name] == "present", (name, judged.parts)
    assert all(part.remedy for part in judged.missing)
    needed = [state for state in told.values() if state in {"present", "missing"}]
    assert judged.score == needed.count("present") / len(needed)


def test_what_is_missing_is_told_with_the_thing(archive: Archive) -> None:
    """A column without unit, a file of no format, no document: each is named."""
    bare = coverage_of(find_aip(archive, "bare.table"))
    parts = {part.name: part for part in bare.parts}
    assert parts["units and columns described"].state == "missing"
    assert "FLUX of a.fits" in parts["units and columns described"].found
    assert parts["documents that explain the data"].state == "missing"
    assert parts["how to run the software"].state == "not needed"
    strange = {part.name: part for part in coverage_of(find_aip(archive, "strange.file")).parts}
    assert strange["formats identified"].state == "missing"
    assert "a.bin" in strange["formats identified"].found


def test_a_better_delivery_has_a_better_score(archive: Archive, tmp_path: Path) -> None:
    """Units, a document and the source of a reader raise it to all that is needed."""
    archive = initialise(tmp_path / "home")
    (told,) = submit(
        archive,
        [
            plain_bag(
                tmp_path / "good.bag",
                "good.table",
                {
                    "a.fits": table("Jy"),
                    "documents/guide.txt": b"FLUX is a flux\n",
                    "software/reader/README": b"python read.py\n",
                    "software/reader/read.py": b"print(1)\n",
                },
            )
        ],
    )
    assert told.outcome == "stored", told.receipt
    judged = coverage_of(find_aip(archive, "good.table"))
    assert states(judged)["units and columns described"] == "present"
    assert states(judged)["documents that explain the data"] == "present"
    assert states(judged)["software source"] == "present"
    assert {part.name for part in judged.missing} <= {"what it is and whose"}


def test_data_sets_are_summed_up(archive: Archive) -> None:
    """Every AIP is counted at its place, once; what is missing is counted by part."""
    found = {one.node: one for one in coverage_by_data_set(archive)}
    assert sum(one.aips for one in found.values()) == 3
    (generic,) = (one for node, one in found.items() if node.startswith("generic"))
    assert generic.missing["formats identified"] == 1
    assert generic.missing["documents that explain the data"] == 2
    assert [one.node for one in coverage_by_data_set(archive, "tess")] == [
        node for node in found if node.startswith("tess")
    ]


def test_the_command_tells_both(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    """In words and JSON, exit code 1 while something is missing."""
    home = ["--home", str(archive.home)]
    assert main(["coverage", "bare.table", *home]) == 1
    assert "deliver the user guide" in " ".join(capsys.readouterr().out.split())
    assert main(["coverage", "bare.table", "--json", *home]) == 1
    told = json.loads(capsys.readouterr().out)
    assert 0 < told["score"] < 1
    assert main(["coverage", "--json", *home]) == 1
    assert len(json.loads(capsys.readouterr().out)["data_sets"]) == 2
