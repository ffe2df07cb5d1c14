"""A delivery sent by the browser in pieces: whole, over a broken connection, and after a closed window."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from oais.web.app import create_app
from policies.principals import Role
from tests.web.depositing import Depository, furnish, served, tar_of_bag
from tests.web.people import PASSWORD, account
from tests.web.test_browser import browser

__all__ = ["browser"]

pytestmark = pytest.mark.browser

PIECES = "**/api/v1/deposits/*"
PIECE = 64 << 10
"""Bytes of a piece, as the page of the test says: three make a delivery."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Depository]:
    """A served archive with an archivist, who may deliver under any agreement."""
    depository = furnish(tmp_path_factory.mktemp("upload") / "home")
    account(depository.service, "keeper", Role.ARCHIVIST)
    with served(depository) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, site: Depository) -> Iterator[Page]:
    """The page of deliveries of the archivist, who logged in."""
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(f"{site.url}/login")
    opened.fill("main [name=login]", "keeper")
    opened.fill("main [name=password]", PASSWORD)
    opened.press("main [name=password]", "Enter")
    opened.wait_for_url("**/me")
    opened.goto(f"{site.url}/me/deposits")
    yield opened
    context.close()


def delivery(folder: Path, name: str) -> Path:
    """A sound bag as a tar of three pieces."""
    path = folder / f"{name}.tar"
    path.write_bytes(tar_of_bag(folder, f"upload.{name}", 2 * PIECE))
    assert 2 * PIECE < path.stat().st_size <= 3 * PIECE
    return path


def deliver(page: Page, path: Path) -> None:
    """Choose a file and press the button; pieces are small."""
    page.locator("form[data-resumable]").evaluate(f"form => form.dataset.resumable = {PIECE}")
    page.set_input_files("#delivery", path)
    page.click("[data-part=send]")


def offset_of(route: Route) -> int:
    """Where a piece begins; -1 for a request that sends none."""
    return int(route.request.headers.get("upload-offset", -1))


def offsets(page: Page) -> list[int]:
    """Where each piece begins that the page sends from now on."""
    found: list[int] = []

    def note(route: Route) -> None:
        if (offset := offset_of(route)) >= 0:
            found.append(offset)
        route.continue_()

    page.route(PIECES, note)
    return found


def test_a_bag_is_sent_in_pieces_and_ingested(page: Page, site: Depository, tmp_path: Path) -> None:
    """It comes whole, its page opens by itself, and the archive holds what lay on the provider's disk."""
    path = delivery(tmp_path, "whole")
    sent = offsets(page)
    deliver(page, path)
    page.wait_for_url("**/me/deposits/*")
    assert sent == [0, PIECE, 2 * PIECE]
    assert site.ingest() == 1
    page.reload()
    expect(page.locator(".lead")).to_have_text("It is in the archive.")
    assert hashlib.sha512(path.read_bytes()).hexdigest() in page.content()


def test_a_broken_connection_is_gone_on_with(page: Page, site: Depository, tmp_path: Path) -> None:
    """A piece that is lost is told, and sent again by itself from where the archive stands."""
    broken: list[bool] = []

    def lose_one(route: Route) -> None:
        if offset_of(route) > 0 and not broken:
            broken.append(True)
            route.abort()
        else:
            route.continue_()

    page.route(PIECES, lose_one)
    deliver(page, delivery(tmp_path, "broken"))
    expect(page.locator("[data-part=state]")).to_contain_text("it is tried again by itself")
    page.wait_for_url("**/me/deposits/*")
    assert broken
    assert site.ingest() == 1


def test_after_a_closed_window_the_same_file_goes_on(page: Page, site: Depository, tmp_path: Path) -> None:
    """What the archive has is not sent again: the upload is found by the file's name, size and time."""
    path = delivery(tmp_path, "closed")
    page.route(PIECES, lambda route: route.abort() if offset_of(route) > 0 else route.continue_())
    deliver(page, path)
    expect(page.locator("[data-part=state]")).to_contain_text("it is tried again by itself")
    page.click("[data-part=stop]")
    expect(page.locator("[data-part=state]")).to_contain_text("Stopped.")
    page.unroute_all()
    page.reload()
    sent = offsets(page)
    deliver(page, path)
    page.wait_for_url("**/me/deposits/*")
    assert sent == [PIECE, 2 * PIECE]
    assert site.ingest() == 1


def test_what_the_archive_refuses_is_told(page: Page, tmp_path: Path) -> None:
    """A name that is none: what is wrong and what to do, on the page, and the form can be used again."""
    path = tmp_path / "no container.bin"
    path.write_bytes(b"x")
    deliver(page, path)
    state = page.locator("[data-part=state]")
    expect(state).to_contain_text("It could not be delivered.")
    expect(state).to_contain_text("rename the file")
    expect(page.locator("[data-part=send]")).to_be_enabled()


def test_the_script_is_light() -> None:
    """It is part of the weight of the page of deliveries."""
    script = Path(create_app.__code__.co_filename).parent / "static" / "upload.js"
    assert len(script.read_bytes()) < 8_000
