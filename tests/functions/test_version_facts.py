"""Each version of an AIP is decided by what was sealed in it, and by where it lies now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.errors import NotFoundError
from oais.functions.access.decisions import ClosedError
from oais.functions.access.facade import Access, open_access
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.dissemination import deliver
from oais.functions.embargo.declaring import declare_complete, waive_embargo
from oais.functions.ingest import ingest
from oais.functions.orders import selection
from oais.functions.orders.direct import direct_package
from oais.functions.orders.fetching import require_all
from oais.functions.orders.packages import Watch, parts_of
from oais.functions.orders.weighing import weigh
from oais.functions.people.authority import OPERATOR
from oais.functions.policy.explaining import explain
from oais.functions.service import Service, open_service
from oais.information.identifiers import parse_aip_reference
from oais.information.representation.inspection import Inspector
from policies.access import ANONYMOUS, Action, Principal, Role
from tests.functions.deliveries import write_bag
from tests.functions.test_orders import consumer

NOW = datetime(2026, 6, 15, tzinfo=UTC)
OPERATING = Principal("operator", Role.ARCHIVIST)
RULES = """
policies:
  open: {metadata: public, data: open, reason: free}
  hidden: {metadata: hidden, data: closed, reason: not to be known}
  observers:
    metadata: public
    data: embargo
    rule: {after_last_visit: 12 months, after_first_visit: 18 months}
    reason: private to its owners
    exceptions: [{values: {progtype: ['40']}, reason: science demonstration}]
nodes:
  - {node: moving/hidden, policy: hidden}
  - {node: moving/observed, policy: observers}
"""
AGREEMENT = """
agreement: moving
title: Data that move
mission: Moving
mission_title: Moving
description: Data that move.
slug: moving
provider: {name: Probe, organization: Probe, contact: archive@example.org}
identifier: '[a-z]+'
identifier_template: '{file:slug}'
new_versions: true
licence: none
credit: none
publisher: Archive
creators: [Probe]
access_policy: open
levels:
  L1: {title: Tables}
products:
  - {name: shown, file_name: 'shown[.]csv', level: L1, node: shown}
  - {name: hidden, file_name: 'hidden[.]csv', level: L1, node: hidden}
  - {name: observed, file_name: 'observed[.]csv', level: L1, node: observed}
tree:
  - {path: shown, title: Shown, kind: data set}
  - {path: hidden, title: Hidden, kind: data set}
  - {path: observed, title: Observed, kind: data set}
"""
EMBARGOED = "observation_request: OR 1\nvisit: V1\nembargo: {visits: [{visit: V1, completed: 2026-02-01}]}\n"
EXEMPT = "values: {progtype: '40'}\n"
RELEASED = datetime(2027, 2, 1, tzinfo=UTC)

Version = tuple[str, str]
"""Where a version lies, and its ``submission.yaml``."""

Hold = Callable[[Version, Version], Service]


@pytest.fixture
def hold(archive: Archive, inspector: Inspector, tmp_path: Path) -> Hold:
    """Return what takes in two versions of one package, ``it``."""
    (archive.home / "policies" / "access.yaml").write_text(RULES)
    (archive.home / "policies" / "agreements" / "moving.yaml").write_text(AGREEMENT)

    def take(first: Version, second: Version) -> Service:
        for number, (place, submission) in enumerate((first, second), 1):
            tags = {"Source-Organization": "Probe", "External-Identifier": "it"}
            tags["Submission-Agreement"] = "moving"
            payload = {f"{place}.csv": f"{place},{number}\n".encode()}
            extra = {"metadata/submission.yaml": f"title: T{number}\n{submission}".encode()}
            bag = write_bag(tmp_path / f"{number}.bag", payload, tags, extra_tags=extra)
            taken = ingest(archive, bag, inspector)
            assert taken.receipt.status == "accepted", taken.receipt.findings
        rebuild_index(archive)
        assert check_index(archive) == []
        return open_service(archive)

    return take


def access(service: Service, who: Principal = ANONYMOUS, now: datetime = NOW) -> Access:
    """Return somebody's access at a moment."""
    return open_access(service.archive, who, service.database).asked_by(who, now)


def has(service: Service, version: int, place: str, now: datetime = NOW) -> bool:
    """Whether a stranger has a version at each door alike: file, page, product, pick, package and DIP."""
    asked = access(service, now=now)
    reference, path = f"it@v{version}", f"representations/original/data/{place}.csv"
    answers = {
        asked.show(reference).access.open,
        not asked.show(reference).card.locked,
        asked.product(reference, path).access.open,
        bool(weigh(asked, selection.ticked(asked, [reference]).picks).allowed),
        explain(asked, reference, "anybody").answers[-1].allowed,
    }
    try:
        opened = asked.open_file(reference, path)
    except ClosedError:
        answers.add(False)
    else:
        answers |= {True, opened.public}
        assert opened.disk_path.read_bytes() == f"{place},{version}\n".encode()
    target = service.archive.home.parent / f"dip-{version}-{now:%Y%m%d%H%M%S}"
    try:
        deliver(service.archive, parse_aip_reference(reference), (), target, asked.asker())
    except ClosedError:
        answers.add(False)
    else:
        answers.add(True)
    (answer,) = answers
    return answer


@pytest.mark.parametrize("newest_place", ["observed", "shown"])
def test_a_later_exception_opens_no_older_version(hold: Hold, newest_place: str) -> None:
    """The older one waits for its own release, also where the newest lies in an open place."""
    service = hold(("observed", EMBARGOED), (newest_place, EXEMPT))
    assert has(service, 2, newest_place)
    assert not has(service, 1, "observed")
    assert has(service, 1, "observed", RELEASED)
    note = access(service).show("it@v1").access
    assert note.release_at == RELEASED.isoformat()
    assert note.release is not None
    assert note.release.request == "moving:OR 1"


def test_a_later_embargo_closes_no_older_version(hold: Hold) -> None:
    """What was open by an exception stays so."""
    service = hold(("observed", EXEMPT), ("observed", EMBARGOED))
    assert has(service, 1, "observed")
    assert not has(service, 2, "observed")


def test_another_request_opens_no_older_version(hold: Hold) -> None:
    """Each version is of the request that it names; what is declared of that one counts for it."""
    service = hold(("observed", EMBARGOED), ("observed", EMBARGOED.replace("OR 1", "OR 2")))
    waive_embargo(service, OPERATOR, "moving:OR 2", "2026-03-01", "the owner wrote")
    assert has(service, 2, "observed")
    assert not has(service, 1, "observed")
    declare_complete(service, OPERATOR, "moving:OR 1", "V1", "2025-01-01")
    assert has(service, 1, "observed")


def test_what_is_known_of_a_request_is_known_now(hold: Hold) -> None:
    """A newer version that corrects when a visit was complete moves the release of all that is of it."""
    service = hold(("observed", EMBARGOED), ("observed", EMBARGOED.replace("2026-02-01", "2025-02-01")))
    assert has(service, 2, "observed")
    assert has(service, 1, "observed")


def test_a_version_of_which_nothing_is_known_is_private(hold: Hold) -> None:
    """What the catalogue does not tell of a version no other version tells in its stead."""
    service = hold(("observed", EXEMPT), ("observed", EXEMPT))
    assert has(service, 1, "observed")
    picks = selection.ticked(access(service), ["it@v1", "it@v2"]).picks
    index = access(service).index
    (record,) = [replace(found) for found in _records(service)]
    silent = replace(record.versions[0], facts=None)
    index.add([replace(record, versions=(silent, record.versions[1]))])
    asked = access(service)
    assert not asked.show("it@v1").access.open
    assert [line.allowed for line in weigh(asked, picks).lines] == [False, True]
    with pytest.raises(ClosedError):
        asked.open_file("it@v1", "representations/original/data/observed.csv")
    index.remove(["it"])
    assert [line.allowed for line in weigh(access(service), picks).lines] == [False, False]
    with pytest.raises(NotFoundError):
        direct_package(consumer(service), picks)


def _records(service: Service) -> list:  # type: ignore[type-arg]
    from oais.functions.data_management import stored_records

    return list(stored_records(service.archive))


def test_a_hidden_newest_version_hides_all(hold: Hold) -> None:
    """An AIP that was moved is decided as now: what was picked before is not handed out any more."""
    service = hold(("shown", ""), ("hidden", ""))
    staff, stranger = access(service, OPERATING), access(service)
    picks = selection.ticked(staff, ["it@v1"]).picks
    assert [pick.node for pick in picks] == ["moving/shown"]
    assert [line.allowed for line in weigh(stranger, picks).lines] == [False]
    for ask in (
        lambda: stranger.show("it@v1"),
        lambda: parts_of(stranger, picks),
        lambda: require_all(stranger, picks),
        lambda: direct_package(consumer(service), picks),
        lambda: deliver(
            service.archive, parse_aip_reference("it@v1"), (), service.archive.home / "x", stranger.asker()
        ),
    ):
        with pytest.raises(NotFoundError):
            ask()
    parts = parts_of(staff, picks)
    with pytest.raises(NotFoundError):
        Watch(lambda: stranger, parts)(parts[0].items[0])


def test_the_place_that_was_noted_decides_nothing(hold: Hold) -> None:
    """A pick that says it lies in the open is decided by where it lies."""
    service = hold(("observed", EMBARGOED), ("observed", EMBARGOED))
    (pick,) = selection.ticked(access(service), ["it@v1"]).picks
    (line,) = weigh(access(service), [replace(pick, node="moving/shown")]).lines
    assert not line.allowed
    assert line.release_at == RELEASED.isoformat()


def test_a_hidden_older_version_shows_nothing(hold: Hold) -> None:
    """The page of an open version tells a stranger nothing of one that lies hidden, the staff all."""
    service = hold(("hidden", ""), ("shown", ""))
    run_audit(service.archive, select_for_audit(service.archive, "it", None, 0))
    staff, stranger = access(service, OPERATING).show("it"), access(service).show("it")
    assert [row.number for row in staff.versions] == [2, 1]
    assert [row.number for row in stranger.versions] == [2]
    assert staff.audit is not None
    assert stranger.audit is None
    with pytest.raises(NotFoundError):
        access(service).show("it@v1")
    stored = access(service).store.find("it")
    assert stored is not None
    for path, file in stored.open(2).files().items():
        assert b"hidden.csv" not in file.path.read_bytes(), path


def test_a_link_to_a_version_is_shown_to_who_may_read_it(hold: Hold) -> None:
    """Decisions by version: the newest by its number and by none are the same one."""
    service = hold(("hidden", ""), ("shown", ""))
    asker = access(service).asker()
    told = [asker.version_decision(Action.READ_METADATA, "it", number).allowed for number in (0, 1, 2, 3)]
    assert told == [True, False, True, False]
