"""The tree of one configuration file, sets of one container per identifier, housekeeping chosen by date."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from oais.functions.access.facade import Access, open_access
from oais.functions.access.question import Question
from oais.functions.access.views import Branch
from oais.functions.administration import initialise
from oais.functions.packing import pack_folder
from oais.functions.submission import submit
from tests.information.fits_making import primary, table

SET = "corot.ano_starwind.2."
DAYS = ("20070227", "20070228", "20070301")


def _container(path: Path) -> None:
    with tarfile.open(path, "w:gz") as container:
        for name, data in (("curve.fits", b"x" * 2_880), ("log.txt", b"hello")):
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), 1_172_534_400
            container.addfile(member, io.BytesIO(data))


def _housekeeping(begin: str, end: str) -> Callable[[Path], None]:
    head = primary({"DATE-OBS": begin, "DATE-END": end})
    return lambda path: (path.write_bytes(head + table({"TIME": "D"}, b"\0" * 8, 8)), None)[1]


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    """An archive with some of each set."""
    place = tmp_path_factory.mktemp("corot")
    archive = initialise(place / "home", name="CoRoT")
    wanted: dict[str, Callable[[Path], None]] = {
        **{f"ANO_STARWIND_RUN02_{star}.tar.gz": _container for star in (100, 101, 102)},
        "ANO_MASK_RUN02_100.tar.gz": _container,
        "AN1_FULL_principal_RUN03_100.tar.gz": _container,
        "N0HK_PARAM1_RUN02.fits": _housekeeping("2007-01-01T00:00:00", "2007-02-28T06:00:00"),
        "N0HK_PARAM1_RUN03.fits": _housekeeping("2007-03-02T00:00:00", "2007-05-01T00:00:00"),
        **{f"N1HK_PARAM2_{day}.fits": _housekeeping("2007-02-27", "2007-02-27") for day in DAYS},
    }
    bags = []
    for name, make in wanted.items():
        folder = place / f"of.{name}"
        folder.mkdir()
        make(folder / name)
        bags.append(pack_folder(archive.home, folder, "corot", place / f"{name}.bag"))
    for told in submit(archive, bags):
        assert told.receipt is not None
        assert told.receipt.status == "accepted", told.receipt.findings
    opened = open_access(archive)
    with closing(opened.index):
        yield opened


def found(access: Access, question: Question) -> list[str]:
    """Return the identifiers of what a question finds, in order."""
    return [hit.aip_id for hit in access.find(replace(question, show="packages", order="id")).hits]


def _titles(branch: Branch) -> Iterator[tuple[str, int]]:
    yield branch.title, branch.aips
    for below in branch.branches:
        yield from _titles(below)


def test_the_whole_tree_comes_of_the_agreement(access: Access) -> None:
    """Also what is empty yet, as the file names it, with what came in beside it."""
    (mission,) = [branch for branch in access.tree(5) if branch.path == "corot"]
    told = list(_titles(mission))
    for title in ("N0 Data", "N1 Data", "HK Parameters", "Run 2", "Run 3", "Complementary data"):
        assert title in [name for name, _ in told]
    for title, count in (("ANO_STARWIND", 3), ("ENO_STARWIND", 0), ("ANO_MASK", 1), ("ANO_ECARTO_AFPS", 0)):
        assert (title, count) in told
    for title in ("AN1_XXXX principal", "EN1_XXXX complémentaire", "N0 HK", "N1 HK", "Paramètre 1"):
        assert title in [name for name, _ in told]


def test_a_container_is_one_object_whose_members_are_listed(access: Access) -> None:
    """One product; its members with sizes and times stand on its page, and nothing is unpacked."""
    shown = access.show(f"{SET}100")
    (product,) = shown.products
    assert product.name == "ANO_STARWIND_RUN02_100.tar.gz"
    view = access.product(f"{SET}100@v1", product.path)
    assert view.table is not None
    assert view.table.columns == ("member", "size", "changed")
    changed = "2007-02-27T00:00:00"
    assert view.table.rows == (("curve.fits", "2880", changed), ("log.txt", "5", changed))
    assert access.rows(f"{SET}100@v1", product.path).page.total == 2
    assert not view.drawings


@pytest.mark.parametrize(
    ("ids", "stars", "unknown"),
    [
        ("101 102", "101 102", ()),
        ("10?", "100 101 102", ()),
        ("101..102", "101 102", ()),
        (f"{SET}100..{SET}101", "100 101", ()),
        ("100, 999, 7*, 200..300", "100", ("999", "7*", "200..300")),
    ],
)
def test_parts_of_a_set_are_chosen_by_identifier(
    access: Access, ids: str, stars: str, unknown: tuple[str, ...]
) -> None:
    """Lists, patterns and ranges, of the mission's own identifiers too; what nothing answers to is told."""
    node = "corot/n0/run-2/ano_starwind"
    assert found(access, Question(ids=ids, node=node)) == [f"{SET}{star}" for star in stars.split()]
    assert access.find(Question(ids=ids, node=node)).unknown == unknown


@pytest.mark.parametrize(
    ("time", "runs", "days"),
    [
        ("2007-02-28", "2", "20070228"),
        ("2007-02-28T12:00:00/2007-03-02", "3", "20070228 20070301"),
        ("2007-02-27T23:59:59/2007-02-27T23:59:59", "2", "20070227"),
        ("2006-01-01/2006-12-31", "", ""),
    ],
)
def test_housekeeping_is_chosen_by_date(access: Access, time: str, runs: str, days: str) -> None:
    """Every file that overlaps the interval, of a run or of a day, and no neighbour that only touches it."""
    expected = [f"corot.n0hk.parameter1.run{run}" for run in runs.split()]
    expected += [f"corot.n1hk.parameter2.{day}" for day in days.split()]
    assert found(access, Question(node="corot/hk-parameters", time=time)) == expected
