"""Words: names as people write them are found, and no question stops or slows the index."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oais.errors import WrongUsageError
from search_index.index import Index, create_index
from search_index.query import Query
from tests.search_index.factory import PlainNode, product, record

TARGETS = {
    "tess": "TIC 55525572",
    "hot": "KELT-20",
    "cold": "KELT-9 20 s cadence",
    "seismo": "HD 174936",
    "accent": "Señal Épsilon Éridani",
    "hebrew": "כוכב צפון",
}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index of targets with telling names."""
    index = create_index(tmp_path_factory.mktemp("named") / "search_index")
    index.add(
        [
            record(name, product(f"{name}-x.fits", target_name=target), title=f"Package {name}")
            for name, target in TARGETS.items()
        ]
        + [record("run", product("hess_dl3_dr1_obs_id_023523.fits.gz"), title="Crab run", summary="")],
        [PlainNode("alpha/n1/curves", "Light curves", "Of TIC targets")],
    )
    return index


def _found(index: Index, words: str) -> set[str]:
    return {hit.aip.aip_id for hit in index.find(Query(words=words)).hits}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("TIC 55525572", {"tess"}),
        ("tic55525572", {"tess"}),
        ("55525572", {"tess"}),
        ("555255*", {"tess"}),
        ("tic555*", {"tess"}),
        ("KELT-20", {"hot"}),
        ("kelt20", {"hot"}),
        ("Kelt_20", {"hot"}),
        ("KELT 20", {"hot", "cold"}),
        ("kelt", {"hot", "cold"}),
        ("kelt*", {"hot", "cold"}),
        ("HD174936", {"seismo"}),
        ("hd-174936", {"seismo"}),
        ("senal ERIDANI", {"accent"}),
        ("Éridani", {"accent"}),
        ("צפון", {"hebrew"}),
        ("hess_dl3_dr1_obs_id_023523.fits.gz", {"run"}),
        ("hess_dl3_dr1_obs_id_023523", {"run"}),
        ("obs_id_023523", {"run"}),
        ("23523", {"run"}),
        ("the crab of the run", {"run"}),
        ("crab kelt", set()),
        ("nosuchword", set()),
        ("nosuch*", set()),
    ],
)
def test_a_name_is_found_however_it_is_written(named: Index, words: str, expected: set[str]) -> None:
    """Case, blanks, hyphens, accents, leading zeros and file endings do not hide a name."""
    assert _found(named, words) == expected


def test_a_name_comes_before_a_mention(empty: Index) -> None:
    """What is named by the words is a better answer than what only mentions them."""
    empty.add(
        [
            record("a.mention", title="Another thing", summary="compared with vega"),
            record("b.name", product("v.fits", target_name="Vega"), title="Zeta"),
        ]
    )
    assert [hit.aip.aip_id for hit in empty.find(Query(words="vega")).hits] == ["b.name", "a.mention"]


def test_a_place_is_found_by_its_words(named: Index) -> None:
    """Nodes whose own words match come with the answer, with their counts."""
    places = named.find(Query(words="light curves tic")).nodes
    assert [(place.path, place.total.aips) for place in places] == [("alpha/n1/curves", 7)]
    hidden = named.find(Query(words="light curves tic", without=("alpha/n1",)))
    assert (hidden.nodes, hidden.total) == ((), 0)


BAD = [
    "a" * 257,
    "a" * 200_000,
    "w*",
    "*",
    "ab*",
    "*abc",
    "**",
    " ".join("bcdefghijklmnopqr"),
    "NOT " * 3000,
    "the of and",
    "🙂🙂",
    "\0",
    "-",
    "(((((",
]
ODD = [
    "t:[a TO z]",
    "title:foo",
    "key:aip",
    "NOT NOT NOT",
    "(" * 100 + "kelt" + ")" * 100,
    "kelt AND",
    "'; DROP TABLE aips; --",
    "\u202ekelt\u202c",
    "kelt\0",
    "^(b+)+$",
    "[kelt]",
    "kelt~2",
    "kelt^5",
    "{kelt",
    "kel*t*2*0*",
    "\ud800kelt",
    "Ω≈ç√∫",
    "a" * 256,
    "kel" + "*t" * 120,
]


@pytest.mark.parametrize("words", BAD)
def test_what_cannot_be_asked_is_refused_with_a_reason(named: Index, words: str) -> None:
    """A refusal says what was found and what to do, and shows nothing unprintable."""
    with pytest.raises(WrongUsageError) as refused:
        named.find(Query(words=words))
    assert refused.value.remedy
    assert refused.value.message.isprintable()
    assert len(refused.value.message) < 600


@pytest.mark.parametrize("words", ODD)
def test_odd_words_are_only_words(named: Index, words: str) -> None:
    """What other languages give a meaning has none here."""
    named.find(Query(words=words))


@given(st.text(max_size=300))
def test_no_text_does_harm(named: Index, words: str) -> None:
    """Any text is answered or refused as wrong usage; there is no third way."""
    try:
        found = named.find(Query(words=words))
    except WrongUsageError:
        return
    assert found.total <= len(TARGETS) + 1


def test_a_wildcard_that_means_too_much_is_refused(empty: Index) -> None:
    """One star stands for at most 2,000 words, so that what it costs is bounded."""
    files = [product(f"number{count}.fits") for count in range(2_100)]
    empty.add([record("many", *files)])
    with pytest.raises(WrongUsageError, match="words begin with 'num'"):
        empty.find(Query(words="num*"))
    assert empty.find(Query(words="number209*")).total == 1
