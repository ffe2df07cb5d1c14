"""Drawings of numbers at the ends of what floats can hold: each page answers."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest
from astropy.io import fits
from starlette.testclient import TestClient

from oais.functions.administration import initialise
from oais.functions.data_management import rebuild_index
from oais.functions.submission import submit
from tests.functions.deliveries import plain_bag
from tests.information.spectra_making import cef_of
from tests.web.conftest import client_of

GREAT = np.where(np.arange(240).reshape(20, 12) % 2, 1e308, -1e308)
"""Values next to the greatest of all."""

CLOSE = np.array([0.0, 5e-324] * 10)
"""Values next to each other: between them there is no other."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A stranger at an archive of such numbers."""
    place = tmp_path_factory.mktemp("attacked")
    made = initialise(place / "home", name="Test archive")
    columns = [fits.Column(name, "D", array=CLOSE) for name in ("TIME", "FLUX", "X", "Y")]
    table = BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(table)
    payload = {"great.cef": cef_of(GREAT), "close.fits": table.getvalue()}
    (told,) = submit(made, [plain_bag(place / "bag", "odd.numbers", payload)])
    assert told.receipt is not None
    assert told.receipt.status == "accepted", told.receipt.findings
    rebuild_index(made)
    with client_of(made) as visitor:
        yield visitor


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_values_next_to_the_greatest(scale: str, client: TestClient) -> None:
    """The bar and the distribution have marks at powers that are numbers."""
    query = f"plot=spectrogram&colours={scale}&at=2020-01-01T00:00:05Z"
    for base in ("look", "plots"):
        answer = client.get(f"/aip/odd.numbers/v1/{base}/representations/original/data/great.cef?{query}")
        assert answer.status_code == 200
        assert "inf" not in answer.text.partition("<svg")[2].partition("</svg>")[0]


@pytest.mark.parametrize("kind", ["series", "map", "histogram"])
def test_values_without_another_between(kind: str, client: TestClient) -> None:
    """There are no steps between them to be marked."""
    for base in ("look", "plots"):
        address = f"/aip/odd.numbers/v1/{base}/representations/original/data/close.fits?plot={kind}"
        assert client.get(address).status_code == 200
