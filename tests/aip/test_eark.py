"""The MUSTs of E-ARK CSIP 2.2 and AIP 2.2 on packages of anybody: one case each, and a second opinion."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from aip.storage import AipStore
from aip.validation.eark import check_eark_package
from aip.validation.eark.rules import RULES
from oais.information.findings import Severity, finding_codes
from tests.aip.building import MANY, ONE, RICH, store_package
from tests.aip.eark_builder import AIP_PROFILE, PROFILE, build_package
from tests.aip.eark_faults import FAULTS, Fault
from tests.conftest import ROOT

MUSTS = frozenset(
    f"CSIP{number}"
    for number in (
        *(1, 2, 6, 7, *range(9, 17), 18, 19, *range(22, 31), 33, *range(36, 45), 46, *range(49, 58)),
        *(59, 60, *range(64, 73), *range(76, 86), 88, 89, 90, 94, 95, 98, 99, 102, 103),
        *(*range(106, 115), 116, 117, 118, 119),
    )
)
"""The requirements of the level MUST in the METS profile E-ARK-CSIP-v2-2-0."""


@pytest.mark.parametrize("profile", [PROFILE, AIP_PROFILE], ids=["CSIP", "AIP"])
def test_a_sound_foreign_package_breaks_nothing(profile: str, tmp_path: Path) -> None:
    """A package that none of our programs wrote, by either profile, is found sound."""
    package = build_package(tmp_path / "package", profile)
    assert [found.message for found in check_eark_package(package)] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_told_by_the_requirement_it_breaks(
    fault: Fault, tmp_path: Path, record_count: Callable[[str, int], None]
) -> None:
    """Each fault gives the specification's id, what cannot but come with it, and nothing else."""
    package = build_package(tmp_path / "package", fault.profile)
    fault.break_package(package)
    found = list(check_eark_package(package))
    assert {each.code for each in found} == {fault.code, *fault.also}, [each.message for each in found]
    assert all(each.clause and each.remedy and each.message and each.path for each in found)
    record_count("matrix cells", 1)


def test_every_must_is_checked_and_has_a_case() -> None:
    """No MUST of the profile is left out of the rules, the table of codes, or the faults."""
    checked = {rule.code for rule in RULES}
    assert {code for code in checked if code.startswith("CSIP")} == MUSTS
    coded = {code for code in finding_codes() if re.match(r"CSIP|AIPM?[0-9]|EAR-|PRM-", code)}
    assert {fault.code for fault in FAULTS} == coded - {"CSIPSTR1"}  # that one is about containers
    assert checked <= coded
    errors = {code for code in coded if finding_codes()[code].severity is Severity.ERROR}
    assert coded - errors == {"PRM-006"}


def test_eark_validator_gives_the_same_ids(oracle_python: Path, tmp_path: Path) -> None:
    """An independent validator tells the same requirement, but for differences that are explained."""
    told = [fault for fault in FAULTS if fault.code.startswith("CSIP")]
    packages = [build_package(tmp_path / fault.name, fault.profile) for fault in told]
    for fault, package in zip(told, packages, strict=True):
        fault.break_package(package)
    command = [oracle_python, ROOT / "tests" / "oracles" / "eark.py", *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    answers = json.loads(done.stdout)
    disagreeing = []
    for fault, answer in zip(told, answers, strict=True):
        rules = {finding["rule"] or "" for finding in answer["errors"]}
        if (fault.code in rules) == bool(fault.differs):
            disagreeing.append((fault.name, fault.differs, sorted(rules)))
    assert disagreeing == []


def test_our_own_packages_break_nothing(store: AipStore, tmp_path: Path) -> None:
    """What the archive writes is judged like anybody's package, and is sound with no remark."""
    for number, payload in enumerate((ONE, MANY, RICH)):
        stored = store_package(store, f"x.{number}", payload, tmp_path)
        assert list(check_eark_package(stored.path / "v1" / "content")) == []


def test_our_own_packages_are_held_to_the_aip_profile(store: AipStore, tmp_path: Path) -> None:
    """They name it, so that what it asks beyond CSIP is asked of them: each fault is told."""
    stored = store_package(store, "x.held", RICH, tmp_path)
    package = Path(shutil.copytree(stored.path / "v1" / "content", tmp_path / "package"))
    text = (package / "METS.xml").read_text()
    assert f'PROFILE="{AIP_PROFILE}"' in text
    for code, taken, put in (
        ("AIPM2", AIP_PROFILE, AIP_PROFILE.replace("v2-2-0", "v2-0-4")),
        ("AIP3", r'<mets:fptr FILEID="file-[0-9]+"/>', ""),
    ):
        (package / "METS.xml").write_text(re.sub(taken, put, text))
        assert {found.code for found in check_eark_package(package)} == {code}


def test_a_fault_in_a_representation_is_told_there(tmp_path: Path) -> None:
    """Each METS file of a package is judged, and the finding names the one it is in."""
    package = build_package(tmp_path / "package")
    inner = package / "representations/rep1/METS.xml"
    inner.write_text(inner.read_text().replace('ID="div-md" ', ""))
    told = {(found.code, found.path) for found in check_eark_package(package)}
    assert ("CSIP89", "representations/rep1/METS.xml") in told
    assert told - {("CSIP89", "representations/rep1/METS.xml")} == {
        ("CSIP69", "METS.xml"),
        ("CSIP71", "METS.xml"),
    }


def test_links_lead_nowhere_outside(tmp_path: Path) -> None:
    """A link of the file system is no file of the package, and what it leads to is not read."""
    package = build_package(tmp_path / "package")
    (tmp_path / "secret.txt").write_text("how to read it\n")
    (package / "documentation/guide.txt").unlink()
    (package / "documentation/guide.txt").symlink_to(tmp_path / "secret.txt")
    assert {found.code for found in check_eark_package(package)} == {"CSIP79"}
