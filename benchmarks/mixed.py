"""Makes an archive with one place of many places, neighbours under other words, and a member who asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path

from benchmarks.holdings import demo_bag, pretend
from oais.archive import Archive, open_archive
from oais.functions.administration import initialise
from oais.functions.data_management import stored_records
from oais.functions.people.accounts import Entry, create_administrator, new_account
from oais.functions.people.groups import add_member, new_group
from oais.functions.people.passwords import hash_password
from oais.functions.people.sessions import log_in
from oais.functions.service import open_service
from oais.functions.submission import submit
from oais.information.packages import AipRecord
from policies.principals import Role, State

PLACE = "mixed/set"
_IN_EACH = 2
_PASSWORD = "glad tortoise under 7 ladders"
_ACCESS = """policies:
  open: {{metadata: public, data: open, reason: free}}
  coded: {{metadata: public, data: email-code, reason: to known addresses}}
  registered: {{metadata: public, data: account, reason: to registered users}}
  team: {{metadata: public, data: group, groups: [{group}], reason: to its team}}
  observers: {{metadata: public, data: embargo, rule: {{after_last_visit: 12 months}}, reason: to its owners}}
  listed: {{metadata: listed, data: closed, reason: only its name is shown}}
  hidden: {{metadata: hidden, data: closed, reason: not to be known}}
nodes:
"""
_POLICIES = ("open", "coded", "registered", "team", "observers", "listed", "hidden")


def fill_mixed(home: Path, places: int) -> str:
    """Make the archive, its site without limits; return the secret of a session of a registered member."""
    archive = initialise(home, name="Benchmark")
    group, secret = member(archive)
    taken = list(submit(archive, [demo_bag(home.with_name("model"), "n1")]))
    assert taken[0].receipt is not None
    assert taken[0].receipt.status == "accepted", taken
    plant(home, places, group)
    planted = open_archive(home)
    pretend(planted, _resting(next(stored_records(planted)), planted, places))
    with (home / "oais.yaml").open("a", encoding="utf-8") as settings:
        settings.write("requests_per_minute: 0\npackages_per_minute: 0\n")
    return secret


def member(archive: Archive) -> tuple[str, str]:
    """Make a group with one registered member; return its identifier, and the secret of a session of hers."""
    service = open_service(archive)
    chief = create_administrator(service, Entry("ada", "Ada", "ada@example.org"), _PASSWORD)
    with service.database.writing() as connection:
        entry, hashed = Entry("mary", "Mary", "mary@example.org"), hash_password(_PASSWORD)
        new_account(service, connection, entry, Role.REGISTERED, State.ACTIVE, password=hashed)
    group = new_group(service, chief.identifier, "team").identifier
    add_member(service, chief.identifier, group, "mary")
    return group, log_in(service, "mary", _PASSWORD).secret


def plant(home: Path, places: int, group: str) -> None:
    """Write an agreement with as many places below one, and what each of them is under."""
    policies = home / "policies"
    generic = (policies / "agreements" / "generic.yaml").read_text(encoding="utf-8")
    head = generic.partition("\ntree:\n")[0]
    for name in ("agreement", "slug"):
        head = head.replace(f"{name}: generic\n", f"{name}: mixed\n")
    head = head.replace("node: products", "node: set")
    tree = ["tree:", "  - {path: set, title: Set, kind: data set}"]
    rules = []
    for number, policy in zip(range(places), cycle(_POLICIES), strict=False):
        tree.append(f"  - {{path: set/p{number}, title: Place {number}, kind: data set}}")
        rules.append(f"  - {{node: {PLACE}/p{number}, policy: {policy}}}")
    (policies / "agreements" / "mixed.yaml").write_text("\n".join([head, *tree, ""]), encoding="utf-8")
    access = _ACCESS.format(group=group) + "\n".join([*rules, ""])
    (policies / "access.yaml").write_text(access, encoding="utf-8")


def _resting(model: AipRecord, archive: Archive, places: int) -> Iterator[AipRecord]:
    """Yield packages of the place itself and of each below; their two visits were complete yesterday."""
    done = f"{archive.clock() - timedelta(days=1):%Y-%m-%d}"
    nodes = [PLACE, *(f"{PLACE}/p{number}" for number in range(places))]
    for number in range(_IN_EACH * len(nodes)):
        aip_id = f"mixed.{number:05}"
        visits = [{"visit": f"{number}-{visit}", "completed": done} for visit in range(2)]
        description = replace(
            model.description,
            aip_id=aip_id,
            node=nodes[number // _IN_EACH],
            submission_key=f"{number:064x}",
            receipt=f"{model.description.receipt}-{number}",
            values={"observation_request": f"OR {number}", "embargo": {"visits": visits}},
        )
        path = f"{number % 997:03}/{number % 991:03}/{number % 983:03}/{aip_id}"
        yield replace(model, aip_id=aip_id, object_path=path, description=description)
