"""The XML door: what is refused, by which code, how fast; and that real labels pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oais.information.xml import XmlLimits, XmlRefusedError, parse_xml

ENTITIES = b"".join(b'<!ENTITY e%d "&e%d;&e%d;">' % (n + 1, n, n) for n in range(30))
MANY_ATTRIBUTES = b" ".join(b'n%d="v"' % n for n in range(100_000))
MANY_NAMESPACES = b" ".join(b'xmlns:n%d="u%d"' % (n, n) for n in range(20_000))

REFUSED = {
    "D1 plain DOCTYPE": (b"<!DOCTYPE a><a/>", "XML-002"),
    "D1 XXE file": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "XML-002"),
    "D1 XXE http": (b'<!DOCTYPE a SYSTEM "http://192.0.2.1/x.dtd"><a/>', "XML-002"),
    "D1 XXE parameter": (
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://192.0.2.1/p"> %p;]><a/>',
        "XML-002",
    ),
    "D1 billion laughs": (
        b'<!DOCTYPE a [<!ENTITY e0 "ha">' + ENTITIES + b"]><a>&e30;</a>",
        "XML-002",
    ),
    "D1 quadratic blow-up": (
        b'<!DOCTYPE a [<!ENTITY q "' + b"x" * 50_000 + b'">]><a>' + b"&q;" * 5_000 + b"</a>",
        "XML-002",
    ),
    "D1 XInclude": (
        b'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="/etc/passwd"/></a>',
        "XML-003",
    ),
    "D1 stylesheet before": (b'<?xml-stylesheet href="x.xsl"?><a/>', "XML-003"),
    "D1 stylesheet after": (b'<a/><?xml-stylesheet href="x.xsl"?>', "XML-003"),
    "D2 depth 257": (b"<a>" * 257 + b"</a>" * 257, "XML-005"),
    "D2 depth 65": (b"<a>" * 65 + b"</a>" * 65, "XML-005"),
    "D2 11 MB of text": (b"<a>" + b"x" * 11_000_000 + b"</a>", "XML-005"),
    "D2 100 k attributes": (b"<a " + MANY_ATTRIBUTES + b"/>", "XML-005"),
    "D2 20 k namespaces": (b"<a " + MANY_NAMESPACES + b"/>", "XML-005"),
    "D2 1 M elements": (b"<a>" + b"<b/>" * 1_000_000 + b"</a>", "XML-005"),
    "D2 over 50 MB": (b"<a>" + b" " * (50 << 20) + b"</a>", "XML-005"),
    "D3 UTF-16": ("<a/>".encode("utf-16"), "XML-004"),
    "D3 UTF-7": (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "XML-004"),
    "D3 Latin-1 named UTF-8": (b'<?xml version="1.0" encoding="UTF-8"?><a>\xe9</a>', "XML-004"),
    "D3 illegal character": (b"<a>\x01</a>", "XML-001"),
    "D3 NUL": (b"<a>\x00</a>", "XML-001"),
    "D3 surrogate": (b"<a>&#xD800;</a>", "XML-001"),
    "D3 lone ampersand": (b"<a>salt & pepper</a>", "XML-001"),
    "D3 two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbf<a/>", "XML-004"),
    "D3 XML 1.1": (b'<?xml version="1.1"?><a/>', "XML-004"),
    "D3 C1 control": ("<a>\x81</a>".encode(), "XML-004"),
    "undeclared entity": (b"<a>&nobody;</a>", "XML-001"),
    "empty": (b"", "XML-001"),
    "two roots": (b"<a/><b/>", "XML-001"),
    "cut off": (b"<a><b>", "XML-001"),
}


def outcome(document: bytes) -> str:
    """Return "element" or the code of the refusal; any other exception fails the test."""
    try:
        parse_xml(document)
    except XmlRefusedError as refusal:
        return refusal.code
    return "element"


@pytest.mark.parametrize("name", REFUSED)
def test_bad_document_is_refused_by_its_code(name: str, record_count: Callable[[str, int], None]) -> None:
    """Each row of table D1-D3 is refused with the documented code."""
    document, code = REFUSED[name]
    with pytest.raises(XmlRefusedError) as refusal:
        parse_xml(document)
    assert refusal.value.code.startswith(code)
    found = refusal.value.as_finding("label.xml")
    assert found.path == "label.xml"
    assert found.remedy
    record_count("bad XML documents refused", 1)


@pytest.mark.parametrize(
    "document",
    [
        b"<a/>",
        b"\xef\xbb\xbf<a/>",
        b'<?xml version="1.0" encoding="utf-8"?><?xml-model href="x.sch"?><a/>',
        b"<a>" * 64 + b"</a>" * 64,
        b"<a>&lt;script&gt; ]]&gt; &#233;</a>",
    ],
)
def test_plain_document_is_read(document: bytes) -> None:
    """What the rules allow is read, other processing instructions included."""
    assert parse_xml(document).tag == "a"


def test_limits_are_the_callers(tmp_path: Path) -> None:
    """A path is read up to the caller's limit and no further."""
    path = tmp_path / "large.xml"
    path.write_bytes(b"<a>" + b" " * 100 + b"</a>")
    assert parse_xml(path).tag == "a"
    with pytest.raises(XmlRefusedError):
        parse_xml(path, XmlLimits(size=50))


def test_every_real_label_is_read(shared: Path) -> None:
    """All XML of the real bundle is read, except the file that is empty."""
    labels = sorted((shared / "data" / "pds4").rglob("*.x[ms][ld]"))
    assert len(labels) == 13
    for label in labels:
        if label.stat().st_size:
            assert parse_xml(label).tag
        else:
            with pytest.raises(XmlRefusedError):
                parse_xml(label)


@given(st.binary(max_size=400))
def test_any_bytes_give_an_element_or_a_refusal(document: bytes) -> None:
    """No bytes whatever lead to any other exception."""
    assert outcome(document).startswith(("element", "XML-"))


@given(st.data())
def test_damaged_document_gives_an_element_or_a_refusal(data: st.DataObject) -> None:
    """A good document with some bytes changed is read or refused, never anything else."""
    document = bytearray(b'<?xml version="1.0" encoding="UTF-8"?><a x="1"><b>text</b>&amp;<c/></a>')
    for _ in range(data.draw(st.integers(1, 4))):
        document[data.draw(st.integers(0, len(document) - 1))] = data.draw(st.integers(0, 255))
    assert outcome(bytes(document)).startswith(("element", "XML-"))
