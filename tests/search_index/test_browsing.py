"""What pages tell of places and of the sky, against plain Python over what was entered."""

from __future__ import annotations

import random
from contextlib import closing

import numpy as np
import pytest
from sqlalchemy import insert, select

from oais.information.packages import AipRecord
from search_index import browsing
from search_index.catalogue.contents import merged
from search_index.catalogue.database import Catalogue
from search_index.catalogue.positions import MOST_MARKS, Positions
from search_index.catalogue.schema import AIPS
from search_index.entries import SkyMark
from search_index.index import Index

MANY = 100_000
NODES = ("alpha/n1", "beta/n1", "beta/secret")


def test_the_times_of_a_branch_are_those_of_its_products(filled: Index, held: list[AipRecord]) -> None:
    """By type, merged, and without what lies in branches that are left out."""
    hidden = ("alpha/n1/sector-3",)
    for path in ("alpha", "alpha/n1", "alpha/n1/sector-4", "beta/n0"):
        expected: dict[str, list[tuple[float, float]]] = {}
        for record in held:
            node = record.description.node
            if f"{node}/".startswith(f"{path}/") and not f"{node}/".startswith(f"{hidden[0]}/"):
                for product in record.description.products:
                    start, stop = product.obscore.t_min, product.obscore.t_max
                    if start is not None and stop is not None:
                        expected.setdefault(product.product_type, []).append((start, stop))
        found = browsing.coverage(filled, path, hidden)
        assert {one.product_type: one.files for one in found} == {
            name: len(spans) for name, spans in expected.items()
        }
        for one in found:
            assert list(one.intervals) == slowly_merged(expected[one.product_type])
    assert browsing.coverage(filled, "alpha/n1/sector-3", hidden) == ()
    assert browsing.contents(filled, "alpha/n1/sector-3", hidden) == ()


def slowly_merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The union of intervals by looking at each end."""
    found: list[tuple[float, float]] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


def test_intervals_are_merged() -> None:
    """Overlaps, touches, one within another, moments, and none at all."""
    dice = random.Random(3)
    for count in (0, 1, 2, 30, 300):
        spans = [
            (start, start + dice.choice((0, 1, 5))) for start in (dice.randrange(400) for _ in range(count))
        ]
        assert list(merged(spans)) == slowly_merged([(float(a), float(b)) for a, b in spans])


def test_intervals_that_follow_each_other_soon_are_one() -> None:
    """A gap of so many seconds parts nothing, a longer one does; what overlaps hides none."""
    second = 1 / 86_400
    spans = [(0.0, 1.0), (1 + 59 * second, 2.0), (2 + 61 * second, 3.0), (0.5, 0.6)]
    assert merged(spans, 60.0) == ((0.0, 2.0), (2 + 61 * second, 3.0))
    assert merged(spans, 62.0) == ((0.0, 3.0),)
    assert len(merged(spans)) == 3


def test_what_rests_below_is_summed(filled: Index, held: list[AipRecord]) -> None:
    """Files and bytes of each type are those that were entered."""
    found = browsing.contents(filled, "gamma", ())
    products = [
        product
        for record in held
        if record.description.mission == "gamma"
        for product in record.description.products
    ]
    for row in found:
        same = [one for one in products if (one.product_type, one.level) == (row.product_type, row.level)]
        assert (row.files, row.size) == (len(same), sum(product.size for product in same))
    assert sum(row.files for row in found) == len(products)


def test_what_was_made_from_something_is_found_by_its_name(filled: Index, held: list[AipRecord]) -> None:
    """By the name of a file, and only those that name it; branches that are left out are not told."""
    expected = [
        record.aip_id
        for record in held
        if any(link.value == "flat_3.fits" for one in record.description.products for link in one.provenance)
    ]
    found = browsing.made_from(filled, "no.such", 1, ("flat_3.fits",), ())
    assert [aip_id for aip_id, _ in found] == sorted(expected)
    beta = browsing.made_from(filled, "no.such", 1, ("flat_3.fits",), ("alpha", "gamma"))
    assert [aip_id for aip_id, _ in beta] == sorted(one for one in expected if one.startswith("beta"))


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """A catalogue of 100,000 packages of two missions, half of them in one corner, poles included."""
    dice = np.random.default_rng(5)
    ra = np.where(np.arange(MANY) % 2, dice.uniform(0, 360, MANY), dice.normal(0, 3, MANY) % 360)
    dec = np.where(np.arange(MANY) % 2, dice.uniform(-90, 90, MANY), dice.normal(70, 9, MANY)).clip(-90, 90)
    texts = {column.name: "" for column in AIPS.columns if not column.nullable and not column.primary_key}
    same = {**texts, "version": 1, "products": 1, "files": 1, "size": 1, "targets": "[]"}
    rows = []
    for at, (x, y) in enumerate(zip(ra.tolist(), dec.tolist(), strict=True)):
        node = NODES[at % 3]
        rows.append(
            {**same, "aip_id": f"p{at}", "node": node, "mission": node.split("/")[0], "ra": x, "dec": y}
        )
    made = Catalogue(tmp_path_factory.mktemp("crowded"), lasting=False)
    made.create()
    with made.writing() as connection:
        connection.execute(insert(AIPS), rows)
    return made


def test_a_crowded_sky_has_few_marks(crowded: Catalogue) -> None:
    """However many packages there are: all are counted, none that is left out, and marks reach theirs."""
    with closing(crowded), crowded.reading() as connection:
        positions = Positions(connection)
        rows = connection.execute(select(AIPS.c.node, AIPS.c.ra, AIPS.c.dec)).all()
        for without, mission, nodes in (
            ((), "", set(NODES)),
            (("beta/secret",), "", {"alpha/n1", "beta/n1"}),
            (("beta/secret",), "beta", {"beta/n1"}),
            (("alpha", "beta"), "", set()),
        ):
            marks = positions.marks(connection, without, mission)
            assert len(marks) <= MOST_MARKS
            assert sum(mark.aips for mark in marks) == sum(row.node in nodes for row in rows)
            for node in nodes - {"beta/secret"}:
                places = [(row.ra, row.dec) for row in rows if row.node == node][:2_000]
                assert _reached(places, [mark for mark in marks if mark.mission == node.split("/")[0]])


def _reached(places: list[tuple[float, float]], marks: list[SkyMark]) -> bool:
    """Whether each place lies within the radius of a mark, by the cosine of the angle between them."""
    ra, dec = np.radians(np.array(places)).T
    left, up, far = np.radians(np.array([(mark.ra, mark.dec, mark.radius) for mark in marks])).T
    heights = np.sin(dec)[:, None] * np.sin(up)
    cosine = heights + np.cos(dec)[:, None] * np.cos(up) * np.cos(ra[:, None] - left)
    return bool((np.arccos(np.clip(cosine, -1, 1)) <= far + 1e-6).any(axis=1).all())
