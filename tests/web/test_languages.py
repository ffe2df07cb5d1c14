"""Pages in the reader's language: wished for by the browser or chosen in the foot, JSON always in English."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from starlette.testclient import TestClient

from oais.web.app import create_app
from tests.web.conftest import LIGHT_CURVE, Rules, stranger_at
from tests.web.filled import Filled
from tests.web.people import enter

FRENCH = {"Accept-Language": "fr-CA, fr;q=0.9, en;q=0.5"}
CLOSED = "  - node: tess/n1\n    policy: closed\n"


def language(client: TestClient, headers: Mapping[str, str], address: str = "/") -> str:
    """The language that a page says it is in."""
    page = client.get(address, headers=dict(headers)).text
    (found,) = re.findall(r'<html lang="(\w+)">', page)
    return str(found)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-BE,fr;q=0.8", "fr"),
        ("de, fr;q=0.3", "fr"),
        ("en, fr;q=0.9", "en"),
        ("fr;q=0, *", "en"),
        ("de", "en"),
        ("*", "en"),
        ("fr;q=x", "en"),
        (",;=,,", "en"),
    ],
)
def test_the_browser_s_wish_is_met(client: TestClient, wish: str, expected: str) -> None:
    """What is liked best of what there is; English where nothing is."""
    assert language(client, {"Accept-Language": wish}) == expected


def test_a_cache_keeps_languages_apart(client: TestClient) -> None:
    """Every answer says that it depends on the wish and on the choice, and a page which language it is in."""
    answer = client.get("/", headers=FRENCH)
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in answer.headers["vary"].split(",")}
    assert answer.headers["content-language"] == "fr"


def test_the_choice_in_the_foot_is_kept(client: TestClient) -> None:
    """It goes before the browser's wish from then on, and the question of the page stays what it was."""
    visitor = TestClient(client.app, base_url="http://localhost")
    page = visitor.get("/search?q=55525572&order=title", headers=FRENCH).text
    (chosen,) = re.findall(r'<a href="(\?[^"]*)" lang="en"', page)
    answer = visitor.get(f"/search{chosen.replace('&amp;', '&')}", headers=FRENCH)
    assert 'value="55525572"' in answer.text
    assert '<input type="hidden" name="order" value="title">' in answer.text
    assert "lang=" not in "".join(re.findall(r"<main.*?</main>", answer.text, re.DOTALL))
    assert answer.headers["cache-control"] == "no-store"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert language(visitor, FRENCH, "/about") == "en"
    assert language(visitor, FRENCH, "/about?lang=fr") == "fr"
    assert language(visitor, {}, "/about") == "fr"


@pytest.mark.parametrize("given", ["de", "", "fr%00", "../../fr", "FR"])
def test_no_other_language_is_chosen(client: TestClient, given: str) -> None:
    """A language we do not have, or nonsense, is not kept; the page comes as it would have."""
    visitor = TestClient(client.app, base_url="http://localhost")
    assert "set-cookie" not in visitor.get(f"/about?lang={given}").headers
    assert language(visitor, {"Cookie": f"oais-language={given}"}, "/about") == "en"


def test_programs_are_answered_in_english(client: TestClient) -> None:
    """JSON, problems and the API do not change with a language."""
    for address in (f"/aip/{LIGHT_CURVE}", "/nowhere", "/api/v1/search?q=55525572"):
        plain, french = (
            client.get(address, headers={"Accept": "application/json", **more}).text for more in ({}, FRENCH)
        )
        assert plain == french


def test_words_numbers_and_days_are_french(client: TestClient) -> None:
    """The page of a package: headings, facts, sizes with comma, French days, thin spaces before signs."""
    page = client.get(f"/aip/{LIGHT_CURVE}", headers=FRENCH).text
    for said in ("Ce qui lui est arrivé", "<dt>Cible</dt>", "calcul d’empreinte", "Dernier audit"):
        assert said in page.replace("Calcul", "calcul")
    assert re.search(r"\d,\d [kM]o\b", page)
    assert re.search(r"\d\d/\d\d/20\d\d \d\d:\d\d:\d\d UTC", page)
    assert not re.search(r"\w [;!?](?!\w)", re.sub(r"<pre.*?</pre>|&\w+;|<[^>]*>", "", page))


def test_a_refusal_says_why_in_french(under_rules: Rules) -> None:
    """The sentence of the decision is translated with what fills it, and so is what helps."""
    page = under_rules(CLOSED).get(f"/aip/{LIGHT_CURVE}", headers=FRENCH).text
    note = re.sub(r"<[^>]+>", "", re.findall(r'<div class="note" role="note">.*?</div>', page, re.DOTALL)[0])
    assert "Les données sont fermées." in note
    assert "Ses données sont fermées selon la politique closed : " in note.replace("\u00a0", " ")
    assert "emandez" in note


def test_what_has_no_translation_is_marked_as_english(client: TestClient) -> None:
    """Whoever has a page read aloud hears each part in its own language."""
    answer = client.get("/search?cone=here", headers=FRENCH)
    assert answer.status_code == 400
    assert "Cela ne peut être demandé." in answer.text
    assert re.search(r'<span lang="en">[^<]*cone', answer.text)


def test_what_narrows_a_search_is_french(client: TestClient) -> None:
    """Its headings, and the kinds in the list and beside the answer; what is sent stays a word of ours."""
    page = client.get("/search?q=tess&lang=fr").text
    for told in ("Type de produit", "Nature des données", ">ingénierie<", 'value="engineering"'):
        assert told in page, told
    assert "Product type" not in page


def test_the_last_day_of_a_delegation_is_french(filled: Filled) -> None:
    """Written as any other day of the page."""
    site = create_app(filled.service.archive, service=filled.service)
    owner = enter(stranger_at(site), "owner").client
    assert re.search(r"jusqu’à la fin du \d\d/\d\d/\d{4}", owner.get("/me?lang=fr").text)


def test_the_rule_of_an_embargo_is_french(filled: Filled) -> None:
    """Not half a sentence of it: periods, visits and which of them counts."""
    client = stranger_at(create_app(filled.service.archive, service=filled.service))
    page = client.get("/aip/V1?lang=fr").text
    assert "12 mois après la fin de sa dernière visite ou 18 mois après la fin de sa première visite" in page
    assert "whichever" not in page


def test_what_is_new_is_marked_as_english(client: TestClient) -> None:
    """The list of changes and the words of the API have no French: a page read aloud must know."""
    for address, told in (("/changes", '<div lang="en">'), ("/api", '<p lang="en">')):
        assert told in client.get(f"{address}?lang=fr").text
