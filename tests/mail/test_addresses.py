"""Addresses: one mailbox or none, whatever is written where an address is asked (table H, H1 and H2)."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oais.mail import Address, Letter, Subject, message_of, parse_address
from oais.mail.address import AddressError

SENDER = parse_address("archive@example.org")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
]
ODD = [
    "",
    " ",
    "@",
    "a",
    "a@",
    "@example.org",
    "a@@example.org",
    "a b@example.org",
    " a@example.org",
    "a@example.org ",
    "a@example.org\n",
    "a\r\nBcc: b@example.org@example.org",
    "a@example.org\r\nBcc: b@example.org",
    "a@example.org, b@example.org",
    "a@example.org;b@example.org",
    "Name <a@example.org>",
    "<a@example.org>",
    '"a b"@example.org',
    '"a@b"@example.org',
    "=?utf-8?q?=0a?=@example.org",
    "=?utf-8?b?Yg==?=@example.org",
    "a@[127.0.0.1]",
    "a@127.0.0.1",
    "a@localhost",
    "a@example.test",
    "a@example..org",
    ".a@example.org",
    "a.@example.org",
    "a@-example.org",
    "a@exam_ple.org",
    "a@example.org.",
    "ä@example.org",
    "a\x00@example.org",
    "a\u202e@example.org",
    "a\ud800@example.org",
    "a(comment)@example.org",
    f"{'a' * 65}@example.org",
    f"a@{'b' * 64}.org",
    f"a@{'b.' * 130}org",
    "a" * 100_000,
]


def headers_of(address: Address) -> tuple[list[str], list[str]]:
    """The names of a message's headers, and whom its To names as its own bytes say."""
    message = message_of(Letter(address, Subject.ACCESS_CODE, "text"), SENDER, NOON, "1")
    mailboxes = message["To"].addresses
    return message.keys(), [mailbox.addr_spec for mailbox in mailboxes]


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text)[:40])
def test_an_odd_address_is_refused_in_words(text: str) -> None:
    """Nothing but one plain address is one, and the refusal says what is expected."""
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert "is not a valid address; expected one such as name@example.org" in caught.value.message
    assert len(caught.value.message) < 300
    assert caught.value.message.isprintable()
    assert caught.value.http_status == 422


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("ada@Example.ORG", "ada@example.org"),
        ("x@münchen.de", "x@xn--mnchen-3ya.de"),
        ("a@pаypal.com", "a@xn--pypal-4ve.com"),
        ("o'neil+tess@example.org", "o'neil+tess@example.org"),
    ],
)
def test_an_address_is_written_in_ascii(text: str, written: str) -> None:
    """A domain in another script is written as the network knows it, so that a twin is seen as what it is."""
    assert parse_address(text).text == written


def test_one_mailbox_has_one_identity() -> None:
    """Case and a tag behind a plus do not make another mailbox out of one."""
    first, second = parse_address("Ada+tess@example.org"), parse_address("ada@EXAMPLE.org")
    assert first.identity == second.identity == "ada@example.org"
    assert parse_address("+a@example.org").identity == "+a@example.org"


def test_a_country_is_the_one_the_domain_names() -> None:
    """Two letters at the end are a country; anything else names none."""
    assert parse_address("a@obs.example.fr").country == "fr"
    assert parse_address("a@example.org").country == ""


ADDRESS_LIKE = st.text(
    st.sampled_from('ab.@+-_=?<>",;:()[]\\ \r\n\t\x00äа\u202e1utf8qb'), min_size=1, max_size=60
)


@settings(max_examples=500)
@example("=?utf-8?q?=0a?=@example.org")
@example("a@example.org,b@example.org")
@given(st.one_of(st.emails(), ADDRESS_LIKE, ADDRESS_LIKE.map(lambda text: f"{text}@example.org"), st.text()))
def test_whatever_is_written_becomes_one_recipient_or_none(text: str) -> None:
    """A letter has exactly the headers it should have and exactly one recipient, or there is no letter."""
    try:
        address = parse_address(text)
    except AddressError:
        return
    names, recipients = headers_of(address)
    assert sorted(names) == sorted(HEADERS)
    assert recipients == [address.text]
    assert address.text.isascii()
    assert address.text.isprintable()


def test_ten_thousand_damaged_addresses_are_one_recipient_or_none(seeded: random.Random) -> None:
    """Sound addresses with a few characters exchanged, doubled or lost: most are none, the others are one."""
    pieces = [
        "ada",
        "a.b",
        "o'neil+tess",
        "example.org",
        "xn--mnchen-3ya.de",
        "@",
        ".",
        "-",
        *'"<>,;:()[]\\ \r\n\t\0',
    ]
    sound = 0
    for _ in range(10_000):
        text = list("ada.lovelace+tess@obs.example.org")
        for _ in range(seeded.randint(0, 3)):
            place = seeded.randrange(len(text))
            text[place : place + seeded.randint(0, 2)] = seeded.choice(pieces)
        try:
            address = parse_address("".join(text))
        except AddressError:
            continue
        sound += 1
        assert headers_of(address)[1] == [address.text]
    assert 1_000 < sound < 9_000


@given(st.text())
def test_no_text_of_a_letter_reaches_its_headers(text: str) -> None:
    """Whatever a letter says, its headers stay the same and its bytes can be sent."""
    letter = Letter(parse_address("ada@example.org"), Subject.RECEIPT, text)
    message = message_of(letter, SENDER, NOON, "1")
    head = message.as_bytes().split(b"\r\n\r\n", 1)[0]
    assert sorted(message.keys()) == sorted(HEADERS)
    assert head.count(b"\r\n") == len(HEADERS) - 1
    assert head.isascii()
