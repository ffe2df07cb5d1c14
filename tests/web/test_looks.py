"""A closer look at a product through the site: drawings, their numbers, and tables row by row."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time
from lxml import etree, html
from PIL import Image
from starlette.testclient import TestClient

from oais.functions.access import packages
from tests.web.conftest import CURVE_FILE, CURVE_PATH, LIGHT_CURVE, PIXELS
from tests.web.test_pages import pick

LOOK = f"/aip/{LIGHT_CURVE}/v1/look/{CURVE_PATH}"
PLOT = f"/aip/{LIGHT_CURVE}/v1/plots/{CURVE_PATH}"
ROWS = f"/aip/{LIGHT_CURVE}/v1/rows/{CURVE_PATH}"
JSON = {"Accept": "application/json"}
SVG = "{http://www.w3.org/2000/svg}"
DOT = re.compile(r"M([\d.]+) ([\d.]+)h0")


def plain(client: TestClient, address: str) -> Any:
    """The JSON twin of a page that is there."""
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 200, answer.text
    return answer.json()


def theirs(*names: str) -> list[np.ndarray]:
    """Columns of the demo's light curve by astropy."""
    with CURVE_FILE.open("rb") as stream, fits.open(stream) as hdus:
        return [np.asarray(hdus[1].data[name]).astype(np.float64) for name in names]


def dots(drawing: bytes, name: str) -> np.ndarray:
    """The points of a class in a drawing, as they lie on the paper."""
    paths = [
        path.get("d") for path in etree.fromstring(drawing).iter(f"{SVG}path") if path.get("class") == name
    ]
    return np.array([[float(x), float(y)] for path in paths for x, y in DOT.findall(str(path))])


def test_drawing_shows_each_good_point_where_it_is(client: TestClient) -> None:
    """The dots are those of astropy's rows of the interval, straightly mapped: later right, brighter up."""
    query = "?plot=series&y=SAP_FLUX&start=2018-11-15T12:00:00&end=2018-11-15T20:00:00"
    drawing = client.get(PLOT + query)
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    times, flux, quality = theirs("TIME", "SAP_FLUX", "QUALITY")
    days = Time(np.nan_to_num(times) + 2_457_000, format="jd", scale="tdb").utc.mjd
    ends = Time(["2018-11-15T12:00:00", "2018-11-15T20:00:00"], scale="utc").mjd
    good = (days >= ends[0]) & (days < ends[1]) & np.isfinite(times) & np.isfinite(flux) & (quality == 0)
    shown = dots(drawing.content, "curve")
    assert len(shown) == good.sum() > 200
    for number, values in ((0, days[good]), (1, flux[good])):
        slope, offset = np.polyfit(values - values[0], shown[:, number], 1)
        assert np.abs((values - values[0]) * slope + offset - shown[:, number]).max() < 0.15
        assert (slope > 0) == (number == 0)


def test_flagged_points_are_marked_when_they_are_wanted(client: TestClient) -> None:
    """They are left out by default; the caption says either."""
    _, flux, quality = theirs("TIME", "SAP_FLUX", "QUALITY")
    flagged = int((np.isfinite(flux) & (quality != 0) & np.isfinite(theirs("TIME")[0])).sum())
    assert flagged > 0
    assert len(dots(client.get(f"{PLOT}?y=SAP_FLUX").content, "flagged")) == 0
    assert len(dots(client.get(f"{PLOT}?y=SAP_FLUX&flagged=1").content, "flagged")) == flagged
    page = client.get(f"{LOOK}?y=SAP_FLUX&flagged=1").text
    assert f"{flagged} with a quality flag marked" in page


def test_words_of_a_drawing_are_in_the_reader_s_language(client: TestClient) -> None:
    """French under the drawing, in its description and at its axes, on the page and in the drawing itself."""
    french = {"Accept-Language": "fr"}
    (flux,) = theirs("SAP_FLUX")
    for query, said in {
        "?y=SAP_FLUX": ("points valables", "écartés par leur indicateur de qualité", "UTC, d’après TIME"),
        "?period=0.5": ("phase de TIME, période 0.5, époque 0",),
        "?plot=histogram&x=SAP_FLUX": (f"{np.isfinite(flux).sum()} valeurs de SAP_FLUX", ">nombre<"),
        "?plot=map&x=TIME&y=SAP_FLUX": ("événements par case", "sans position"),
    }.items():
        drawing = client.get(PLOT + query, headers=french)
        assert drawing.headers["content-language"] == "fr"
        assert "Accept-Language" in drawing.headers["vary"]
        for text in (drawing.text, client.get(LOOK + query, headers=french).text):
            assert all(word in text for word in said), text[-4_000:]
            assert not re.search(r"good point|events? in|without a|with a quality", text)
    assert "good points" in client.get(PLOT).text


def test_columns_stand_one_above_the_other(client: TestClient) -> None:
    """Each has a panel with its name and unit, all over the same time; the table gives their numbers."""
    address = f"{LOOK}?y=SAP_FLUX&y2=SAP_BKG&y3=POS_CORR1"
    view = plain(client, address)
    assert [track["name"] for track in view["drawn"]["tracks"]] == ["SAP_FLUX", "SAP_BKG", "POS_CORR1"]
    page = html.document_fromstring(client.get(address).content)
    panels = pick(page, "//*[local-name()='text'][@class='panel']/text()")
    assert panels == ["SAP_FLUX (e-/s)", "SAP_BKG (e-/s)", "POS_CORR1 (pixels)"]
    cells = pick(page, "//table[caption]//tbody/tr[1]/td/text()")
    _, flux, quality = theirs("TIME", "SAP_FLUX", "QUALITY")
    good = flux[np.isfinite(flux) & (quality == 0)]
    assert cells[-1] == f"{good.max():.9g}"
    assert pick(page, "//select[@name='y4']")


def test_spans_lead_from_one_to_the_next(client: TestClient) -> None:
    """The first span with rows is shown unasked; each is listed with its rows, and all rows are in one."""
    view = plain(client, f"{LOOK}?span=6h")
    assert view["wish"]["start"] == "2018-11-15T06:00:00Z"
    assert view["wish"]["end"] == "2018-11-15T12:00:00Z"
    (times,) = theirs("TIME")
    assert sum(piece["rows"] for piece in view["spans"]["spans"]) == np.isfinite(times).sum()
    second = view["spans"]["spans"][1]
    later = plain(client, f"{LOOK}?span=6h&start={second['start']}")
    assert later["drawn"]["within"] == second["rows"]
    assert plain(client, f"{LOOK}?span=24h")["spans"]["missing"] == []


def test_steps_lead_to_drawings(client: TestClient) -> None:
    """Closer, wider, earlier, later and whole are addresses that answer, and closer shows less."""
    page = html.document_fromstring(client.get(LOOK).content)
    links = pick(page, "//ul[@class='steps']//a")
    steps = {link.text: link.get("href") for link in links}
    assert list(steps) == ["Earlier", "Closer", "Wider", "Later", "Whole", "1h", "6h", "24h"]
    good = {name: plain(client, LOOK + query)["drawn"]["tracks"][0]["good"] for name, query in steps.items()}
    assert 0 < good["Closer"] < good["Wider"] == good["Whole"]
    assert good["Earlier"] <= 1 >= good["Later"]  # the ends are written to the millisecond


def test_folding_and_counting_are_told_in_words(client: TestClient) -> None:
    """The drawing's description says what it shows, for who does not see it."""
    told = etree.fromstring(client.get(f"{PLOT}?period=0.5&epoch=1437").content)
    assert "phase of TIME, period 0.5, epoch 1437" in str(told.get("aria-label"))
    counted = plain(client, f"{LOOK}?plot=histogram&x=SAP_FLUX&bins=16")["drawn"]
    (flux,) = theirs("SAP_FLUX")
    finite = flux[np.isfinite(flux)]
    assert counted["counts"] == np.histogram(finite, bins=np.array(counted["edges"]))[0].tolist()


def test_image_can_be_stretched(client: TestClient) -> None:
    """The same pixels in another stretch are another picture, in the page its grid and colour bar."""
    products = plain(client, f"/aip/{PIXELS}")["products"]
    path = next(product["path"] for product in products if product["path"].endswith(".fits"))
    base = f"/aip/{PIXELS}/v1"
    pictures = [
        client.get(f"{base}/plots/{path}?plot=image&stretch={name}") for name in ("linear", "log", "asinh")
    ]
    assert {picture.headers["content-type"] for picture in pictures} == {"image/png"}
    assert len({picture.content for picture in pictures}) == 3
    assert Image.open(BytesIO(pictures[0].content)).size[0] >= 400
    page = html.document_fromstring(client.get(f"{base}/look/{path}?plot=image&stretch=log").content)
    (shown,) = pick(page, "//*[local-name()='image']/@href")
    assert client.get(shown).content == pictures[1].content
    assert any("log scale" in text for text in pick(page, "//*[local-name()='text']/text()"))


def test_rows_come_by_the_hundred(client: TestClient) -> None:
    """The second page begins with row 101; past the end it says so."""
    view = plain(client, f"{ROWS}?page=2")
    cadence = view["table"]["columns"].index("CADENCENO")
    (numbers,) = theirs("CADENCENO")
    assert [int(row[cadence]) for row in view["table"]["rows"]] == numbers[100:200].astype(int).tolist()
    assert (view["page"]["first"], view["page"]["last"], view["page"]["total"]) == (101, 200, 1000)
    assert "Page 999 of 10: nothing there" in client.get(f"{ROWS}?page=999").text
    page = client.get(ROWS).text
    assert "page=2" in page
    assert len(page) < 150_000


REFUSED = {
    "?plot=pie": (400, "pie"),
    "?stretch=cubic": (400, "cubic"),
    "?unit=one": (400, "one"),
    "?unit=99": (404, "HDU 99"),
    "?unit=2&plot=series": (404, "series"),
    "?y=NOSUCH": (404, "NOSUCH"),
    "?y=%3Cscript%3E": (404, "script"),
    "?period=0": (400, "greater than 0"),
    "?period=-1": (400, "greater than 0"),
    "?period=nan": (400, "nan"),
    "?period=week": (400, "week"),
    "?epoch=inf": (400, "inf"),
    "?start=yesterday": (400, "yesterday"),
    "?start=2018-11-20&end=2018-11-19": (400, "2018-11-19"),
    "?start=1440&end=2018-11-19": (400, "mixes"),
    "?start=3&end=2": (400, "before"),
    "?span=2h": (400, "2h"),
    "?span=24h&start=9999-12-31": (400, "9999-12-31T00:00:00Z"),
    "?plot=histogram&bins=0": (400, "bins"),
    "?plot=histogram&bins=9999": (400, "9999"),
    "?plot=image&plane=3": (404, "plane 3"),
    "?y=A&y=B": (400, "twice"),
}


@pytest.mark.parametrize("query", REFUSED)
def test_wish_that_cannot_be_is_told(client: TestClient, query: str) -> None:
    """The answer names what was wrong, on the page and for the drawing alike, and stacks nothing."""
    status, said = REFUSED[query]
    for address in (LOOK, PLOT):
        answer = client.get(address + query, headers=JSON)
        assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text


@pytest.mark.parametrize(
    "query", ["", "?y=SAP_FLUX&y2=SAP_BKG&y3=POS_CORR1&y4=POS_CORR2&y5=TIMECORR&y6=QUALITY"]
)
def test_drawings_stay_small(client: TestClient, query: str) -> None:
    """A page with its drawing, and a drawing with six columns, weigh less than 150 kB."""
    assert len(client.get(LOOK + query).content) < 150_000


def test_document_has_no_drawing(client: TestClient) -> None:
    """What holds no numbers says so, and its page offers no look."""
    files = plain(client, f"/aip/{LIGHT_CURVE}")["products"]
    path = next(file["path"] for file in files if file["path"].endswith("product-description.md"))
    answer = client.get(f"/aip/{LIGHT_CURVE}/v1/look/{path}", headers=JSON)
    assert answer.status_code == 404
    assert "nothing that is drawn" in answer.json()["detail"]
    assert "/look/" not in client.get(f"/aip/{LIGHT_CURVE}/v1/products/{path}").text


def test_a_drawing_opens_its_package_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be read and what is drawn come from one look at the package."""
    opened: list[object] = []
    open_shown = packages.open_shown

    def counted(*asked: Any) -> packages.Shown:
        opened.append(asked)
        return open_shown(*asked)

    monkeypatch.setattr(packages, "open_shown", counted)
    assert client.get(f"{PLOT}?plot=series&y=SAP_FLUX").status_code == 200
    assert len(opened) == 1
