"""Fills an index with as many packages as a large archive has, made from real ones of the demo."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from benchmarks.material import DEMO, write_bag
from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.data_management import nodes_above, stored_records
from oais.functions.submission import submit
from oais.information.description import ProductDescription
from oais.information.packages import AipRecord
from search_index.index import open_index

SECTORS = 60
_PLACES = {"N0": "n0/target-pixel-files", "N1": "n1/light-curves"}


def fill_index(home: Path, number: int) -> Archive:
    """Make an archive with two real packages and ``number`` records like theirs in its index."""
    archive = initialise(home, name="Benchmark")
    bags = [demo_bag(home.with_name(f"{home.name}-{level}"), level) for level in ("n0", "n1")]
    for disposition in submit(archive, bags):
        assert disposition.receipt is not None
        assert disposition.receipt.status == "accepted", disposition
    pretend(archive, _like(list(stored_records(archive)), number))
    return archive


def pretend(archive: Archive, records: Iterable[AipRecord]) -> None:
    """Tell the index of packages that are not stored; the archive itself would take them for withdrawn."""
    told = list(records)
    with closing(open_index(archive.index_root)) as index:
        index.add(told, nodes_above(archive, told))


def demo_bag(root: Path, level: str) -> Path:
    """Write a bag of the demo's files of one level."""
    folder = DEMO / level
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    payload = ((str(path.relative_to(folder)), path.read_bytes()) for path in files)
    return write_bag(root, payload, f"tess.tic55525572.s0005.{level}", "tess")


def _like(models: list[AipRecord], number: int) -> Iterator[AipRecord]:
    dice = random.Random(3)
    for count in range(number):
        yield _another(models[count % len(models)], count, dice)


def _another(model: AipRecord, count: int, dice: random.Random) -> AipRecord:
    """Return a package like the model: another star, another sector, another place in the sky."""
    was = model.description
    tic, sector = 60_000_000 + 37 * count, 1 + count // len(_PLACES) % SECTORS
    aip_id = f"tess.tic{tic}.s{sector:04}.{was.level.lower()}"
    ra, dec = dice.uniform(0, 360), dice.uniform(-90, 90)
    products = tuple(_of_star(product, tic, sector, (ra, dec)) for product in was.products)
    description = replace(
        was,
        aip_id=aip_id,
        title=was.title.replace("55525572", str(tic)),
        node=f"tess/{_PLACES[was.level]}/sector-{sector}",
        submission_key=f"{count:064x}",
        receipt=f"{was.receipt}-{count}",
        products=products,
    )
    return replace(
        model,
        aip_id=aip_id,
        object_path=f"{count % 997:03}/{count % 991:03}/{count % 983:03}/{aip_id}",
        description=description,
        size=model.size + dice.randrange(10**6),
    )


def _of_star(
    product: ProductDescription, tic: int, sector: int, at: tuple[float, float]
) -> ProductDescription:
    core = replace(
        product.obscore,
        target_name=f"TIC {tic}",
        obs_id=f"tic{tic}-s{sector:04}",
        s_ra=at[0],
        s_dec=at[1],
    )
    path = product.path.replace("55525572", str(tic))
    sip_path = product.sip_path.replace("55525572", str(tic))
    return replace(product, path=path, sip_path=sip_path, obscore=core)
