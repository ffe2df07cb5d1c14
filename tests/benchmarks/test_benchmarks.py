"""The benchmarks themselves run: what they measure here is too small to say anything about speed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import GROUPS, PAGE, main
from benchmarks.figures import Figure, Target
from benchmarks.sizes import Sizes

TINY = Sizes(
    runs=1,
    files=40,
    file_bytes=1024,
    big_bytes=1 << 20,
    bags=2,
    peer_bags=1,
    many_files=40,
    few_files=10,
    aips=120,
    places=30,
    requests=20,
    entries=300,
    many_aips=30,
    sparse_bytes=20 << 20,
    restarted=20,
)


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_measures_and_fills_its_table(
    group: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A group runs from making its files to a row of the page for each figure it prints."""
    page = tmp_path / "benchmarks.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")

    assert main([group, "--quick"], TINY, page) == 0

    table = page.read_text(encoding="utf-8").partition(f"<!-- figures of {group} -->")[2]
    rows = [line for line in table.partition("<!-- end of")[0].splitlines() if line.startswith("|")]
    assert len(rows) > 2
    assert all(row.split("|")[-2].strip() in {"holds", "---", "yes", "no"} for row in rows)
    assert group in capsys.readouterr().out


def test_a_page_keeps_what_stands_around_the_figures(tmp_path: Path) -> None:
    """Writing a table twice changes nothing outside its marks, and nothing doubles."""
    from benchmarks.report import write

    page = tmp_path / "page.md"
    page.write_text("before\n<!-- figures of x -->\nold\n<!-- end of x -->\nafter\n", encoding="utf-8")
    figures = [Figure("reading", 1.0, "s", Target("ratio", 2), "cat", 0.8)]
    write(page, "x", figures, "0.10")
    write(page, "x", figures, "0.10")

    lines = page.read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    assert "old" not in lines
    assert sum("reading" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("ours", "target", "holds"),
    [
        (1.9, Target("ratio", 2), True),
        (2.1, Target("ratio", 2), False),
        (0.3, Target("speed-up", 3, at_least=True), True),
        (0.5, Target("speed-up", 3, at_least=True), False),
        (31.0, Target("figure", 30, at_least=True), True),
        (301.0, Target("figure", 300), False),
    ],
)
def test_a_target_is_held_against_the_right_number(ours: float, target: Target, holds: bool) -> None:
    """Ratio, speed-up and plain figure are each judged on their side of the bound."""
    assert Figure("x", ours, "s", target, "peer", 1.0).holds is holds
