"""The pages of things, and the questions, that the benchmark of pages asks for: name and address of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, urlencode

from benchmarks.large import Large
from benchmarks.mixed import PLACE
from oais.web.site.adql import EXAMPLE

_DATA: Final = "representations/original/data"
_PLACES: Final = (
    "tess",
    "tess/n1/light-curves",
    "tess/n1/light-curves/sector-5",
    "tess/n1/light-curves/sector-5?page=3",
    "tess/inventory",
    "tess/n1/light-curves/sector-5/inventory",
    PLACE,
    f"{PLACE}?branches=3",
    f"{PLACE}?page=20",
    f"{PLACE}/p4",
    f"{PLACE}/inventory",
    f"{PLACE}/inventory?page=50",
)
_QUESTIONS: Final = (
    "q=light+curve",
    "q=light+curve&per_page=100",
    "q=camera&level=N1&page=40",
    "mission=TESS&time=2018-11-01/2019-12-31",
    "cone=120,30,20",
    "ra=0&dec=0&radius=180&order=distance",
    "target=TESS*",
    "ids=tess.*&per_page=100",
    "ids=tess.tic6000*&show=packages",
    "node=mixed&order=-time",
    "level=N0&page=100&per_page=100&show=packages",
    "pi=a&spectral_type=G",
    "request=mixed:OR+7",
    "visit=*9",
    "observation=tess",
    "order=-size&show=packages",
    "mag_min=3&mag_max=20",
    "reference=*",
    "valid_from=2018-01-01&valid_to=2020-01-01",
    "where=camera+%3E+1&raw=hide",
    "near=TESS.TIC60000037&lang=fr",
)
_QUERIES: Final = (
    "SELECT package_id, product_path, s_ra, s_dec, access_url FROM ivoa.obscore ORDER BY package_title",
    "SELECT * FROM ivoa.obscore WHERE 1 = CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', 120, 30, 20))",
    "SELECT package_id, product_path FROM ivoa.obscore WHERE 1 = package_has('words', 'light curve')",
    "SELECT mission, COUNT(*) FROM ivoa.obscore GROUP BY mission",
    "SELECT obs_id, s_ra, s_dec, t_min FROM ivoa.obscore WHERE t_min > 58500 ORDER BY t_min DESC",
    "SELECT product_type, COUNT(*) FROM ivoa.obscore GROUP BY product_type",
    "SELECT DISTINCT target_name FROM ivoa.obscore",
    "SELECT DISTINCT instrument_name, access_format FROM ivoa.obscore",
    "SELECT obs_id, instrument_name FROM ivoa.obscore ORDER BY instrument_name",
    "SELECT product_name, access_estsize FROM ivoa.obscore ORDER BY product_name DESC",
    "SELECT obs_id, target_name, s_ra, s_dec, access_url FROM ivoa.obscore ORDER BY s_ra",
    EXAMPLE,
)
_ACCOUNT: Final = (
    "delegations?observation=mixed:OR+7&person=person1",
    "ask?about=mixed/set/p4",
    "queries?query=level%3DN1",
    "waiver?observation=mixed:OR+7",
)


def about(large: Large) -> Iterator[tuple[str, str]]:
    """Yield the pages of places, packages, products, people and orders, and questions of all forms."""
    others = (*_of_packages(large), *_of_things(large.things))
    for address in (
        *(f"/tree/{place}" for place in _PLACES),
        *(f"/search?{question}" for question in _QUESTIONS),
        *(f"/search/adql?{urlencode({'query': query})}" for query in _QUERIES),
        "/sky?mission=TESS",
        "/timeline?at=2018-12-01T12:00:00",
        "/tree/tess/feed.atom",
        "/search/names?target=te",
        *(f"/me/{page}" for page in _ACCOUNT),
        "/desk/usage?first=2025-01&last=2026-12",
        "/desk/embargoes?page=10",
        "/desk/policies?page=5",
        "/desk/people?text=person&page=3",
        "/orders?everybody=true&page=2",
    ):
        yield address, address
    yield from others


def _of_packages(large: Large) -> Iterator[tuple[str, str]]:
    curve, cuts = (next(one for one in large.real if mark in one) for mark in (".n1", "bench"))
    name = f"{_DATA}/tic55525572_s0005_first1000_lc.fits"
    cut = f"{_DATA}/{large.things['cut']}"
    yield "/aip/ID", f"/aip/{cuts}"
    yield "/aip/ID/v1", f"/aip/{curve}/v1"
    yield "/aip/ID/v1/provenance", f"/aip/{cuts}/v1/provenance"
    yield "/aip/ID/v1/provenance?product=…", f"/aip/{cuts}/v1/provenance?product={cut}"
    yield "/aip/ID/v1/products/…", f"/aip/{cuts}/v1/products/{cut}"
    yield "/aip/ID/v1/look/…", f"/aip/{curve}/v1/look/{name}"
    yield "/aip/ID/v1/rows/…", f"/aip/{curve}/v1/rows/{name}?page=8"
    yield "/aip/ID/v1/citation.bib", f"/aip/{curve}/v1/citation.bib"
    yield "/visit", f"/visit?of={quote(large.things['visit'])}"
    yield "/choose", f"/choose?pick={cuts}@v1&pick={curve}@v1"


def _of_things(things: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield "/orders/ORDER", f"/orders/{things['order']}"
    yield "/desk/people/of/PERSON", f"/desk/people/of/{things['person']}"
    yield "/desk/groups/of/GROUP", f"/desk/groups/of/{things['group']}"
    yield "/desk/refused/RECEIPT", f"/desk/refused/{things['refused']}"
    yield "/me/deposits/DEPOSIT", f"/me/deposits/{things['deposit']}"
    yield "/unsubscribe/SUBSCRIPTION/PROOF", "/unsubscribe/0123456789abcdef/proof"
    for what in ("positions", "names"):
        name = things[f"list of {what}"]
        yield f"/search/list?list=… of 1,000 {what}", f"/search/list?list={name}"
        yield f"/search?list=… of 1,000 {what}", f"/search?list={name}"
        yield f"/search?list=… of 1,000 {what}, page 3 by time", f"/search?list={name}&page=3&order=time"
    yield "/desk/policies/explain?about=…", "/desk/policies/explain?about=mixed/set/p4&login=mary"
