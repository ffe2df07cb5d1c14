"""Downloads: the right bytes under the right name, whole, in part, or not again."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from oais.web.downloads import content_disposition
from oais.web.ranges import RangeNotSatisfiableError, choose_span
from tests.web.conftest import CURVE_FILE, CURVE_URL, LIGHT_CURVE, PIXELS

DATA = CURVE_FILE.read_bytes()
SIZE = len(DATA)


def test_the_bytes_are_the_providers(client: TestClient) -> None:
    """What comes out is what went in, as an attachment that no browser runs, with its digests."""
    answer = client.get(CURVE_URL)
    assert answer.status_code == 200
    assert answer.content == DATA
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["content-disposition"] == f'attachment; filename="{CURVE_FILE.name}"'
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["accept-ranges"] == "bytes"
    sha256 = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
    assert f"sha-256=:{sha256}:" in answer.headers["repr-digest"]
    assert answer.headers["etag"] == f'"sha256-{hashlib.sha256(DATA).hexdigest()}"'


PARTS = {
    "bytes=0-0": (0, 1),
    "bytes=100-199": (100, 200),
    f"bytes={SIZE - 5}-": (SIZE - 5, SIZE),
    "bytes=-7": (SIZE - 7, SIZE),
    f"bytes=-{SIZE * 3}": (0, SIZE),
    f"bytes=5-{SIZE * 9}": (5, SIZE),
}


@pytest.mark.parametrize("asked", PARTS)
def test_one_range_is_one_part(client: TestClient, asked: str) -> None:
    """A single range gives 206, exactly its bytes, and says where they lie."""
    start, stop = PARTS[asked]
    answer = client.get(CURVE_URL, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == DATA[start:stop]
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"


IGNORED = (
    "bytes=",
    "bytes=-",
    "bytes=9-3",
    "lines=1-2",
    "bytes=a-b",
    "bytes=0-1,5-9",
    "bytes=1-2-3",
    "\t",
    "bytes=٣-٤",
)


@pytest.mark.parametrize("asked", [*IGNORED, "bytes=" + ",".join(["0-1"] * 3000)])
def test_other_ranges_are_the_whole(client: TestClient, asked: str) -> None:
    """Several ranges, and what is no range, are answered with the whole file, as RFC 9110 allows."""
    answer = client.get(CURVE_URL, headers={b"Range": asked.encode()})
    assert answer.status_code == 200
    assert answer.content == DATA


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={10**18}-", "bytes=-0"])
def test_range_behind_the_end_is_416(client: TestClient, asked: str) -> None:
    """A part that is not there is refused with the file's length."""
    answer = client.get(CURVE_URL, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


def test_unchanged_is_not_sent_again(client: TestClient) -> None:
    """If-None-Match with our ETag, among others, weak, or ``*``, gives 304 without a body."""
    etag = client.head(CURVE_URL).headers["etag"]
    for asked in (etag, f'"other", W/{etag}', "*"):
        answer = client.get(CURVE_URL, headers={"If-None-Match": asked})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert client.get(CURVE_URL, headers={"If-None-Match": '"other"'}).status_code == 200


def test_if_range_guards_a_resumed_download(client: TestClient) -> None:
    """A part is sent only when the bytes are still those that were begun; a weak tag does not count."""
    etag = client.head(CURVE_URL).headers["etag"]
    part = {"Range": "bytes=10-19"}
    assert client.get(CURVE_URL, headers={**part, "If-Range": etag}).content == DATA[10:20]
    for stale in ('"other"', f"W/{etag}", "Sat, 21 Nov 2026 00:00:00 GMT"):
        assert client.get(CURVE_URL, headers={**part, "If-Range": stale}).content == DATA


def test_head_is_get_without_its_body(client: TestClient) -> None:
    """HEAD has the headers of GET, also of a part, and no body."""
    for headers in ({}, {"Range": "bytes=5-9"}):
        head, whole = client.head(CURVE_URL, headers=headers), client.get(CURVE_URL, headers=headers)
        assert head.content == b""
        assert head.status_code == whole.status_code
        assert dict(head.headers) == dict(whole.headers)


def test_records_and_software_can_be_taken_out(client: TestClient) -> None:
    """Every file that the page of an AIP names can be downloaded and has the digest that it names."""
    view = client.get(f"/aip/{LIGHT_CURVE}/v2", headers={"Accept": "application/json"}).json()
    named = [*view["metadata"], *view["documents"], *view["products"]]
    named += [file for package in view["software"] for file in package["files"]]
    for file in named:
        answer = client.get(f"/aip/{LIGHT_CURVE}/v2/files/{file['path']}")
        assert hashlib.sha256(answer.content).hexdigest() == file["digests"]["sha256"], file["path"]


def test_versions_keep_their_own_bytes(client: TestClient) -> None:
    """The document of version 1 is still as it was after version 2 changed it."""
    path = next(
        file["path"]
        for file in client.get(f"/aip/{LIGHT_CURVE}", headers={"Accept": "application/json"}).json()[
            "documents"
        ]
        if file["name"] == "product-description.md"
    )
    first, second = (client.get(f"/aip/{LIGHT_CURVE}/v{n}/files/{path}").text for n in (1, 2))
    assert second == first + "\nMore is known now.\n"


@pytest.mark.parametrize(
    "path",
    [
        "inventory.json",
        "../inventory.json",
        "v1/content/METS.xml",
        "METS.xml/",
        "",
        "/etc/passwd",
        "METS.XML",
    ],
)
def test_only_logical_names_are_known(client: TestClient, path: str) -> None:
    """A path is looked up in the inventory of the version; nothing else of the disk has an address."""
    assert client.get(f"/aip/{PIXELS}/v1/files/{path}").status_code == 404


NAMES = {
    "plain.fits": 'attachment; filename="plain.fits"',
    'a"b;c.fits': "attachment; filename=\"a_b_c.fits\"; filename*=UTF-8''a%22b%3Bc.fits",
    "é\u202e.fits": "attachment; filename=\"__.fits\"; filename*=UTF-8''%C3%A9%E2%80%AE.fits",
    "x\r\nSet-Cookie: a=b": 'attachment; filename="x__Set-Cookie: a=b"; '
    "filename*=UTF-8''x%0D%0ASet-Cookie%3A%20a%3Db",
    "../../etc/passwd": 'attachment; filename="passwd"',
    "..": "attachment; filename=\"file\"; filename*=UTF-8''..",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_written_as_the_rfcs_say(name: str) -> None:
    """Quotes, controls, other scripts and directories cannot change what a browser saves (RFC 6266, 8187)."""
    assert content_disposition(name) == NAMES[name]


@given(st.text(max_size=400))
def test_any_name_makes_a_header(name: str) -> None:
    """Whatever a file is called, the header is one line of plain ASCII."""
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()


@given(st.text(max_size=60), st.integers(0, 10**6))
def test_any_range_is_a_part_or_the_whole(text: str, size: int) -> None:
    """Whatever Range says, the answer is a part inside the file, the whole, or a clear refusal."""
    try:
        span = choose_span({"range": f"bytes={text}"}, size, '"e"')
    except RangeNotSatisfiableError:
        return
    assert span is None or 0 <= span.start < span.stop <= size
