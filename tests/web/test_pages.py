"""Every page: sound HTML without scripts or strangers' addresses, a JSON twin, the right headers."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from lxml import html
from starlette.testclient import TestClient

import oais.web
from oais.archive import Archive
from oais.functions.access.question import Question
from oais.information.software import software_version
from oais.web.app import DOORS, create_app
from oais.web.doors import SAFE_METHODS, undeclared
from oais.web.questions import question_of
from tests.web.conftest import (
    CURVE_PATH,
    HOUSEKEEPING,
    LIGHT_CURVE,
    OLD_KEY,
    PIXELS,
)

PAGES = (
    "/",
    "/tree",
    "/tree/tess",
    "/tree/tess/n1",
    "/tree/tess/n1/light-curves/sector-5",
    "/tree/corot/n0",
    "/search",
    "/search?q=light+curve&level=N1",
    "/search?target=TIC+55525572&cone=72.69,-60.9,1&time=2018-11-01/2018-12-31&order=-size",
    "/search/adql",
    "/search/adql?query=SELECT+*+FROM+ivoa.obscore",
    f"/aip/{LIGHT_CURVE}",
    f"/aip/{LIGHT_CURVE}/v1",
    f"/aip/{LIGHT_CURVE}@v2",
    f"/aip/{PIXELS}",
    f"/aip/{LIGHT_CURVE}/v2/products/{CURVE_PATH}",
    f"/aip/{LIGHT_CURVE}/v2/products/{CURVE_PATH}?keyword=TESSMAG",
    "/about",
    "/keys",
)
JSON = {"Accept": "application/json"}


def pick(page: html.HtmlElement, path: str) -> list[Any]:
    """What an XPath expression finds in a page."""
    found = page.xpath(path)
    assert isinstance(found, list)
    return found


def plain(client: TestClient, address: str) -> Any:
    """The JSON twin of a page."""
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("address", PAGES)
def test_page_is_sound_html(client: TestClient, address: str) -> None:
    """A page parses, has one heading and a language, and no inline script, style or foreign address."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = html.document_fromstring(answer.content)
    assert page.get("lang") == "en"
    assert len(pick(page, "//h1")) == 1
    assert pick(page, "//script[text()] | //style | //*[@style] | //@*[starts-with(name(), 'on')]") == []
    foreign = [link for link in pick(page, "//@href | //@src | //@action") if not re.match(r"[/#?]", link)]
    assert [link for link in foreign if link.startswith("//") or ":" in link] == []
    assert pick(page, "//a[@class='skip'][@href='#content']")
    assert pick(page, "//main[@id='content']")
    identifiers = pick(page, "//@id")
    assert len(identifiers) == len(set(identifiers))
    unlabelled = [
        field.get("name")
        for field in pick(page, "//input[not(@type='hidden')] | //select")
        if not pick(field, "ancestor::label") and not pick(page, f"//label[@for='{field.get('id')}']")
    ]
    assert unlabelled == []


@pytest.mark.parametrize("address", PAGES)
def test_links_of_a_page_lead_somewhere(client: TestClient, address: str) -> None:
    """No link of ours is dead."""
    page = html.document_fromstring(client.get(address).content)
    links = {
        link.partition("#")[0] for link in pick(page, "//a/@href | //img/@src | //link/@href | //script/@src")
    }
    # One of its own: a link in the foot has the browser keep another language.
    visitor = TestClient(client.app, base_url="http://localhost")
    for link in sorted(links - {""}):
        assert visitor.head(urljoin(address, link)).status_code == 200, link


@pytest.mark.parametrize("address", PAGES)
def test_page_has_a_json_twin(client: TestClient, address: str) -> None:
    """The same address answers with JSON when that is asked for, and says that it depends on Accept."""
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    json.loads(answer.content, parse_constant=pytest.fail)
    assert "Accept" in answer.headers["vary"]


@pytest.mark.parametrize("address", [*PAGES, "/nowhere", "/static/site.css"])
def test_headers_stand_on_every_answer(client: TestClient, address: str) -> None:
    """The strict policy and its companions are sent with pages, files of the look and errors alike."""
    headers = client.get(address).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert {"Cookie", "Authorization"} <= {name.strip() for name in headers["vary"].split(",")}


def test_files_of_others_are_unchanged(client: TestClient) -> None:
    """Each vendored file has the digest that vendor.toml names, a licence, and is served as it is."""
    folder = Path(oais.web.__file__).parent / "static"
    vendored = tomllib.loads((folder / "vendor.toml").read_text("utf-8"))
    ours = {"sky.js", "upload.js"}
    assert {row["file"] for row in vendored.values()} == {path.name for path in folder.glob("*.js")} - ours
    for row in vendored.values():
        assert (folder / row["licence_file"]).is_file()
        served = client.get(f"/static/{row['file']}")
        assert hashlib.sha256(served.content).hexdigest() == row["sha256"]
        assert served.headers["content-type"].startswith("text/javascript")


def test_the_look_is_light(client: TestClient) -> None:
    """The style sheet keeps to twelve kilobytes."""
    assert len(client.get("/static/site.css").content) <= 12 << 10


def test_every_route_declares_what_it_asks(archive: Archive) -> None:
    """The census of routes: each is a door that says what it asks, and no door lacks its route."""
    app = create_app(archive)
    assert undeclared(app.routes) == []
    assert [getattr(route, "door", None) for route in app.routes] == list(DOORS)
    app.add_api_route("/undeclared", lambda: None)
    assert undeclared(app.routes) == ["/undeclared"]


def test_no_address_is_declared_twice() -> None:
    """A path has one door for each method, and one that changes things is no door for reading."""
    declared = [(door.path, method) for door in DOORS for method in door.answers_to]
    assert len(declared) == len(set(declared))
    assert not [door.path for door in DOORS if SAFE_METHODS & set(door.methods) and len(door.methods) > 1]


def test_holdings_add_up(client: TestClient) -> None:
    """The home page counts what was taken in."""
    view = plain(client, "/")
    assert view["name"] == "Test <archive> & co"
    assert view["aips"] == 3
    assert {share["name"]: share["aips"] for share in view["levels"]} == {"HK": 1, "N0": 1, "N1": 1}
    assert {card["aip_id"] for card in view["newest"]} == {LIGHT_CURVE, PIXELS, HOUSEKEEPING}
    (mission,) = [branch for branch in view["missions"] if branch["aips"]]
    assert (mission["path"], mission["size"]) == ("tess", view["size"])


def test_markup_in_a_name_is_text(client: TestClient) -> None:
    """The archive's name, which holds markup, is escaped wherever it stands."""
    assert "<archive>" not in client.get("/").text
    assert "Test &lt;archive&gt; &amp; co" in client.get("/").text


def test_empty_branches_are_shown(client: TestClient) -> None:
    """A branch without data stands in the tree, and its page says that it is empty."""
    assert "/tree/corot/n0" in client.get("/tree/corot").text
    view = plain(client, "/tree/corot/n0")
    assert view["node"]["aips"] == 0
    assert view["node"]["branches"] != []


def test_aip_page_tells_everything(client: TestClient) -> None:
    """Products with digests, events, versions, documents, software and citation are told."""
    view = plain(client, f"/aip/{LIGHT_CURVE}")
    assert (view["version"], view["newest"]) == (2, 2)
    assert [version["number"] for version in view["versions"]] == [2, 1]
    assert any(product["path"] == CURVE_PATH and product["digests"]["sha256"] for product in view["products"])
    assert {"transfer", "fixity check", "ingestion end"} <= {event["kind"] for event in view["events"]}
    assert all(event["agents"] for event in view["events"])
    assert any(file["name"] == "product-description.md" for file in view["documents"])
    assert view["software"][0]["swhid"].startswith("swh:1:dir:")
    assert view["citation"]["bibtex"].startswith("@misc{")
    assert f"/aip/{LIGHT_CURVE}/v2" in view["citation"]["text"]
    old = client.get(f"/aip/{LIGHT_CURVE}/v1").text
    assert f'href="/aip/{LIGHT_CURVE}/v2"' in old
    bibtex = client.get(f"/aip/{LIGHT_CURVE}/v1/citation.bib")
    assert bibtex.text.count("{") == bibtex.text.count("}")


def test_product_page_shows_header_table_and_curve(client: TestClient) -> None:
    """The header can be filtered, the table's head is there, the curve is drawn inside the page."""
    address = f"/aip/{LIGHT_CURVE}/v2/products/{CURVE_PATH}"
    view = plain(client, address)
    assert view["plot"] == "light curve"
    assert view["table"]["total"] == 1000
    assert "SAP_FLUX" in view["table"]["columns"]
    keywords = {card["keyword"]: card["value"] for card in view["headers"][0]["cards"]}
    assert keywords["OBJECT"] == "TIC 55525572"
    page = html.document_fromstring(client.get(f"{address}?keyword=tessmag").content)
    assert pick(page, "//table[contains(@class, 'cardsheet')]//th[@scope='row']/text()") == ["TESSMAG"]
    assert pick(page, "//*[local-name()='svg'][contains(@class, 'plot')]")
    drawing = client.get(f"/aip/{LIGHT_CURVE}/v2/plots/{CURVE_PATH}")
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in drawing.headers["content-security-policy"]


def test_search_narrows_by_facets_and_pages(client: TestClient) -> None:
    """Each facet's count is what choosing it finds, and the pages together are the whole."""
    whole = plain(client, "/search?q=55525572&show=packages")
    assert whole["page"]["total"] == 3
    levels = next(facet for facet in whole["facets"] if facet["name"] == "level")
    for value in levels["values"]:
        narrowed = plain(client, f"/search?q=55525572&show=packages&level={value['value']}")
        assert narrowed["page"]["total"] == value["count"]
    assert "Showing 1 to 3 of 3" in client.get("/search?q=55525572&show=packages").text
    assert plain(client, "/search?q=55525572&page=2")["hits"] == []


def test_a_page_past_the_end_says_so(client: TestClient) -> None:
    """Beyond the last page no rows are claimed, and the way back is one step."""
    answer = client.get("/search?q=55525572&page=999").text
    assert "Page 999 of 1: nothing there" in answer
    assert "Showing" not in answer
    assert "Nothing was found" not in answer
    page = html.document_fromstring(answer)
    assert pick(page, "//a[@rel='prev']/@href") == ["/search?q=55525572"]
    told = plain(client, "/search?q=55525572&page=999")["page"]
    assert (told["first"], told["last"], told["total"]) == (0, 0, 1)
    place = "/tree/tess/n1/light-curves/sector-5"
    assert "Page 7 of 1: nothing there" in client.get(f"{place}?page=7").text


def test_products_are_counted_the_same_everywhere(client: TestClient) -> None:
    """Documents and software are no products, on the page of a package, in a list, and in all."""
    shown = plain(client, f"/aip/{LIGHT_CURVE}")
    kinds = [product["kind"] for product in shown["products"]]
    assert {"science", "document", "software"} <= set(kinds)
    data = sum(kind not in {"document", "software"} for kind in kinds)
    (found,) = plain(client, f"/search?ids={LIGHT_CURVE}")["hits"]
    assert shown["card"]["products"] == found["products"] == data == 1
    view = plain(client, "/")
    assert view["products"] == sum(card["products"] for card in view["newest"])
    assert "calib_level" not in found
    assert shown["calib_level"] == 2


def test_place_and_time_stand_among_the_first_facts(client: TestClient) -> None:
    """The page of a light curve says where and when it was observed, by its own header."""
    facts = plain(client, f"/aip/{LIGHT_CURVE}")["facts"]
    assert list(facts)[:5] == ["Mission", "Target", "Position", "Begins", "Ends"]
    (header,) = [
        unit["cards"]
        for unit in plain(client, f"/aip/{LIGHT_CURVE}/v2/products/{CURVE_PATH}")["headers"]
        if unit["index"] == 0
    ]
    values = {card["keyword"]: card["value"] for card in header}
    assert f"RA {float(values['RA_OBJ']):.6f}°" in facts["Position"]
    assert facts["Begins"].startswith(values["DATE-OBS"][:16])
    assert facts["Ends"].startswith(values["DATE-END"][:16])


def test_provenance_says_nothing_twice(client: TestClient) -> None:
    """No row of what made the data repeats its name as its value."""
    links = plain(client, f"/aip/{LIGHT_CURVE}")["provenance"]
    assert links
    assert [link for link in links if link["name"] == link["value"]] == []


def test_keys_are_shown_and_handed_out(client: TestClient, archive: Archive) -> None:
    """Every trusted key stands on its page and is handed out as it lies in the archive; no other is."""
    trusted = {archive.signer.key_id: archive.signer.public_pem, OLD_KEY.key_id: OLD_KEY.public_pem}
    told = plain(client, "/keys")["keys"]
    assert {key["key_id"]: key["pem"].encode() for key in told} == trusted
    for key in told:
        assert client.get(key["address"]).content == trusted[key["key_id"]]
    assert client.get("/keys/0123456789abcdef.pem").status_code == 404
    assert client.get("/keys/..%2farchive.key.pem").status_code == 404
    assert 'href="/keys"' in client.get("/about").text


def test_search_asks_each_part_of_a_question(client: TestClient) -> None:
    """Every part that ``Question`` knows can be asked by an address, the words as ``q``.

    But for what a profile, a list of targets or the name of one stands for: that is asked by these.
    """
    untyped = ("among", "targets", "named")
    for part in (part for part in fields(Question) if part.name not in untyped):
        name = {"words": "q"}.get(part.name, part.name)
        typed = "50" if isinstance(part.default, int) else "2019/2020"
        meant = {int: 50, str: typed, tuple: (typed,)}[type(part.default)]
        assert question_of({name: f" {typed} "}) == Question(**{part.name: meant})  # type: ignore[arg-type]
    assert question_of({"nonsense": "x", "words": "x"} | dict.fromkeys(untyped, "x")) == Question()


def test_what_is_new_is_told_by_the_site(client: TestClient) -> None:
    """The versions of software and API, and each sentence of the changelog, by release (EH-24)."""
    told = plain(client, "/changes")
    changelog = (Path(oais.web.__file__).parents[2] / "CHANGELOG.md").read_text("utf-8")
    assert told["software"] == software_version()
    assert told["api"] == plain(client, "/api/v1/openapi.json")["info"]["version"]
    assert [f"## {one['name']}" for one in told["releases"]] == re.findall("^## .*", changelog, re.MULTILINE)
    sentences = [item for one in told["releases"] for _, items in one["changes"] for item in items]
    assert [f"- {item}" for item in sentences] == re.findall("^- .*", changelog, re.MULTILINE)
    shown = "".join(map(str, html.fromstring(client.get("/changes").text).itertext()))
    assert all(item.replace("`", "") in shown for item in sentences)
    assert 'href="/changes"' in client.get("/about").text
