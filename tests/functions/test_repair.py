"""Repair from a proven copy only: the truth table of three copies, each state against each."""

from __future__ import annotations

import errno
import itertools
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock
from xml.etree import ElementTree as ET

import pytest

from aip.audit import audit_aip
from oais.errors import DamageError, NotFoundError, StorageError
from oais.functions.administration import tell_status
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.audit.desk import audit_desk
from oais.functions.copies.deciding import decide
from oais.functions.copies.judging import Copy, State, judge_copies
from oais.functions.copies.repair import Repair, recorded_in, repair
from oais.functions.ledger.verifying import tell_ledger, verify_ledger
from oais.functions.reopening import reopen
from oais.information.signature import verify_signature
from tests.aip.crashing import DIED, DONE, OVERCOME, REFUSED, Fault, run_with_fault
from tests.functions.conftest import tree_digest
from tests.functions.copied import AIP, COPIES, HARMS, PLACE, Copied, copied_archive, failing_disk, flip

ALL = list(itertools.product(HARMS, repeat=3))

# The table, written down without the program: what each state is worth, and what becomes of it when some
# other copy is worth believing.
BELIEVED = {"good", "extra"}
MADE_ANEW = {"missing", "content", "inventory", "signature", "older", "extra"}
LEFT_ALONE = {"unreadable"}
JUDGED = {
    "good": State.GOOD,
    "extra": State.STRAYS,
    "missing": State.MISSING,
    "content": State.DAMAGED,
    "inventory": State.DAMAGED,
    "signature": State.DAMAGED,
    "unreadable": State.UNREADABLE,
    "older": State.GOOD,
}


@pytest.fixture(scope="module")
def copied() -> Iterator[Copied]:
    """The archive, in memory where there is some: hundreds of repairs, whose fsync need not reach a disk."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield copied_archive(Path(folder))


def run(copied: Copied, refused: list[Path], **choices: bool) -> Repair:
    """Repair, while the disk refuses what cannot be read."""
    with failing_disk(refused) if refused else nullcontext():
        return repair(copied.archive, PLACE, recorded_in(copied.archive), **choices)


def check_case(copied: Copied, states: tuple[str, ...]) -> None:
    """Begin a case, repair, and compare everything on disk with the table."""
    unreadable = copied.begin(states)
    before = copied.trees()
    reports = len(list((copied.archive.home / "ledger").glob("repairs/*.xml")))
    told = run(copied, unreadable)
    after = copied.trees()
    assert [copy.state for copy in told.copies] == [JUDGED[state] for state in states]
    if not BELIEVED & set(states):
        assert [found.code for found in told.findings] == ["COP-006"]
        assert (told.source, told.mended, after) == ("", (), before)
        assert len(list((copied.archive.home / "ledger").glob("repairs/*.xml"))) == reports
        return
    anew = {name for name, state in zip(COPIES, states, strict=True) if state in MADE_ANEW}
    assert {one.location for one in told.mended} == anew
    assert [found.code for found in told.findings] == ["COP-007"] * states.count("unreadable")
    assert len(list((copied.archive.home / "ledger").glob("repairs/*.xml"))) == reports + bool(anew)
    sound = tree_digest(copied.image)
    for name, state in zip(COPIES, states, strict=True):
        if state in LEFT_ALONE or state == "good":
            assert after[name] == before[name]
            continue
        kept = {path: data for path, data in tree_digest(copied.places[name]).items() if "audits" not in path}
        assert kept == {path: data for path, data in sound.items() if "audits" not in path}
        assert copied.aside(name) == ({} if state == "missing" else before[name])


def test_every_state_is_judged_for_what_it_is(copied: Copied) -> None:
    """Each state at each place, by itself."""
    for state, place in itertools.product(HARMS, range(3)):
        states = tuple(state if number == place else "good" for number in range(3))
        unreadable = copied.begin(states)
        with failing_disk(unreadable) if unreadable else nullcontext():
            found = judge_copies(copied.archive, PLACE)[place]
        assert found.state == JUDGED[state]
        assert found.head == {"missing": 0, "older": 1}.get(state, 2)


def test_the_table_of_decisions_is_whole(copied: Copied, record_count: Callable[[str, int], None]) -> None:
    """All 512 cases of three copies: which is believed, which are made anew, which are left."""
    judged: dict[tuple[str, int], Copy] = {}
    for state in HARMS:
        unreadable = copied.begin((state,) * 3)
        with failing_disk(unreadable) if unreadable else nullcontext():
            for place, copy in enumerate(judge_copies(copied.archive, PLACE)):
                judged[state, place] = copy
    recorded = recorded_in(copied.archive)[PLACE]
    for states in ALL:
        copies = [judged[state, place] for place, state in enumerate(states)]
        told = decide(PLACE, copies, recorded)
        if not BELIEVED & set(states):
            assert (told.source, told.repaired) == (None, ())
            assert [found.code for found in told.alarms] == ["COP-006"]
            continue
        best = "good" if "good" in states else "extra"
        assert told.source == copies[states.index(best)]
        assert [copy.location for copy in told.repaired] == [
            name for name, state in zip(COPIES, states, strict=True) if state in MADE_ANEW
        ]
        assert [copy.location for copy in told.left] == [
            name for name, state in zip(COPIES, states, strict=True) if state in LEFT_ALONE
        ]
        assert told.whole == (set(states) == {"good"})
    record_count("cases of the truth table", len(ALL))


def test_some_of_the_cases_are_carried_out(copied: Copied, seeded: random.Random) -> None:
    """Two of each state of the archive's own copy, on disk; all of them in the long run."""
    for state in HARMS:
        for _ in range(2):
            check_case(copied, (state, seeded.choice(list(HARMS)), seeded.choice(list(HARMS))))
    assert verify_ledger_of_repairs(copied)


@pytest.mark.long
def test_every_case_is_carried_out(copied: Copied, record_count: Callable[[str, int], None]) -> None:
    """All 512 on disk: what is not proven is not touched, what was damaged is kept, the rest is whole."""
    for states in ALL:
        check_case(copied, states)
    assert verify_ledger_of_repairs(copied)
    record_count("cases of the truth table carried out", len(ALL))


def verify_ledger_of_repairs(copied: Copied) -> bool:
    """Whether all reports of repairs stand in the ledger, once the AIP is whole again."""
    copied.begin(("good", "good", "good"))
    count = len(list((copied.archive.home / "ledger").glob("repairs/*.xml")))
    return verify_ledger(copied.archive) == [] and tell_ledger(copied.archive).entries["repair"] == count


def test_a_repair_is_told_for_ever(copied: Copied) -> None:
    """A signed PREMIS event, an entry of the ledger, and a line in the log of the new copy."""
    copied.begin(("content", "good", "good"))
    told = run(copied, [])
    assert (told.source, told.whole) == ("vault", True)
    path = max((copied.archive.home / "ledger" / "repairs").glob("*.xml"))
    (key,) = copied.archive.trusted_keys().values()
    assert verify_signature(key, path.read_bytes(), path.with_suffix(".xml.sig").read_bytes())
    event = ET.parse(path).getroot()
    names = {"premis": "http://www.loc.gov/premis/v3"}
    assert event.findtext(".//premis:eventType", namespaces=names) == "recovery"
    assert event.findtext(".//premis:linkingObjectIdentifierValue", namespaces=names) == AIP
    note = event.findtext(".//premis:eventOutcomeDetailNote", namespaces=names) or ""
    assert note.startswith("home was damaged, v2, kept in quarantine/")
    assert tell_status(copied.archive).warnings == ("damaged copies put aside at home: 1",)
    root = copied.places["home"]
    assert '"recovery": {"from": "vault"' in (root / "logs/audits.jsonl").read_text().splitlines()[-1]
    assert audit_aip(root, copied.archive.trusted_keys(), workers=1).intact
    flip(path)
    assert "LED-004" in {found.code for found in verify_ledger(copied.archive)}
    path.unlink()
    path.with_suffix(".xml.sig").unlink()


def test_a_repair_tells_what_audits_know(copied: Copied) -> None:
    """What was found damaged is sound at the desk once it was made anew, and what cannot be is not."""
    copied.begin(("content", "good", "older"))
    for name in COPIES:
        selection = select_for_audit(copied.archive, AIP, location=name)
        assert run_audit(copied.archive, selection).intact == (name != "home")
    assert [one.troubled for one in audit_desk(copied.archive).locations] == [1, 0, 0]
    assert run(copied, [], dry_run=True).waiting == ("home", "attic")
    assert [one.troubled for one in audit_desk(copied.archive).locations] == [1, 0, 0]
    assert run(copied, []).whole
    assert [one.troubled for one in audit_desk(copied.archive).locations] == [0, 0, 0]
    copied.begin(("content", "inventory", "signature"))
    assert not run(copied, []).whole
    assert [one.troubled for one in audit_desk(copied.archive).locations] == [1, 1, 1]


def test_nothing_is_written_against_the_ledger(copied: Copied) -> None:
    """Copies that agree with each other and not with the ledger: an alarm, and nothing else."""
    copied.begin(("good", "content", "good"))
    before = copied.trees()
    recorded = recorded_in(copied.archive)[PLACE]
    for wrong in ({**recorded, 2: "0" * 128}, {**recorded, 1: "0" * 128}, {**recorded, 3: "0" * 128}):
        told = repair(copied.archive, PLACE, {PLACE: wrong})
        assert [found.code for found in told.findings] == ["COP-006"]
    assert copied.trees() == before


def test_all_rolled_back_is_an_alarm(copied: Copied) -> None:
    """Every copy put back to the first version: the ledger knows the second, so nothing is believed."""
    copied.begin(("older", "older", "older"))
    told = run(copied, [])
    assert "the ledger knows v2, and no copy proves more than v1" in told.findings[0].message
    copied.begin(("older", "older", "missing"))
    assert "home good (v1), vault good (v1), attic missing" in run(copied, []).findings[0].message


@pytest.mark.parametrize("state", ["content", "inventory", "signature", "unreadable"])
def test_a_bad_copy_of_a_newer_version_is_not_replaced_by_an_older_one(copied: Copied, state: str) -> None:
    """The second version came in a moment ago, and the ledger has not got it: what is left of it stays."""
    unreadable = copied.begin(("older", state, "older"))
    before = copied.trees()
    with failing_disk(unreadable) if unreadable else nullcontext():
        told = repair(copied.archive, PLACE, {}, unreadable=True)
    assert [found.code for found in told.findings] == ["COP-006"]
    assert "vault knows v2, and no copy proves more than v1" in told.findings[0].message
    assert copied.trees() == before


def test_who_has_seen_to_the_disk_may_replace_what_cannot_be_read(copied: Copied) -> None:
    """Then the unreadable copy is made anew like any other, and kept aside."""
    copied.begin(("good", "content", "good"))
    was = tree_digest(copied.places["vault"])
    told = run(copied, [copied.places["vault"]], unreadable=True)
    assert [(one.location, one.was) for one in told.mended] == [("vault", "unreadable")]
    assert copied.aside("vault") == was
    assert run(copied, []).copies[1].state is State.GOOD


def test_a_dry_run_writes_nothing(copied: Copied) -> None:
    """It tells what the copies are, and which would be believed."""
    copied.begin(("content", "good", "missing"))
    before = copied.trees()
    told = run(copied, [], dry_run=True)
    assert (told.source, told.mended, copied.trees()) == ("vault", (), before)


def test_an_away_location_stops_no_repair(copied: Copied) -> None:
    """It is neither believed nor touched; the others are repaired."""
    copied.begin(("content", "good", "good"))
    attic = copied.places["attic"].parents[4]
    attic.rename(attic.with_name("unplugged"))
    try:
        told = run(copied, [])
    finally:
        attic.with_name("unplugged").rename(attic)
    assert [copy.state for copy in told.copies] == [State.DAMAGED, State.GOOD, State.AWAY]
    assert [one.location for one in told.mended] == ["home"]


def test_an_unknown_aip_is_told(copied: Copied) -> None:
    """Not in any copy and not in the ledger."""
    with pytest.raises(NotFoundError):
        repair(copied.archive, "000/000/000/nothing", recorded_in(copied.archive))


@pytest.mark.parametrize("fault", ["killed", "EIO"])
def test_a_repair_may_be_broken_off_anywhere(
    copied: Copied, fault: Fault, record_count: Callable[[str, int], None]
) -> None:
    """At every step the object is the damaged or the new one, whole; nothing is lost; repeating finishes.

    Each new copy is reported once, also when the process ended before it could.
    """
    reports = copied.archive.home / "ledger" / "repairs"
    for at in range(1, 400):
        shutil.rmtree(reports, ignore_errors=True)
        copied.begin(("content", "good", "missing"))
        damaged = tree_digest(copied.places["home"])
        ended = run_with_fault(lambda: told_or_raised(copied), fault, at)
        found = tree_digest(copied.places["home"])
        if found != damaged:
            assert copied.aside("home") == damaged
            assert audit_aip(copied.places["home"], copied.archive.trusted_keys(), workers=1).intact
        if ended == DONE:
            break
        assert ended in {DIED if fault == "killed" else REFUSED, OVERCOME}, at
        assert reopen(copied.archive, despite_damage=True).opened  # which the repair is there for
        told = run(copied, [])
        assert told.whole
        for name in COPIES:
            assert audit_aip(copied.places[name], copied.archive.trusted_keys(), workers=1).intact
        said = "".join(path.read_text() for path in reports.glob("*.xml"))
        assert [said.count(what) for what in ("home was damaged, v2", "attic was missing")] == [1, 1], at
    assert at > 30
    record_count("crash points of a repair", at)


def told_or_raised(copied: Copied) -> None:
    """Repair, and raise what stopped it."""
    try:
        run(copied, [])
    except DamageError as error:
        raise StorageError(error.message) from error


def test_a_source_that_the_disk_refuses_meanwhile_is_told_with_what_to_do(copied: Copied) -> None:
    """It was judged sound and fails while it is copied: nothing counts, and nobody is left without a word."""
    copied.begin(("missing", "good", "missing"))

    def refused(path: Path) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO), os.fspath(path))

    with (
        mock.patch("aip.copying.open_regular", refused),
        pytest.raises(StorageError, match=f"of {AIP} cannot be read: Input/output error") as stopped,
    ):
        run(copied, [])
    assert stopped.value.remedy
    assert not copied.places["home"].exists()
    assert not (copied.archive.staging / "repairing").exists()
