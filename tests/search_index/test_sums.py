"""Sums over very many rows: exact as if all numbers were held, in the room of a few."""

from __future__ import annotations

import math
import random
import tracemalloc
from fractions import Fraction

import pytest

from search_index.adql.sums import MOST_HELD, Mean, Sum

MANY = 3 * MOST_HELD


def summed(kind: type[Sum], values: list[object]) -> float | None:
    """What the database is told of values that come one by one."""
    made = kind()
    for value in values:
        made.step(value)
    return made.finalize()


def _numbers() -> list[object]:
    drawn = random.Random(11)
    spread = [drawn.uniform(-1, 1) * 10.0 ** drawn.randint(-300, 300) for _ in range(MANY)]
    return [*spread, *(-number for number in spread[1:]), 2**62, 3, None, "text", 1e-310]


def test_a_sum_of_very_many_is_exact_in_any_order() -> None:
    """What was folded on the way has lost nothing, be the numbers near each other or far apart."""
    values = _numbers()
    exact = sum(Fraction(value) for value in values if isinstance(value, int | float))
    for seed in range(3):
        random.Random(seed).shuffle(values)
        assert summed(Sum, values) == float(exact)
        assert summed(Mean, values) == float(exact) / (len(values) - 2)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([None, "text"], None),
        ([1, 2], 3),
        ([2**63 - 1, 1], 2.0**63),
        ([2**62, 2**62, 0.5, -(2**62), -(2**62)], 0.5),
        ([math.inf, *[1.0] * MANY], math.inf),
        ([math.inf, *[1.0] * MANY, -math.inf], None),
        ([-math.inf, math.inf, *[1.0] * MANY], None),
        ([1e308] * MANY, None),
    ],
)
def test_sums_at_the_ends_of_numbers(values: list[object], expected: float | None) -> None:
    """Whole numbers stay whole as long as they can; what is no number is no sum."""
    assert summed(Sum, values) == expected


def test_a_sum_holds_no_more_of_many_rows_than_of_few() -> None:
    """A query may sum two hundred things of a million rows: what each holds must not grow with the rows."""
    tracemalloc.start()
    try:
        made = Sum()
        for number in range(100_000):
            made.step(number / 7)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
