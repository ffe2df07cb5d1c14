"""A model of rights in a few lines, and a machine that takes model and archive through any course of events.

The model is written from the specification. After each step every person asks for the data of every set over
HTTP, and is to have what the model says. Each example begins with a fresh
copy of the database.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from oais.archive import Archive
from oais.functions.embargo.declaring import (
    declare_complete,
    take_back_completion,
    take_back_waiver,
    waive_embargo,
)
from oais.functions.people.accounts import disable, enable
from oais.functions.people.authority import OPERATOR
from oais.functions.people.delegation import cancel_delegation, delegate, edit_delegation
from oais.functions.people.groups import add_member, remove_member
from oais.functions.people.tokens import make_token
from oais.functions.service import Service, open_service
from oais.web.app import create_app
from proofs.access import sets
from proofs.access.asking import Client
from proofs.access.world import NOW, Clock, World, login_of

EMBARGOED, OF_GROUP = "embargo-without-dates", "of-a-group"
ADDRESSES = {
    name: f"/aip/{sets.aip_id(name)}/v1/files/{sets.product_path(name)}" for name in (EMBARGOED, OF_GROUP)
}
PEOPLE = ("owner", "registered", "past delegate")
GROUP_UNTIL = datetime(2030, 1, 1, tzinfo=UTC)

people = st.sampled_from(PEOPLE)
takers = st.sampled_from(PEOPLE[1:])
visits = st.sampled_from(("V1", "V2"))
days = st.integers(1, 900)


def months_after(moment: datetime, months: int) -> datetime:
    """Return midnight of the day so many months later, or of the last day of a shorter month."""
    year, month = moment.year + (moment.month - 1 + months) // 12, (moment.month - 1 + months) % 12 + 1
    for day in (moment.day, 30, 29, 28):
        if day <= moment.day:
            try:
                return datetime(year, month, day, tzinfo=UTC)
            except ValueError:
                continue
    raise AssertionError("every month has 28 days")


@dataclass(slots=True)
class Rights:
    """Who has what, as the specification says it: nothing is computed before it is asked for."""

    now: datetime = NOW
    disabled: set[str] = field(default_factory=set)
    members: dict[str, datetime | None] = field(default_factory=dict)
    shared: dict[str, tuple[str, datetime | None]] = field(default_factory=dict)
    completed: dict[str, datetime] = field(default_factory=dict)
    waived: datetime | None = None

    def has(self, who: str, name: str) -> bool:
        """Return whether somebody is to have the data of a set now."""
        if who in self.disabled:
            return False
        if name == OF_GROUP:
            return self.now >= GROUP_UNTIL or (who in self.members and self._lasts(self.members[who]))
        return self.released() or who == "owner" or self.shares_with(who)

    def shares_with(self, who: str) -> bool:
        """Return whether the request is shared with somebody now."""
        return who in self.shared and self._lasts(self.shared[who][1])

    def released(self) -> bool:
        """Return whether the embargo is over: by a waiver, or by the calendar of visits."""
        ends = [self.waived] if self.waived else []
        if self.completed:
            ends.append(months_after(min(self.completed.values()), 18))
        if "V1" in self.completed:
            ends.append(months_after(max(self.completed.values()), 12))
        return any(end <= self.now for end in ends)

    def _lasts(self, until: datetime | None) -> bool:
        return until is None or self.now < until


class Machine(RuleBasedStateMachine):
    """Takes the archive and the model through the same events."""

    world: ClassVar[World]
    archive: ClassVar[Archive]
    steps: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        """Copy the database and open the archive on it."""
        self.folder = Path(tempfile.mkdtemp(prefix="oais-proof-"))
        shutil.copy(self.world.home / "oais.sqlite", self.folder)
        self.rights, self.clock = Rights(), Clock()
        self.tokens: dict[str, tuple[datetime, str]] = {}
        self._open()

    def _open(self) -> None:
        address = f"sqlite:///{self.folder / 'oais.sqlite'}"
        settings = replace(self.archive.settings, database=address)
        self.service: Service = open_service(replace(self.archive, clock=self.clock, settings=settings))
        self.client = Client(create_app(self.service.archive, service=self.service))

    def _close(self) -> None:
        self.client.__exit__(None, None, None)
        self.service.database.close()

    def teardown(self) -> None:
        """Leave nothing behind."""
        if hasattr(self, "service"):
            self._close()
            shutil.rmtree(self.folder)

    def _identifier(self, who: str) -> str:
        return self.world.identifiers[who]

    def _until(self, after: int) -> datetime | None:
        return None if after > 800 else self.rights.now + timedelta(days=after)

    @rule(after=st.integers(1, 40_000_000))
    def time_passes(self, after: int) -> None:
        """Let up to fifteen months pass."""
        self.rights.now += timedelta(seconds=after)
        self.clock.now = self.rights.now

    @rule()
    def midnight_comes(self) -> None:
        """Go to the first moment of the next day, when embargoes end."""
        day = self.rights.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self.rights.now = self.clock.now = day

    @rule()
    def restart(self) -> None:
        """Close everything and open it again."""
        self._close()
        self._open()

    @rule(who=people, after=days)
    def join(self, who: str, after: int) -> None:
        """Put somebody into the group, some for a time."""
        until = self._until(after)
        add_member(self.service, OPERATOR, self.world.group, self._identifier(who), until=until)
        self.rights.members[who] = until

    @precondition(lambda self: self.rights.members)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """Take somebody out of the group."""
        who = data.draw(st.sampled_from(sorted(self.rights.members)))
        remove_member(self.service, OPERATOR, self.world.group, self._identifier(who))
        del self.rights.members[who]

    @precondition(lambda self: "owner" not in self.rights.disabled)
    @rule(who=takers, after=days)
    def share(self, who: str, after: int) -> None:
        """Let the owner share the request, or edit until when it is shared."""
        if who in self.rights.disabled:
            return
        until, owner = self._until(after), self._identifier("owner")
        if self.rights.shares_with(who):
            made = edit_delegation(self.service, owner, self.rights.shared[who][0], until=until)
        else:
            made = delegate(self.service, owner, sets.request(EMBARGOED), login_of(who), until=until)
        self.rights.shared[who] = (made.identifier, until)

    @precondition(lambda self: self.rights.shared and "owner" not in self.rights.disabled)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Let the owner take back what he shared."""
        who = data.draw(st.sampled_from(sorted(self.rights.shared)))
        cancel_delegation(self.service, self._identifier("owner"), self.rights.shared[who][0])
        del self.rights.shared[who]

    @rule(who=people)
    def turn_off(self, who: str) -> None:
        """Disable an account: what it shared, and what was shared with it, ends for good."""
        disable(self.service, OPERATOR, self._identifier(who))
        self.rights.disabled.add(who)
        self.rights.shared = (
            {}
            if who == "owner"
            else {other: share for other, share in self.rights.shared.items() if other != who}
        )
        self.tokens.pop(who, None)

    @precondition(lambda self: self.rights.disabled)
    @rule(data=st.data())
    def turn_on(self, data: st.DataObject) -> None:
        """Enable an account again: it has its memberships and its requests, and no delegation."""
        who = data.draw(st.sampled_from(sorted(self.rights.disabled)))
        enable(self.service, OPERATOR, self._identifier(who))
        self.rights.disabled.remove(who)

    @rule(visit=visits, ago=st.integers(0, 1000))
    def declare(self, visit: str, ago: int) -> None:
        """Declare a visit complete as of a day that is over, or another day than before."""
        day = (self.rights.now - timedelta(days=ago)).replace(hour=0, minute=0, second=0, microsecond=0)
        declare_complete(self.service, OPERATOR, sets.request(EMBARGOED), visit, f"{day:%Y-%m-%d}")
        self.rights.completed[visit] = day

    @precondition(lambda self: self.rights.completed)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        """Take back that a visit is complete."""
        visit = data.draw(st.sampled_from(sorted(self.rights.completed)))
        take_back_completion(self.service, OPERATOR, sets.request(EMBARGOED), visit)
        del self.rights.completed[visit]

    @rule(after=st.integers(-30, 300))
    def waive(self, after: int) -> None:
        """Let the owner's embargo be given up, from a day before or after now."""
        at = (self.rights.now + timedelta(days=after)).replace(microsecond=0)
        waive_embargo(self.service, OPERATOR, sets.request(EMBARGOED), at.isoformat(), "asked for")
        self.rights.waived = at

    @precondition(lambda self: self.rights.waived)
    @rule()
    def unwaive(self) -> None:
        """Take the waiver back."""
        take_back_waiver(self.service, OPERATOR, sets.request(EMBARGOED))
        self.rights.waived = None

    @invariant()
    def everybody_has_what_is_his(self) -> None:
        """Ask for all data as everybody; a refusal is a refusal, and not a fault."""
        if not hasattr(self, "service"):
            return
        type(self).steps += 1
        for who in ("stranger", *PEOPLE):
            headers = self._headers(who)
            for name, address in ADDRESSES.items():
                status = self.client.ask("HEAD", address, headers).status
                expected = {200} if self.rights.has(who, name) else {401, 403}
                assert status in expected, f"{who} asks for {name} at {self.rights.now}: {status}"

    def _headers(self, who: str) -> dict[str, str]:
        """Return a token of somebody, a new one when the last would soon be over."""
        if who == "stranger":
            return {}
        if who in self.rights.disabled:
            return self.world.headers["made-up token"]
        made, secret = self.tokens.get(who, (datetime.min.replace(tzinfo=UTC), ""))
        if self.rights.now - made > timedelta(days=300):
            identifier = self._identifier(who)
            made_now = make_token(self.service, identifier, identifier, "t", ["read", "download"], days=366)
            made, secret = self.tokens[who] = (self.rights.now, made_now.secret)
        return {"Authorization": f"Bearer {secret}"}


def run_model(world: World, number: int, *, examples: int, steps: int) -> int:
    """Take so many courses of so many events; return after how many steps everybody was asked.

    Raises AssertionError with a course that goes wrong; the number gives the same courses again.
    """

    class Seeded(Machine):
        pass

    with world.opened(Clock()) as service:
        Seeded.world, Seeded.archive, Seeded.steps = world, service.archive, 0
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(Seeded), settings=chosen)
    return Seeded.steps
