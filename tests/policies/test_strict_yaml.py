"""The strict YAML reader: whatever could mean two things, or grow, is refused with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oais.errors import ConfigurationError
from policies.yaml import LARGEST, Scalar, Sequence, Table, load_strict_yaml, parse_strict_yaml

REFUSED = {
    "duplicate key": (b"a: 1\nb: 2\na: 3\n", 3, "'a'"),
    "duplicate key spelled otherwise": (b"a: 1\n'a': 3\n", 2, "'a'"),
    "nested duplicate key": (b"a:\n  b: 1\n  b: 2\n", 3, "'b'"),
    "merge key": (b"a: 1\n<<: {b: 2}\n", 2, "merge"),
    "anchor": (b"a: 1\nb: &x 2\n", 2, "anchor"),
    "alias": (b"a: &x 1\nb: *x\n", 2, "alias"),
    "self reference": (b"a: &x [*x]\n", 1, "alias"),
    "tag": (b"a: !!python/object/apply:os.system [ls]\n", 1, "tag"),
    "tag of a number": (b"a: 1\nb: !!int 2\n", 2, "tag"),
    "two documents": (b"a: 1\n---\nb: 2\n", 2, "second document"),
    "directive": (b"%YAML 1.1\n---\na: 1\n", 1, "directive"),
    "tab": (b"a:\n\tb: 1\n", 2, "tab"),
    "NUL": (b"a: 1\nb: x\x00y\n", 2, "U+0000"),
    "escape character": (b"a: \x1b[31m\n", 1, "U+001B"),
    "escape for a control character": (b'a: 1\nb: "x\\u0001y"\n', 2, "U+0001"),
    "escape for half a character": (b'a: 1\n"\\ud800": 1\n', 2, "U+D800"),
    "next line character": ("a: x\u0085y\n".encode(), 1, "U+0085"),
    "byte order mark": (b"\xef\xbb\xbfa: 1\n", 1, "byte order mark"),
    "UTF-16": ("a: 1\n".encode("utf-16"), 1, "byte order mark"),
    "not UTF-8": (b"a: 1\nb: \xff\n", 2, "0xff"),
    "too large": (b"a: " + b"x" * LARGEST, 0, "bytes"),
    "too deep, flow": (b"a: " + b"[" * 50_000, 1, "levels deep"),
    "too deep, block": (b"\n".join(b" " * n + b"a:" for n in range(30)), 11, "levels deep"),
    "too deep, maps": (b"{a: " * 15_000, 1, "levels deep"),
    "list at the top": (b"- a\n", 1, "a list"),
    "text at the top": (b"hello\n", 1, "'hello'"),
    "nothing": (b"", 1, "nothing"),
    "comment only": (b"# hello\n", 1, "nothing"),
    "key that is a list": (b"? [a]\n: b\n", 1, "as a key"),
    "not closed": (b"a: [1, 2\n", 2, "expected"),
    "bad indentation": (b"a: 1\n  b: 2\n", 2, "mapping values"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_line(name: str) -> None:
    """Each ambiguous or unbounded thing gives a fault that names the line and what was found."""
    data, line, words = REFUSED[name]
    _, faults = parse_strict_yaml(data, "policy.yaml")
    assert faults, name
    assert any(fault.line == line and words in str(fault) for fault in faults), [str(f) for f in faults]
    with pytest.raises(ConfigurationError, match="fault"):
        load_strict_yaml(data, "policy.yaml")


@pytest.mark.parametrize("text", ["010", "12:30:45", "no", "y", "2026-02-30", "1e3", "0x10", "1_000", ".inf"])
def test_everything_is_text(text: str) -> None:
    """What YAML 1.1 turns into numbers, dates and truth values stays as it was written."""
    table = load_strict_yaml(f"a: {text}\n", "policy.yaml")
    value = table.entries["a"]
    assert isinstance(value, Scalar)
    assert (value.text, value.null) == (text, False)


@pytest.mark.parametrize(
    ("text", "null"), [("", True), ("~", True), ("null", True), ("'~'", False), ('""', False)]
)
def test_nothing_is_not_an_empty_text(text: str, null: bool) -> None:
    """A value that was left out can be told from an empty one that was written."""
    value = load_strict_yaml(f"a: {text}\n", "policy.yaml").entries["a"]
    assert isinstance(value, Scalar)
    assert value.null is null


def test_all_faults_of_a_file_are_told_at_once() -> None:
    """Five different faults in one file are five messages."""
    data = b"a: 1\na: 2\n<<: {b: 3}\nc: &x 1\nd: *x\ne: !!int 4\n"
    _, faults = parse_strict_yaml(data, "policy.yaml")
    assert [fault.line for fault in faults] == [2, 3, 4, 5, 6]


def test_lines_are_kept() -> None:
    """Every value knows the line it was written in."""
    table = load_strict_yaml("a: 1\n\nb:\n  - x\n  - c: y\n", "policy.yaml")
    items = table.entries["b"]
    assert isinstance(items, Sequence)
    inner = items.items[1]
    assert isinstance(inner, Table)
    assert (table.key_lines["b"], items.items[0].line, inner.entries["c"].line) == (3, 4, 5)


@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_table_or_faults(data: bytes) -> None:
    """Whatever is thrown at it, the reader answers and never raises."""
    table, faults = parse_strict_yaml(data, "policy.yaml")
    assert faults or table is not None


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@` \n~<?,.0", max_size=60))
def test_any_text_ends_in_a_table_or_faults(text: str) -> None:
    """Random texts of YAML's own characters neither raise nor pass half read."""
    table, faults = parse_strict_yaml(text, "policy.yaml")
    assert faults or table is not None
