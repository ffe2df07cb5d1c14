"""Names of every legal kind make the whole journey: ingest, page, download, delivery, verify.py, rebuild."""

from __future__ import annotations

import asyncio
import html
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import bagit
import httpx2
import pytest

from aip.validation.package import check_aip
from oais.archive import Archive
from oais.functions.access.facade import open_access
from oais.functions.administration import initialise
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.dissemination import deliver
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from oais.information.findings import Severity
from oais.information.identifiers import AipReference
from oais.information.reader.composed import VERIFY
from oais.web.app import create_app
from tests.functions.deliveries import plain_bag

AIP = "legal.names"
LEGAL = {
    "spaces": "a b  c.txt",
    "a dash first": "-rf",
    "a percent that means itself": "100%.txt",
    "quotes": 'it\'s "x".txt',
    "composed": "N\u00fa\u00f1ez.txt",
    "decomposed": "Mu\u0301n\u0303oz.txt",
    "an emoji": "\U0001f6f0.txt",
    "right to left": "\u05d0\u05d1.txt",
    "Greek, Chinese, Thai": "\u03b1\u4e2d\u6587\u0e44\u0e17\u0e22.txt",
    "255 bytes": "x" * 251 + ".txt",
    "255 bytes of two each": "\u00e9" * 125 + "y.txt",
    "what HTML means": "a&b<c>&amp;.txt",
    "what addresses mean": "a#b?c=d&e+f;g.txt",
    "what shells mean": "$HOME`id`!{x}[y](z)*.txt",
    "a device of Windows": "CON.txt",
    "what looks encoded": "a%2e%2e%2fb%00.txt",
    "dots inside": "a..b...c",
    "deep": "/".join(["d" * 50] * 15) + "/f.txt",
}
REFUSED = {
    "a space first": " a.txt",
    "a space last": "a.txt ",
    "a dot first": ".hidden",
    "only dots": "...",
    "a backslash": "a\\b",
    "a tab": "a\tb",
    "escape": "a\x1bb",
    "delete": "a\x7fb",
    "next line": "a\u0085b",
    "a joiner": "\U0001f469\u200d\U0001f680",
    "text turned round": "a\u202eb",
    "a space that does not break": "a\u00a0b",
    "a home directory": "~x",
    "a drive": "a:b",
}


def content(name: str) -> bytes:
    """The bytes of the file of a name: none are the same."""
    return name.encode() + b"\n"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive with one AIP that has a file of every legal kind of name."""
    place = tmp_path_factory.mktemp("names")
    made = initialise(place / "home")
    payload = {name: content(name) for name in LEGAL.values()}
    bag = plain_bag(place / "names.bag", AIP, payload)
    for manifest in bag.glob("manifest-*.txt"):  # RFC 8493 §2.1.3: a percent sign is written %25
        manifest.write_bytes(manifest.read_bytes().replace(b"%", b"%25"))
    for tags in bag.glob("tagmanifest-*.txt"):
        tags.unlink()
    (told,) = submit(made, [bag])
    assert told.receipt is not None, told.error
    assert told.receipt.status == "accepted"
    assert {found.code for found in told.receipt.findings} <= {"BAG-048", "BAG-091"}
    return made


Fetch = Callable[[str], httpx2.Response]


@pytest.fixture(scope="module")
def fetch(archive: Archive) -> Fetch:
    """Ask the site as a stranger; what the address encodes is decoded once, as servers do."""
    app = create_app(archive)

    async def asked(address: str) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(address)

    return lambda address: asyncio.run(asked(address))


def test_every_layer_agrees_and_the_index_is_made_again(archive: Archive) -> None:
    """The validator, the full audit and verify.py find nothing, before and after a rebuild of the index."""
    errors = [found for found in check_aip(find_aip(archive, AIP)) if found.severity is Severity.ERROR]
    assert errors == []
    assert run_audit(archive, select_for_audit(archive, None, None, 0), full=True).intact
    rebuild_index(archive)
    assert check_index(archive) == []
    run = subprocess.run(
        [sys.executable, "-I", "-S", str(archive.aip_root / VERIFY)], capture_output=True, check=False
    )
    assert run.returncode == 0, run.stdout


def test_every_link_of_the_page_leads_to_the_bytes(fetch: Fetch) -> None:
    """Each file stands on the pages of its AIP by its own name, and its link gives its own bytes."""
    found: dict[str, bytes] = {}
    for page in range(1, 4):
        text = fetch(f"/aip/{AIP}?page={page}").text
        for address in re.findall(r'href="(/aip/[^"]*?/products/[^"]+)"', text):
            shown = fetch(html.unescape(address))
            assert shown.status_code == 200, address
            links = re.findall(r'href="(/aip/[^"]*?/files/[^"]+)"', shown.text)
            name = unquote(html.unescape(address)).partition("/original/data/")[2]
            assert links, address
            found[name] = fetch(html.unescape(links[0])).content
    assert found == {name: content(name) for name in LEGAL.values()}


@pytest.mark.parametrize("form", ["directory", "zip"])
def test_a_delivery_holds_every_name_and_proves_it(archive: Archive, tmp_path: Path, form: str) -> None:
    """The DIP has the same names and bytes; bagit-python and its own verify.py find it whole."""
    target = tmp_path / ("dip.zip" if form == "zip" else "dip")
    deliver(archive, AipReference(AIP, 1), [], target, open_access(archive).asker())
    root = target
    if form == "zip":
        with zipfile.ZipFile(target) as opened:
            opened.extractall(tmp_path / "out")
        (root,) = (tmp_path / "out").iterdir()
    payload = root / "data"
    there = {
        path.relative_to(payload).as_posix(): path.read_bytes()
        for path in payload.rglob("*")
        if path.is_file() and not path.is_relative_to(payload / "documents")
    }
    assert there == {name: content(name) for name in LEGAL.values()}
    # bagit-python does not read %25 as RFC 8493 §2.1.3 has it; of all other names it must find nothing.
    with pytest.raises(bagit.BagValidationError) as refused:
        bagit.Bag(str(root)).validate()
    assert {unquote(found.path) for found in refused.value.details} == {
        unquote(f"data/{name}") for name in LEGAL.values() if "%" in name
    } | {f"data/{name}" for name in LEGAL.values() if "%" in name}
    run = subprocess.run(
        [sys.executable, "-I", "-S", str(root / VERIFY)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("kind", REFUSED)
def test_a_name_that_is_not_legal_is_told_and_nothing_stored(
    kind: str, archive: Archive, tmp_path: Path
) -> None:
    """The finding names the file, its control characters escaped; the store and the index do not change."""
    bag = plain_bag(tmp_path / "bad.bag", "bad.name", {REFUSED[kind]: b"x\n"})
    (told,) = submit(archive, [bag])
    assert told.outcome == "refused", told.error
    assert told.receipt is not None
    codes = {found.code for found in told.receipt.findings if found.severity is Severity.ERROR}
    assert codes & {"BAG-043", "BAG-044", "BAG-045", "BAG-046", "BAG-049"}
    for found in told.receipt.findings:
        assert not set(found.message) & set(map(chr, range(32))), found
    assert check_index(archive) == []
