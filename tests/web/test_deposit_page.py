"""The provider's pages: a delivery by form, and its receipt with what to do about each finding."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.web.depositing import Answer, Depository, furnish, served, tar_of_bag

PAGE = "/me/deposits"
END = "\r\n--frontier--\r\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Depository]:
    """A served archive where an account may have a megabyte under way."""
    with served(furnish(tmp_path / "home", quota=1 << 20)) as opened:
        yield opened


def browser(site: Depository) -> tuple[str, str]:
    """The cookie of a browser that opened the page, and its form's token."""
    page = site.ask("GET", PAGE, {"Accept": "text/html"})
    assert page.status == 200
    (token,) = set(re.findall(rb'name="csrf" value="([^"]+)"', page.body))
    return page.headers["set-cookie"].partition(";")[0], token.decode()


def part(name: str, value: str = "", filename: str | None = None) -> str:
    named = "" if filename is None else f'; filename="{filename}"\r\nContent-Type: application/x-tar'
    return f'--frontier\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n{value}'


def send(site: Depository, cookie: str, body: bytes) -> Answer:
    kind = "multipart/form-data; boundary=frontier"
    return site.ask("POST", PAGE, {"Content-Type": kind, "Cookie": cookie, "Accept": "text/html"}, body)


def form(token: str, data: bytes, filename: str = "one.tar") -> bytes:
    return f"{part('csrf', token)}\r\n{part('delivery', filename=filename)}".encode() + data + END.encode()


@pytest.mark.parametrize("sound", [True, False], ids=["sound", "unsound"])
def test_a_delivery_by_form(site: Depository, tmp_path: Path, sound: bool) -> None:
    """Without a script: chosen, sent, waiting, and then its receipt, findings with remedies line by line."""
    cookie, token = browser(site)
    sent = send(site, cookie, form(token, tar_of_bag(tmp_path, size=300_000, sound=sound)))
    assert sent.status == 303, sent.body
    address = sent.headers["location"]
    assert b"waits to be checked" in site.ask("GET", address).body
    assert site.ingest() == 1
    page = site.ask("GET", address).body.decode()
    told = site.ask("GET", address, {"Accept": "application/json"}).json()
    assert told["receipt"]["receipt_id"] in page
    if sound:
        assert "It is in the archive." in page
        assert 'href="/aip/deposit.one/v1"' in page
    else:
        assert "It was refused." in page
        remedies = [found["remedy"] for found in told["receipt"]["findings"] if found["remedy"]]
        assert remedies
        assert page.count("What to do: ") == len(remedies)
    assert "one.tar" in site.ask("GET", PAGE).body.decode()


def test_a_delivery_of_somebody_else_is_not_shown(site: Depository, tmp_path: Path) -> None:
    """Another provider's page answers as one that does not exist, and his list is empty."""
    cookie, token = browser(site)
    address = send(site, cookie, form(token, tar_of_bag(tmp_path))).headers["location"]
    other = {"Authorization": f"Bearer {site.stranger}", "Accept": "application/json"}
    unknown = site.ask("GET", f"{PAGE}/{'0' * 32}", other)
    found = site.ask("GET", address, other)
    assert (found.status, found.body) == (404, unknown.body)
    assert b"one.tar" not in site.ask("GET", PAGE, other).body
    assert site.ask("GET", PAGE, {"Authorization": "", "Accept": "text/html"}).status == 401


WRONG_FORMS: dict[str, tuple[int, Callable[[str], str]]] = {
    "no token": (400, lambda token: f"{part('delivery', filename='one.tar')}data{END}"),
    "wrong token": (403, lambda token: form("0" * 64, b"data").decode()),
    "no file": (400, lambda token: f"{part('csrf', token)}{END}"),
    "none chosen": (400, lambda token: form(token, b"", "").decode()),
    "empty file": (400, lambda token: form(token, b"").decode()),
    "name": (400, lambda token: form(token, b"data", "../../etc/passwd").decode()),
    "two files": (
        400,
        lambda token: f"{part('csrf', token)}\r\n{part('a', 'x', 'a.tar')}\r\n{part('b', 'y', 'b.tar')}{END}",
    ),
    "more fields": (
        400,
        lambda token: f"{part('csrf', token)}\r\n{part('role', 'x')}\r\n{part('a', 'x', 'a.tar')}{END}",
    ),
    "field after": (
        400,
        lambda token: f"{part('csrf', token)}\r\n{part('a', 'x', 'a.tar')}\r\n{part('role', 'x')}{END}",
    ),
    "cut": (400, lambda token: form(token, b"data").decode()[:-4]),
    "no form": (400, lambda token: "hello"),
    "large field": (400, lambda token: f"{part('csrf', 'x' * 200_000)}{END}"),
    "too large": (413, lambda token: form(token, b"x" * (1 << 20) + b"y").decode()),
}


@pytest.mark.parametrize("case", WRONG_FORMS)
def test_a_wrong_form_leaves_nothing(site: Depository, case: str) -> None:
    """Nothing of it stays, and the answer is a page that says what to do."""
    status, body = WRONG_FORMS[case]
    cookie, token = browser(site)
    answer = send(site, cookie, body(token).encode())
    assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert list(site.service.archive.uploads.iterdir()) == []


def test_another_sites_form_is_refused(site: Depository) -> None:
    """A page elsewhere cannot deliver in a provider's name, nor a form of another type."""
    cookie, token = browser(site)
    kind = "multipart/form-data; boundary=frontier"
    headers = {"Content-Type": kind, "Cookie": cookie, "Origin": "https://evil.example"}
    assert site.ask("POST", PAGE, headers, form(token, b"data")).status == 403
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    assert site.ask("POST", PAGE, headers, f"csrf={token}".encode()).status == 415
