"""The place of many places under mixed policies: what it shows to whom, and what one page of it costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from benchmarks.mixed import PLACE, fill_mixed
from oais.archive import open_archive
from oais.functions.access import decisions
from oais.functions.access.facade import Access, open_access
from oais.functions.people.sessions import known_by_session
from oais.functions.service import open_service
from policies.access import ANONYMOUS, Action, Principal, Role, decide

PLACES = 42
OPEN_TO = {ANONYMOUS.role: {0}, Role.REGISTERED: {0, 2, 3}}
"""Which of the seven policies, in their order, give data to a stranger and to a member."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Access, Principal]:
    """An archive that no test changes."""
    return _opened(tmp_path_factory.mktemp("mixed") / "home", PLACES)


def _opened(home: Path, places: int) -> tuple[Access, Principal]:
    """The access of a stranger to a new archive, and its member."""
    secret = fill_mixed(home, places)
    service = open_service(open_archive(home))
    access = open_access(service.archive, ANONYMOUS, service.database)
    return access, known_by_session(service, secret).principal


def _cost(access: Access, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Statements and decisions of one page, when everything that is kept was loaded before."""
    access.node(PLACE)
    statements: list[str] = []
    asked: list[Action] = []

    def seen(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    def counted(*question: object) -> object:
        asked.append(question[1])  # type: ignore[arg-type]
        return decide(*question)  # type: ignore[arg-type]

    event.listen(Engine, "before_cursor_execute", seen)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(decisions, "decide", counted)
            access.node(PLACE)
    finally:
        event.remove(Engine, "before_cursor_execute", seen)
    return len(statements), len(asked)


def test_a_member_gets_what_a_stranger_does_not(opened: tuple[Access, Principal]) -> None:
    """None of the hidden places is shown, nothing is told of the listed, and data are given by the words."""
    access, member = opened

    for principal in (ANONYMOUS, member):
        shown = access.asked_by(principal, access.now).node(PLACE).node.branches
        number = {branch: int(branch.path.rpartition("/p")[2]) % 7 for branch in shown}
        assert len(shown) == PLACES - PLACES // 7
        assert {number[branch] for branch in shown} == {0, 1, 2, 3, 4, 5}
        assert {number[branch] for branch in shown if not branch.locked} == OPEN_TO[principal.role]
        assert {number[branch] for branch in shown if not branch.aips} == {5}


def test_the_branches_denied_are_those_that_a_decision_denies(opened: tuple[Access, Principal]) -> None:
    """What is left out for a stranger and for a member is what ``decide`` says of each node by itself."""
    access, member = opened

    for principal in (ANONYMOUS, member):
        asker = access.asked_by(principal, access.now).asker()
        for action in (Action.SEE, Action.READ_METADATA):
            denied = asker.branches_denied(action)
            for node in asker.tree.nodes():
                inside = any(node.path == top or node.path.startswith(f"{top}/") for top in denied)
                allowed = asker.decision(action, node.path).allowed
                assert inside is not allowed, (principal.role, action, node.path)
                above = any(top.startswith(f"{node.path}/") for top in denied)
                assert asker.denied_below(action, node.path) is above


def test_one_decision_stands_for_places_that_say_the_same(opened: tuple[Access, Principal]) -> None:
    """What is answered of a place, and of a package in it, is what ``decide`` says of it by itself."""
    access, member = opened

    for principal in (ANONYMOUS, member, Principal("m", Role.ARCHIVIST)):
        asker = access.asked_by(principal, access.now).asker()
        paths = [node.path for node in asker.tree.nodes()]
        resting = access.index.resting_at(paths)
        assert len(resting) == PLACES + 1
        objects = [(node, aip_id) for node in paths for aip_id in ("", *resting.get(node, ()))]
        for path, aip_id in objects:
            for action in Action:
                assert asker.may(action, path, aip_id) is asker.decision(action, path, aip_id).allowed
            note, decided = asker.note(path, aip_id), asker.decision(Action.DOWNLOAD, path, aip_id)
            assert (note.open, note.reason, note.step) == (decided.allowed, decided.reason, decided.step)


def test_more_places_cost_no_more_statements(
    opened: tuple[Access, Principal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All facts of a page are read at once, and of places more only those are decided that ask for facts."""
    many, _ = _opened(tmp_path / "many", 2 * PLACES)

    statements, decided = _cost(opened[0], monkeypatch)
    more_statements, more_decided = _cost(many, monkeypatch)

    assert more_statements == statements
    assert more_decided - decided <= 2 * (PLACES // 7)  # of an embargo the first and the last package
