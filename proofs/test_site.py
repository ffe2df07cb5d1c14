"""Proof of the site in a real browser: its users' journeys, and every page readable for everybody.

docs/proofs.md tells what each proof shows, what is planted for it to find, and what it does not show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from oais.functions.orders.building import Worker
from proofs.site.journeys import JOURNEYS, Journey, walk
from proofs.site.judging import WAYS, Judge, Way
from proofs.site.pages import Pages
from proofs.site.tutorial import HEIGHT, WIDTH, file_name, keep, steps
from proofs.site.world import World, walked_site
from tests.conftest import program
from tests.web.test_browser import browser
from tests.web.test_browser_filled import state_of

__all__ = ["browser", "program"]

pytestmark = pytest.mark.browser

NEVER_LED_TO = {"/unsubscribe/{identifier}/{proof}", "/basket/{identifier}/package", "/tap/sync"}
"""A page to which a letter alone leads, a download of a basket's owner, and where programs send queries."""

MORE = {
    "stranger": (
        *("/nowhere", "/me", "/search?q=tess", "/search?q=nothing-at-all", "/choose?node=tess"),
        *("/search?show=packages&per_page=5", "/tree/tess/n1/inventory"),
        "/search/adql?query=SELECT+*+FROM+ivoa.obscore",
    )
}
VISITORS = ("stranger", "owner", "keeper", "provider")

Tell = Callable[[str], None]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Print a line at once, whatever pytest keeps to itself."""

    def told(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", flush=True)

    return told


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One archive with something in every list, served, with a mail server; it begins before the browser."""
    with walked_site(tmp_path_factory.mktemp("site")) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(pytestconfig: pytest.Config) -> Path | None:
    """Where pictures are kept, if they are asked for."""
    named = pytestconfig.getoption("--pictures")
    if named is None:
        return None
    Path(named).mkdir(parents=True, exist_ok=True)
    return Path(named)


@pytest.fixture(scope="module")
def contexts(world: World, browser: Browser) -> dict[str, tuple[object, str]]:
    """For each visitor the cookies of a login, or a token."""
    return {
        visitor: (
            state_of(browser, world.filled, visitor) if visitor in ("owner", "keeper") else None,
            world.filled.depository.token if visitor == "provider" else "",
        )
        for visitor in VISITORS
    }


@pytest.fixture(scope="module")
def pages(world: World, browser: Browser, contexts: dict[str, tuple[object, str]]) -> Pages:
    """Every page of every visitor."""
    found = Pages()
    judge = Judge(browser, world.url, WAYS[0])
    for visitor in VISITORS:
        context = judge.context(*contexts[visitor])  # type: ignore[arg-type]
        more = (*MORE.get(visitor, ()), *world.filled.pages.get(visitor, ()))
        found.gather(visitor, context, world.url, more)
        context.close()
    return found


@pytest.fixture(scope="module")
def violations() -> dict[str, int]:
    """How many were found in each language, told at the end."""
    return {}


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_every_page_is_for_everybody(
    way: Way,
    world: World,
    browser: Browser,
    contexts: dict[str, tuple[object, str]],
    pages: Pages,
    folder: Path | None,
    violations: dict[str, int],
) -> None:
    """Pages: axe in each look, widths, keyboard, weight and language find nothing; nobody else is asked."""
    judge = Judge(browser, world.url, way, folder)
    for visitor, addresses in pages.of.items():
        page = judge.context(*contexts[visitor]).new_page()  # type: ignore[arg-type]
        for address in addresses:
            judge.look(page, address)
        page.context.close()
    violations[str(way)] = sum(map(len, judge.faults.values()))
    assert judge.faults == {}
    assert pages.unreached <= NEVER_LED_TO


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ('<label></label><input name="nobody-knows">', "label"),
        ('<img src="https://example.org/pixel.png" alt="">', "example.org"),
        ('<img src="/static/mark.svg">', "image-alt"),
        (f"<p>{'long' * 200}</p>", "wider than"),
        (f"<script>/*{'x' * 150_000}*/</script>", "weighs"),
        ('<p><button tabindex="1">First</button></p>', "tabindex"),
    ],
    ids=["label", "elsewhere", "picture", "wide", "heavy", "order"],
)
def test_a_planted_fault_is_found(planted: str, fault: str, world: World, browser: Browser) -> None:
    """Each thing that is judged is found where it is planted, and the page without it is clean."""
    judge = Judge(browser, world.url, WAYS[0])
    page = judge.context(None).new_page()
    judge.look(page, "/about")
    assert judge.faults == {}

    def spoil(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</main>", f"{planted}</main>"))

    page.route("**/about", spoil)
    judge.look(page, "/about")
    page.context.close()
    assert any(fault in told for told in judge.faults.popitem()[1])


@pytest.mark.parametrize(("journey", "scripts"), JOURNEYS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_journey_comes_to_its_end(
    journey: Journey, scripts: bool, world: World, browser: Browser, tmp_path: Path, tell: Tell
) -> None:
    """Journeys: each user gets what he came for, by clicks and keys, in as many clicks as are allowed."""
    tell(f"journey={journey.__name__} clicks={walk(journey, scripts, browser, world, tmp_path)}")


def test_the_tutorial_can_be_walked(world: World, browser: Browser, tmp_path: Path) -> None:
    """Every picture of the tutorial can be taken: each of its pages is there, and has what is told of it."""

    def build() -> None:
        while Worker(world.filled.service).build_next():
            pass

    page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="en-GB").new_page()
    for step in steps(page, world.url, build):
        keep(page, tmp_path / file_name(step, "en", "light"))
    page.goto(f"{world.url}/help/tutorial")
    shown = re.findall(r"/static/(help-[\w.-]+-light\.webp)", page.content())
    page.context.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(shown)


def test_what_was_walked_is_told(pages: Pages, violations: dict[str, int], tell: Tell) -> None:
    """The counts, in one line, the last: every page was looked at in every language."""
    looked = sum(map(len, pages.of.values()))
    tell(f"journeys={len(JOURNEYS)} pages={looked} violations={sum(violations.values())}")
    assert set(violations) == set(map(str, WAYS))
