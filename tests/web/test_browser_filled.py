"""Pages that are empty in a young archive, filled, in a real browser: readable for all, nothing too wide."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, StorageState

from tests.web.filled import Filled
from tests.web.people import PASSWORD
from tests.web.test_browser import browser, faults_of

__all__ = ["browser"]

pytestmark = pytest.mark.browser


def state_of(browser: Browser, filled: Filled, login: str) -> StorageState:
    """The cookies of a person who logged in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{filled.depository.url}/login")
    page.fill("main [name=login]", login)
    page.fill("main [name=password]", PASSWORD)
    page.press("main [name=password]", "Enter")
    page.wait_for_url("**/me")
    state = context.storage_state()
    context.close()
    return state


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
@pytest.mark.parametrize("login", ["owner", "keeper", "provider"])
def test_a_filled_page_is_readable_for_all(
    browser: Browser, filled: Filled, login: str, scheme: str, width: int
) -> None:
    """Nothing is blocked or wider than the screen, and axe finds no fault on any page of a person."""
    token = filled.depository.token if login == "provider" else ""
    state = None if token else state_of(browser, filled, login)
    addresses = filled.pages[login]
    assert {
        address: faults
        for address in addresses
        if (faults := faults_of(browser, filled.depository.url + address, scheme, width, state, token))
    } == {}
