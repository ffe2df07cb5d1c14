"""Names resolved to positions: by the index, a file, and a service that may be slow, hostile or away."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from oais.archive import Archive
from oais.errors import ConfigurationError, WrongUsageError
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.resolving.listed import NamesFile
from oais.functions.resolving.resolver import Position, UnansweredError
from oais.functions.resolving.service import LARGEST, NameService
from policies.access import Principal, Role
from search_index.index import create_index
from tests.search_index.factory import product, record

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<Sesame xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<Target option="SNV"><name>M 31</name><!-- Q123 -->
<Resolver name="S=Simbad"><INFO>*** Nothing found ***</INFO></Resolver>
<Resolver name="N=NED"><otype>G</otype><jpos>00:42:44.33 +41:16:07.5</jpos>
<jradeg>10.6847083</jradeg><jdedeg>+41.2687500</jdedeg><oname>M  31</oname></Resolver>
</Target></Sesame>"""
NOTHING = b'<Sesame><Target option="S"><name>x</name><INFO>*** Nothing found ***</INFO></Target></Sesame>'
TEXT = (
    b"# M31\t#Q1\n#=S=Simbad (via url):    1\n%@ 1575544\n%C.0 AGN\n%J 010.6847083 +41.2687500 = 00:42:44.3\n"
)
ANDROMEDA = (10.6847083, 41.26875)
PATH = "/cgi/-oxp/SNV"

OPERATOR = Principal("operator", Role.ARCHIVIST)

Reply = Callable[[socket.socket], None]


def whole(body: bytes, status: str = "200 OK", *more: str, length: int | None = None) -> Reply:
    """Answer with all of a body, or with less of it than is promised."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *more]
    head = "\r\n".join([*lines, "", ""]).encode()
    return lambda line: line.sendall(head + body)


@dataclass
class Service:
    """A service on this machine: how it replies now, and the first lines of what it was asked."""

    port: int
    reply: Reply = field(default_factory=lambda: whole(XML))
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    now: float = 1_000.0

    def resolver(self, patience: float = 5.0) -> NameService:
        """Return a resolver that asks it and looks at the test's own clock."""
        address = f"http://127.0.0.1:{self.port}{PATH}"
        return NameService(address, clock=lambda: self.now, patience=patience)


@pytest.fixture
def service() -> Iterator[Service]:
    """A service that answers each connection once."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        made = Service(door.getsockname()[1])
        with serving(door, made):
            yield made


@contextmanager
def serving(door: socket.socket, made: Service) -> Iterator[None]:
    """Answer in threads until the test ends."""

    def answer(line: socket.socket) -> None:
        with closing(line):
            told = b""
            while b"\r\n\r\n" not in told and (piece := line.recv(4_096)):
                told += piece
            made.asked.append(told.partition(b"\r\n")[0].decode())
            try:
                made.reply(line)
            except OSError:
                return  # the other side left

    def accept() -> None:
        while not made.over.is_set():
            try:
                line, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(line,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield
    made.over.set()
    door.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@pytest.mark.parametrize("body", [XML, TEXT])
def test_a_position_is_read_and_kept_for_a_day(service: Service, body: bytes) -> None:
    """From XML and from text; the name is asked once, however it is written, and again the next day."""
    service.reply = whole(body)
    resolver = service.resolver()
    assert resolver.position("M 31") == Position(*ANDROMEDA, "127.0.0.1")
    assert resolver.position("m31") == Position(*ANDROMEDA, "127.0.0.1")
    assert service.asked == [f"GET {PATH}?M%2031 HTTP/1.1"]
    service.now += 90_000
    assert resolver.position("M 31") is not None
    assert len(service.asked) == 2


def test_what_nobody_knows_is_kept_too(service: Service) -> None:
    """Nothing found is an answer; a name without a word in it is not even asked."""
    service.reply = whole(NOTHING)
    resolver = service.resolver()
    assert [resolver.position(name) for name in ("none such", "none such", " ", "x" * 300)] == [None] * 4
    assert len(service.asked) == 1
    assert service.resolver().position("M31?&#/..\u00e9") is None
    assert service.asked[1] == f"GET {PATH}?M31%3F%26%23%2F..%C3%A9 HTTP/1.1"


def drip(service: Service, how: str) -> Reply:
    """Send nothing, or a byte now and then for ever: of the head or of the body."""
    begin = {
        "head": b"HTTP/1.1 200 OK\r\nX-Slow: ",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n",
    }

    def reply(line: socket.socket) -> None:
        line.sendall(begin.get(how, b""))
        while not service.over.wait(0.02):
            line.sendall(b"<" if how in begin else b"")

    return reply


FAULTS = {
    "failure": (whole(b"", "500 Oh"), "answered with status 500"),
    "redirect": (whole(b"", "302 There", "Location: http://127.0.0.1:1/"), "answered with status 302"),
    "huge": (whole(b"#" * (LARGEST + 1)), f"answered with more than {LARGEST} bytes"),
    "endless": (whole(b"#" * (LARGEST + 1), length=10**12), f"answered with more than {LARGEST} bytes"),
    "dropped": (whole(TEXT, length=9_000), "did not answer; the connection failed"),
    "silent": (lambda _: None, "did not answer; the connection failed"),
    "no HTTP": (lambda line: line.sendall(b"%J 1 2\n"), "did not answer; the connection failed"),
    "page": (whole(b"<html><body>10 20</body></html>"), "could not be read"),
    "cut": (whole(XML[:-20]), "could not be read"),
    "doctype": (whole(b"<!DOCTYPE Sesame [<!ENTITY x 'y'>]><Sesame/>"), "could not be read"),
    "words": (whole(b"10.68 41.27"), "could not be read"),
    "empty": (whole(b""), "could not be read"),
    "off the sky": (whole(b"%J 10 91 = x"), "could not be read"),
    "not a number": (whole(b"%J nan 1 = x"), "could not be read"),
    "half": (whole(XML.replace(b"<jdedeg>+41.2687500</jdedeg>", b"")), "could not be read"),
}


@pytest.mark.parametrize(("reply", "fault"), FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_told_and_the_service_let_alone_for_a_minute(
    service: Service, reply: Reply, fault: str
) -> None:
    """Whatever comes instead of an answer is one sentence; then no search waits for it for a while."""
    service.reply = reply
    resolver = service.resolver()
    for name in ("M 31", "M 32"):
        with pytest.raises(UnansweredError, match="the resolver ") as told:
            resolver.position(name)
        assert fault in str(told.value)
    assert len(service.asked) == 1
    service.reply = whole(XML)
    service.now += 61
    assert resolver.position("M 31") == Position(*ANDROMEDA, "127.0.0.1")


@pytest.mark.parametrize("how", ["nothing", "head", "body"])
def test_patience_ends_however_slowly_it_drips(service: Service, how: str) -> None:
    """Each byte comes in time, but the answer never does."""
    service.reply = drip(service, how)
    with pytest.raises(UnansweredError, match=r"did not answer within 0\.3 seconds"):
        service.resolver(patience=0.3).position("M 31")


def test_a_service_that_is_away_is_told() -> None:
    """Nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(UnansweredError, match="did not answer; the connection failed"):
        NameService(f"http://127.0.0.1:{port}/").position("M 31")


def test_few_wait_at_one_time(service: Service) -> None:
    """A third search does not wait behind two others: it is told that the service is busy."""
    go_on, both = threading.Event(), threading.Barrier(3)

    def reply(line: socket.socket) -> None:
        both.wait(20)
        go_on.wait(20)
        whole(XML)(line)

    service.reply = reply
    resolver = service.resolver(patience=30.0)
    found: list[Position | None] = []
    threads = [
        threading.Thread(target=lambda name=name: found.append(resolver.position(name)))
        for name in ("M 31", "M 32")
    ]
    for thread in threads:
        thread.start()
    both.wait(20)
    with pytest.raises(UnansweredError, match="busy; try again"):
        resolver.position("M 33")
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert len([position for position in found if position]) == 2


@pytest.mark.parametrize(
    "address",
    [
        "ftp://a.example/",
        "file:///etc/passwd",
        "a.example",
        "http://",
        "https://u:p@a.example/",
        "http://a:x/",
        "http://a/ b",
    ],
)
def test_an_address_that_is_none_is_refused_at_the_start(archive: Archive, address: str) -> None:
    """The setting is named, with what is expected."""
    wrong = replace(archive, settings=replace(archive.settings, name_service=address))
    with pytest.raises(ConfigurationError, match="name_service is "):
        open_access(wrong)


def test_a_file_of_names_is_read_anew_when_it_changes(tmp_path: Path) -> None:
    """Any case and spacing, degrees or sexagesimal, columns in any order and more than are asked."""
    path = tmp_path / "names.csv"
    path.write_text(
        'dec,name,ra,remark\n+22:00:52,"Crab, the",05:34:31.9,x\n\n-60.9,TIC 1,72.69,\n', "utf-8-sig"
    )
    names = NamesFile(path)
    crab = names.position("crab, THE")
    assert crab is not None
    assert (crab.ra, crab.dec) == pytest.approx((83.6329, 22.0144), abs=1e-3)
    assert names.position("tic1") == Position(72.69, -60.9, "the archive's file of names")
    assert names.position("nobody") is None
    path.write_text("name,ra,dec\nnobody,1,2\n", "utf-8")
    assert names.position("nobody") == Position(1, 2, "the archive's file of names")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1 names no column 'name'"),
        ("name,ra\nx,1\n", "line 1 names no column 'dec'"),
        ("name,ra,dec\nx,1,2\ny,400,2\n", "line 3: '400' is not a right ascension"),
        ("name,ra,dec\nx,1\n", "line 2 has 2 cells; expected 3"),
        ("name,ra,dec\n ,1,2\n", "line 2 has no name"),
        ("name,ra,dec\nX 1,1,2\nx1,1,3\n", "line 3: 'x1' has two positions"),
        ('name,ra,dec\n"x,1,2\n', "unexpected end of data"),
        ("name,ra,dec\n\udcff,1,2\n", "no text in UTF-8"),
    ],
)
def test_a_faulty_file_of_names_is_told_by_its_line(tmp_path: Path, text: str, fault: str) -> None:
    """Nothing of it is used until it is mended."""
    path = tmp_path / "names.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UnansweredError, match=r"the file of names names\.csv cannot be used: ") as told:
        NamesFile(path).position("x")
    assert fault in str(told.value)


def test_a_file_of_names_that_is_none_is_told(tmp_path: Path) -> None:
    """Missing, or no file at all."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(UnansweredError, match="cannot be used"):
            NamesFile(path).position("x")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnansweredError, match="cannot be used"):
        NamesFile(tmp_path / "pipe").position("x")


def asking(archive: Archive, service: Service) -> Archive:
    """Return the archive with three packages, a file of names and the service."""
    index = create_index(archive.index_root)
    for name, target, ra in (("one", "HD 1", 10.0), ("two", "HD 2", 10.5), ("far", "HD 3", 200.0)):
        node = "alpha/n1" if name != "two" else "alpha/n0"
        index.add([record(name, product(f"{name}.fits", target_name=target, s_ra=ra, s_dec=41.0), node=node)])
    (archive.home / "names.csv").write_text("name,ra,dec\nHD 1,200,41\nListed,10.25,41\n", "utf-8")
    address = f"http://127.0.0.1:{service.port}{PATH}"
    return replace(archive, settings=replace(archive.settings, names_file="names.csv", name_service=address))


def test_resolvers_are_asked_in_order(archive: Archive, service: Service) -> None:
    """What is held first, then the file, then the service; the cone lies where the first of them says."""
    access = open_access(asking(archive, service), principal=OPERATOR)
    for name, source, found in (
        ("hd1", "the archive's index", ["one", "two"]),
        ("LISTED", "the archive's file of names", ["one", "two"]),
        ("Andromeda", "127.0.0.1", ["two", "one"]),
        ("hd3", "the archive's index", ["far"]),
    ):
        view = access.find(Question(near=name, radius="1"))
        assert view.named is not None
        assert view.named.position is not None
        assert view.named.position.source == source
        assert [hit.aip_id for hit in view.hits] == found, name
    assert len(service.asked) == 1


def test_a_search_goes_on_without_a_position(archive: Archive, service: Service) -> None:
    """Nothing lies around what nobody knows; why is told beside the answer, and a wrong question refused."""
    service.reply = whole(b"", "503 Away")
    access = open_access(asking(archive, service), principal=OPERATOR)
    view = access.find(Question(near="Nowhere"))
    assert (view.page.total, view.hits) == (0, ())
    assert view.named is not None
    assert view.named.position is None
    assert view.named.faults == ("the resolver 127.0.0.1 answered with status 503",)
    assert access.find(Question(near="Nowhere", order="distance")).page.total == 0
    for wrong in (
        Question(near="x", cone="1,2,3"),
        Question(near="x", ra="1"),
        Question(near="x", radius="y"),
        Question(near="x", radius="nan"),
        Question(near="x", radius="-1"),
    ):
        with pytest.raises(WrongUsageError):
            access.find(wrong)


def test_nobody_is_asked_unless_the_settings_say_so(archive: Archive, service: Service) -> None:
    """As it is installed an archive speaks to nobody."""
    plain = asking(archive, service)
    alone = replace(plain, settings=replace(plain.settings, names_file="", name_service=""))
    assert open_access(alone, principal=OPERATOR).find(Question(near="Listed")).page.total == 0
    assert service.asked == []
