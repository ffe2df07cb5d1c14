"""What is nearest to a moment, against plain Python over what was entered."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from oais.information.packages import AipRecord
from search_index import browsing
from search_index.catalogue.moments import MOST_TYPES
from search_index.entries import Nearest
from search_index.index import Index
from tests.search_index.factory import product, record

DAY = 86_400.0
HIDDEN = ("alpha/n1/sector-3", "beta")
MOMENTS = (57_000.0, 58_000.0, 58_500.5, 59_123.456, 61_000.0)
Key = tuple[str, str]
Told = tuple[float, str, str, int]
"""The offset in seconds, package and path, and how many hold the moment."""


def slowly(held: list[AipRecord], moment: float, path: str, without: tuple[str, ...]) -> dict[Key, Told]:
    """What is nearest of each mission's type, by looking at every product."""
    found: dict[Key, list[tuple[float, float, str, str, float]]] = {}
    for one in held:
        about = one.description
        below = [top for top in without if f"{about.node}/".startswith(f"{top}/")]
        if below or (path and not f"{about.node}/".startswith(f"{path}/")):
            continue
        for item in about.products:
            ends = [end for end in (item.obscore.t_min, item.obscore.t_max) if end is not None]
            if ends and item.kind not in ("document", "software"):
                after, before = min(ends) - moment, moment - max(ends)
                offset = after if after > 0 else -before if before > 0 else 0.0
                key = (about.mission, item.product_type)
                row = (abs(offset), abs(after), about.aip_id, item.path, offset)
                found.setdefault(key, []).append(row)
    return {
        key: (min(rows)[4] * DAY, min(rows)[2], min(rows)[3], sum(not row[0] for row in rows))
        for key, rows in found.items()
    }


def told(products: tuple[Nearest, ...]) -> dict[Key, Told]:
    """The same of an answer."""
    return {
        (one.mission, one.product_type): (one.offset, one.aip_id, one.path, one.covering) for one in products
    }


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("path", ["", "alpha", "alpha/n1", "beta/n0", "nowhere"])
@pytest.mark.parametrize("without", [(), HIDDEN, ("",)], ids=["all", "some hidden", "all hidden"])
def test_the_nearest_of_each_type_is_told(
    filled: Index, held: list[AipRecord], moment: float, path: str, without: tuple[str, ...]
) -> None:
    """By mission and type, as if what is hidden were not there, the nearest first."""
    expected = slowly(held, moment, path, () if without == ("",) else without)
    found = browsing.nearest(filled, moment, path, without)
    assert told(found.products) == ({} if without == ("",) else expected)
    assert found.types == len(found.products)
    offsets = [abs(one.offset) for one in found.products]
    assert offsets == sorted(offsets)


def test_ends_that_are_not_known_and_ties(empty: Index) -> None:
    """One end stands for both; of those equally near it is what began nearest, then the first by name."""
    empty.add(
        [
            record("c.long", product("a.fits", t_min=10.0, t_max=30.0)),
            record("b.late", product("b.fits", t_min=19.0, t_max=30.0)),
            record("a.late", product("c.fits", t_min=19.0, t_max=21.0)),
            record("start", product("d.fits", t_min=25.0, product_type="start only")),
            record("stop", product("e.fits", t_max=15.0, product_type="stop only")),
            record("turned", product("f.fits", t_min=22.0, t_max=21.0, product_type="turned")),
            record("none", product("g.fits", product_type="timeless")),
            record(
                "paper", product("h.pdf", t_min=20.0, t_max=20.0, kind="document", product_type="document")
            ),
        ]
    )
    found = browsing.nearest(empty, 20.0, "", ()).products
    assert [(one.aip_id, one.offset / DAY, one.covering) for one in found] == [
        ("a.late", 0.0, 3),
        ("turned", 1.0, 0),
        ("start", 5.0, 0),
        ("stop", -5.0, 0),
    ]


def test_what_changed_is_told_anew(empty: Index) -> None:
    """Packages that come, change and go change the answer, which is then that of a new index."""
    dice = random.Random(5)
    held = [record(f"p.{n}", product(t_min=float(n), t_max=n + 0.5)) for n in range(30)]
    empty.add(held)
    assert told(browsing.nearest(empty, 12.7, "", ()).products) == slowly(held, 12.7, "", ())
    for step in range(6):
        moved = replace(
            record(f"p.{dice.randrange(40)}", product(t_min=12.0 + step / 10, t_max=12.1 + step / 10)),
        )
        empty.add([moved])
        held = [one for one in held if one.aip_id != moved.aip_id] + [moved]
        assert told(browsing.nearest(empty, 12.7, "", ()).products) == slowly(held, 12.7, "", ())
    nearest = browsing.nearest(empty, 12.7, "", ()).products[0].aip_id
    empty.remove([nearest])
    held = [one for one in held if one.aip_id != nearest]
    assert told(browsing.nearest(empty, 12.7, "", ()).products) == slowly(held, 12.7, "", ())


def test_an_answer_has_a_limit(empty: Index) -> None:
    """Of more types than an answer has the nearest are told, and how many there are."""
    many = [product(f"{n}.fits", t_min=float(n), product_type=f"type {n}") for n in range(MOST_TYPES + 50)]
    empty.add([record("many", *many)])
    found = browsing.nearest(empty, 0.0, "", ())
    assert found.types == MOST_TYPES + 50
    assert [one.start for one in found.products] == [float(n) for n in range(MOST_TYPES)]


def test_an_empty_index_answers(empty: Index) -> None:
    """Nothing is nearest to anything."""
    assert browsing.nearest(empty, 0.0, "", ()).products == ()
