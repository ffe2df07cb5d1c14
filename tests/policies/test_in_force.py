"""The policies of a running archive follow their files, and never a faulty one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from oais.errors import ConfigurationError
from policies.in_force import PoliciesInForce
from policies.loading import copy_shipped_policies


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the shipped policies."""
    copy_shipped_policies(tmp_path)
    return tmp_path


def test_unchanged_files_are_not_read_again(home: Path) -> None:
    """Asking twice gives the very same policies."""
    rules = PoliciesInForce(home)
    assert rules.current() is rules.current()


def test_a_change_is_in_force_at_the_next_question(home: Path) -> None:
    """A file that is replaced, added or taken away counts at once, without a restart."""
    rules = PoliciesInForce(home)
    before = rules.current()
    fresh = home / "new"
    fresh.write_text((home / "access.yaml").read_text() + "# changed\n")
    os.replace(fresh, home / "access.yaml")
    assert rules.current().digests["access.yaml"] != before.digests["access.yaml"]
    (home / "agreements" / "tess.yaml").unlink()
    assert "tess" not in rules.current().agreements


def test_a_faulty_change_is_told_and_not_followed(home: Path) -> None:
    """The rules of before stay until every fault is mended; then nothing is told any more."""
    rules = PoliciesInForce(home)
    before = rules.current()
    sound = (home / "access.yaml").read_text()
    (home / "access.yaml").write_text("policies: {}\nnodes: [\n")
    assert rules.current() is before
    assert [finding.code for finding in rules.findings()] == ["POL-001"]
    (home / "access.yaml").write_text(sound)
    assert rules.findings() == ()
    shutil.rmtree(home / "agreements")
    assert rules.current().agreements == before.agreements
    assert rules.findings() != ()


def test_without_valid_policies_nothing_opens(home: Path) -> None:
    """There is no policy to fall back on at the start: all is denied by not starting."""
    (home / "access.yaml").write_text("policies: {}\n")
    with pytest.raises(ConfigurationError):
        PoliciesInForce(home)


def test_where_policies_need_not_be_all_is_denied_until_they_are_mended(home: Path) -> None:
    """Nothing is known of any place, that is told, and the mended files count at the next question."""
    sound = (home / "access.yaml").read_text()
    (home / "access.yaml").unlink()
    rules = PoliciesInForce(home, required=False)
    assert rules.current().nothing_allowed
    assert rules.current().tree.nodes() == ()
    assert rules.current().tree.node("tess") is None
    assert [finding.code for finding in rules.findings()] == ["POL-001"]
    assert rules.trouble().startswith("no policy is in force")
    (home / "access.yaml").write_text(sound)
    assert rules.current().tree.node("tess") is not None
    assert rules.trouble() == ""
    shutil.rmtree(home / "agreements")
    assert rules.trouble().startswith("the policies were changed and have faults")
    assert not rules.current().nothing_allowed
