"""Cones against plain trigonometry over every position, poles and the seam at 0 = 360 included."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oais.errors import WrongUsageError
from search_index.catalogue import sqlite
from search_index.catalogue.places import MANY_CONES
from search_index.index import Index, create_index
from search_index.query import Cone, Query, TimeSpan, parse_cone
from search_index.sky import ROUNDING, rim, unit_vector
from tests.search_index.factory import product, record

SPECIAL = [(0, 90), (123, 90), (0, -90), (0, 0), (360, 0), (359.9999, 0.0001), (0.0001, -0.0001)]
SPECIAL += [(180, 0), (90, 89.99), (270, 89.99), (45, -89.99), (359.5, 60), (0.5, 60), (0.5, -60)]

HAIRS = (-1.0, -1e-3, -1e-8, -2e-9, 0.0, 5e-10, 2e-9, 1e-8, 1e-3, 1.0)
"""Degrees beside a rim."""


def _positions() -> list[tuple[float, float]]:
    dice = random.Random(7)
    scattered = [(dice.uniform(0, 360), dice.uniform(-90, 90)) for _ in range(300)]
    crowded = [(dice.gauss(0, 0.5) % 360, dice.gauss(88, 1) % 90) for _ in range(100)]
    return SPECIAL + scattered + crowded


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index with one package at each position, and one without any position."""
    index = create_index(tmp_path_factory.mktemp("sky") / "search_index")
    places = [
        record(f"at.{number}", product("a.fits", s_ra=float(ra), s_dec=float(dec)))
        for number, (ra, dec) in enumerate(_positions())
    ]
    nowhere = [record("nowhere", product("b.fits"))]
    index.add([*places, *nowhere])
    return index


def _haversine(ra: float, dec: float) -> dict[str, float]:
    """Return the distance in degrees of each package, by the haversine formula."""
    places = np.radians(np.array(_positions(), dtype=np.float64))
    half_dec = np.sin((places[:, 1] - np.radians(dec)) / 2) ** 2
    half_ra = np.sin((places[:, 0] - np.radians(ra)) / 2) ** 2
    chord = half_dec + np.cos(places[:, 1]) * np.cos(np.radians(dec)) * half_ra
    apart = np.degrees(2 * np.arcsin(np.sqrt(np.clip(chord, 0, 1))))
    return {f"at.{number}": float(value) for number, value in enumerate(apart)}


@given(ra=st.floats(0, 360), dec=st.floats(-90, 90), radius=st.floats(1e-3, 180, exclude_min=True))
@example(ra=0.0, dec=90.0, radius=0.02)
@example(ra=217.0, dec=-90.0, radius=1.0)
@example(ra=360.0, dec=0.0, radius=0.001)
@example(ra=0.0, dec=0.0, radius=180.0)
@example(ra=0.0, dec=60.0, radius=0.6)
@example(ra=90.0, dec=0.0, radius=90.0)
def test_a_cone_finds_what_trigonometry_finds(sky: Index, ra: float, dec: float, radius: float) -> None:
    """Every package inside is found, none outside, nearest first, with its distance."""
    found = sky.find(Query(cone=Cone(ra, dec, radius), limit=1000))
    apart = _haversine(ra, dec)
    names = {hit.aip.aip_id for hit in found.hits}
    surely_in = {name for name, value in apart.items() if value < radius - 1e-6}
    maybe_in = {name for name, value in apart.items() if value <= radius + 1e-6}
    assert surely_in <= names <= maybe_in
    measured = [hit.distance for hit in found.hits]
    assert measured == sorted(measured, key=lambda value: value or 0.0)
    for hit in found.hits:
        assert hit.distance == pytest.approx(apart[hit.aip.aip_id], abs=1e-6)


@given(ra=st.floats(0, 360), dec=st.floats(-90, 90), radius=st.floats(1e-3, 180, exclude_min=True))
@example(ra=0.0, dec=90.0, radius=0.02)
@example(ra=180.0, dec=0.0, radius=180.0)
@example(ra=359.9999, dec=0.0001, radius=0.001)
@example(ra=0.0, dec=60.0, radius=0.25)
def test_squares_never_tell_otherwise_than_the_angle(ra: float, dec: float, radius: float) -> None:
    """What they tell for certain holds by the haversine, also a hair from the rim; the rest they leave."""
    cone = Cone(ra, dec, radius)
    near, far = rim(cone)
    assert near < far
    centre = unit_vector(ra, dec)
    for dec2 in (*(dec + sign * (radius + hair) for sign in (-1, 1) for hair in HAIRS), -dec, 0.0):
        if abs(dec2) > 90:
            continue
        squared = math.dist(centre, unit_vector(ra, dec2)) ** 2
        apart = abs(dec2 - dec)
        assert not (squared <= near and apart > radius + ROUNDING), (dec2, apart)
        assert not (squared > far and apart <= radius + ROUNDING), (dec2, apart)
        if abs(apart - radius) > 1e-6:
            assert (squared <= near) == (apart < radius), (dec2, apart)


def test_the_nearest_product_tells_the_distance(tmp_path: Path) -> None:
    """A package with products far apart is as near as its nearest one."""
    index = create_index(tmp_path / "search_index")
    far = product("far.fits", s_ra=100.0, s_dec=0.0)
    near = product("near.fits", s_ra=10.5, s_dec=0.0)
    index.add([record("both", far, near)])
    hits = index.find(Query(cone=Cone(10, 0, 120))).hits
    assert [hit.distance for hit in hits] == [pytest.approx(0.5, abs=1e-9)]


def test_very_many_in_a_cone_are_found_like_few(sky: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number all directions are held in memory; who is found and how far away stays the same."""
    cones = [Cone(0.0, 0.0, 180.0), Cone(12.0, 88.0, 3.0), Cone(359.9, 0.1, 40.0), Cone(200.0, -45.0, 1.0)]

    def told(cone: Cone) -> list[tuple[str, float | None]]:
        found = sky.find(Query(cone=cone, limit=1000, order="distance"))
        return [(hit.aip.aip_id, hit.distance) for hit in found.hits]

    before = [told(cone) for cone in cones]
    assert len(before[0]) > 5
    monkeypatch.setattr(sqlite, "MOST_NEAR", 5)
    assert [told(cone) for cone in cones] == before
    resolved = sky.resolve([cones[0]])[0]
    assert resolved.aip_ids[0] == before[0][0][0]
    assert set(resolved.aip_ids) == {aip_id for aip_id, _ in before[0]}


@pytest.mark.parametrize("radius", [0.05, 3.0, 40.0, 120.0, 180.0])
def test_a_long_list_finds_what_trigonometry_finds(sky: Index, radius: float) -> None:
    """Measured all at once, on poles and seam too: as one cone after the other, nearest first."""
    dice = random.Random(11)
    centres = SPECIAL + [(dice.uniform(0, 360), dice.uniform(-90, 90)) for _ in range(80)]
    together = create_index(sky.root).resolve([Cone(ra, dec, radius) for ra, dec in centres])
    assert len(together) > MANY_CONES
    for (ra, dec), found in zip(centres, together, strict=True):
        apart = _haversine(ra, dec)
        assert {name for name, value in apart.items() if value < radius - 1e-6} <= set(found.aip_ids)
        assert all(apart[name] <= radius + 1e-6 for name in found.aip_ids)
        measured = [apart[name] for name in found.aip_ids]
        assert measured == pytest.approx(sorted(measured), abs=2e-6)
        assert found.visits == len(found.aip_ids)
    assert together[3] == create_index(sky.root).resolve([Cone(*centres[3], radius)])[0]


def test_a_kept_list_knows_what_came_later(empty: Index) -> None:
    """Its answer and its table are reckoned anew once a package came in or went, and for whoever asks."""
    asked = [Cone(10.0 * number, 0.0, 1.0) for number in range(12)] * 6 + ["TIC 9"]

    def held(*without: str) -> tuple[set[str], set[str]]:
        table = empty.find(Query(targets=tuple(asked), without=without, limit=100)).hits
        listed = {name for one in empty.resolve(asked, without) for name in one.aip_ids}
        return listed, {hit.aip.aip_id for hit in table}

    for number in range(3):
        placed = product("a.fits", s_ra=10.0 * number, s_dec=0.0)
        empty.add([record(f"at.{number}", placed, node=f"alpha/n{number}")])
        expected = {f"at.{each}" for each in range(number + 1)}
        assert held() == held() == (expected, expected)
        assert held("alpha/n0") == (expected - {"at.0"},) * 2
    empty.add([record("named", product("b.fits", target_name="TIC 9"))])
    empty.remove(["at.1"])
    assert held() == ({"at.0", "at.2", "named"},) * 2


def test_what_came_later_is_found_among_very_many(empty: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """Directions in memory are read again when a package came in."""
    monkeypatch.setattr(sqlite, "MOST_NEAR", 1)
    for number in range(4):
        empty.add([record(f"at.{number}", product("a.fits", s_ra=10.0 * number, s_dec=0.0))])
        assert empty.find(Query(cone=Cone(0.0, 0.0, 90.0))).total == number + 1


def test_place_and_time_must_hold_for_one_product(tmp_path: Path) -> None:
    """A product in the cone and another one in the time span do not make a hit."""
    index = create_index(tmp_path / "search_index")
    here = product("here.fits", s_ra=10.0, s_dec=0.0, t_min=100.0, t_max=101.0)
    then = product("then.fits", s_ra=90.0, s_dec=0.0, t_min=500.0, t_max=501.0)
    index.add([record("both", here, then)])
    cone = Cone(10, 0, 1)
    assert index.find(Query(cone=cone, time=TimeSpan(100, 100.5))).total == 1
    assert index.find(Query(cone=cone, time=TimeSpan(500, 501))).total == 0
    assert index.find(Query(cone=cone, time=TimeSpan(None, None))).total == 1


def test_without_a_cone_there_is_no_distance(sky: Index) -> None:
    """The distance is None, not 0, when nobody asked for one."""
    assert {hit.distance for hit in sky.find(Query(limit=1000)).hits} == {None}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2",
        "1,2,3,4",
        "a,b,c",
        "nan,0,1",
        "0,nan,1",
        "0,0,nan",
        "0,0,0",
        "0,0,-1",
        "0,0,181",
        "-1,0,1",
        "361,0,1",
        "0,91,1",
        "inf,0,1",
        "0,0,inf",
        "1;2;3",
        "\0",
        "9" * 5000,
    ],
)
def test_a_malformed_cone_is_refused(text: str) -> None:
    """What is not a circle on the sky is wrong usage, whatever it is."""
    with pytest.raises(WrongUsageError):
        parse_cone(text)


def test_a_cone_is_read() -> None:
    """Three numbers in degrees make a cone."""
    assert parse_cone(" 83.6, +22.0 ,1.5") == Cone(83.6, 22.0, 1.5)
