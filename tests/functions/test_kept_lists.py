"""Lists of targets: kept once each, for a while, in bounded room, and as long as somebody saved a search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.database.notices import Subscription
from oais.errors import NotFoundError, WrongUsageError
from oais.functions import kept_lists
from oais.functions.access.question import Question
from oais.functions.access.target_list import kept_list
from oais.functions.administration import initialise
from oais.functions.kept_lists import LASTS, keep_list
from oais.functions.notifications import subscribe
from oais.functions.notifications.subscriptions import question_of
from oais.functions.people.saved import delete_query, save_query
from oais.functions.service import Service, open_service
from tests.web.people import account

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """A clock that is set."""

    now = BEGIN

    def __call__(self) -> datetime:
        """Return the moment it is set to."""
        return self.now


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An empty archive."""
    return initialise(tmp_path_factory.mktemp("lists") / "home", name="Lists")


@pytest.fixture
def clock() -> Clock:
    """A clock at its beginning."""
    return Clock()


@pytest.fixture
def service(made: Archive, clock: Clock, tmp_path: Path) -> Iterator[Service]:
    """The archive with an empty database of its own."""
    settings = replace(made.settings, database=f"sqlite:///{tmp_path / 'people.sqlite'}")
    opened = open_service(replace(made, settings=settings, clock=clock))
    yield opened
    opened.database.close()


def held(service: Service, *names: str) -> list[bool]:
    """Return of each list whether it is kept."""
    found = []
    for name in names:
        try:
            kept_list(service.database, name)
        except NotFoundError:
            found.append(False)
        else:
            found.append(True)
    return found


def test_a_list_is_kept_once_and_its_name_tells_nothing(service: Service, made: Archive) -> None:
    """Of the same lines and radius however written; the name of another archive is another."""
    one = keep_list(service, "A\r\nB", "0.10", "x")
    assert one == keep_list(service, "A\nB\n", ".1", "y")
    assert one != keep_list(service, "A\nB", "0.2", "x")
    assert kept_list(service.database, one).lines == "A\nB"
    other = replace(service, secret=bytes(32))
    assert one != keep_list(other, "A\nB", "0.1", "x")


@pytest.mark.parametrize("text", ["", "# nothing", "\ud800", "x\n" * 1_001])
def test_what_is_no_list_is_not_kept(service: Service, text: str) -> None:
    """Nothing is written of it."""
    with pytest.raises(WrongUsageError):
        keep_list(service, text, "0.1", "x")


def test_a_list_goes_after_its_time_unless_a_search_is_saved(service: Service, clock: Clock) -> None:
    """Sent again it lasts anew; a saved query and a subscription keep it till they end."""
    person = account(service, "reader").identifier
    left, again, saved, heard = (keep_list(service, name, "0.1", "x") for name in "ABCD")
    query = save_query(service, person, "Mine", f"list={saved}&order=time")
    told: Subscription = subscribe(service, person, "News", Question(list=heard))
    assert question_of(told).list == heard
    clock.now += LASTS
    keep_list(service, "B", "0.1", "x")
    clock.now += timedelta(seconds=1)
    keep_list(service, "new", "0.1", "x")
    assert held(service, left, again, saved, heard) == [False, True, True, True]
    delete_query(service, person, query.identifier)
    keep_list(service, "newer", "0.1", "x")
    assert held(service, saved, heard) == [False, True]


def test_room_is_shared(service: Service, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sends many loses his own oldest ones; when all is full he goes first who has most."""
    monkeypatch.setattr(kept_lists, "MOST_EACH", 3)
    monkeypatch.setattr(kept_lists, "MOST", 4)
    modest = keep_list(service, "modest", "0.1", "modest")
    many = []
    for number in range(5):
        clock.now += timedelta(seconds=1)
        many.append(keep_list(service, f"many {number}", "0.1", "greedy"))
    assert held(service, modest, *many) == [True, False, False, True, True, True]
    clock.now += timedelta(seconds=1)
    other = keep_list(service, "other", "0.1", "other")
    assert held(service, modest, other, *many[2:]) == [True, True, False, True, True]
