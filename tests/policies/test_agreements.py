"""Agreements: the shipped ones load, and a faulty one is told all its faults with their lines."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from oais.errors import ConfigurationError, NotFoundError
from policies.agreement import load_agreement, load_agreements, parse_agreement
from policies.loading import check_policies, copy_shipped_policies, load_policies, reload_policies
from policies.yaml import Fault
from tests.agreed import DEMO

SHIPPED = Path(__file__).resolve().parents[2] / "policies" / "shipped"

GOOD = (
    DEMO
    + """\
  L1: {calib_level: 1, title: One}
mappings:
  common:
    obscore: {target_name: 0/OBJECT}
products:
  - name: product
    file_name: 'p(?P<number>[0-9]+)\\.fits'
    level: L1
    node: l1/set-{number}
    mapping: common
tree:
  - {path: l1, title: Level 1, level: L1}
  - {path: 'l1/set-{number}', title: 'Set {number}', kind: data set}
"""
)

FAULTS = {
    "misspelt name": ("licence: free", "licens: free", 9, "did you mean 'licence'"),
    "missing name": ("credit: us\n", "", 1, "no 'credit'"),
    "no truth value": ("new_versions: true", "new_versions: yes", 8, "'yes'"),
    "octal": ("calib_level: 1", "calib_level: 01", 15, "'01'"),
    "level out of range": ("calib_level: 1", "calib_level: 9", 15, "0 to 4"),
    "broken pattern": ("'demo\\.[0-9]+'", "'demo\\.[0-9+'", 6, "regular expression"),
    "unknown level": ("level: L1\n    node", "level: L7\n    node", 22, "'L7'"),
    "unknown mapping": ("mapping: common", "mapping: comon", 24, "'comon'"),
    "unknown node": ("node: l1/set-{number}", "node: l2/set-{number}", 23, "l2/set"),
    "unknown column": ("{target_name: 0/OBJECT}", "{target: 0/OBJECT}", 18, "target_name"),
    "source without a unit": ("target_name: 0/OBJECT", "target_name: OBJECT", 18, "a source"),
    "two ways": ("0/OBJECT}", "{from: 0/OBJECT, text: a}}", 18, "exactly one"),
    "no way": ("0/OBJECT}", "{as: number}}", 18, "exactly one"),
    "unknown form": ("0/OBJECT}", "{from: 0/OBJECT, as: numbr}}", 18, "did you mean 'number'"),
    "unknown field form": ("{number:int}'", "{number:hex}'", 7, "hex"),
    "lone brace": ("'demo.{number:int}'", "'demo.{number'", 7, "brace"),
    "empty value": ("title: A demonstration", "title: ", 2, "nothing"),
    "list for a text": ("title: A demonstration", "title: [a, b]", 2, "a list of 2"),
    "text for a list": ("creators: [us]", "creators: {a: b}", 12, "a mapping"),
    "name in capitals": ("agreement: demo", "agreement: Demo", 1, "'Demo'"),
    "unknown kind": ("kind: data set", "kind: dataset", 27, "did you mean 'data set'"),
    "path with capitals": ("path: l1,", "path: L1,", 26, "slugs"),
}  # fmt: skip


def faults_of(text: str) -> list[Fault]:
    """Return the faults of an agreement's text."""
    faults: list[Fault] = []
    agreement = parse_agreement(text, "demo.yaml", faults)
    assert (agreement is None) is bool(faults)
    return faults


def test_a_good_agreement_has_no_fault() -> None:
    """The text that the faults below are made of is itself sound."""
    assert faults_of(GOOD) == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_names_its_line(name: str) -> None:
    """Each kind of mistake is found, in its line, with words that help."""
    old, new, line, words = FAULTS[name]
    assert old in GOOD
    faults = faults_of(GOOD.replace(old, new, 1))
    assert any(fault.line == line and words in str(fault) for fault in faults), [str(f) for f in faults]


def test_all_faults_are_told_at_once() -> None:
    """An agreement with four mistakes is refused once, with four lines."""
    text = GOOD
    for name in ("misspelt name", "no truth value", "unknown level", "unknown column"):
        old, new, _, _ = FAULTS[name]
        text = text.replace(old, new, 1)
    lines = {fault.line for fault in faults_of(text)}
    assert {8, 9, 18, 22} <= lines


def test_the_error_names_file_line_and_remedy(tmp_path: Path) -> None:
    """What stops the archive can be corrected from its message alone."""
    path = tmp_path / "demo.yaml"
    path.write_text(GOOD.replace("licence: free", "licens: free"))
    with pytest.raises(ConfigurationError) as caught:
        load_agreement(path)
    assert "demo.yaml:9: found the unknown name 'licens'" in caught.value.message
    assert "nothing was changed" in caught.value.remedy


def test_the_faults_of_all_files_are_told_together(tmp_path: Path) -> None:
    """Two faulty agreements and a name used twice are one error."""
    (tmp_path / "a.yaml").write_text(GOOD.replace("licence: free", "licens: free"))
    (tmp_path / "b.yaml").write_text(GOOD.replace("new_versions: true", "new_versions: no"))
    (tmp_path / "c.yaml").write_text(GOOD)
    (tmp_path / "d.yaml").write_text(GOOD)
    with pytest.raises(ConfigurationError) as caught:
        load_agreements(tmp_path)
    for words in ("a.yaml:9", "b.yaml:8", "a second agreement 'demo'"):
        assert words in caught.value.message


def test_only_what_has_changed_is_parsed_again(home: Path) -> None:
    """A site that reads its policies again does not pay for the agreements that stayed as they were."""
    folder = home / "agreements"
    before = load_agreements(folder)
    changed = folder / before["tess"].source
    changed.write_bytes(changed.read_bytes() + b"# a word more\n")
    after = load_agreements(folder)
    assert {name for name in after if after[name] is not before[name]} == {"tess"}
    assert after["tess"].digest == hashlib.sha256(changed.read_bytes()).hexdigest() != before["tess"].digest


def test_a_fault_is_told_each_time_it_is_met() -> None:
    """What was parsed before has its faults still, after those of the files before it."""
    for _ in range(2):
        faults = [Fault("other.yaml", 1, "this", "that")]
        assert parse_agreement(f"{GOOD}title: Again\n", "demo.yaml", faults) is None
        assert [fault.found for fault in faults] == ["this", "a second 'title'"]


def test_the_shipped_policies_load_from_a_copy(tmp_path: Path) -> None:
    """What ``oais init`` copies can be loaded, and copying again leaves a changed file alone."""
    written = copy_shipped_policies(tmp_path)
    policies = load_policies(tmp_path)
    assert len(written) == len(policies.agreements) + 1 == len(policies.digests)
    assert {"generic", "tess", "kepler", "k2", "cheops", "corot", "hess", "soho", "cluster"} <= set(
        policies.agreements
    )
    changed = tmp_path / "access.yaml"
    changed.write_text(changed.read_text() + "# ours\n")
    assert copy_shipped_policies(tmp_path) == ()
    assert load_policies(tmp_path).digests["access.yaml"] != policies.digests["access.yaml"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the shipped policies."""
    copy_shipped_policies(tmp_path)
    return tmp_path


def test_without_access_rules_nothing_starts(home: Path) -> None:
    """A missing file denies by stopping, not by a default."""
    (home / "access.yaml").unlink()
    with pytest.raises(ConfigurationError, match=r"access\.yaml"):
        load_policies(home)


@pytest.mark.parametrize("keep", [0, 1, 100, 200, 300])
def test_a_half_written_file_stops_the_archive(home: Path, keep: int) -> None:
    """Whatever part of the rules was written, it is not taken for the whole."""
    path = home / "access.yaml"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ConfigurationError):
        load_policies(home)


def test_an_unknown_policy_name_and_an_unknown_node_stop_the_archive(home: Path) -> None:
    """References between the files are checked as well."""
    agreement = home / "agreements" / "tess.yaml"
    agreement.write_text(agreement.read_text().replace("access_policy: open", "access_policy: opne"))
    with pytest.raises(ConfigurationError, match="'opne'"):
        load_policies(home)
    shutil.rmtree(home / "agreements")
    (home / "access.yaml").unlink()
    copy_shipped_policies(home)
    rules = home / "access.yaml"
    rules.write_text(rules.read_text().replace("nodes: []", "nodes:\n  - {node: tess/n9, policy: closed}\n"))
    with pytest.raises(ConfigurationError, match="tess/n9"):
        load_policies(home)


def test_a_looser_child_needs_an_override(home: Path) -> None:
    """A node that opens what is closed above it stops the archive unless it says why."""
    rules = home / "access.yaml"
    looser = (
        "nodes:\n  - {node: tess/n1, policy: padlock}\n  - {node: tess/n1/light-curves, policy: open%s}\n"
    )
    text = rules.read_text()
    rules.write_text(text.replace("nodes: []", looser % ""))
    with pytest.raises(ConfigurationError, match="looser"):
        load_policies(home)
    rules.write_text(text.replace("nodes: []", looser % ", override: released early"))
    policies = load_policies(home)
    assert policies.access.for_node("tess/n1/light-curves/sector-5").data == "open"
    assert policies.access.for_node("tess/n1").metadata == "listed"


def test_an_unknown_agreement_is_named() -> None:
    """Asking for an agreement that is not there tells those that are."""
    with pytest.raises(NotFoundError) as caught:
        load_policies(SHIPPED).agreement("tes")
    assert "tess" in caught.value.remedy


def test_a_faulty_change_leaves_the_old_policies_in_force(home: Path) -> None:
    """Reading again after a mistake keeps the set that was read before, and names each mistake."""
    before = load_policies(home)
    rules = home / "access.yaml"
    sound = rules.read_text()
    rules.write_text(sound + "nodes: []\n")
    after, findings = reload_policies(before, home)
    assert after is before
    assert [(found.code, found.path) for found in findings] == [
        ("POL-001", f"access.yaml:{len(sound.splitlines()) + 1}")
    ]
    assert check_policies(home) == findings
    rules.write_text(sound + "# changed\n")
    after, findings = reload_policies(before, home)
    assert findings == ()
    assert after is not before
