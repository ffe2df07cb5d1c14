"""The still copy: pages that need no server, whole, signed, and nothing that a stranger may not see."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import chain, repeat
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from astropy.io.votable import parse_single_table

from oais.archive import Archive, open_archive
from oais.cli import main
from oais.errors import DamageError, RefusedError, WrongUsageError
from oais.web.still import make_still_copy
from oais.web.still.pages import still_page
from oais.web.still.places import Address, address_behind, relative
from policies.in_force import PoliciesInForce
from tests.web.conftest import CURVE_FILE, CURVE_PATH, LATER, LIGHT_CURVE, client_of
from tests.web.test_access_rules import CLOSED, DATED, HIDDEN, LISTED

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
CURVE_COPY = f"aip/{LIGHT_CURVE}/v1/files/{CURVE_PATH}"


class Page(HTMLParser):
    """A page taken apart: its tags, links and ids, and what is wrong with how it is built."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.faults: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        names = [name for name, _ in attrs]
        self.faults += [f"{name} twice in <{tag}>" for name in names if names.count(name) > 1]
        self.faults += [f"{name} in <{tag}>" for name in names if name.startswith(("hx-", "on"))]
        for name, value in attrs:
            if name in {"href", "src"} and value is not None:
                self.links.append(value)
            if name == "id" and value:
                self.ids.append(value)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")


def ruled(archive: Archive, folder: Path, nodes: str) -> Archive:
    """The same archive under other access rules."""
    policies = folder / "policies"
    shutil.copytree(archive.home / "policies", policies)
    rules = policies / "access.yaml"
    text = rules.read_text("utf-8").replace("nodes: []", f"{LATER}nodes:\n{nodes}")
    rules.write_text(text, "utf-8")
    return replace(archive, in_force=PoliciesInForce(policies))


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def copy(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A still copy of everything, in a folder that was there and empty."""
    folder = tmp_path_factory.mktemp("still")
    assert not make_still_copy(archive, folder).replaced
    return folder


@pytest.fixture(scope="module")
def hidden(copy: Path, archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy made while the light curve is hidden, which took the place of one of everything."""
    folder = tmp_path_factory.mktemp("hidden")
    target = Path(shutil.copytree(copy, folder / "copy"))
    assert make_still_copy(ruled(archive, folder, HIDDEN), target).replaced
    assert {path.name for path in folder.iterdir()} == {"copy", "policies"}
    return target


@pytest.fixture(scope="module")
def lean(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy without products, made by the command."""
    folder = tmp_path_factory.mktemp("lean") / "copy"
    words = ["export", "--static", str(folder), "--without-products", "--home", str(archive.home)]
    with contextlib.redirect_stdout(io.StringIO()) as told:
        assert main(words) == 0
    assert re.search(r"written +\S+copy\n\d+ pages and \d+ files, 0 of them products", told.getvalue())
    return folder


def pages_of(folder: Path) -> Iterator[tuple[Path, Page]]:
    """Every page of a copy, taken apart."""
    for path in sorted(folder.rglob("*.html")):
        yield path, Page(path.read_text("utf-8"))


def test_every_link_leads_to_a_file_of_the_copy(copy: Path, record_count: Callable[[str, int], None]) -> None:
    """No link leads out of the folder, to a server, to a folder, or to an id that is not there."""
    ids = {path: set(page.ids) for path, page in pages_of(copy)}
    count = 0
    for path, page in pages_of(copy):
        for link in page.links:
            parts = urlsplit(link)
            assert (parts.scheme, parts.netloc, parts.query) == ("", "", ""), link
            assert not parts.path.startswith("/"), link
            target = Path(os.path.normpath(path.parent / unquote(parts.path))) if parts.path else path
            assert target.is_file(), f"{path}: {link}"
            assert target.is_relative_to(copy)
            assert not parts.fragment or parts.fragment in ids[target], f"{path}: {link}"
            count += 1
    assert count > 1000
    for style in copy.glob("static/*.css"):
        for name in re.findall(r"url\(\"?([^)\"]+)", style.read_text()):
            assert (style.parent / name).is_file()
    record_count("links followed", count)


def test_every_page_is_built_well_and_needs_no_server(copy: Path) -> None:
    """Tags close, ids are single, and there is no script, form, or field on any page."""
    for path, page in pages_of(copy):
        assert page.faults == [], path
        assert len(page.ids) == len(set(page.ids)), path
        assert not page.tags & {"script", "form", "input", "button", "iframe", "select"}, path
        text = path.read_text("utf-8")
        assert text.startswith("<!doctype html>")
        assert "Log in" not in text
        assert "picture=" not in text
        assert "As PNG" not in text


def test_every_place_a_stranger_is_shown_is_there(copy: Path, archive: Archive) -> None:
    """The tree's nodes, all packages and versions, their products, plots, documents and records."""
    client = client_of(archive)
    for address in ("/tree/tess/n1/light-curves/sector-5", f"/aip/{LIGHT_CURVE}", f"/aip/{LIGHT_CURVE}/v2"):
        page = (copy / Address(address).place()).read_text("utf-8")
        (heading,) = re.findall(r"<h1.*?</h1>", client.get(address).text)
        assert heading in page
    assert (copy / CURVE_COPY).read_bytes() == CURVE_FILE.read_bytes()
    assert (copy / f"aip/{LIGHT_CURVE}/v1/plots/{CURVE_PATH}.svg").read_bytes().startswith(b"<svg")
    for version in ("v1", "v2"):
        assert (copy / f"aip/{LIGHT_CURVE}/{version}/files/METS.xml").is_file()
        assert (copy / f"aip/{LIGHT_CURVE}/{version}/citation.bib").is_file()
    documents = [path.read_text() for path in copy.rglob("product-description.md")]
    assert len(documents) == 2
    assert sum("More is known now." in text for text in documents) == 1


def test_lists_name_every_product_and_where_it_lies(copy: Path) -> None:
    """Astropy reads the VOTable; each row's page and file are there, and the file has the digest told."""
    table = parse_single_table(copy / "products.vot").to_table()
    assert len(table) == 3
    for row in table:
        data = (copy / str(row["file"])).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
        assert len(data) == row["size"]
        assert (copy / str(row["page"])).is_file()
    lines = (copy / "products.csv").read_text("utf-8").splitlines()
    assert len([line for line in lines if not line.startswith("#")]) == 4


def test_other_programs_prove_it_whole_and_ours(copy: Path, archive: Archive) -> None:
    """sha512sum accepts every file and nothing is unlisted; openssl accepts the archive's signature."""
    done = subprocess.run(
        ["sha512sum", "--strict", "-c", "manifest-sha512.txt"], cwd=copy, check=True, stdout=-3
    )
    assert done.returncode == 0
    listed = {line.partition("  ")[2] for line in (copy / "manifest-sha512.txt").read_text().splitlines()}
    beside = {"manifest-sha512.txt", "signature/manifest-sha512.txt.sig", "signature/key.pem"}
    assert files_below(copy).keys() == listed | beside
    key = str(archive.home / "keys" / "trusted" / f"{archive.signer.key_id}.pem")
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin"]
    command += ["-in", "manifest-sha512.txt", "-sigfile", "signature/manifest-sha512.txt.sig"]
    subprocess.run(command, cwd=copy, check=True, stdout=subprocess.DEVNULL)


def test_without_products_all_else_stays(copy: Path, lean: Path) -> None:
    """The data are left out and nothing leads to them; documents, records and plots are there."""
    there, whole = files_below(lean).keys(), files_below(copy).keys()
    gone = whole - there
    assert len(gone) == 4
    assert all(name.endswith(".fits") and "/files/representations/" in name for name in gone)
    assert there < whole
    for path, page in pages_of(lean):
        for link in page.links:
            parts = urlsplit(link)
            assert not parts.path or (path.parent / unquote(parts.path)).is_file(), link


CANARIES = (
    LIGHT_CURVE.encode(),
    CURVE_FILE.name.encode(),
    hashlib.sha256(CURVE_FILE.read_bytes()).hexdigest().encode(),
)


OPENS = datetime(2031, 5, 1, tzinfo=UTC)
"""When what is closed until a day opens, by the rules of these tests."""


@pytest.mark.parametrize(
    ("nodes", "told"),
    [(HIDDEN, False), (LISTED, False), (CLOSED, True), (DATED, True)],
    ids=["hidden", "listed", "closed", "closed until a day"],
)
def test_nothing_private_is_in_any_byte(
    archive: Archive, hidden: Path, tmp_path: Path, nodes: str, told: bool
) -> None:
    """What is hidden leaves no trace; what is closed is described as to a stranger, without its data.

    The copy is begun a second before what is closed until a day opens: that moment decides for all of it.
    """
    moments = chain((OPENS - timedelta(seconds=1),), repeat(OPENS))
    copy = hidden if nodes == HIDDEN else tmp_path / "copy"
    if nodes != HIDDEN:
        make_still_copy(replace(ruled(archive, tmp_path, nodes), clock=lambda: next(moments)), copy)
    files = files_below(copy)
    secret = CURVE_FILE.read_bytes()
    for name, content in files.items():
        assert secret[2880:5760] not in content, name
        if not told:
            assert not any(canary in content or canary in name.encode() for canary in CANARIES), name
    assert CURVE_COPY not in files
    assert (f"aip/{LIGHT_CURVE}/v1/index.html" in files) is told
    assert not any(f"{LIGHT_CURVE}/v1/plots/" in name for name in files)
    if told:
        page = files[f"aip/{LIGHT_CURVE}/v1/index.html"].decode()
        assert "The data are closed." in page
        assert "Ask for an access code" not in page


def test_what_opens_is_there_from_its_moment(archive: Archive, tmp_path: Path) -> None:
    """A copy that is begun when what was closed opens has it."""
    make_still_copy(replace(ruled(archive, tmp_path, DATED), clock=lambda: OPENS), tmp_path / "open")
    assert (tmp_path / "open" / CURVE_COPY).is_file()


def test_it_writes_into_nothing_that_is_not_its_own(copy: Path, archive: Archive, tmp_path: Path) -> None:
    """A used folder, a changed copy, one of another archive, a link, and the archive itself are refused."""
    used, changed, foreign = (tmp_path / name for name in ("used", "changed", "foreign"))
    used.mkdir()
    (used / "thesis.txt").write_text("years of work")
    shutil.copytree(copy, changed)
    (changed / "notes.txt").write_text("mine")
    shutil.copytree(copy, foreign)
    (foreign / "signature/manifest-sha512.txt.sig").write_bytes(b"x" * 64)
    (tmp_path / "link").symlink_to(used)
    before = files_below(tmp_path)
    for target, fault in ((used, "no signed"), (changed, "notes.txt"), (foreign, "not signed by a key")):
        with pytest.raises(RefusedError, match=fault):
            make_still_copy(archive, target)
    with pytest.raises(RefusedError, match="is no folder"):
        make_still_copy(archive, tmp_path / "link")
    for target in (archive.home / "aip" / "copy", archive.home.parent):
        with pytest.raises(WrongUsageError, match="lie in each other"):
            make_still_copy(archive, target)
    assert files_below(tmp_path) == before


def test_damage_stops_it_and_nothing_is_left(archive: Archive, tmp_path: Path) -> None:
    """A stored product that is not what was sealed is not copied, and no half of a copy stands anywhere."""
    home = tmp_path / "home"
    shutil.copytree(archive.home, home)
    (stored,) = home.glob(f"aip/**/v1/content/{CURVE_PATH}")
    stored.chmod(0o644)
    data = bytearray(stored.read_bytes())
    data[5000] ^= 1
    stored.write_bytes(data)
    with pytest.raises(DamageError, match=CURVE_FILE.name):
        make_still_copy(open_archive(home), tmp_path / "out" / "copy")
    assert list((tmp_path / "out").iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from oais.archive import open_archive
from oais.web.still import copying
step = int(sys.argv[3])
def killing(calls=[0]):
    calls[0] += 1
    if calls[0] == step:
        os.kill(os.getpid(), signal.SIGKILL)
copying.make_still_copy(open_archive(Path(sys.argv[1])), Path(sys.argv[2]), progress=killing)
"""


@pytest.mark.parametrize("step", [60, *(pytest.param(step, marks=pytest.mark.long) for step in (1, 200))])
def test_a_crash_leaves_the_old_copy_and_the_next_is_the_same(
    archive: Archive, copy: Path, hidden: Path, tmp_path: Path, step: int,
    record_count: Callable[[str, int], None],
) -> None:  # fmt: skip
    """Killed on its way, the earlier copy stands untouched; the next one takes the remains away.

    Made a day later of the same state, in the place of one of other rules, it differs in no byte.
    """
    target = Path(shutil.copytree(hidden, tmp_path / "copy"))
    before = files_below(target)
    command = [sys.executable, "-c", KILLED, str(archive.home), str(target), str(step)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert files_below(target) == before
    left = [path for path in tmp_path.iterdir() if path.name.startswith(".copy.part-")]
    assert len(left) == 1
    moment = archive.clock() + timedelta(days=1)
    assert make_still_copy(replace(archive, clock=lambda: moment), target).replaced
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
    assert files_below(target) == files_below(copy)
    record_count("sweep points", 1)


def test_what_a_file_system_cannot_take_is_written_otherwise() -> None:
    """Names of stored files become names that CDs and Windows take, and stay apart."""
    base = "/aip/a.1/v1/files/"
    for name, place in {
        "data/plain.fits": "data/plain.fits",
        "data/a:b?.txt": "data/a%3Ab%3F.txt",
        "data/50%.txt": "data/50%25.txt",
        "data/tail.": "data/tail%2E",
        "data/tail /x": "data/tail%20/x",
    }.items():
        assert Address(f"{base}{name}").place() == f"aip/a.1/v1/files/{place}"
    assert relative("a/b%25.txt", "c/d/e.html") == "../../a/b%2525.txt"


def test_addresses_without_a_place_are_let_go() -> None:
    """Only pages of holdings have a place; accounts, searches, feeds and other hosts have none."""
    page = Address("/tree/x")
    for link in (
        "/login",
        "/search?q=a",
        "/tree/x/feed.atom",
        "/feed.atom",
        "/api",
        "/me",
        "/basket/new",
        "/help",
    ):
        assert address_behind(link, page) == (None, ""), link
    assert address_behind("?page=2#packages", page) == (Address("/tree/x", (("page", 2),)), "packages")
    assert address_behind("?page=1", page) == (page, "")
    assert Address("/tree/x", (("page", 2),)).place() == "tree/x/page-2.html"


def test_a_page_is_copied_but_for_what_needs_a_server() -> None:
    """Text, entities and drawings come over exactly; forms, scripts and dead links are taken away."""
    html = (
        '<!doctype html><main id="m"><p>a &amp; &lt;b&#62;</p>'
        "<form><p>x</p><input></form><script>1<2</script>"
        '<svg viewBox="0 0 1 1"><path d="M0 0"/></svg><nav><ul><li><a href="/me">me</a></li></ul></nav>'
        '<p><a href="/x?a=1&amp;b=2">go</a> <a href="/none">word</a>'
        '<a class="button" href="/none">do</a></p></main>'
    )
    got = still_page(html, lambda link: "../x y.html" if link == "/x?a=1&b=2" else None, "<i>note</i>")
    assert got == (
        '<!doctype html><main id="m"><i>note</i><p>a &amp; &lt;b&#62;</p>'
        '<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'
        '<p><a href="../x y.html">go</a> <span>word</span></p></main>'
    )


def test_the_command_refuses_a_used_folder_with_a_way_out(
    archive: Archive, lean: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy with a file that is no part of it is somebody's; ``oais export --static`` leaves it alone."""
    target = Path(shutil.copytree(lean, tmp_path / "copy"))
    (target / "notes.txt").write_text("mine")
    assert main(["export", "--static", str(target), "--home", str(archive.home)]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "notes.txt is no part of it" in told
    assert "name an empty or missing folder" in told
