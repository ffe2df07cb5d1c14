"""Under which agreement and identifier a delivery comes, and whether its products belong together."""

from __future__ import annotations

from pathlib import Path

from oais.archive import Archive
from oais.functions.checking import Checked, check_delivery
from tests.functions.deliveries import TAGS, demo_payload, write_bag

IDENTIFIER = "tess.tic55525572.s0005.lc"


def told(checked: Checked, code: str) -> list[str]:
    """Return the messages of one code."""
    return [found.message for found in checked.findings if found.code == code]


def test_the_operator_may_name_the_agreement_of_a_bag_that_names_none(
    archive: Archive, tmp_path: Path
) -> None:
    """With the agreement given, its tag is not asked for again; without it the remedy says to give it."""
    tags = {"Source-Organization": TAGS["Source-Organization"], "External-Identifier": IDENTIFIER}
    bag = write_bag(tmp_path / "a.bag", demo_payload("n1"), tags)
    assert check_delivery(archive, bag, "tess").passed
    refused = check_delivery(archive, bag)
    (found,) = [item for item in refused.findings if item.code == "ING-003"]
    assert "submit with --agreement" in found.remedy


def test_a_bag_that_names_an_unknown_agreement_stays_refused(archive: Archive, tmp_path: Path) -> None:
    """What the bag says is not overruled, and the remedy does not pretend that it could be."""
    tags = {**TAGS, "Submission-Agreement": "voyager", "External-Identifier": IDENTIFIER}
    checked = check_delivery(archive, write_bag(tmp_path / "a.bag", demo_payload("n1"), tags), "tess")
    (found,) = [item for item in checked.findings if item.code == "ING-003"]
    assert "'voyager'" in found.message
    assert found.remedy.startswith("correct the tag")


def test_a_missing_identifier_is_told_once(archive: Archive, tmp_path: Path) -> None:
    """Where the agreement requires an identifier, none is made up beside the refusal."""
    checked = check_delivery(archive, write_bag(tmp_path / "a.bag", demo_payload("n1"), TAGS))
    assert told(checked, "AGR-002")
    assert told(checked, "ING-005") == []
    generic = {**TAGS, "Submission-Agreement": "generic"}
    free = check_delivery(archive, write_bag(tmp_path / "b.bag", {"a.csv": b"1\n"}, generic))
    assert free.passed
    assert told(free, "ING-005")


def test_products_of_other_places_are_warned_of(archive: Archive, tmp_path: Path) -> None:
    """A bag with a light curve and a pixel file is taken, and the branch that stays empty is named."""
    payload = {**demo_payload("n1"), **demo_payload("n0")}
    bag = write_bag(tmp_path / "a.bag", payload, {**TAGS, "External-Identifier": IDENTIFIER})
    checked = check_delivery(archive, bag)
    (message,) = told(checked, "CON-008")
    assert checked.passed
    assert "n1/light-curves/sector-5" in message
    assert "n0/target-pixel-files/sector-5" in message


def test_products_of_one_place_are_not_warned_of(archive: Archive, tmp_path: Path) -> None:
    """One light curve with its document belongs together."""
    bag = write_bag(tmp_path / "a.bag", demo_payload("n1"), {**TAGS, "External-Identifier": IDENTIFIER})
    assert told(check_delivery(archive, bag), "CON-008") == []
