"""Help: pages whose pictures, links and commands are those that there are, in both languages."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from starlette.testclient import TestClient

from proofs.site.tutorial import HEIGHT, LARGEST, LOOKS, WIDTH, file_name
from tests.web.conftest import LIGHT_CURVE
from workshop.reference import command_tree
from workshop.tutorial_pictures import STATIC

STEPS = ("search", "results", "product", "choose", "basket", "order")
HELP = ("/help", "/help/tutorial", "/help/commands", "/changes", "/status", "/api")
FRENCH = {"Accept-Language": "fr"}
_PICTURE = re.compile(r'/static/(help-[\w.-]+)\?[0-9a-f]{12}"')
_HREF = re.compile(r"<main.*?</main>", re.DOTALL)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_step_of_the_tutorial_has_its_picture(client: TestClient, language: str) -> None:
    """In light and dark, in the reader's language, as large as it says, and small to send."""
    page = client.get("/help/tutorial", headers={"Accept-Language": language}).text
    shown = _PICTURE.findall(page)
    assert sorted(shown) == sorted(
        file_name(step, language, scheme) for step in STEPS for scheme in ("light", "dark")
    )
    for name in shown:
        answer = client.get(f"/static/{name}")
        assert answer.headers["content-type"] == "image/webp"
        assert len(answer.content) <= LARGEST
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert (picture.format, picture.size) == ("WEBP", (WIDTH, HEIGHT))
    assert len(re.findall(r'<img [^>]*alt="[^"]{20,}"', page)) == len(STEPS)


def test_no_picture_is_left_over() -> None:
    """Every picture that is shipped is one that the tutorial shows."""
    shipped = {path.name for path in STATIC.glob("help-*")}
    assert shipped == {file_name(step, *look) for step in STEPS for look in LOOKS}


@pytest.mark.parametrize("address", HELP)
def test_every_link_of_the_help_leads_somewhere(client: TestClient, address: str) -> None:
    """To a page of this site that answers, or asks one to log in, and to a place that the page has."""
    page = client.get(address).text
    (main,) = _HREF.findall(page)
    for link in set(re.findall(r'href="([^"]+)"', main)):
        path, _, part = link.partition("#")
        assert not path.startswith("http"), link
        target = client.get(path or address)
        assert target.status_code in {200, 401}, link
        if part and target.status_code == 200:
            assert f'id="{part}"' in target.text, link


def test_every_command_that_is_named_is_there(client: TestClient) -> None:
    """Each command and option of the page of commands is one of the command line's."""
    known = command_tree()
    rows = re.findall(r"<td><code>(oais [^<]+)</code></td>", client.get("/help/commands").text)
    assert len(rows) > 20
    for row in rows:
        words = row.split()
        names = (" ".join(words[:3]), " ".join(words[:2]), f"{' '.join(words[:2])} run")
        command = next((known[name] for name in names if name in known), None)
        assert command is not None, row
        options = {option for one in command.params for option in one.opts}
        assert {word for word in words if word.startswith("--")} <= options, row


def test_help_leads_to_all_of_it(client: TestClient) -> None:
    """Tutorial, questions, words, commands, API, what is new, state and contact are one click away."""
    page = client.get("/help").text
    for address in ("/help/tutorial", "#questions", "#words", "/help/commands", *HELP[3:], "#contact"):
        assert f'<h2><a href="{address}">' in page
    assert page.count("<details") >= 12
    assert "This archive names no address for questions." in page


def test_an_attribute_has_no_markup_in_it(client: TestClient) -> None:
    """A word without a translation is marked as English in text, and never inside an attribute."""
    curve = client.get(f"/aip/{LIGHT_CURVE}", headers=FRENCH).text
    link = next(link for link in re.findall(r'href="([^"]+)"', curve) if link.endswith("_lc.fits"))
    page = client.get(link, headers=FRENCH).text
    assert re.search(r'<div class="frame" tabindex="0" role="region" aria-label="[^"<]+">\s*<svg', page)
    assert not re.search(r'="<span', page)
