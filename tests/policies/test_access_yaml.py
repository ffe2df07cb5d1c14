"""The language of ``access.yaml``: what it takes, and what it refuses with its line and a remedy."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from policies.access_yaml import parse_access
from policies.embargo import EmbargoRule, Period, Periods, Unit
from policies.words import AccessWords, Exemption
from policies.yaml import Fault

# the words of one policy → what the fault speaks of
BAD_POLICIES = {
    "group without groups": ("metadata: listed, data: group", "'groups'"),
    "groups for nobody": ("metadata: public, data: open, groups: [g]", "beside group"),
    "embargo without rule": ("metadata: public, data: embargo", "'rule'"),
    "embargo of nothing": ("metadata: public, data: embargo, rule: {from_headers: true}", "no period"),
    "period in words": ("metadata: public, data: embargo, rule: {after_last_visit: a year}", "'12 months'"),
    "period of centuries": (
        "metadata: public, data: embargo, rule: {after_last_visit: 9000 months}",
        "at most 1200",
    ),
    "embargo behind a padlock": (
        "metadata: listed, data: embargo, rule: {after_last_visit: 1 months}",
        "metadata: public",
    ),
    "padlock that data outlive": ("metadata: listed, data: closed, opens: 2027-01-01", "metadata_opens"),
    "padlock that lasts too long": (
        "metadata: listed, metadata_opens: 2027-01-02, data: group, groups: g, until: 2027-01-01",
        "metadata_opens",
    ),
    "public twice": ("metadata: public, metadata_opens: 2027-01-01, data: open", "public metadata"),
    "then, but when": ("metadata: public, data: account, then: open", "without an end"),
    "then something stricter": (
        "metadata: public, data: email-code, until: 2027-01-01, then: account",
        "looser",
    ),
    "code for strangers": ("metadata: public, data: email-code, code: true", "beside account"),
    "yes for true": ("metadata: public, data: account, code: yes", "true, false"),
    "exception of everything": ("metadata: public, data: account, exceptions: [{reason: y}]", "everything"),
    "exception without a reason": ("metadata: public, data: account, exceptions: [{levels: L1}]", "'reason'"),
    "exception of no kind": (
        "metadata: public, data: closed, exceptions: [{kinds: calib, reason: y}]",
        "calibration",
    ),
    "exception that is stricter": (
        "metadata: public, data: email-code, exceptions: [{kinds: report, data: account, reason: y}]",
        "looser",
    ),
    "exception behind a padlock": (
        "metadata: listed, data: closed, exceptions: [{kinds: report, reason: y}]",
        "exceptions with listed",
    ),
}


@pytest.mark.parametrize("name", BAD_POLICIES)
def test_words_that_do_not_go_together_are_refused(name: str) -> None:
    """What could mean two things, or nothing, is a fault in its line."""
    words, spoken_of = BAD_POLICIES[name]
    faults: list[Fault] = []
    assert parse_access(f"policies:\n  a: {{reason: x, {words}}}\n", "access.yaml", faults) is None
    assert [fault for fault in faults if fault.line == 2 and spoken_of in str(fault)], faults


BAD_NODES = {
    "override of nothing": ["{node: m, override: why, opening: {opens: 2027-01-01}}", "override"],
    "no rule at all": ["{node: m}", "without a rule"],
    "opening without a day": ["{node: m, opening: {until_then: account}}", "'opens'"],
    "opening for a group": ["{node: m, opening: {opens: 2027-01-01, until_then: group}}", "account"],
}


@pytest.mark.parametrize("name", BAD_NODES)
def test_a_rule_of_a_node_says_something(name: str) -> None:
    """A node has a policy or a day of opening, and an override has a policy."""
    node, spoken_of = BAD_NODES[name]
    faults: list[Fault] = []
    assert parse_access(f"policies: {{}}\nnodes:\n  - {node}\n", "access.yaml", faults) is None
    assert [fault for fault in faults if fault.line == 3 and spoken_of in str(fault)], faults


def test_a_node_has_one_rule() -> None:
    """Of two rules for a node neither may win quietly."""
    faults: list[Fault] = []
    opening = "opening: {opens: 2027-01-01}"
    nodes = f"nodes:\n  - {{node: m, {opening}}}\n  - {{node: m, {opening}}}\n"
    assert parse_access(f"policies: {{}}\n{nodes}", "access.yaml", faults) is None
    assert [(fault.line, fault.found) for fault in faults] == [(4, "a second rule for 'm'")]


def test_all_faults_are_told_at_once() -> None:
    """One reading names every mistake, so that it takes one correction."""
    faults: list[Fault] = []
    text = "policies:\n  a: {metadata: pubic, data: open}\n  b: {metadata: public, data: opne, reason: x}\n"
    assert parse_access(text, "access.yaml", faults) is None
    assert [fault.line for fault in faults] == [2, 2, 3]
    assert all(fault.remedy for fault in faults)


def test_every_word_is_understood() -> None:
    """A policy that says all it can is read as it is written."""
    access = parse_access(
        """
policies:
  embargoed:
    metadata: public
    data: embargo
    rule: {after_last_visit: 12 months, after_first_visit: 547 days, from_headers: true}
    then: email-code
    code: true
    reason: private to its owners
    contact: archive@example.org
    exceptions:
      - {kinds: calibration, reason: reference files}
      - {levels: [L0, L1], values: {progtype: ['40', '41']}, data: account, reason: commissioning}
  members:
    metadata: hidden
    metadata_opens: 2015-01-01
    data: group
    groups: [n1-members]
    until: 2015-01-01
    then: email-code
    reason: until the end of 2014
""",
        "access.yaml",
        [],
    )
    assert access is not None
    assert access.policies == {
        "embargoed": AccessWords(
            metadata="public",
            data="embargo",
            policy="embargoed",
            reason="private to its owners",
            contact="archive@example.org",
            then="email-code",
            rule=EmbargoRule(Periods(Period(12, Unit.MONTHS), Period(547, Unit.DAYS)), from_headers=True),
            code=True,
            exemptions=(
                Exemption("reference files", kinds=("calibration",)),
                Exemption("commissioning", "account", (), ("L0", "L1"), {"progtype": ("40", "41")}),
            ),
        ),
        "members": AccessWords(
            metadata="hidden",
            data="group",
            policy="members",
            reason="until the end of 2014",
            opens=datetime(2015, 1, 1, tzinfo=UTC),
            then="email-code",
            groups=("n1-members",),
            metadata_opens=datetime(2015, 1, 1, tzinfo=UTC),
        ),
    }
