"""Drawings saved as they are shown: as SVG and as PNG, with title and legend, whatever fonts there are."""

from __future__ import annotations

import sys
from dataclasses import replace
from io import BytesIO
from urllib.parse import urljoin

import numpy as np
import pytest
from lxml import etree, html
from PIL import Image
from starlette.testclient import TestClient

from oais.archive import Archive
from oais.errors import StorageError
from oais.information.representation import picturing
from oais.information.representation.picturing import LONGEST_SIDE, MOST_PIXELS, png_of
from oais.web import saving
from oais.web.app import create_app
from oais.web.plots import svg, words
from oais.web.saving import standing_alone
from tests.web.conftest import CURVE_PATH, LIGHT_CURVE, PIXELS
from tests.web.test_pages import pick

AIP = f"/aip/{LIGHT_CURVE}/v1"
PLOT = f"{AIP}/plots/{CURVE_PATH}"
PAGES = {
    "sky": "/sky",
    "volume": "/volume",
    "data set": "/tree/tess/n1/light-curves/sector-5",
    "inventory": "/tree/tess/n1/inventory?product=light+curve",
    "provenance": f"{AIP}/provenance",
    "look": f"{AIP}/look/{CURVE_PATH}?plot=series&y=SAP_FLUX&start=2018-11-15&end=2018-11-16",
    "product": f"{AIP}/products/{CURVE_PATH}",
}


PICTURES = ("?picture=png", "?picture=svg", "")


def shown(data: bytes) -> np.ndarray:
    """The pixels of a PNG as red, green and blue."""
    with Image.open(BytesIO(data)) as image:
        assert image.format == "PNG"
        assert image.width * image.height <= MOST_PIXELS
        return np.asarray(image.convert("RGB")).astype(int)


@pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))
def test_each_drawing_leads_to_its_pictures(client: TestClient, page: str) -> None:
    """Without scripts: two links below it, to the same drawing in both forms, on white, with its words."""
    found = html.document_fromstring(client.get(page).content)
    links = ["//figure//a[text()='As SVG']/@href", "//figure//a[text()='As PNG']/@href"]
    as_svg, as_png = (urljoin(page, *set(pick(found, link))) for link in links)
    drawing, picture = client.get(as_svg), client.get(as_png)
    assert drawing.headers["content-type"].startswith("image/svg+xml"), drawing.text
    assert etree.fromstring(drawing.content).tag == "{http://www.w3.org/2000/svg}svg"
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert picture.headers["cache-control"] == drawing.headers["cache-control"]
    assert picture.headers["content-disposition"].endswith('.png"')
    pixels = shown(picture.content)
    assert pixels.shape[1] == 1968
    assert (pixels[0, 0] == 255).all()
    title = pixels[20:60, 20:400]
    assert (title.max(axis=2) < 120).sum() > 50, "the title is written above the drawing"


def test_the_view_is_saved_as_it_is(client: TestClient) -> None:
    """Another interval, another column: another picture; the same again: the same bytes."""
    asked = ["", "&y=SAP_FLUX", "&y=SAP_FLUX&start=2018-11-15T12:00:00&end=2018-11-15T14:00:00", "&period=3"]
    pictures = [client.get(f"{PLOT}?plot=series&picture=png{query}").content for query in asked]
    assert len(set(pictures)) == len(pictures)
    assert client.get(f"{PLOT}?plot=series&picture=png").content == pictures[0]


def test_an_image_is_saved_with_what_stands_around_it(client: TestClient) -> None:
    """Its pixels stand in the picture, which has axes, title and a colour bar; alone it is as before."""
    told = client.get(f"/aip/{PIXELS}", headers={"Accept": "application/json"}).json()
    path = next(product["path"] for product in told["products"] if product["path"].endswith(".fits"))
    found = html.document_fromstring(client.get(f"/aip/{PIXELS}/v1/look/{path}?plot=image").content)
    (alone,) = pick(found, "//figcaption/a[text()='Image alone']/@href")
    (whole,) = pick(found, "//figcaption//a[text()='As PNG']/@href")
    raw, picture = shown(client.get(alone).content), shown(client.get(whole).content)
    assert picture.shape[1] == 1968
    assert raw.shape != picture.shape
    dark = raw.reshape(-1, 3)[raw.reshape(-1, 3).sum(axis=1).argmin()]
    assert (np.abs(picture - dark).sum(axis=2) < 12).sum() > 500, "the image itself is in it"
    vector = client.get(f"{whole.replace('picture=png', 'picture=svg')}")
    assert b'href="data:image/png;base64,' in vector.content


def test_another_word_is_refused(client: TestClient) -> None:
    """A picture is svg or png; where nothing is drawn there is none."""
    for address in ("/sky", "/volume", PLOT, f"{AIP}/provenance", "/tree/tess/n1/inventory", "/tree/tess"):
        wrong = client.get(f"{address}?picture=gif", headers={"Accept": "application/json"})
        assert wrong.status_code == 400, address
        assert "picture is 'gif'; expected svg or png" in wrong.json()["detail"]
    assert client.get("/tree/tess?picture=png").status_code == 404
    assert client.get("/aip/none/v1/provenance?picture=png").status_code == 404


def test_only_so_many_pictures_are_made_at_a_time(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one too many is told so, pages and SVG go on."""
    one = replace(archive, settings=replace(archive.settings, packages_at_once_each=1))
    client = TestClient(create_app(one), base_url="http://localhost")
    asked: list[int] = []

    def meanwhile(_drawing: str) -> bytes:
        if not asked:
            asked.append(0)
            asked.extend(client.get(f"/volume{query}").status_code for query in PICTURES)
        return b"made"

    monkeypatch.setattr(saving, "png_of", meanwhile)
    assert client.get("/volume?picture=png").content == b"made"
    assert asked == [0, 429, 200, 200]
    assert client.get("/sky?picture=png").content == b"made"


def test_the_largest_drawing_stays_within_bounds() -> None:
    """As tall as may be: fewer pixels, never more than a picture may have."""
    for tall in (120, 9_000, 400_000):
        drawing = standing_alone(svg("Tall", "told", words("ink", 'x="20" y="50"', "here"), tall))
        with Image.open(BytesIO(png_of(drawing))) as image:
            assert image.width * image.height <= MOST_PIXELS
            assert max(image.size) <= LONGEST_SIDE


def test_names_are_words_and_nothing_else() -> None:
    """Markup, controls and halves of characters in a name neither break a picture nor reach further."""
    names = ("<image href='/etc/hostname'/>", "a&b", "\x01\x0b\ud800", "µ − é", "x" * 500)
    drawing = standing_alone(svg("<b>\x02 & \udfff", "told", ""), names)
    assert not list(etree.fromstring(drawing.encode()).iter("{*}image", "{*}b"))
    pixels = shown(png_of(drawing))
    assert (pixels.max(axis=2) < 120).sum() > 500


def test_words_need_no_font_of_the_machine() -> None:
    """Each letter that drawings use is drawn by the font that came along, and none by a box for all."""
    letters = "Aé−°µÅ²×≤Ω…"
    drawn = [png_of(svg("t", "t", words("ink", 'x="20" y="50" font-size="40"', one), 90)) for one in letters]
    empty = png_of(svg("t", "t", "", 90))
    assert len({*drawn, empty}) == len(letters) + 1


def test_a_drawing_that_cannot_be_drawn_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken, or too large: a clear word and the way out; the next one is drawn all the same."""
    for broken in ("", "<svg", "<p>no drawing</p>", "\ud800"):
        with pytest.raises(StorageError, match="cannot be made a PNG: ") as fault:
            png_of(broken)
        assert fault.value.remedy == "take it as SVG"
    assert shown(png_of(svg("Whole", "told", ""))).shape[1] == 1920
    monkeypatch.setattr(picturing, "_LARGEST", 10)
    with pytest.raises(StorageError, match="too large to be made a PNG"):
        png_of(svg("Whole", "told", ""))


def test_a_png_is_made_by_another_process() -> None:
    """What draws it holds up all threads of its process for as long: it is never loaded into this one."""
    assert shown(png_of(svg("Elsewhere", "told", ""))).shape[1] == 1920
    assert "resvg_py" not in sys.modules
