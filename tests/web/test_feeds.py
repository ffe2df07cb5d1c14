"""Atom feeds: sound by RFC 4287, the same for the same, and of nothing that the tree would not show."""

from __future__ import annotations

import re

import pytest
from lxml import etree
from starlette.testclient import TestClient

from tests.web.conftest import LIGHT_CURVE, Rules

ATOM = {"a": "http://www.w3.org/2005/Atom"}
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
FEEDS = ("/feed.atom", "/tree/tess/feed.atom", "/tree/tess/n1/feed.atom", "/tree/corot/n0/feed.atom")


def read(client: TestClient, address: str) -> etree._Element:
    """The feed at an address, parsed without mercy."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml"
    return etree.fromstring(answer.content)


def texts(element: etree._Element, path: str) -> list[str]:
    """What an XPath expression finds in a feed."""
    found = element.xpath(path, namespaces=ATOM)
    assert isinstance(found, list)
    return [str(item) for item in found]


@pytest.mark.parametrize("address", FEEDS)
def test_a_feed_has_what_rfc_4287_asks(client: TestClient, address: str) -> None:
    """Exactly one id, title and moment, an author, a link to itself, and the same for each entry."""
    feed = read(client, address)
    for parent in [feed, *feed.findall("a:entry", ATOM)]:
        for name in ("id", "title", "updated"):
            (element,) = parent.findall(f"a:{name}", ATOM)
            assert (element.text or "").strip()
        assert MOMENT.fullmatch(parent.findtext("a:updated", "", ATOM))
        assert parent.findtext("a:id", "", ATOM).startswith("http://127.0.0.1:8000/")
        assert len(parent.findall("a:link[@rel='alternate']", ATOM)) == 1
    assert texts(feed, "/a:feed/a:author/a:name/text()") == ["Test <archive> & co"]
    assert texts(feed, "/a:feed/a:link[@rel='self']/@href") == [f"http://127.0.0.1:8000{address}"]
    identifiers = texts(feed, "//a:entry/a:id/text()")
    assert len(set(identifiers)) == len(identifiers)


def test_a_feed_tells_what_came_in_last_first(client: TestClient) -> None:
    """The newest package stands on top, and the feed is as new as it."""
    feed = read(client, "/feed.atom")
    moments = texts(feed, "//a:entry/a:updated/text()")
    assert moments == sorted(moments, reverse=True)
    assert len(moments) == 3
    assert texts(feed, "/a:feed/a:updated/text()") == moments[:1]
    assert texts(feed, "//a:entry/a:id/text()")[0].endswith(f"/aip/{LIGHT_CURVE}/v2")


def test_a_place_tells_of_itself_and_below(client: TestClient) -> None:
    """A feed of a place has what rests there and in the places below, and nothing else."""
    below = texts(read(client, "/tree/tess/n1/feed.atom"), "//a:entry/a:id/text()")
    assert below == [f"http://127.0.0.1:8000/aip/{LIGHT_CURVE}/v2"]
    assert texts(read(client, "/tree/corot/n0/feed.atom"), "//a:entry") == []


def test_links_of_a_feed_lead_somewhere(client: TestClient) -> None:
    """Each page that a feed names is there."""
    for address in texts(read(client, "/feed.atom"), "//a:link/@href"):
        assert client.get(address.removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_a_feed_that_did_not_change_is_not_sent_again(client: TestClient) -> None:
    """Asked with its tag it answers that nothing changed, and HEAD has the headers of GET."""
    first = client.get("/feed.atom")
    again = client.get("/feed.atom", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get("/feed.atom", headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.head("/feed.atom").headers["etag"] == first.headers["etag"]


def test_pages_name_their_feed(client: TestClient) -> None:
    """A reader's program finds the feed from the page."""
    link = '<link rel="alternate" type="application/atom+xml"'
    assert f'{link} title="New packages" href="/feed.atom">' in client.get("/").text
    assert 'href="/tree/tess/n1/feed.atom">' in client.get("/tree/tess/n1").text


HIDDEN = "  - {node: tess/n1, policy: hidden}\n"
CLOSED = "  - {node: tess/n1, policy: closed}\n"
LISTED = "  - {node: tess/n1, policy: padlock}\n"


def test_a_feed_tells_nothing_that_may_not_be_known(under_rules: Rules) -> None:
    """What is hidden is in no feed, and its own feed is as if it were not, whatever is asked with it."""
    stranger = under_rules(HIDDEN)
    for headers in ({}, {"If-None-Match": "*"}):
        hidden = stranger.get("/tree/tess/n1/feed.atom", headers=headers)
        unknown = stranger.get("/tree/tess/no/feed.atom", headers=headers)
        assert (hidden.status_code, unknown.status_code) == (404, 404)
        assert hidden.text.replace("tess/n1", "") == unknown.text.replace("tess/no", "")
    for address in ("/feed.atom", "/tree/tess/feed.atom"):
        feed = read(stranger, address)
        assert LIGHT_CURVE not in etree.tostring(feed, encoding="unicode")
        assert len(feed.findall("a:entry", ATOM)) == 2


def test_a_feed_of_a_place_behind_a_padlock_is_empty(under_rules: Rules) -> None:
    """Its name may be known and what lies in it may not."""
    feed = read(under_rules(LISTED), "/tree/tess/n1/feed.atom")
    assert feed.findall("a:entry", ATOM) == []


def test_a_feed_says_which_data_are_closed(under_rules: Rules) -> None:
    """The description is public and the feed says that the data are not."""
    feed = read(under_rules(CLOSED), "/tree/tess/n1/feed.atom")
    (summary,) = texts(feed, "//a:summary/text()")
    assert summary.endswith("; its data are closed")
