"""Security events: each is kept, none can be changed unseen, and no address can be read from them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.functions.security_log import path_of, read_log, record, verify
from oais.functions.service import Service, open_service


@pytest.fixture
def service(archive: Archive) -> Service:
    """An archive with its people."""
    return open_service(archive)


def _lines(service: Service) -> list[bytes]:
    return path_of(service.archive.home).read_bytes().splitlines(keepends=True)


def test_an_event_is_kept_with_all_it_says(service: Service) -> None:
    """What is recorded is read back, the newest first, and the file is its owner's alone."""
    record(service, "login", who="p1", address="192.0.2.7")
    record(service, "role changed", who="p1", subject="p2", role="archivist")
    log = read_log(service)
    assert (log.total, log.broken) == (2, None)
    assert [event.event for event in log.events] == ["role changed", "login"]
    assert log.events[0].facts == {"role": "archivist"}
    assert log.events[0].at.endswith("Z")
    assert path_of(service.archive.home).stat().st_mode & 0o777 == 0o600


def test_an_address_is_kept_as_a_keyed_digest(service: Service) -> None:
    """Equal addresses can be seen to be equal, and none can be read."""
    for address in ("192.0.2.7", "192.0.2.7", "192.0.2.8"):
        record(service, "login failed", address=address)
    one, two, three = (json.loads(line)["address"] for line in _lines(service))
    assert one == two != three
    assert b"192.0.2" not in b"".join(_lines(service))


@pytest.mark.parametrize("damage", ["changed", "cut out", "swapped", "added"])
def test_a_change_is_found(service: Service, damage: str) -> None:
    """The first line that is not as it was written, or does not follow the one before, is named."""
    for number in range(4):
        record(service, f"event {number}")
    lines = _lines(service)
    changed, broken = {
        "changed": ([lines[0], lines[1].replace(b"event 1", b"event 9"), *lines[2:]], 2),
        "cut out": ([lines[0], *lines[2:]], 2),
        "swapped": ([lines[1], lines[0], *lines[2:]], 1),
        "added": ([*lines, b'{"event": "made up"}\n'], 5),
    }[damage]
    path = path_of(service.archive.home)
    path.write_bytes(b"".join(changed))
    assert verify(path) == broken
    assert read_log(service).broken == broken


def test_a_crash_within_a_line_breaks_nothing(service: Service) -> None:
    """A line that was cut short was never acknowledged; the next one takes its place."""
    record(service, "first")
    path = path_of(service.archive.home)
    with path.open("ab") as log:
        log.write(b'{"at": "2026')
    record(service, "second")
    assert verify(path) is None
    assert [event.event for event in read_log(service).events] == ["second", "first"]


def test_many_writers_make_one_chain(service: Service) -> None:
    """Events of many threads come one after the other, and none is lost."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: record(service, "login", who=str(number)), range(40)))
    assert verify(path_of(service.archive.home)) is None
    assert {event.who for event in read_log(service).events} == {str(number) for number in range(40)}


def test_markup_and_controls_steer_nothing(service: Service) -> None:
    """A stranger's text is one line of the log, whatever it holds."""
    record(service, "login failed", subject='x\n{"event":"forged"}\x1b[2J', login="a\u202eb")
    assert len(_lines(service)) == 1
    (event,) = read_log(service).events
    assert event.subject == 'x\\x0a{"event":"forged"}\\x1b[2J'
    assert event.facts == {"login": "a\\u202eb"}


def test_pages_of_the_log_follow_each_other(service: Service) -> None:
    """Leafing through shows each event once; past the end there is none."""
    for number in range(5):
        record(service, str(number))
    pages = [read_log(service, first=first, most=2).events for first in (0, 2, 4, 6)]
    assert [[event.event for event in page] for page in pages] == [["4", "3"], ["2", "1"], ["0"], []]


def test_a_log_that_was_never_begun_is_whole(service: Service, tmp_path: Path) -> None:
    """No event yet is no fault."""
    assert verify(tmp_path / "none.jsonl") is None
    assert read_log(service).events == ()


def test_a_line_that_a_crash_cut_short_is_no_event_and_no_damage(service: Service) -> None:
    """It was never acknowledged: it is not shown, breaks nothing, and gives way to the next event."""
    record(service, "one")
    path = path_of(service.archive.home)
    with path.open("ab") as log:
        log.write(b'{"at": "2026-11-22T08:00:00Z", "event": "tw')
    log_read = read_log(service)
    assert ([event.event for event in log_read.events], log_read.total, log_read.broken) == (["one"], 1, None)
    record(service, "three")
    assert [event.event for event in read_log(service).events] == ["three", "one"]
    assert verify(path) is None
