"""Proof that nothing leaks: seven proofs over every door, every principal and every state of data.

What is expected stands in ``proofs/access/expected.py``, written from the specification. Each proof is also
given a planted fault that it must find; docs/proofs.md tells what each shows and what it does not.
"""

from __future__ import annotations

import mailbox
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from oais.database import Connection, delegations
from oais.database.standing import Standing, standing_of
from oais.functions.access.decisions import Asker
from oais.functions.codes import code_request, issue_code
from oais.functions.people import principals
from oais.web.app import DOORS, create_app
from oais.web.doors import Door
from policies.access import Action
from proofs.access import forging, interference, planted, sets
from proofs.access.addresses import UnfilledError, addresses
from proofs.access.asking import Client
from proofs.access.census import census, kept_by
from proofs.access.matrix import WAYS, Findings
from proofs.access.model import run_model
from proofs.access.slaying import Outcome, trial
from proofs.access.sweeping import in_two, moments, sweep
from proofs.access.world import Clock, World, build

ROOT = Path(__file__).resolve().parent.parent
KILLERS = {
    f"policies.{module}": [f"tests/policies/test_{name}.py" for name in names.split()]
    for module, names in {
        "access": "decide told vocabulary access principals embargo access_yaml",
        "embargo": "embargo vocabulary told decide access",
        "principals": "principals vocabulary decide told access",
    }.items()
}
"""The modules that decide, and the tests of each: those that find most first, as the first ends a trial."""

READING = tuple(way for way in WAYS if way != "CHANGE")
EXAMPLES, STEPS = 20, 30

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Swept:
    """What the sweep found, and what of all that is kept was changed by reading."""

    found: Findings
    changed: frozenset[str]


@pytest.fixture(scope="session", autouse=True)
def mutants() -> Iterator[Callable[[], Outcome]]:
    """The trial of all mutants, which goes on beside all other proofs."""
    with trial(ROOT, KILLERS) as outcome:
        yield outcome


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, World]:
    """Two worlds that differ in what is hidden: one without it, and a copy into which it was delivered."""
    place = tmp_path_factory.mktemp("worlds")
    base = build(place / "base", without=interference.UNSEEN)
    return base, interference.with_the_unseen(base, place / "other")


@pytest.fixture(scope="session")
def world(worlds: tuple[World, World], tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world with a set of every state: a copy, as asking counts what is downloaded."""
    return worlds[1].copied(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def everything(world: World, tmp_path_factory: pytest.TempPathFactory) -> Swept:
    """Every cell of the matrix: reading first; what would change something goes to a copy of the world."""
    before = _kept(world)
    found = sweep(world, READING)
    after = _kept(world)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    found.add(sweep(world.copied(tmp_path_factory.mktemp("copy")), ["CHANGE"]))
    found.add(moments(world, DOORS))
    return Swept(found, frozenset(changed))


def _kept(world: World) -> dict[str, str]:
    with world.opened(Clock()) as service:
        create_app(service.archive, service=service)  # whose opening notes the policies it found
        return kept_by(service)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Print a line at once, whatever pytest keeps to itself."""

    def told(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", flush=True)

    return told


def test_every_route_says_what_it_asks(world: World, everything: Swept, tell: Tell) -> None:
    """Census: each route is a door that says what it asks, each is filled, and no GET changes anything."""
    with world.opened(Clock()) as service:
        assert census(create_app(service.archive, service=service).routes) == []
    filled = {address.door for door in DOORS for address in addresses(door, world)}
    assert filled == set(DOORS)
    assert everything.changed == set()
    tell(f"routes={len(filled)}")


def test_everybody_is_answered_as_the_table_says(everything: Swept, tell: Tell) -> None:
    """Matrix: every door, principal, set and way of asking, and the first moments of what opens by itself."""
    assert everything.found.faults == []
    tell(f"cells={everything.found.cells}")


def test_no_canary_sings(world: World, everything: Swept, tell: Tell) -> None:
    """Canaries: no answer, letter or line of the log tells what its reader may not know."""
    letters = mailbox.Maildir(world.home / "mail")
    told = "\n".join(f"{letter}\n{letter.get_payload(decode=True)!r}" for letter in letters)
    assert len(letters) > 0
    assert sets.canaries_in(told) == set()
    assert everything.found.leaks == []
    tell(f"canaries={3 * len(sets.SETS)}")


def test_nothing_is_done_that_nobody_meant(world: World, tmp_path: Path, tell: Tell) -> None:
    """Forgeries: what another site makes a browser send is refused at every door, and changes nothing."""
    answers, changed = _forged(world.copied(tmp_path), DOORS)
    assert [told for told in answers if told] == []
    assert changed == set()
    tell(f"forgeries={len(answers)}")


def _forged(world: World, doors: Sequence[Door]) -> tuple[list[str | None], set[str]]:
    """Return what came of the forgeries, and what of all that is kept they changed."""
    wanted = [address for door in doors for address in addresses(door, world)]
    with world.opened(Clock()) as service:
        visitors = forging.victims(service)
        with Client(create_app(service.archive, service=service, doors=doors)) as client:
            before = kept_by(service)
            answers = list(forging.forged(client, visitors, wanted))
            after = kept_by(service)
    return answers, {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_what_is_hidden_changes_no_answer(worlds: tuple[World, World], tell: Tell) -> None:
    """Non-interference: with and without the hidden sets, all answers are equal to the byte."""
    first, second = in_two(lambda part: _interfering(worlds, DOORS[part::2]))
    answers = first + second
    assert [told for told in answers if told] == []
    tell(f"worlds=2 answers={len(answers)}")


def _interfering(worlds: tuple[World, World], doors: Sequence[Door]) -> list[str | None]:
    """Ask both worlds the same at these doors; each site has all others as well, as pages tell of them."""
    base, other = worlds
    asked = [each for door in doors if "GET" in door.methods for each in addresses(door, base)]
    there_are = list(dict.fromkeys((*DOORS, *doors)))
    with base.opened(Clock()) as here, other.opened(Clock()) as there:
        apps = [create_app(each.archive, service=each, doors=there_are) for each in (here, there)]
        with Client(apps[0]) as without, Client(apps[1]) as present:
            return list(interference.differences(without, present, base.headers, asked))


def test_rights_follow_the_model(world: World, tell: Tell) -> None:
    """Model: whatever is granted, taken back, declared, waived or disabled, everybody has what is his."""
    number = random.SystemRandom().randrange(2**32)
    tell(f"seed={number}")
    done = in_two(lambda part: run_model(world, number + part, examples=EXAMPLES // 2, steps=STEPS))
    tell(f"examples={EXAMPLES} steps={sum(done)}")


def _finds(world: World, door: Door) -> list[str]:
    """Return what the matrix finds at one planted door."""
    found = sweep(world, ["GET"], [door])
    return found.faults + found.leaks


def test_a_route_that_is_no_door_is_found(world: World) -> None:
    """Planted: a route beside the doors, and a door at whose parameters nobody thought."""
    with world.opened(Clock()) as service:
        app = create_app(service.archive, service=service)
    app.router.add_api_route("/quick", planted.forgetful)
    assert len(census(app.routes)) == 1
    with pytest.raises(UnfilledError):
        list(addresses(Door("/new/{thing}", planted.forgetful, Action.SEE), world))


@pytest.mark.parametrize("endpoint", [planted.forgetful, planted.Cached(), planted.by_prefix])
def test_a_door_that_asks_wrongly_is_found(world: World, endpoint: Callable[..., object]) -> None:
    """Planted: one that forgets to ask, one that keeps answers without their reader, one by common prefix."""
    path = "/aip/{aip_id}/v{version:int}/planted/{path:path}"
    assert _finds(world, Door(path, endpoint, Action.DOWNLOAD)) != []


def test_a_tombstone_that_tells_a_hidden_title_is_found(world: World) -> None:
    """Planted: one that is shown to whoever asks for it."""
    found = _finds(world, Door("/aip/{aip_id}/planted", planted.telling, Action.READ_METADATA))
    for name in ("tombstone-hidden", "tombstone-listed"):
        assert any(sets.aip_id(name) in fault and "expected 404" in fault for fault in found), name
        assert any(fault.endswith(f"tells of {name}") for fault in found), name


def test_a_package_that_outlives_a_withdrawal_is_found(world: World) -> None:
    """Planted: bytes that were kept for a package before, and are given still."""
    path = "/aip/{aip_id}/v{version:int}/planted/{path:path}"
    found = _finds(world, Door(path, planted.kept_too_long, Action.DOWNLOAD))
    for name in sets.WITHDRAWN:
        assert any(sets.aip_id(name) in fault and ": 200, expected 4" in fault for fault in found), name
        assert any(fault.endswith(f"tells data of {name}") for fault in found), name


def test_a_version_that_goes_by_the_facts_of_the_newest_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: what the newest version says of itself decides about all of them."""
    asked = Asker.target
    monkeypatch.setattr(
        Asker, "target", lambda asker, node, aip_id="", _version=0: asked(asker, node, aip_id)
    )
    files = next(door for door in DOORS if door.path.endswith("/files/{path:path}"))
    faults = _finds(world, files)
    for name in ("once-embargoed", "once-excepted"):
        assert any(sets.product_path(name) in fault for fault in faults), name


def test_a_release_that_is_stored_is_found(world: World) -> None:
    """Planted: a door that decides once and keeps the decision as a flag."""
    path = "/aip/{aip_id}/v{version:int}/planted/{path:path}"
    found = moments(world, [Door(path, planted.Flagged(), Action.DOWNLOAD)])
    assert found.faults != []


def test_a_code_that_reading_uses_up_is_found(world: World, tmp_path: Path) -> None:
    """Planted: a link that takes the code from its address, as mail scanners open it."""
    copy, browser = world.copied(tmp_path), "c" * 43
    with copy.opened(Clock()) as service:
        wish = code_request(service, browser=browser, network="192.0.2.0/24", address="b@example.org")
        issue_code(service, wish)
        before = kept_by(service)
        door = Door("/code/link", planted.code_by_link, Action.SEE)
        with Client(create_app(service.archive, service=service, doors=[door])) as client:
            client.ask("GET", "/code/link", {"Cookie": f"oais-visit={browser}"})
        assert kept_by(service) != before


def test_a_form_that_anybody_may_send_is_found(world: World, tmp_path: Path) -> None:
    """Planted: a door that reads its form itself and forgets to ask for the token."""
    door = Door("/quick", planted.unmeant, Action.SEE, ("POST",), streams=True)
    assert any(_forged(world.copied(tmp_path), [door])[0])


def test_a_count_of_what_is_hidden_is_found(worlds: tuple[World, World]) -> None:
    """Planted: a page that counts all packages, seen or not."""
    door = Door("/count", planted.counting, Action.SEE)
    assert any(_interfering(worlds, [door]))


def test_a_mutant_without_a_test_is_found(tmp_path: Path) -> None:
    """Planted: a module whose test does not look at its boundary."""
    (tmp_path / "gate.py").write_text("def ripe(age: int) -> bool:\n    return age >= 18\n", "utf-8")
    (tmp_path / "test_gate.py").write_text(
        "from gate import ripe\n\n\ndef test_ripe():\n    assert ripe(40) and not ripe(3)\n", "utf-8"
    )
    with trial(tmp_path, {"gate": ["test_gate.py"]}) as outcome:
        killed, survived = outcome()
    assert killed > 0
    assert survived == ["gate:2: Gt for GtE", "gate:2: 19 for 18"]


def test_a_delegation_that_outlives_its_end_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: what was shared once is shared for good."""

    def for_good(connection: Connection, person: str, *now: str) -> Standing:
        shared = frozenset(item.request for item in delegations.received(connection, person))
        return replace(standing_of(connection, person, *now), shared=shared)

    monkeypatch.setattr(principals, "standing_of", for_good)
    with pytest.raises(AssertionError):
        run_model(world, 1, examples=40, steps=STEPS)


def test_every_mutant_of_the_decision_is_killed(mutants: Callable[[], Outcome], tell: Tell) -> None:
    """Mutation: no small wrong turn in the modules that decide is left unseen by their tests.

    It stands last: what others left of the processors' time was enough for most of them.
    """
    killed, survived = mutants()
    assert survived == []
    tell(f"mutants={killed}/{killed + len(survived)}")
