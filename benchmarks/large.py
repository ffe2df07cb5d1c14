"""Makes a large archive: catalogue, ledger, receipts, register of audits and disk as after 20,000 ingests.

Some packages are real and can be opened. The others stand in the catalogue with ten products each, and on the
disk with an inventory that is one of the real ones by another name: a page that lists them reads no more.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path

from aip.audit import AuditResult
from benchmarks.furnishing import furnish
from benchmarks.holdings import demo_bag, pretend
from benchmarks.material import fits_cuts, write_bag
from benchmarks.mixed import PLACE, member, plant
from oais.archive import Archive, open_archive
from oais.functions.administration import initialise
from oais.functions.audit.register import Register, register_path
from oais.functions.copies.locations import HOME
from oais.functions.data_management import stored_records
from oais.functions.desk.deliveries import refused_names
from oais.functions.ledger.recording import record
from oais.functions.people.sessions import log_in
from oais.functions.service import open_service
from oais.functions.submission import submit
from oais.information.description import ProductDescription
from oais.information.identifiers import object_path
from oais.information.ledger.statements import Statement
from oais.information.packages import AipRecord
from oais.information.version_facts import version_facts
from search_index.index import open_index

PRODUCTS = 10
SECTORS = 60
_PASSWORD = "glad tortoise under 7 ladders"
_KINDS = {"N0": "n0/target-pixel-files", "N1": "n1/light-curves"}
_BESIDE = ("0=ocfl_object_1.1", "inventory.json", "inventory.json.sha512")
_DIGEST = "0" * 128


@dataclass(frozen=True, slots=True)
class Large:
    """The archive and what its pages are about: real packages, sessions by who looks, things by name."""

    home: Path
    real: tuple[str, ...]
    sessions: dict[str, str]
    things: dict[str, str]


def fill_large(home: Path, aips: int, places: int) -> Large:
    """Make the archive: two thirds of its packages are a survey's, a third lies in many small places."""
    archive = initialise(home, name="Benchmark")
    group, mary = member(archive)
    refused = _take_in(archive, home)
    models = list(stored_records(archive))
    plant(home, places, group)
    archive = open_archive(home)
    told = list(_like(models, aips, places))
    pretend(archive, told)
    _lay_down(archive, models[0], told)
    _audited(archive)
    with (home / "oais.yaml").open("a", encoding="utf-8") as settings:
        settings.write("requests_per_minute: 0\npackages_per_minute: 0\nlogins_per_minute: 0\n")
    archive = open_archive(home)
    service = open_service(archive)
    sessions = {"a stranger": "", "a scientist": mary, "the staff": log_in(service, "ada", _PASSWORD).secret}
    real = tuple(model.aip_id for model in models)
    things = furnish(service, models) | {"cut": "cut0-03_hk.fits", "refused": refused}
    things["visit"] = open_index(archive.index_root).aips([told[0].aip_id])[told[0].aip_id].visit
    return Large(home, real, sessions, things)


def _take_in(archive: Archive, home: Path) -> str:
    """Submit the demo's packages and some of ten small real files each, and one that is refused.

    Return the receipt of the last.
    """
    bags = [demo_bag(home.with_name(f"{home.name}-{level}"), level) for level in ("n0", "n1")]
    cuts = fits_cuts()
    for count in range(4):
        payload = (
            (f"cut{count}-{part:02}_hk.fits", data) for part, data in enumerate(islice(cuts, PRODUCTS))
        )
        bag = home.with_name(f"{home.name}-cut{count}")
        bags.append(write_bag(bag, payload, f"tess.bench.{count:05}", "tess"))
    unsound = write_bag(home.with_name(f"{home.name}-unsound"), iter([("a.csv", b"1")]), "a", "tess")
    (unsound / "data" / "a.csv").write_bytes(b"2")
    for disposition in submit(archive, [*bags, unsound]):
        assert disposition.receipt is not None
        sound = disposition.receipt.status == "accepted"
        assert sound is (disposition.receipt.source_name != unsound.name), disposition
    return refused_names(archive)[0]


# -- the catalogue -----------------------------------------------------------------------------


def _like(models: list[AipRecord], aips: int, places: int) -> Iterator[AipRecord]:
    dice = random.Random(3)
    by_level = {model.description.level: model for model in models}
    stars = cycle(by_level[level] for level in _KINDS)
    nodes = [PLACE, *(f"{PLACE}/p{number}" for number in range(places))]
    for count in range(aips):
        if count % 3:
            yield _of_a_star(next(stars), count, dice)
        else:
            yield _of_a_visit(by_level["N1"], nodes[count // 3 % len(nodes)], count, dice)


def _of_a_star(model: AipRecord, count: int, dice: random.Random) -> AipRecord:
    """Return a package of a star in a sector of 27 days, its products one after another."""
    level, sector = model.description.level, 1 + count // 6 % SECTORS
    tic = 60_000_000 + 37 * count
    start = 58_400.0 + 27 * sector + dice.random() / 10
    node = f"tess/{_KINDS[level]}/sector-{sector}"
    return _another(model, f"tess.tic{tic}.s{sector:04}.{level.lower()}", node, count, dice, (start, 2.5), {})


def _of_a_visit(model: AipRecord, node: str, count: int, dice: random.Random) -> AipRecord:
    """Return a package of one short visit; four visits are of one observation request."""
    start = 57_000.0 + count / 10
    request = f"OR {count // 12}"
    values = {
        "observation_request": request,
        "visit": f"{count}",
        "embargo": {"visits": [{"visit": f"{count}", "completed": f"{2015 + count % 12}-06-01"}]},
    }
    return _another(model, f"mixed.{count:05}", node, count, dice, (start, 0.005), values)


def _another(
    model: AipRecord,
    aip_id: str,
    node: str,
    count: int,
    dice: random.Random,
    times: tuple[float, float],
    values: Mapping[str, object],
) -> AipRecord:
    was = model.description
    at = dice.uniform(0, 360), dice.uniform(-90, 90)
    first = next(product for product in was.products if product.obscore.t_min is not None)
    products = tuple(_product(first, aip_id, part, at, times) for part in range(PRODUCTS))
    description = replace(
        was,
        aip_id=aip_id,
        title=f"{was.title} {aip_id}",
        node=node,
        submission_key=f"{count:064x}",
        receipt=_receipt(count),
        ingested_at=f"2026-0{1 + count % 9}-01T00:00:00Z",
        products=products,
        values=values,
    )
    facts = version_facts(description)
    versions = tuple(replace(version, facts=facts) for version in model.versions)
    return replace(
        model,
        aip_id=aip_id,
        object_path=object_path(aip_id),
        description=description,
        versions=versions,
        size=model.size + dice.randrange(10**6),
    )


def _product(
    model: ProductDescription, aip_id: str, part: int, at: tuple[float, float], times: tuple[float, float]
) -> ProductDescription:
    start = times[0] + 1.05 * times[1] * part
    core = replace(
        model.obscore,
        target_name=aip_id.partition(".s0")[0].upper(),
        obs_id=aip_id,
        s_ra=at[0],
        s_dec=at[1],
        t_min=start,
        t_max=start + times[1],
    )
    name = f"{aip_id}-{part:02}.fits"
    return replace(model, path=f"representations/original/data/{name}", sip_path=f"data/{name}", obscore=core)


# -- the disk ----------------------------------------------------------------------------------


def _receipt(count: int) -> str:
    return f"r20260901T{count // 3600 % 24:02}{count // 60 % 60:02}{count % 60:02}Z-{count:08x}"


def _lay_down(archive: Archive, model: AipRecord, told: Iterable[AipRecord]) -> None:
    """Let each have a place in the store, a receipt and its entries in the ledger."""
    whole, at, statements = archive.aip_root / object_path(model.aip_id), archive.now(), []
    receipts = archive.receipts / "2026" / "09"
    receipts.mkdir(parents=True, exist_ok=True)
    for one in told:
        place = archive.aip_root / one.object_path
        (place / "v1").mkdir(parents=True)
        for name in _BESIDE:
            os.link(whole / name, place / name)
        for name in _BESIDE[1:]:
            os.link(whole / "v1" / name, place / "v1" / name)
        receipt = one.description.receipt
        for ending in (".json", ".json.sig"):
            (receipts / f"{receipt}{ending}").touch()
        statements.append(Statement(at, "aip-version", f"{one.aip_id}@v1", _DIGEST, _DIGEST))
        statements.append(Statement(at, "receipt", receipt, _DIGEST))
    record(archive, archive.signer, statements)


def _audited(archive: Archive) -> None:
    """Let the register have a run in which each was read and found sound."""
    with closing(Register(archive, HOME, archive.aip_root)) as register:
        register.look_for_new()
        now = archive.now()
        run = register.begin("all", now, "")
        for (place,) in list(register.rows("SELECT place FROM aip")):
            root = archive.aip_root / os.fsdecode(place)
            read = AuditResult(root.name, 1, now, now, ("blake3",), 20, 10**6, (), str(root), "20:1000000:x")
            register.note(run, read)
        register.add_seconds(run, 60.0)
        register.end(run, now)
    assert register_path(archive, HOME).exists()
