"""Postings that are gathered in little memory come back whole and sorted, whatever their number."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_index.words import store
from search_index.words.documents import WordDocument
from search_index.words.gathering import Gathered
from search_index.words.store import WordReader, create_words, write_words
from search_index.words.terms import read_question

TERMS = st.text("abé0", min_size=1, max_size=3)
DOCUMENTS = st.lists(st.sets(st.tuples(st.sampled_from(["names", "words"]), TERMS)), max_size=30)


@given(DOCUMENTS, st.integers(0, 4_000))
def test_what_was_gathered_comes_back_sorted(documents: list[set[tuple[str, str]]], most: int) -> None:
    """In runs of any size, each posting comes once, by field, term and document; no file is left."""
    told = [
        (field, term.encode(), number, 1.0, b"")
        for number, terms in enumerate(documents)
        for field, term in terms
    ]
    with tempfile.TemporaryDirectory() as place:
        gathered = Gathered(Path(place), most)
        for posting in told:
            gathered.add(posting)
        assert list(gathered.iter_postings()) == sorted(told)
        assert list(Path(place).iterdir()) == []
        gathered.cleanup()


@pytest.mark.parametrize(("weight", "value"), [(2.0, b""), (1.0, b"x")])
def test_a_weight_that_would_be_lost_is_refused(tmp_path: Path, weight: float, value: bytes) -> None:
    """None of our fields has any; one that had would not be indexed as if it had none."""
    with pytest.raises(ValueError, match="expected neither"):
        Gathered(tmp_path, 1_000).add(("words", b"gyro", 1, weight, value))


@pytest.mark.parametrize("most", [0, 1 << 20])
def test_words_are_found_alike_however_little_memory_they_were_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """An index that laid aside a run for every term answers as one that held them all."""
    monkeypatch.setattr(store, "_POOL_BYTES", most)
    documents = [
        WordDocument(
            f"aip:{number}", number, frozenset([f"n{number}"]), frozenset(["all", f"m{number % 3}"]), ""
        )
        for number in range(1, 30)
    ]
    create_words(tmp_path)
    write_words(tmp_path, documents, whole=True)
    reader = WordReader(tmp_path)
    for question, expected in (("all", range(1, 30)), ("n7", [7]), ("m1", range(1, 30, 3))):
        assert sorted(reader.matching(read_question(question))[0]) == list(expected), question
