"""Every rule of RFC 8493: our verdict is the standard's, and bagit-python's where it is right."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from oais.information.findings import Severity
from sip.bag.validation import validate_bag
from tests.sip.bags import make_bag
from tests.sip.rfc8493 import RULES, Rule


def bagit_accepts(root: Path) -> bool:
    """The second opinion; a traceback is no acceptance."""
    logging.disable(logging.CRITICAL)
    try:
        bagit.Bag(os.fspath(root)).validate()
    except Exception:  # noqa: BLE001  # it raises whatever it meets
        return False
    finally:
        logging.disable(logging.NOTSET)
    return True


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.clause} {rule.done}")
def test_a_rule_gets_the_verdict_of_the_standard(
    rule: Rule, tmp_path: Path, record_count: Callable[[str, int], None]
) -> None:
    """The verdict is right, the code of the fault is told, and nothing is told of a sound bag."""
    root = make_bag(tmp_path / "bag")
    rule.spoil(root)
    result = validate_bag(root)
    assert result.valid is rule.valid, result.findings
    if rule.code:
        severity = None if rule.valid else Severity.ERROR
        assert rule.code in {f.code for f in result.findings if severity in (None, f.severity)}
    else:
        assert result.findings == ()
    record_count("matrix cells", 1)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.clause} {rule.done}")
def test_bagit_python_agrees_or_is_known_to_be_wrong(rule: Rule, tmp_path: Path) -> None:
    """An independent validator comes to the same verdict, but for differences that are explained."""
    root = make_bag(tmp_path / "bag")
    rule.spoil(root)
    assert (bagit_accepts(root) is rule.valid) == (not rule.bagit), rule.bagit
