"""The rules of four missions, as the shipped examples write them, walked through time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from policies.access import (
    ANONYMOUS,
    AccessObject,
    Action,
    Membership,
    Principal,
    Role,
    State,
    Step,
    decide,
)
from policies.access_rules import AccessPolicy, check_access
from policies.access_yaml import parse_access
from policies.embargo import ObservationRequest, Period, Periods, Unit, Visit, Waiver
from policies.loading import load_policies
from policies.tree import Tree
from policies.yaml import Fault

SHIPPED = Path(__file__).resolve().parents[2] / "policies" / "shipped"
TICK = timedelta(microseconds=1)
REQUEST = "m:1"
PI = Principal("pi", Role.REGISTERED, requests=frozenset({REQUEST}))
DELEGATE = Principal("delegate", Role.REGISTERED, delegated=frozenset({REQUEST}))
STRANGER = Principal("stranger", Role.REGISTERED, requests=frozenset({"m:2"}))

Load = Callable[[str], AccessPolicy]


def day(text: str) -> datetime:
    """The first moment of a day in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def load() -> Load:
    """Reads an example as the rules of an archive with the shipped agreements."""
    agreements = load_policies(SHIPPED).agreements.values()

    def read(name: str) -> AccessPolicy:
        faults: list[Fault] = []
        found = parse_access((SHIPPED / "examples" / name).read_bytes(), name, faults)
        assert found is not None, [str(fault) for fault in faults]
        access = found.with_agreements(agreements)
        check_access(access, [node.path for node in Tree(agreements, access).nodes()], name, faults)
        assert faults == []
        return access

    return read


def shown(access: AccessPolicy, node: str, who: Principal, at: datetime, **facts: Any) -> str:
    """How much somebody gets: nothing, the name, the description, or the data."""
    target = AccessObject(node, access.for_node(node), "m.1", **facts)
    got = ["", "name", "description", "data"]
    return got[sum(decide(who, action, target, at).allowed for action in Action)]


def test_the_examples_of_the_documentation_load() -> None:
    """Each YAML text of the page for archivists can be put in force with the shipped agreements."""
    page = (SHIPPED.parents[1] / "docs" / "access-policies.md").read_text("utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    agreements = load_policies(SHIPPED).agreements.values()
    assert len(examples) == 3
    for text in examples:
        faults: list[Fault] = []
        found = parse_access(text, "access-policies.md", faults)
        assert found is not None, [str(fault) for fault in faults]
        access = found.with_agreements(agreements)
        check_access(access, [node.path for node in Tree(agreements, access).nodes()], "page", faults)
        assert faults == []


def test_every_example_loads() -> None:
    """None of them was forgotten here."""
    assert {path.name for path in (SHIPPED / "examples").iterdir()} == {
        "cheops.yaml",
        "cluster.yaml",
        "corot.yaml",
        "cta.yaml",
    }


def test_cheops(load: Load) -> None:
    """Two visits: a year after the last, or a year and a half after the first, to the microsecond."""
    access, node = load("cheops.yaml"), "cheops/l2/visits/v1"
    first, last = Visit("v1", day("2024-01-10")), Visit("v2", day("2024-03-31"))
    both = ObservationRequest(REQUEST, (first, last))
    release = day("2025-03-31")
    for who, before in (
        (ANONYMOUS, "description"),
        (STRANGER, "description"),
        (PI, "data"),
        (DELEGATE, "data"),
    ):
        assert shown(access, node, who, release - TICK, request=both) == before
        assert shown(access, node, who, release, request=both) == "data"
    late = ObservationRequest(REQUEST, (first, last, Visit("v3", day("2025-06-30"))))
    assert shown(access, node, ANONYMOUS, day("2025-07-10") - TICK, request=late) == "description"
    assert shown(access, node, ANONYMOUS, day("2025-07-10"), request=late) == "data"
    long = ObservationRequest(
        REQUEST, (first,), headers=Periods(Period(1825, Unit.DAYS), Period(1825, Unit.DAYS))
    )
    assert shown(access, node, ANONYMOUS, day("2029-01-07"), request=long) == "description"
    assert shown(access, node, ANONYMOUS, day("2029-01-08"), request=long) == "data"


def test_cheops_exceptions_and_waiver(load: Load) -> None:
    """Reference files and science demonstration are open at once, a waived request from its waiver on."""
    access, now, node = load("cheops.yaml"), day("2024-02-01"), "cheops/l1/visits/v1"
    private = ObservationRequest(REQUEST, (Visit("v1", day("2024-01-10")),))
    waived = ObservationRequest(REQUEST, private.visits, Waiver(now, "the PI"))
    assert shown(access, node, ANONYMOUS, now) == "description", "a request that is not known stays private"
    assert shown(access, node, ANONYMOUS, now, request=private, kind="science") == "description"
    assert shown(access, node, ANONYMOUS, now, request=private, kind="calibration") == "data"
    assert shown(access, node, ANONYMOUS, now, request=private, values={"progtype": 40}) == "data"
    assert shown(access, node, ANONYMOUS, now, request=private, values={"progtype": 10}) == "description"
    assert shown(access, node, ANONYMOUS, now - TICK, request=waived) == "description"
    assert shown(access, node, ANONYMOUS, now, request=waived) == "data"
    assert shown(access, "cheops/reference/bad-pixels", ANONYMOUS, now) == "data"


def test_corot(load: Load) -> None:
    """A padlock and a group until the end of 2014, then an address is enough; all opened step by step."""
    access, last = load("corot.yaml"), day("2015-01-01") - TICK
    member = Principal("m", Role.REGISTERED, groups=(Membership("corot-n1", day("2014-07-01")),))
    kept = Principal("k", Role.REGISTERED, groups=(Membership("corot-n1"), Membership("corot-hk")))
    held = Principal(code_until=day("2030-01-01"))
    assert shown(access, "corot/n0", ANONYMOUS, day("2009-12-20") - TICK) == ""
    assert shown(access, "corot/n0", ANONYMOUS, day("2009-12-20")) == "description"
    assert shown(access, "corot/n0", held, day("2009-12-20")) == "data"
    assert shown(access, "corot/n1/run-2", ANONYMOUS, last) == "name"
    assert shown(access, "corot/n1/run-2", held, last) == "name"
    assert shown(access, "corot/n1/run-2", member, day("2014-07-01") - TICK) == "data"
    assert shown(access, "corot/n1/run-2", member, day("2014-07-01")) == "name"
    assert shown(access, "corot/n1/run-2", kept, last) == "data"
    assert shown(access, "corot/n1/run-2", ANONYMOUS, day("2015-01-01")) == "description"
    assert shown(access, "corot/n1/run-2", held, day("2015-01-01")) == "data"
    assert shown(access, "corot/hk-parameters/n0-hk", held, day("2020-01-01")) == "name"
    assert shown(access, "corot/hk-parameters/n0-hk", kept, day("2020-01-01")) == "data"
    assert shown(access, "corot/n2-data", ANONYMOUS, day("2013-06-01") - TICK) == ""
    assert shown(access, "corot/n2-data", STRANGER, day("2013-06-01") - TICK) == "description"
    assert shown(access, "corot/n2-data", held, day("2013-06-01")) == "data"


def test_cluster(load: Load) -> None:
    """Whoever has registered downloads, at any time; a disabled or waiting account is nobody's."""
    access, node = load("cluster.yaml"), "cluster/efw/l3_p"
    for at in (day("2001-01-01"), day("2030-01-01")):
        assert shown(access, node, ANONYMOUS, at) == "description"
        assert shown(access, node, STRANGER, at) == "data"
        assert shown(access, node, ANONYMOUS, at, kind="document") == "data"
        assert shown(access, node, ANONYMOUS, at, level="META") == "data"
        for state in (State.PENDING, State.DISABLED, State.EXPIRED):
            assert shown(access, node, Principal("x", Role.REGISTERED, state), at) == "description"
    decision = decide(
        ANONYMOUS, Action.DOWNLOAD, AccessObject(node, access.for_node(node)), day("2020-01-01")
    )
    assert decision.step is Step.LOG_IN


def test_cta(load: Load) -> None:
    """Rights in the header open at once; else the observers alone for a year, with a mailed code."""
    access, node = load("cta.yaml"), "hess/dl3/event-lists"
    request = ObservationRequest(REQUEST, (Visit("o1", day("2024-08-31")), Visit("o2", day("2024-02-29"))))
    confirmed = Principal("pi", Role.REGISTERED, requests=frozenset({REQUEST}), code_confirmed=True)
    before, release = day("2025-08-31") - TICK, day("2025-08-31")
    assert shown(access, node, ANONYMOUS, before, request=request) == "description"
    assert shown(access, node, PI, before, request=request) == "description"
    assert shown(access, node, confirmed, before, request=request) == "data"
    assert shown(access, node, ANONYMOUS, before, request=request, values={"data_rights": "public"}) == "data"
    assert shown(access, node, ANONYMOUS, release, request=request) == "data"
