"""Spectrograms through the site: the drawing, its words, its form, and who may have it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree, html
from PIL import Image
from starlette.testclient import TestClient

from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.data_management import rebuild_index
from oais.functions.quicklooks.drawing import QuickLooker
from oais.functions.submission import submit
from oais.information.representation.kinds import KINDS
from oais.web.pictures import PICTURES
from policies.in_force import PoliciesInForce
from tests.functions.deliveries import plain_bag
from tests.information.spectra_making import ENERGIES, cef_of, distribution, energy_spectra
from tests.web.conftest import client_of
from tests.web.test_pages import pick

NAME = "cluster.spectra"
DATA = "representations/original/data"
LOOK, PLOT = f"/aip/{NAME}/v1/look/{DATA}", f"/aip/{NAME}/v1/plots/{DATA}"
SPECTRA = "spectra.cdf?plot=spectrogram"
JSON = {"Accept": "application/json"}
SVG = "{http://www.w3.org/2000/svg}"
VALUES = distribution(480)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive with distributions of particles in CDF and CEF, and one whose axis does not fit."""
    place = tmp_path_factory.mktemp("spectra")
    made = initialise(place / "home", name="Test archive")
    payload = {
        "spectra.cdf": energy_spectra(place / "x.cdf", VALUES).read_bytes(),
        "fill.cdf": energy_spectra(place / "y.cdf", np.full((30, 12), -1e31)).read_bytes(),
        "pea.cef": cef_of(VALUES),
        "wrong.cef": cef_of(VALUES, axis="1, 2, 3"),
    }
    (told,) = submit(made, [plain_bag(place / "bag", NAME, payload)])
    assert told.receipt is not None
    assert told.receipt.status == "accepted", told.receipt.findings
    rebuild_index(made)
    return made


@pytest.fixture(scope="module")
def client(archive: Archive) -> Iterator[TestClient]:
    """A stranger at that archive."""
    with client_of(archive) as visitor:
        yield visitor


def plain(client: TestClient, address: str) -> Any:
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 200, answer.text
    return answer.json()


def cells(drawing: bytes) -> list[tuple[str, float, float, float, float]]:
    """The runs of cells of a drawing: colour, left, top, width, height."""
    (group,) = [one for one in etree.fromstring(drawing).iter(f"{SVG}g") if one.get("class") == "cells"]
    found = []
    for channel in group:
        place = re.fullmatch(r"translate\((\S+) (\S+)\) scale\((\S+) (\S+)\)", str(channel.get("transform")))
        assert place is not None
        left, top, wide, high = map(float, place.groups())
        for path in channel:
            for first, length in re.findall(r"M(\d+) .5h([\d.]+)", str(path.get("d"))):
                size = int(float(length)) * wide
                found.append((str(path.get("stroke")), left + int(first) * wide, top, size, high))
    return found


def test_each_kind_of_drawing_has_its_picture_and_its_form(client: TestClient) -> None:
    """The two tables name the same kinds, so that none is offered that cannot be drawn."""
    assert set(PICTURES) == set(KINDS)
    refusal = client.get(f"{LOOK}/spectra.cdf?plot=pie", headers=JSON).json()["detail"]
    assert ", ".join(sorted(KINDS)) in refusal


def test_cells_cover_the_frame_and_are_brighter_where_values_are_greater(client: TestClient) -> None:
    """Each run lies in its channel; what is drawn in one piece of time is as numpy has it."""
    drawing = client.get(f"{PLOT}/{SPECTRA}&bins=48")
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    found = cells(drawing.content)
    tops = sorted({top for _, _, top, _, _ in found})
    assert len(tops) == 12
    area = sum(wide * high for _, _, _, wide, high in found)
    assert area == pytest.approx((960 - 150 - 92) * 330, rel=0.01)
    means = VALUES.reshape(48, 10, 12).mean(axis=1)
    light = {
        top: sum(int(colour[1:3], 16) for colour, x, t, w, _ in found if t == top and x <= 93) for top in tops
    }
    order = [light[top] for top in reversed(tops)]
    assert int(np.argmax(order)) == int(np.argmax(means[0]))


def test_numbers_are_those_of_the_file(client: TestClient) -> None:
    """The JSON twin gives the means; the page a table of channels, with the values at the moment."""
    drawn = plain(client, f"{LOOK}/{SPECTRA}&bins=48&at=2020-01-01T00:01:00Z")["drawn"]
    expected = VALUES.reshape(48, 10, 12).mean(axis=1).T
    assert np.allclose(np.array(drawn["means"]), expected, rtol=1e-5)
    assert np.allclose(drawn["cut"], VALUES[60:70].mean(axis=0), rtol=1e-5)
    page = html.document_fromstring(client.get(f"{LOOK}/{SPECTRA}&at=2020-01-01T00:01:00Z").content)
    rows = pick(page, "//table[@class='data']//tbody/tr")
    assert len(rows) == 12
    assert float(rows[3].xpath("th")[0].text) == pytest.approx(ENERGIES[3])
    assert float(rows[3].xpath("td")[2].text.replace("\N{NO-BREAK SPACE}", "")) == pytest.approx(
        VALUES[60:62, 3].mean(), rel=1e-5
    )
    assert "At the moment" in client.get(f"{LOOK}/{SPECTRA}&at=58849.0005").text


def test_words_are_in_the_reader_s_language(client: TestClient) -> None:
    """Caption, axes and description, in both; nothing of the one in the other."""
    address = f"/{SPECTRA}&at=2020-01-01T00:01:00Z"
    english = unescape(client.get(LOOK + address).text)
    assert re.search(r"flux \(1/\(cm2 s sr keV\)\) over UTC and Energy \(eV\): 5\D?760 values", english)
    assert "Below it, the mean distribution of the records marked: 2020-01-01T00:01:00.000Z to" in english
    french = unescape(client.get(LOOK + address, headers={"Accept-Language": "fr"}).text)
    assert re.search(r"en fonction de UTC et Energy \(eV\) : 5\D?760 valeurs", french)
    assert "la distribution moyenne des enregistrements marqués : 2020-01-01T00:01:00.000Z à" in french
    assert not re.search(r"Each cell|Below it|Scale of|Pieces of time", french)
    drawing = client.get(PLOT + address, headers={"Accept-Language": "fr"})
    assert drawing.headers["content-language"] == "fr"
    assert "spectrogramme" in str(etree.fromstring(drawing.content).get("aria-label"))


def test_a_moment_without_a_record_is_told_in_the_caption(client: TestClient) -> None:
    """The nearest distribution is no answer to a moment far from it, unless that is said."""
    address = f"{LOOK}/{SPECTRA}&at=2021-01-01"
    assert "No record lies at the moment asked for. Below it" in client.get(address).text
    french = client.get(address, headers={"Accept-Language": "fr"}).text
    assert "Aucun enregistrement à l’instant demandé" in unescape(french)


def test_the_page_of_a_product_leads_to_each_of_its_drawings(client: TestClient) -> None:
    """Who does not know the form finds the spectrogram too; particles are no light curve."""
    address = f"/aip/{NAME}/v1/products/{DATA}/spectra.cdf"
    told = plain(client, address)
    assert (told["plot"], "spectrogram" in told["drawings"]) == ("time series", True)
    page = html.document_fromstring(client.get(address).content)
    (leads,) = {one.get("href") for one in pick(page, "//main//a") if one.text == "spectrogram"}
    shown = client.get(leads)
    assert (shown.status_code, "Each cell is a mean" in shown.text) == (200, True)


def test_form_keeps_what_was_wished_and_its_steps_lead_on(client: TestClient) -> None:
    """Every field has a name, a label and the value of the address; earlier and later keep them."""
    address = f"{LOOK}/{SPECTRA}&y=flux&at=58849.001&axis=linear&colours=log&bins=100"
    page = html.document_fromstring(client.get(address).content)
    fields = {one.get("name"): one for one in pick(page, "//form[@class='wishes']//*[@name]")}
    assert set(fields) == {"plot", "unit", "y", "start", "end", "at", "axis", "colours", "bins"}
    assert fields["at"].get("value") == "58849.001"
    chosen = {name: fields[name].xpath("option[@selected]/@value") for name in ("y", "axis", "colours")}
    assert chosen == {"y": ["flux"], "axis": ["linear"], "colours": ["log"]}
    assert all(one.getparent().tag == "label" for name, one in fields.items() if name not in ("plot", "unit"))
    steps = {link.text: link.get("href") for link in pick(page, "//ul[@class='steps']//a")}
    assert list(steps) == ["Earlier", "Closer", "Wider", "Later", "Whole"]
    closer = plain(client, f"{LOOK}/spectra.cdf{steps['Closer']}")
    assert closer["wish"]["colours"] == "log"
    assert 0 < closer["drawn"]["within"] < 480


def test_scales_change_the_drawing(client: TestClient) -> None:
    """Linear and log are other drawings, and the bar's values say which."""
    drawings = {client.get(f"{PLOT}/{SPECTRA}&colours={name}").content for name in ("linear", "log")}
    assert len(drawings) == 2
    assert len({client.get(f"{PLOT}/{SPECTRA}&axis={name}").content for name in ("linear", "log")}) == 2


def test_moment_is_marked_and_its_distribution_drawn(client: TestClient) -> None:
    """The drawing grows by a second frame whose line goes through each channel."""
    without, shown = (client.get(f"{PLOT}/{SPECTRA}{more}").content for more in ("", "&at=2020-01-01T00:04"))
    sizes = [float(str(etree.fromstring(one).get("viewBox")).split()[3]) for one in (without, shown)]
    assert sizes[1] - sizes[0] > 200
    paths = [path for path in etree.fromstring(shown).iter(f"{SVG}path") if path.get("class") == "curve"]
    assert len(re.findall(r"M[\d.]+ [\d.]+h0", str(paths[-1].get("d")))) == 12


def test_saved_as_png_and_svg(client: TestClient) -> None:
    """Both stand alone, as the other drawings do."""
    made = client.get(f"{PLOT}/{SPECTRA}&at=58849.001&picture=png")
    assert made.headers["content-type"] == "image/png"
    picture = Image.open(BytesIO(made.content)).convert("RGB")
    assert picture.size[0] == 1_968  # twice the drawing with its margin
    assert len(np.unique(np.asarray(picture.resize((96, 60))).reshape(-1, 3), axis=0)) > 50
    assert "spectrogram" in client.get(f"{PLOT}/{SPECTRA}&picture=svg").text


def test_file_of_fill_values_says_so(client: TestClient) -> None:
    """There is no cell, the words say how many values are missing, and no page fails."""
    page = client.get(f"{LOOK}/fill.cdf?plot=spectrogram&at=2020-01-01")
    assert page.status_code == 200
    assert "360 without a value" in page.text
    assert "no finite values" in client.get(f"{PLOT}/fill.cdf?plot=spectrogram").text


REFUSED = {
    "spectra.cdf?plot=spectrogram&y=nosuch": (404, "nosuch"),
    "spectra.cdf?plot=spectrogram&axis=cubic": (400, "cubic"),
    "spectra.cdf?plot=spectrogram&colours=red": (400, "red"),
    "spectra.cdf?plot=spectrogram&bins=481": (400, "expected 1 to 480"),
    "spectra.cdf?plot=spectrogram&bins=0": (400, "bins"),
    "spectra.cdf?plot=spectrogram&at=noon": (400, "noon"),
    "spectra.cdf?plot=spectrogram&start=1990&end=1991": (404, "no row in the interval"),
    "wrong.cef?plot=spectrogram": (404, "spectrogram"),
    "wrong.cef?plot=series&y=flux": (404, "flux"),
}


@pytest.mark.parametrize("query", REFUSED)
def test_wish_that_cannot_be_is_told(query: str, client: TestClient) -> None:
    """The answer names what was found and what is expected, on the page and for the drawing alike."""
    status, said = REFUSED[query]
    for base in (LOOK, PLOT):
        answer = client.get(f"{base}/{query}", headers=JSON)
        assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text


def test_spectrogram_is_drawn_on_demand_only(archive: Archive, client: TestClient) -> None:
    """The worker draws none, the product's page shows its series and leads to the form."""
    worker = QuickLooker(archive)
    while worker.draw_due():
        pass
    page = client.get(f"/aip/{NAME}/v1/products/{DATA}/spectra.cdf").text
    assert 'class="cells"' not in page
    assert "/look/" in page
    offered = html.document_fromstring(client.get(f"{LOOK}/spectra.cdf").content)
    assert pick(offered, "//nav[@class='offers']//a/text()")[:3] == ["series", "histogram", "map"]
    assert any("spectrogram" in text for text in pick(offered, "//nav[@class='offers']//a/text()"))


def test_spectrogram_of_cef_is_that_of_cdf(client: TestClient) -> None:
    """The same values in both formats give the same means."""
    told = [
        plain(client, f"{LOOK}/{name}?plot=spectrogram&bins=48")["drawn"]
        for name in ("spectra.cdf", "pea.cef")
    ]
    assert np.allclose(np.array(told[0]["means"]), np.array(told[1]["means"]), rtol=1e-4)


def test_page_stays_small(client: TestClient) -> None:
    """A page with the drawing of 240 pieces of time and 12 channels weighs less than 150 kB."""
    assert len(client.get(f"{LOOK}/{SPECTRA}").content) < 150_000


def test_closed_data_have_no_spectrogram(archive: Archive, tmp_path: Path) -> None:
    """The decision is that about the data: who may not download them is shown no drawing of them."""
    policies = tmp_path / "policies"
    shutil.copytree(archive.home / "policies", policies)
    rules = policies / "access.yaml"
    closed = "nodes:\n  - node: generic\n    policy: closed\n"
    rules.write_text(rules.read_text("utf-8").replace("nodes: []", closed), "utf-8")
    with client_of(replace(archive, in_force=PoliciesInForce(policies))) as stranger:
        for base in (LOOK, PLOT):
            answer = stranger.get(f"{base}/{SPECTRA}&at=58849.001", headers=JSON)
            assert answer.status_code in (403, 404), answer.text
            assert "means" not in answer.text
