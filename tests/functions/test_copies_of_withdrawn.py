"""What two people withdrew is withdrawn everywhere: no location keeps it, and no repair brings it back."""

from __future__ import annotations

from collections.abc import Callable

from oais.functions.copies.checking import check_location
from oais.functions.copies.locations import Location, add_location
from oais.functions.copies.repair import places_of, recorded_in, repair
from oais.functions.copies.replication import Replicator, sync
from oais.functions.ledger.verifying import verify_ledger
from oais.functions.service import Service
from oais.functions.storage import find_aip
from oais.information.identifiers import object_path
from tests.functions.copied import flip
from tests.functions.test_withdrawal import (  # noqa: F401 - fixtures
    GONE,
    KEPT,
    SECRET,
    holding,
    service,
    stocked,
    who,
    withdrawn,
)


def copies_of(service: Service) -> Location:  # noqa: F811
    """A location that holds both AIPs."""
    location = add_location(service.archive, "vault", service.archive.home.parent / "vault")
    assert len(sync(service.archive, location).copied) == 3
    return location


def test_the_copies_go_too(service: Service, who: Callable[[str], str]) -> None:  # noqa: F811
    """The withdrawal takes them out, damaged ones put aside as well, and leaves the others."""
    location = copies_of(service)
    for root in (service.archive.aip_root, location.root):
        flip(next((root / object_path(GONE)).glob("v1/content/**/a.csv")))
        told = repair(service.archive, object_path(GONE), recorded_in(service.archive))
        assert len(told.mended) == 1
        assert len(list((root.parent / "quarantine").iterdir())) == 1
    worker = Replicator(service.archive)
    worker.bring_due()
    withdrawn(service, who)
    assert holding(service.archive.home, SECRET) == []
    assert holding(location.path, SECRET) == []
    assert holding(location.path, b"b\n2\n") != []
    assert check_location(service.archive, location).findings == ()
    assert worker.bring_due() == 0
    assert verify_ledger(service.archive) == []


def test_nothing_brings_it_back(service: Service, who: Callable[[str], str]) -> None:  # noqa: F811
    """A location that was away and still has it: repair tells so, and writes nothing."""
    location = copies_of(service)
    location.path.rename(location.path.with_name("unplugged"))
    withdrawn(service, who)
    location.path.with_name("unplugged").rename(location.path)
    told = [
        repair(service.archive, place, recorded_in(service.archive)) for place in places_of(service.archive)
    ]
    assert {one.aip_id: [found.code for found in one.findings] for one in told} == {
        GONE: ["COP-008"],
        KEPT: [],
    }
    assert not (service.archive.aip_root / object_path(GONE)).exists()
    assert sync(service.archive, location).withdrawn == (GONE,)
    assert holding(location.path, SECRET) == []
    assert find_aip(service.archive, KEPT).head == 1
